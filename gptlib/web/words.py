"""Riddles about what there is in the tales, and pages on how it is spelled."""

from functools import partial

from gptlib.french.english import article
from gptlib.french.lexicon import cells
from gptlib.web.kind import Kind
from gptlib.web.pages import at_least, new, told
from gptlib.web.register import SCHOOL_DAYS, TEACHERS
from gptlib.world.grammar import Choice, Put, plot
from gptlib.world.lexicon import LEXICON
from gptlib.world.telling import State

# The answer | the riddle.
RIDDLE_TABLE = """
    kite         | It has a tail and flies on a string.
    ball         | It is round, and the harder you throw it down, the higher it jumps.
    doll         | It has arms, legs and a face, but it never grows.
    puppet       | It dances, but only when you pull its strings.
    spinning top | It can stand on one leg, but only while it turns.
    scooter      | You stand on it with one foot and push with the other.
    hoop         | It is round, has nothing in the middle, and rolls down the lane.
    train        | It runs on rails and pulls its carriages behind it.
    robot        | It is made of tin and walks about, but it is not alive.
    yo-yo        | It runs down its string and climbs up again.
    sailing boat | It crosses the pond without oars, if there is wind.
    teddy bear   | It is a bear, but nobody is afraid of it.
    jigsaw       | It is a picture in a hundred pieces.
    telescope    | You look through it, and the moon comes close.
    magnet       | It holds on to nails, but it has no hands.
    drum         | It is hollow, and you beat it with two sticks.
    flute        | It is long and slim, and you cover its holes with your fingers.
    whistle      | It is small, and a single breath makes it shrill.
    guitar       | It has six strings, and you pluck them with your fingers.
    trumpet      | It is made of brass, and soldiers blow it.
    violin       | It has four strings, and it sings when a bow is drawn across them.
    harmonica    | It fits in a pocket, and you play it with your mouth.
    accordion    | It is pulled apart and squeezed together, and out comes a song.
    tambourine   | It is round, and it jingles when you shake it.
    puppy        | One day it will be a dog.
    kitten       | One day it will be a cat.
    lamb         | One day it will be a sheep.
    duckling     | One day it will be a duck.
    piglet       | One day it will be a pig.
    chick        | One day it will be a hen.
    calf         | One day it will be a cow.
    foal         | One day it will be a horse.
    rabbit       | It has long ears, hops, and lives under the ground.
    hedgehog     | When it is afraid, it rolls up into a ball of prickles.
    parrot       | It has green feathers and says what you say.
    goat         | It has horns and a beard, and it eats everything.
    sheep        | It wears a coat of wool, even in summer.
    donkey       | It looks like a horse with long ears, and it brays.
    cow          | It eats grass and gives milk.
    goose        | It is as white as a swan, and it honks.
    hen          | It lays an egg and clucks about it.
    apple        | It is red or green, and a pip of it can grow into a tree.
    pear         | It is narrow at the top, round at the bottom, and grows on a tree.
    plum         | It is small and purple, with a stone inside.
    peach        | Its skin is like velvet, and there is a stone inside.
    orange       | It has the same name as its colour.
    pancake      | It is flat and round, and you toss it in a pan.
    sandwich     | It has bread above, bread below, and something good between.
    pretzel      | It looks like a knot and tastes of salt.
    waffle       | It is hot, and there are little squares all over it.
    biscuit      | It is crunchy, and people dip it in their tea.
    clock        | It has two hands, but it cannot clap.
    mirror       | Look at it, and somebody looks back.
    teapot       | It has a spout and a lid, and your tea comes out of it.
    lamp         | It shines when the sun has gone.
    umbrella     | It goes up when the rain comes down.
    hammer       | It has a head, and hits nails with it.
    saw          | It has many teeth, and eats wood.
    bucket       | It has a handle, and you carry water in it.
    spade        | You dig holes with it.
    wheelbarrow  | It has one wheel and two handles.
    kettle       | It sings when the water is hot.
    scarf        | It is long, and goes round and round your neck.
    ring         | It is round, and it goes on a finger.
    button       | It goes through a hole and keeps your coat shut.
    shell        | Hold it to your ear, and you hear the sea.
    coin         | It has a head, but no neck.
    key          | It opens doors, but it has no hands.
    book         | It has leaves, but it is not a tree.
    candle       | The longer it burns, the shorter it gets.
"""
RIDDLES = {
    f"{riddle} What is it?": f"{article(name)} {name}" for name, riddle in cells(RIDDLE_TABLE)
}
TOLD = {question: (Put("riddle", "answer", said), question) for question, said in RIDDLES.items()}


def plain_words(*categories: str) -> list[str]:
    """The names in some categories of the tales' lexicon that are one word of letters."""
    found = {entry.name for category in categories for entry in LEXICON[category]}
    return sorted(name for name in found if name.isalpha())


# Words that a child can spell, in the order of the alphabet.
NOUNS = "toy food pet beast instrument clothing treasure household tool".split()
WORDS = {word: (word,) for word in plain_words(*NOUNS) if len(word) < 9}
LETTERS = sorted({word[0] for word in WORDS})


def abc(state: State, more: str) -> tuple:
    """A letter and a word: one of the next three letters, after which so many more can follow."""
    last = state.facts.get(("alphabet", "letter"), ("", 0))[0]
    left = [letter for letter in LETTERS if letter > last]
    left = left[: len(left) - int(more)]
    return (
        Choice(
            "letter",
            tuple(
                (
                    Put("alphabet", "letter", letter),
                    f"{letter.upper()} is for ",
                    *new("word", {w: WORDS[w] for w in WORDS if w[0] == letter}, state),
                )
                for letter in (left[:3] if last else left)
            ),
        ),
    )


def spelled(state: State) -> tuple:
    """The letters of the last word: "k-i-t-e"."""
    return ("-".join(told(state)[-1]),)


def begins(state: State) -> tuple:
    """The first letter of the last word."""
    return (told(state)[-1][0],)


def ends(state: State) -> tuple:
    """The last letter of the last word."""
    return (told(state)[-1][-1],)


def count(state: State) -> tuple:
    """How many letters the last word has."""
    return (str(len(told(state)[-1])),)


RIDDLE = "Riddle: <riddle>\n\nAnswer: {?riddle}{riddle.answer}{?}"
SHORT = "<riddle> {?riddle}{Riddle.answer}{?}."
ASKED = '"<riddle>" asked {elder}.\n"{?riddle}{Riddle.answer}{?}," [said|guessed] {hero}.'

RIDDLE_PAGES = Kind(
    "riddles",
    3,
    [
        plot(
            "a page of riddles",
            "hero: child",
            "[A page of riddles|Riddles for {hero}|{Hero}'s favourite riddles]\n\n"
            + at_least(3, [RIDDLE] * 5),
        ),
        plot(
            "riddles in short",
            "hero: child, weekday: weekday",
            "[{Hero}'s riddle book|Riddles of the week, found by {hero}|Riddles for {weekday}]\n\n"
            + at_least(3, [SHORT] * 5),
        ),
        plot(
            "riddles by the fire",
            "hero: child, elder: family",
            "[One evening|After supper|On the way home] {elder} [asked {hero} some riddles|"
            "tried out some riddles on {hero}].\n\n" + at_least(3, [ASKED] * 4),
        ),
    ],
    {"riddle": partial(new, "riddle", TOLD)},
    {"weekday": SCHOOL_DAYS},
)

ABC = "<abc {}>: {{?spelling}}<spelled>{{?}}"
ABCS = ["\n\n".join(ABC.format(more) for more in reversed(range(n))) for n in range(5, 10)]
TEST = "<word> is spelled {?spelling}<spelled>{?}"
LOOK = (
    "<word> has {?letters}<count>{?} letters: it begins with {?letters}<begins>{?} "
    "and ends with {?letters}<ends>{?}"
)
BEE = "\n\n".join(
    f"{{Teacher}}: [Spell|Please spell] <word>, {{{child}}}."
    f"\n\n{{{child.capitalize()}}}: {{?spelling}}<spelled>{{?}}"
    for child in ("one", "two", "three", "four", "five")
)

ALPHABET = Kind(
    "alphabet",
    3,
    [
        plot(
            "an alphabet",
            "hero: child",
            f"[{{Hero}}'s ABC|An ABC, by {{hero}}|A little ABC]\n\n[{'|'.join(ABCS)}]",
        ),
        plot(
            "a spelling test",
            "hero: child, weekday: weekday",
            "[{Hero}'s spelling test|Spelling test, {weekday}]\n\n" + at_least(5, [TEST] * 8),
        ),
        plot(
            "a spelling bee",
            "teacher: teacher, one two three four five: child",
            "Spelling bee in {teacher}'s class\n\n" + BEE,
        ),
        plot(
            "a close look",
            "hero: child",
            "[Words and their letters|{Hero} looks at words]\n\n" + at_least(4, [LOOK] * 5),
        ),
    ],
    {
        "abc": abc,
        "word": partial(new, "word", WORDS),
        "spelled": spelled,
        "begins": begins,
        "ends": ends,
        "count": count,
    },
    {"weekday": SCHOOL_DAYS, "teacher": TEACHERS},
)
