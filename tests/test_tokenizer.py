"""Text to ids and back: characters for any text, words for two languages."""

import json
import re
import unicodedata

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gptlib.pairs import load_pairs
from gptlib.tokenizer import (
    CharTokenizer,
    TextTokenizer,
    Tokenizer,
    WordTokenizer,
    join_words,
    split_words,
)

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


@given(texts)
def test_the_bytes_of_tokens_are_the_text(text):
    tokenizer = CharTokenizer(text)
    ids = tokenizer.encode(text)
    assert b"".join(tokenizer.token_bytes(i) for i in ids) == text.encode()
    for i in range(tokenizer.vocab_size):
        assert tokenizer.token_bytes(i).decode() == tokenizer.decode([i])


@given(texts)
def test_the_tensor_of_ids_has_them(text):
    tokenizer = CharTokenizer(text)
    ids = tokenizer.encode_to_tensor(text)
    assert ids.dtype == torch.int64 and ids.tolist() == tokenizer.encode(text)
    assert tokenizer.encode_to_tensor("").dtype == torch.int64


@pytest.mark.parametrize("bad", [3, -1])
def test_unknown_id_has_no_bytes(bad):
    with pytest.raises(ValueError, match=f"id {bad} is not among this tokenizer's, 0 to 2"):
        CharTokenizer("abc").token_bytes(bad)


def test_a_prompt_is_given_as_it_is():
    assert CharTokenizer("a ").as_prompt(" a  ") == " a  "


# Words

SPLIT = {
    "the small red ball.": ["the", "small", "red", "ball", "."],
    "l'oiseau n'aime pas l'herbe.": ["l'", "oiseau", "n'", "aime", "pas", "l'", "herbe", "."],
    "Anna's cat, the baker's hat": ["Anna", "'s", "cat", ",", "the", "baker", "'s", "hat"],
    "le chat d'Anna s'arrête": ["le", "chat", "d'", "Anna", "s'", "arrête"],
    "un arc-en-ciel": ["un", "arc-en-ciel"],
    "l'été, l'œuf": ["l'", "été", ",", "l'", "œuf"],
}


@pytest.mark.parametrize("text", SPLIT)
def test_words_and_marks_by_hand(text):
    assert split_words(text) == SPLIT[text]
    assert join_words(SPLIT[text]) == text
    tokenizer = WordTokenizer(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_every_text_of_the_pairs_round_trips(part):
    texts = [text for pair in load_pairs(part) for text in (pair.english, pair.french)]
    tokenizer = WordTokenizer("\n".join(texts))
    for text in texts:
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert min(ids) > tokenizer.end
    assert WordTokenizer(" ".join(tokenizer.words)) == tokenizer


def test_ids_of_words_come_after_those_that_mean_no_word():
    tokenizer = WordTokenizer("the cat sees the cat's egg.")
    assert tokenizer.words == ["'s", ".", "cat", "egg", "sees", "the"]
    assert (tokenizer.pad, tokenizer.start, tokenizer.end) == (0, 1, 2)
    assert [tokenizer.encode(word) for word in tokenizer.words] == [[i] for i in range(3, 9)]
    assert tokenizer.vocab_size == 9
    assert tokenizer.decode([1, 8, 5, 0, 3, 6, 2, 0]) == "the cat's egg"
    assert tokenizer.decode(torch.tensor([0, 1, 2])) == tokenizer.decode([]) == ""


def test_words_are_the_whole_state():
    tokenizer = WordTokenizer("l'oiseau d'Anna. the bird's egg, it's here")
    assert WordTokenizer(" ".join(tokenizer.words)) == tokenizer
    assert WordTokenizer("here it's egg, bird's the d'Anna. l'oiseau") == tokenizer
    assert eval(repr(tokenizer)) == tokenizer
    assert len({tokenizer, WordTokenizer(" ".join(tokenizer.words))}) == 1
    assert tokenizer != WordTokenizer("the bird") != CharTokenizer("the bird")


@pytest.mark.parametrize("bad", [None, 7, ["a", "b"], b"ab"])
def test_no_text_to_split(bad):
    for reads in (WordTokenizer, WordTokenizer("a b").encode, split_words):
        with pytest.raises(ValueError, match=re.escape(f"text is {bad!r}: give a str")):
            reads(bad)


@pytest.mark.parametrize("empty", ["", " ", "\n\t "])
def test_no_word_to_know_or_to_encode(empty):
    with pytest.raises(ValueError, match=re.escape(f"text is {empty!r}: give one with at least")):
        WordTokenizer(empty)
    with pytest.raises(ValueError, match=re.escape(f"text {empty!r} has no word: give at least")):
        WordTokenizer("a b").encode(empty)


@pytest.mark.parametrize(("text", "word"), [("the dog, the cow.", "dog"), ("The cat", "The")])
def test_unknown_word(text, word):
    message = f"word {word!r} is not among the 4 this tokenizer knows: choose another"
    with pytest.raises(ValueError, match=re.escape(message)):
        WordTokenizer("the cat, .").encode(text)


@pytest.mark.parametrize("bad", [9, -1])
def test_unknown_id_of_a_word(bad):
    with pytest.raises(ValueError, match=f"id {bad} is not among this tokenizer's, 0 to 4"):
        WordTokenizer("a b").decode([3, bad])


def test_words_are_not_what_a_text_is_made_of():
    """Between them come spaces by rule, so their bytes, one after the other, are no text."""
    assert not isinstance(WordTokenizer("a b"), TextTokenizer)
    assert not hasattr(WordTokenizer("a b"), "token_bytes")


# States

STATES = {
    CharTokenizer: ["abn", " ", "\n é猫🙂"],
    WordTokenizer: [". bird egg the", "'s l' oiseau"],
}
NO_STATES = {
    CharTokenizer: ["", "ba", "aa", ["a"], None, 7],
    WordTokenizer: ["", "b a", "a a", "a  b", ["a"], None],
}


def pairs(table):
    return [(kind, state) for kind, states in table.items() for state in states]


@pytest.mark.parametrize(("kind", "state"), pairs(STATES))
def test_the_state_is_all_there_is(kind, state):
    tokenizer = kind.from_state(state)
    assert type(tokenizer) is kind and tokenizer.state() == state
    again = kind.from_state(json.loads(json.dumps(tokenizer.state())))
    assert again == tokenizer and hash(again) == hash(tokenizer)
    ids = list(range(tokenizer.vocab_size))
    assert again.decode(ids) == tokenizer.decode(ids)
    assert again.encode(tokenizer.decode(ids)) == tokenizer.encode(tokenizer.decode(ids))
    assert repr(tokenizer) == f"{kind.__name__}({state!r})"


def test_equal_states_of_two_classes_are_two_tokenizers():
    assert CharTokenizer("a") != WordTokenizer("a")
    assert CharTokenizer("a").state() == WordTokenizer("a").state() == "a"
    assert len({CharTokenizer("a"), WordTokenizer("a"), "a"}) == 3


@pytest.mark.parametrize(("kind", "state"), pairs(NO_STATES))
def test_a_state_that_is_none(kind, state):
    with pytest.raises(ValueError, match=r"is not the state of a|text is"):
        kind.from_state(state)


def test_what_cannot_say_its_state_is_no_tokenizer():
    class Half(Tokenizer):
        vocab_size = 1

        def encode(self, text):
            return []

        def decode(self, ids):
            return ""

    with pytest.raises(TypeError, match="abstract method '?state"):
        Half()


def test_characters_are_composed_and_other_tokens_left_alone():
    composed, decomposed = "été", unicodedata.normalize("NFD", "été")
    assert len(decomposed) == 5
    assert CharTokenizer.normalize(decomposed) == CharTokenizer.normalize(composed) == composed

    class Bytes(TextTokenizer):
        vocab_size = encode = decode = state = token_bytes = None

    assert Bytes.normalize(decomposed) == decomposed  # bytes must come back as they were
