"""Documents are parted as they were joined, and no row cuts one that would fit into a row."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gptlib.bpe import BYTES, END_OF_TEXT, BPETokenizer, gpt2_tokenizer
from gptlib.documents import (
    document_ids,
    end_of,
    end_of_text,
    joined,
    packed_windows,
    parted,
)
from gptlib.tokenizer import CharTokenizer

# The end of documents is not the last token here.
TOKENIZER = BPETokenizer([*BYTES, b" c", b" ca", b"\xc3\xa9"], ["<|pad|>", END_OF_TEXT, "<|sep|>"])
END = 260
PIECES = ["a", " cat", "é", "\n", "\n\n", END_OF_TEXT, "<|endoftext|", ">\n"]
# What looks like the end of a document may stand in one, but not at the end of a line.
written = (
    st.lists(st.sampled_from(PIECES), max_size=6)
    .map("".join)
    .filter(lambda text: f"{END_OF_TEXT}\n" not in text)
)


@given(st.lists(written, max_size=5))
def test_documents_come_back_from_their_text(documents):
    text = joined(documents)
    assert parted(text) == documents
    assert len(text) == sum(map(len, documents)) + len(documents) * len("<|endoftext|>\n")


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("", []),
        ("a cat\n", ["a cat\n"]),
        ("a<|endoftext|>\nb\n", ["a", "b\n"]),
        ("a<|endoftext|>", ["a"]),
        ("a<|endoftext|>\n\n", ["a", "\n"]),
        ("a<|endoftext|> b<|endoftext|>\n", ["a<|endoftext|> b"]),
        ("<|endoftext|>\n\n<|endoftext|>\n", ["", "\n"]),
    ],
)
def test_an_end_and_a_line_break_part_documents_and_the_last_may_do_without(text, documents):
    assert parted(text) == documents


def test_the_end_has_the_id_of_its_name():
    for tokenizer, end in ((TOKENIZER, END), (gpt2_tokenizer(), 50_256)):
        assert end_of(tokenizer) == end_of_text(tokenizer) == end
        assert tokenizer.encode(END_OF_TEXT, [END_OF_TEXT]) == [end]
    for other in (BPETokenizer(BYTES), BPETokenizer(BYTES, ["<|pad|>"]), CharTokenizer("<|endof>")):
        assert end_of(other) is None
        with pytest.raises(ValueError, match="has no <.endoftext.>: make one with this special"):
            end_of_text(other)


@given(st.lists(written, min_size=1, max_size=5))
def test_an_end_stands_around_each_document_and_in_none(documents):
    """A document that has the name of the end in its text spells it, and goes on."""
    ids, starts = document_ids(documents, TOKENIZER)
    ids, edges = ids.tolist(), [*starts.tolist(), len(ids) - 1]
    assert [k for k, i in enumerate(ids) if i == END] == edges
    assert len(edges) == len(documents) + 1 and edges[0] == 0
    for document, (start, stop) in zip(documents, pairwise(edges), strict=True):
        assert ids[start + 1 : stop] == TOKENIZER.encode(document)


# Rows


sizes = st.lists(st.integers(1, 20), min_size=1, max_size=30)


@given(sizes, st.integers(1, 25), st.integers(0, 3))
def test_a_row_begins_with_the_first_text_that_the_row_before_does_not_hold(sizes, T, first):
    edges = list(accumulate(sizes, initial=first))
    texts, windows = list(pairwise(edges)), packed_windows(edges, T)
    assert windows[0][0] == first and windows[-1][1] == edges[-1]
    assert all(stop - start == T for start, stop in windows[:-1])
    assert 0 < windows[-1][1] - windows[-1][0] <= T
    for (start, stop), (following, _) in pairwise(windows):
        # The text that the row's end cuts, or that begins there.
        (cut,) = (text for text in texts if text[0] <= stop < text[1])
        assert following == (stop if cut[0] <= start else cut[0])


@given(sizes, st.integers(1, 25))
def test_every_text_that_fits_into_a_row_stands_whole_in_one(sizes, T):
    edges = list(accumulate(sizes, initial=0))
    windows = packed_windows(edges, T)
    for start, stop in pairwise(edges):
        if stop - start <= T:
            assert any(i <= start and stop <= j for i, j in windows)
    # Longer ones are cut, and nothing of them is left out.
    assert {k for i, j in windows for k in range(i, j)} == set(range(edges[-1]))
    # What a row begins with is a text, or goes on with one that is too long.
    long = [text for text in pairwise(edges) if text[1] - text[0] > T]
    assert all(i in edges or any(start < i < stop for start, stop in long) for i, _ in windows)


@pytest.mark.parametrize(
    ("edges", "T", "windows"),
    [
        ([0, 4], 4, [(0, 4)]),
        ([0, 4], 5, [(0, 4)]),
        ([0, 4, 8], 4, [(0, 4), (4, 8)]),
        ([0, 4, 8], 7, [(0, 7), (4, 8)]),
        ([0, 3, 12, 14], 5, [(0, 5), (3, 8), (8, 13), (12, 14)]),
        ([0, 10], 4, [(0, 4), (4, 8), (8, 10)]),
        ([0, 1, 2, 3], 1, [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_rows_by_hand(edges, T, windows):
    assert packed_windows(edges, T) == windows
