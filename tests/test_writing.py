"""What is written is what the model's tokens say: whole characters, up to where the text ends."""

import re
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gptlib.bigram import Bigram
from gptlib.bpe import BYTES, BPETokenizer, gpt2_tokenizer
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.sampling import Sampling, generate
from gptlib.tokenizer import CharTokenizer, TextTokenizer, WordTokenizer
from gptlib.writing import before_stop, whole_characters, write


class ByteTokenizer(TextTokenizer):
    """One id for each byte, and one more that ends a text."""

    end = 256
    vocab_size = 257

    def encode(self, text):
        return list(text.encode())

    def decode(self, ids):
        return b"".join(map(self.token_bytes, ids)).decode(errors="replace")

    def token_bytes(self, i):
        return bytes([i]) if i < self.end else b"<END>"

    def state(self):
        return ""


class Reciting(nn.Module):
    """Says these ids one after the other, whatever it is given, and keeps what it was given."""

    def __init__(self, ids, V=257):
        super().__init__()
        self.ids, self.V, self.given = list(ids), V, []
        self.parameter = nn.Parameter(torch.zeros(()))

    def forward(self, idx):
        self.given.append(idx)
        said = idx.shape[1] - self.given[0].shape[1]
        logits = torch.zeros(*idx.shape, self.V)
        logits[:, -1, self.ids[said]] = 100.0
        return logits


def recited(text, **settings):
    """The parts in which a model writes text, byte by byte."""
    ids = ByteTokenizer().encode(text)
    model = Reciting(ids)
    settings = {"prompt": ":", "max_new_tokens": len(ids)} | settings
    return list(write(model, ByteTokenizer(), **settings))[1:]


def a_gpt(V, block_size=8):
    torch.manual_seed(0)
    sizes = {"n_layer": 2, "n_head": 2, "n_embd": 8}
    return GPT(GPTConfig(V, block_size=block_size, init_std=0.3, **sizes))


TEXT = "a cat, a rat,\na bat, a hat"
TOKENIZERS = [CharTokenizer(TEXT), BPETokenizer.from_text(TEXT + TEXT, 270), ByteTokenizer()]


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda tokenizer: type(tokenizer).__name__)
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(2.0, 7, 0.9, 1.5), Sampling(0)])
def test_what_is_written_is_what_is_generated(tokenizer, sampling):
    """The same tokens as `generate` draws, with all settings, past block_size too."""
    model = a_gpt(tokenizer.vocab_size)
    idx = torch.tensor([tokenizer.encode("a cat")])
    for seed in (0, 3):
        generator = torch.Generator().manual_seed(seed)
        [row] = generate(model, idx, 20, sampling, generator).tolist()
        text = b"".join(tokenizer.token_bytes(i) for i in row).decode(errors="ignore")
        parts = list(write(model, tokenizer, "a cat", 20, sampling, seed))
        assert parts[0] == "a cat" and "".join(parts) == text
    assert all(parts)


def test_another_seed_writes_another_text():
    model, tokenizer = a_gpt(TOKENIZERS[0].vocab_size), TOKENIZERS[0]
    texts = ["".join(write(model, tokenizer, "a", 30, seed=seed)) for seed in (0, 1, 0)]
    assert texts[0] == texts[2] != texts[1]
    torch.manual_seed(9)
    assert "".join(write(model, tokenizer, "a", 30)) == texts[0]


def test_a_piece_of_text_comes_as_soon_as_its_token_is_drawn():
    model = Reciting([97, 98, 99])
    parts = write(model, ByteTokenizer(), "x", 3, end=256)
    assert next(parts) == "x" and not model.given
    for n, part in enumerate("abc", start=1):
        assert next(parts) == part and len(model.given) == n
    assert list(parts) == []


# Where a text begins and ends


def first_given(tokenizer, prompt, **settings):
    model = Reciting([tokenizer.vocab_size - 1], tokenizer.vocab_size)
    text = "".join(write(model, tokenizer, prompt, 0, **settings))
    list(write(model, tokenizer, prompt, 1, **settings))
    return text, model.given[0].tolist()


def test_what_the_model_is_given():
    chars, pairs = CharTokenizer("\n ab"), BPETokenizer([*BYTES, b" a"])
    assert first_given(chars, "ab ") == ("ab ", [[2, 3, 1]])
    assert first_given(chars, "ab ", end=0) == ("ab ", [[0, 2, 3, 1]])
    assert first_given(chars, "") == ("", [[0]])
    assert first_given(CharTokenizer("ab"), "") == ("", [[0]])
    assert first_given(CharTokenizer("\ta\n"), "") == ("", [[1]])
    assert first_given(chars, "", end=3) == ("", [[3]])
    # A space at the end belongs to a word that is still to come.
    assert first_given(pairs, "a a  ") == ("a a", [[97, 256]])
    assert first_given(pairs, "a ", end=0) == ("a", [[0, 97]])
    assert first_given(pairs, "  ") == ("", [[10]])
    assert first_given(pairs, "e\u0301") == ("e\u0301", [[101, *"\u0301".encode()]])
    assert first_given(ByteTokenizer(), "é ", end=256) == ("é ", [[256, 195, 169, 32]])
    assert first_given(ByteTokenizer(), "") == ("", [[10]])


def test_a_prompt_is_cleaned_as_texts_are():
    tokenizer = CharTokenizer("\n éabc\ufeff\re\u0301")  # what is not cleaned is also known
    text = "é a\nb\n"
    wanted = text, [tokenizer.encode(text)]
    assert first_given(tokenizer, "\ufeffe\u0301 a\r\nb\r") == wanted


def test_a_text_ends_before_its_end():
    def written(ids, **settings):
        return "".join(write(Reciting(ids), ByteTokenizer(), ">", len(ids), **settings))

    ids = [97, 98, 256, 99]
    assert written(ids, end=256) == ">ab"
    assert written(ids) == ">ab<END>c"
    assert written(ids, end=98) == ">a"
    assert written([256, 97], end=256) == ">"
    # An end in the prompt ends nothing.
    model = Reciting([97, 10, 98])
    assert "".join(write(model, ByteTokenizer(), "x\ny", 3, end=10)) == "x\nya"
    assert len(model.given) == 2


def test_the_ids_are_where_the_model_is():
    model = Reciting([97])
    model.parameter = nn.Parameter(torch.zeros((), device="meta"))
    with pytest.raises(RuntimeError, match="meta"):  # where no token can be read
        list(write(model, ByteTokenizer(), "x", 1))
    assert model.given[0].device.type == "meta"


def test_max_new_tokens_is_the_most():
    model = Reciting([97, 98, 99, 100])
    assert list(write(model, ByteTokenizer(), "x", 3)) == ["x", "a", "b", "c"]
    assert list(write(model, ByteTokenizer(), "x", 0)) == ["x"]


# Characters


def test_an_emoji_comes_with_the_last_of_its_four_tokens():
    ids = ByteTokenizer().encode("a🙂é")
    assert len(ids) == 7
    seen = []
    model = Reciting(ids)
    for part in write(model, ByteTokenizer(), "🙂", 7):
        seen.append((part, len(model.given)))
    assert seen == [("🙂", 0), ("a", 1), ("🙂", 5), ("é", 7)]


def said_by(tokenizer, ids):
    """The parts that are yielded after the prompt, each with the number of tokens drawn by then."""
    model = Reciting(ids, tokenizer.vocab_size)
    parts = write(model, tokenizer, ">", len(ids))
    return [(part, len(model.given)) for part in parts][1:]


@pytest.mark.parametrize("make", [gpt2_tokenizer, partial(BPETokenizer, BYTES)])
def test_an_emoji_of_several_tokens_comes_whole(make):
    tokenizer = make()
    emoji, after = tokenizer.encode("🦜"), tokenizer.encode("é!")
    n = len(emoji)
    assert n == len(set(emoji)) == (4 if tokenizer.vocab_size == 256 else 3)
    assert said_by(tokenizer, emoji) == [("🦜", n)]
    parts = said_by(tokenizer, [*emoji, *after])
    assert parts[0] == ("🦜", n) and "".join(part for part, _ in parts) == "🦜é!"
    # Without its last token, or with another in its place, none of it is text.
    assert said_by(tokenizer, emoji[:-1]) == []
    assert said_by(tokenizer, [*emoji[:-1], *tokenizer.encode("a")]) == [("a", n)]
    assert said_by(tokenizer, [*emoji[:-1], *emoji]) == [("🦜", 2 * n - 1)]
    assert said_by(tokenizer, emoji[1:]) == []


@given(st.lists(st.integers(0, 50_256), max_size=12))
def test_no_tokens_of_gpt2_are_said_as_what_they_are_not(ids):
    tokenizer = gpt2_tokenizer()
    said = "".join(whole_characters(map(tokenizer.token_bytes, ids)))
    assert said == tokenizer.decode(ids)
    assert said.count("\ufffd") == b"".join(map(tokenizer.token_bytes, ids)).count(b"\xef\xbf\xbd")


def test_half_a_surrogate_pair_in_a_prompt():
    for tokenizer in (BPETokenizer(BYTES), gpt2_tokenizer()):
        model = Reciting([0], tokenizer.vocab_size)
        with pytest.raises(
            ValueError, match=r"^'\\udc00' at position 2 is half of a surrogate pai"
        ):
            write(model, tokenizer, "ab\udc00")


@pytest.mark.parametrize("n", range(8))
def test_half_a_character_is_never_said(n):
    ids = ByteTokenizer().encode("a🙂é")
    said = {0: "", 1: "a", 5: "a🙂", 6: "a🙂", 7: "a🙂é"}.get(n, "a")
    assert "".join(write(Reciting(ids), ByteTokenizer(), "-", n)) == "-" + said


@given(st.lists(st.binary(max_size=5)))
def test_bytes_that_make_no_character_are_left_out(parts):
    said = list(whole_characters(parts))
    assert "".join(said) == b"".join(parts).decode(errors="ignore")
    assert all(said)


@given(st.text(st.sampled_from("aé猫🙂\u0301\ufffd")))
def test_a_character_comes_with_its_last_byte(text):
    said = []

    def one_by_one():
        for n, byte in enumerate(text.encode()):
            assert "".join(said) == text.encode()[:n].decode(errors="ignore")
            yield bytes([byte])

    for part in whole_characters(one_by_one()):
        said.append(part)
    assert said == list(text)


# Stop strings

few = st.text(st.sampled_from("ab\n"), max_size=12)
stops = st.lists(st.text(st.sampled_from("ab\n"), min_size=1, max_size=4), max_size=3)


def up_to(text, stop):
    return text[: min((text.find(s) for s in stop if s in text), default=len(text))]


@given(st.lists(few, max_size=8), stops)
def test_text_ends_where_the_first_stop_begins(parts, stop):
    said = list(before_stop(parts, stop))
    assert "".join(said) == up_to("".join(parts), stop)
    assert all(said)


@given(st.text(st.sampled_from("ab\n"), max_size=12), stops)
def test_nothing_is_held_back_that_could_be_said(text, stop):
    """After each character, all is said that is the same whatever comes next."""
    said = []

    def one_by_one():
        for n, char in enumerate(text):
            follow = ["", *stop, *(s[k:] for s in stop for k in range(1, len(s)))]
            sure = min((up_to(text[:n] + more, stop) for more in follow), key=len)
            assert "".join(said) == sure
            yield char

    for part in before_stop(one_by_one(), stop):
        said.append(part)
    assert "".join(said) == up_to(text, stop)


def test_stops_by_hand():
    assert recited("one two three", stop=["two"]) == list("one ")
    assert recited("one two three", stop=["twice"]) == [*"one ", "two", " ", "th", *"ree"]
    assert recited("aab", stop=["ab"]) == ["a"]
    assert recited("one tw", stop=["two"]) == [*"one ", "tw"]
    assert recited("one", stop=["o"]) == []
    # "c" comes first, but "bcd" begins before it.
    assert recited("abcd", stop=["c", "bcd"]) == ["a"]
    assert recited("abce", stop=["c", "bcd"]) == ["a", "b"]
    assert recited("abc", stop=["c", "bcd"]) == ["a", "b"]
    assert recited("é🙂é🙂", stop=["🙂é"]) == ["é"]
    assert recited("two", prompt="two", stop=["two"]) == []
    assert recited(" three", prompt="two", stop=["two", "o t"]) == [" ", "th", *"ree"]


def test_at_a_stop_the_model_is_asked_for_nothing_more():
    model = Reciting(ByteTokenizer().encode("one two three")).train()
    parts = write(model, ByteTokenizer(), "-", 13, stop=["two"])
    assert "".join(parts) == "-one "
    assert len(model.given) == 7 and model.training


def test_whoever_wants_no_more_has_the_model_back():
    model = a_gpt(257).train()
    parts = write(model, ByteTokenizer(), "abc")
    next(parts)
    assert model.training
    next(parts)
    assert not model.training
    parts.close()
    assert model.training


# Mistakes


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prompt": "axb"}, "character 'x' at position 1 is not among the 3"),
        ({"prompt": None}, "prompt is None: give a str"),
        ({"prompt": ["a"]}, "prompt is ['a']: give a str"),
        ({"max_new_tokens": -1}, "max_new_tokens is -1: give a whole number, 0 or more"),
        ({"seed": -1}, "seed is -1: give a whole number from 0 to 2**63 - 1"),
        ({"seed": 2**63}, f"seed is {2**63}: give a whole number from 0 to 2**63 - 1"),
        ({"seed": 0.5}, "seed is 0.5: give a whole number from 0 to 2**63 - 1"),
        ({"end": 3}, "end is 3: give one of the tokenizer's ids, 0 to 2, or None"),
        ({"end": -1}, "end is -1: give one of the tokenizer's ids, 0 to 2, or None"),
        ({"end": "\n"}, "end is '\\n': give one of the tokenizer's ids, 0 to 2, or None"),
        ({"stop": "ab"}, "stop is 'ab': give a list of strings, none of them empty"),
        ({"stop": ["a", ""]}, "stop is ['a', '']: give a list of strings, none of them empty"),
        ({"stop": [1]}, "stop is [1]: give a list of strings, none of them empty"),
    ],
)
def test_mistakes_are_told_at_once(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        write(Bigram(3), CharTokenizer("\nab"), **settings)


def test_words_are_not_written_on():
    with pytest.raises(ValueError, match="tokenizer is a WordTokenizer: give one whose tokens"):
        write(Bigram(5), WordTokenizer("a b"), "a")
