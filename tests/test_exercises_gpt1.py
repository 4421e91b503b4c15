"""Notebook 08's exercises: right forms pass, and each wrong answer that a check knows is told."""

import json
import math
import runpy
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from exercise_checks import assert_refused
from safetensors.torch import save_file
from torch import nn

from gptlib import exercises, published
from gptlib.exercises import (
    RIGHT,
    gpt1_finetuning,
    gpt1_model,
)
from gptlib.finetune import Classifier, fine_tuning_loss
from gptlib.task_inputs import Special, choice

SOLUTIONS = Path(__file__).parent.parent / "notebooks" / "solutions"
ANSWERS = runpy.run_path(str(SOLUTIONS / "08_gpt1.py"))


@pytest.mark.parametrize(
    "name", ["linear_layers", "gpt1", "choice_inputs", "extract", "fine_tuning_loss"]
)
def test_the_solutions_are_right(name):
    assert getattr(exercises, f"check_{name}")(ANSWERS[f"my_{name}"]) == RIGHT


# Cutting c_attn into three layers.


def layers(weights=lambda w: [part.T for part in w.chunk(3, dim=1)], biases=lambda b: b.chunk(3)):
    return lambda weight, bias: list(zip(weights(weight), biases(bias), strict=True))


def ordered(*order):
    def mine(weight, bias):
        pairs = layers()(weight, bias)
        return [pairs[i] for i in order]

    return mine


def by_slices(weight, bias):
    C = len(weight)
    for begin in (0, C, 2 * C):
        yield weight[:, begin : begin + C].T, bias[begin : begin + C]


def for_six(weight, bias):
    return [(weight[:, i : i + 6].T, bias[i : i + 6]) for i in (0, 6, 12)]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (layers(), RIGHT),
        (by_slices, RIGHT),
        (layers(lambda w: w.T.chunk(3)), RIGHT),
        (layers(lambda w: w.T.view(3, *w.shape[:1], -1)), RIGHT),
        (layers(lambda w: w.unflatten(1, (3, -1)).permute(1, 2, 0)), RIGHT),
        (layers(lambda w: w.view(len(w), 3, -1).unbind(1) and w.T.split(len(w))), RIGHT),
        (lambda *given: tuple(layers()(*(x.float() for x in given))), RIGHT),
        (lambda *given: [[nn.Parameter(x) for x in pair] for pair in layers()(*given)], RIGHT),
        (layers(lambda w: w.chunk(3, dim=1)), "nn.Linear has a row for each output"),
        (layers(lambda w: w.reshape(3, len(w), -1)), "they mix the layers"),
        (layers(lambda w: w.reshape(3, len(w), -1).mT), "they mix the layers"),
        (layers(lambda w: [w[:, i::3].T for i in range(3)]), "You take every third column"),
        (layers(lambda w: [w[:, i::3] for i in range(3)]), "You take every third column"),
        (layers(lambda w: [w[:, : len(w)].T] * 3), "All three of your layers are the same"),
        (ordered(1, 0, 2), "Your weights are in another order"),
        (ordered(2, 1, 0), "Your weights are in another order"),
        (ordered(2, 0, 1), "Your weights are in another order"),
        (layers(lambda w: w.chunk(3, dim=1)[::-1]), "Your weights are in another order"),
        (layers(lambda w: w.chunk(3)), "You cut the rows"),
        (layers(lambda w: w.T.chunk(3, dim=1)), "You cut the rows"),
        (layers(lambda w: [w] * 3), "You return the whole weight"),
        (layers(lambda w: [w.T] * 3), "You return the whole weight"),
        (layers(biases=lambda b: [b] * 3), "You return the whole bias"),
        (layers(biases=lambda b: [b[: len(b) // 3]] * 3), "All three of your biases are the same"),
        (layers(biases=lambda b: [b[i::3] for i in range(3)]), "every third number of the bias"),
        (layers(biases=lambda b: b.chunk(3)[::-1]), "Your biases are in another order"),
        (layers(biases=lambda b: b.view(3, 1, -1)), "has the shape (1, 6), not (6,)"),
        (layers(biases=lambda b: b.view(3, -1, 1)), "has the shape (6, 1), not (6,)"),
        (lambda *given: [(b, w) for w, b in layers()(*given)], "The weight comes first"),
        (lambda weight, bias: (weight.T, bias), "That is still one layer"),
        (lambda *given: sum(layers()(*given), ()), "Put each weight and its bias into a pair"),
        (lambda *given: tuple(zip(*layers()(*given), strict=True)), "pair each weight with its"),
        (lambda *given: layers()(*given)[:2], "Return three pairs, of queries, keys and values"),
        (lambda *given: dict(enumerate(layers()(*given))), "yours is a dict"),
        (lambda *given: [nn.Linear(6, 6)] * 3, "one of yours is a Linear"),
        (lambda *given: [(x.int(), y) for x, y in layers()(*given)], "holds torch.int32"),
        (lambda *given: [(x, y.tolist()) for x, y in layers()(*given)], "Your bias is a list of 6"),
        (lambda *given: [(x + 1, y) for x, y in layers()(*given)], "at [layer, row, column], the"),
        (lambda *given: [(x, y + 1) for x, y in layers()(*given)], "at [layer, position], the"),
        (for_six, "Your weight has the shape (6, 4): it should be (4, 4)."),
    ],
)
def test_linear_layers(mine, says):
    assert says in exercises.check_linear_layers(mine)


# The forward pass.


@pytest.mark.parametrize(("sizes", "H"), [((7, 9, 3, 8), 2), ((4, 3, 13, 4), 1)])
def test_the_checks_forward_pass_is_that_of_a_file_of_gpt_1(sizes, H, tmp_path):
    V, block_size, N, C = sizes
    tensors = gpt1_model._file(*sizes)
    save_file(tensors, tmp_path / "model.safetensors")
    names = {"vocab_size": V, "n_positions": block_size, "n_layer": N, "n_head": H, "n_embd": C}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "openai-gpt", **names}))
    model = published.load(tmp_path)
    idx = torch.randint(V, (2, block_size))
    assert model.config.norm == "post"
    torch.testing.assert_close(gpt1_model._logits(tensors, idx, H), model(idx), rtol=0, atol=1e-12)


def test_the_checks_models_tell_all_mistakes_apart():
    deep = ["12", "as strings"]  # which differ for more than 10 blocks alone
    for sizes, H, (B, T), names in [
        ((7, 9, 3, 8), 2, (2, 5), [name for name in gpt1_model.MISTAKES if name not in deep]),
        ((4, 3, 13, 4), 1, (1, 2), list(gpt1_model.BLOCKS)),
    ]:
        idx = torch.randint(sizes[0], (B, T), generator=torch.Generator().manual_seed(3))
        tensors = gpt1_model._file(*sizes)
        found = {name: gpt1_model._logits(tensors, idx, H, name) for name in ["", *names]}
        for (one, x), (other, y) in combinations(found.items(), 2):
            apart = (x - y).abs().max() > 1e-4
            same = gpt1_model.MISTAKES.get(one) == gpt1_model.MISTAKES[other]
            assert apart or same or {one, other} == {"12", "last left out"}


def attended(
    x, H, cut=lambda x, H: x.unflatten(2, (H, -1)).transpose(1, 2), causal=True, join=None, **how
):
    """What the heads find in what c_attn gave, by PyTorch's function."""
    q, k, v = (cut(part, H) for part in how.pop("parts", lambda x: x.chunk(3, 2))(x))
    found = F.scaled_dot_product_attention(q, k, v, is_causal=causal, **how)
    return join(found) if join else found.transpose(1, 2).flatten(2)


def by_hand(scale=lambda C, H: (C / H) ** 0.5, hide=None, dim=-1, late=False):
    """Attention whose scores are divided by scale, and hidden from later positions by hide."""

    def mine(x, H):
        B, T, C = x[..., : x.shape[2] // 3].shape
        q, k, v = x.view(B, T, 3, H, C // H).permute(2, 0, 3, 1, 4)
        scores = torch.einsum("bhtd,bhsd->bhts", q, k) / scale(C, H)
        future = torch.arange(T) > torch.arange(T)[:, None]
        if late:
            weights = scores.softmax(dim) * ~future
        else:
            scores = scores.masked_fill(future, -math.inf) if hide is None else hide(scores, future)
            weights = scores.softmax(dim)
        return (weights @ v).transpose(1, 2).reshape(B, T, C)

    return mine


def usual(x, attn, mlp, ln_1, ln_2):
    n = ln_1(x + attn(x))
    return ln_2(n + mlp(n))


def forward(
    block=usual,
    attn=attended,
    activation=lambda x: F.gelu(x, approximate="tanh"),
    embed=lambda tokens, positions, idx: tokens[idx] + positions[: idx.shape[1]],
    linear=lambda x, name, weight, bias: x @ weight + bias,
    norm=lambda x, weight, bias: F.layer_norm(x, x.shape[-1:], weight, bias),
    order=lambda numbers: numbers,
    end=lambda x, tensors, N: x,
    read=lambda x, tokens: x @ tokens.T,
):
    """GPT-1 with one thing done in its own way."""

    def mine(tensors, idx, H):
        def layer(name):
            given = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
            return lambda x: linear(x, name.split(".", 2)[2], *given)

        def normed(name):
            return lambda x: norm(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

        tokens = tensors["tokens_embed.weight"]
        x = embed(tokens, tensors["positions_embed.weight"], idx)
        N = len({name.split(".")[1] for name in tensors if name.startswith("h.")})
        for n in order([*range(N)]):
            h = f"h.{n}"
            c_attn, c_proj = layer(f"{h}.attn.c_attn"), layer(f"{h}.attn.c_proj")
            fc, proj = layer(f"{h}.mlp.c_fc"), layer(f"{h}.mlp.c_proj")
            x = block(
                x,
                lambda x, c_attn=c_attn, c_proj=c_proj: c_proj(attn(c_attn(x), H)),
                lambda x, fc=fc, proj=proj: proj(activation(fc(x))),
                normed(f"{h}.ln_1"),
                normed(f"{h}.ln_2"),
            )
        return read(end(x, tensors, N), tokens)

    return mine


def heads(**how):
    return forward(attn=lambda x, H: attended(x, H, **how))


def embedded(positions):
    return forward(embed=lambda tokens, table, idx: tokens[idx] + positions(table, idx))


def turned(x, name, weight, bias):
    return F.linear(x, weight, bias) if name == "attn.c_proj" else x @ weight + bias


def without_bias(*names):
    return forward(linear=lambda x, name, weight, bias: x @ weight + (0 if name in names else bias))


def halves(first, second):
    def block(x, attn, mlp, ln_1, ln_2):
        return second(first(x, attn, ln_1), mlp, ln_2)

    return forward(block)


def post(x, layer, norm):
    return norm(x + layer(x))


def parts(*order):
    return heads(parts=lambda x: [x.chunk(3, dim=2)[i] for i in order])


def fixed(N, start=0):
    return forward(order=lambda numbers: range(start, start + N))


def in_the_files_order(tensors, idx, H):
    names = [name.split(".")[1] for name in tensors if name.endswith("ln_1.bias")]
    return forward(order=lambda numbers: map(int, names))(tensors, idx, H)


def by_modules(tensors, idx, H):
    """GPT-1 made of PyTorch's own encoder layers."""
    C, T = tensors["tokens_embed.weight"].shape[1], idx.shape[1]
    x = tensors["tokens_embed.weight"][idx] + tensors["positions_embed.weight"][:T]
    for n in range((len(tensors) - 2) // 12):
        own = {name.removeprefix(f"h.{n}."): p for name, p in tensors.items() if f"h.{n}." in name}
        layer = nn.TransformerEncoderLayer(
            *(C, H, 4 * C, 0.0, lambda x: F.gelu(x, approximate="tanh")), batch_first=True
        ).double()
        layer.load_state_dict(
            {
                "self_attn.in_proj_weight": own["attn.c_attn.weight"].T,
                "self_attn.in_proj_bias": own["attn.c_attn.bias"],
                "self_attn.out_proj.weight": own["attn.c_proj.weight"].T,
                "self_attn.out_proj.bias": own["attn.c_proj.bias"],
                "linear1.weight": own["mlp.c_fc.weight"].T,
                "linear1.bias": own["mlp.c_fc.bias"],
                "linear2.weight": own["mlp.c_proj.weight"].T,
                "linear2.bias": own["mlp.c_proj.bias"],
                "norm1.weight": own["ln_1.weight"],
                "norm1.bias": own["ln_1.bias"],
                "norm2.weight": own["ln_2.weight"],
                "norm2.bias": own["ln_2.bias"],
            }
        )
        mask = nn.Transformer.generate_square_subsequent_mask(T, dtype=torch.float64)
        x = layer(x, mask, is_causal=True)
    return x @ tensors["tokens_embed.weight"].T


def in_float32(tensors, idx, H):
    return forward()({name: p.float() for name, p in tensors.items()}, idx, H)


def tanh_by_hand(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def norm_by_hand(x, weight, bias, correction=0):
    var, mean = torch.var_mean(x, -1, keepdim=True, correction=correction)
    return (x - mean) / (var + 1e-5).sqrt() * weight + bias


@pytest.mark.parametrize(
    "mine",
    [
        forward(),
        by_modules,
        in_float32,
        forward(attn=by_hand()),
        forward(attn=by_hand(hide=lambda s, future: s - 1e9 * future)),
        forward(activation=tanh_by_hand),
        forward(norm=norm_by_hand),
        forward(linear=lambda x, name, weight, bias: F.linear(x, weight.T, bias)),
        forward(read=lambda x, tokens: F.linear(x, tokens)),
        embedded(lambda table, idx: F.embedding(torch.arange(idx.shape[1]), table)),
    ],
)
def test_right_models(mine):
    assert exercises.check_gpt1(mine) == RIGHT


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (embedded(lambda table, idx: 0), "The positions are missing"),
        (embedded(lambda table, idx: table[1 : idx.shape[1] + 1]), "Positions begin at 0"),
        (embedded(lambda table, idx: table[: idx.shape[1]].flip(0)), "run backwards"),
        (embedded(lambda table, idx: table[0]), "All tokens get the same position"),
        (embedded(lambda table, idx: table[-idx.shape[1] :]), "You take the last T rows"),
        (embedded(lambda table, idx: table[: len(idx), None]), "count the rows of the batch"),
        (embedded(lambda table, idx: table[idx]), "You look the ids up"),
        (
            forward(embed=lambda t, p, idx: t[idx] * t.shape[1] ** 0.5 + p[: idx.shape[1]]),
            "Embeddings are multiplied by sqrt(C)",
        ),
        (
            halves(*[lambda x, layer, norm: x + layer(norm(x))] * 2),
            "You norm what each layer reads, as GPT-2 does",
        ),
        (halves(lambda x, layer, norm: x + layer(norm(x)), post), "You norm what attention reads"),
        (halves(post, lambda x, layer, norm: x + layer(norm(x))), "You norm what the MLP reads"),
        (
            halves(*[lambda x, layer, norm: x + norm(layer(x))] * 2),
            "You norm what each layer finds",
        ),
        (
            halves(*[lambda x, layer, norm: norm(layer(x))] * 2),
            "The residual connections are missing",
        ),
        (halves(lambda x, layer, norm: norm(layer(x)), post), "Attention has no residual"),
        (halves(post, lambda x, layer, norm: norm(layer(x))), "The MLP has no residual"),
        (halves(*[lambda x, layer, norm: x + layer(x)] * 2), "There are no norms"),
        (halves(lambda x, layer, norm: x + layer(x), post), "ln_1 is missing"),
        (halves(post, lambda x, layer, norm: x + layer(x)), "ln_2 is missing"),
        (halves(lambda x, layer, norm: x, post), "What attention finds is lost"),
        (halves(post, lambda x, layer, norm: x), "The MLP is missing"),
        (
            forward(lambda x, attn, mlp, n, m: m(n(x + attn(x)) + mlp(x))),
            "Your MLP reads x",
        ),
        (
            forward(lambda x, attn, mlp, n, m: m(x + mlp(n(x + attn(x))))),
            "You add what the MLP finds to x",
        ),
        (forward(lambda x, attn, mlp, n, m: usual(x, attn, mlp, m, n)), "The norms are swapped"),
        (forward(lambda x, attn, mlp, n, m: usual(x, attn, mlp, n, n)), "You use ln_1 twice"),
        (forward(lambda x, attn, mlp, n, m: usual(x, attn, mlp, m, m)), "You use ln_2 twice"),
        (
            forward(norm=lambda x, weight, bias: F.layer_norm(x, x.shape[-1:])),
            "Your norms have no gains and biases",
        ),
        (
            forward(norm=lambda x, weight, bias: F.layer_norm(x, x.shape[-1:], weight)),
            "Your norms have no biases",
        ),
        (
            forward(norm=lambda *given: norm_by_hand(*given, correction=1)),
            "Your variance is divided by C - 1",
        ),
        (
            forward(end=lambda x, tensors, N: F.layer_norm(x, x.shape[-1:])),
            "You added a last norm",
        ),
        (
            forward(
                end=lambda x, tensors, N: norm_by_hand(
                    x, tensors[f"h.{N - 1}.ln_2.weight"], tensors[f"h.{N - 1}.ln_2.bias"]
                )
            ),
            "You norm once more after the blocks",
        ),
        (forward(end=lambda x, tensors, N: x * tensors["ln_f.weight"]), "There is no ln_f"),
        (
            forward(embed=lambda t, p, idx: F.layer_norm(t[idx] + p[: idx.shape[1]], t.shape[1:])),
            "You norm the embeddings",
        ),
        (heads(causal=False), "Positions see the future"),
        (forward(attn=by_hand(hide=lambda s, f: s.masked_fill(f.T, -math.inf))), "wrong side"),
        (forward(attn=by_hand(hide=lambda s, f: s * ~f)), "Hidden scores become 0"),
        (forward(attn=by_hand(late=True)), "You mask after the softmax"),
        (heads(scale=1), "The scores are not scaled"),
        (forward(attn=by_hand(lambda C, H: C**0.5)), "You divide the scores by sqrt(C)"),
        (forward(attn=by_hand(lambda C, H: C / H)), "You divide the scores by D"),
        (forward(attn=by_hand(lambda C, H: H**0.5)), "You divide the scores by sqrt(n_head)"),
        (forward(attn=by_hand(dim=-2)), "The softmax runs over the queries"),
        (forward(attn=lambda x, H: attended(x, 1)), "The heads are ignored"),
        (
            forward(attn=lambda x, H: attended(x, 1, scale=(3 * H / x.shape[2]) ** 0.5)),
            "The heads are ignored",
        ),
        (
            heads(cut=lambda x, H: x.reshape(len(x), H, x.shape[1], -1)),
            "view(B, H, T, D) tears the vectors apart",
        ),
        (
            heads(
                cut=lambda x, H: x.reshape(len(x), H, x.shape[1], -1),
                join=lambda x: x.reshape(len(x), x.shape[2], -1),
            ),
            "view(B, H, T, D) tears the vectors apart",
        ),
        (
            heads(
                cut=lambda x, H: x.unflatten(2, (-1, H)).permute(0, 3, 1, 2),
                join=lambda x: x.permute(0, 2, 3, 1).flatten(2),
            ),
            "Your head h has every H-th channel",
        ),
        (heads(cut=lambda x, H: x.unflatten(2, (-1, H)).transpose(1, 2)), "D heads of H channels"),
        (heads(join=lambda x: x.reshape(len(x), x.shape[2], -1)), "You join the heads without"),
        (
            forward(
                attn=lambda x, H: attended(
                    x,
                    H,
                    parts=lambda x: x.unflatten(2, (H, -1)).chunk(3, dim=-1),
                    cut=lambda x, H: x.transpose(1, 2),
                )
            ),
            "You cut heads first, then q, k and v",
        ),
        (heads(parts=lambda x: x.unflatten(2, (-1, 3)).unbind(-1)), "yours take turns"),
        (parts(1, 0, 2), "Queries, keys and values are mixed up"),
        (parts(2, 1, 0), "Queries, keys and values are mixed up"),
        (parts(1, 2, 0), "Queries, keys and values are mixed up"),
        (parts(0, 2, 1), "Queries, keys and values are mixed up"),
        (
            forward(
                linear=lambda x, name, w, b: x if name == "attn.c_proj" else x @ w + b,
            ),
            "attn.c_proj is missing",
        ),
        (forward(linear=turned), "You use attn.c_proj transposed"),
        (forward(activation=F.gelu), "That is the other GELU"),
        (forward(activation=F.relu), "The activation is ReLU"),
        (forward(activation=lambda x: x * (1.702 * x).sigmoid()), "You use x * sigmoid(1.702 x)"),
        (forward(activation=F.silu), "The activation is SiLU"),
        (forward(activation=lambda x: x), "The MLP has no activation"),
        (
            forward(
                lambda x, attn, mlp, n, m: usual(x, attn, lambda x: tanh_by_hand(mlp(x)), n, m)
            ),
            "The activation comes twice",
        ),
        (
            without_bias("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"),
            "The biases are left out",
        ),
        (without_bias("attn.c_attn"), "The bias of attn.c_attn is left out"),
        (without_bias("attn.c_proj"), "The bias of attn.c_proj is left out"),
        (without_bias("mlp.c_fc"), "The bias of mlp.c_fc is left out"),
        (without_bias("mlp.c_proj"), "The bias of mlp.c_proj is left out"),
        (forward(order=lambda numbers: numbers[:1]), "Only block h.0 is used"),
        (forward(order=lambda numbers: []), "The blocks are not used"),
        (forward(order=lambda numbers: numbers[:-1]), "The last block is left out"),
        (forward(order=lambda numbers: numbers[-1:]), "Only the last block counts"),
        (forward(order=lambda numbers: [0] * len(numbers)), "You use the tensors of h.0"),
        (forward(order=lambda numbers: numbers[::-1]), "The blocks run in the wrong order"),
        (forward(order=lambda numbers: sorted(numbers, key=str)), "h.10 comes before h.2"),
        (in_the_files_order, "h.10 comes before h.2"),
        (forward(order=lambda numbers: numbers[:12]), "You stop after 12 blocks"),
        (fixed(12), "There is no h.3 in that file"),
        (fixed(3, start=1), "There is no h.3 in that file"),
        (fixed(3), "There is no h.1 in that file"),
        (lambda *given: forward()(*given).softmax(-1), "These are probabilities"),
        (lambda *given: forward()(*given).log_softmax(-1), "These are logarithms"),
        (
            lambda tensors, idx, H: (
                forward()(tensors, idx, H) / tensors["tokens_embed.weight"].shape[1] ** 0.5
            ),
            "The logits are divided by sqrt(C)",
        ),
        (forward(read=lambda x, tokens: x), "You return hidden states"),
        (lambda *given: forward()(*given)[:, -1], "These are the logits of one position"),
        (lambda *given: forward()(*given).mT, "Positions and tokens are swapped"),
        (lambda *given: forward()(*given).argmax(-1), "These are tokens"),
        (
            lambda tensors, idx, H: forward()(tensors, idx, 2),
            "For another model, with n_head = 3, the",
        ),
        (lambda *given: forward()(*given) + 1, "For random tensors and idx the number at"),
        (lambda *given: forward()(*given) * math.nan, "For random tensors and idx yours contains"),
        (lambda *given: [forward()(*given)], "Yours is a list"),
        (
            forward(linear=lambda x, name, weight, bias: F.linear(x, weight, bias)),
            "Your code stops at line",
        ),
    ],
)
def test_wrong_models(mine, says):
    assert says in exercises.check_gpt1(mine)


# One sequence for each ending.


def rows(*parts, ends=("x",)):
    """Sequences of these parts: b(eginning), e(nding), and the special tokens s, d and x."""

    def mine(beginning, endings, start, delimiter, extract):
        special = {"s": [start], "d": [delimiter], "x": [extract], "b": beginning}
        return [sum(((special | {"e": e})[part] for part in parts), []) for e in endings]

    return mine


right_rows = rows(*"sbdex")


def growing(beginning, endings, start, delimiter, extract):
    row, found = [start, *beginning, delimiter], []
    for ending in endings:
        row = row + ending + [extract]
        found.append(row)
    return found


def one_row(beginning, endings, start, delimiter, extract):
    return [[start, *beginning, delimiter, *sum(endings, []), extract]]


def one_row_of_all(beginning, endings, start, delimiter, extract):
    row = [start, *beginning]
    for ending in endings:
        row += [delimiter, *ending]
    return [[*row, extract]]


def padded(*given):
    found = right_rows(*given)
    return [row + [0] * (max(map(len, found)) - len(row)) for row in found]


def changes(beginning, endings, start, delimiter, extract):
    beginning.insert(0, start)
    return [beginning + [delimiter, *ending, extract] for ending in endings]


def nested(beginning, endings, start, delimiter, extract):
    return [[start, beginning, delimiter, ending, extract] for ending in endings]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (right_rows, RIGHT),
        (lambda *given: tuple(map(tuple, right_rows(*given))), RIGHT),
        (lambda *given: (row for row in right_rows(*given)), RIGHT),
        (lambda *given: [torch.tensor(row) for row in right_rows(*given)], RIGHT),
        (lambda *given: [np.array(row) for row in right_rows(*given)], RIGHT),
        (lambda b, es, *special: choice(Special(*special), b, *es), RIGHT),
        (rows(*"sbex"), "The delimiter is missing"),
        (rows(*"sbde"), "The extract token is missing"),
        (rows(*"bdex"), "The start token is missing"),
        (rows(*"bde"), "The start and the extract token are missing"),
        (rows(*"be"), "The special tokens are missing"),
        (rows(*"xbde"), "The extract token comes first"),
        (rows(*"sxbde"), "The extract token comes too early"),
        (rows(*"sbxde"), "The extract token comes before the ending"),
        (rows(*"xbdes"), "Start and extract are swapped"),
        (rows(*"sbxed"), "Delimiter and extract are swapped"),
        (rows(*"dbsex"), "Start and delimiter are swapped"),
        (rows(*"sedbx"), "The order is swapped"),
        (rows(*"sbdsex"), "The start token comes twice"),
        (rows(*"sbsex"), "The start token stands where"),
        (rows(*"sbxdex"), "The extract token comes twice"),
        (rows(*"sbxex"), "An extract token stands where"),
        (rows(*"sbdedx"), "no delimiter before the extract token"),
        (rows(*"sdbdex"), "no delimiter after the start token"),
        (rows(*"sex"), "The beginning is missing"),
        (one_row, "You put all endings into one sequence"),
        (one_row_of_all, "You put all endings into one sequence"),
        (growing, "Your list grows"),
        (lambda *given: right_rows(*given)[:1], "Only the first ending has a sequence"),
        (lambda *given: right_rows(*given)[::-1], "in reverse order"),
        (padded, "You pad the sequences"),
        (changes, "You change a list that you are given"),
        (nested, "One of your sequences has a list in it"),
        (lambda *given: sum(right_rows(*given), []), "Yours is one list of ids"),
        (lambda *given: right_rows(*given)[0], "Yours is one list of ids"),
        (lambda *given: [str(row) for row in right_rows(*given)], "yours is a string"),
        (lambda *given: "sbdex", "Return a list of ids: yours is a string."),
        (lambda *given: [], "it should be [[10, 5, 2, 11, 3, 12],"),
        (lambda *given: [[1.5]], "Return a list of ids for each ending"),
    ],
)
def test_choice_inputs(mine, says):
    assert says in exercises.check_choice_inputs(mine)


# The state at the extract token.


def states(at):
    """The state of each row at the position that at(idx, extract) gives, (B,)."""
    return lambda hidden, idx, extract: hidden[torch.arange(len(idx)), at(idx, extract)]


def place(idx, extract):
    return (idx == extract).int().argmax(dim=1)


def looped(hidden, idx, extract):
    return torch.stack(
        [state[row.tolist().index(extract)] for state, row in zip(hidden, idx, strict=True)]
    )


def gathered(hidden, idx, extract):
    at = place(idx, extract)[:, None, None].expand(-1, -1, hidden.shape[2])
    return hidden.gather(1, at).squeeze(1)


def means(end):
    def mine(hidden, idx, extract):
        at = place(idx, extract)
        return torch.stack([end(row[: i + 1]) for row, i in zip(hidden, at, strict=True)])

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (states(place), RIGHT),
        (looped, RIGHT),
        (gathered, RIGHT),
        (lambda hidden, idx, extract: hidden[idx == extract], RIGHT),
        (lambda hidden, idx, extract: (hidden * (idx == extract)[..., None]).sum(1), RIGHT),
        (lambda hidden, idx, extract: looped(hidden.float(), idx, extract), RIGHT),
        (lambda hidden, idx, extract: hidden[:, -1], "You take the last column"),
        (lambda hidden, idx, extract: hidden[:, 0], "You take the first column"),
        (lambda hidden, idx, extract: hidden.mean(1), "And yours counts the padding"),
        (means(lambda x: x.mean(0)), "You take a mean"),
        (lambda hidden, idx, extract: hidden.sum(1), "You add up all states"),
        (means(lambda x: x.sum(0)), "You add up the states"),
        (lambda hidden, idx, extract: hidden.amax(1), "You take the largest"),
        (states(lambda idx, extract: place(idx, extract) - 1), "the state before"),
        (
            states(lambda idx, extract: (place(idx, extract) + 1) % idx.shape[1]),
            "the state after",
        ),
        (lambda h, idx, x: h[:, place(idx, x)[0]], "You take the place in the first row"),
        (lambda h, idx, x: h[0, place(idx, x)], "All your states come from the first row"),
        (lambda *given: looped(*given).flip(0), "Your rows are in reverse order"),
        (states(lambda idx, extract: (idx != 0).sum(1) - 1), "You count what is not 0"),
        (states(lambda idx, extract: idx.argmax(1)), "You take the place of the largest id"),
        (lambda hidden, idx, extract: place(idx, extract).double(), "Those are the places"),
        (lambda hidden, idx, extract: hidden[:, place(idx, extract)], "takes all places"),
        (lambda *given: looped(*given)[:, None], "There is a dimension too many, (3, 1, 5)"),
        (lambda hidden, idx, extract: hidden, "Those are the states of all T positions"),
        (lambda hidden, idx, extract: hidden[..., 0], "That is one channel"),
        (lambda *given: looped(*given)[0], "has the shape (5,): it should be (3, 5)"),
        (lambda *given: looped(*given).tolist(), "Yours is a list of 3 lists"),
        (lambda *given: looped(*given) + 1, "For idx = [[7, 9, 0, 8, 0, 0],"),
        (lambda hidden, idx, extract: looped(hidden, idx, 8), "stops at line"),
    ],
)
def test_extract(mine, says):
    assert says in exercises.check_extract(mine)


# The loss of the label, and of the next token.


def loss(
    total=lambda l2, l1, w: l2 + w * l1,
    l2=F.cross_entropy,
    shift=1,
    count=lambda idx, real: real[:, 1:],
    mean=lambda losses, counted, real: (losses * counted).sum(1) / counted.sum(1),
    of=torch.mean,
    logits=lambda x: x,
):
    """L3 with one thing done in its own way."""

    def mine(class_logits, labels, lm_logits, idx, real, lm_weight):
        log_p = logits(lm_logits).log_softmax(-1)
        if shift == 0:
            got, wanted, counted = log_p, idx, real
        else:
            got, wanted, counted = log_p[:, :-1], idx[:, 1:], count(idx, real)
        if shift == -1:
            got, wanted = log_p[:, 1:], idx[:, :-1]
        if shift == 2:
            got, wanted, counted = log_p[:, :-2], idx[:, 2:], real[:, 2:]
        losses = -got.gather(2, wanted[..., None]).squeeze(2)
        return total(l2(class_logits, labels), of(mean(losses, counted, real)), lm_weight)

    return mine


def in_loops(class_logits, labels, lm_logits, idx, real, lm_weight):
    total = 0.0
    for classes, label, logits, row, there in zip(
        class_logits, labels, lm_logits, idx, real, strict=True
    ):
        ids = row[there].tolist()
        log_p = logits.log_softmax(-1)
        l1 = -sum(log_p[t, after] for t, (_, after) in enumerate(pairwise(ids))) / (len(ids) - 1)
        total += -classes.log_softmax(-1)[label] + lm_weight * l1
    return float(total / len(labels))


def ignoring(class_logits, labels, lm_logits, idx, real, lm_weight, ignore=-100, given=None):
    """L1 by cross_entropy over the whole batch, which is a mean over all its tokens."""
    targets = idx.masked_fill(~real, -100) if given is None else given(idx, real)
    flat = lm_logits[:, :-1].flatten(0, 1), targets[:, 1:].flatten()
    l1 = F.cross_entropy(*flat, ignore_index=ignore)
    return F.cross_entropy(class_logits, labels) + lm_weight * l1


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (loss(), RIGHT),
        (in_loops, RIGHT),
        (lambda *given: loss()(*given)[None], RIGHT),
        (lambda *given: np.float32(loss()(*given)), RIGHT),
        (loss(shift=0), "L1 is not shifted"),
        (loss(shift=-1), "L1 is shifted the wrong way"),
        (loss(shift=2), "L1 is shifted by two"),
        (loss(count=lambda idx, real: torch.ones_like(real[:, 1:])), "Your L1 counts padding"),
        (loss(count=lambda idx, real: real[:, :-1]), "one padding in each row"),
        (loss(count=lambda idx, real: idx[:, 1:] != 0), "You take token 0 for padding"),
        (
            loss(count=lambda idx, real: real[:, 1:] & ~F.pad(real[:, 2:], (0, 1))),
            "the last target of each row alone",
        ),
        (loss(mean=lambda x, counted, real: (x * counted).mean(1)), "You divide by all T - 1"),
        (
            loss(mean=lambda x, counted, real: (x * counted).sum(1) / real.shape[1]),
            "You divide by all T - 1",
        ),
        (
            loss(mean=lambda x, counted, real: (x * counted).sum(1) / real.sum(1)),
            "You divide by the number of tokens",
        ),
        (loss(mean=lambda x, counted, real: x[counted]), "in which long rows weigh more"),
        (ignoring, "in which long rows weigh more"),
        (lambda *given: ignoring(*given, given=lambda i, r: i), "Your L1 counts padding"),
        (lambda *given: ignoring(*given, 0, lambda i, r: i), "You take token 0 for padding"),
        (loss(mean=lambda x, counted, real: x[counted], of=sum), "a sum over all tokens"),
        (loss(mean=lambda x, counted, real: (x * counted).sum(1)), "the tokens of each row"),
        (loss(of=sum), "Your L1 adds up the rows"),
        (loss(logits=lambda x: x.softmax(-1)), "no softmax before it"),
        (loss(l2=lambda x, y: F.cross_entropy(x.softmax(-1), y)), "no softmax before it"),
        (loss(l2=lambda x, y: F.cross_entropy(x, y, reduction="sum")), "Your L2 is a sum"),
        (loss(lambda l2, l1, w: l2 + l1), "lm_weight is forgotten"),
        (loss(lambda l2, l1, w: w * l2 + l1), "lm_weight belongs to L1"),
        (loss(lambda l2, l1, w: w * (l2 + l1)), "lm_weight multiplies L1 alone"),
        (loss(lambda l2, l1, w: (1 - w) * l2 + w * l1), "You weigh L2 by 1 - lm_weight"),
        (loss(lambda l2, l1, w: l2 - w * l1), "You subtract L1"),
        (loss(lambda l2, l1, w: l2 + l1 / w), "You divide L1 by lm_weight"),
        (loss(lambda l2, l1, w: l2 + l1 / 2), "Your weight is always 0.5"),
        (loss(lambda l2, l1, w: l1), "That is L1 alone"),
        (loss(lambda l2, l1, w: w * l1), "That is L1 alone"),
        (loss(lambda l2, l1, w: l2), "That is L2 alone"),
        (loss(lambda l2, l1, w: -l2 - w * l1), "The sign is wrong"),
        (loss(lambda l2, l1, w: l2 + l1, shift=0), "L1 is not shifted"),
        (
            loss(
                lambda l2, l1, w: l2 + w * l1, lambda x, y: F.cross_entropy(x, y, reduction="none")
            ),
            "Those are the losses of the rows",
        ),
        (lambda *given: loss()(*given[:5], 0.3), "For random logits and lm_weight = 0.8 it"),
        (lambda *given: 7.0, "it should be 2.1037, but yours is the number 7."),
        (lambda *given: math.nan, "but yours is the number nan."),
        (lambda *given: torch.zeros(2, 2), "Return one number: yours is a tensor of shape (2, 2)."),
    ],
)
def test_fine_tuning_loss(mine, says):
    assert says in exercises.check_fine_tuning_loss(mine)


def test_the_loss_is_that_of_the_library(tmp_path):
    """The exercises' loss and states are what gptlib.finetune computes of a classifier."""
    tensors = gpt1_model._file(11, 9, 2, 8)
    save_file(tensors, tmp_path / "model.safetensors")
    sizes = {"vocab_size": 11, "n_positions": 9, "n_layer": 2, "n_head": 2, "n_embd": 8}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "openai-gpt", **sizes}))
    classifier = Classifier(published.load(tmp_path), classes=3).double().eval()
    idx = torch.tensor([[8, 3, 0, 9, 4, 10], [8, 0, 9, 10, 0, 0], [8, 1, 2, 9, 10, 0]])
    at, labels = (idx == 10).int().argmax(1), torch.tensor([2, 0, 1])
    total, n = fine_tuning_loss(classifier, (idx[:, None], at[:, None], labels), lm_weight=0.3)
    hidden = classifier.gpt.hidden(idx)
    states = ANSWERS["my_extract"](hidden, idx, 10)
    real = torch.arange(6) <= at[:, None]
    given = classifier.head(states), labels, classifier.gpt(idx), idx, real, 0.3
    torch.testing.assert_close(
        ANSWERS["my_fine_tuning_loss"](*given), total / n, rtol=0, atol=1e-12
    )


def test_the_cases_of_choices_tell_all_mistakes_apart():
    mistakes = [(gpt1_finetuning._choices, RIGHT), *gpt1_finetuning.CHOSEN_WRONGLY]
    found = [([made(*case) for case in gpt1_finetuning.CHOICES], says) for made, says in mistakes]
    for (one, says), (other, others) in combinations(found, 2):
        assert one != other or says == others


def test_the_first_case_of_states_tells_all_mistakes_apart():
    ids, extract, C = gpt1_finetuning.EXTRACTED[0]
    hidden = torch.randn(*torch.tensor(ids).shape, C)
    found = list(gpt1_finetuning._states(hidden, torch.tensor(ids), extract))
    for (one, _), (other, _) in combinations(found, 2):
        assert (one - other).abs().max() > 1e-3


@pytest.mark.parametrize(
    "check", ["linear_layers", "gpt1", "choice_inputs", "extract", "fine_tuning_loss"]
)
@pytest.mark.parametrize(
    "answer",
    [
        *([], [[]], [[[1]]], [None] * 3, [[math.nan] * 6] * 3, [["a"] * 6] * 3, {1: 2}, {3}),
        *("", b"", [("ab", "c")] * 3, (1.5, 2.5), torch.zeros(3, 2), math.nan, [""], True),
        *([(torch.zeros(6, 6), None)] * 3, [None] * 6, [torch.zeros(2)] * 2),
        *(torch.zeros(3, 5, dtype=torch.bool), torch.zeros(2, 5, 7, dtype=torch.complex64)),
    ],
)
def test_no_answer_stops_a_check(check, answer):
    assert_refused(check, answer)
