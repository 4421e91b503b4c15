"""Byte-pair encoding: training, encoding, decoding, special tokens, files."""

import json
import re
import time
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from gptlib.bpe import (
    BYTES,
    END_OF_TEXT,
    BPETokenizer,
    chunks,
    encode_naive,
    merge,
    pre_tokens,
    train,
    train_naive,
)
from gptlib.data import load_split
from gptlib.writing import whole_characters

TALES, VALID = load_split("tales")

# Few different characters, so that pairs tie and overlap; then what has several bytes, and all.
tied = st.text(st.sampled_from("aab "), max_size=60)
mixed = st.text(st.sampled_from("abc é猫🙂'\n") | st.characters(codec="utf-8"), max_size=60)
texts = tied | mixed | st.lists(tied, max_size=8).map(" ".join)
# Letters newer than Python's tables are unknown to tiktoken's, and known to those of `regex`.
written = st.text(
    st.sampled_from("ab é猫🙂_0'’.,\"- \t\r\n\x1c\u00a0\u0301\u200d")
    | st.characters(exclude_categories=["Cs", "Cn"]),
    max_size=60,
)
TOKENS = train(TALES[:20_000], 400)
TOKENIZER = BPETokenizer(TOKENS, [END_OF_TEXT, "<|end|>"])


# Pre-tokens

PRE_TOKENS = {
    "I'll say it's so, they've": ["I", "'ll", " say", " it", "'s", " so", ",", " they", "'ve"],
    "I'LL, IT'S 'tis": ["I", "'", "LL", ",", " IT", "'", "S", " '", "tis"],
    "It cost 1,234.50!": ["It", " cost", " 1", ",", "234", ".", "50", "!"],
    "one  two\n\n three\t": ["one", " ", " two", "\n\n", " three", "\t"],
    "le café\u0301 où": ["le", " café", "\u0301", " où"],
    "a\u00a0b": ["a", "\u00a0", "b"],
    "x²+½": ["x", "²", "+", "½"],
    "猫が 🙂🙂": ["猫が", " 🙂🙂"],
    "   ": ["   "],
    "": [],
}


@pytest.mark.parametrize("text", PRE_TOKENS)
def test_pre_tokens_by_hand(text):
    assert pre_tokens(text) == PRE_TOKENS[text]


@given(written)
def test_pre_tokens_are_the_text(text):
    assert "".join(pre_tokens(text)) == text


@example("a\n\n\nb", 1)
@given(written, st.integers(1, 9))
def test_no_pre_token_is_cut_however_small_the_chunks(text, size):
    parts = list(chunks(text, size))
    assert "".join(parts) == text and all(len(part) >= size for part in parts[:-1])
    assert all(parts)
    assert [piece for part in parts for piece in pre_tokens(part)] == pre_tokens(text)


def test_chunks_are_about_as_long_as_asked():
    longest = max(map(len, pre_tokens(TALES)))
    *parts, _ = chunks(TALES, 1000)
    assert len(parts) > 100
    assert all(1000 <= len(part) <= 1000 + longest + 2 for part in parts)


# Training


def test_merges_by_hand_on_twelve_characters():
    """aa four times in aaabdaaabac, counted with overlaps; then aaa or aab and so on."""
    # a a a b d a a a b a c +: aa 4, ab 2, others once.
    #   A a b d A a b a c +, where A = aa: ab 2, Aa 2; ab has the smaller first id.
    #   A   B d A   B a c +, where B = ab: AB 2.
    #       C d     C a c +: no pair twice.
    assert train("aaabdaaabac+", 300)[256:] == [b"aa", b"ab", b"aaab"]


@pytest.mark.parametrize(
    ("text", "merges"),
    [
        ("zz.xx.yy.zz.xx.yy", [b"xx", b"yy", b"zz"]),  # the smaller first id
        ("ad.ab.ac.ad.ab.ac", [b"ab", b"ac", b"ad"]),  # the smaller second
        ("ab.ab.yx.yx.yx", [b"yx", b"ab"]),  # rarer ones wait
        ("bc.bc.abx.abx", [b"ab", b"bc", b"abx"]),  # not the token first learned
    ],
)
def test_of_pairs_equally_frequent_the_one_of_the_smaller_ids_is_merged(text, merges):
    assert train(text, 300)[256:] == train_naive(text, 300)[256:] == merges


def test_overlapping_pairs_are_all_counted_and_merged_from_the_left():
    assert train("aaa", 300)[256:] == [b"aa"]  # twice, though only one can be merged
    assert train("aaaaa xb xb xb", 257)[256:] == [b"aa"]
    assert merge([1, 1, 1, 2, 1, 1], (1, 1), 9) == [9, 1, 2, 9]
    assert train("baaa baaa caaa caaa", 258)[256:] == [b"aa", b"aaa"]


def test_merging_ends_when_no_pair_comes_twice():
    for text in ("", "a", "é", "ab", "abcdef g h", "aa"):
        assert train(text, 1000) == train_naive(text, 1000) == BYTES
    assert train("ab ab", 1000)[256:] == train_naive("ab ab", 1000)[256:] == [b"ab"]
    assert train("ab ab", 256) == BYTES


def test_nothing_is_merged_across_pre_tokens():
    assert all(len(pre_tokens(token.decode("utf-8", "replace"))) == 1 for token in TOKENS)
    assert train("a. a. a. a.", 300)[256:] == [b" a"]


@given(texts, st.integers(256, 290))
@example("aaa aaaa aaaaa aaaaaa aaaaaaa", 290)
@example("abab ababa babab aabb abba", 290)
@settings(max_examples=500)
def test_training_fast_and_slowly_is_the_same(text, vocab_size):
    tokens = train(text, vocab_size)
    assert tokens == train_naive(text, vocab_size)
    assert tokens[:256] == BYTES and len(tokens) <= vocab_size


def test_training_fast_and_slowly_is_the_same_on_tales():
    assert train_naive(TALES[:20_000], 320) == TOKENS[:320]


@given(texts)
def test_repeating_a_text_changes_no_order(text):
    """Nor does a long text, which is counted chunk by chunk."""
    tokens = train(f"{text}\n{text}\n", 280)
    assert train(f"{text}\n{text}\n" * 3, 280)[: len(tokens)] == tokens


def train_as_hugging_face_does(text, vocab_size):
    """The tokens of its trainer, whose alphabet is in the order of characters: ours is of bytes."""
    first = 0x100
    words = ["".join(chr(first + b) for b in piece.encode()) for piece in pre_tokens(text)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "removed")
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        initial_alphabet=[chr(first + b) for b in range(256)],
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(words)], trainer)
    id_of = tokenizer.get_vocab()
    return [bytes(ord(c) - first for c in token) for token in sorted(id_of, key=id_of.get)]


@given(texts, st.integers(256, 290))
@example("aaa aaaa aaaaa aaaaaa aaaaaaa", 290)
@settings(max_examples=300)
def test_hugging_face_trains_the_same(text, vocab_size):
    """Its rule for ties, too: nobody has written it down, but it is ours."""
    assert train_as_hugging_face_does(text, vocab_size) == train(text, vocab_size)


def test_hugging_face_trains_the_same_on_tales():
    tokens = train(TALES[:100_000], 1024)
    assert len(tokens) == 1024
    assert train_as_hugging_face_does(TALES[:100_000], 1024) == tokens


def test_training_takes_seconds():
    start = time.process_time()
    assert len(train(TALES, 1024)) == 1024
    assert time.process_time() - start < 10  # half a second on a usual machine


@pytest.mark.parametrize("bad", [255, 0, -1, 256.5, "300", None])
@pytest.mark.parametrize("trains", [train, train_naive, BPETokenizer.from_text])
def test_no_vocabulary(trains, bad):
    message = f"vocab_size is {bad!r}: give a whole number, at least 256"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        trains("a text", bad)


def test_no_vocabulary_with_special_tokens():
    message = "vocab_size is 257: give a whole number, at least 258"
    with pytest.raises(ValueError, match=message):
        BPETokenizer.from_text("a text", 257, ["<a>", "<b>"])
    assert BPETokenizer.from_text("a text", 258, ["<a>", "<b>"]).vocab_size == 258


def test_special_tokens_count_in_the_size():
    text = TALES[:5000]
    tokenizer = BPETokenizer.from_text(text, 300, ["<a>", "<b>"])
    assert tokenizer.vocab_size == 300 and tokenizer.tokens == train(text, 298)


# Encoding and decoding


@given(written)
@settings(max_examples=500)
def test_encoding_fast_and_slowly_is_the_same(text):
    ids = encode_naive(text, TOKENS)
    assert TOKENIZER.encode(text) == ids
    tensor = TOKENIZER.encode_to_tensor(text)
    assert tensor.dtype == torch.int64 and tensor.tolist() == ids
    for these in (ids, tensor, np.array(ids, dtype=int), [np.int64(i) for i in ids]):
        assert TOKENIZER.decode(these) == text
    assert b"".join(map(TOKENIZER.token_bytes, ids)) == text.encode()


@given(texts, texts)
def test_encoding_with_the_tokens_of_another_text(text, another):
    tokens = train(another, 280)
    ids = encode_naive(text, tokens)
    tokenizer = BPETokenizer(tokens)
    assert tokenizer.encode(another) == encode_naive(another, tokens)
    assert tokenizer.decode(ids) == text


def segmented(text, tokens):
    """The ids with which training ended: its merges, one after the other."""
    id_of, pieces = {t: i for i, t in enumerate(tokens)}, [p.encode() for p in pre_tokens(text)]
    pieces = [list(piece) for piece in pieces]
    for new in range(256, len(tokens)):
        counts = Counter(pair for ids in pieces for pair in pairwise(ids))
        pairs = [pair for pair in counts if tokens[pair[0]] + tokens[pair[1]] == tokens[new]]
        (pair,) = pairs  # one pair alone ever makes a token
        pieces = [merge(ids, pair, id_of[tokens[new]]) for ids in pieces]
    return [i for ids in pieces for i in ids]


@given(texts, st.integers(256, 290))
@settings(max_examples=300)
def test_a_text_is_encoded_as_its_training_ended(text, vocab_size):
    tokens = train(text, vocab_size)
    assert BPETokenizer(tokens).encode(text) == segmented(text, tokens)


def test_the_tales_are_encoded_as_training_ended():
    assert TOKENIZER.encode(TALES[:20_000]) == segmented(TALES[:20_000], TOKENS)


def test_the_pair_learned_first_is_joined_first():
    tokenizer = BPETokenizer([*BYTES, b"bc", b"ab", b"abc", b"cd", b"abcd"])
    assert tokenizer.encode("abc") == [258] == encode_naive("abc", tokenizer.tokens)
    assert tokenizer.encode("abcd") == [260] and tokenizer.encode("ab") == [257]
    assert tokenizer.encode("bcd") == [256, ord("d")]  # not b and the cd learned later
    # The longest token from the left would be ab.
    tokens = [*BYTES, b"bc", b"ab"]
    assert BPETokenizer(tokens).encode("abc") == encode_naive("abc", tokens) == [ord("a"), 256]


def test_a_long_text_is_encoded_as_in_one(monkeypatch):
    text = VALID[:50_000]
    whole = TOKENIZER.encode(text)
    monkeypatch.setattr("gptlib.bpe.chunks", lambda text: chunks(text, 100))
    assert TOKENIZER.encode_to_tensor(text).tolist() == whole
    assert train(TALES[:20_000], 400) == TOKENS
    assert len(whole) < 0.6 * len(text)


def test_nothing_encodes_to_nothing():
    assert TOKENIZER.encode("") == encode_naive("", TOKENS) == []
    assert TOKENIZER.encode_to_tensor("").dtype == torch.int64
    assert TOKENIZER.encode_to_tensor("").shape == (0,)
    assert TOKENIZER.decode([]) == TOKENIZER.decode(torch.tensor([], dtype=torch.int64)) == ""


def test_a_text_of_nothing_still_makes_a_tokenizer_of_bytes():
    tokenizer = BPETokenizer.from_text("", 1000)
    assert tokenizer.vocab_size == 256
    assert tokenizer.encode("né🙂") == list("né🙂".encode())


@given(st.lists(st.integers(0, TOKENIZER.vocab_size - 1), max_size=20))
def test_whatever_a_model_draws_is_text(ids):
    """As `write` yields it, and as Python decodes it, without what is no character."""
    text = TOKENIZER.decode(ids)
    assert text == "".join(whole_characters(map(TOKENIZER.token_bytes, ids)))
    raw = b"".join(map(TOKENIZER.token_bytes, ids))
    assert text.encode() in (raw, raw.decode("utf-8", "ignore").encode())


def test_half_a_character_is_left_out():
    smile = list("🙂".encode())
    assert TOKENIZER.decode(smile) == "🙂"
    assert TOKENIZER.decode(smile[:3]) == TOKENIZER.decode(smile[1:]) == ""
    assert TOKENIZER.decode([ord("a"), *smile[:3], ord("b"), 0xFF, ord("c")]) == "abc"


@pytest.mark.parametrize("bad", [-1, 402, 2**40, -(2**40)])
@pytest.mark.parametrize("kind", [list, torch.tensor, np.array])
def test_unknown_id(kind, bad):
    message = f"id {bad} is not among this tokenizer's, 0 to 401: decode ids that it made"
    with pytest.raises(ValueError, match=f"^{message}$"):
        TOKENIZER.decode(kind([0, 401, bad, 402]))
    with pytest.raises(ValueError, match=f"^{message}$"):
        TOKENIZER.token_bytes(bad)


@pytest.mark.parametrize("bad", ["ab", 5, [1.0], [[1]], None, [None], ["a"]])
def test_no_ids(bad):
    with pytest.raises(ValueError, match=re.escape(f"ids {bad!r} are not one sequence of ints")):
        TOKENIZER.decode(bad)


def test_ids_of_every_kind_of_int():
    ids = [torch.tensor(104), np.uint32(105), 33]
    assert TOKENIZER.decode(ids) == "hi!"
    assert [TOKENIZER.token_bytes(i) for i in ids] == [b"h", b"i", b"!"]


TAKE_TEXT = {
    "pre_tokens": pre_tokens,
    "train": lambda text: train(text, 300),
    "train_naive": lambda text: train_naive(text, 300),
    "encode_naive": lambda text: encode_naive(text, TOKENS),
    "encode": TOKENIZER.encode,
    "encode_to_tensor": TOKENIZER.encode_to_tensor,
    "from_text": lambda text: BPETokenizer.from_text(text, 300),
}


@pytest.mark.parametrize("takes", TAKE_TEXT)
def test_half_a_surrogate_pair(takes):
    message = (
        r"'\ud83d' at position 6 is half of a surrogate pair and no character: remove it"  # 🙂's
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$") as caught:
        TAKE_TEXT[takes]("a\n🙂 b \ud83d c \udc00")
    assert caught.type is ValueError and str(caught.value).isascii()


@pytest.mark.parametrize("bad", [None, 7, b"ab", ["a", "b"]])
@pytest.mark.parametrize("takes", TAKE_TEXT)
def test_no_text(takes, bad):
    with pytest.raises(ValueError, match=re.escape(f"text is {bad!r}: encode a str")):
        TAKE_TEXT[takes](bad)


def test_a_prompt_leaves_the_space_to_the_word_after_it():
    assert TOKENIZER.as_prompt(" a a  ") == " a a"
    assert TOKENIZER.as_prompt("a\n") == "a\n" and TOKENIZER.as_prompt("  ") == ""
    assert TOKENIZER.normalize("e\u0301") == "e\u0301"  # text stays as it is


# Special tokens

ATTACKS = [
    END_OF_TEXT,
    f"a{END_OF_TEXT}b",
    f"<|end{END_OF_TEXT}oftext|>",
    "<|endoftext|<|endoftext|>",
    "<|end of text|>",
    " <|endoftext|> ",
    "<|ENDOFTEXT|>",
    "<<|end|>|end|>",
    "<|endoftext",
    "<|end\u200doftext|>",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_text_that_looks_like_a_special_token_is_text(text):
    ids = TOKENIZER.encode(text)
    assert max(ids) < len(TOKENS)
    assert ids == encode_naive(text, TOKENS) == TOKENIZER.encode_to_tensor(text).tolist()
    assert TOKENIZER.decode(ids) == text


@given(st.lists(st.sampled_from([*"<|endoftx> ", "<|end", END_OF_TEXT, "<|end|>"])).map("".join))
def test_no_text_makes_a_special_token_unless_allowed(text):
    ids = TOKENIZER.encode(text)
    assert all(i < len(TOKENS) for i in ids) and TOKENIZER.decode(ids) == text
    allowed = TOKENIZER.encode(text, allowed_special=[END_OF_TEXT])
    assert allowed.count(400) == text.count(END_OF_TEXT) and 401 not in allowed
    assert TOKENIZER.decode(allowed) == text


def test_special_tokens_have_the_ids_after_the_others():
    assert TOKENIZER.vocab_size == 402 and len(TOKENS) == 400
    text = f"a{END_OF_TEXT}b<|end|>"
    assert TOKENIZER.encode(text, [END_OF_TEXT, "<|end|>"]) == [97, 400, 98, 401]
    assert TOKENIZER.encode(text, {"<|end|>"})[-1] == 401
    assert 400 not in TOKENIZER.encode(text, ("<|end|>",))
    assert TOKENIZER.encode(text, ["<|end|>"])[:-1] == TOKENIZER.encode(text[:-7])


def test_a_special_token_is_shown_by_its_name():
    assert TOKENIZER.decode([97, 400, 98]) == f"a{END_OF_TEXT}b"
    assert TOKENIZER.decode([401]) == "<|end|>"
    assert (
        TOKENIZER.token_bytes(400) == b"<|endoftext|>" and TOKENIZER.token_bytes(401) == b"<|end|>"
    )


@pytest.mark.parametrize(
    ("allowed", "name"),
    [
        (["<|start|>"], "<|start|>"),
        ([END_OF_TEXT, "b", "a"], "a"),
        (END_OF_TEXT, "<"),
        ("all", "a"),
    ],
)
def test_unknown_special_token(allowed, name):
    message = f"special token {name!r} is unknown: give some of ['<|endoftext|>', '<|end|>']"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        TOKENIZER.encode("a", allowed_special=allowed)


@pytest.mark.parametrize("bad", [["<a>", "<a>"], [""], [5], [None, "<a>"], END_OF_TEXT])
def test_names_that_are_no_special_tokens(bad):
    message = f"special is {list(bad)}: give different names, each a str"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        BPETokenizer(BYTES, bad)


# Tokens, states and files


@pytest.mark.parametrize(
    ("tokens", "shown"),
    [
        ([*BYTES, b"abc"], "b'abc'"),
        ([*BYTES, b"abc", b"ab"], "b'abc'"),
        ([b"ab", *BYTES], "b'ab'"),
        ([*BYTES, b""], "b''"),
    ],
)
def test_tokens_that_no_merges_make(tokens, shown):
    message = f"token {shown} is there twice, or is not one byte and not the join of two tokens"
    with pytest.raises(ValueError, match=re.escape(message)):
        BPETokenizer(tokens)


@pytest.mark.parametrize("token", [b"ab", b"a"])
def test_a_token_that_comes_twice(token):
    with pytest.raises(ValueError, match=f"^token {token!r} is there twice, or is not one byte"):
        BPETokenizer([*BYTES, b"ab", token])


@pytest.mark.parametrize(
    ("tokens", "missing"), [([], r"b'\x00'"), (BYTES[:-1], r"b'\xff'"), (BYTES[1:], r"b'\x00'")]
)
def test_tokens_that_lack_a_byte(tokens, missing):
    message = f"the byte {missing} is not among the tokens: give all 256"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        BPETokenizer(tokens)


@given(texts, st.lists(st.text(st.characters(codec="utf-8"), min_size=1), unique=True, max_size=3))
@settings(max_examples=50)
def test_the_state_is_all_there_is(text, special):
    tokenizer = BPETokenizer.from_text(text, 280, special)
    state = tokenizer.state()
    again = BPETokenizer.from_state(json.loads(json.dumps(state)))
    assert again == tokenizer and hash(again) == hash(tokenizer)
    assert again.tokens == tokenizer.tokens and again.special == tokenizer.special == special
    assert again.encode(text, special) == tokenizer.encode(text, special)
    state["tokens"].append("x"), state["special"].append("x")
    assert tokenizer.state() != state and again == tokenizer


def test_tokenizers_that_differ():
    same = BPETokenizer(TOKENS, TOKENIZER.special)
    assert same == TOKENIZER and len({same, TOKENIZER}) == 1
    assert repr(same) == "BPETokenizer(402 tokens)"
    others = [
        BPETokenizer(TOKENS, TOKENIZER.special[::-1]),
        BPETokenizer(TOKENS, [END_OF_TEXT]),
        BPETokenizer(TOKENS[:-1], TOKENIZER.special),
        BPETokenizer([*TOKENS[255::-1], *TOKENS[256:]], TOKENIZER.special),
    ]
    assert all(other != TOKENIZER for other in others)


STATE = BPETokenizer.from_text("é é ab ab 🙂🙂", 300, ["<a>"]).state()


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        "ab",
        [],
        {},
        {"tokens": STATE["tokens"]},
        {"special": []},
        STATE | {"more": 1},
        STATE | {"tokens": "".join(map(chr, range(128)))},
        STATE | {"tokens": [*STATE["tokens"], 5]},
        STATE | {"tokens": [*STATE["tokens"], 10**15]},
        STATE | {"tokens": [*STATE["tokens"], None]},
        STATE | {"tokens": [*STATE["tokens"], [256]]},
        STATE | {"tokens": [*STATE["tokens"], [97, 97]]},  # "aa" is a string
        STATE | {"tokens": [*STATE["tokens"], ["a"]]},
        STATE | {"tokens": [*STATE["tokens"], "\ud800"]},
        STATE | {"tokens": [*STATE["tokens"], STATE["tokens"][-1]]},
        STATE | {"tokens": [*STATE["tokens"], "xyz"]},
        STATE | {"tokens": STATE["tokens"][1:]},
        STATE | {"tokens": [[97], *STATE["tokens"][1:]]},
        STATE | {"special": ["<a>", "<a>"]},
        STATE | {"special": "<a>"},
        STATE | {"special": [["<a>"]]},
        STATE | {"special": [""]},
        STATE | {"special": None},
    ],
)
def test_no_state(bad, tmp_path):
    with pytest.raises(ValueError, match="^.{10,400}$"):
        BPETokenizer.from_state(bad)
    path = tmp_path / "tokens.json"
    path.write_text(json.dumps(bad))
    with pytest.raises(ValueError, match=f"^{re.escape(repr(str(path)))} holds no tokenizer"):
        BPETokenizer.load(path)


@given(texts)
@settings(max_examples=30)
def test_a_saved_tokenizer_comes_back(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("saved") / "tokens.json"
    tokenizer = BPETokenizer.from_text(text, 280, ["<é>\n"])
    tokenizer.save(path)
    assert BPETokenizer.load(path) == BPETokenizer.load(str(path)) == tokenizer


def test_a_file_can_be_read_and_corrected_by_hand(tmp_path):
    path = tmp_path / "tokens.json"
    TOKENIZER.save(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == '{"special": ["<|endoftext|>", "<|end|>"],'
    assert lines[2 + 97 : 2 + 99] == ['"a",', '"b",'] and lines[2 + 255] == "[255],"
    assert '" the",' in lines and len(lines) == 2 + 400 + 1
    assert json.loads(path.read_text(encoding="utf-8")) == TOKENIZER.state()


DAMAGED = {
    "empty": b"",
    "cut": b'{"special": [],\n"tokens": ["a", "b"',
    "of no text": b"\xff\xfe\x00",
    "of something else": b"[1, 2, 3]",
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_file(tmp_path, how):
    path = tmp_path / "tokens.json"
    path.write_bytes(DAMAGED[how])
    with pytest.raises(ValueError, match=f"^{re.escape(repr(str(path)))} holds no tokenizer"):
        BPETokenizer.load(path)


def test_no_file(tmp_path):
    for path in (tmp_path / "none.json", tmp_path):
        message = f"{str(path)!r} is not a file: give one that BPETokenizer.save wrote"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            BPETokenizer.load(path)


@pytest.mark.parametrize("encode", ["encode", "encode_to_tensor"])
def test_a_run_of_white_space_beyond_what_tiktoken_can_do(encode):
    tokenizer = BPETokenizer(BYTES)
    assert len(getattr(tokenizer, encode)(" " * 100_000 + "a")) == 100_001
    with pytest.raises(ValueError, match="too long a run of white space.*: shorten it"):
        getattr(tokenizer, encode)(" " * 2_000_000 + "a")
