"""What the tasks of tasks.py are told from."""

from itertools import permutations

from gptlib.world.grammar import event, plot
from gptlib.world.lexicon import BOYS, GIRLS

MORE = {"girl": GIRLS, "boy": BOYS}  # which the lexicon does not have as categories

# Two wordings of each event: one names first the child whom the other names last.
SAME = {
    "toy": ("{A} lent {b} the {x.look} {x}.", "{B} borrowed the {x.look} {x} from {a}."),
    "treasure": ("{A} sold {b} the {x.look} {x}.", "{B} bought the {x.look} {x} from {a}."),
    "food": ("{A} gave {b} the {x.look} {x}.", "{B} got the {x.look} {x} from {a}."),
}
SPOKEN = ("{A} asked {b} about the {x.look} {x}.", "{A} told {b} of {a x.look} {x}.")
WORDINGS = {
    f"{name}-{i}": event("a b x", way)
    for name, ways in (SAME | {"spoken": SPOKEN}).items()
    for i, way in enumerate(ways)
}

# If girls and boys were as often the one who gives, each sentence alone would say nothing of the
# label, and a small model would find no beginning: whatever it learned of one would seem useless.
CASTS = {
    ("the same", "a b"): ("girl, b: boy",) * 3 + ("boy, b: girl",),
    ("not the same", "b a"): ("girl, b: boy", "boy, b: girl") * 2,
}
PAIRS = [
    plot(label, f"a: {cast}, x: {category}", f"<{category}-{i} a b x>\n<{category}-{j} {roles} x>")
    for category in SAME
    for i, j in permutations(range(2))
    for (label, roles), casts in CASTS.items()
    for cast in casts
]

# A thing passes from one to the other; or, in a third of the tales, they only speak of it.
HANDED_ON = [
    plot(
        name,
        f"{cast}, x: {category}, place: place",
        f"<when> {{{first}}} and {{{second}}} {{place.did}} {{in place}}.\n{last}",
    )
    for category in SAME
    for i in range(2)
    for first, second in permutations("ab")
    for name, casts, last in (
        ("handed on", (4, 4), f"<{category}-{i} a b x>{{x.holder=b}}"),
        ("spoken of", (2, 2), f"<spoken-{i} a b x>"),
    )
    for cast in ("a: boy, b: girl",) * casts[0] + ("a: girl, b: boy",) * casts[1]
]

# Tales in which a thing comes to one of two children, be it the one or the other.
HELD = {
    "a chain of trades",
    "the bet",
    "the borrowed hat",
    "the broken toy",
    "the guessing game",
    "the hat in the water",
    "the lost pet",
    "the race",
    "the sick friend",
    "the snowman",
    "the thief",
}

# Tales in which it follows from what came before who does what in the last sentence.
CLEAR_ENDINGS = {
    "hide-and-seek",
    "the bet",
    "the borrowed hat",
    "the broken toy",
    "the contest",
    "the guessing game",
    "the lost pet",
    "the meeting",
    "the new neighbour",
    "the password",
    "the race",
    "the riddle",
    "the shared lunch",
    "the snowman",
    "the swap",
    "the thief",
    "the window",
    "the wrong bag",
}
