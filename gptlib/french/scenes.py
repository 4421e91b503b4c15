"""Where, when and why things happen in the village, and to what."""

from collections.abc import Sequence

from gptlib.french.draw import Draw
from gptlib.french.lexicon import (
    NOUNS,
    PLACES,
    THINGS,
    TRANSITIVE,
    Noun,
    Verb,
)
from gptlib.french.phrases import Nominal, Phrase, joined, say

BESIDE = ("behind=derrière", "in front of=devant", "next to=à côté de", "near=près de")
SPOTS = {
    "building": ("in=dans", "in=dans", "in=dans", *BESIDE),
    "room": ("in=dans",),
    "outdoors": ("in=dans", "in=dans", "near=près de"),
    "growing": BESIDE,
    "built": ("on=sur", "near=près de"),
    "below": ("under=sous",),
    "top": ("on=sur",),
    "tall": BESIDE,
    "inside": ("in=dans",),
    "container": ("in=dans",),
}
ROOMS = tuple(noun for noun in PLACES if noun.kinds & {"building", "room", "outdoors"})
HAUNTS = tuple(
    noun
    for noun in PLACES
    if noun.kinds & {"outdoors", "growing", "built", "barn", "shed", "house"}
)
CONTAINERS = tuple(noun for noun in THINGS if "container" in noun.kinds)
FREQUENT = ("often=souvent", "always=toujours")
MANNER = ("quickly=vite", "slowly=lentement", "well=bien")
MANNERED = {"run": MANNER, "work": MANNER, "dance": MANNER, "sing": ("well=bien",)}
PAST = ("yesterday=hier", "this=ce; morning=matin", "yesterday=hier; evening=soir")
PRESENT = ("every=chaque; day=jour", "every=chaque; morning=matin", "every=chaque; evening=soir")
STATES = {verb.english[0] for verb in TRANSITIVE if len(verb.french) == 5}
UNWILLED = STATES | {"lose"}  # what nobody wants to do or has to do
# The kinds of objects that an animal does something to.
ITS_WORLD = frozenset(("animal", "food", "person", "place", "furniture", "moved", "catch"))
NOTICED = ("find", "see", "take", "buy", "look for", "choose")
MET = ("see", "meet", "hear")
# What hunger, for one, makes somebody do, and what it keeps somebody from doing.
CAUSED = {"hungry": "cry", "thirsty": "cry", "afraid": "cry run", "sleepy": "sleep cry"}
REFRAINED = {feeling: "play sing dance work laugh" for feeling in CAUSED}
THEN = ("hide carry clean open close wash break repair keep touch eat taste").split()
THEN += ("follow help thank watch chase catch feed").split()
LIKING = ("like", "love")
LIKED = ("like", "love", "choose", "buy", "take")


def gloss(words: str) -> Phrase:
    """Fixed words with their French.

    >>> [piece.text for piece in gloss("every=chaque; day=jour").pieces]
    ['chaque', 'jour']
    """
    phrase = Phrase()
    for pair in words.split("; "):
        phrase += say(*pair.split("="))
    return phrase


def place(draw: Draw, nouns: Sequence[Noun]) -> Phrase:
    """Where: a preposition that suits the place."""
    noun = draw.noun(nouns, *SPOTS)
    spots = [spot for kind in sorted(noun.kinds & SPOTS.keys()) for spot in SPOTS[kind]]
    where = draw.described(noun, many=False, definite=draw.chance(0.75), share=0.3)
    return joined(gloss(draw.pick(spots)), where)


def time(draw: Draw, past: bool) -> Phrase:
    return gloss(draw.pick(PAST if past else PRESENT)) + say(",", ",")


def something(draw: Draw, verb: Verb, subject: Nominal, denied: bool = False) -> Nominal:
    """An object for a verb: a thing that suits it, or somebody."""
    nouns = NOUNS if subject.human else [n for n in NOUNS if n.kinds & ITS_WORLD]
    noun = draw.noun(nouns, *sorted(verb.objects))
    if "person" in noun.kinds and draw.chance(0.4):
        draw.used.discard(noun.lemma)
        return draw.name()
    # In French one likes honey as such, "le miel", and never some of it.
    return draw.described(noun, subject, denied=denied, definite=verb.english[0] in LIKING)


def tense_and_denial(draw: Draw, verb: Verb) -> tuple[bool, str]:
    past, denied = draw.chance(0.4), draw.chance(0.25) and verb.english[0] != "love"
    # With "never", French would put a verb for a state in another past than the imperfect.
    ways = ("not",) if len(verb.french) == 5 else ("not", "not", "never")
    return past, draw.pick(ways) if denied else ""
