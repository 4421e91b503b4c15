"""The check for the exercise of notebook 09 on the matrices that write into the stream."""

import math
from collections.abc import Callable
from itertools import permutations

from torch import Tensor, nn

from gptlib.config import GPTConfig
from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, described, in_words
from gptlib.exercises.modules import close, ordinary
from gptlib.gpt import GPT

WRITERS = "attn.proj.weight", "mlp.proj.weight"
IN_PLACE = "Change a parameter in place, as in p.mul_(factor), under torch.no_grad()."
UNCHANGED = "Nothing is changed. (p = p * factor makes a new tensor, and leaves the model alone.)"
COPIED = (
    "You return another model, such as a copy, and the one that you are given is as it was: change "
    "that one, and return it."
)
OTHERS = "The others read: only attn.proj and mlp.proj write into the stream."
# Which parameters should have stayed as they were, and what to say of them.
SCALED_TOO = [
    (
        lambda name: name.endswith("fc.weight"),
        "You scale mlp.fc, too: it reads from the stream, and only mlp.proj writes into it.",
    ),
    (
        lambda name: name.endswith(("query.weight", "key.weight", "value.weight")),
        "You scale queries, keys or values, too: they read from the stream, and only attn.proj "
        "writes into it.",
    ),
    (
        lambda name: name.endswith("emb.weight"),
        "You scale an embedding, too: it is not the matrix of a layer in a block.",
    ),
    (lambda name: name == "lm_head.weight", "You scale lm_head, too: it reads from the stream."),
    (
        lambda name: name.endswith("proj.bias"),
        "You scale biases, too: scale matrices alone. (In a new model all biases are 0, so it "
        "would not show there.)",
    ),
    (lambda name: "ln_" in name, "You scale norms, too: scale the matrices of layers alone."),
]
# What each writer is multiplied by, for N blocks and in block n.
FACTORS = [
    (
        lambda N, n: N**-0.5,
        "You divide by sqrt(n_layer): two layers in each block write into the stream, so there are "
        "2 * n_layer.",
    ),
    (
        lambda N, n: 1 / (2 * N),
        "You divide by 2 * n_layer, not by its root: is sqrt missing, or is each matrix multiplied "
        "twice?",
    ),
    (
        lambda N, n: 1 / N,
        "You divide by n_layer: divide by the root of the number of layers, sqrt(2 * n_layer).",
    ),
    *(
        (lambda N, n, power=power: power(N), "Your matrices grow: divide by sqrt(2 * n_layer).")
        for power in (lambda N: (2 * N) ** 0.5, lambda N: N**0.5, lambda N: 2.0 * N)
    ),
    (
        lambda N, n: 2**-0.5,
        "You divide by sqrt(2): in all blocks together, 2 * n_layer layers write into the stream.",
    ),
    (lambda N, n: (2 / N) ** 0.5, "The 2 belongs below, to n_layer: 1 / sqrt(2 * n_layer)."),
    (lambda N, n: 0.5 / N**0.5, "The 2 belongs under the root: 1 / sqrt(2 * n_layer)."),
    *(
        (lambda N, n, layers=layers: layers**-0.5, "You count 12 blocks: take config.n_layer.")
        for layers in (12, 24)
    ),
    (
        lambda N, n: 0.02 / (2 * N) ** 0.5,
        "You multiply by init_std once more: the matrices were drawn with it.",
    ),
    (
        lambda N, n: (2 * N) ** (-N / 2),
        "Each matrix is multiplied n_layer times, once for each block: multiply it once.",
    ),
    (
        lambda N, n: (2 * n + 2) ** -0.5,
        "You scale each block by its own number: take the number of all, n_layer.",
    ),
]


@in_words("the model")
def check_residual_scaling(mine: Callable[[GPT], GPT]) -> str:
    """Notebook 09: mine(model) scales what writes into the residual stream, and returns the model.

    It multiplies these matrices of a model made with scale_residual=False by 1/sqrt(2 * n_layer).
    """
    for N, tied in ((5, True), (3, False)):
        sizes = {"block_size": 6, "n_layer": N, "n_head": 2, "n_embd": 8, "dropout": 0.0}
        model = ordinary(GPT(GPTConfig(7, **sizes, tied=tied, scale_residual=False)))
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        try:
            got = mine(model)
        except Stopped as stopped:
            at_once = any(what in str(stopped) for what in ("leaf Variable", "cannot assign"))
            return f"{stopped} {IN_PLACE}" if at_once else str(stopped)
        after = dict(model.named_parameters())
        if lost := [name for name in before if name not in after]:
            return f"The model has no parameter {lost[0]} any more. {IN_PLACE}"
        if misshapen := [name for name, p in before.items() if after[name].shape != p.shape]:
            return f"{misshapen[0]} has another shape than before: multiply it by a number."
        changed = [name for name, p in before.items() if not close(after[name], p)]
        if got is None and not changed and N == 5:
            return NOT_YET
        if says := _not_returned(got, model, changed) or _beside(changed, before):
            return says
        if not all(p.requires_grad for p in after.values()):
            return "A parameter will not learn any more: leave requires_grad as it is."
        if (says := _factors(before, after, N)) != RIGHT:
            return says
    return RIGHT


def _not_returned(got: object, model: GPT, changed: list[str]) -> str | None:
    """What is wrong, if a function does not return the model that it was given."""
    if got is model:
        return None
    if isinstance(got, nn.Module):
        other = "You change the model, but return another: return the one that you are given."
        return other if changed else COPIED
    return f"Return the model: yours is {described(got)}."


def _beside(changed: list[str], before: dict[str, Tensor]) -> str | None:
    """What is wrong, if others were changed than the matrices that write into the stream."""
    if not changed:
        return f"{UNCHANGED} {IN_PLACE}"
    more = [name for name in changed if not name.endswith(WRITERS)]
    matrices = [name for name, p in before.items() if "blocks" in name and p.ndim > 1]
    if set(matrices) <= set(changed):
        return f"You scale every matrix of a block. {OTHERS}"
    for named, says in SCALED_TOO:
        if any(map(named, more)):
            return says
    if more:
        return f"You change {more[0]}, too: only attn.proj and mlp.proj are scaled, their weights."
    for one, other in permutations(("attn.proj", "mlp.proj")):
        if all(one in name for name in changed):
            return f"You scale {one} alone: {other} writes into the stream, too."
    for name in before:
        if name.endswith(WRITERS) and name not in changed:
            return f"{name} is as it was: all blocks write into the stream."
    return None


def _factors(before: dict[str, Tensor], after: dict[str, Tensor], N: int) -> str:
    """RIGHT, or what is wrong with what the writers of N blocks were multiplied by."""
    found, blocks = {}, {}
    for name, p in before.items():
        if name.endswith(WRITERS):
            factor = (after[name] * p).sum().item() / p.square().sum().item()
            if not close(after[name], factor * p):
                return f"{name} is no multiple of what it was: draw nothing anew, multiply."
            found[name], blocks[name] = factor, int(name.split(".")[1])
    right = (2 * N) ** -0.5
    for by, says in [(lambda N, n: right, RIGHT), *FACTORS]:
        if all(math.isclose(x, by(N, blocks[name]), rel_tol=1e-5) for name, x in found.items()):
            return says
    name, yours = max(found.items(), key=lambda item: abs(item[1] - right))
    says = f"For n_layer = {N} the factor should be {right:.6g}, but your"
    return f"{says} {name} is multiplied by {yours:.6g}."
