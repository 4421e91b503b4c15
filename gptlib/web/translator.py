"""The French for what a line of English has told: events that work out a part of it."""

from collections.abc import Callable

from gptlib.french.clauses import adjective, clitic, pronoun
from gptlib.french.draw import BY_LEMMA
from gptlib.french.lexicon import ADJECTIVES, NAMES, Adjective, cells
from gptlib.french.phrases import Nominal, Phrase, Piece, elided, joined, noun_phrase
from gptlib.french.scenes import gloss
from gptlib.tokenizer import join_words
from gptlib.web.pages import capital
from gptlib.web.phrases import PREPOSITIONS
from gptlib.world.telling import State

QUALITIES = {each.english: each for each in ADJECTIVES}
WHERE = {where: gloss(f"{where}={dans}") for where, dans in cells(PREPOSITIONS)}


def french(phrase: Phrase) -> tuple[str]:
    """The French of a phrase, as an event says it."""
    return (join_words([piece.text for piece in elided(phrase.pieces)]),)


def quality(state: State, role: str, told: str) -> Adjective:
    """The adjective that was told as the size or the look of a role; or is named itself."""
    return QUALITIES[state.fact(role, told).value if (role, told) in state.facts else told]


def nominal(state: State, role: str) -> Nominal:
    """Who or what plays a role: somebody's name, or a noun with "the"."""
    name = state.name(role)
    if name in NAMES:
        return Nominal(Phrase((), (Piece(name),)), NAMES[name], many=False, human=True)
    return noun_phrase(BY_LEMMA[name], "the")


def with_determiner(
    determiner: str, many: bool = False, denied: bool = False
) -> Callable[..., tuple]:
    """An event: the noun that plays a role, with an English determiner and what was told of it."""

    def how(state: State, role: str, *told: str) -> tuple:
        noun, qualities = BY_LEMMA[state.name(role)], [quality(state, role, each) for each in told]
        return french(noun_phrase(noun, determiner, many, qualities, denied=denied).phrase)

    return how


def after(preposition: str) -> Callable[..., tuple]:
    """An event: a preposition and who or what plays a role."""
    return lambda state, role: french(joined(gloss(preposition), nominal(state, role)))


def at(state: State, role: str) -> tuple:
    """Where it is: under the table, near the barn."""
    return french(joined(WHERE[state.fact(role, "at").value], nominal(state, role)))


def agreed(state: State, role: str, told: str) -> tuple:
    """What the role is said to be: red, small."""
    return french(adjective(quality(state, role, told), nominal(state, role)))


# An event: its French with a role, "ball", and what was told of it, "size".
FRENCH = {
    "le": with_determiner("the"),
    "Le": capital(with_determiner("the")),
    "un": with_determiner("a"),
    "du": with_determiner("some"),
    "no": with_determiner("some", denied=True),
    "son": with_determiner("his"),
    "ce": with_determiner("this"),
    "many": with_determiner("", many=True),
    "de": after("of=de"),
    "to": after("to=à"),
    "at": at,
    "agreed": agreed,
    "il": lambda state, role: french(pronoun(nominal(state, role)).phrase),
    "it": lambda state, role: french(Phrase(*clitic(nominal(state, role)))),
}


def noun_in_french(lemma: str, article: bool = True) -> str:
    """The French for an English noun; KeyError for one that gptlib.french lacks.

    >>> noun_in_french("apple"), noun_in_french("apple", article=False)
    ('la pomme', 'pomme')
    """
    return french(noun_phrase(BY_LEMMA[lemma], "the" if article else "").phrase)[0]
