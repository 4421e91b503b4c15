"""The check for the exercise of notebook 08 on the loss of fine-tuning, with its auxiliary part."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words, named
from gptlib.exercises.modules import draw

LOGITS = "cross_entropy takes logits: no softmax before it."
NO_SHIFT = "L1 is not shifted: the target of position t is token t + 1."
PLACES = "You divide by all T - 1 places: divide by the number of real targets of each row."
# What is wrong with L3, with its L2, with the targets of L1, and with the mean over these.
WEIGHED = [
    (lambda w, l1, l2: l2 + l1, "lm_weight is forgotten: it multiplies L1."),
    (lambda w, l1, l2: w * l2 + l1, "lm_weight belongs to L1: yours multiplies L2."),
    (lambda w, l1, l2: w * (l1 + l2), "lm_weight multiplies L1 alone, not the sum."),
    (lambda w, l1, l2: (1 - w) * l2 + w * l1, "You weigh L2 by 1 - lm_weight: it counts in full."),
    (lambda w, l1, l2: l2 - w * l1, "You subtract L1: both losses are to become small."),
    (lambda w, l1, l2: l2 + l1 / w, "You divide L1 by lm_weight: multiply."),
    (lambda w, l1, l2: l2 + 0.5 * l1, "Your weight is always 0.5: take lm_weight."),
    (lambda w, l1, l2: l1, "That is L1 alone: add the loss of the labels, L2."),
    (lambda w, l1, l2: w * l1, "That is L1 alone: add the loss of the labels, L2."),
    (lambda w, l1, l2: l2, "That is L2 alone: add lm_weight * L1."),
    (
        lambda w, l1, l2: -(l2 + w * l1),
        "The sign is wrong: the paper maximizes ln p, and a loss is -ln p.",
    ),
]
LABELLED = {"sum": "Your L2 is a sum over the batch: take the mean.", "probs": LOGITS}
TARGETS = {
    "no shift": NO_SHIFT,
    "no shift, last left out": NO_SHIFT,
    "backwards": "L1 is shifted the wrong way: the target of position t is token t + 1, not t - 1.",
    "by two": "L1 is shifted by two: the target of position t is token t + 1.",
    "padding": "Your L1 counts padding: leave out the targets that are not real.",
    "one padding": "Your L1 counts one padding in each row: a target counts if it is real itself, "
    "which real[:, 1:] says.",
    "not 0": "You take token 0 for padding: real says which is which.",
    "last": "Your L1 counts the last target of each row alone: take all that are real.",
    "probs": LOGITS,
}
MEANS = {
    "by T - 1": PLACES,
    "by T": PLACES,
    "by tokens": "You divide by the number of tokens, but the first token of a row is no target.",
    "over all": "Your L1 is a mean over all tokens of the batch, in which long rows weigh more: "
    "take the mean of each row, then the mean over the rows.",
    "sum over all": "Your L1 is a sum over all tokens: take the mean of each row, then over rows.",
    "of sums": "Your L1 adds up the tokens of each row: take their mean.",
    "sum of means": "Your L1 adds up the rows: take the mean over the batch.",
}


def _label_loss(logits: Tensor, labels: Tensor, mistake: str = "") -> float:
    """L2 as a mean over the batch, with one mistake if it is named."""
    logits = logits.softmax(dim=1) if mistake == "probs" else logits
    return F.cross_entropy(logits, labels, reduction="sum" if mistake == "sum" else "mean").item()


def _next_token_loss(
    logits: Tensor, idx: Tensor, real: Tensor, targets: str = "", mean: str = ""
) -> float:
    """L1 as the mean over rows of the mean over each row's targets, with mistakes if named.

    targets: one of TARGETS; mean: one of MEANS
    """
    T = idx.shape[1]
    positions, wanted = {
        "no shift": (slice(None), slice(None)),
        "no shift, last left out": (slice(-1), slice(-1)),
        "backwards": (slice(1, None), slice(-1)),
        "by two": (slice(-2), slice(2, None)),
    }.get(targets, (slice(-1), slice(1, None)))
    logits = logits.softmax(dim=2) if targets == "probs" else logits
    losses = F.cross_entropy(logits[:, positions].mT, idx[:, wanted], reduction="none")
    counted = {
        "padding": torch.ones_like(losses),
        "one padding": real[:, :-1],
        "not 0": idx[:, 1:] != 0,
        "last": real[:, 1:] & ~F.pad(real[:, 2:], (0, 1)),
        "backwards": real[:, 1:],
    }.get(targets, real[:, wanted])
    sums, counts = (losses * counted).sum(dim=1), counted.sum(dim=1)
    l1s = {
        "by T - 1": (sums / (T - 1)).mean(),
        "by T": (sums / T).mean(),
        "by tokens": (sums / real.sum(dim=1)).mean(),
        "over all": sums.sum() / counts.sum(),
        "sum over all": sums.sum(),
        "of sums": sums.mean(),
        "sum of means": (sums / counts).sum(),
    }
    return l1s.get(mean, (sums / counts).mean()).item()


def _losses(
    class_logits: Tensor, labels: Tensor, lm_logits: Tensor, idx: Tensor, real: Tensor, w: float
) -> Iterator[tuple[float, str]]:
    """The loss L3, then what the usual mistakes make of it; of several at once, one is told."""
    l2s = [
        (_label_loss(class_logits, labels, name), says)
        for name, says in [("", RIGHT), *LABELLED.items()]
    ]
    l1s = [
        (_next_token_loss(lm_logits, idx, real, targets, mean), _first_wrong(of_targets, of_mean))
        for mean, of_mean in [("", RIGHT), *MEANS.items()]
        for targets, of_targets in [("", RIGHT), *TARGETS.items()]
    ]
    for weigh, says in [(lambda w, l1, l2: l2 + w * l1, RIGHT), *WEIGHED]:
        for l2, of_l2 in l2s:
            for l1, of_l1 in l1s:
                yield weigh(w, l1, l2), _first_wrong(of_l1, of_l2, says)


def _first_wrong(*sentences: str) -> str:
    return next((says for says in sentences if says != RIGHT), RIGHT)


@in_words("one number")
def check_fine_tuning_loss(mine: Callable) -> str:
    """Notebook 08: mine(class_logits, labels, lm_logits, idx, real, lm_weight) is GPT-1's L3.

    class_logits: (B, K), labels: (B,); lm_logits: (B, T, V), idx: (B, T); real: (B, T), True where
    there is a token and no padding
    """
    cases = [([6, 3, 4], 0.3, (6, 4)), ([2, 5], 0.8, (3, 2))]
    for n, (lengths, lm_weight, (V, K)) in enumerate(cases):
        B, T = len(lengths), max(lengths) + (n == 0)
        class_logits, lm_logits = draw((B, K), (B, T, V))
        real = torch.arange(T) < torch.tensor(lengths)[:, None]
        idx = (torch.arange(B * T).view(B, T) * 5 + 3) % V * real  # 0 is a target, and padding
        labels = torch.arange(B) % K
        given = class_logits, labels, lm_logits, idx, real
        got = mine(*(tensor.clone() for tensor in given), lm_weight)
        if got is None and n == 0:
            return NOT_YET
        if isinstance(got, Tensor) and got.shape == (B,):
            return "Those are the losses of the rows: return their mean."
        losses = list(_losses(*given, lm_weight))
        want, says = losses[0][0], named(float(got), losses)
        if says != RIGHT:
            given = f"random logits and lm_weight = {lm_weight}"
            return says or f"For {given} it should be {want:.4f}, but yours is {described(got)}."
    return RIGHT
