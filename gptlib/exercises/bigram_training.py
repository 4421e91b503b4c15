"""The check of notebook 01's training loop."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, in_words, near, numbers
from gptlib.exercises.modules import close, ordinary

Batch = tuple[Tensor, Tensor]

MISTAKES = {
    "kept": "Gradients of earlier batches are still in .grad: backward adds to .grad, so set it to "
    "zero before each backward.",
    "uphill": "You go uphill: subtract rate times the gradient.",
    "early": "You step before backward, with the gradient of the batch before: first backward, "
    "then the step.",
    "once": "You take one step at the end: take one on each batch.",
    "last step": "The last batch is missing: take a step on it, too.",
    "sum": "You use the sum of the losses: take the mean over all B * T targets.",
    "by B": "You divide by B alone: take the mean over all B * T targets.",
    "inputs": "You compare the logits with the inputs: compare them with targets, not with idx.",
    "shifted": "You shift the targets once more: the target of position t stands at position t.",
    "last": "You use only the last position: every position has a target.",
    "probs": "cross_entropy takes logits: leave out the softmax before it.",
    "mixed": "A reshape mixes up positions and tokens: use logits.flatten(0, 1), which is (B * T, "
    "V), with targets.flatten().",
    "rate": "The rate makes no difference: multiply the gradient by it.",
    "divided": "You divide by the rate: multiply the gradient by it.",
    "momentum": "You use momentum: plain gradient descent has none.",
    "Adam": "This is Adam: plain gradient descent moves by rate times the gradient.",
    "AdamW": "This is AdamW: plain gradient descent moves by rate times the gradient.",
    "sign": "You step by the sign of the gradient: take the gradient itself.",
}


def _tiny(V: int) -> nn.Module:
    """A model that looks at one token, and has three parameters."""
    layers = OrderedDict(tok_emb=nn.Embedding(V, 4), lm_head=nn.Linear(4, V))
    return ordinary(nn.Sequential(layers))


@in_words("a list of losses, one for each batch")
def check_training(mine: Callable[[nn.Module, Iterator[Batch], float], Iterable[float]]) -> str:
    """Notebook 01: mine(model, batches, rate) trains by gradient descent, and returns the losses.

    batches: an iterator of idx and targets, both (B, T)
    """
    V, rate = 5, 0.5
    batches = _batches(V, B=2, T=3, number=4)
    start, model = _tiny(V), _tiny(V)
    try:
        got = mine(model, iter(batches), rate)
        got = got if got is None else list(got)
    except Stopped as stopped:
        # PyTorch notices where it still needs, for backward, what the step has changed.
        if "modified by an inplace operation" in str(stopped):
            return MISTAKES["early"]
        raise
    moved = [
        name
        for (name, p), old in zip(model.named_parameters(), start.parameters(), strict=True)
        if not torch.equal(p, old)
    ]
    if got is None:
        return "It trains, but returns nothing: return the list of losses." if moved else NOT_YET
    graph = any(isinstance(x, Tensor) and x.requires_grad for x in got)
    losses = numbers(x.detach() if isinstance(x, Tensor) else x for x in got)
    right, want = _trained(V, batches, rate)
    if len(losses) != len(batches):
        return f"Return {len(batches)} losses, one for each batch, not {len(losses)}."
    if any(isinstance(x, list) for x in losses):
        return "Each loss is one number: take the mean over the batch."
    if not moved:
        return _unmoved(losses, want, _trained(V, batches, 0.0)[1])
    if len(moved) < 3:
        return f"Only {' and '.join(moved)} changed: move all of model.parameters()."
    if _same_parameters(model, right):
        says = _reported(V, losses, want, batches, rate)
        if says == RIGHT and graph:
            return (
                "Right, but your losses keep everything they were computed from in "
                "memory: use .item()"
            )
        return _also(mine) if says == RIGHT else says
    for mistake, says in MISTAKES.items():  # whatever is returned
        if _same_parameters(model, _trained(V, batches, rate, mistake)[0]):
            return says
    if near(losses[:1], want[:1]):
        return "The first loss is right, but the parameters do not move as they should."
    return f"The first loss should be {want[0]:.4f}, but yours is {losses[0]:.4f}."


def _batches(V: int, B: int, T: int, number: int) -> list[Batch]:
    """Batches in which every token occurs."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(V, (number, B, T + 1), generator=generator)
    return [(row[:, :-1].clone(), row[:, 1:].clone()) for row in ids]


def _loss(model: nn.Module, idx: Tensor, targets: Tensor, mistake: str = "") -> Tensor:
    """The mean loss of a batch, with one mistake if it is named."""
    logits = model(idx)
    B, T, V = logits.shape
    if mistake == "inputs":
        targets = idx
    elif mistake == "shifted":
        logits, targets = logits[:, :-1], targets[:, 1:]
    elif mistake == "last":
        logits, targets = logits[:, -1:], targets[:, -1:]
    elif mistake == "probs":
        logits = logits.softmax(-1)
    elif mistake == "mixed":
        logits = logits.reshape(B, V, T).mT
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.sum() / {"sum": 1, "by B": B}.get(mistake, len(losses))


def _trained(
    V: int, batches: list[Batch], rate: float, mistake: str = ""
) -> tuple[nn.Module, list[float]]:
    """A trained model and its losses, with one mistake if it is named."""
    model = _tiny(V)
    rate = {"rate": 1.0, "divided": 1 / (rate or 1)}.get(mistake, rate)
    if mistake in ("Adam", "AdamW"):
        optimizer = getattr(torch.optim, mistake)(model.parameters(), lr=rate)
    else:
        own = {"momentum": {"momentum": 0.9}, "uphill": {"maximize": True}}.get(mistake, {})
        optimizer = torch.optim.SGD(model.parameters(), lr=rate, **own)
    losses = []
    for n, (idx, targets) in enumerate(batches):
        loss = _loss(model, idx, targets, mistake)
        losses.append(loss.item())
        if mistake == "early" and n:
            for p in model.parameters():
                p.data -= rate * p.grad
        if mistake not in ("kept", "once"):
            optimizer.zero_grad()
        loss.backward()
        if mistake == "sign":
            for p in model.parameters():
                p.grad.sign_()
        at_end = n == len(batches) - 1
        if {"early": False, "last step": not at_end, "once": at_end}.get(mistake, True):
            optimizer.step()
    return model, losses


def _same_parameters(one: nn.Module, other: nn.Module) -> bool:
    return all(close(p, q) for p, q in zip(one.parameters(), other.parameters(), strict=True))


def _unmoved(losses: list[float], want: list[float], untrained: list[float]) -> str:
    """Why none of the parameters may have changed."""
    if near(losses, want):
        return "You train a copy: change the parameters of the model that is given."
    if near(losses, untrained):
        return (
            "No parameter changes. p = p - ... only makes a new tensor: change p itself, as p -= "
            "... does under no_grad. And clear no gradient between backward and the step."
        )
    return "No parameter of the model changes, and the losses are not those of the batches."


def _reported(
    V: int, losses: list[float], want: list[float], batches: list[Batch], rate: float
) -> str:
    """What is said of the losses, where the model was trained as it should be."""
    if near(losses, want):
        return RIGHT
    after = []
    for n, batch in enumerate(batches):
        after.append(_loss(_trained(V, batches[: n + 1], rate)[0], *batch).item())
    if near(losses, after):
        return "These are the losses after each step: return those before it."
    size = batches[0][1].numel()
    if near(losses, [size * loss for loss in want]):
        return "It trains well, but returns sums: return the mean loss of each batch."
    if near(losses, want[::-1]):
        return (
            "It trains well, but the losses are in the wrong order: the first batch's come first."
        )
    return f"It trains well, but the losses should be {_row(want)}, but yours are {_row(losses)}."


def _row(values: list[float]) -> str:
    return ", ".join(f"{x:.4f}" for x in values)


def _also(mine: Callable) -> str:
    """RIGHT if a right loop also is right for other sizes and another rate."""
    batches = _batches(V=7, B=1, T=40, number=3)
    right, want = _trained(7, batches, 0.1)
    model = _tiny(7)
    losses = numbers(mine(model, iter(batches), 0.1))
    if _same_parameters(model, right) and near(losses, want):
        return RIGHT
    return "Right, but not for other batches and a rate of 0.1: take both as they are given."
