"""The checks of a block, a GPT and generating: what is right passes, mistakes are named."""

import math
import runpy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gptlib import exercises
from gptlib.attention import MultiHeadAttention
from gptlib.config import GPTConfig, Sampling
from gptlib.exercises import NOT_YET, RIGHT
from gptlib.gpt import GPT
from gptlib.sampling import generate, next_probs

SOLUTIONS = Path(__file__).parent.parent / "notebooks" / "solutions"


class MLP(nn.Module):
    def __init__(self, C, activation="tanh", inner=4):
        super().__init__()
        self.fc, self.proj = nn.Linear(C, inner * C), nn.Linear(inner * C, C)
        self.activation = activation

    def forward(self, x):
        x = self.fc(x)
        x = F.relu(x) if self.activation == "relu" else F.gelu(x, approximate=self.activation)
        return self.proj(x)


def usual(x, attn, mlp, ln_1, ln_2):
    x = x + attn(ln_1(x))
    return x + mlp(ln_2(x))


def block(forward=usual, causal=True, H=None, bias=True, norms=("ln_1", "ln_2"), **inside):
    """A pre-norm block with one thing done in its own way."""

    class MyBlock(nn.Module):
        def __init__(self, C, n_head):
            super().__init__()
            self.attn = MultiHeadAttention(C, H or n_head, bias=bias)
            self.mlp = MLP(C, **inside)
            for name in norms:
                setattr(self, name, nn.LayerNorm(C))

        def forward(self, x):
            def attn(x):
                return self.attn(x, causal=causal)

            return forward(x, attn, self.mlp, self.ln_1, getattr(self, "ln_2", self.ln_1))

    return MyBlock


def in_place(x, attn, mlp, ln_1, ln_2):
    x += attn(ln_1(x))
    x += mlp(ln_2(x))
    return x


def by_steps(*steps):
    """A forward pass whose steps are functions of x and the parts."""

    def forward(x, attn, mlp, ln_1, ln_2):
        for step in steps:
            x = step(x, attn, mlp, ln_1, ln_2)
        return x

    return forward


def looks(x, attn, mlp, ln_1, ln_2):
    return x + attn(ln_1(x))


def thinks(x, attn, mlp, ln_1, ln_2):
    return x + mlp(ln_2(x))


def one_norm(C, H):
    made = block()(C, H)
    made.ln_2 = made.ln_1
    return made


def stub(*names):
    class Stub(nn.Module):
        def __init__(self, *sizes):
            super().__init__()

        def forward(self, x):
            return None

    return Stub


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (block(), RIGHT),
        (block(in_place), RIGHT),
        (block(by_steps(looks, thinks)), RIGHT),
        (stub(), NOT_YET),
        (lambda C, H: block()(C, H).forward, "Make it an nn.Module"),
        (
            block(lambda x, attn, mlp, n, m: m((y := n(x + attn(x))) + mlp(y))),
            "which is post-norm",
        ),
        (block(lambda x, attn, mlp, n, m: mlp(m(attn(n(x))))), "residual connections are missing"),
        (
            block(by_steps(lambda x, attn, mlp, n, m: attn(n(x)), thinks)),
            "Attention replaces x",
        ),
        (block(by_steps(looks, lambda x, attn, mlp, n, m: mlp(m(x)))), "The MLP replaces x"),
        (
            block(lambda x, attn, mlp, n, m: x + mlp(m(x + attn(n(x))))),
            "What attention found is lost",
        ),
        (
            block(lambda x, attn, mlp, n, m: x + attn(n(x)) + mlp(m(x))),
            "The MLP reads the old x",
        ),
        (
            block(lambda x, attn, mlp, n, m: (y := x + attn(x)) + mlp(y)),
            "There are no norms",
        ),
        (
            block(by_steps(lambda x, attn, mlp, n, m: x + attn(x), thinks)),
            "Attention reads x itself",
        ),
        (block(by_steps(looks, lambda x, attn, mlp, n, m: x + mlp(x))), "The MLP reads x itself"),
        (
            block(by_steps(lambda x, attn, mlp, n, m: n(x) + attn(n(x)), thinks)),
            "You add to the normed x",
        ),
        (
            block(by_steps(looks, lambda x, attn, mlp, n, m: m(x) + mlp(m(x)))),
            "You add to the normed x",
        ),
        (
            block(
                by_steps(
                    lambda x, attn, mlp, n, m: n(x) + attn(n(x)),
                    lambda x, attn, mlp, n, m: m(x) + mlp(m(x)),
                )
            ),
            "You add to the normed x",
        ),
        (
            block(lambda x, attn, mlp, n, m: usual(x, attn, mlp, m, n)),
            "The norms are swapped",
        ),
        (block(lambda x, attn, mlp, n, m: usual(x, attn, mlp, n, n)), "you use ln_1 twice"),
        (
            block(lambda x, attn, mlp, n, m: (y := x + n(attn(x))) + m(mlp(y))),
            "You norm what a layer finds",
        ),
        (block(causal=False), "Positions see the future"),
        (block(by_steps(thinks, looks)), "The MLP comes before attention"),
        (
            block(
                by_steps(
                    lambda x, attn, mlp, n, m: x + mlp(n(x)),
                    lambda x, attn, mlp, n, m: x + attn(m(x)),
                )
            ),
            "The MLP comes before attention",
        ),
        (block(looks), "The MLP is missing"),
        (block(thinks), "Attention is missing"),
        (block(by_steps(looks, lambda x, *parts: x + thinks(x, *parts))), "You add x twice"),
        (block(activation="relu"), "activation is ReLU"),
        (block(activation="none"), "the other GELU"),
        (block(H=1), "The heads are ignored"),
        (block(inner=2), "has the shape (24, 12): make it (48, 12)"),
        (block(bias=False), "There is no parameter attn.query.bias"),
        (block(norms=("ln_1",)), "There is no part ln_2: yours are attn, mlp, ln_1."),
        (one_norm, "ln_1 and ln_2 are the same norm"),
        (block(norms=("ln_1", "ln_2", "ln_3")), "There is a parameter ln_3.weight too many"),
        (block(lambda x, *parts: (usual(x, *parts), None)), "is a tuple"),
        (block(lambda x, *parts: usual(x, *parts)[:, -1]), "has the shape (2, 12)"),
        (block(lambda x, *parts: 7 * x), "the number at"),
        (block(lambda x, *parts: x / 0 * 0), "contains nan"),
        (block(lambda x, *parts: usual(x, *parts) if len(x) == 2 else x), "the number at"),
        (block(lambda x, *parts: x.no_such_thing), "Your code stops at line"),
    ],
)
def test_block(mine, says):
    assert says in exercises.check_block(mine)


def gpt(
    embed=lambda model, idx: model.tok_emb(idx) + model.pos_emb(torch.arange(idx.shape[1])),
    through=lambda model, x: run_through(model.blocks, x),
    end=lambda model, x: model.ln_f(x) @ model.tok_emb.weight.T,
    kind=None,
    make=lambda kind, C, H, N: nn.ModuleList(kind(C, H) for _ in range(N)),
    also=lambda model, V, C: None,
):
    """A GPT with one thing done in its own way."""
    kind = kind or block()

    class MyGPT(nn.Module):
        def __init__(self, vocab_size, block_size, n_layer, n_head, n_embd):
            super().__init__()
            self.tok_emb = nn.Embedding(vocab_size, n_embd)
            self.pos_emb = nn.Embedding(block_size, n_embd)
            self.blocks = make(kind, n_embd, n_head, n_layer)
            self.ln_f = nn.LayerNorm(n_embd)
            also(self, vocab_size, n_embd)

        def forward(self, idx):
            return end(self, through(self, embed(self, idx)))

    return MyGPT


def run_through(blocks, x):
    for each in blocks:
        x = each(x)
    return x


def at(positions):
    return lambda model, idx: model.tok_emb(idx) + positions(model.pos_emb.weight, idx)


def through(choose):
    return lambda model, x: run_through(choose(list(model.blocks)), x)


def logits(model, x):
    return model.ln_f(x) @ model.tok_emb.weight.T


def normed_each_time(model, x):
    for each in model.blocks:
        x = model.ln_f(each(x))
    return x


def one_for_all(kind, C, H, N):
    return nn.ModuleList([kind(C, H)] * N)


def tied(model, V, C):
    model.lm_head = nn.Linear(C, V, bias=False)
    model.lm_head.weight = model.tok_emb.weight


def head(model, V, C):
    model.head = nn.Linear(C, V, bias=False)


def no_positions(model, V, C):
    del model.pos_emb


def free_positions(model, V, C):
    table = nn.Parameter(model.pos_emb.weight.detach())
    del model.pos_emb
    model.pos_emb = table


def untied(model, V, C):
    model.lm_head = nn.Linear(C, V, bias=False)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (gpt(), RIGHT),
        (gpt(at(lambda table, idx: table[: idx.shape[1]])), RIGHT),
        (gpt(make=lambda kind, C, H, N: nn.Sequential(*(kind(C, H) for _ in range(N)))), RIGHT),
        (gpt(end=lambda model, x: F.linear(model.ln_f(x), model.tok_emb.weight)), RIGHT),
        (gpt(also=tied, end=lambda model, x: model.lm_head(model.ln_f(x))), RIGHT),
        (stub(), NOT_YET),
        (gpt(lambda model, idx: model.tok_emb(idx)), "embeddings of positions are missing"),
        (gpt(at(lambda table, idx: table[1 : idx.shape[1] + 1])), "yours are one too high"),
        (gpt(at(lambda table, idx: table[: idx.shape[1]].flip(0))), "run backwards"),
        (gpt(at(lambda table, idx: table[0])), "All characters get position 0"),
        (gpt(at(lambda table, idx: table[-idx.shape[1] :])), "the last T positions"),
        (gpt(at(lambda table, idx: table[: len(idx), None])), "the rows of the batch"),
        (gpt(at(lambda table, idx: table[idx])), "You look the characters up in pos_emb"),
        (gpt(through=lambda model, x: x), "The blocks are not used"),
        (gpt(through=through(lambda blocks: blocks[:1])), "Only the first block is used"),
        (gpt(through=through(lambda blocks: blocks[:-1])), "The last block is left out"),
        (gpt(through=through(lambda blocks: blocks[-1:])), "Only the last block counts"),
        (gpt(through=through(lambda blocks: blocks[:1] * 3)), "The first block is used every time"),
        (gpt(through=through(lambda blocks: blocks[::-1])), "run in the wrong order"),
        (
            gpt(through=through(lambda blocks: [lambda x, b=b: x + b(x) for b in blocks])),
            "You add x to what a block gives",
        ),
        (
            gpt(
                lambda model, idx: (
                    model.tok_emb(idx) * math.sqrt(8) + model.pos_emb.weight[: idx.shape[1]]
                )
            ),
            "multiplied by sqrt(C)",
        ),
        (gpt(end=lambda model, x: x @ model.tok_emb.weight.T), "The last norm is missing"),
        (
            gpt(
                through=lambda model, x: run_through(model.blocks, model.ln_f(x)),
                end=lambda model, x: x @ model.tok_emb.weight.T,
            ),
            "ln_f comes before the blocks",
        ),
        (
            gpt(through=lambda model, x: run_through(model.blocks, model.ln_f(x))),
            "ln_f is also before the blocks",
        ),
        (
            gpt(through=normed_each_time, end=lambda model, x: x @ model.tok_emb.weight.T),
            "ln_f comes after each block",
        ),
        (gpt(end=lambda model, x: logits(model, x).softmax(-1)), "These are probabilities"),
        (gpt(end=lambda model, x: logits(model, x).log_softmax(-1)), "These are logarithms"),
        (gpt(end=lambda model, x: logits(model, x) / math.sqrt(8)), "divided by sqrt(C)"),
        (gpt(end=lambda model, x: logits(model, x)[:, -1]), "the logits of the last position"),
        (gpt(end=lambda model, x: logits(model, x).mT), "return (B, T, V), not (B, V, T)"),
        (gpt(end=lambda model, x: logits(model, x).argmax(-1)), "These are tokens"),
        (gpt(end=lambda model, x: model.ln_f(x)), "The last step is missing"),
        (gpt(end=lambda model, x: (logits(model, x), None)), "is a tuple"),
        (gpt(kind=block(causal=False)), "Positions see the future"),
        (gpt(kind=block(H=1)), "The heads are ignored"),
        (gpt(kind=block(by_steps(thinks, looks))), "Is your block right, by check_block?"),
        (gpt(make=one_for_all), "All blocks are the same one"),
        (
            gpt(make=lambda kind, C, H, N: [kind(C, H) for _ in range(N)]),
            "make it an nn.ModuleList",
        ),
        (
            gpt(make=lambda kind, C, H, N: nn.ModuleList([kind(C, H)])),
            "there should be as many blocks: yours has 1",
        ),
        (
            gpt(also=untied, end=lambda model, x: model.lm_head(model.ln_f(x))),
            "The logits have a table of their own, lm_head.weight",
        ),
        (gpt(also=lambda model, V, C: delattr(model, "ln_f")), "Your code stops at line"),
        (
            gpt(also=lambda model, V, C: setattr(model, "scale", nn.Parameter(torch.ones(1)))),
            "scale",
        ),
        (
            gpt(lambda model, idx: model.tok_emb(idx) + model.pos_emb.weight[:5]),
            "the shape (1, 5, 4)",
        ),
        (lambda *sizes: GPT(GPTConfig(*sizes)), "yours is a LearnedPositions."),
        (
            gpt(lambda model, idx: model.tok_emb(idx), also=free_positions),
            "Make pos_emb an nn.Embedding(block_size, n_embd): yours is a",
        ),
        (gpt(lambda model, idx: model.tok_emb(idx), also=no_positions), "There is no part pos_emb"),
        (
            gpt(also=head, end=lambda model, x: model.head(model.ln_f(x))),
            "The logits have a table of their own, head.weight",
        ),
    ],
)
def test_gpt(mine, says):
    assert says in exercises.check_gpt(mine)


def writes(model, idx, new, choose):
    cache, W = model.new_cache(len(idx)), model.config.block_size
    for _ in range(new):
        full = idx.shape[1] > W
        out = model(idx[:, -W:]) if full else model(idx[:, cache.length[0] :], cache)
        idx = torch.cat([idx, choose(out[:, -1])[:, None]], dim=1)
    return idx


def prompt_first(model, idx, new, choose, last=lambda idx: idx, after=1):
    """The prompt is read before the loop; after the last token, nothing is read, unless after=0."""
    W = model.config.block_size
    if idx.shape[1] > W:
        return writes(model, idx, new, choose)
    cache = model.new_cache(len(idx))
    out = model(last(idx), cache)
    for n in range(new):
        token = choose(out[:, -1])[:, None]
        idx = torch.cat([idx, token], dim=1)
        if n < new - after:
            out = model(token, cache) if idx.shape[1] <= W else model(idx[:, -W:])
    return idx


def prompt_in_two(model, idx, new, choose):
    if idx.shape[1] in (1, 3) or idx.shape[1] > model.config.block_size:
        return writes(model, idx, new, choose)
    cache = model.new_cache(len(idx))
    model(idx[:, :-1], cache)
    for _ in range(new):
        W = model.config.block_size
        out = model(idx[:, -1:], cache) if idx.shape[1] <= W else model(idx[:, -W:])
        idx = torch.cat([idx, choose(out[:, -1])[:, None]], dim=1)
    return idx


def fresh_when_full(model, idx, new, choose):
    cache, W = model.new_cache(len(idx)), model.config.block_size
    for _ in range(new):
        if idx.shape[1] > W:
            out = model(idx[:, -W:], cache=model.new_cache(len(idx)))
        else:
            out = model(idx[:, cache.length[0] :], cache=cache)
        idx = torch.cat([idx, choose(out[:, -1])[:, None]], dim=1)
    return idx


def steps(read, end=lambda idx, T: idx, pick=lambda out: out[:, -1], cache=None):
    """Generating where read(model, idx, cache) gives the logits at each step."""

    def mine(model, idx, new, choose):
        T = idx.shape[1]
        kept = (cache or (lambda model, B: model.new_cache(B)))(model, len(idx))
        for _ in range(new):
            out = read(model, idx, kept)
            idx = torch.cat([idx, choose(pick(out))[:, None]], dim=1)
        return end(idx, T)

    return mine


def unread(model, idx, cache):
    return model(idx[:, cache.length[0] :], cache)


def window(model, idx, cache):
    W = model.config.block_size
    return model(idx[:, -W:]) if idx.shape[1] > W else unread(model, idx, cache)


def token_by_token(model, idx, cache):
    for t in range(int(cache.length[0]), idx.shape[1]):
        out = model(idx[:, t : t + 1], cache)
    return out


def prompt_uncached(model, idx, cache):
    return model(idx[:, -1:], cache) if idx.shape[1] > 4 else model(idx)


def slid(model, idx, cache):
    """The oldest keys and values are thrown away when the window is full."""
    if idx.shape[1] > model.config.block_size:
        if cache.room:
            return model(idx[:, -model.config.block_size :])
        for kept in (*cache.keys, *cache.values):
            kept[..., :-1, :] = kept[..., 1:, :].clone()
        cache.forget(1)
        return model(idx[:, -1:], cache)
    return unread(model, idx, cache)


def early(model, idx, cache):
    W = model.config.block_size
    return model(idx[:, -W:]) if idx.shape[1] >= W else unread(model, idx, cache)


def first_dropped(model, idx, new, choose):
    cache = model.new_cache(len(idx))
    token = choose(model(idx, cache)[:, -1])[:, None]
    for _ in range(new):
        token = choose(model(token, cache)[:, -1])[:, None]
        idx = torch.cat([idx, token], dim=1)
    return idx


def last_twice(model, idx, new, choose):
    cache = model.new_cache(len(idx))
    model(idx, cache)
    for _ in range(new):
        out = model(idx[:, -1:], cache)
        idx = torch.cat([idx, choose(out[:, -1])[:, None]], dim=1)
    return idx


def row_by_row(model, idx, new, choose):
    return torch.cat([writes(model, row[None], new, choose) for row in idx])


def greedily(model, idx, new, choose):
    return writes(model, idx, new, lambda logits: logits.argmax(-1))


def never_reads(model, idx, new, choose):
    return torch.cat([idx, idx[:, :1].expand(-1, new)], dim=1)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (writes, RIGHT),
        (steps(window), RIGHT),
        (prompt_first, RIGHT),
        (prompt_in_two, RIGHT),
        (fresh_when_full, RIGHT),
        (lambda *given: None, NOT_YET),
        (steps(lambda model, idx, cache: model(idx)), "read again at each step: make a cache once"),
        (steps(lambda model, idx, cache: model(idx[:, -1:])), "The model gets no cache"),
        (steps(lambda model, idx, cache: model(idx, cache)), "though the cache holds it"),
        (
            steps(lambda model, idx, cache: model(idx[:, -1:], cache)),
            "Only the prompt's last token",
        ),
        (steps(token_by_token), "token by token"),
        (steps(prompt_uncached), "The first call has no cache"),
        (
            steps(
                lambda model, idx, cache: (
                    unread(model, idx, cache) if cache.room > 14 else model(idx)
                )
            ),
            "Some calls have no cache",
        ),
        (
            steps(lambda model, idx, cache: model(idx, model.new_cache(len(idx)))),
            "You make a new cache, which is empty, at each step",
        ),
        (steps(window, cache=lambda model, B: model.new_cache()), "make one with new_cache(2)"),
        (
            lambda *given: prompt_first(*given, last=lambda idx: idx[:, 1:]),
            "read the prompt as it is",
        ),
        (lambda *given: prompt_first(*given, after=0), "One read too many"),
        (first_dropped, "The first new token is missing"),
        (last_twice, "The prompt's last token is read twice"),
        (steps(window, end=lambda idx, T: idx[:, T:]), "These are the new tokens alone"),
        (steps(window, end=lambda idx, T: idx[:, :-1]), "The last new token is missing"),
        (
            steps(window, end=lambda idx, T: torch.cat([idx[:, :T], idx[:, T + 1 :]], 1)),
            "The first new token is missing",
        ),
        (lambda model, idx, new, choose: writes(model, idx, new + 1, choose), "a token too many"),
        (steps(window, end=lambda idx, T: idx[:, 1:]), "first token of the prompt is missing"),
        (steps(window, end=lambda idx, T: idx.T), "Rows and columns are swapped"),
        (steps(window, end=lambda idx, T: idx.double()), "token ids are whole numbers"),
        (steps(window, end=lambda idx, T: idx.tolist()), "Return the text, one tensor"),
        (steps(window, end=lambda idx, T: idx[:, :2]), "has the shape (2, 2): it should be (2, 9)"),
        (steps(window, end=lambda idx, T: idx.roll(1, 1)), "The prompt is changed"),
        (steps(window, pick=lambda out: out[:, -1].softmax(-1)), "you give it probabilities"),
        (row_by_row, "You read one row at a time"),
        (
            steps(window, pick=lambda out: out[:, 0]),
            "choose should get the logits of the last position",
        ),
        (steps(window, pick=lambda out: out), "(2, 11), and was given (2, 4, 11)"),
        (steps(window, pick=lambda out: out[:, -1:]), "(2, 11), and was given (2, 1, 11)"),
        (steps(window, end=lambda idx, T: (idx + 1) % 11), "The prompt is changed"),
        (
            steps(window, end=lambda idx, T: torch.cat([idx[:, :T], (idx[:, T:] + 1) % 11], 1)),
            "are not those that are found without a cache",
        ),
        (greedily, "You choose the tokens yourself"),
        (never_reads, "The model is never called"),
        (
            lambda model, idx, new, choose: writes(
                model, idx, new, lambda logits: [choose(logits), choose(logits)][0]
            ),
            "choose is called 10 times for new = 5",
        ),
        (steps(unread), "Right until the window is full: then read the last block_size tokens"),
        (steps(slid), "Right until the window is full: then nothing in the cache"),
        (steps(early), "and [4, 1, 1, 6, 6, 6, 6] are enough"),
        (
            steps(window, end=lambda idx, T: idx[:, -6:] if idx.shape[1] > 9 else idx),
            "For a prompt of 4, new = 7 and block_size = 6: The beginning is cut off",
        ),
        (
            lambda model, idx, new, choose: writes(model, idx, max(new, 1), choose),
            "a token too many",
        ),
        (
            lambda model, idx, new, choose: (
                writes(model, idx, new, choose) if idx.shape[1] > 1 else idx[:, :1] / 0
            ),
            "For a prompt of 1",
        ),
    ],
)
def test_generate(mine, says):
    assert says in exercises.check_generate(mine)


def test_the_solution_writes_what_the_finished_function_writes():
    mine = runpy.run_path(SOLUTIONS / "05_decoder_only.py")["my_generate"]
    torch.manual_seed(0)
    model, idx = GPT(GPTConfig(11, 8, 2, 2, 8, init_std=1.0)), torch.randint(11, (3, 4))
    finished = generate(model, idx, 9, Sampling(temperature=0))
    assert torch.equal(mine(model.eval(), idx, 9, lambda logits: logits.argmax(-1)), finished)
    drawn = mine(model, idx, 9, lambda logits: torch.multinomial(next_probs(logits), 1)[:, 0])
    assert drawn.shape == (3, 13)
