"""Checks for the exercises of appendix A1: a step of Adam, a schedule, singular values."""

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
    named,
    named_list,
    near,
    numbers,
    row_differs,
)
from gptlib.optim import POLAR_EXPRESS

AdamStep = Callable[[float, list[float], float], float]
Rate = Callable[[int, float, int, int], float]
Stretched = Callable[[Table, float, float, float], Sequence[Sequence[float]]]


@in_words("one number")
def check_adam_step(mine: AdamStep) -> str:
    """Appendix A1: mine(p, gradients, rate) is p after AdamW's last step, without weight decay.

    gradients: that of each step so far, the last is of this step. betas are 0.9 and 0.95, and eps
    is 1e-8.
    """
    p, gradients, rate = 2.0, [0.5, -0.25, 0.75], 0.1
    n, last = len(gradients), gradients[-1]

    def average(values: Sequence[float], beta: float, corrected: bool = True) -> float:
        mean = 0.0
        for value in values:
            mean = beta * mean + (1 - beta) * value
        return mean / (1 - beta ** len(values)) if corrected else mean

    squares = [g * g for g in gradients]
    mean, square = average(gradients, 0.9), average(squares, 0.95)
    root, raw = math.sqrt(square), math.sqrt(average(squares, 0.95, False))
    biased = average(gradients, 0.9, False)

    def after(step: float) -> float:
        return p - rate * step

    def stepped(values: Sequence[float]) -> float:
        root = math.sqrt(average([g * g for g in values], 0.95))
        return rate * average(values, 0.9) / root

    def corrected(n: int) -> float:
        """The step, if n steps had been taken."""
        return biased / (1 - 0.9**n) / (raw / math.sqrt(1 - 0.95**n))

    usual = "That is PyTorch's usual 0.999: here beta is 0.95 for the mean of squares."
    diagnoses = [
        (after(mean / root), RIGHT),
        (after(-mean / root), "Against the gradient: subtract the step."),
        (after(biased / raw), "Correct both averages: divide by 1 - beta ** (number of steps)."),
        (after(biased / root), "Correct the mean, too: divide it by 1 - 0.9 ** (number of steps)."),
        (
            after(mean / raw),
            "Correct the mean of squares, too: divide it by 1 - 0.95 ** (number of steps).",
        ),
        (after(mean / square), "Take the root of the mean of squares."),
        (
            p - sum(stepped(gradients[:k]) for k in range(1, n + 1)),
            "You take all steps: the earlier ones led to p, so take only the last.",
        ),
        (
            after(biased / 0.1 / (raw / math.sqrt(0.05))),
            "In a mean a new gradient counts 1 - beta; the correction is 1 - beta ** steps.",
        ),
        (
            after(average(gradients, 0.1) / math.sqrt(average(squares, 0.05))),
            "Multiply the old mean by beta, and the new gradient by 1 - beta.",
        ),
        (after(corrected(n - 1)), f"The last step is number {n} here: count from 1."),
        (after(corrected(n + 1)), f"The last step is number {n} here: you count one too many."),
        (
            after(mean / (raw / math.sqrt(1 - 0.9**n))),
            "Correct the mean of squares with its own beta, 0.95.",
        ),
        (after(mean / math.sqrt(average(squares, 0.999))), usual),
        (p - stepped(gradients[::-1]), "The newest gradient is the last: you go from new to old."),
        (
            after(mean / math.sqrt(square - mean**2)),
            "That is the standard deviation: take the root of the mean of squares as it is.",
        ),
        (after(last / root), "The step is along the mean of the gradients, not along the last."),
        (after(mean), "Divide by the root of the mean of squares."),
        (after(last), "That is a plain step: take the averages."),
        (
            after(average(gradients, 0.95) / math.sqrt(average(squares, 0.9))),
            "Swapped: 0.9 is for the mean of the gradients, 0.95 for that of their squares.",
        ),
        (
            after(mean / abs(mean)),
            "That is only the sign: average all gradients, and square each before it is averaged.",
        ),
        (
            after(sum(gradients) / n / math.sqrt(sum(squares) / n)),
            "In a running mean the last gradients count more: beta * mean + (1 - beta) * gradient.",
        ),
        (p - mean / root, "Multiply the step by the rate."),
        (rate * mean / root, "That is the step: return p after it."),
        (p, "Nothing has moved."),
    ]
    got = mine(p, list(gradients), rate)
    if got is None:
        return NOT_YET
    got = float(got)
    says = named(got, diagnoses)
    if says == RIGHT:
        try:
            unmoved = float(mine(1.0, [0.0, 0.0], 0.1))
        except Stopped:
            unmoved = math.nan
        if not near(unmoved, 1.0):
            return "Where all gradients are 0 nothing moves: add eps to the root."
        tiny = float(mine(1.0, [1e-8], 0.1))
        if math.isclose(tiny, 0.9, rel_tol=1e-4):
            return "eps is missing: add 1e-8 to the root."
        if not math.isclose(tiny, 0.95, rel_tol=1e-4):
            return "eps is added to the root, after it is taken, and it is 1e-8."
        return also([float(mine(0.0, [-3.0], 0.2))], [0.2], "a single gradient")
    return says or f"It should be {diagnoses[0][0]:.6f}, but yours is {got:.6f}."


@in_words("one number")
def check_schedule(mine: Rate) -> str:
    """Appendix A1: mine(step, highest, warmup, steps), a linear warm-up, then a cosine to 0.

    As `learning_rate` has it: steps are counted from 0, and step 0 already has a rate.
    """
    highest, warmup, steps = 0.5, 4, 12

    def rates(up: Callable[[int], float], down: Callable[[float], float]) -> list[float]:
        """Of all steps, as shares of the highest."""
        span = steps - warmup
        return [
            highest * (up(n) if n < warmup else down((n - warmup) / span)) for n in range(steps)
        ]

    def rising(n: int) -> float:
        return (n + 1) / warmup

    def cosine(done: float) -> float:
        return (1 + math.cos(math.pi * done)) / 2

    falling = [cosine((n - warmup) / (steps - warmup)) for n in range(steps)]
    nothing = "Step 0 does nothing: its rate is highest / warmup, the first share."
    early = [highest * (rising(n) if n < warmup else cosine(n / steps)) for n in range(steps)]
    diagnoses = [
        (rates(rising, cosine), RIGHT),
        (rates(lambda n: n / warmup, cosine), nothing),
        (rates(lambda n: n / (warmup - 1), cosine), nothing),
        (
            [highest * (rising(n) if n <= warmup else x) for n, x in enumerate(falling)],
            "Step warmup - 1 is the last that rises: your warm-up is a step too long.",
        ),
        (
            rates(rising, lambda done: cosine(done + 1 / (steps - warmup))),
            "Step warmup is the first that falls, and its share is 0: step - warmup.",
        ),
        (
            rates(rising, lambda done: cosine(done * (steps - warmup) / (steps - warmup - 1))),
            "The rate is 0 at step steps, one after the last: divide by steps - warmup.",
        ),
        (rates(rising, lambda done: 2 * cosine(done)), "Halve 1 + cosine: it begins at 2."),
        (
            rates(rising, lambda done: (1 + math.sin(math.pi * done)) / 2),
            "That is a sine: the cosine begins at its highest.",
        ),
        (rates(rising, lambda done: 1 - done), "That is the straight line: take half a cosine."),
        (rates(lambda n: 1, cosine), "There is no warm-up: the first rates are shares of highest."),
        (rates(rising, lambda done: 1), "There is no decay after the warm-up."),
        (
            rates(rising, lambda done: math.cos(math.pi / 2 * done)),
            "That is a quarter of a period: take half, which falls from 1 to -1, add 1 and halve.",
        ),
        (
            rates(rising, lambda done: math.cos(math.pi * done)),
            "Some rates are below 0: add 1 to the cosine and halve.",
        ),
        (
            rates(rising, lambda done: cosine(2 * done)),
            "The cosine comes back up: over the whole decay it should cover half a period, pi.",
        ),
        (
            rates(rising, lambda done: cosine(done / math.pi)),
            "The cosine takes an angle: multiply the share by pi.",
        ),
        (early, "The decay begins after the warm-up: count its steps from there."),
        (
            [x / highest for x in rates(rising, cosine)],
            "Multiply by highest.",
        ),
    ]
    got = [mine(n, highest, warmup, steps) for n in range(steps)]
    if any(rate is None for rate in got):
        return NOT_YET
    got = [float(rate) for rate in got]
    says = named_list(got, diagnoses)
    if says == RIGHT:
        return also([float(mine(0, 3.0, 0, 5))], [3.0], "training without a warm-up")
    return says or row_differs(got, diagnoses[0][0], "step", "steps = 12, warmup = 4")


@in_words("a list of rows, each a list of numbers")
def check_stretched(mine: Stretched) -> str:
    """Appendix A1: mine(X, a, b, c) is a X + b X X^T X + c X X^T X X^T X, in plain lists."""
    X, (a, b, c) = [[0.5, 0.25, -0.5], [0.0, 0.5, 1.0]], (2.0, -1.5, 0.5)

    def transposed(one: Table) -> Table:
        return [list(column) for column in zip(*one, strict=True)]

    def product(one: Table, other: Table) -> Table:
        return [[sum(map(float.__mul__, r, s)) for s in transposed(other)] for r in one]

    def mixed(*parts: tuple[float, Table]) -> Table:
        rows, columns = len(parts[0][1]), len(parts[0][1][0])
        return [[sum(s * m[i][j] for s, m in parts) for j in range(columns)] for i in range(rows)]

    def powers(one: Table) -> tuple[Table, Table]:
        square = product(one, transposed(one))
        return product(square, one), product(square, product(square, one))

    third, fifth = powers(X)
    cubes, fifths = ([[x**n for x in row] for row in X] for n in (3, 5))
    want = mixed((a, X), (b, third), (c, fifth))
    diagnoses = [
        (want, RIGHT),
        (
            mixed((a, X), (b, cubes), (c, fifths)),
            "You raise each number to a power: multiply matrices.",
        ),
        (mixed((a, X), (b, third)), "The last term is missing: c X X^T X X^T X."),
        (mixed((b, third), (c, fifth)), "The first term is missing: a X."),
        (mixed((a, X), (c, fifth)), "The middle term is missing: b X X^T X."),
        (
            mixed((a, X), (c, third), (b, fifth)),
            "Swapped: b belongs to X X^T X, c to the longest product.",
        ),
        (mixed((a, X), (b + c, third)), "The last product has five factors: X X^T X X^T X."),
        (
            mixed((c, X), (b, third), (a, fifth)),
            "Swapped: a is X's, c that of the longest product.",
        ),
        (mixed((a, third), (b, fifth)), "One X too many in each: the first term is a X alone."),
        (mixed((1, X), (b, third), (c, fifth)), "Multiply X by a."),
        (X, "Nothing has changed."),
    ]
    got = mine([list(row) for row in X], a, b, c)
    if got is None:
        return NOT_YET
    got = numbers(got)
    shape = f"Return {len(X)} rows of {len(X[0])} numbers, as X has them"
    if says := misshapen(got, len(X), len(X[0]), "column"):
        if [len(row) if isinstance(row, list) else 0 for row in got] == [2, 2, 2]:
            return f"{shape}: yours is transposed."
        if [len(row) if isinstance(row, list) else 0 for row in got] == [2, 2]:
            return f"{shape}: each product ends with X."
        return f"{shape}. {says}"
    says = named_list(got, diagnoses)
    if says == RIGHT:
        tall = transposed([[0.6, 0.8, 0.0]])  # its only singular value is 1
        a, b, c = POLAR_EXPRESS[0]
        return also(mine(tall, a, b, c), mixed((a + b + c, tall)), "3 rows and 1 column")
    return says or differs(got, want, f"X = {X}, a = 2, b = -1.5 and c = 0.5")
