"""What a text shares with others, counted once more with strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gptlib.overlap import ngrams, overlap

texts = st.lists(st.sampled_from(["rain", "Rain", "go", "3", "to", "é"]), max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("text", "others", "n", "share"),
    [
        ("one, two, three", ["Zero one two: three"], 3, 1),
        ("one two three", ["one two", "three"], 3, 0),
        ("one two one two", ["one two"], 2, 2 / 3),
        ("on e two", ["one two"], 2, 0),
        ("one two", ["two one"], 2, 0),
        ("one two three", [], 2, 0),
        ("one two", ["one two"], 3, 0),
        ("", [""], 1, 0),
    ],
)
def test_what_a_text_shares_with_others(text, others, n, share):
    assert overlap(text, others, n) == share


@given(texts, st.lists(texts, max_size=3), st.integers(1, 4))
def test_it_is_what_strings_say(text, others, n):
    words = text.lower().split()
    starts = range(len(words) - n + 1)
    runs = [f" {' '.join(words[i : i + n])} " for i in starts]
    hits = [any(run in f" {other.lower()} " for other in others) for run in runs]
    assert overlap(text, others, n) == (sum(hits) / len(hits) if hits else 0)
    assert len(ngrams(text, n)) == len(runs)


def test_eight_words_unless_told():
    words = "a b c d e f g h i"
    assert [len(gram) for gram in ngrams(words)] == [8, 8]
    assert overlap(words, ["b c d e f g h i"]) == 0.5
