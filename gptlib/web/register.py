"""Class registers: who is at school today, and what follows from it."""

from gptlib.web.diaries import WEEKDAYS
from gptlib.web.kind import Kind
from gptlib.world.entry import all_but, names
from gptlib.world.grammar import Choice, Put, plot
from gptlib.world.lexicon import LEXICON
from gptlib.world.telling import State

SCHOOL_DAYS = all_but(WEEKDAYS, "Saturday, Sunday")
MONTHS = names("January, February, March, April, May, June, October, November, December")
TEACHERS = names("Miss Chalk, Mrs Reed, Miss Slate", "she") + names("Mr Quill, Mr Button", "he")

INJURIES = ("twisted ankle", "swollen knee")
ILLNESSES = tuple(e.name for e in LEXICON["illness"] if e.name not in INJURIES)
REASONS = (
    "at the dentist's",
    "at a wedding",
    "with a twisted ankle",
    "with a swollen knee",
    "moving house",
    "visiting an aunt",
)
HERE, MISSING = ("here", "late"), ("ill", "away")
CHILDREN = "one two three four five six seven eight nine".split()


def presence(state: State, child: str, place: str) -> tuple:
    """Whether a child is here; the last one is missing if nobody else is, and here if all are."""
    here = (Put(child, "is", "here"), "here")
    late = (Put(child, "is", "late"), "here, but late")
    ill = (
        Put(child, "is", "ill"),
        Choice("illness", tuple((f"ill, with a {illness}",) for illness in ILLNESSES)),
    )
    away = (
        Put(child, "is", "away"),
        Choice("reason", tuple((f"away, {reason}",) for reason in REASONS)),
    )
    if place == "last" and not _those(state, *MISSING):
        return (Choice("presence", (ill, away)),)
    if place == "last" and not _those(state, *HERE):
        return (Choice("presence", (here, late)),)
    # Half of the children are here in time.
    return (Choice("presence", (here, (Choice("else", (late, ill, away)),))),)


def here(state: State) -> tuple:
    """How many are here."""
    return (str(len(_those(state, *HERE))),)


def missing(state: State) -> tuple:
    """How many are missing."""
    return (str(len(_those(state, *MISSING))),)


def everybody(state: State) -> tuple:
    """How many are on the list."""
    return (str(len(_those(state, *HERE, *MISSING))),)


def who(state: State, *what: str) -> tuple:
    """The names of those who are ill, late, ... in the order of the list, or "nobody"."""
    *others, last = _those(state, *what) or ["nobody"]
    return (f"{', '.join(others)} and {last}" if others else last,)


def present(state: State) -> tuple:
    """The name of one child who is here."""
    return (Choice("speaker", tuple((name,) for name in _those(state, *HERE))),)


def _those(state: State, *what: str) -> list[str]:
    """The names of the children who are ill, late, ..., in the order of the list."""
    return [
        state.name(role)
        for (role, relation), (value, _) in state.facts.items()
        if relation == "is" and value in what
    ]


def register(n: int) -> str:
    """The template of a list of n children."""
    *others, last = CHILDREN[:n]
    lines = [f"{{{child.capitalize()}}}: <presence {child} next>" for child in others]
    return "\n\n".join([*lines, f"{{{last.capitalize()}}}: <presence {last} last>"])


HEADING = (
    "[{Teacher}'s class, {weekday} morning|"
    "Register of {teacher}'s class, {weekday} {date} {month}|"
    "{Weekday} {date} {month}. Teacher: {teacher}]"
)
LIST = f"{HEADING}\n\n[{'|'.join(register(n) for n in range(5, 10))}]\n\n"
CAST = f"{' '.join(CHILDREN)}: child, teacher: teacher, weekday: weekday, date: date, month: month"

MISSING_TODAY = "Missing today: {?who}<who ill away>{?}."
ENDINGS = (
    "Here: {?count}<here>{?}.\nMissing: {?count}<missing>{?} ({?who}<who ill away>{?}).",
    MISSING_TODAY + "\nLate: {?who}<who late>{?}.\n"
    "On the list: {?count}<everybody>{?}. Here: {?count}<here>{?}.",
    '"Who is missing [today|this morning]?" asked {teacher}.\n'
    '"{?who}<who ill away>{?}," said <present>.\n'
    '"That leaves {?count}<here>{?}," [said {teacher}|{he teacher} said].',
    "Ill: {?who}<who ill>{?}.\nAway: {?who}<who away>{?}.\nLate: {?who}<who late>{?}.\n"
    "<everybody> less <missing> leaves {?count}<here>{?} in class.",
)
# The endings are no plots of their own: a plot is drawn long before its ending would show which.
PLOTS = [plot("a school day", CAST, f"{LIST}[{'|'.join(ENDINGS)}]")]

EVENTS = {
    "presence": presence,
    "here": here,
    "missing": missing,
    "everybody": everybody,
    "who": who,
    "present": present,
}
REGISTER = Kind(
    "register",
    4,
    PLOTS,
    EVENTS,
    {
        "teacher": TEACHERS,
        "weekday": SCHOOL_DAYS,
        "month": MONTHS,
        "date": names(", ".join(str(day) for day in range(4, 23))),  # no holidays
    },
)
