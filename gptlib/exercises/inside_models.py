"""Checks for the exercises of notebook 06 on a whole model: the logit lens, and patching."""

from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.config import GPTConfig
from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, described, in_words
from gptlib.exercises.modules import misfit, named_tensor, off, ordinary
from gptlib.gpt import GPT

Lens = Callable[[GPT, Tensor], Iterable[Tensor]]
Patched = Callable[[GPT, Tensor, Tensor, int, int], Tensor]

CUT = "You pass the normed stream on: keep x as it is for the next block."
NO_NORM = "ln_f is missing: the stream goes through it before the table."
NO_POSITIONS = "The positions are missing: add model.pos_emb(torch.arange(T))."
PROBS = "These are probabilities: return the logits, without a softmax."
AHEAD = "Your blocks look ahead: call them with causal=True."


def _model(V: int, C: int, N: int) -> GPT:
    """A small GPT in float64 with parameters of ordinary size, those of the norms included."""
    sizes = {"block_size": 8, "n_layer": N, "n_head": 2, "n_embd": C, "dropout": 0.0}
    return ordinary(GPT(GPTConfig(V, **sizes)))


def _ids(V: int, *shape: int, seed: int = 3) -> Tensor:
    return torch.randint(V, shape, generator=torch.Generator().manual_seed(seed))


def _named(got: Tensor, diagnoses: Iterable[tuple[Tensor, str]]) -> str | None:
    """The diagnosis for got, if there is one; in float32 a whole model errs more than a layer."""
    return named_tensor(got, diagnoses, atol=1e-5)


LENS = {
    "no norm": NO_NORM,
    "norm at the end": "Only your last tensor went through ln_f: all of them have to.",
    "norm after blocks": "Your first tensor did not go through ln_f: all of them have to.",
    "norm goes on": CUT,
    "no gains": "That is a norm without gain and bias: use model.ln_f.",
    "ln_2": "You use a norm of the block: take the last one, model.ln_f.",
    "no positions": NO_POSITIONS,
    "one position": "All tokens get the same position: give model.pos_emb 0, 1, ... T - 1.",
    "from 1": "Your positions begin at 1: give model.pos_emb 0, 1, ... T - 1.",
    "ahead": AHEAD,
    "alone": "Each of your blocks reads the embeddings: give it what the block before put out.",
    "added": "That is what each block adds: read the whole stream after it.",
    "twice": "A block returns the whole stream: do not add the input again.",
    "late": "Your last two tensors are the same: read it after the last block.",
    "probs": PROBS,
    "log probs": "These are logarithms of probabilities: return the logits, without a softmax.",
    "backwards": "Begin with the embeddings, and end with the last block: yours is "
    "in reverse order.",
    "all final": "All your tensors are the same: keep the stream as it is after each block.",
}


@torch.no_grad()
def _lens(model: GPT, idx: Tensor, mistake: str = "") -> Tensor:
    """The logits at each depth, (N + 1, B, T, V), with one mistake if it is named."""
    positions = torch.arange(idx.shape[1]) + (mistake == "from 1")
    if mistake == "one position":
        positions = positions.clamp(max=0)
    x = model.tok_emb(idx) + (0 if mistake == "no positions" else model.pos_emb(positions))
    stream = [x]
    for block in model.blocks:
        given = model.ln_f(x) if mistake == "norm goes on" else x
        given = stream[0] if mistake == "alone" else given
        x = block(given, causal=mistake != "ahead") + (given if mistake == "twice" else 0)
        stream.append(x - given if mistake == "added" else x)
    norms = {
        "no norm": lambda x: x,
        "no gains": lambda x: F.layer_norm(x, x.shape[-1:]),
        "ln_2": model.blocks[-1].ln_2,
    }
    read = torch.stack(stream)
    normed = norms.get(mistake, model.ln_f)(read)
    if mistake == "norm at the end":
        normed = torch.cat([read[:-1], normed[-1:]])
    if mistake == "norm after blocks":
        normed = torch.cat([read[:1], normed[1:]])
    table = model.tok_emb.weight
    logits = normed @ (table if mistake == "turned" else table.T)
    if mistake in ("probs", "log probs"):
        return logits.softmax(-1) if mistake == "probs" else logits.log_softmax(-1)
    if mistake == "late":
        return torch.cat([logits[:-1], logits[-2:-1]])
    if mistake == "backwards":
        return logits.flip(0)
    return logits[-1:].expand_as(logits) if mistake == "all final" else logits


@in_words("N + 1 tensors of shape (B, T, V)")
def check_lens(mine: Lens) -> str:
    """Notebook 06: mine(model, idx) gives the logits after the embeddings and after each block.

    idx: (B, T); logits: N + 1 tensors (B, T, V), or one (N + 1, B, T, V)
    """
    B, T, C, V, N = 2, 5, 6, 11, 3
    model, idx = _model(V, C, N), _ids(V, B, T)
    try:
        got = mine(model, idx.clone())
    except Stopped as stopped:
        return _turned(mine, B, T, C, N) or str(stopped)
    if got is None:
        return NOT_YET
    if isinstance(got, Tensor) and got.shape == (B, T, V):
        return f"That is one depth: return the logits of all N + 1 = {N + 1}."
    got = list(got)
    for each in got:
        if isinstance(each, Tensor) and each.shape == (B, T, C):
            return "You return the stream: multiply it by the table, @ model.tok_emb.weight.T."
        if isinstance(each, Tensor) and each.shape == (B, T) and len(got) == N + 1:
            return "You return one number for each position: return all V logits, not the highest."
        if isinstance(each, Tensor) and each.shape == (B, V):
            return "That is the last position alone: return the logits of all T."
        if isinstance(each, Tensor) and each.shape == (T, V):
            return "That is one text of the batch: return the logits of all B."
        if says := misfit(each, (B, T, V), "One of yours"):
            return says
    right = _lens(model, idx)
    if len(got) != N + 1:
        return f"Return N + 1 = {N + 1} tensors, not {len(got)}" + _which(got, right)
    got = torch.stack(got)
    diagnoses = [(right, RIGHT), *((_lens(model, idx, name), says) for name, says in LENS.items())]
    says = _named(got, diagnoses)
    if says == RIGHT:
        return _other_sizes(mine)
    return says or off(got, right, "a random model, at [depth, text, position, id],")


def _turned(mine: Lens, B: int, T: int, C: int, N: int) -> str | None:
    """What is wrong, if mine stops only because it multiplies by the table untransposed."""
    square, idx = _model(C, C, N), _ids(C, B, T)
    try:
        got = mine(square, idx.clone())  # for V = C it does not stop
    except Stopped:
        return None
    if got is not None and _named(torch.stack([*got]), [(_lens(square, idx, "turned"), RIGHT)]):
        return "The table is (V, C): multiply by its transpose, @ model.tok_emb.weight.T."
    return None


def _which(got: list[Tensor], right: Tensor) -> str:
    """What is missing among the logits of some depths, to complete a sentence."""
    if len(got) == len(right) - 1 and _named(torch.stack(got), [(right[1:], RIGHT)]):
        return ": the first is read after the embeddings, before any block."
    if len(got) == len(right) - 1 and _named(torch.stack(got), [(right[:-1], RIGHT)]):
        return ": the last is read after the last block."
    return ": one after the embeddings, and one after each of the N blocks."


def _other_sizes(mine: Lens) -> str:
    """RIGHT if a right function is also right for another model, else what is wrong."""
    B, T, C, V, N = 3, 2, 4, 7, 2
    model, idx = _model(V, C, N), _ids(V, B, T)
    got = list(mine(model, idx.clone()))
    if len(got) == N + 1 and _named(torch.stack(got), [(_lens(model, idx), RIGHT)]):
        return RIGHT
    return f"Right, but not for {N} blocks, B = {B} and T = {T}: take all sizes from what is given."


PATCHED = {
    "nothing": "Nothing is replaced: a hook has to return what replaces the block's output.",
    "all": "You exchange all positions: only position t is to come from `other`.",
    "swapped": "The other way round: run `idx`, and take position t from the run of `other`.",
    "before": "You exchange what goes into the block: exchange what it puts out.",
    "after": "That is one block too late: exchange what block number `layer` puts out.",
    "every layer": "You exchange position t after every block: do it after block `layer` alone.",
    "layers from": "You go on exchanging after later blocks: do it after block `layer` alone.",
    "layers up to": "You exchange after earlier blocks, too: do it after block `layer` alone.",
    "token": "You exchange the token, before any block: exchange what block `layer` puts out.",
    "t + 1": "You exchange position t + 1: positions are counted from 0.",
    "t - 1": "You exchange position t - 1: positions are counted from 0.",
    "up to t": "You exchange all positions up to t: only t itself is to come from `other`.",
    "from t": "You exchange t and all positions after it: only t itself is to come from `other`.",
    "first text": "You exchange it in the first text alone: do it in all B, as in x[:, t].",
    "from first": "All texts get what the first of `other` has: each has its own, as in x[:, t].",
    "batch": "x[t] is text t of the batch: position t of all texts is x[:, t].",
    "channel": "You exchange channel t of all positions: position t is x[:, t].",
    "sum": "You add what `other` has there: put it in place of what is there.",
    "zeros": "You put zeros there: put what the block puts out there for `other`.",
    "embeddings": "You put the embeddings of `other` there: send them through the blocks first.",
    "one block": "`other` goes through block `layer` alone: send it through those before it, too.",
    "added": "You exchange what the block adds: exchange the whole stream after it.",
    "logits": "You exchange the logits: exchange the stream, so that later positions can see it.",
    "skipped": "The blocks after it are left out: run them on the changed stream.",
    "no norm": NO_NORM,
    "no positions": NO_POSITIONS,
    "ahead": AHEAD,
    "probs": PROBS,
}
PARTS = ("attn", "mlp")


@torch.no_grad()
def _hooked(model: GPT, idx: Tensor, other: Tensor, layer: int, t: int, part: str) -> Tensor:
    """The logits (B, T, V) if not the block but one part of it is patched."""
    kept = []

    def exchange(_: nn.Module, given: tuple, x: Tensor) -> Tensor | None:
        kept.append(x.clone())
        if len(kept) == 1:
            return None  # this is the run of other
        x[:, t] = kept[0][:, t]
        return x

    handle = getattr(model.blocks[layer], part).register_forward_hook(exchange)
    model(other)
    logits = model(idx)
    handle.remove()
    return logits


@torch.no_grad()
def _patched(
    model: GPT, idx: Tensor, other: Tensor, layer: int, t: int, mistake: str = ""
) -> Tensor:
    """The logits (B, T, V) with position t patched after block layer, or with one mistake."""
    if mistake == "swapped":
        idx, other = other, idx
    if mistake == "logits":
        logits = model(idx)
        logits[:, t] = model(other)[:, t]
        return logits
    N = len(model.blocks)
    layers = {"nothing": (), "before": (layer - 1,), "after": (layer + 1,), "token": (-1,)}
    layers |= {"every layer": range(N), "layers from": range(layer, N)}
    layers = (layers | {"layers up to": range(layer + 1)}).get(mistake, (layer,))
    where = {
        "all": (slice(None),),
        "t + 1": (slice(None), t + 1),
        "t - 1": (slice(None), t - 1),
        "up to t": (slice(None), slice(t + 1)),
        "from t": (slice(None), slice(t, None)),
        "first text": (0, t),
        "batch": (t,),
        "channel": (slice(None), slice(None), t),
    }.get(mistake, (slice(None), t))
    positions = model.pos_emb(torch.arange(idx.shape[1]))
    if mistake == "no positions":
        positions = torch.zeros_like(positions)
    x, y = model.tok_emb(idx) + positions, model.tok_emb(other) + positions
    embedded = y
    x_before, y_before = torch.zeros_like(x), torch.zeros_like(y)
    for n, block in enumerate([None, *model.blocks], start=-1):
        if block is not None:
            if mistake == "skipped" and n > layer:
                break
            x_before, y_before = x, y
            x, y = (block(z, causal=mistake != "ahead") for z in (x, y))
        if n in layers:
            x, new = x.clone(), y[where]
            if mistake == "zeros":
                new = torch.zeros_like(new)
            if mistake in ("embeddings", "one block"):
                new = (embedded if mistake == "embeddings" else block(embedded, causal=True))[where]
            if mistake in ("sum", "added"):
                new = new + (x[where] if mistake == "sum" else (x_before - y_before)[where])
            x[where] = new[:1] if mistake == "from first" else new
    x = x if mistake == "no norm" else model.ln_f(x)
    logits = F.linear(x, model.tok_emb.weight)
    return logits.softmax(-1) if mistake == "probs" else logits


@in_words("a tensor of shape (B, T, V)")
def check_patched(mine: Patched) -> str:
    """Notebook 06: mine(model, idx, other, layer, t) patches one position after one block.

    idx, other: (B, T); logits: (B, T, V), those of model(idx) with what block number layer puts
    out at position t replaced by what it puts out there for other
    """
    B, T, C, V, N, layer, t = 3, 5, 6, 11, 4, 1, 2
    model, idx, other = _model(V, C, N), _ids(V, B, T), _ids(V, B, T, seed=4)
    with torch.no_grad():
        plain = model(idx)
    got = mine(model, idx.clone(), other.clone(), layer, t)
    if got is None:
        return NOT_YET
    if any(module._forward_hooks for module in model.modules()):
        return (
            "Your hook is still there: remove it with handle.remove(), or it will affect "
            "the next run."
        )
    with torch.no_grad():
        if not torch.equal(model(idx), plain):
            return "The model is another one afterwards: change what it computes, not the model."
    if isinstance(got, Tensor) and got.shape == (B, T, C):
        return "You return the stream: send it through ln_f and the table."
    if isinstance(got, Tensor) and got.shape == (B, V):
        return "You return one position: return the logits of all T."
    if says := misfit(got, (B, T, V)):
        return says
    right = _patched(model, idx, other, layer, t)
    wrong = [(_patched(model, idx, other, layer, t, name), says) for name, says in PATCHED.items()]
    for part in PARTS:
        says = f"You exchange only what the block's {part} adds: exchange what the block puts out."
        wrong.append((_hooked(model, idx, other, layer, t, part), says))
    says = _named(got, [(right, RIGHT), *wrong])
    if says == RIGHT:
        return _elsewhere(mine)
    return says or off(got, right, "a random model, at [text, position, id],")


def _elsewhere(mine: Patched) -> str:
    """RIGHT if a right function is also right in other places, else what is wrong."""
    B, T, C, V, N = 2, 3, 4, 7, 2
    model, idx, other = _model(V, C, N), _ids(V, B, T), _ids(V, B, T, seed=4)
    for layer, t in ((0, 0), (N - 1, T - 1)):
        got = mine(model, idx.clone(), other.clone(), layer, t)
        if not isinstance(got, Tensor):
            return f"Right, but for layer = {layer} and t = {t} yours is {described(got)}."
        if not _named(got, [(_patched(model, idx, other, layer, t), RIGHT)]):
            return f"Right, but not for layer = {layer} and t = {t} in a model of {N} blocks."
    return RIGHT
