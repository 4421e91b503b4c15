"""Checks for the exercises of notebook 03."""

import math
from collections.abc import Callable, Sequence
from operator import ge, lt

from gptlib.exercises.checking import (
    NOT_YET,
    RIGHT,
    Table,
    also,
    differs,
    in_words,
    misshapen,
    named_list,
    near,
    numbers,
)
from gptlib.exercises.self_attention import masked, products, softmax, transposed, weighings

Heads = list[Table]


def _chunks(values: list, size: int) -> list:
    return [values[i : i + size] for i in range(0, len(values), size)]


def _flat(lists: list[list]) -> list:
    return [x for values in lists for x in values]


def _channels(rows: Table, H: int, own: Callable[[int, int], slice]) -> Heads:
    """For each head h, the channels own(h, D) of every row."""
    D = len(rows[0]) // H
    return [[row[own(h, D)] for row in rows] for h in range(H)]


def _split(rows: Table, H: int) -> Heads:
    return _channels(rows, H, lambda h, D: slice(h * D, (h + 1) * D))


def _across_positions(rows: Table, H: int) -> Heads:
    """What view(H, T, D) makes of the rows."""
    return _chunks(_chunks(_flat(rows), len(rows[0]) // H), len(rows))


def _every_Hth(rows: Table, H: int) -> Heads:
    return _channels(rows, H, lambda h, D: slice(h, None, H))


# The right way to split rows into H heads, and wrong ways that give the same sizes.
SPLITS = [
    (_split, RIGHT),
    (
        _across_positions,
        "You cut between positions, as view(H, T, D) does: cut each row, between its channels.",
    ),
    (
        _every_Hth,
        "You give head h every H-th channel: give it neighbours, from h * D to (h + 1) * D - 1.",
    ),
    (
        lambda rows, H: _split(rows, H)[::-1],
        "Your heads are in reverse order: head 0 has the first D channels.",
    ),
    (
        lambda rows, H: _channels(rows, H, lambda h, D: slice(h, h + D)),
        "Your head h begins at channel h: it should begin at h * D, after the "
        "channels of the earlier heads.",
    ),
    (
        lambda rows, H: _split(rows, H)[:1] * H,
        "All your heads are head 0: head h has the channels h * D to (h + 1) * D - 1.",
    ),
]


def _join(heads: Heads) -> Table:
    return [_flat(parts) for parts in zip(*heads, strict=True)]


def _head_after_head(heads: Heads) -> Table:
    """What reshape(T, C) makes of the heads."""
    return _chunks(_flat(_flat(heads)), len(heads) * len(heads[0][0]))


def _in_turn(heads: Heads) -> Table:
    return [_flat(zip(*parts, strict=True)) for parts in zip(*heads, strict=True)]


def _added(heads: Heads, n: int = 1) -> Table:
    return [[sum(xs) / n for xs in zip(*parts, strict=True)] for parts in zip(*heads, strict=True)]


# The right way to join heads again, and wrong ones.
JOINS = [
    (_join, RIGHT),
    (
        _head_after_head,
        "You read head after head, as reshape(T, C) does: row t holds row t of every head.",
    ),
    (
        _in_turn,
        "The heads take turns in your rows: all D channels of head 0 come first, then head 1.",
    ),
    (
        lambda heads: _join(heads[::-1]),
        "The heads are in reverse order: the first D channels are those of head 0.",
    ),
    (
        lambda heads: _added(heads, len(heads)),
        "These are means over the heads: lay their rows side by side, so that each keeps its own.",
    ),
    (
        _added,
        "These are sums over the heads: lay their rows side by side, so that each keeps its own.",
    ),
    (lambda heads: heads, "These are the heads, still apart: lay them side by side, T rows of C."),
    (_flat, "Your heads lie one below the other: lay them side by side, T rows of C."),
    (
        transposed,
        "In each row the heads' parts are still separate lists: make them one list, of C.",
    ),
    (
        lambda heads: transposed(_join(heads)),
        "Rows and columns are swapped: return a row for each position.",
    ),
    (
        lambda heads: [_flat(_flat(heads))] * len(heads[0]),
        "[[]] * T is one list, T times: make T different ones.",
    ),
    (
        lambda heads: [_flat(_join(heads))] * len(heads[0]),
        "[[]] * T is one list, T times: make T different ones.",
    ),
    (lambda heads: heads[0], "This is head 0 alone: lay the others beside it."),
    (lambda heads: heads[-1], "This is the last head alone: lay it beside the others."),
]


def _rows(T: int, C: int) -> Table:
    """Rows of numbers that show where they belong: the position t in tens plus the channel c."""
    return [[float(10 * t + c) for c in range(C)] for t in range(T)]


def _copy(rows: Table) -> Table:
    """A copy of the rows, so that no function can change those its answer is compared with."""
    return [list(row) for row in rows]


def _other_sizes(both: Callable[[int, int, int], tuple[Sequence, list]]) -> str:
    """RIGHT if both(T, C, H), an answer and the right one, are alike for other sizes too.

    Otherwise what is wrong.
    """
    for T, C, H in [(5, 6, 3), (3, 4, 1), (2, 4, 4)]:
        got, want = both(T, C, H)
        if (says := also(got, want, f"T = {T}, C = {C} and H = {H}")) != RIGHT:
            return says
    return RIGHT


@in_words("a list of heads, each a list of T rows of D numbers")
def check_split(mine: Callable[[Table, int], Sequence[Sequence[Sequence[float]]]]) -> str:
    """Notebook 03: mine(rows, n_head) cuts each row of C channels into n_head heads of D."""
    T, C, H = 4, 6, 2
    rows, D = _rows(T, C), C // H
    heads = _split(rows, H)
    got = mine(_copy(rows), H)
    if got is None:
        return NOT_YET
    got = numbers(got)
    turned = transposed(heads)
    lists = _flat(heads), _flat(turned)
    diagnoses = [(split(rows, H), says) for split, says in SPLITS]
    diagnoses += [
        (
            turned,
            "Each row is cut correctly, but positions come first: exchange them with the heads, "
            "(T, H, D) to (H, T, D).",
        ),
        (_chunks(rows, T // H), "You cut between positions: a head has D channels of them all."),
        (_split(rows, D), f"n_head is the number of heads: make {H} of {D}, not {D} of {H}."),
        ([transposed(head) for head in heads], "Each head is transposed: make it T rows of D."),
        *((rows, "Your heads are one list: give each head a list of its own.") for rows in lists),
        *(([rows] * H, "[[]] * H is one list, H times: make H different ones.") for rows in lists),
        (rows, "These are the rows, as they were: return a list of T rows for each head."),
    ]
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return _other_sizes(lambda T, C, H: (mine(_rows(T, C), H), _split(_rows(T, C), H)))
    return diagnosis or _other_heads(got, heads, f"rows = {rows} and n_head = {H}")


def _other_heads(got: Heads, want: Heads, given: str) -> str:
    """What is wrong with heads that no diagnosis fits."""
    H, T, D = len(want), len(want[0]), len(want[0][0])
    if not all(isinstance(head, list) for head in got):
        return f"Yours is a list of single values: return {H} heads, each a list of {T} rows."
    if len(got) != H:
        return f"Return {H} heads, as many as n_head says, not {len(got)}."
    for h, head in enumerate(got):
        if says := misshapen(head, T, D, "channel of a head"):
            return f"Of head {h}: {says}"
    h = next(h for h, head in enumerate(want) if not near(got[h], head))
    return differs(got[h], want[h], f"{given} in head {h}")


@in_words("T lists of C numbers")
def check_join(mine: Callable[[Heads], Sequence[Sequence[float]]]) -> str:
    """Notebook 03: mine(heads) lays the D channels of each head side by side, T rows of C."""
    T, C, H = 4, 6, 2
    rows = _rows(T, C)
    heads = _split(rows, H)
    got = mine(_split(rows, H))
    if got is None:
        return NOT_YET
    got = numbers(got)
    diagnosis = named_list(got, [(join(heads), says) for join, says in JOINS])
    if diagnosis == RIGHT:
        return _other_sizes(lambda T, C, H: (mine(_split(_rows(T, C), H)), _rows(T, C)))
    wrong = diagnosis or misshapen(got, T, C, "channel of all heads together")
    return wrong or differs(got, rows, f"heads = {heads}")


def _mixed(weights: Table, v: Table) -> Table:
    """For each row of weights, the weighted sum of the rows of v."""
    return products(weights, transposed(v))


def _takes_in(
    q: Table, k: Table, v: Table, root: float, may: Callable[[int, int], bool] = ge
) -> Table:
    """The output of a head, its scores divided by root, in which t looks at s if may(t, s)."""
    scores = [[x / root for x in row] for row in products(q, k)]
    return _mixed(softmax(masked(scores, -math.inf, may)), v)


def _each(q: Heads, k: Heads, v: Heads, may: Callable[[int, int], bool] = ge) -> Heads:
    """The output of each of the heads."""
    root = math.sqrt(len(q[0][0]))
    return [_takes_in(*head, root, may) for head in zip(q, k, v, strict=True)]


def _mistaken_weights(q: Table, k: Table, v: Table, H: int) -> list[tuple[Table, str]]:
    """The outputs of causal heads, side by side, then those with each usual mistake in the weights.

    The first is the right one.
    """
    C, cut = len(q[0]), [_split(rows, H) for rows in (q, k, v)]
    heads = list(zip(*cut, strict=True))
    diagnoses = [
        (
            _join([_mixed(weights, v) for (weights, _), v in zip(way, cut[2], strict=True)]),
            way[0][1],
        )
        for way in zip(*(weighings(q, k) for q, k, _ in heads), strict=True)
    ]
    first, *others = (weighings(q, k)[0][0] for q, k, _ in heads)
    mean = _added([first, *others], H)
    small = (
        f"Your scores are sqrt(H) = {math.sqrt(H):.2f} times too small: did you divide by sqrt(C)? "
        "A head's queries have D channels."
    )
    shared = "Your heads share their weights: each looks with its own, at its own part of v."
    one = "This is one head with all C channels: cut q, k and v into n_head parts first."
    keys = "Mix the values: yours mixes the keys."
    queries = "Mix the values: yours mixes the queries."
    times = "You multiply by sqrt(D): divide by it."
    by_heads = "You divide by sqrt(H): divide by the root of D = C / H, the length of a query."
    same_values = "All your heads mix the values of head 0: each has its own part of v."
    no_exp = "You divide scores by their sum: a softmax takes e^score first, then divides."
    none = "There is no softmax: the scores of what t may look at have to become weights first."
    bare = [
        [masked([[x / n for x in row] for row in products(q, k)], 0) for q, k, _ in heads]
        for n in (math.sqrt(C // H), math.sqrt(C), 1)
    ]
    shares = [
        [[x / sum(row) for x in row] for row in masked(products(q, k), 0)] for q, k, _ in heads
    ]
    return diagnoses + [
        (_join([_takes_in(*head, math.sqrt(C)) for head in heads]), small),
        (_join([_takes_in(*head, math.sqrt(H)) for head in heads]), by_heads),
        (_join([_takes_in(q, k, cut[2][0], math.sqrt(C // H)) for q, k, _ in heads]), same_values),
        (_join(list(map(_mixed, shares, cut[2]))), no_exp),
        (_join([_takes_in(*head, 1 / math.sqrt(C // H)) for head in heads]), times),
        (_join([_takes_in(q, k, k, math.sqrt(C // H)) for q, k, _ in heads]), keys),
        (_join([_takes_in(q, k, q, math.sqrt(C // H)) for q, k, _ in heads]), queries),
        *((_join(list(map(_mixed, scores, cut[2]))), none) for scores in bare),
        (_mixed(mean, v), shared),
        (_mixed(first, v), shared),
        *((_takes_in(q, k, v, root), one) for root in (math.sqrt(C), math.sqrt(C // H), 1)),
        (v, "These are the values, as they came: mix those of the positions that t looks at."),
    ]


def _mistaken_parts(q: Table, k: Table, v: Table, H: int) -> list[tuple[Table, str]]:
    """The outputs where q, k and v are split wrongly, or the heads are joined wrongly."""

    def heads(split: Callable[[Table, int], Heads]) -> Heads:
        return _each(*(split(rows, H) for rows in (q, k, v)))

    positions = dict(SPLITS)[_across_positions]
    neighbours = dict(SPLITS)[_every_Hth]
    by_position = [
        _each(*(transposed(_split(rows, H)) for rows in (q, k, v)), may=may)
        for may in (ge, lambda t, s: True)
    ]
    return [
        *((join(heads(_split)), says) for join, says in JOINS[1:]),
        *((_join(heads(split)), says) for split, says in SPLITS[1:]),
        # Joined the way they were split, which would undo the mistake if heads did nothing.
        (_head_after_head(heads(_across_positions)), positions),
        (_in_turn(heads(_every_Hth)), neighbours),
        *(
            (
                [_flat(parts) for parts in found],
                "Your heads look at each other, not at positions: (T, H, D) has to be (H, T, D).",
            )
            for found in by_position
        ),
    ]


@in_words("T lists of C numbers")
def check_heads(mine: Callable[[Table, Table, Table, int], Sequence[Sequence[float]]]) -> str:
    """Notebook 03: mine(q, k, v, n_head) is causal multi-head attention, without proj."""
    q = [[1, 0, 2, -1, 1, 0], [0, 1, 1, 2, 0, -1], [2, -1, 0, 1, 1, 1], [-1, 2, 1, 0, 2, 1]]
    k = [[1, 1, 0, 0, 2, 1], [-1, 0, 2, 1, -1, 0], [0, 2, -1, 1, 0, 2], [1, -1, 1, 2, 1, 0]]
    v = [[1, 5, 9, 0, 2, 4], [7, 0, 3, 8, 1, 6], [2, 8, 0, 5, 9, 1], [6, 3, 4, 1, 7, 2]]
    T, C, H = 4, 6, 2
    got = mine(*map(_copy, (q, k, v)), H)
    if got is None:
        return NOT_YET
    got = numbers(got)
    diagnoses = _mistaken_weights(q, k, v, H) + _mistaken_parts(q, k, v, H)
    diagnosis = named_list(got, diagnoses, begin=1)  # row 0 may be 0 / 0 where it is masked
    if diagnosis == RIGHT:
        return _more_heads(mine)
    if wrong := diagnosis or misshapen(got, T, C, "channel of all heads together"):
        return wrong
    later = _join(_each(*(_split(rows, H) for rows in (q, k, v)), may=lt))
    if near(got[:-1], later[:-1]):  # nothing is later than the last row, which may be 0 / 0
        return "The wrong side is masked: mask s > t, the future."
    return differs(got, diagnoses[0][0], f"q = {q}, k = {k}, v = {v} and n_head = {H}")


def _more_heads(mine: Callable[[Table, Table, Table, int], Sequence[Sequence[float]]]) -> str:
    """RIGHT if a right function is also right for other sizes and for scores far below 0.

    Otherwise what is wrong.
    """

    def both(T: int, C: int, H: int) -> tuple[Sequence, Table]:
        q, k, v = ([[math.sin(n * x) for x in row] for row in _rows(T, C)] for n in (1, 2, 3))
        want = _join(_each(*(_split(rows, H) for rows in (q, k, v))))
        return mine(q, k, v, H), want

    if (says := _other_sizes(both)) != RIGHT:
        return says
    # Position 0 must look at itself, though its scores are -20.
    q, k, v = [[5.0, 5.0], [0.0, 0.0]], [[-4.0, -4.0], [4.0, 4.0]], [[1.0, 2.0], [3.0, 6.0]]
    return also(mine(q, k, v, 2), [[1, 2], [2, 4]], "T = 2, C = 2, H = 2 and scores of -20")
