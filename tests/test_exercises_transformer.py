"""Notebook 04: right blocks and shifts pass in any form, and each mistake is told apart."""

import pytest
import torch
from torch import nn

from gptlib import exercises
from gptlib.attention import MultiHeadAttention
from gptlib.exercises import NOT_YET, RIGHT
from gptlib.layers import Block, FeedForward


def block(forward, cross=False, **parts):
    """A class with a block's parts, or others in their place, and this forward."""

    class Mine(nn.Module):
        def __init__(self, config):
            super().__init__()
            C, H = config.n_embd, config.n_head
            self.attn = MultiHeadAttention(C, H)
            self.mlp = FeedForward(config)
            self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
            self.dropout = nn.Dropout(0.5)
            if cross:
                self.cross, self.ln_cross = MultiHeadAttention(C, H), nn.LayerNorm(C)
            for name, part in parts.items():
                setattr(self, name, part(C))

        def forward(self, *given):
            return forward(self, *given)

    return Mine


def encoder(attn=lambda m, x, mask: m.attn(x, mask=mask), first=None, second=None):
    """A block of the encoder with its attention, its first or its second half done in one's way."""
    first = first or (lambda m, x, made: m.ln_1(x + made))
    second = second or (lambda m, x, now: m.ln_2(now + m.mlp(now)))
    return block(lambda m, x, mask: second(m, x, first(m, x, attn(m, x, mask))))


def whole(forward):
    return block(forward)


def pre(m, x, mask):
    x = x + m.attn(m.ln_1(x), mask=mask)
    return x + m.mlp(m.ln_2(x))


def branches(m, x, mask):
    x = x + m.ln_1(m.attn(x, mask=mask))
    return x + m.ln_2(m.mlp(x))


def joined(join):
    def forward(m, x, mask):
        return join(join(x, lambda x: m.attn(x, mask=mask), m.ln_1), m.mlp, m.ln_2)

    return whole(forward)


def mlp_first(m, x, mask):
    x = m.ln_2(x + m.mlp(x))
    return m.ln_1(x + m.attn(x, mask=mask))


def as_in_the_library(config):
    return Block(config)


class Fixed(block(None)):
    """A right block, but for B = 2 and S = 5 only."""

    def forward(self, x, mask):
        x = self.ln_1(x + self.attn(x, mask=mask.expand(2, 5, 5)))
        return self.ln_2(x + self.mlp(x))


class TwoHeads(
    block(lambda m, x, mask: m.ln_2((h := m.ln_1(x + m.attn(x, None, mask))) + m.mlp(h)))
):
    def __init__(self, config):
        super().__init__(config)
        self.attn = MultiHeadAttention(config.n_embd, 2)


class Stub(nn.Module):
    def __init__(self, config):
        super().__init__()

    def forward(self, *given):
        return None


class Unfinished(Stub):
    def __init__(self, config):
        super().__init__(config)
        self.attn = MultiHeadAttention(config.n_embd, config.n_head)

    def forward(self, x, *given):
        return x


def shared_first(m, x, now):
    return m.ln_1(now + m.mlp(now))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (encoder(), RIGHT),
        (as_in_the_library, RIGHT),
        (
            block(lambda m, x, mask: m.ln_2((h := m.ln_1(m.attn(x, None, mask) + x)) + m.mlp(h))),
            RIGHT,
        ),
        (encoder(first=lambda m, x, made: m.ln_1(x + m.dropout(made))), RIGHT),
        (Stub, NOT_YET),
        (lambda config: None, NOT_YET),
        (Unfinished, "There is no parameter mlp.fc.weight"),
        (lambda config: Stub, "cannot be called as the exercise says"),
        (
            block(lambda m, x, mask: x, ln_3=nn.LayerNorm),
            "There is a parameter ln_3.weight too many",
        ),
        (
            block(lambda m, x, mask: x, ln_1=lambda C: nn.LayerNorm(5)),
            "has the shape (5,): make it (6,)",
        ),
        (block(lambda m, x, mask: m.norm(x)), "Your code stops at line"),
        (encoder(lambda m, x, mask: m.attn(x)), "The mask is ignored"),
        (encoder(lambda m, x, mask: m.attn(x, mask=~mask)), "The mask is used the other way round"),
        (
            encoder(lambda m, x, mask: m.attn(x, mask=mask, causal=True)),
            "Causal is for the decoder",
        ),
        (
            encoder(lambda m, x, mask: m.attn(x, causal=True)),
            "Causal is for the decoder: here hide",
        ),
        (whole(pre), "This is pre-norm"),
        (whole(branches), "You norm what a layer gives, then add x"),
        (
            encoder(lambda m, x, mask: m.attn(x), first=lambda m, x, made: m.ln_1(made)),
            "Two mistakes. The mask is ignored, so padding is looked at: attn(x, mask=mask). You",
        ),
        (joined(lambda x, layer, norm: x + norm(x + layer(x))), "You add x twice"),
        (joined(lambda x, layer, norm: norm(x) + layer(x)), "You norm x alone"),
        (joined(lambda x, layer, norm: norm(x) + layer(norm(x))), "You norm x alone"),
        (
            encoder(
                first=lambda m, x, made: m.ln_1(made), second=lambda m, x, now: m.ln_2(m.mlp(now))
            ),
            "The residual connections are missing",
        ),
        (encoder(first=lambda m, x, made: m.ln_1(made)), "You forgot the residual at attn"),
        (encoder(second=lambda m, x, now: m.ln_2(m.mlp(now))), "You forgot the residual at mlp"),
        (
            encoder(first=lambda m, x, made: x + made, second=lambda m, x, now: now + m.mlp(now)),
            "There are no norms",
        ),
        (encoder(first=lambda m, x, made: x + made), "The sum after attn is not normed: use ln_1"),
        (
            encoder(second=lambda m, x, now: now + m.mlp(now)),
            "The sum after mlp is not normed: use ln_2",
        ),
        (encoder(second=shared_first), "You use ln_1 for every sum"),
        (encoder(first=lambda m, x, made: m.ln_2(x + made)), "You use ln_2 for every sum"),
        (
            encoder(first=lambda m, x, made: m.ln_2(x + made), second=shared_first),
            "ln_1 and ln_2 are swapped",
        ),
        (encoder(second=lambda m, x, now: m.mlp(now)), "At mlp neither residual nor norm"),
        (encoder(second=lambda m, x, now: now), "The sub-layer mlp is missing"),
        (encoder(first=lambda m, x, made: x), "The sub-layer attn is missing"),
        (whole(mlp_first), "mlp comes before attn in yours"),
        (encoder(second=lambda m, x, now: m.ln_2(x + m.mlp(now))), "At mlp you add the input"),
        (
            encoder(second=lambda m, x, now: m.ln_2(now + m.mlp(x))),
            "mlp gets the input of the block",
        ),
        (whole(lambda m, x, mask: (x, mask)), "return a tensor of shape (2, 5, 6)"),
        (whole(lambda m, x, mask: x[:, :3]), "has the shape (2, 3, 6): it should be (2, 5, 6)"),
        (whole(lambda m, x, mask: 7 * x), "For random inputs and parameters the number at ["),
        (
            whole(lambda m, x, mask: x * torch.nan),
            "For random inputs and parameters yours contains nan",
        ),
        (Fixed, "Your code stops at line"),
        (TwoHeads, "Right, but not for B = 3, S = 7, C = 8 and four heads"),
    ],
)
def test_encoder_block(mine, says):
    assert says in exercises.check_encoder_block(mine)


def attn(m, x, memory, mask):
    return m.attn(x, causal=True)


def cross(m, x, memory, mask):
    return m.cross(x, memory, mask)


def decoder(attn=attn, cross=cross, steps=None, order=("attn", "cross", "mlp")):
    """A block of the decoder with an attention, or what is done with a sub-layer, in one's way."""
    steps = steps or {}

    def forward(m, x, memory, mask):
        layers = {
            "attn": (lambda now: attn(m, now, memory, mask), m.ln_1),
            "cross": (lambda now: cross(m, now, memory, mask), m.ln_cross),
            "mlp": (m.mlp, m.ln_2),
        }
        now = x
        for name in order:
            layer, norm = layers[name]
            join = steps.get(
                name, steps.get("all", lambda now, layer, norm, *more: norm(now + layer(now)))
            )
            now = join(now, layer, norm, m, x, memory)
        return now

    return block(forward, cross=True)


def no_residual(now, layer, norm, *more):
    return norm(layer(now))


def no_norm(now, layer, norm, *more):
    return now + layer(now)


def norm_of(name):
    return lambda now, layer, norm, m, *more: getattr(m, name)(now + layer(now))


def to_the_input(now, layer, norm, m, x, memory):
    return norm(x + layer(now))


def of_the_input(now, layer, norm, m, x, memory):
    return norm(now + layer(x))


class OneAttention(decoder()):
    def __init__(self, config):
        super().__init__(config)
        self.cross = self.attn


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (decoder(), RIGHT),
        (lambda config: with_memory(Block(config, cross=True)), RIGHT),
        (
            decoder(lambda m, x, *more: m.attn(x, mask=torch.ones(*[x.shape[1]] * 2).tril() > 0)),
            RIGHT,
        ),
        (Stub, NOT_YET),
        (OneAttention, "There is no parameter cross.query.weight"),
        (decoder(lambda m, x, *more: m.attn(x)), "The causal mask is missing"),
        (decoder(lambda m, x, memory, mask: m.attn(x, mask=mask)), "attn gets memory_mask"),
        (decoder(lambda m, x, memory, mask: m.attn(x, None, mask, True)), "attn gets memory_mask"),
        (
            decoder(lambda m, x, memory, mask: m.attn(x, memory, causal=True)),
            "attn looks at memory",
        ),
        (decoder(lambda m, x, memory, mask: m.attn(x, memory, mask)), "attn looks at memory"),
        (decoder(lambda m, x, memory, mask: m.attn(x, memory)), "attn looks at memory"),
        (decoder(cross=lambda m, x, memory, mask: m.cross(x)), "cross gets no memory"),
        (decoder(cross=lambda m, x, memory, mask: m.cross(x, mask=mask)), "cross gets no memory"),
        (decoder(cross=lambda m, x, memory, mask: m.cross(x, causal=True)), "cross gets no memory"),
        (decoder(cross=lambda m, x, memory, mask: m.cross(x, memory)), "memory_mask is ignored"),
        (
            decoder(cross=lambda m, x, memory, mask: m.cross(x, memory, ~mask)),
            "the other way round",
        ),
        (
            decoder(cross=lambda m, x, memory, mask: m.cross(x, memory, mask, True)),
            "cross is causal, but the source is all known",
        ),
        (
            decoder(cross=lambda m, x, memory, mask: m.cross(x, memory, causal=True)),
            "cross is causal",
        ),
        (decoder(cross=lambda m, x, memory, mask: m.cross(memory, x, mask)), "Swapped: queries"),
        (decoder(cross=lambda m, x, memory, mask: m.cross(memory, x)), "Swapped: queries"),
        (
            decoder(cross=lambda m, x, memory, mask: m.cross(memory, memory, mask)),
            "cross looks at memory only",
        ),
        (
            decoder(cross=lambda m, x, memory, mask: m.attn(x, memory, mask)),
            "You use attn for both",
        ),
        (
            decoder(
                steps={"cross": lambda now, layer, norm, m, x, memory: norm(memory + layer(now))}
            ),
            "At cross you add memory",
        ),
        (
            decoder(steps={"all": lambda now, layer, norm, *more: now + layer(norm(now))}),
            "This is pre-norm",
        ),
        (
            decoder(steps={"all": lambda now, layer, norm, *more: now + norm(layer(now))}),
            "You norm what a layer gives",
        ),
        (
            decoder(
                lambda m, x, *more: m.attn(x),
                steps={"all": lambda now, layer, norm, *more: now + layer(norm(now))},
            ),
            "attn(x, causal=True). This is pre-norm",
        ),
        (decoder(steps={"all": no_residual}), "The residual connections are missing"),
        (decoder(steps={"all": no_norm}), "There are no norms"),
        (decoder(steps={"all": to_the_input}), "You add the input of the block each time"),
        *(
            (decoder(steps={n: lambda now, layer, *more: layer(now)}), f"At {n} neither residual")
            for n in ("attn", "cross", "mlp")
        ),
        *((decoder(steps={n: no_residual}), f"residual at {n}") for n in ("attn", "cross", "mlp")),
        *(
            (decoder(steps={n: no_norm}), f"after {n} is not normed")
            for n in ("attn", "cross", "mlp")
        ),
        *(
            (decoder(steps={"all": norm_of(n)}), f"You use {n} for every sum")
            for n in ("ln_1", "ln_cross", "ln_2")
        ),
        (
            decoder(steps={"attn": norm_of("ln_cross"), "cross": norm_of("ln_1")}),
            "ln_1 and ln_cross are swapped",
        ),
        (
            decoder(steps={"cross": norm_of("ln_2"), "mlp": norm_of("ln_cross")}),
            "ln_cross and ln_2 are swapped",
        ),
        (decoder(order=("cross", "mlp")), "The sub-layer attn is missing"),
        (decoder(order=("attn", "mlp")), "The sub-layer cross is missing"),
        (decoder(order=("attn", "cross")), "The sub-layer mlp is missing"),
        (decoder(order=("attn",)), "Only attn comes out: go on from there with cross."),
        (decoder(order=("cross", "attn", "mlp")), "cross comes before attn in yours"),
        (decoder(order=("attn", "mlp", "cross")), "mlp comes before cross in yours"),
        (decoder(steps={"cross": to_the_input}), "At cross you add the input of the block"),
        (decoder(steps={"mlp": to_the_input}), "At mlp you add the input of the block"),
        (decoder(steps={"cross": of_the_input}), "cross gets the input of the block"),
        (decoder(steps={"mlp": of_the_input}), "mlp gets the input of the block"),
        (decoder(lambda m, x, memory, mask: m.attn(x, memory[:, :2])), "the number at ["),
        (
            decoder(lambda m, x, *more: m.attn(x, mask=torch.ones(5, 5).tril() > 0)),
            "Your code stops at line",
        ),
        (
            decoder(cross=lambda m, x, memory, mask: m.cross(x, memory[:, :5], mask[:, :, :5])),
            "Right, but not for B = 3, T = 4, S = 7, C = 8 and four heads",
        ),
    ],
)
def test_decoder_block(mine, says):
    assert says in exercises.check_decoder_block(mine)


def with_memory(whole):
    """The library's block, called as the exercise says."""
    whole.forward = lambda x, memory, mask: Block.forward(whole, x, None, True, memory, mask)
    return whole


def teacher(read, asked):
    """Two lists from the list of start, the words and end."""
    return lambda ids, start, end: (read([start, *ids, end]), asked([start, *ids, end]))


def but(first, last):
    """The part of a list from first on and without as many as last says at its end."""
    return lambda whole: whole[first : len(whole) - last]


def in_place(ids, start, end):
    ids.insert(0, start)
    return ids, [*ids[1:], end]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (teacher(but(0, 1), but(1, 0)), RIGHT),
        (lambda *given: list(map(tuple, teacher(but(0, 1), but(1, 0))(*given))), RIGHT),
        (lambda *given: torch.tensor(teacher(but(0, 1), but(1, 0))(*given)), RIGHT),
        (lambda ids, start, end: (iter([start, *ids]), iter([*ids, end])), RIGHT),
        (
            lambda ids, start, end: zip(*zip([start, *ids], [*ids, end], strict=True), strict=True),
            RIGHT,
        ),
        (lambda ids, start, end: ([end, *ids], [*ids, start]), "start and end are swapped"),
        (lambda *given: None, NOT_YET),
        (teacher(but(1, 0), but(0, 1)), "Swapped: what is read begins with start"),
        (teacher(but(0, 0), but(0, 0)), "Each position is asked for what it reads"),
        (teacher(but(1, 1), but(1, 1)), "Each position is asked for what it reads"),
        (teacher(but(0, 1), but(0, 1)), "Each position is asked for what it reads"),
        (teacher(but(1, 0), but(1, 0)), "Each position is asked for what it reads"),
        (
            lambda ids, start, end: ([start, *ids], [*ids, start]),
            "is followed by end, not by start",
        ),
        (lambda ids, start, end: ([end, *ids], [*ids, end]), "begins with start, not with end"),
        (teacher(but(0, 1), but(1, 1)), "After the last word, end is asked for: one is missing"),
        (teacher(but(1, 1), but(2, 0)), "The first word is asked for, too"),
        (teacher(but(0, 2), but(1, 1)), "After the last word, end is asked for: read the last"),
        (teacher(but(1, 2), but(2, 1)), "start and end are missing"),
        (teacher(but(0, 0), but(1, 0)), "Nothing follows end, so it is not read: leave it out"),
        (teacher(but(0, 0), but(1, 1)), "Nothing follows end, so it is not read; but"),
        (teacher(but(0, 1), but(0, 0)), "Nothing asks for start"),
        (teacher(but(0, 2), but(2, 0)), "shift by one, not by two"),
        (lambda ids, start, end: ([start, start, *ids], [start, *ids, end]), "the wrong way"),
        (lambda ids, start, end: ([*ids, end], [start, start, *ids]), "the wrong way"),
        (lambda ids, start, end: [start, *ids, end], "Return two lists"),
        (lambda ids, start, end: (start, end), "Return two lists of ids, what is read and what"),
        (lambda ids, start, end: ([start, 9], [9, end]), "it should be ([1, 31, 7, 18, 7], [31, 7"),
        (
            lambda ids, start, end: ([1, *ids], [*ids, 2]),
            "Right, but not for the ids [5] with start",
        ),
        (
            lambda ids, start, end: ([start, *ids], [*ids[-4:], end]),
            "not for the ids [4, 4, 6, 9, 8]",
        ),
        (in_place, "Right, but it changes the list it is given"),
    ],
)
def test_teacher_forcing(mine, says):
    assert says in exercises.check_teacher_forcing(mine)
