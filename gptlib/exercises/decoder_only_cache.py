"""The check of notebook 05's exercise on the cache."""

import math
from collections.abc import Callable, Sequence

from gptlib.exercises.checking import (
    NOT_YET,
    RIGHT,
    Stopped,
    Table,
    also,
    in_words,
    named_list,
    near,
    numbers,
    row_differs,
)
from gptlib.exercises.self_attention import products, softmax, transposed

Row = list[float]
Step = Callable[[Row, Row, Row, Table, Table], Sequence[float]]

SELF = "The token does not see itself: append its key and value before it looks."


def _scores(q: Row, keys: Table, root: float) -> Row:
    return [score / root for score in products([q], keys)[0]]


def _sum(weights: Row, rows: Table) -> Row:
    """The sum of rows, each times its weight."""
    return products([weights], transposed(rows))[0]


def _takes_in(q: Row, keys: Table, values: Table) -> Row:
    return _sum(softmax([_scores(q, keys, math.sqrt(len(q)))])[0], values)


def _taken(q: Row, k: Row, v: Row, keys: Table, values: Table) -> list[tuple[Row, str]]:
    """The attention output of a token that sees all these keys, then that of each usual mistake.

    The last key and value are the token's own, k and v.
    """
    D, S = len(q), len(keys)
    scores, raw = _scores(q, keys, math.sqrt(D)), _scores(q, keys, 1)
    weights, others = softmax([scores])[0], softmax([scores[:-1]])[0]
    exps = [math.exp(score) for score in scores]

    def by(root: float, q: Row = q, keys: Table = keys) -> Row:
        return softmax([_scores(q, keys, root)])[0]

    not_soft = "There is no softmax: make weights of the scores that sum to 1, then mix."
    only = "These are the weights: mix the values with them."
    return [
        (_sum(weights, values), RIGHT),
        (_sum(others, values[:-1]), SELF),
        (_sum(softmax([raw[:-1]])[0], values[:-1]), SELF),
        (_sum(weights[:-1], values[:-1]), SELF),
        (_sum(by(1), values), "Divide the scores by sqrt(D): yours are too large."),
        (_sum(by(D), values), "You divide by D: divide the scores by its root, sqrt(D)."),
        (
            _sum(by(math.sqrt(S)), values),
            "You divide by the root of how many keys there are: divide by sqrt(D).",
        ),
        (_sum(by(1 / math.sqrt(D)), values), "You multiply by sqrt(D): divide the scores by it."),
        *((_sum(row, values), not_soft) for row in (scores, raw)),
        (
            _sum([score / sum(scores) for score in scores], values),
            "You divide scores by their sum: softmax takes their exponentials first.",
        ),
        (_sum(exps, values), "Divide the exponentials by their sum: weights sum to 1."),
        *((row, only) for row in (weights, others, by(1))),
        *((row, "These are scores: softmax, then mix the values.") for row in (scores, raw)),
        (_sum(weights, keys), "You mix the keys: they only say who matches, the values are mixed."),
        (
            _sum(by(math.sqrt(D), q=k), values),
            "You use the token's key where its query belongs: the query asks, the keys answer.",
        ),
        (
            _sum(by(math.sqrt(D), keys=values), values),
            "You match the query with the values: match it with the keys.",
        ),
        (
            _sum(by(math.sqrt(D), keys=values), keys),
            "Keys and values are swapped: the query is matched with keys, and values are mixed.",
        ),
        (_sum([1 / S] * S, values), "All have the same weight: the scores should decide."),
        (v, "This is the token's own value alone: mix in those of the tokens before it."),
    ]


def _kept(name: str, after: list, before: Table, new: Row, other: Row, q: Row) -> str:
    """RIGHT if after, the list called name, is before with new appended, else what is wrong."""
    what, theirs = name.removesuffix("s"), {"keys": "values", "values": "keys"}[name]
    twice = f"You append to {name} twice: each token has one {what}."
    diagnoses = [
        ([*before, new], RIGHT),
        (before, f"{name} stays as it was: append the token's {what} to that very list."),
        *(([*before, x, y], twice) for x, y in [(new, new), (new, other), (other, new)]),
        ([*before, other], f"Swapped: what you append to {name} belongs to {theirs}."),
        ([*before, q], f"You keep the query: no later token asks for it, append the {what}."),
        (
            [new, *before],
            f"You put the token's {what} in front: append it at the end, to keep {name} in order.",
        ),
        ([*before, *new], f"You add single numbers to {name}: append the {what}, one list, to it."),
        ([*before, [new]], f"You append a list that holds the {what}: append the {what} itself."),
        (
            [new],
            f"{name} holds only the new token's: keep the earlier ones, too.",
        ),
    ]
    return named_list(after, diagnoses) or (
        f"{name} should afterwards be {[*before, new]}, and is {after}."
    )


@in_words("a list of D numbers")
def check_cached_step(mine: Step) -> str:
    """Notebook 05: mine(q, k, v, keys, values) is one head's attention output for a new token.

    q, k and v are the token's own; keys and values are the lists of those before it, and mine
    appends k and v to them.
    """
    q, k, v = [1.0, 2.0, -1.0], [0.5, 1.0, -2.0], [4.0, -3.0, 7.0]
    keys = [[1.0, 0.0, 1.0], [0.0, -1.0, 1.5], [-1.0, 1.0, 0.0]]  # with k, more than channels
    values = [[2.0, 5.0, 1.0], [8.0, 0.0, -6.0], [1.0, -4.0, 3.0]]
    after_keys, after_values = [list(x) for x in keys], [list(x) for x in values]
    got = mine(list(q), list(k), list(v), after_keys, after_values)
    if got is None:
        return NOT_YET
    got, after_keys, after_values = numbers(got), numbers(after_keys), numbers(after_values)
    diagnoses = _taken(q, k, v, [*keys, k], [*values, v])
    want = diagnoses[0][0]
    if near([after_keys, after_values], [keys, values]):
        if near(got, want):
            return (
                "Rightly mixed, but the lists stay as they were: append to them, as keys + [k] "
                "makes a new one."
            )
        return "Nothing is kept: append k to keys and v to values, and then look at them all."
    for name, after, before, new, other in [
        ("keys", after_keys, keys, k, v),
        ("values", after_values, values, v, k),
    ]:
        if (says := _kept(name, after, before, new, other, q)) != RIGHT:
            return says
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return _more_steps(mine)
    given = f"q = {q}, k = {k}, v = {v}, keys = {keys} and values = {values}"
    return diagnosis or row_differs(got, want, "channel of the values", given)


def _more_steps(mine: Step) -> str:
    """RIGHT if a right function is also right for whole texts, from empty lists on.

    Otherwise what is wrong.
    """
    for T, D in [(1, 3), (5, 2), (4, 1), (3, 8)]:
        q, k, v = (
            [[math.sin(n * (7 * t + c)) for c in range(D)] for t in range(T)] for n in (1, 2, 3)
        )
        keys, values = [], []
        for t in range(T):
            before = [*k[: t + 1]], [*v[: t + 1]]
            sizes = f"D = {D} and lists of length {t}"
            try:
                got = mine(list(q[t]), list(k[t]), list(v[t]), keys, values)
            except Stopped as stopped:
                return f"Right, but not for {sizes}. {stopped}"
            says = also([got, keys, values], [_takes_in(q[t], *before), *before], sizes)
            if says != RIGHT:
                return says
    return RIGHT
