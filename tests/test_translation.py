"""A translation depends on its sentence alone, and ends in time."""

import math
import re

import pytest
import torch
from test_layers import of_ordinary_size
from torch.nn.utils.rnn import pad_sequence

from gptlib.config import TransformerConfig
from gptlib.tokenizer import WordTokenizer
from gptlib.transformer import Transformer
from gptlib.translation import translate, translate_batch

TOKENIZER = WordTokenizer("the small red ball is under a table l'oiseau rouge. petite balle d'Anna")
END = TOKENIZER.end
TEXTS = [
    "the ball.",
    "a small red ball is under the table.",
    "l'oiseau rouge",
    "ball ball",
    "table.",
    "the the red",
    "d'Anna",
    "petite balle. rouge",
]


def a_model(block_size=80, **settings):
    """Random, and yet it says different things of different lengths."""
    config = TransformerConfig(
        TOKENIZER.vocab_size, block_size, n_layer=2, n_head=2, n_embd=8, norm="pre", **settings
    )
    model = of_ordinary_size(Transformer(config).double(), seed=2)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "coder" in name and p.dim() == 2:
                p.mul_(2)
    return model


def endless(model):
    """Let model give no probability to the end."""
    decode = model.decode

    def without_end(*given):
        logits = decode(*given)
        logits[..., END] = -math.inf
        return logits

    model.decode = without_end
    return model


def greedy(model, text):
    ids = TOKENIZER.encode(text)
    src, idx = torch.tensor([ids]), [TOKENIZER.start]
    while len(idx) <= len(ids) + 50 and idx[-1] != END:
        idx.append(model(src, torch.tensor([idx]))[0, -1].argmax().item())
    return TOKENIZER.decode(idx)


def test_a_beam_of_1_is_a_greedy_loop():
    model = a_model().eval()
    want = [greedy(model, text) for text in TEXTS]
    assert len(set(want)) > 5
    assert translate(model, TOKENIZER, TEXTS, beam_width=1) == want


@pytest.mark.parametrize("beam_width", [1, 2, 4])
def test_a_text_becomes_what_it_becomes_alone(beam_width):
    model = a_model()
    alone = {text: translate(model, TOKENIZER, [text], beam_width)[0] for text in TEXTS}
    assert len(set(alone.values())) > 3
    for texts in (TEXTS, TEXTS[3:] + TEXTS[:2] + TEXTS[:5]):
        for batch_size in (3, 100):
            got = translate(model, TOKENIZER, texts, beam_width, batch_size=batch_size)
            assert got == [alone[text] for text in texts]


def test_the_settings_reach_the_search():
    model = a_model()

    def found(*settings):
        return translate(model, TOKENIZER, TEXTS, *settings)

    assert found() == found(4, 0.6) != found(1)
    short, long = (sum(len(text.split()) for text in found(4, a)) for a in (0, 4))
    assert short < long


def batch(*texts):
    rows = [torch.tensor(TOKENIZER.encode(text)) for text in texts]
    return pad_sequence(rows, True, TOKENIZER.pad)


@pytest.mark.parametrize("beam_width", [1, 4])
def test_it_has_at_most_50_tokens_more_than_its_source(beam_width):
    src = batch("the ball.", "a small red ball is under the table.", "table")
    out = translate_batch(endless(a_model()), src, beam_width)
    assert out.shape == (3, 1 + 9 + 50)
    assert (out[:, 0] == TOKENIZER.start).all()
    assert (out != END).sum(1).tolist() == [1 + n + 50 for n in (3, 9, 1)]
    assert (out[2, 1 + 1 + 50 :] == END).all()


@pytest.mark.parametrize("block_size", [9, 10, 55])
def test_it_ends_where_the_positions_do(block_size):
    src = batch("a small red ball is under the table.", "table")
    out = translate_batch(endless(a_model(block_size)), src)
    assert out.shape == (2, block_size)
    assert (out != END).sum(1).tolist() == [block_size, min(block_size, 1 + 1 + 50)]


@pytest.mark.parametrize("training", [True, False])
def test_it_translates_in_evaluation_mode_and_leaves_the_mode_as_it_was(training):
    model = a_model(dropout=0.5).train(training)
    model.decoder[0].eval()
    before = {name: part.training for name, part in model.named_modules()}
    want = translate(a_model(dropout=0).eval(), TOKENIZER, TEXTS)
    assert translate(model, TOKENIZER, TEXTS) == want
    assert {name: part.training for name, part in model.named_modules()} == before


def test_no_gradients_are_kept():
    model = a_model()
    asked, decode = [], model.decode
    model.decode = lambda *given: asked.append(decode(*given)) or asked[-1]
    translate(model, TOKENIZER, TEXTS[:1])
    assert asked and not any(logits.requires_grad for logits in asked)


def test_nothing_is_translated_to_nothing():
    assert translate(a_model(), TOKENIZER, []) == []


def test_texts_that_cannot_be_translated():
    for texts, says in (
        ("the ball.", "texts is one text, 'the ball.': give a list of them"),
        (["the ball", ""], "text '' has no word: give at least one"),
        (["the ball", "the cat"], "word 'cat' is not among the"),
        (["ball " * 81], "81 tokens have more than block_size = 80 positions"),
        ([None], "text is None: give a str"),
    ):
        with pytest.raises(ValueError, match=re.escape(says)):
            translate(a_model(), TOKENIZER, texts)


@pytest.mark.parametrize("beam_width", [0, -1, 1.5])
def test_beam_width_out_of_range(beam_width):
    with pytest.raises(ValueError, match=f"beam_width is {beam_width}: give a whole number"):
        translate(a_model(), TOKENIZER, TEXTS, beam_width)


def test_a_model_wants_its_own_tokenizer():
    other = WordTokenizer("quite other words.")
    model = Transformer(TransformerConfig(50, n_layer=1, n_head=2, n_embd=4))
    with pytest.raises(
        ValueError, match="made for 50 tokens with pad 0, the tokenizer has 7 and 0"
    ):
        translate(model, other, ["other words."])
    model = Transformer(TransformerConfig(7, n_layer=1, n_head=2, n_embd=4, pad=3))
    with pytest.raises(ValueError, match="7 tokens with pad 3"):
        translate(model, other, ["other words."])
    with pytest.raises(ValueError, match="batch_size is 0"):
        translate(model, other, ["other words."], batch_size=0)
