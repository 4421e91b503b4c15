"""Checks for the exercises of notebook 06: looking back, induction, and a head that is silenced."""

from collections.abc import Callable, Sequence

from gptlib.exercises.checking import (
    NOT_YET,
    RIGHT,
    Table,
    also,
    differs,
    in_words,
    misshapen,
    named,
    named_list,
    near,
    numbers,
)

Look = Callable[[Table, int, list[int]], float]
Ablated = Callable[[Table, int, int], Sequence[Sequence[float]]]
Induction = Callable[[Table], float]


def _causal(T: int) -> Table:
    """Made-up weights (T, T), no two alike; row t is 0 after column t and sums to 1."""
    rows = [
        [float((5 * t + 7 * s) % 11 + 1) if s <= t else 0.0 for s in range(T)] for t in range(T)
    ]
    return [[x / sum(row) for x in row] for row in rows]


@in_words("one number")
def check_look(mine: Look) -> str:
    """Notebook 06: mine(weights, t, earlier) is the weight on words, while word t is to come.

    Row and column 0 of weights belong to the token `start`, those after it to words 0, 1, ...
    """
    weights, t, earlier = _causal(7), 4, [0, 2]
    want = sum(weights[t][s + 1] for s in earlier)
    got = mine([list(row) for row in weights], t, list(earlier))
    if got is None:
        return NOT_YET
    diagnosis = named(
        float(got),
        [
            (want, RIGHT),
            (
                sum(weights[t][s] for s in earlier),
                "Column 0 is `start`: what was read of word s is in column s + 1.",
            ),
            (
                sum(weights[t + 1][s + 1] for s in earlier),
                "Row t + 1 has read word t already: it is row t that asks for it.",
            ),
            (
                sum(weights[t - 1][s + 1] for s in earlier),
                "Row t - 1 has not read word t - 1 yet: it is row t that asks for word t.",
            ),
            (
                sum(weights[t + 1][s] for s in earlier),
                "Word t is asked for by row t, and what was read of word s is in column s + 1.",
            ),
            (
                sum(weights[s + 1][t] for s in earlier),
                "Yours is 0, like every weight on a later token: rows ask and columns answer.",
            ),
            (want / len(earlier), "That is a mean over the places: take their sum."),
            (weights[t][earlier[-1] + 1], "All places where it stood count, not only the last."),
            (weights[t][earlier[0] + 1], "All places where it stood count, not only the first."),
            (
                sum(weights[-1][s + 1] for s in earlier),
                "That is the last row: it is row t that asks for word t.",
            ),
            (
                sum(weights[t][earlier[0] + 1 : earlier[-1] + 2]),
                "You sum over the words in between, too: take those in `earlier` alone.",
            ),
            (1, "That is the weight on everything read: take the columns of `earlier` alone."),
        ],
    )
    if diagnosis == RIGHT:
        return also([mine(_causal(5), 3, [1])], [_causal(5)[3][2]], "five tokens, one place")
    return diagnosis or f"It should be {want:.6g}, but yours is {float(got):.6g}."


@in_words("T lists of H * D numbers")
def check_ablated(mine: Ablated) -> str:
    """Notebook 06: mine(mixed, head, D) has each row's part of one head replaced by its mean.

    mixed: (T, H * D), what the heads hand to proj, side by side; the mean is over the T rows.
    """
    T, H, D, head = 3, 3, 2, 1
    mixed = [[float((3 * t + 5 * c) % 7 + c) for c in range(H * D)] for t in range(T)]
    part = range(head * D, (head + 1) * D)
    means = [sum(row[c] for row in mixed) / T for c in range(H * D)]

    def replaced(columns: Sequence[int], by: Callable[[int, int], float]) -> Table:
        return [
            [by(t, c) if c in columns else x for c, x in enumerate(row)]
            for t, row in enumerate(mixed)
        ]

    want = replaced(part, lambda t, c: means[c])
    strided = range(head, H * D, H)
    over_channels = [sum(row[c] for c in part) / D for row in mixed]
    in_one = sum(means[c] for c in part) / D
    one_after_another = [[row[c] for row in mixed] for c in range(H * D)]
    for column in one_after_another:
        for t in range(T):
            column[t] = sum(column) / T
    diagnoses = [
        (want, RIGHT),
        (replaced(part, lambda t, c: 0.0), "You put zeros there: put the mean over the rows."),
        (replaced(part, lambda t, c: T * means[c]), "That is the sum over the rows: divide by T."),
        (
            replaced(part, lambda t, c: mixed[t][c] - means[c]),
            "You subtract the mean: replace the values by it.",
        ),
        (
            replaced(part, lambda t, c: sum(means) / (H * D)),
            "You put the mean of all heads there: take it from this head's columns alone.",
        ),
        (
            replaced(part, lambda t, c: over_channels[t]),
            "You take the mean over the head's channels: take it over the rows, for each channel.",
        ),
        (
            replaced(part, lambda t, c: in_one),
            "You put one number everywhere: each channel has a mean of its own.",
        ),
        (
            replaced(strided, lambda t, c: means[c]),
            "A head's channels are neighbours: head * D to head * D + D - 1.",
        ),
        (
            replaced([c for c in range(H * D) if c not in part], lambda t, c: means[c]),
            "You replace the other heads and keep this one.",
        ),
        (
            replaced(range(H * D), lambda t, c: means[c]),
            "You replace all heads: keep the columns of the others.",
        ),
        (
            replaced(range(head, head + D), lambda t, c: means[c]),
            "Head number `head` begins at column head * D.",
        ),
        (
            replaced(range((head - 1) * D, head * D), lambda t, c: means[c]),
            "That is the previous head: heads are counted from 0.",
        ),
        (
            replaced([c for c in part if c != part[-1]], lambda t, c: means[c]),
            "You leave out the last of the head's channels: a slice ends before its end.",
        ),
        (
            replaced(part, lambda t, c: sum(row[c] for row in mixed[: t + 1]) / (t + 1)),
            "You take the mean over the rows so far: take it over all of them.",
        ),
        (
            replaced(part, lambda t, c: mixed[t][c] + means[c]),
            "You add the mean: put it in place of what is there.",
        ),
        (
            replaced(part, lambda t, c: sum(mixed[t]) / (H * D)),
            "You take the mean over a row: take it over the rows, for each channel.",
        ),
        (
            replaced(part, lambda t, c: one_after_another[c][t]),
            "Your mean is over rows you have replaced already: compute it before you replace any.",
        ),
        (mixed, "Nothing is replaced."),
    ]
    got = mine([list(row) for row in mixed], head, D)
    if got is None:
        return NOT_YET
    got = numbers(got)
    if says := misshapen(got, T, H * D, "channel"):
        return says
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return also(mine([[1.0, 2.0], [3.0, 6.0]], 0, 1), [[2, 2], [2, 6]], "H = 2 and D = 1")
    return diagnosis or differs(got, want, f"mixed = {mixed}, head = {head} and D = {D}")


@in_words("one number")
def check_induction(mine: Induction) -> str:
    """Notebook 06: mine(weights) is the induction score of a head on R tokens, read twice.

    weights: (2R, 2R). The score is the mean weight that the tokens of the second time, but for the
    last, give to the token that came after them the first time.
    """
    R = 4
    weights = _causal(2 * R)

    def mean(pairs: Sequence[tuple[int, int]]) -> float:
        return sum(weights[t][s] for t, s in pairs) / len(pairs)

    second = range(R, 2 * R - 1)
    want = mean([(t, t - R + 1) for t in second])
    got = mine([list(row) for row in weights])
    if got is None:
        return NOT_YET
    diagnosis = named(
        float(got),
        [
            (want, RIGHT),
            (
                mean([(t, t - R) for t in second]),
                "That is the same token, the first time: take the one that came after it.",
            ),
            (mean([(t, t - R) for t in range(R, 2 * R)]), "Take the token after it: t - R + 1."),
            *(
                (
                    mean([(t, t - 1) for t in rows]),
                    "That is the token just before: look back to the first time.",
                )
                for rows in (second, range(R, 2 * R))
            ),
            (
                mean([(t, t - R - 1) for t in second]),
                "That is the token before the same one: take the one after it, t - R + 1.",
            ),
            (
                mean([(t, t - R + 1) for t in range(R + 1, 2 * R)]),
                "You begin one row too late and end one too late: rows R to 2R - 2 count.",
            ),
            (
                mean([(t, t - R + 1) for t in range(R + 1, 2 * R - 1)]),
                "You leave out row R: counted from 0, it is the first of the second time.",
            ),
            (max(weights[t][t - R + 1] for t in second), "That is the largest: take the mean."),
            (
                mean([(t, t - R + 1) for t in range(R, 2 * R)]),
                "Leave the last one out: after it, the first time, the second time began.",
            ),
            (
                mean([(t, t - R + 2) for t in second]),
                "One too far: take the token right after t - R, at t - R + 1.",
            ),
            (0, "Yours is 0, like every weight on a later token: rows ask and columns answer."),
            (want * len(second), "That is the sum: take the mean."),
            *(
                (want * len(second) / n, f"Divide by the number of terms, {R - 1} for R = {R}.")
                for n in (R, 2 * R)
            ),
        ],
    )
    if diagnosis == RIGHT:
        small = _causal(6)
        right = (small[3][1] + small[4][2]) / 2
        if not near(float(mine(small)), right):
            return "Right, but not for R = 3: take R from the number of rows."
        return RIGHT
    return diagnosis or f"It should be {want:.6g}, but yours is {float(got):.6g}."
