"""The check of notebook 01's cross-entropy, on tensors of logits."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words
from gptlib.exercises.modules import draw

TOLERANCE = 1e-5


@in_words("a tensor with one number")
def check_cross_entropy(mine: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Notebook 01: mine(logits, targets) is the mean of -ln softmax(logits) at the targets.

    logits: (B, T, V); targets: (B, T) int64
    """
    B, T, V = 2, 3, 5
    targets = torch.tensor([[4, 0, 3], [1, 1, 2]])
    (logits,) = draw((B, T, V))
    leaf = (2 * logits).requires_grad_()
    logits = leaf * 1  # so that a function may change its logits in place
    got = mine(logits, targets.clone())
    if got is None:
        return NOT_YET
    value = torch.as_tensor(got).detach().double()
    logits = leaf.detach()
    if value.numel() != 1:
        return _several(value, logits, targets)
    says = next((says for wrong, says in _diagnoses(logits, targets) if _same(value, wrong)), None)
    if says is None:
        want = _losses(logits, targets).mean()
        return f"For random logits it should be {want:.4f}, but yours is {value.item():.4f}."
    if says != RIGHT:
        return says
    return _gradient(got, leaf, targets) or _extremes(mine)


def _losses(logits: Tensor, targets: Tensor, dim: int = -1) -> Tensor:
    """-ln p of each target, (B, T); dim: where the softmax is taken."""
    return -logits.log_softmax(dim).gather(-1, targets[..., None])[..., 0]


def _same(got: Tensor, want: Tensor) -> bool:
    return torch.allclose(got, want.double(), rtol=TOLERANCE, atol=TOLERANCE)


def _several(got: Tensor, logits: Tensor, targets: Tensor) -> str:
    """What is wrong with an answer of more than one number, or of none."""
    losses = _losses(logits, targets)
    if got.numel() == losses.numel() and _same(got.flatten(), losses.flatten()):
        return "These are the losses of the individual targets: now take their mean."
    for dim, which in enumerate(("position", "row")):
        if got.shape == losses.mean(dim).shape and _same(got, losses.mean(dim)):
            return f"These are means, one for each {which}: average over all targets."
    return f"Return one number, the mean over all targets: yours is {described(got)}."


def _diagnoses(logits: Tensor, targets: Tensor) -> list[tuple[Tensor, str]]:
    """The right loss, then those that usual mistakes give, with what to say of each."""
    B, T, V = logits.shape
    log_p = logits.log_softmax(-1)
    losses = _losses(logits, targets)
    loss, p, z = losses.mean(), losses.neg().exp(), logits.gather(-1, targets[..., None])
    largest = logits.amax(-1, keepdim=True)
    averaged = "Divide the sum by the number of targets, B * T, not by"
    shifted = "You shift the targets once more: the target of position t stands at position t."
    mixed = "A reshape mixes up positions and tokens: logits.view(B * T, V) keeps rows together."
    no_log = "The logarithm is missing: each loss is -ln p."
    return [
        (loss, RIGHT),
        (-loss, "The sign is wrong: the loss is -ln p, which is never below 0."),
        (losses.sum(), "This is the sum over all targets: take the mean."),
        (losses.sum() / B, f"{averaged} B."),
        (losses.sum() / T, f"{averaged} T."),
        (losses.sum() / V, f"{averaged} V."),
        (loss / V, f"{averaged} B * T * V: only the targets count."),
        (-log_p.mean(), "You average over all V tokens: pick the one that came, with gather."),
        (loss / math.log(2), "This is in bits: take the natural logarithm, not the one to base 2."),
        (loss / math.log(10), "Take the natural logarithm, not the one to base 10."),
        (loss.exp(), "This is the perplexity: leave out the last exponential."),
        (-p.mean().log(), "Take the logarithm of each probability before you average."),
        (p.mean(), no_log),
        (-p.mean(), no_log),
        (1 - p.mean(), no_log),
        (-z.mean(), "These are the logits of the targets: ln of the sum of all e^z is missing."),
        (z.mean(), "These are the logits of the targets: ln of the sum of all e^z is missing."),
        (
            (logits - largest).logsumexp(-1).mean() - z.mean(),
            "You subtract the largest logit in the sum: subtract it from z[c], too.",
        ),
        (
            logits.logsumexp(-1).mean() - (z - largest).mean(),
            "You subtract the largest logit from z[c]: subtract it in the sum, too.",
        ),
        (-log_p.amax(-1).mean(), "You ask for the likeliest token: pick the one that came."),
        (logits.logsumexp(-1).mean(), "Subtract the logit of the target: -z[c] is missing."),
        (_losses(logits, targets, 1).mean(), "The softmax runs over T: take it over V, dim=-1."),
        (_losses(logits, targets, 0).mean(), "The softmax runs over B: take it over V, dim=-1."),
        (
            (logits.logsumexp((0, 1, 2)) - z).mean(),
            "You divide by the sum over the whole tensor: each position has its own sum.",
        ),
        (_losses(log_p.exp(), targets).mean(), "You take a softmax of a softmax: one is enough."),
        (
            -log_p[:, :, targets].mean(),
            "[:, :, targets] picks all targets at every position: use gather, or flatten first.",
        ),
        (_losses(logits[:, :-1], targets[:, 1:]).mean(), shifted),
        (_losses(logits[:, 1:], targets[:, :-1]).mean(), shifted),
        (_losses(logits.reshape(B, V, T).mT, targets).mean(), mixed),
        (_losses(logits.mT.reshape(B, T, V), targets).mean(), mixed),
        (_losses(logits.transpose(0, 1).reshape(B, T, V), targets).mean(), mixed),
        (losses[:, -1].mean(), "Only the last position counts: every position has a target."),
        (losses[0].mean(), "Only the first row of the batch counts: average over all of them."),
        ((logits.argmax(-1) != targets).double().mean(), "This is the share of wrong guesses."),
    ]


def _gradient(got: object, leaf: Tensor, targets: Tensor) -> str | None:
    """What is wrong with the gradient of a right loss, if anything is."""
    if not (isinstance(got, Tensor) and got.requires_grad):
        return (
            "The number is right, but backward cannot start from it: return the tensor itself, "
            "without .item(), float(), .detach() or no_grad."
        )
    try:
        (gradient,) = torch.autograd.grad(got.sum(), leaf, allow_unused=True)
    except RuntimeError:
        return "The number is right, but backward stops: change no tensor in place, as -= does."
    (want,) = torch.autograd.grad(_losses(leaf, targets).mean(), leaf)
    if gradient is None or not _same(gradient, want):
        return "The number is right, but not its gradient: detach nothing that depends on logits."
    return None


def _extremes(mine: Callable[[Tensor, Tensor], Tensor]) -> str:
    """RIGHT if a right function is right for other sizes and for large logits, too."""
    (logits,) = draw((3, 2, 4))
    targets = torch.tensor([[3, 1], [0, 2], [2, 2]])
    apart = torch.tensor([[0.0], [-2000.0]], dtype=torch.float64)
    likely = 3000 * torch.tensor([0.0, 0.0, 0.0, 1.0], dtype=torch.float64)
    cases = [
        (logits, targets, "Right, but not for B = 3, T = 2 and V = 4: take the sizes of logits."),
        (logits[:1, :1], targets[:1, :1], "Right, but not for B = T = 1."),
        (
            logits + 1000,
            targets,
            "Right, but not for logits near 1000, where e^z is infinite: subtract the largest "
            "logit from all of its position first.",
        ),
        (
            logits + apart,
            targets,
            "Right, but not where one position has far smaller logits than another: subtract the "
            "largest of each position, not the largest of all.",
        ),
        (
            logits + likely,
            targets,
            "Right, but not for probabilities near 0, where ln is infinite (and adding to them or "
            "clamping changes the loss): use ln of the sum of e^z, minus z[c].",
        ),
    ]
    for logits, targets, says in cases:
        got = torch.as_tensor(mine(logits.clone(), targets.clone())).detach().double()
        if got.numel() != 1 or not _same(got.flatten()[0], _losses(logits, targets).mean()):
            return says
    return RIGHT
