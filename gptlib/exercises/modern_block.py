"""Checks for the exercises of appendix A3: rotations, RMSNorm and the token shift."""

import math
from collections.abc import Callable, Sequence

from gptlib.exercises.checking import (
    NOT_YET,
    RIGHT,
    Stopped,
    Table,
    also,
    differs,
    in_words,
    misshapen,
    named_list,
    near,
    numbers,
    row_differs,
)

Rotated = Callable[[list[float], int], Sequence[float]]
RMSNorm = Callable[[list[float]], Sequence[float]]
Shifted = Callable[[Table, list[float]], Sequence[Sequence[float]]]


@in_words("a list of numbers, one for each channel")
def check_rotated(mine: Rotated) -> str:
    """Appendix A3: mine(row, t) is a query or key of D channels, turned as is right at t."""
    row, t = [1.0, 2.0, -0.5, 1.5, 0.25, -1.0], 3
    D = len(row)

    def right(i: int) -> float:
        return t / 10_000 ** (2 * i / D)

    want = _turned(row, right)
    got = mine(list(row), t)
    if got is None:
        return NOT_YET
    got = numbers(got)
    backwards = "You turn the wrong way: the first becomes a cos - b sin, the second a sin + b cos."
    speeds = "The angle of pair j is t / 10,000 ** (2 j / D), with j from 0 to D / 2 - 1."
    halves = "You pair channel d with d + D / 2: here neighbours are a pair, 2 j and 2 j + 1."
    signs = "A turn takes (a, b) to (a cos - b sin, a sin + b cos): look at the signs."
    twice = "The second channel needs the first one's old value: you use the new one."
    diagnoses = [
        (want, RIGHT),
        (_turned(row, lambda i: -right(i)), backwards),
        (_turned(row, lambda i: right(2 * i)), speeds),
        (_turned(row, lambda i: right(i / 2)), speeds),
        (_turned(row, lambda i: (t / 10_000) ** (2 * i / D)), speeds),
        (_turned(row, lambda i: right(i + 1)), "The first pair is pair 0: you count from 1."),
        (_turned(row, lambda i: right(i) / t), "The angle grows with the position: multiply by t."),
        (_mixed_signs(row, right, 1, 1), signs),
        (_mixed_signs(row, right, -1, -1), signs),
        (
            [x * math.cos(right(d // 2)) for d, x in enumerate(row)],
            "The sines are missing: a cos - b sin, and a sin + b cos.",
        ),
        (
            _turned(row[:2], right) + row[2:],
            "Only the first pair is turned: there are D / 2 of them.",
        ),
        (
            _turned(row, lambda i: t),
            "All pairs turn alike: each should be slower than the last.",
        ),
        (
            _turned(row, lambda i: 0.5 * t),
            "All pairs turn by half a radian: each has a speed of its own.",
        ),
        (_turned(row, lambda i: t * 10_000 ** (2 * i / D)), "Divide t by the power of 10,000."),
        (_turned(row, lambda i: right(i) * (t + 1) / t), "You count from 1: the first t is 0."),
        (
            _turned(row, lambda i: math.radians(right(i))),
            "The angle is already in radians: leave it alone.",
        ),
        (_halves(_turned(_interleaved(row), right)), halves),
        (_turned_in_place(row, right), twice),
        (row, "Nothing is turned."),
    ]
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        if not near(numbers(mine([3.0, 4.0], 0)), [3, 4]):
            return "At t = 0 nothing is turned."
        four = [3.0, 4.0, -1.0, 2.0]
        turned = _turned(four, lambda i: 2 / 10_000 ** (2 * i / 4))
        return also(mine(four, 2), turned, "D = 4 and t = 2")
    return diagnosis or row_differs(got, want, "channel", f"row = {row} and t = {t}")


def _turned(row: Sequence[float], angle: Callable[[int], float]) -> list[float]:
    """Each pair of neighbours in row, turned by the angle of that pair."""
    out = []
    for i in range(len(row) // 2):
        a, b = row[2 * i : 2 * i + 2]
        cos, sin = math.cos(angle(i)), math.sin(angle(i))
        out += [a * cos - b * sin, a * sin + b * cos]
    return out


def _mixed_signs(
    row: Sequence[float], angle: Callable[[int], float], first: int, second: int
) -> list[float]:
    """As `_turned`, with these signs in a cos + b sin and a sin + b cos."""
    out = []
    for i in range(len(row) // 2):
        a, b = row[2 * i : 2 * i + 2]
        cos, sin = math.cos(angle(i)), math.sin(angle(i))
        out += [a * cos + first * b * sin, a * sin + second * b * cos]
    return out


def _turned_in_place(row: Sequence[float], angle: Callable[[int], float]) -> list[float]:
    """As `_turned`, but the second of a pair is computed with the first already turned."""
    out = list(row)
    for i in range(0, len(row), 2):
        cos, sin = math.cos(angle(i // 2)), math.sin(angle(i // 2))
        out[i] = out[i] * cos - out[i + 1] * sin
        out[i + 1] = out[i] * sin + out[i + 1] * cos
    return out


def _interleaved(row: Sequence[float]) -> list[float]:
    """The two halves of row, so that one of the first half and one of the second alternate."""
    half = len(row) // 2
    return [x for pair in zip(row[:half], row[half:], strict=True) for x in pair]


def _halves(row: Sequence[float]) -> list[float]:
    """What `_interleaved` was given."""
    return [*row[::2], *row[1::2]]


@in_words("a list of numbers, one for each channel")
def check_rms_norm(mine: RMSNorm) -> str:
    """Appendix A3: mine(row) is row divided by the root of the mean of its squares."""
    row = [20.0, -10.0, 40.0, 5.0]
    C, mean = len(row), sum(row) / len(row)
    squares = sum(x * x for x in row)

    def over(divisor: float, less: float = 0.0) -> list[float]:
        return [(x - less) / divisor for x in row]

    variance = sum((x - mean) ** 2 for x in row) / C
    root = math.sqrt(squares / C)
    diagnoses = [
        (over(root), RIGHT),
        (over(math.sqrt(variance), mean), "That is a LayerNorm: here no mean is subtracted."),
        (over(math.sqrt(variance)), "That is the standard deviation: square the row as it is."),
        (over(root, mean), "The mean stays in: divide the row as it is."),
        (
            over(math.sqrt(squares)),
            "That is the length: divide by the root of the mean, not the sum.",
        ),
        (over(squares / C), "Take the root: you divide by the mean of the squares."),
        (over(squares), "That is the sum of squares: divide by the root of their mean."),
        (
            over(sum(map(abs, row)) / C),
            "That is the mean of absolute values: square them first.",
        ),
        (over(math.sqrt(squares / (C - 1))), "The mean divides by C, not C - 1."),
        (
            over(math.sqrt(variance * C / (C - 1))),
            "That is the standard deviation: square the row as it is.",
        ),
        (over(math.sqrt(squares) / C), "Divide by C under the root, not after it."),
        (over(1 / root), "Divide by the root: you multiply by it."),
        (over(max(map(abs, row))), "That is the largest number: take the root of the mean square."),
    ]
    got = mine(list(row))
    if got is None:
        return NOT_YET
    got = numbers(got)
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        try:
            nothing = numbers(mine([0.0, 0.0, 0.0]))
        except Stopped:
            nothing = []
        if not near(nothing, [0, 0, 0]):
            return "A row of zeros should stay zeros: add 1e-5 to the mean, under the root."
        return also(mine([30.0, 40.0]), [x / math.sqrt(1250) for x in (30, 40)], "C = 2")
    return diagnosis or row_differs(got, diagnoses[0][0], "channel", f"row = {row}")


@in_words("a list of rows, each a list of numbers")
def check_shifted(mine: Shifted) -> str:
    """Appendix A3: mine(rows, shares) adds to each row shares of those before it.

    shares[0] of the row just before, shares[1] of the one before that, and so on.
    """
    rows = [[1.0, 2.0], [3.0, -1.0], [0.5, 4.0], [-2.0, 1.5]]
    shares = [0.5, 0.25]

    def mixed(shares: Sequence[float], back: Callable[[int, int], int]) -> Table:
        out = []
        for t, row in enumerate(rows):
            before = [rows[back(t, n)] if 0 <= back(t, n) < len(rows) else None for n in (1, 2)]
            parts = [(s, r) for s, r in zip(shares, before, strict=True) if r]
            out.append([x + sum(s * r[c] for s, r in parts) for c, x in enumerate(row)])
        return out

    def summed() -> Table:
        """The mistake of adding to rows that have been added to already."""
        out = [list(row) for row in rows]
        for t in range(len(out)):
            for n, share in enumerate(shares, start=1):
                if t >= n:
                    out[t] = [x + share * y for x, y in zip(out[t], out[t - n], strict=True)]
        return out

    want = mixed(shares, lambda t, n: t - n)
    wraps = "The first rows get some of the last: nothing comes before them, so nothing is added."
    diagnoses = [
        (want, RIGHT),
        (mixed(shares, lambda t, n: t + n), "You look ahead: a row may only see those before it."),
        (mixed(shares, lambda t, n: (t - n) % 4), wraps),
        (
            mixed(shares[::-1], lambda t, n: t - n),
            "Swapped: shares[0] is for the row just before.",
        ),
        (
            summed(),
            "Take the rows before as they were given, without what was added to them.",
        ),
        (
            [[y - x for x, y in zip(a, b, strict=True)] for a, b in zip(rows, want, strict=True)],
            "The row itself is missing: add the shares to it.",
        ),
        (mixed([-s for s in shares], lambda t, n: t - n), "Add the shares: you subtract them."),
        (mixed(shares[:1] + [0.0], lambda t, n: t - n), "Add a share of the one before that, too."),
        (
            mixed(shares, lambda t, n: t - n + 1),
            "shares[0] is of the row before, not of the row itself.",
        ),
        (
            mixed(shares, lambda t, n: max(t - n, 0)),
            "The first rows get some of row 0 for what is not there: then nothing is added.",
        ),
        (rows[:2] + want[2:], "Row 1 has one row before it, and gets its share of that."),
        (rows, "Nothing is added."),
    ]
    got = mine([list(row) for row in rows], list(shares))
    if got is None:
        return NOT_YET
    got = numbers(got)
    if says := misshapen(got, len(rows), 2, "channel"):
        return says
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return also(mine([[1.0], [2.0], [4.0]], [1.0]), [[1], [3], [6]], "one share and C = 1")
    return diagnosis or differs(got, want, f"rows = {rows} and shares = {shares}")
