"""The check of notebook 01's top-p."""

from collections.abc import Callable, Sequence

from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, in_words, near

COMPARES_EACH = "You compare each probability with p: add up the likeliest until they reach it."


@in_words("a list of numbers, one for each token")
def check_top_p(mine: Callable[[list[float], float], Sequence[float]]) -> str:
    """Notebook 01: mine(probs, p) keeps as few of the likeliest as have at least p together."""
    probs, p = [0.1, 0.4, 0.2, 0.3], 0.65
    try:
        got = mine(list(probs), p)
    except Stopped as stopped:
        # Where nothing is kept, there is nothing to divide by.
        if isinstance(stopped.__cause__, ZeroDivisionError) and _compares_each(mine):
            return COMPARES_EACH
        raise
    if got is None:
        return NOT_YET
    got = [float(x) for x in got]
    if not any(x > 0 for x in got) and _compares_each(mine):  # zeros, or nan
        return COMPARES_EACH
    diagnoses = [
        ([0, 4 / 7, 0, 3 / 7], RIGHT),
        ([4 / 7, 3 / 7, 0, 0], "Right, but sorted: put each probability back in its place."),
        ([0, 0.4, 0, 0.3], "The right ones are kept: now scale them so that they sum to 1."),
        ([0, 1, 0, 0], "The token with which p is reached is kept too: 0.4 is less than 0.65."),
        ([0, 0.4, 0, 0], "The token with which p is reached is kept too: 0.4 is less than 0.65."),
        ([0, 4 / 9, 2 / 9, 3 / 9], "You keep one too many: 0.4 and 0.3 are enough for 0.65."),
        ([1 / 3, 0, 2 / 3, 0], "You keep the unlikeliest: begin with the highest probability."),
        ([1 / 6, 0, 2 / 6, 3 / 6], "You begin with the unlikeliest: begin with the likeliest."),
        ([1 / 7, 4 / 7, 2 / 7, 0], "You add up in the order given: begin with the likeliest."),
        ([1 / 5, 4 / 5, 0, 0], "You add up in the order given: begin with the likeliest."),
        ([0.1, 0.4, 0.2, 0], "You add up in the order given: begin with the likeliest."),
        ([0.1, 0.4, 0.2, 0.3], "Nothing is cut: set to 0 what is not needed to reach p."),
        ([0, 1, 0, 0.75], "You divide by the likeliest: divide by the sum of those you keep."),
        ([0, 0.5, 0, 0.5], "What is kept becomes equal: divide each by the sum of those kept."),
        (
            [0, 0.4 / 0.65, 0, 0.3 / 0.65],
            "Divide by the sum of what you keep, which is 0.7 here, not by p.",
        ),
    ]
    for values, diagnosis in diagnoses:
        if near(got, values):
            return diagnosis if diagnosis != RIGHT else _edges_of_top_p(mine)
    if len(got) != len(probs):
        return f"Return a probability for each of the {len(probs)} tokens, 0 for those cut off."
    yours = ", ".join(f"{x:.3f}" for x in got)
    return f"For probs {probs} and p = {p} it should be 0, 4/7, 0, 3/7, but yours is {yours}."


def _compares_each(mine: Callable[[list[float], float], Sequence[float]]) -> bool:
    """Whether mine keeps each token whose own probability is p or more."""
    got = [float(x) for x in mine([0.1, 0.4, 0.2, 0.3], 0.15)]
    return near(got, [0, 4 / 9, 2 / 9, 3 / 9]) or near(got, [0, 0.4, 0.2, 0.3])


def _edges_of_top_p(mine: Callable[[list[float], float], Sequence[float]]) -> str:
    """RIGHT, or what goes wrong where p is very small, or is reached exactly, or is 1."""
    cases = [
        ([0.25, 0.75], 0.01, [0, 1], "For a very small p keep the likeliest token, alone."),
        ([0.5, 0.25, 0.25], 0.5, [1, 0, 0], "The likeliest has exactly p here: keep no other."),
        (
            [0.5, 0.25, 0.25],
            1.0,
            [0.5, 0.25, 0.25],
            "For p = 1 every token should be kept, in its own place and with its own probability.",
        ),
    ]
    for probs, p, want, says in cases:
        if not near([float(x) for x in mine(probs, p)], want):
            return says
    tied = mine([0.25, 0.25, 0.25, 0.25], 0.5)
    if not near(sorted(float(x) for x in tied), [0, 0, 0.5, 0.5]):
        return "If tokens are equally likely, keep only as many as you need: 2 of 4 for p = 0.5."
    return RIGHT
