"""Text to ids and back: characters and pieces for any text, words for two languages."""

import json
import re
import unicodedata

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gptlib.data import load_split
from gptlib.pairs import load_pairs
from gptlib.tokenizer import (
    CharTokenizer,
    PieceTokenizer,
    TextTokenizer,
    Tokenizer,
    WordTokenizer,
    join_words,
    split_pieces,
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


# Pieces

# What may go wrong at the edges of pieces comes often.
written = st.text(st.sampled_from("ab é猫🙂_0'’.,\"- \t\r\n\x1c\u00a0\u0301") | st.characters())
PIECES = {
    "the cat, the dog": ["the", " cat", ",", " the", " dog"],
    "It's 'so', they said.": ["It's", " 'so'", ",", " they", " said", "."],
    "one  two\tthree": ["one", "  ", "two", "\t", "three"],
    "end.\n\nNext\r\n": ["end", ".", "\n\n", "Next", "\r\n"],
    "Well ... (no)!": ["Well", " ...", " (", "no", ")!"],
    "le café, l'été": ["le", " café", ",", " l'été"],
    "猫 🙂🙂": ["猫", " 🙂🙂"],
    "   ": ["   "],
    "": [],
}


@pytest.mark.parametrize("text", PIECES)
def test_pieces_by_hand(text):
    assert split_pieces(text) == PIECES[text]


@given(written, written, st.integers(0, 30))
def test_any_text_of_known_characters_comes_back_from_its_pieces(known, text, frequent):
    tokenizer = PieceTokenizer.from_text(known, len(set(known + text + "a")) + frequent, text + "a")
    assert "".join(split_pieces(text)) == text
    for one in (known, text, known + text, text * 3):
        ids = tokenizer.encode(one)
        assert tokenizer.decode(ids) == one
        assert tokenizer.decode(torch.tensor(ids, dtype=torch.int64)) == one
        assert tokenizer.encode(one) == ids and len(ids) <= len(one)


@given(written.filter(bool), st.integers(1, 40))
def test_pieces_are_the_whole_state(text, vocab_size):
    chars = sorted(set(text))
    tokenizer = PieceTokenizer.from_text(text, len(chars) + vocab_size)
    assert tokenizer.pieces[: len(chars)] == chars
    assert tokenizer.vocab_size == len(tokenizer.pieces) == len(set(tokenizer.pieces))
    assert PieceTokenizer(tokenizer.pieces) == tokenizer
    assert eval(repr(tokenizer)) == tokenizer
    assert len({tokenizer, PieceTokenizer(tokenizer.pieces)}) == 1
    assert PieceTokenizer(chars) != CharTokenizer(text)
    for i, piece in enumerate(tokenizer.pieces):
        assert tokenizer.decode([i]) == piece


def test_the_order_of_pieces_counts():
    assert PieceTokenizer("ab") != PieceTokenizer("ba")
    assert PieceTokenizer("ba").encode("ab") == [1, 0]


def test_frequent_pieces_have_an_id_and_the_others_are_spelled():
    text = "the cat sat. the cat ran. the dog sat. hm"
    tokenizer = PieceTokenizer.from_text(text, vocab_size=100)
    chars = list(" .acdeghmnorst")
    # " the" comes twice, "the" once; so do " ran", " dog" and " hm".
    assert tokenizer.pieces == [*chars, " cat", " sat", " the"]
    words = [tokenizer.decode([i]) for i in tokenizer.encode("the cat ran. the cat")]
    assert words == ["t", "h", "e", " cat", " ", "r", "a", "n", ".", " the", " cat"]


@pytest.mark.parametrize("vocab_size", [15, 16, 17, 18, 19])
def test_a_vocabulary_is_as_large_as_it_may_be_and_can_be(vocab_size):
    text = "the cat sat. the cat ran. the dog sat, the cat. hm"
    tokenizer = PieceTokenizer.from_text(text, vocab_size)
    assert tokenizer.vocab_size == min(vocab_size, 18)
    assert tokenizer.pieces[15:] == [" cat", " the", " sat"][: vocab_size - 15]


def test_the_tales_have_fewer_frequent_pieces_than_the_vocabulary_of_a_run():
    train, valid = load_split("tales")
    tokenizer = PieceTokenizer.from_text(train, 4096, valid)
    assert len(set(train)) < tokenizer.vocab_size < 4096
    ids = tokenizer.encode(valid)
    assert tokenizer.decode(ids) == valid
    assert len(split_pieces(valid)) <= len(ids) < 0.25 * len(valid)


def test_characters_of_another_text_are_known_and_its_pieces_are_not():
    tokenizer = PieceTokenizer.from_text("a a a b b", 99, more="zebra zebra zebra")
    assert tokenizer.pieces == [*" aberz", " a", " b"]
    assert tokenizer.decode(tokenizer.encode("a zebra")) == "a zebra"
    assert len(tokenizer.encode("a zebra")) == 7
    with pytest.raises(ValueError, match="character 'z' at position 2 is not among the 3"):
        PieceTokenizer.from_text("a a a b b", 99).encode("a zebra")


@pytest.mark.parametrize("vocab_size", [0, -1, 2])
def test_a_vocabulary_smaller_than_the_characters(vocab_size):
    """A text of 5,000 Chinese characters is one, too."""
    text = "ab ab ab"
    assert PieceTokenizer.from_text(text, vocab_size, more="c").pieces == [" ", "a", "b", "c"]
    assert PieceTokenizer.from_text(text, 5, more="c").pieces == [" ", "a", "b", "c", " ab"]


@pytest.mark.parametrize(
    "pieces", [["a", "a"], ["a", "b", "ab", "ab"], ["a", "ab"], ["ab"], ["a", " a"]]
)
def test_pieces_that_make_no_tokenizer(pieces):
    message = f"pieces are {pieces!r}: give each once, and each of their characters as a piece too"
    with pytest.raises(ValueError, match=re.escape(message)):
        PieceTokenizer(pieces)


def test_pieces_are_counted_in_the_text_alone():
    """What the other text says more often is neither a piece more nor an earlier one."""
    tokenizer = PieceTokenizer.from_text("a b b b c c d", 99, more=" c c c c d d a a")
    assert tokenizer.pieces == [*" abcd", " b", " c"]
    assert PieceTokenizer.from_text("a b b b c c d", 6, more=" c c c c d d").pieces[5:] == [" b"]


def test_a_prompt_leaves_the_space_to_the_word_after_it():
    tokenizer = PieceTokenizer(" a\n")
    assert tokenizer.as_prompt(" a a  ") == " a a"
    assert tokenizer.as_prompt("a\n") == "a\n" and tokenizer.as_prompt("  ") == ""
    assert CharTokenizer("a ").as_prompt(" a  ") == " a  "


def test_no_pieces():
    for make in (lambda: PieceTokenizer([]), lambda: PieceTokenizer.from_text("", 9)):
        with pytest.raises(ValueError, match="text is '': a tokenizer needs a str with at least"):
            make()


@pytest.mark.parametrize("bad", [None, ["a", "b"], b"ab"])
def test_no_text_to_cut_into_pieces(bad):
    with pytest.raises(ValueError, match=re.escape(f"text is {bad!r}: encode a str")):
        PieceTokenizer("ab").encode(bad)


@pytest.mark.parametrize("bad", [4, -1])
def test_unknown_id_of_a_piece(bad):
    with pytest.raises(ValueError, match=f"id {bad} is not among this tokenizer's, 0 to 3"):
        PieceTokenizer(["a", "b", " ", " ab"]).decode([0, bad])
    with pytest.raises(ValueError, match="ids 'ab' are not one sequence of ints"):
        PieceTokenizer("ab").decode("ab")


@given(written.filter(bool), st.integers(1, 40))
def test_the_bytes_of_tokens_are_the_text(text, vocab_size):
    for tokenizer in (
        CharTokenizer(text),
        PieceTokenizer.from_text(text, len(set(text)) + vocab_size),
    ):
        ids = tokenizer.encode(text)
        assert b"".join(tokenizer.token_bytes(i) for i in ids) == text.encode()
        for i in range(tokenizer.vocab_size):
            assert tokenizer.token_bytes(i).decode() == tokenizer.decode([i])


@pytest.mark.parametrize("bad", [3, -1])
def test_unknown_id_has_no_bytes(bad):
    for tokenizer in (CharTokenizer("abc"), PieceTokenizer("abc")):
        with pytest.raises(ValueError, match=f"id {bad} is not among this tokenizer's, 0 to 2"):
            tokenizer.token_bytes(bad)


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
    PieceTokenizer: [["b", "a"], [" ", "a", "b", " ab", "\n"]],
    WordTokenizer: [". bird egg the", "'s l' oiseau"],
}
NO_STATES = {
    CharTokenizer: ["", "ba", "aa", ["a"], None, 7],
    PieceTokenizer: [[], "ab", ["ab"], ["a", "a"], ["a", 1], [["a"]], {"a": 1}, None, 7],
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
    assert len({CharTokenizer("a"), WordTokenizer("a"), PieceTokenizer("a"), "a"}) == 4


def test_a_state_that_was_handed_out_is_the_callers():
    tokenizer = PieceTokenizer("ab")
    tokenizer.state().append("c")
    assert tokenizer.state() == ["a", "b"]


@pytest.mark.parametrize(("kind", "state"), pairs(NO_STATES))
def test_a_state_that_is_none(kind, state):
    with pytest.raises(ValueError, match=r"is not the state of a|text is|pieces are"):
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


# Unicode


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("एक समय की बात है।", ["एक", " समय", " की", " बात", " है", "।"]),
        ("बच्‍चा गया", ["बच्‍चा", " गया"]),
        ("बच्\u200dचा", ["बच्\u200dचा"]),
        (unicodedata.normalize("NFD", "L'été à la forêt"), None),
        ("بِسْمِ اللَّهِ", ["بِسْمِ", " اللَّهِ"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("שָׁלוֹם עוֹלָם", ["שָׁלוֹם", " עוֹלָם"]),
    ],
    ids=["Hindi", "conjunct", "joiner", "decomposed French", "Arabic", "Persian", "Hebrew"],
)
def test_a_combining_mark_continues_its_word(text, words):
    words = words or [text[m.start() : m.end()] for m in re.finditer(r"^\S+| \S+", text)]
    assert split_pieces(text) == words


def as_before(text):
    """Pieces as they were when a mark was no letter."""
    return re.findall(r" ?[\w']+| ?[^\w\s]+|\s+", text)


@pytest.mark.parametrize(
    "text",
    ["กาลครั้งหนึ่งนานมาแล้ว", "ຄັ້ງໜຶ່ງ", "កាលពីព្រេងនាយ", "တစ်ခါက"],
    ids=["Thai", "Lao", "Khmer", "Burmese"],
)
def test_scripts_without_spaces_are_cut_as_before(text):
    """Their sentences would be single words, which no second text has."""
    assert split_pieces(text) == as_before(text)
    assert len(split_pieces(text)) > 1


@pytest.mark.parametrize(
    "text",
    [
        *("👨\u200d👩\u200d👧 ok", "❤\ufe0f\u200d🔥", "👍🏽!", "🇫🇷 1\ufe0f\u20e3"),
        *("e\u0301t\u0301", " \u0301x"),
    ],
)
def test_emoji_are_cut_no_worse_than_before(text):
    assert len(split_pieces(text)) <= len(as_before(text))
    assert "".join(split_pieces(text)) == text


def test_text_without_marks_is_cut_as_before():
    for text in load_split("tales"):
        assert split_pieces(text[:100_000]) == as_before(text[:100_000])
    text = "x_1 ²½ Ⅷ 'tis «été», 猫が 2nd\n\n  --'quoted'\tend "
    assert split_pieces(text) == as_before(text)


@given(st.text())
def test_pieces_joined_are_the_text(text):
    assert "".join(split_pieces(text)) == text


def test_characters_are_composed_and_words_are_left_alone():
    composed, decomposed = "été", unicodedata.normalize("NFD", "été")
    assert len(decomposed) == 5
    for kind in (CharTokenizer, PieceTokenizer):
        assert kind.normalize(decomposed) == kind.normalize(composed) == composed

    class Bytes(TextTokenizer):
        vocab_size = encode = decode = state = token_bytes = None

    assert Bytes.normalize(decomposed) == decomposed  # bytes must come back as they were
