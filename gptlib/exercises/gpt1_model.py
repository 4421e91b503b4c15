"""The check for the exercise of notebook 08 that writes GPT-1's forward pass."""

import math
from collections.abc import Callable, Iterator
from itertools import permutations

import torch
import torch.nn.functional as F
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, in_words
from gptlib.exercises.modules import draw, misfit, named_tensor, off
from gptlib.layers import ACTIVATIONS

Tensors = dict[str, Tensor]  # those of a file, by their names in it
Layer = Callable[[Tensor], Tensor]

POSITIONS = {
    "no positions": "The positions are missing: add the first T rows of positions_embed.weight.",
    "from 1": "Positions begin at 0: your rows of positions_embed.weight are one too far down.",
    "backwards": "The positions run backwards: the first token has position 0.",
    "one position": "All tokens get the same position: token t gets row t.",
    "last positions": "You take the last T rows of positions_embed.weight: take the first T.",
    "by rows": "Positions count along the text, 0 to T - 1: yours count the rows of the batch.",
    "by tokens": "You look the ids up in positions_embed.weight: it takes positions, 0 to T - 1.",
}
ADD = "add what the layer finds to what it read."
# The forms of a block's two halves, and what to say of them; right is "post, post".
HALVES = {
    "pre, pre": "You norm what each layer reads, as GPT-2 does: GPT-1 norms each sum.",
    "pre, post": "You norm what attention reads: GPT-1 norms the sum, ln_1(x + attn(x)).",
    "post, pre": "You norm what the MLP reads: GPT-1 norms the sum, ln_2(n + mlp(n)).",
    "inside, inside": "You norm what each layer finds: norm its sum with what the layer read.",
    "alone, alone": f"The residual connections are missing: {ADD}",
    "alone, post": f"Attention has no residual connection: {ADD}",
    "post, alone": f"The MLP has no residual connection: {ADD}",
    "bare, bare": "There are no norms: ln_1 norms the first sum of a block, ln_2 the second.",
    "bare, post": "ln_1 is missing: it norms the sum of x and what attention finds.",
    "post, bare": "ln_2 is missing: it norms the sum of n and what the MLP finds.",
    "none, post": "What attention finds is lost: n = ln_1(x + attn(x)), and the MLP reads n.",
    "post, none": "The MLP is missing: h = ln_2(n + mlp(n)).",
    "post, reads x": "Your MLP reads x, but it comes after attention: let it read n.",
    "post, adds to x": "You add what the MLP finds to x: add it to n, which it read.",
}
# The forms that a half can have, where layer is attention or the MLP.
FORMS: dict[str, Callable[[Tensor, Layer, Layer], Tensor]] = {
    "post": lambda x, layer, norm: norm(x + layer(x)),
    "pre": lambda x, layer, norm: x + layer(norm(x)),
    "inside": lambda x, layer, norm: x + norm(layer(x)),
    "alone": lambda x, layer, norm: norm(layer(x)),
    "bare": lambda x, layer, norm: x + layer(x),
    "none": lambda x, layer, norm: x,
}
NORMS = {
    "swapped": "The norms are swapped: ln_1 comes after attention, ln_2 after the MLP.",
    "ln_1 twice": "You use ln_1 twice: the norm after the MLP is ln_2.",
    "ln_2 twice": "You use ln_2 twice: the norm after attention is ln_1.",
    "no gains": "Your norms have no gains and biases: multiply by their weights, add their biases.",
    "no shifts": "Your norms have no biases: after multiplying by their weights, add their biases.",
    "C - 1": "Your variance is divided by C - 1: in a layer norm it is a mean, over C.",
    "last norm": "You added a last norm, as GPT-2 has: GPT-1 has none after its blocks.",
    "ln_2 at the end": "You norm once more after the blocks: the last ln_2 was the last norm.",
    "first norm": "You norm the embeddings: the first norm comes after the first attention.",
}
HEADS = "Cut heads with view(B, T, H, D), then transpose(1, 2)."
TORN = f"view(B, H, T, D) tears the vectors apart. {HEADS}"
ONE_HEAD = "The heads are ignored: cut queries, keys and values into n_head parts of D channels."
ATTENTION = {
    "no mask": "Positions see the future: set the scores of later keys to -inf.",
    "wrong side": "The wrong side is masked: hide the keys that come later.",
    "zeros": "Hidden scores become 0, and e^0 is 1: make them -inf.",
    "late": "You mask after the softmax, so rows no longer sum to 1: mask the scores.",
    "no scale": "The scores are not scaled: divide them by sqrt(D), D = C / n_head.",
    "by sqrt(C)": "You divide the scores by sqrt(C): a head has D = C / n_head channels.",
    "by D": "You divide the scores by D: divide by its root, sqrt(D).",
    "by sqrt(H)": "You divide the scores by sqrt(n_head): divide by sqrt(D), D = C / n_head.",
    "over queries": "The softmax runs over the queries: take it over the keys, the last dimension.",
    "one head": ONE_HEAD,
    "one head by sqrt(D)": ONE_HEAD,
    "torn": TORN,
    "torn and back": TORN,
    "in turn": f"Your head h has every H-th channel: it has neighbours. {HEADS}",
    "D heads": f"You cut D heads of H channels. {HEADS}",
    "not joined": "You join the heads without the swap: transpose(1, 2) first, then (B, T, C).",
    "q, k, v in each head": "You cut heads first, then q, k and v: all C queries come first, "
    "then all keys.",
    "every third": "q, k and v are C neighbouring columns each: yours take turns.",
    "no attn.c_proj": "attn.c_proj is missing: what the heads found goes through it.",
    "turned attn.c_proj": "You use attn.c_proj transposed, which runs because it is square: "
    "all weights in the file are meant for x @ weight.",
}
ATTENTION |= {
    f"order {q}{k}{v}": "Queries, keys and values are mixed up: c_attn gives them in this order."
    for q, k, v in [*permutations("012")][1:]
}
MLP = {
    "gelu": 'That is the other GELU: GPT-1 has the form with tanh, F.gelu(x, approximate="tanh").',
    "relu": 'The activation is ReLU: GPT-1 has GELU, F.gelu(x, approximate="tanh").',
    "sigmoid": "You use x * sigmoid(1.702 x): GPT-1's GELU is the form with tanh.",
    "silu": 'The activation is SiLU: GPT-1 has GELU, F.gelu(x, approximate="tanh").',
    "no activation": "The MLP has no activation: put a GELU between c_fc and c_proj.",
    "two activations": "The activation comes twice: it stands between c_fc and c_proj alone.",
    "no biases": "The biases are left out: each layer is x @ weight + bias.",
    **{
        f"no bias {name}": f"The bias of {name} is left out: each layer is x @ weight + bias."
        for name in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    },
}
BLOCKS = {
    "one block": "Only block h.0 is used: send x through all of them.",
    "no block": "The blocks are not used: send x through each of them.",
    "12": "You stop after 12 blocks: count the blocks in the names.",
    "last left out": "The last block is left out.",
    "last alone": "Only the last block counts: each reads what the one before gave.",
    "the same": "You use the tensors of h.0 in every block: block n has those of h.n.",
    "turned": "The blocks run in the wrong order: start with h.0.",
    "as strings": "You sort the names as strings, so h.10 comes before h.2: count 0, 1, 2, ...",
}
ENDS = {
    "sqrt(C)": "Embeddings are multiplied by sqrt(C): the Transformer of 2017 did that, "
    "GPT-1 does not.",
    "probs": "These are probabilities: return the logits, without a softmax.",
    "log probs": "These are logarithms of probabilities: return the logits, without a softmax.",
    "scaled": "The logits are divided by sqrt(C): use the dot products unscaled.",
}
MISTAKES = POSITIONS | HALVES | NORMS | ATTENTION | MLP | BLOCKS | ENDS


def _block_shapes(C: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a block's tensors, by their names without the block's number."""
    layers = {
        "attn.c_attn": (C, 3 * C),
        "attn.c_proj": (C, C),
        "mlp.c_fc": (C, 4 * C),
        "mlp.c_proj": (4 * C, C),
        "ln_1": (C,),
        "ln_2": (C,),
    }
    shapes = {}
    for name, shape in layers.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[-1:]}
    return shapes


def _file(V: int, block_size: int, N: int, C: int) -> Tensors:
    """Tensors such as a file of GPT-1 has, with N blocks, in the order of their names.

    They are of ordinary size, so that mistakes show; without gains around 1, deep blocks would
    forget what they read.
    """
    shapes = {"tokens_embed.weight": (V, C), "positions_embed.weight": (block_size, C)}
    for n in range(N):
        shapes |= {f"h.{n}.{name}": shape for name, shape in _block_shapes(C).items()}
    drawn = dict(zip(shapes, draw(*shapes.values()), strict=True))
    return {name: drawn[name] / 2 + (".ln_" in name and "weight" in name) for name in sorted(drawn)}


def _embedded(tensors: Tensors, idx: Tensor, mistake: str) -> Tensor:
    """What goes into the first block, (B, T, C), with one mistake if it is named."""
    B, T = idx.shape
    tokens, table = tensors["tokens_embed.weight"], tensors["positions_embed.weight"]
    by_mistake = {
        "no positions": lambda: torch.zeros(1),
        "from 1": lambda: table.roll(-1, 0)[:T],
        "backwards": lambda: table[:T].flip(0),
        "one position": lambda: table[:1],
        "last positions": lambda: table[-T:],
        "by rows": lambda: table[:B, None],
        "by tokens": lambda: table[idx % len(table)],
    }
    x = tokens[idx] * (math.sqrt(tokens.shape[1]) if mistake == "sqrt(C)" else 1)
    x = x + by_mistake.get(mistake, lambda: table[:T])()
    return F.layer_norm(x, x.shape[-1:]) if mistake == "first norm" else x


def _cut(x: Tensor, H: int, mistake: str) -> Tensor:
    """The heads of x, (B, H, T, D)."""
    B, T, C = x.shape
    if mistake.startswith("one head"):
        return x[:, None]
    if mistake.startswith("torn"):
        return x.reshape(B, H, T, C // H)
    if mistake == "in turn":
        return x.view(B, T, C // H, H).permute(0, 3, 1, 2)
    heads = x.reshape(B, T, *((C // H, H) if mistake == "D heads" else (H, C // H)))
    return heads.transpose(1, 2)


def _queries_keys_values(x: Tensor, H: int, mistake: str) -> list[Tensor]:
    """The queries, keys and values in what c_attn gave, (B, T, C) each."""
    if mistake == "every third":
        return [x[..., i::3] for i in range(3)]
    if mistake == "q, k, v in each head":
        return [part.flatten(2) for part in x.unflatten(2, (H, -1)).chunk(3, dim=-1)]
    parts = x.chunk(3, dim=2)
    order = mistake.removeprefix("order ") if mistake.startswith("order ") else "012"
    return [parts[int(i)] for i in order]


def _found(x: Tensor, H: int, mistake: str) -> Tensor:
    """What the heads find, (B, T, C), by what c_attn gave, (B, T, 3C)."""
    parts = _queries_keys_values(x, H, mistake)
    (B, T, C) = parts[0].shape
    q, k, v = (_cut(part, H, mistake) for part in parts)
    D = q.shape[-1]
    divisors = {"no scale": 1, "by sqrt(C)": C**0.5, "by D": D, "by sqrt(H)": H**0.5}
    divisors["one head by sqrt(D)"] = (C // H) ** 0.5
    scores = q @ k.mT / divisors.get(mistake, D**0.5)
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
    if mistake == "wrong side":
        hidden = hidden.T
    dim = 2 if mistake == "over queries" else 3
    if mistake in ("no mask", "late"):
        weights = scores.softmax(dim) * (1 if mistake == "no mask" else ~hidden)
    else:
        weights = scores.masked_fill(hidden, 0 if mistake == "zeros" else -math.inf).softmax(dim)
    heads = weights @ v
    if mistake in ("torn and back", "not joined"):
        return heads.reshape(B, T, C)
    return (heads.permute(0, 2, 3, 1) if mistake == "in turn" else heads.transpose(1, 2)).flatten(2)


def _block(p: Tensors, x: Tensor, H: int, mistake: str) -> Tensor:
    """What a block of tensors p makes of x, (B, T, C), with one mistake if it is named."""

    def linear(x: Tensor, name: str) -> Tensor:
        weight, bias = p[f"{name}.weight"], p[f"{name}.bias"]
        weight = weight.T if mistake == f"turned {name}" else weight
        return x @ weight + (0 if mistake in ("no biases", f"no bias {name}") else bias)

    def norm(x: Tensor, name: str) -> Tensor:
        swapped = {"ln_1": "ln_2", "ln_2": "ln_1"}[name]
        taken = {"swapped": swapped, "ln_1 twice": "ln_1", "ln_2 twice": "ln_2"}
        name = taken.get(mistake, name)
        weight = None if mistake == "no gains" else p[f"{name}.weight"]
        bias = None if mistake in ("no gains", "no shifts") else p[f"{name}.bias"]
        if mistake == "C - 1":
            return (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True) * weight + bias
        return F.layer_norm(x, x.shape[-1:], weight, bias)

    def attn(x: Tensor) -> Tensor:
        found = _found(linear(x, "attn.c_attn"), H, mistake)
        return found if mistake == "no attn.c_proj" else linear(found, "attn.c_proj")

    def mlp(x: Tensor) -> Tensor:
        activation = _activation(mistake)
        x = linear(activation(linear(x, "mlp.c_fc")), "mlp.c_proj")
        return activation(x) if mistake == "two activations" else x

    first, second = (mistake if mistake in HALVES else "post, post").split(", ")
    n = FORMS[first](x, attn, lambda x: norm(x, "ln_1"))
    if second == "reads x":
        return norm(n + mlp(x), "ln_2")
    if second == "adds to x":
        return norm(x + mlp(n), "ln_2")
    return FORMS[second](n, mlp, lambda x: norm(x, "ln_2"))


def _activation(mistake: str) -> Layer:
    others = {
        "gelu": F.gelu,
        "relu": F.relu,
        "silu": F.silu,
        "sigmoid": lambda x: x * (1.702 * x).sigmoid(),
        "no activation": lambda x: x,
    }
    return others.get(mistake, ACTIVATIONS["gelu_tanh"])


def _logits(tensors: Tensors, idx: Tensor, H: int, mistake: str = "") -> Tensor:
    """The logits (B, T, V) of a file's tensors for idx, with one mistake if it is named."""
    numbers = [*range(sum(name.endswith("ln_1.bias") for name in tensors))]
    chosen = {
        "one block": [0],
        "no block": [],
        "last left out": numbers[:-1],
        "last alone": numbers[-1:],
        "the same": [0] * len(numbers),
        "turned": numbers[::-1],
        "as strings": sorted(numbers, key=str),
        "12": numbers[:12],
    }
    x = _embedded(tensors, idx, mistake)
    for n in chosen.get(mistake, numbers):
        x = _block({name: tensors[f"h.{n}.{name}"] for name in _block_shapes(1)}, x, H, mistake)
    if mistake == "last norm":
        x = F.layer_norm(x, x.shape[-1:])
    if mistake == "ln_2 at the end":
        last = (tensors[f"h.{numbers[-1]}.ln_2.{kind}"] for kind in ("weight", "bias"))
        x = F.layer_norm(x, x.shape[-1:], *last)
    logits = x @ tensors["tokens_embed.weight"].T
    ends = {
        "probs": lambda: logits.softmax(-1),
        "log probs": lambda: logits.log_softmax(-1),
        "scaled": lambda: logits / math.sqrt(x.shape[-1]),
    }
    return ends.get(mistake, lambda: logits)()


@in_words("a tensor of shape (B, T, V)")
def check_gpt1(mine: Callable[[Tensors, Tensor, int], Tensor]) -> str:
    """Notebook 08: mine(tensors, idx, n_head) is GPT-1's forward pass, from its file's tensors.

    tensors: as the file of GPT-1 has them, for any sizes; idx: (B, T); logits: (B, T, V)
    """
    # With 13 blocks h.10 comes before h.2 in the file, and 12 are too few; but after so many, one
    # hardly sees what was wrong in the first.
    cases = [((7, 9, 3, 8), 2, (2, 5)), ((5, 4, 1, 12), 3, (3, 4)), ((4, 3, 13, 4), 1, (1, 2))]
    for sizes, H, (B, T) in cases:
        tensors, N = _file(*sizes), sizes[2]
        idx = torch.randint(sizes[0], (B, T), generator=torch.Generator().manual_seed(3))
        try:
            got = mine({name: tensor.clone() for name, tensor in tensors.items()}, idx.clone(), H)
        except Stopped as stopped:
            return _missing(str(stopped), N) or str(stopped)
        if got is None and N == 3:
            return NOT_YET
        given = "random tensors and idx" if N == 3 else f"another model, with n_head = {H},"
        says = _wrong(got, tensors, idx, H, given)
        if says != RIGHT:
            return says
    return RIGHT


def _missing(message: str, N: int) -> str | None:
    """What is wrong, if a learner's function stopped because a tensor is not in the file."""
    if f"KeyError: 'h.{N}." in message:
        return f"There is no h.{N} in that file: count the blocks in the names, which begin at h.0."
    if "KeyError: 'ln_f" in message:
        return "There is no ln_f: GPT-1's last norm is ln_2 of its last block."
    return None


def _wrong(got: object, tensors: Tensors, idx: Tensor, H: int, given: str) -> str:
    """RIGHT, or what is wrong with the logits got for idx; given: both, in words."""
    (B, T), (V, C) = idx.shape, tensors["tokens_embed.weight"].shape
    if isinstance(got, Tensor) and got.shape != (B, T, V):
        for shape, says in [
            ((B, T, C), "You return hidden states: multiply by tokens_embed.weight, transposed."),
            ((B, V), "These are the logits of one position: return those of all."),
            ((B, V, T), "Positions and tokens are swapped: return (B, T, V), not (B, V, T)."),
            ((B, T), "These are tokens: return the logits that they come from."),
        ]:
            if got.shape == shape:
                return says
    if says := misfit(got, (B, T, V)):
        return says
    want = _logits(tensors, idx, H)

    def diagnoses() -> Iterator[tuple[Tensor, str]]:
        yield want, RIGHT
        for mistake, says in MISTAKES.items():
            yield _logits(tensors, idx, H, mistake), says

    # In float32 a whole model errs more than a layer.
    return named_tensor(got, diagnoses(), atol=1e-5) or off(got, want, given)
