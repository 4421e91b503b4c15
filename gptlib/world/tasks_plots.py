"""What the tasks of tasks.py are told from: some plots of the tales, and plots of their own."""

from itertools import permutations

from gptlib.world.grammar import event, plot
from gptlib.world.lexicon import BOYS, CLOTHES, GIRLS, TOYS, TREASURES

# What the lexicon does not have as categories; a thing can be left, found, lent, swapped and lost.
MORE = {"girl": GIRLS, "boy": BOYS, "thing": TOYS + TREASURES + CLOTHES}

TOGETHER = "<when> {a} and {b} {place.did} {in place}."

# How a girl and a boy come to a thing each, and the roles of those who have x and y in the end.
OWNED = {
    "<leave a x spot>.\n<leave b y other>.": "a b",
    "<leave b y spot>.\n<leave a x other>.": "a b",
    "<lend a b x>.\n<lend b a y>.": "a b",
    "<lend b a y>.\n<lend a b x>.": "a b",
    "{A} had {a x.look} {x}, and {b} {a y.look} {y}.{x.holder=a}{y.holder=b}\n"
    "<swap a b x y>": "b a",
    "{A} found {a x.look} {x} {spot} and gave it to {b}.\n"
    "{B} found {a y.look} {y} {other} and gave it to {a}.": "b a",
}
LOST = [
    plot(
        "a lost thing",
        f"a: {a}, b: {b}, x y: thing, place: place, spot other: place.spots",
        f"{TOGETHER}\n{told}\n[The next day|By evening|An hour later] the "
        f"[{{x}}{{{owners[0]}.lost=x}}|{{y}}{{{owners[2]}.lost=y}}] "
        "[was gone|was missing|could not be found].",
    )
    for a, b in permutations(("girl", "boy"))
    for told, owners in OWNED.items()
]

# Told in any order: where a thing was and whose it was, only where it was, and only whose it was.
SENTENCES = (
    "[<leave a x spot>|<leave b x spot>].",
    "[{A} found {a y.look} {y} {other}|{B} found {a y.look} {y} {other}].{y.at=other}",
    "[<lend a b z>|<lend b a z>].",
)
THREE_THINGS = [
    plot(
        "three things",
        "a b: child, x y z: thing, place: place, spot other: place.spots",
        "\n".join((TOGETHER, *sentences, "<friends a b>")),
    )
    for sentences in permutations(SENTENCES)
]

# Four wordings of each event: one names first the child whom the other three name last, so that
# whether two wordings name the same child first is no sign of whether they tell the same.
SAME = {
    "toy": (
        "{B} borrowed the {x.look} {x} from {a}.",
        "{A} lent {b} the {x.look} {x}.",
        "{A} lent the {x.look} {x} to {b}.",
        "{A} let {b} borrow the {x.look} {x}.",
    ),
    "treasure": (
        "{B} bought the {x.look} {x} from {a}.",
        "{A} sold {b} the {x.look} {x}.",
        "{A} sold the {x.look} {x} to {b}.",
        "{A} let {b} buy the {x.look} {x}.",
    ),
    "food": (
        "{B} got the {x.look} {x} from {a}.",
        "{A} gave {b} the {x.look} {x}.",
        "{A} gave the {x.look} {x} to {b}.",
        "{A} let {b} have the {x.look} {x}.",
    ),
    "clothing": (
        "{B} got the {x.look} {x} back from {a}.",
        "{A} gave {b} back the {x.look} {x}.",
        "{A} gave the {x.look} {x} back to {b}.",
        "{A} took the {x.look} {x} back to {b}.",
    ),
    "mail": (
        "{A} sent {b} a {x}.",
        "{B} got a {x} from {a}.",
        "{B} had a {x} from {a}.",
        "For {b} there was a {x} from {a}.",
    ),
    "beast": (
        "{A} told {b} about the {x.look} {x}.",
        "{B} heard about the {x.look} {x} from {a}.",
        "{B} learned about the {x.look} {x} from {a}.",
        "{B} was told about the {x.look} {x} by {a}.",
    ),
    "tree": (
        "{B} reached {x} after {a}.",
        "{A} reached {x} before {b}.",
        "{A} got to {x} before {b}.",
        "{A} ran to {x} faster than {b}.",
    ),
    "perch": (
        "{B} led {a} to {x}.",
        "{A} followed {b} to {x}.",
        "{A} walked behind {b} to {x}.",
        "{A} went to {x} behind {b}.",
    ),
    "water": (
        "{B} kept {a} waiting by {x}.",
        "{A} waited for {b} by {x}.",
        "{A} had to wait for {b} by {x}.",
        "{A} stood by {x} and waited for {b}.",
    ),
    "room": (
        "{B} was found {in x} by {a}.",
        "{A} found {b} {in x}.",
        "{A} looked {in x} and found {b}.",
        "{A} went to {x} and found {b} there.",
    ),
}
WORDINGS = {
    f"{category}-{i}": event("a b x", way)
    for category, ways in SAME.items()
    for i, way in enumerate(ways)
}
PAIRS = [
    plot(label, f"a b: child, x: {category}", f"<{category}-{i} a b x>\n<{category}-{j} {roles} x>")
    for category, ways in SAME.items()
    for i, j in permutations(range(len(ways)), 2)
    for label, roles in (("the same", "a b"), ("not the same", "b a"))
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
