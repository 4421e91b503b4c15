"""Checks for the exercises of notebook 02."""

import math
from collections.abc import Callable, Sequence
from operator import ge, gt, le

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


@in_words("T lists of C numbers")
def check_average(mine: Callable[[Table], Sequence[Sequence[float]]]) -> str:
    """Notebook 02: mine(x) gives in row t the mean of the rows 0 to t of x."""
    x = [[2.0, -1.0], [5.0, 3.0], [-4.0, 7.0], [1.0, 6.0]]
    T, C = len(x), len(x[0])

    def means(span: Callable[[int], tuple[int, int, int]]) -> Table:
        spans = [span(t) for t in range(T)]
        return [[sum(row[c] for row in x[a:b]) / n for c in range(C)] for a, b, n in spans]

    got = mine([list(row) for row in x])
    if got is None:
        return NOT_YET
    got = numbers(got)
    if says := misshapen(got, T, C, "channel"):
        return says
    left_out = "Row t leaves itself out: it is the mean of the rows 0 to t, and t is one of them."
    diagnoses = [  # where the sum begins, where it ends, what it is divided by
        (lambda t: (0, t + 1, t + 1), RIGHT),
        (lambda t: (0, T, T), "Each row is the mean of all rows: row t may not see later ones."),
        (lambda t: (0, t, max(t, 1)), left_out),
        (lambda t: (0, t, t + 1), left_out),
        (lambda t: (0, t + 1, T), "You divide by the number of rows in x: row t has seen t + 1."),
        (lambda t: (0, t + 1, C), "You divide by the number of channels: row t has seen t + 1."),
        (lambda t: (0, t + 1, max(t, 1)), "You divide by t: from 0 to t there are t + 1 rows."),
        (lambda t: (0, t + 1, 1), "These are sums: divide row t by the t + 1 rows in it."),
        (lambda t: (t, T, T - t), "You go the wrong way, from row t to the end: begin at row 0."),
        (lambda t: (t, t + 1, 1), "These are the rows of x: take in those before row t as well."),
    ]
    # With some of these mistakes row 0 is 0 / 0, which may come out as anything.
    diagnosis = named_list(got, [(means(span), says) for span, says in diagnoses], begin=1)
    if diagnosis == RIGHT:
        return also(mine([[1, 2, 3], [3, 6, 5]]), [[1, 2, 3], [2, 4, 4]], "T = 2 and C = 3")
    if diagnosis:
        return diagnosis
    return differs(got, means(diagnoses[0][0]), f"x = {x}")


def softmax(rows: Table) -> Table:
    """The softmax of each row; a row of nothing but -inf becomes 0."""
    exps = [[math.exp(score) for score in row] for row in rows]
    return [[e / (sum(row) or 1) for e in row] for row in exps]


def transposed(rows: Table) -> Table:
    """The columns of rows, as rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def masked(rows: Table, fill: float, may: Callable[[int, int], bool] = ge) -> Table:
    """The rows, with fill wherever t may not look at s."""
    return [[x if may(t, s) else fill for s, x in enumerate(row)] for t, row in enumerate(rows)]


def products(q: Table, k: Table) -> Table:
    """The dot product of each query with each key."""
    return [[sum(a * b for a, b in zip(x, y, strict=True)) for y in k] for x in q]


def weighings(q: Table, k: Table) -> list[tuple[Table, str]]:
    """The causal attention weights of queries q on keys k, then those with each usual mistake."""
    T, D, inf = len(q), len(q[0]), math.inf
    dots = products(q, k)
    scores, by_D, by_T = ([[x / n for x in row] for row in dots] for n in (D**0.5, D, T**0.5))
    own_q, own_k = ([[y / D**0.5 for y in row] for row in products(x, x)] for x in (q, k))
    turned = transposed(scores)
    right = softmax(masked(scores, -inf))
    logs = [[math.log(x) if x else -inf for x in row] for row in right]
    shares = [[x / sum(row) for x in row] for row in masked(scores, 0)]
    columns = "The softmax goes down the columns: take it along each row, over what t looks at."
    return [
        (right, RIGHT),
        (softmax(masked(dots, -inf)), "Divide the scores by sqrt(D) before the softmax."),
        (softmax(masked(by_D, -inf)), "You divide by D: divide by its root, sqrt(D)."),
        (softmax(masked(by_T, -inf)), "You divide by sqrt(T): D is the length of a query."),
        (softmax(scores), "There is no mask: position t may not look at the later s > t."),
        (masked(softmax(scores), 0), "You mask after the softmax: rows no longer sum to 1."),
        (transposed(softmax(masked(turned, -inf, le))), columns),
        (transposed(softmax(masked(turned, 0, le))), columns),
        (masked(transposed(softmax(turned)), 0), columns),
        (transposed(softmax(turned)), columns),
        (softmax(masked(scores, -inf, le)), "The wrong side is masked: mask s > t, the future."),
        (softmax(masked(scores, -inf, gt)), "Position t looks at itself too: mask only s > t."),
        (softmax(masked(turned, -inf)), "q and k are swapped: row t is what query t looks at."),
        (softmax(masked(scores, 0)), "exp(0) is 1, so a score of 0 takes part: mask with -inf."),
        (
            masked([[math.exp(x) for x in row] for row in scores], 0),
            "Your weights are exponentials: divide each of them by the sum of its row.",
        ),
        (logs, "These are the logarithms of the weights: take softmax, not log_softmax."),
        (shares, "You divide scores by their sum: a softmax does so with e^score, math.exp."),
        (transposed(right), "Rows and columns are swapped: row t is what query t looks at."),
        (softmax(masked(own_q, -inf)), "Yours are products of queries with queries: use k too."),
        (softmax(masked(own_k, -inf)), "Yours are products of keys with keys: use q too."),
    ]


@in_words("T lists of T numbers")
def check_weights(mine: Callable[[Table, Table], Sequence[Sequence[float]]]) -> str:
    """Notebook 02: mine(q, k) gives the causal attention weights of queries q on keys k."""
    q, k = [[1.0, 0.5], [0.5, 2.0], [-1.0, 1.5]], [[2.0, 0.5], [-1.0, 1.0], [0.5, -1.5]]
    T, diagnoses = len(q), weighings(q, k)
    got = mine([list(row) for row in q], [list(row) for row in k])
    if got is None:
        return NOT_YET
    got = numbers(got)
    if says := misshapen(got, T, T, "position"):
        return says
    diagnosis = named_list(got, diagnoses, begin=1)  # row 0 may be 0 / 0 where it is masked
    if diagnosis == RIGHT:
        # Position 0 must look at itself, though its score is -20.
        got = mine([[0, 0, 0, 2.0], [0, 0, 0, 0.1]], [[0, 0, 0, -20.0], [0, 0, 0, 10.0]])
        return also(got, [[1, 0], softmax([[-1, 0.5]])[0]], "T = 2, D = 4 and a score of -20")
    if diagnosis:
        return diagnosis
    return _no_weights(got) or differs(got, diagnoses[0][0], f"q = {q} and k = {k}")


def _no_weights(got: Table) -> str | None:
    """Why got cannot be causal attention weights of anything, if it cannot."""
    if any(x < 0 for x in sum(got, [])):
        return "Some of yours are below 0, as scores may be: take a softmax of each row."
    later = [sum(row[t + 1 :]) for t, row in enumerate(got)]
    if near(later[:-1], [1.0] * len(later[:-1])):  # and nothing is later than the last
        return "The wrong side is masked: mask s > t, the future."
    for t, row in enumerate(got):
        if not math.isclose(sum(row), 1, abs_tol=1e-5):
            return f"Each row of weights sums to 1, and your row {t} to {sum(row):.6g}."
    return None


@in_words("T lists of T booleans")
def check_band(mine: Callable[[int, int], Sequence[Sequence[bool]]]) -> str:
    """Notebook 02: mine(T, width) is the mask in which T positions may look at the last width."""
    T, width = 6, 3

    def rows(may: Callable[[int], bool]) -> Table:
        return [[float(may(t - s)) for s in range(T)] for t in range(T)]

    itself = "Position t looks at itself too: it is the last of them."
    both = "The band is on both sides: t may not look at s > t."
    diagnoses = [  # by how far back position t may look
        (lambda back: 0 <= back < width, RIGHT),
        (lambda back: not 0 <= back < width, "True and False are swapped: True = may look."),
        (lambda back: 0 <= -back < width, "Rows and columns are swapped: row t is what t sees."),
        (lambda back: 0 <= back <= width, "One too wide: position t itself is one of the width."),
        (lambda back: 0 <= back < width - 1, "One too narrow: with itself, t may look at width."),
        (lambda back: 0 < back <= width, itself),
        (lambda back: 0 < back < width, itself),
        (lambda back: back >= 0, "This looks back without a limit: width is how many t may see."),
        (lambda back: back < width, "There is no limit ahead: position t may not look at s > t."),
        (lambda back: abs(back) < width, both),
        (lambda back: abs(back) <= width, both),
        (lambda back: abs(back) <= width // 2, "The band is around t: it should end at t."),
    ]
    got = mine(T, width)
    if got is None:
        return NOT_YET
    got = numbers(got)
    if says := misshapen(got, T, T, "position"):
        return says
    for x in sum(got, []):
        if x not in (0, 1):
            return f"Each value is True or False, and one of yours is {x:g}."
    diagnosis = named_list(got, [(rows(may), says) for may, says in diagnoses])
    if diagnosis == RIGHT:
        return _edges_of_band(mine)
    given = f"T = {T} and width = {width}, with 1 for True,"
    return diagnosis or differs(got, rows(diagnoses[0][0]), given)


def _edges_of_band(mine: Callable[[int, int], Sequence[Sequence[bool]]]) -> str:
    """RIGHT, or what goes wrong where the band is as narrow or as wide as can be."""
    if numbers(mine(3, 1)) != [[1, 0, 0], [0, 1, 0], [0, 0, 1]]:
        return "For width = 1 each position should look at itself and at nothing else."
    if numbers(mine(3, 5)) != [[1, 0, 0], [1, 1, 0], [1, 1, 1]]:
        return "For a width above T each position should look at itself and all before it."
    return RIGHT


@in_words("T lists of C numbers")
def check_positions(mine: Callable[[int, int], Sequence[Sequence[float]]]) -> str:
    """Notebook 02: mine(T, C) gives the sinusoidal table of T positions."""
    T, C = 4, 6

    def waves(
        angle: Callable[[int, int], float],
        even: Callable[[float], float] = math.sin,
        odd: Callable[[float], float] = math.cos,
    ) -> Table:
        return [[(odd if c % 2 else even)(angle(t, c)) for c in range(C)] for t in range(T)]

    def right(t: int, c: int) -> float:
        return t / 10_000 ** (c // 2 * 2 / C)

    want = waves(right)
    pairs = "Your exponent is i / C: channels 2 i and 2 i + 1 share the exponent 2 i / C."
    channels = "You use the channel as i: channels 2 i and 2 i + 1 share the exponent 2 i / C."
    cosines = "A cosine has the wave of the sine before it: its exponent is 2 i / C as well."
    halves = "The sines come first, then the cosines: put each cosine right after its sine."
    divide = "You multiply by the power of 10,000: divide by it, so that later waves are longer."
    radians = "The angle is in radians, as math.sin and math.cos want it: leave it as it is."
    diagnoses = [
        (want, RIGHT),
        (waves(lambda t, c: t / 10_000 ** (c // 2 / C)), pairs),
        (waves(lambda t, c: t / 10_000 ** (c / C)), cosines),
        (waves(lambda t, c: t / 10_000 ** (2 * c / C)), channels),
        (waves(lambda t, c: t / 10_000 ** (c // 2 * 4 / C)), channels),
        (waves(right, math.cos, math.sin), "Sines and cosines are swapped: channel 0 is a sine."),
        (waves(right, math.sin, math.sin), "All are sines: the odd channels are cosines."),
        (waves(right, math.cos, math.cos), "All are cosines: the even channels are sines."),
        ([row[0::2] + row[1::2] for row in want], halves),
        (waves(lambda t, c: right(t + 1, c)), "You count positions from 1: the first t is 0."),
        (waves(lambda t, c: t * 10_000 ** (c // 2 * 2 / C)), divide),
        (waves(lambda t, c: math.radians(right(t, c))), radians),
        (waves(lambda t, c: math.degrees(right(t, c))), radians),
        ([[right(t, c) for c in range(C)] for t in range(T)], "These are angles: take sin, cos."),
    ]
    got = mine(T, C)
    if got is None:
        return NOT_YET
    got = numbers(got)
    if says := misshapen(got, T, C, "channel"):
        return says
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return also(mine(2, 2), [[0, 1], [math.sin(1), math.cos(1)]], "T = 2 and C = 2")
    return diagnosis or differs(got, want, f"T = {T} and C = {C}")
