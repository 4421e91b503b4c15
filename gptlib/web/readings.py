"""A tale and what somebody asks about it, in two kinds of documents."""

from collections.abc import Callable

from gptlib.web.kind import Kind
from gptlib.world.grammar import Choice, Plot, Put, parse
from gptlib.world.questions import answer, question
from gptlib.world.tales import PLOTS
from gptlib.world.telling import Role, State

ASKED = "asked"  # not a role: the questions that were asked are told as facts about it
# What stands before a thing that something is in or on.
IN = {"chest": "in the ", "tree": "in ", "water": "in ", "perch": "on ", "high": "on "}
NO_THING = ("side", "hour", "number", "called", "illness")
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
        if role != ASKED and (ASKED, f"{role}.{relation}") not in state.facts and not given:
            left.append((role, relation))
    return left


def ask(state: State) -> tuple:
    """A question that the tale has answered and nobody asked yet."""
    return (
        Choice(
            "question",
            tuple(
                (Put(ASKED, ".".join(key), "yes"), question(state.fact(*key)))
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
    if relation == "at":
        return (f"{words['in']} {said}" if "in" in words else IN.get(category, "") + said,)
    thing = "he" not in words and category not in NO_THING and not said.startswith("the ")
    return (FULL.get(relation, "{}").format(f"the {said}" if thing else said),)


def Reply(state: State) -> tuple:
    """The same, as the beginning of a sentence."""
    (said,) = reply(state)
    return (said[0].upper() + said[1:],)


def around(before: str, after: str, cast: str = "") -> list[Plot]:
    """The plots of the tales, with templates before and after them, and more roles."""
    more = dict(role.split(": ") for role in cast.split(", ")) if cast else {}
    return [
        Plot(plot.name, plot.cast | more, f"{before}\n\n{plot.template.strip()}\n\n{after}")
        for plot in PLOTS
    ]


ASKING = {"ask": ask, "reply": reply, "Reply": Reply}
QUESTION = "Question: <ask>\n\nAnswer: {?reading}<reply>{?}"
TALK = '"<ask>" asked {listener}.\n\n"{?reading}<Reply>{?}," said {teller}.'

QUIZ = Kind("quiz", 8, around("", "<rounds>"), {"rounds": rounds(QUESTION, (2, 3))})
BEDTIME = Kind(
    "bedtime",
    6,
    around(
        # The second sentence names nobody: else the tale's first "she" could mean the listener.
        "[{Teller} read {listener} a story.|At bedtime {teller} read {listener} a story.]\n"
        "[It went like this:|This is how it went:]",
        "<rounds>",
        "teller: family, listener: child",
    ),
    {"rounds": rounds(TALK, (1, 2))},
)
