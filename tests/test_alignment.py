"""Word alignment: the weights are those of the forward pass, and hits are counted by hand."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from gptlib.alignment import agreement, cross_attention
from gptlib.config import TransformerConfig
from gptlib.pairs import Pair
from gptlib.tokenizer import WordTokenizer
from gptlib.transformer import Transformer

PAIR = Pair("the red ball", "la balle rouge", ((0, 0), (1, 2), (2, 1)))


def test_weights_are_those_of_each_block_and_head():
    torch.manual_seed(0)
    tokenizer = WordTokenizer("the red ball la balle rouge")
    config = TransformerConfig(tokenizer.vocab_size, 8, 2, 2, 8, dropout=0.5)
    model = Transformer(config).double()
    weights = cross_attention(model, tokenizer, PAIR)
    assert weights.shape == (2, 2, 4, 3)  # start and three words are read, three are looked at
    memory, mask = model.eval().encode(torch.tensor([tokenizer.encode(PAIR.english)]))
    idx = torch.tensor([[tokenizer.start, *tokenizer.encode(PAIR.french)]])
    x = model.embed(idx)
    for block, found in zip(model.decoder, weights, strict=True):
        asked = block.ln_1(x + block.attn(x, causal=True))
        cross = block.cross
        q, k = (part.unflatten(-1, (2, 4)) for part in (cross.query(asked), cross.key(memory)))
        scores = torch.einsum("bthd,bshd->bhts", q, k) / 2
        assert_close(torch.tensor(found), scores.softmax(dim=-1)[0], rtol=0, atol=1e-12)
        x = block(x, causal=True, memory=memory, memory_mask=mask)


@pytest.mark.parametrize(
    ("columns", "share"), [([0, 2, 1], 1), ([0, 1, 2], 1 / 3), ([2, 2, 1], 2 / 3), ([1, 0, 0], 0)]
)
def test_a_hit_is_a_row_whose_largest_weight_is_at_a_link(columns, share):
    rows = np.eye(3)[[*columns, 0]]  # the last row is asked for `end`, which stands for no word
    assert agreement([rows], [PAIR]) == share
    both = agreement([rows, np.eye(3)[[0, 2, 1]]], [PAIR, PAIR])
    assert both == pytest.approx((share + 1) / 2)


def test_a_word_with_two_links_may_look_at_either_and_one_without_is_left_out():
    pair = Pair("does not", "ne pas", ((0, 0), (1, 0)))
    for column in (0, 1):
        assert agreement([np.eye(2)[[column, 0]]], [pair]) == 1


def test_pairs_without_links_have_no_agreement():
    with pytest.raises(ValueError, match="no word of the pairs has a link"):
        agreement([np.eye(2)], [Pair("a", "b", ())])
    with pytest.raises(ValueError, match="shorter"):
        agreement([np.eye(2)], [])
