"""The check of notebook 01's gradient of a prediction."""

import math
from collections.abc import Callable, Sequence

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, near


@in_words("a list of numbers, one for each logit")
def check_gradient(mine: Callable[[list[float], int], Sequence[float]]) -> str:
    """Notebook 01: mine(logits, came) is the gradient of -ln softmax(logits)[came]."""
    logits, came = [0.5, 0.0, 2.0, -1.0], 1
    exps = [math.exp(z) for z in logits]
    probs = [e / sum(exps) for e in exps]
    once = [float(i == came) for i in range(len(logits))]
    got = mine(list(logits), came)
    if got is None:
        return NOT_YET
    got = [float(x) for x in got]
    if len(got) != len(logits):
        return f"Return one number for each of the {len(logits)} logits, not {len(got)}."
    diagnoses = [
        ([p - o for p, o in zip(probs, once, strict=True)], RIGHT),
        ([o - p for p, o in zip(probs, once, strict=True)], "The sign is wrong: this is downhill."),
        (probs, "These are the probabilities: take 1 away at the place of what came."),
        (
            [1 - p if o else p for p, o in zip(probs, once, strict=True)],
            "For the token that came it is p - 1, not 1 - p.",
        ),
        ([p + o for p, o in zip(probs, once, strict=True)], "Take 1 away, do not add it."),
        (
            [p - 1 if o else -p for p, o in zip(probs, once, strict=True)],
            "The logits of what did not come have the wrong sign: it is p, not -p.",
        ),
        ([p - 1 for p in probs], "Take 1 away at the place of what came alone."),
        (
            [probs[came] - o for o in once],
            "Each logit has its own probability: use p[i], not p[came].",
        ),
        (
            [p * (1 - p) if o else -p * probs[came] for p, o in zip(probs, once, strict=True)],
            "This is the derivative of p[came]: go on to -ln p, whose derivative by p is -1 / p.",
        ),
        (
            [e - o for e, o in zip(exps, once, strict=True)],
            "Divide the exponentials by their sum before you take 1 away.",
        ),
        (
            [z - o for z, o in zip(logits, once, strict=True)],
            "Turn the logits into probabilities by a softmax before you take 1 away.",
        ),
        (
            [(p - 1) * o for p, o in zip(probs, once, strict=True)],
            "The logits of what did not come have a gradient too: their probabilities.",
        ),
        (
            [-o / p for p, o in zip(probs, once, strict=True)],
            "This is the derivative by the probabilities: go on to the logits, by the chain rule.",
        ),
    ]
    for tolerance in (1e-5, 1e-2):
        for values, diagnosis in diagnoses:
            if near(got, values, tolerance):
                inexact = diagnosis == RIGHT and tolerance > 1e-5
                says = "Nearly, but not to five digits: find a formula." if inexact else diagnosis
                return _other_gradient(mine) if says == RIGHT else says
    want = ", ".join(f"{x:.3f}" for x in diagnoses[0][0])
    yours = ", ".join(f"{x:.3f}" for x in got)
    return f"The gradient for logits {logits} and came = {came} is {want}, but yours is {yours}."


def _other_gradient(mine: Callable[[list[float], int], Sequence[float]]) -> str:
    """RIGHT if a right function also is right for other logits."""
    for came in (0, 2):
        exps = [math.exp(z) for z in (-1.0, 1.5, 0.5)]
        want = [e / sum(exps) - (i == came) for i, e in enumerate(exps)]
        if not near([float(x) for x in mine([-1.0, 1.5, 0.5], came)], want):
            return f"Right, but not for three logits and came = {came}."
    return RIGHT
