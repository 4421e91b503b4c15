"""A tale and what somebody asks about it, in two kinds of documents."""

from collections.abc import Callable, Sequence

from gptlib.french.english import article
from gptlib.web.kind import Kind
from gptlib.web.pages import capital
from gptlib.world.grammar import Choice, Plot, Put, parse
from gptlib.world.questions import QUESTIONS, answer, question
from gptlib.world.tales import PLOTS
from gptlib.world.telling import Role, State

ASKED = "asked"  # not a role: the questions that were asked are told as facts about it
# The tale is over, so most of it is asked in the past.
PAST = QUESTIONS | {
    "area": "In which place was {}?",
    "at": "Where was {}?",
    "brings": "What was {} to bring?",
    "called": "What was {} called?",
    "feeds": "What was {} to feed?",
    "first": "What was first on {}'s list?",
    "for": "Who was {} for?",
    "giver": "Who was {} from?",
    "going": "Where was {} to go?",
    "has": "What was wrong with {}?",
    "holder": "Who got {} in the end?",
    "hour": "At what hour was {}?",
    "judge": "Who was the judge at {}?",
    "look": "What was {} like?",
    "meets": "Whom was {} to meet?",
    "misses": "What had {} lost?",
    "owner": "Whose was {}?",
    "password": "What was the password of {}?",
    "pet": "What was {} called?",
    "price": "How many coins did {} cost?",
    "room": "In which room was {}?",
    "second": "What was second on {}'s list?",
    "sender": "Who was {} from?",
    "state": "Was {} broken or whole in the end?",
    "third": "What was third on {}'s list?",
    "turn": "Which way was {} to turn?",
    "wants": "What did {} want?",
}
# What could be answered in two ways; plots in which somebody is told two things to do, and in which
# a seed is called by the name of its plant.
NOT_ASKED = ("prize", "other", "said")
ASKED_ABOUT = [plot for plot in PLOTS if plot.name not in ("the message", "the seed")]
# What stands before a thing that something is in or on.
IN = {"chest": "in the ", "tree": "in ", "water": "in ", "perch": "on ", "high": "on "}
NO_THING = ("side", "hour", "number", "called", "illness")
NEW = {"wants", "bet"}  # one that the tale has not spoken of before
FULL = {"owner": "{}'s", "going": "to {}"}


def rounds(once: str, counts: tuple[int, ...]) -> Callable[[State], tuple]:
    """An event: a question and its answer, as often as one of the counts, or as can be asked."""
    options = [parse("\n\n".join([once] * n), ASKING) for n in range(max(counts) + 1)]

    def how(state: State) -> tuple:
        can = {min(n, len(_left(state))) for n in counts}
        return (Choice("questions", tuple(options[n] for n in sorted(can))),)

    return how


def _left(state: State) -> list[tuple[str, str]]:
    """The facts that nobody asked for yet.

    Whose something is, is not asked if somebody else has it in the end, perhaps as a present.
    """
    left = []
    for role, relation in state.facts:
        holder = state.facts.get((role, "holder"), state.facts[role, relation])
        given = relation == "owner" and holder[0] != state.facts[role, relation][0]
        asked = role == ASKED or (ASKED, f"{role}.{relation}") in state.facts
        if not asked and not given and relation not in NOT_ASKED:
            left.append((role, relation))
    return left


def ask(state: State) -> tuple:
    """A question that the tale has answered and nobody asked yet."""
    return (
        Choice(
            "question",
            tuple(
                (Put(ASKED, ".".join(key), "yes"), question(state.fact(*key), PAST))
                for key in _left(state)
            ),
        ),
    )


def reply(state: State) -> tuple:
    """The answer to the question that was asked last."""
    _, asked = next(key for key in reversed(state.facts) if key[0] == ASKED)
    role, relation = asked.split(".")
    value, _ = state.facts[role, relation]
    said = answer(state.fact(role, relation))
    if not isinstance(value, Role) or said.startswith("because"):
        return (said,)
    words, category = state.players[value.name].words, state.plot.cast[value.name]
    if relation in ("at", "home"):
        return (f"{words['in']} {said}" if "in" in words else IN.get(category, "") + said,)
    if relation in NEW and category not in NO_THING:
        return (f"{article(said)} {said}",)
    thing = "he" not in words and category not in NO_THING and not said.startswith("the ")
    return (FULL.get(relation, "{}").format(f"the {said}" if thing else said),)


def around(plots: Sequence[Plot], before: str, after: str, cast: str = "") -> list[Plot]:
    """The plots of tales, with templates before and after them, and more roles."""
    more = dict(role.split(": ") for role in cast.split(", ")) if cast else {}
    return [
        Plot(plot.name, plot.cast | more, f"{before}\n\n{plot.template.strip()}\n\n{after}")
        for plot in plots
    ]


ASKING = {"ask": ask, "reply": reply, "Reply": capital(reply)}
BRIEF = "Q: <ask>\n\nA: {?reading}<reply>{?}"
QUESTION = "Question: <ask>\n\nAnswer: {?reading}<reply>{?}"
TALK = '"<ask>" asked {listener}.\n\n"{?reading}<Reply>{?}," said {teller}.'

QUIZ = Kind(
    "quiz",
    9,
    around(ASKED_ABOUT, "", "[<rounds>|<brief>]"),
    {"rounds": rounds(QUESTION, (2, 3)), "brief": rounds(BRIEF, (2, 3))},
)
BEDTIME = Kind(
    "bedtime",
    7,
    around(
        ASKED_ABOUT,
        # The second sentence names nobody: else the tale's first "she" could mean the listener.
        "[{Teller} read {listener} a story.|At bedtime {teller} read {listener} a story.]\n"
        "[It went like this:|This is how it went:]",
        "<rounds>",
        "teller: family, listener: child",
    ),
    {"rounds": rounds(TALK, (1, 2))},
)
