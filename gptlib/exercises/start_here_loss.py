"""Checks for the exercises of notebook 00 about losses."""

import math
from collections.abc import Callable, Sequence

from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, in_words, named


@in_words("one number")
def check_loss(mine: Callable[[list[float]], float]) -> str:
    """Notebook 00: mine(probs) is the mean of -ln p over the probabilities of what really came."""
    for probs in ([0.9, 0.2, 0.5, 0.7], [0.8, 0.3, 0.6]):
        got = mine(list(probs))
        if got is None:
            return NOT_YET
        if isinstance(got, list | tuple):
            return "Return one number, the mean of the losses, and not a list of them."
        if (says := _lost(float(got), probs)) != RIGHT:
            return says
    return RIGHT


def _lost(got: float, probs: list[float]) -> str:
    """What is right or wrong with got, the loss of these probabilities."""
    n, mean = len(probs), sum(probs) / len(probs)
    want = -sum(map(math.log, probs)) / n
    own = -sum(p * math.log(p) for p in probs)
    weighted = "You weighted each -ln p by p, as in an entropy: what came has come, so take -ln p."
    diagnoses = [
        (want, RIGHT),
        (-math.log(probs[0]), "This is the loss of the first token alone: return after the loop."),
        (-math.log(probs[-1]), "This is the loss of the last token alone: add up all of them."),
        (-want, "The sign is wrong: the logarithm of a probability is negative, a loss is not."),
        (want * n, "This is the sum: divide it by how many there are."),
        (want * n / 4, "You divide by 4 here too: divide by len(probs)."),
        (want * n / (n - 1), "You divide by one less than how many there are: use len(probs)."),
        (math.exp(want), "This is the exponential of the loss, its perplexity: leave out the exp."),
        (want / math.log(10), "You took the logarithm to base 10: use math.log."),
        (want / math.log(2), "This is in bits, by the logarithm to base 2: use math.log."),
        (-math.log(mean), "You averaged before the logarithm: take -ln p of each, then the mean."),
        (
            -math.log(n * mean),
            "You took the logarithm of the sum: take -ln p of each, then the mean.",
        ),
        (-sum(math.log(1 - p) for p in probs) / n, "You took 1 - p: what came had probability p."),
        (math.exp(-want), "This is e to minus the loss: leave out the exp."),
        (mean, "This is the mean probability: take -ln p of each, then the mean."),
        (1 - mean, "This is the mean of 1 - p: take -ln p of each, then the mean."),
        (own, weighted),
        (own / n, weighted),
        (
            math.prod(probs),
            "This is the product of them all: take -ln p of each, then the mean.",
        ),
    ]
    if diagnosis := named(got, diagnoses):
        return diagnosis
    return f"The loss of the probabilities {probs} should be {want:.4f}, but yours is {got:.4f}."


@in_words("two numbers, the entropy of p and the KL divergence")
def check_entropy_and_kl(mine: Callable[[list[float], list[float]], Sequence[float]]) -> str:
    """Notebook 00: mine(p, q) gives the entropy of p and the KL divergence of q from p."""
    inputs = [
        ([0.5, 0.2, 0.3], [0.25, 0.4, 0.35]),
        ([0.6, 0.0, 0.1, 0.3], [0.2, 0.3, 0.15, 0.35]),
    ]
    for p, q in inputs:
        try:
            got = mine(list(p), list(q))
        except Stopped as stopped:
            if 0 not in p:
                raise
            return f"What has probability 0 in p adds nothing, so skip it. {stopped}"
        if got is None:
            return NOT_YET
        got = [float(x) for x in got]
        if len(got) != 2:
            return f"Return two numbers, the entropy and the KL divergence, not {len(got)}."
        if (says := _in_parts(got, p, q)) != RIGHT:
            return says
    return RIGHT


def _in_parts(got: list[float], p: list[float], q: list[float]) -> str:
    """What is right or wrong with got, the entropy and the KL divergence."""
    if any(map(math.isnan, got)):
        return "Yours contains nan, from 0 times ln 0: skip what has probability 0 in p."
    n, bits = len(p), math.log(2)
    pairs = [(a, b) for a, b in zip(p, q, strict=True) if a > 0]
    entropy = -sum(a * math.log(a) for a, _ in pairs)
    kl = sum(a * math.log(a / b) for a, b in pairs)
    unpaired = zip([a for a in p if a > 0], q, strict=False)
    own = -sum(b * math.log(b) for b in q)
    quotient = sum(a * math.log(a) / math.log(b) for a, b in pairs)
    entropy_diagnoses = [
        (entropy, RIGHT),
        (-entropy, "The sign of the entropy is wrong: logarithms of probabilities are negative."),
        (entropy / bits, "Your entropy is in bits: use math.log, the natural logarithm."),
        (entropy / math.log(10), "Your entropy has the logarithm to base 10: use math.log."),
        (entropy / n, "Your entropy is a mean, but p already weighs the terms: take their sum."),
        (-sum(math.log(a) for a, _ in pairs), "In the entropy, weigh each -ln p by its p."),
        (own, "This is the entropy of q: we want that of p."),
        (entropy + kl, "Your first number is the cross-entropy: the entropy has p in both places."),
        (-sum(b * math.log(a) for a, b in pairs), "In the entropy you weigh by q: weigh by p."),
        (math.exp(entropy), "Your first number is e to the entropy: leave out the exp."),
    ]
    kl_diagnoses = [
        (kl, RIGHT),
        (-kl, "The sign of the KL divergence is wrong: take ln(p / q), not ln(q / p)."),
        (kl / bits, "Your KL divergence is in bits: use math.log, the natural logarithm."),
        (kl / n, "Your KL divergence is a mean, but p already weighs the terms: take their sum."),
        (sum(b * math.log(b / a) for a, b in pairs), "Your KL divergence has p and q exchanged."),
        (sum(b * math.log(a / b) for a, b in pairs), "In the KL divergence you weigh by q, not p."),
        (sum(math.log(a / b) for a, b in pairs), "In the KL divergence, weigh each term by its p."),
        (sum(a * abs(math.log(a / b)) for a, b in pairs), "A term may be negative: leave out abs."),
        (
            own - entropy,
            "This is the difference of two entropies: in the KL divergence p weighs "
            "both logarithms.",
        ),
        (sum(a * math.log(a / b) for a, b in unpaired), "Skip the 0 in p together with its q."),
        (sum(a * a / b for a, b in pairs), "In the KL divergence, take the logarithm of p / q."),
        (quotient, "In the KL divergence take ln(p / q), and not ln p divided by ln q."),
        (entropy + kl, "Your second number is the cross-entropy: take the entropy away from it."),
        (entropy, "Your second number is the entropy again: the KL divergence has ln(p / q)."),
    ]
    if named(got[0], [(kl, RIGHT)]) and named(got[1], [(entropy, RIGHT)]):
        return "These are the two in the wrong order: return the entropy first."
    for value, diagnoses in zip(got, (entropy_diagnoses, kl_diagnoses), strict=True):
        if (says := named(value, diagnoses)) is None:
            want, yours = (", ".join(f"{x:.4f}" for x in pair) for pair in ((entropy, kl), got))
            return f"For p = {p} and q = {q} they should be {want}, but yours are {yours}."
        if says != RIGHT:
            return says
    return RIGHT
