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
    "mail": ("{A} sent {b} a {x}.", "{B} got a {x} from {a}."),
    "tree": ("{A} reached {x} before {b}.", "{B} reached {x} after {a}."),
    "perch": ("{A} followed {b} to {x}.", "{B} led {a} to {x}."),
    "room": ("{A} found {b} {in x}.", "{B} was found {in x} by {a}."),
}
WORDINGS = {
    f"{category}-{i}": event("a b x", way)
    for category, ways in SAME.items()
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

# A thing passes from one to the other; three in five times to a girl, for the reason given above.
HANDED_ON = [
    plot(
        "handed on",
        f"{cast}, x: {category}, place: place",
        f"<when> {{{first}}} and {{{second}}} {{place.did}} {{in place}}.\n"
        f"<{category}-{i} a b x>{{x.holder=b}}",
    )
    for category in ("toy", "treasure", "food")
    for i in range(2)
    for first, second in permutations("ab")
    for cast in ("a: boy, b: girl",) * 3 + ("a: girl, b: boy",) * 2
]

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
