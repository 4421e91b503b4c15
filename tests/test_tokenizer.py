"""Characters to ids and back, for any text that Unicode can hold."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gptlib.tokenizer import CharTokenizer

texts = st.text(min_size=1)


@given(texts)
def test_every_text_round_trips(text):
    tokenizer = CharTokenizer(text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.decode(torch.tensor(ids)) == text
    assert tokenizer.decode(np.array(ids)) == text


@given(texts)
def test_ids_are_the_places_in_the_sorted_vocabulary(text):
    tokenizer = CharTokenizer(text)
    chars = sorted(set(text))
    assert tokenizer.vocab_size == len(chars)
    assert tokenizer.encode("".join(chars)) == list(range(len(chars)))
    assert tokenizer.encode(text) == [chars.index(char) for char in text]


@given(texts)
def test_chars_are_the_whole_state(text):
    tokenizer = CharTokenizer(text)
    assert CharTokenizer(tokenizer.chars) == tokenizer
    assert eval(repr(tokenizer)) == tokenizer
    assert len({tokenizer, CharTokenizer(text)}) == 1
    assert CharTokenizer(text + "a") != CharTokenizer((text + "b").replace("a", "b"))


def test_emoji_chinese_and_line_ends_are_characters_like_others():
    tokenizer = CharTokenizer("猫🙂\r\né")
    assert tokenizer.chars == "\n\ré猫🙂"
    assert tokenizer.encode("🙂猫") == [4, 3]


def test_nothing_encodes_to_nothing():
    tokenizer = CharTokenizer("a")
    assert tokenizer.encode("") == []
    assert tokenizer.decode([]) == ""


@pytest.mark.parametrize("bad", ["", None, ["a", "b"], b"ab"])
def test_nothing_to_know(bad):
    message = f"text is {bad!r}: a tokenizer needs a str with at least one character"
    with pytest.raises(ValueError, match=re.escape(message)):
        CharTokenizer(bad)


@pytest.mark.parametrize("bad", [None, ["a", "b"], b"ab"])
def test_no_text_to_encode(bad):
    with pytest.raises(ValueError, match=re.escape(f"text is {bad!r}: encode a str")):
        CharTokenizer("ab").encode(bad)


@pytest.mark.parametrize(
    ("text", "char", "position"), [("cabaXbY", "'X'", 4), ("a\n", r"'\n'", 1), ("🙂", "'🙂'", 0)]
)
def test_unknown_character(text, char, position):
    message = f"character {char} at position {position} is not among the 3 this tokenizer knows"
    with pytest.raises(ValueError, match=re.escape(message)):
        CharTokenizer("abc").encode(text)


@pytest.mark.parametrize("bad", [3, -1, 1_000_000])
@pytest.mark.parametrize("kind", [list, torch.tensor])
def test_unknown_id(bad, kind):
    with pytest.raises(ValueError, match=f"id {bad} is not among this tokenizer's, 0 to 2"):
        CharTokenizer("abc").decode(kind([0, 2, bad, 7]))


def test_ids_one_by_one_off_a_model():
    assert CharTokenizer("abc").decode([torch.tensor(2), np.int64(0), 1]) == "cab"


@pytest.mark.parametrize("bad", [1, [0.0], [[0, 1]], [[0], [1]]])
@pytest.mark.parametrize("kind", [lambda ids: ids, np.array, torch.tensor])
def test_not_one_sequence_of_ids(bad, kind):
    with pytest.raises(ValueError, match=re.escape(f"ids {bad!r} are not one sequence of ints")):
        CharTokenizer("ab").decode(kind(bad))


@pytest.mark.parametrize("bad", ["ab", None])
def test_no_ids(bad):
    with pytest.raises(ValueError, match=re.escape(f"ids {bad!r} are not one sequence of ints")):
        CharTokenizer("ab").decode(bad)
