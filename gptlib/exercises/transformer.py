"""Checks for the exercises of notebook 04 that are one formula each."""

import math
from collections.abc import Callable, Sequence
from itertools import product

from gptlib.exercises.checking import (
    NOT_YET,
    RIGHT,
    Stopped,
    also,
    in_words,
    named,
    named_list,
    near,
    numbers,
    row_differs,
)

LayerNorm = Callable[[list[float], list[float], list[float]], Sequence[float]]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _norms(row: list[float]) -> list[tuple[list[float], str]]:
    """The normalised row, then what each usual mistake makes of it."""
    C, mean = len(row), _mean(row)
    rest = [x - mean for x in row]
    var, square = _mean([x * x for x in rest]), _mean([x * x for x in row])

    def over(root: float, values: Sequence[float] = rest) -> list[float]:
        return [x / root for x in values]

    root = math.sqrt(var + 1e-5)
    times = "You multiply by the root of the variance: divide by it."
    raw = "The mean is not subtracted: take it away from each number before you divide."
    first = "Your squares are those of the row itself: subtract the mean, then square what is left."
    return [
        (over(root), RIGHT),
        (over(var + 1e-5), "You divide by the variance: divide by its root."),
        (over(math.sqrt(var * C / (C - 1))), "You divide the squares by C - 1: divide them by C."),
        (over(math.sqrt(var * C)), "The variance is a mean: divide the sum of the squares by C."),
        (over(1 / root), times),
        (over(1 / math.sqrt(var)), times),
        (over(-root), "You take each number from the mean: take the mean from each number."),
        (over(1), "Nothing is divided: divide by the root of the variance."),
        (over(root, row), raw),
        (over(math.sqrt(square), row), raw),
        (over(math.sqrt(square)), first),
        (row, "The row is as it was: subtract its mean, divide by the root of its variance."),
    ]


def _ends(gain: list[float], bias: list[float]) -> list[tuple[Callable, str]]:
    """The right use of gain and bias on channel c of a normalised row, then the usual mistakes."""
    alone = "Each channel has its own gain and bias: you take the first of them for all."
    return [
        (lambda x, c: x * gain[c] + bias[c], RIGHT),
        (lambda x, c: x + bias[c], "The gain is missing: multiply each channel by its own."),
        (lambda x, c: x * gain[c], "The bias is missing: add to each channel its own."),
        (lambda x, c: x, "This is normed correctly: now multiply by the gain and add the bias."),
        (lambda x, c: (x + bias[c]) * gain[c], "You add the bias first: multiply, and then add."),
        (lambda x, c: x * bias[c] + gain[c], "Swapped: multiply by the gain and add the bias."),
        (lambda x, c: x * gain[0] + bias[0], alone),
    ]


@in_words("a list of numbers, one for each channel")
def check_layer_norm(mine: LayerNorm) -> str:
    """Notebook 04: mine(row, gain, bias) is what layer normalisation makes of one row."""
    # The variance of this row is so large that it makes no difference here where 1e-5 is added.
    row, gain, bias = [20.0, -10.0, 40.0, 5.0], [1.5, -0.5, 2.0, 0.8], [0.3, 1.0, -2.0, 0.6]
    got = mine(list(row), list(gain), list(bias))
    if got is None:
        return NOT_YET
    got = numbers(got)
    diagnoses = [
        ([end(x, c) for c, x in enumerate(normed)], wrong if wrong != RIGHT else says)
        for (normed, wrong), (end, says) in product(_norms(row), _ends(gain, bias))
    ]
    before = _norms([x * g + b for x, g, b in zip(row, gain, bias, strict=True)])[0][0]
    diagnoses.append((before, "Gain and bias come last: norm the row before them."))
    diagnosis = named_list(got, diagnoses)
    if diagnosis == RIGHT:
        return _more_layer_norm(mine)
    if diagnosis:
        return diagnosis
    given = f"row = {row}, gain = {gain} and bias = {bias}"
    return row_differs(got, diagnoses[0][0], "channel", given)


def _more_layer_norm(mine: LayerNorm) -> str:
    """RIGHT if a right function is also right for other sizes and for a small variance.

    Otherwise what is wrong.
    """
    says = also(mine([10.0, 30.0], [3.0, 2.0], [1.0, 0.0]), [-2, 2], "C = 2")
    if says != RIGHT:
        return says
    try:
        same = numbers(mine([4.0, 4.0, 4.0], [2.0, 1.0, 3.0], [0.5, -1.0, 2.0]))
    except Stopped:
        same = []
    if not near(same, [0.5, -1, 2]):
        return (
            "A row of equal numbers has variance 0: add 1e-5 to it, and the result is "
            "just the bias."
        )
    # Its variance is 1e-6, ten times less than what is added.
    small, want = numbers(mine([0.001, -0.001], [1.0, 1.0], [0.0, 0.0])), 0.001 / math.sqrt(1.1e-5)
    if near(small, [1 / 1.01, -1 / 1.01]):
        return "You add 1e-5 to the root: add it to the variance, under the root."
    if not near(small, [want, -want]):
        return "Add 1e-5 to every variance, under the root: yours is not right for one of 1e-6."
    return RIGHT


@in_words("one number")
def check_smoothed(mine: Callable[[list[float], int, float], float]) -> str:
    """Notebook 04: mine(probs, target, share) is the loss, in nats, with label smoothing."""
    probs, target, share = [0.15, 0.3, 0.05, 0.5], 1, 0.2
    V, p = len(probs), probs[target]

    def loss(own: float, others: float) -> float:
        """The loss where the target gives `own` to the token that came, `others` to each other."""
        targets = [own if i == target else others for i in range(V)]
        return -sum(t * math.log(p) for t, p in zip(targets, probs, strict=True))

    each, rest = share / V, 1 - share
    own = rest + each
    want = loss(own, each)
    entropy = -own * math.log(own) - (V - 1) * each * math.log(each)
    turned = -p * math.log(own) - (1 - p) * math.log(each)
    twice = want + sum(
        (own if i == target else each) * (math.log(p) - p) for i, p in enumerate(probs)
    )
    twice += math.log(sum(map(math.exp, probs)))
    given = own * p + each * (1 - p)
    whole = "You give every token the whole share: spread it, share / V to each."
    kept = "The target keeps the share that is spread: let it give that up first, 1 - share."
    got = mine(list(probs), target, share)
    if got is None:
        return NOT_YET
    if isinstance(got, list | tuple):
        return "Return one number, the sum over all tokens, and not a list."
    diagnoses = [
        (want, RIGHT),
        (
            loss(rest, share / (V - 1)),
            "You spread it over the V - 1 others: the target gets share / V, too.",
        ),
        (loss(rest, 0), "The share is taken away and given to nobody: spread it, share / V each."),
        (loss(rest, each), "Your targets sum to less than 1: the right token has share / V, too."),
        (loss(1, share), whole),
        (loss(rest, share), whole),
        (loss(1, each), kept),
        (loss(1 + each, each), kept),
        (loss(each, each), "This is the share that is spread, alone: 1 - share is the target's."),
        (loss(1, 0), "This is the plain loss of the target: spread the share over all tokens."),
        (loss(1 / V, 1 / V), "All tokens count alike: only the share is spread, not all of it."),
        (loss(share + rest / V, rest / V), "Swapped: the share is spread, 1 - share stays."),
        (want / math.log(2), "This is in bits, by the logarithm to base 2: use math.log."),
        (want / math.log(10), "You took the logarithm to base 10: use math.log."),
        (-want, "The sign is wrong: the logarithm of a probability is negative, a loss is not."),
        (
            want / V,
            "This is a mean over the tokens: add them up, because the targets already sum to 1.",
        ),
        (
            -math.log(given),
            "You smooth the model's probability: smooth the target, and take ln p of each token.",
        ),
        (given, "These are probabilities: take -ln p of each token, then add them up."),
        (turned, "Swapped: take the logarithm of the probabilities, not of the target."),
        (want - entropy, "This is the divergence from the target: do not subtract its entropy."),
        (twice, "F.cross_entropy wants logits: give it the logarithms of probs."),
        (math.exp(want), "This is the exponential of the loss, its perplexity: leave out the exp."),
    ]
    diagnosis = named(got, diagnoses)
    if diagnosis == RIGHT:
        return _more_smoothed(mine)
    if diagnosis:
        return diagnosis
    given = f"probs {probs}, target {target} and share {share}"
    return f"The loss for {given} should be {want:.4f}, but yours is {got:.4f}."


def _more_smoothed(mine: Callable[[list[float], int, float], float]) -> str:
    """RIGHT if a right function is also right for other sizes, and where all or none is spread.

    Otherwise what is wrong.
    """
    ln = math.log
    for probs, target, share, want in [
        ([0.25, 0.75], 0, 0.0, ln(4)),
        ([0.25, 0.75], 0, 1.0, ln(4) / 2 - ln(0.75) / 2),
        ([0.5, 0.3, 0.2], 2, 0.3, -ln(0.5) / 10 - ln(0.3) / 10 - ln(0.2) * 8 / 10),
    ]:
        sizes = f"V = {len(probs)}, target = {target} and share = {share:g}"
        if (says := also([float(mine(probs, target, share))], [want], sizes)) != RIGHT:
            return says
    return RIGHT


@in_words("one number")
def check_rate(mine: Callable[[int, int, int], float]) -> str:
    """Notebook 04: mine(step, n_embd, warmup) is the learning rate of a step, counted from 1."""
    n, w, steps = 64, 25, [1, 10, 25, 30, 100]

    def rate(step: int) -> float:
        return n**-0.5 * min(step**-0.5, step * w**-1.5)

    first = "You count steps from 0: here the first is 1, so take step as it is."
    falls = "It falls too fast after warm-up: with step ** -0.5, not with 1 / step."
    meet = "The rise is step * warmup ** -1.5, so that it meets the fall at step = warmup."
    never = "It never falls: after warm-up the rate is that of step ** -0.5, which is smaller."
    rises = "It does not rise: during warm-up it is step * warmup ** -1.5, a straight line."
    diagnoses = [
        (rate, RIGHT),
        (lambda s: n**-0.5 * max(s**-0.5, s * w**-1.5), "You take the larger: take the smaller."),
        (lambda s: n**0.5 * rate(s), "n_embd is missing: multiply by n_embd ** -0.5."),
        (lambda s: n**-0.5 * rate(s), "You divide by n_embd: divide by its root, sqrt(n_embd)."),
        (lambda s: n * rate(s), "You multiply by sqrt(n_embd): divide by it."),
        (lambda s: rate(s + 1), first),
        (lambda s: rate(s - 1) if s > 1 else 0, first),
        (lambda s: n**-0.5 * min(1 / s, s * w**-1.5), falls),
        (lambda s: n**-0.5 * min(w**0.5 / s, s * w**-1.5), falls),
        (lambda s: n**-0.5 * min(s**-0.5, s * w**-0.5), meet),
        (lambda s: n**-0.5 * min(s**-0.5, s / w), meet),
        (lambda s: n**-0.5 * s**-0.5, "There is no warm-up: the rate has to rise to its highest."),
        (lambda s: n**-0.5 * s * w**-1.5, never),
        (lambda s: n**-0.5 * min(w**-0.5, s * w**-1.5), never),
        (lambda s: n**-0.5 * min(s**-0.5, w**-1.5), rises),
        (lambda s: n**-0.5 * min(s**-0.5, w**-0.5), rises),
    ]
    got = [mine(step, n, w) for step in steps]
    if all(x is None for x in got):
        return NOT_YET
    for step, x in zip(steps, got, strict=True):
        if x is None:
            return f"For step = {step} and warmup = {w} your function returns None."
        if isinstance(x, list | tuple):
            return "Return one number, the rate of this step, and not a list."
    # As multiples of the right rate: rates are so small that all would count as near each other.
    right = [rate(step) for step in steps]
    times = [x / r for x, r in zip(got, right, strict=True)]
    for rule, diagnosis in diagnoses:
        if near(times, [rule(step) / r for step, r in zip(steps, right, strict=True)]):
            return diagnosis if diagnosis != RIGHT else _more_rate(mine)
    i = next(i for i, x in enumerate(times) if not near(x, 1.0))
    given = f"step = {steps[i]}, n_embd = {n} and warmup = {w}"
    return f"The rate for {given} should be {right[i]:.6f}, but yours is {got[i]:.6f}."


def _more_rate(mine: Callable[[int, int, int], float]) -> str:
    """RIGHT if a right function is also right for the paper's base model, else what is wrong."""
    for step in (1_000, 100_000):
        want = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
        sizes = f"step = {step:,}, n_embd = 512 and warmup = 4,000"
        if (says := also([float(mine(step, 512, 4000)) / want], [1], sizes)) != RIGHT:
            return says
    return RIGHT
