"""Riddles about what there is in the tales, and pages on how it is spelled."""

from itertools import combinations

from gptlib.french.english import article
from gptlib.web.kind import Kind
from gptlib.web.register import SCHOOL_DAYS, TEACHERS
from gptlib.world.grammar import Choice, Put, plot
from gptlib.world.lexicon import LEXICON
from gptlib.world.telling import State

COLOURS = set(
    "red green yellow purple golden blue white brown black pink grey silver orange bronze "
    "chestnut ginger spotted speckled dappled striped".split()
)
NO_LOOK = {"lemon", "cheese", "honey", "cherry", "skinny"}  # nobody says that a muffin is lemon
SPOTS = {"place": "spots", "garden": "spots", "room": "spots", "store": "shelves"}
VAGUE = {"hold it", "help with it", "rustled"}  # nobody could guess what


def about(category: str, column: str, question: str, answer: str = "{a} {name}") -> list[tuple]:
    """Riddles and their answers, one for each word in a column of the lexicon."""
    riddles = []
    for name, words in LEXICON[category]:
        told = words[column]
        for word in [told] if isinstance(told, str) else told:
            filled = words | {"name": name, "a": article(name), column: word}
            if word not in VAGUE and name not in word:
                riddles.append((question.format_map(filled), answer.format_map(filled)))
    return riddles


def looks(*categories: str, question: str) -> list[tuple]:
    """Riddles that tell three looks of something, but no two colours."""
    return [
        (question.format(*three), f"{article(entry.name)} {entry.name}")
        for category in categories
        for entry in LEXICON[category]
        for three in combinations(sorted(set(entry.words["look"]) - NO_LOOK), 3)
        if len(COLOURS & set(three)) < 2
    ]


def guessable(*riddles: tuple[str, str]) -> list[tuple[str, str]]:
    """The riddles that have only one answer."""
    answers = {}
    for question, answer in riddles:
        answers.setdefault(question, set()).add(answer)
    return [(question, *right) for question, right in answers.items() if len(right) == 1]


RIDDLES = {
    "food": guessable(*looks("food", question="Which food is {}, {} and {}?")),
    "animal": guessable(
        *looks("pet", "beast", question="Which animal is {}, {} and {}?"),
        *about("pet", "cried", "In the straw something {cried}. Which animal was it?"),
        *about("beast", "cried", "In the straw something {cried}. Which animal was it?"),
    ),
    "toy": guessable(
        *about("toy", "use", "You can {use}. Which toy is it?"),
        *about("toy", "used", "I {used}. Which toy did I have?"),
    ),
    "instrument": guessable(*about("instrument", "used", "I {used}. Which instrument did I have?")),
    "place": guessable(
        *about("place", "did", "We {did}. Where were we?", "{in} {name}"),
        *(
            riddle
            for category, column in SPOTS.items()
            for riddle in about(
                category, column, f"I saw a marble {{{column}}}. Where was I?", "{in} {name}"
            )
        ),
    ),
}


def riddle(state: State) -> tuple:
    """A riddle about something that the page has no riddle about yet."""
    return (
        Choice(
            "subject",
            tuple(
                (
                    Put("riddle", subject, "told"),
                    Choice("riddle", tuple((Put("riddle", "answer", a), q) for q, a in riddles)),
                )
                for subject, riddles in RIDDLES.items()
                if ("riddle", subject) not in state.facts
            ),
        ),
    )


NOUNS = "toy food pet beast instrument clothing treasure household tool".split()
# Words that a child can spell, in the order of the alphabet.
WORDS = sorted(
    {
        entry.name
        for category in NOUNS
        for entry in LEXICON[category]
        if entry.name.isalpha() and len(entry.name) < 9
    }
)
LETTERS = sorted({word[0] for word in WORDS})


def abc(state: State, more: str) -> tuple:
    """A letter and a word: one of the next three letters, after which so many more can follow."""
    last = state.facts.get(("page", "letter"), ("", 0))[0]
    left = [letter for letter in LETTERS if letter > last]
    left = left[: len(left) - int(more)]
    return (
        Choice(
            "letter",
            tuple(
                (
                    Put("page", "letter", letter),
                    f"{letter.upper()} is for ",
                    Choice("word", tuple(_shown(w) for w in WORDS if w[0] == letter)),
                )
                for letter in (left[:3] if last else left)
            ),
        ),
    )


def word(state: State) -> tuple:
    """A word that is not on the page yet."""
    left = [word for word in WORDS if (word, "on") not in state.facts]
    return (Choice("word", tuple(_shown(word) for word in left)),)


def spelled(state: State) -> tuple:
    """The letters of the last word: "k-i-t-e"."""
    return ("-".join(_last(state)),)


def begins(state: State) -> tuple:
    """The first letter of the last word."""
    return (_last(state)[0],)


def ends(state: State) -> tuple:
    """The last letter of the last word."""
    return (_last(state)[-1],)


def count(state: State) -> tuple:
    """How many letters the last word has."""
    return (str(len(_last(state))),)


def _shown(word: str) -> tuple:
    return (Put(word, "on", "page"), word)


def _last(state: State) -> str:
    return [word for word, relation in state.facts if relation == "on"][-1]


def times(least: int, most: int, lines: str) -> str:
    """A template that is told so many times, each time in its own lines."""
    first = "\n\n".join([lines] * least)
    return f"{first}[|\n\n{times(1, most - least, lines)}]" if most > least else first


RIDDLE = "Riddle: <riddle>\n\nAnswer: {?riddle}{riddle.answer}{?}"
SHORT = "<riddle> {?riddle}{Riddle.answer}{?}."
ASKED = '"<riddle>" asked {elder}.\n"{?riddle}{Riddle.answer}{?}," [said|guessed] {hero}.'

RIDDLE_PAGES = Kind(
    "riddles",
    4,
    [
        plot(
            "a page of riddles",
            "hero: child",
            "[A page of riddles|Riddles for {hero}|{Hero}'s favourite riddles]\n\n"
            + times(3, 5, RIDDLE),
        ),
        plot(
            "riddles in short",
            "hero: child, weekday: weekday",
            "[{Hero}'s riddle book|Riddles of the week, found by {hero}|Riddles for {weekday}]\n\n"
            + times(3, 5, SHORT),
        ),
        plot(
            "riddles by the fire",
            "hero: child, elder: family",
            "[One evening|After supper|On the way home] {elder} [asked {hero} some riddles|"
            "tried out some riddles on {hero}].\n\n" + times(3, 4, ASKED),
        ),
    ],
    {"riddle": riddle},
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
    4,
    [
        plot(
            "an alphabet",
            "hero: child",
            f"[{{Hero}}'s ABC|An ABC, by {{hero}}|A little ABC]\n\n[{'|'.join(ABCS)}]",
        ),
        plot(
            "a spelling test",
            "hero: child, weekday: weekday",
            "[{Hero}'s spelling test|Spelling test, {weekday}]\n\n" + times(5, 8, TEST),
        ),
        plot(
            "a spelling bee",
            "teacher: teacher, one two three four five: child",
            "Spelling bee in {teacher}'s class\n\n" + BEE,
        ),
        plot(
            "a close look",
            "hero: child",
            "[Words and their letters|{Hero} looks at words]\n\n" + times(4, 5, LOOK),
        ),
    ],
    {"abc": abc, "word": word, "spelled": spelled, "begins": begins, "ends": ends, "count": count},
    {"weekday": SCHOOL_DAYS, "teacher": TEACHERS},
)
