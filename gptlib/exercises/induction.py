"""The check for the exercise of appendix A4: how much a head looks at what came next before."""

from collections.abc import Callable, Sequence

import numpy as np

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, near

Score = Callable[[list[list[float]], Sequence[str]], float]

TOKENS = ["kite", "boat", "drum", "boat", "doll", "kite", "boat", "drum", "drum"]


def _score(
    weights: np.ndarray,
    tokens: Sequence[str],
    after: int = 1,
    first: bool = False,
    over: int = 0,
    turned: bool = False,
) -> float:
    """The mean weight, or what comes out with a mistake."""
    found = []
    for t, token in enumerate(tokens):
        earlier = [s for s in range(t) if tokens[s] == token]
        if earlier:
            s = earlier[0 if first else -1] + after
            found.append(weights[s, t] if turned else weights[t, s])
    return sum(found) / (over or len(found))


@in_words("a number")
def check_prefix_matching(mine: Score) -> str:
    """Appendix A4: mine(weights, tokens) is the mean weight on what came next the last time."""
    T = len(TOKENS)
    weights = np.tril(np.random.default_rng(0).random((T, T)))
    weights /= weights.sum(1, keepdims=True)
    got = mine(weights.tolist(), TOKENS)
    if got is None:
        return NOT_YET
    right = _score(weights, TOKENS)
    ways = [
        (right, RIGHT),
        (
            _score(weights, TOKENS, after=0),
            "You look at the earlier token itself: take the one that came after it.",
        ),
        (
            _score(weights, TOKENS, after=-1),
            "You look at the token before the earlier one: take the one that came after it.",
        ),
        (
            _score(weights, TOKENS, first=True),
            "A token may have come more than once: take the last time before t.",
        ),
        (
            _score(weights, TOKENS, over=T),
            "Divide by the number of positions whose token has come before, not by all of them.",
        ),
        (_score(weights, TOKENS, over=1), "That is the sum: divide by how many there are."),
        (
            _score(weights, TOKENS, turned=True),
            "Your row and column are exchanged: weights[t][s] is what t gives to s.",
        ),
    ]
    says = next((told for value, told in ways if near(float(got), value, 1e-6)), None)
    return says or f"For the tokens {TOKENS} it should be {right:.4g}: yours is {float(got):.4g}."
