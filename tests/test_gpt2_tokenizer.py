"""GPT-2's tokenizer: offline, and token for token the one that OpenAI published."""

import hashlib
import json
import re

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from gptlib import bpe
from gptlib.bpe import END_OF_TEXT, GPT2, encode_naive, gpt2_tokenizer, pre_tokens
from gptlib.data import DATA, load_split

SHAKESPEARE = DATA.parent.parent / "shared" / "data" / "tinyshakespeare.txt"
OURS = gpt2_tokenizer()
STRINGS = 10_000

HARD = [
    "I'll we've they're she'd it's don't I'm",
    "I'LL WE'VE THEY'RE SHE'D IT'S DON'T I'M 'Tis 'twas o'clock ''s 'S",
    "don’t it’s",
    "   a  b \n\n c\t\td \r\n e\u00a0f\u00a0\u00a0g\u2003 h \n ",
    "    if x == 1:\n        return [i**2 for i in range(10)]\n",
    "123 1,234,567.89 ²³ ½ ٣٤ Ⅷ 1e-10",
    "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇫🇷🇬🇧 1️⃣",
    "e\u0301 n\u0303 a\u0300\u0301\u0302 ḍ̇",
    "我们在学习 日本語のテキスト 한국어 ภาษาไทย हिन्दी العربية עברית",
    "<|endoftext|> <|endoftext <|end|>",
    "\x00\x01\x1c\x7f\x85\u200b\ufeff\ufffd\uffff",
    "^" * 50 + "a" * 50 + " " * 50 + "\n" * 50 + "!",
]
# Letters newer than Python's tables are left out: those of tiktoken, of `tokenizers` and of `regex`
# are of different ages.
characters = st.characters(exclude_categories=["Cs", "Cn"])
parts = st.sampled_from(
    [*"'s 'S 'll 'LL 're 'D".split(), "  ", " \n", *HARD, *"a1 \n\t.é'\u00a0\u200d🙂"]
)
mixtures = st.lists(parts | characters | st.characters(codec="ascii"), max_size=25).map("".join)


def merges_of(tokens):
    """The two parts of each longer token: what comes of it by merging with those before it."""
    id_of = {token: i for i, token in enumerate(tokens)}
    for new, token in enumerate(tokens):
        parts = [bytes([b]) for b in token]
        while len(parts) > 2:
            ids = [id_of.get(a + b, new) for a, b in zip(parts, parts[1:], strict=False)]
            i = ids.index(min(ids))
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        if len(parts) == 2:
            yield tuple(parts)


def spelling():
    """The letter with which OpenAI's files write each byte."""
    plain = [b for b in range(256) if chr(b).isprintable() and chr(b) != " "]
    others = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(others)}


LETTERS = spelling()
MERGES = list(merges_of(OURS.tokens))


def spell(token):
    return "".join(LETTERS[b] for b in token)


def as_hugging_face():
    """GPT-2's tokenizer in the library `tokenizers`, of the same tokens."""
    vocabulary = {spell(token): i for i, token in enumerate(OURS.tokens)}
    merges = [(spell(a), spell(b)) for a, b in MERGES]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


THEIRS = as_hugging_face()


def test_openai_s_files_follow_from_ours_to_the_last_byte():
    """Stock tiktoken knows the hashes of both, and downloads them."""
    asked = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            openai_public, "data_gym_to_mergeable_bpe_ranks", lambda **told: asked.update(told)
        )
        stock = openai_public.gpt2()
    vocab_bpe = "#version: 0.2\n" + "".join(f"{spell(a)} {spell(b)}\n" for a, b in MERGES)
    ids = {spell(token): i for i, token in enumerate(OURS.tokens)} | stock["special_tokens"]
    assert hashlib.sha256(vocab_bpe.encode()).hexdigest() == asked["vocab_bpe_hash"]
    assert hashlib.sha256(json.dumps(ids).encode()).hexdigest() == asked["encoder_json_hash"]


def test_the_file_is_the_one_that_stock_tiktoken_downloads(monkeypatch):
    raw, asked = GPT2.read_bytes(), {}
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda url, **told: asked.update(told))
    openai_public.r50k_base()
    assert asked == {"expected_hash": hashlib.sha256(raw).hexdigest()}


def test_the_ids_are_those_of_stock_tiktoken(monkeypatch):
    """Its pattern is written otherwise, and means the same."""
    ranks = {token: i for i, token in enumerate(OURS.tokens)}
    monkeypatch.setattr(openai_public, "data_gym_to_mergeable_bpe_ranks", lambda **told: ranks)
    told = openai_public.gpt2()
    assert told["explicit_n_vocab"] == OURS.vocab_size == 50_257
    assert told["special_tokens"] == {END_OF_TEXT: 50_256}
    assert OURS.special == [END_OF_TEXT] and OURS.encode(END_OF_TEXT, [END_OF_TEXT]) == [50_256]
    stock = tiktoken.Encoding(**told)

    @given(mixtures)
    @settings(max_examples=1000)
    def same(text):
        assert OURS.encode(text) == stock.encode_ordinary(text)

    same()
    for text in [*HARD, *load_split("tales")]:
        assert OURS.encode(text) == stock.encode_ordinary(text)
        allowed = stock.encode(text, allowed_special="all")
        assert OURS.encode(text, [END_OF_TEXT]) == allowed


def assert_same(text):
    ids = OURS.encode(text)
    assert ids == THEIRS.encode(text).ids, repr(text)
    assert OURS.decode(ids) == THEIRS.decode(ids) == text


@pytest.mark.parametrize("text", HARD)
def test_hard_cases_are_hugging_face_s_too(text):
    assert_same(text)
    ids = OURS.encode(text)
    assert ids == encode_naive(text, OURS.tokens) == OURS.encode_to_tensor(text).tolist()
    assert ids == [i for piece in pre_tokens(text) for i in OURS.encode(piece)]


def test_ten_thousand_strings_are_hugging_face_s_too():
    seen = set()

    @given(st.text(characters, max_size=30))
    @settings(max_examples=STRINGS + 500)  # should some be drawn twice
    def same(text):
        assert_same(text)
        seen.add(text)

    same()
    assert len(seen) >= STRINGS


@given(mixtures)
@settings(max_examples=1000)
def test_mixtures_of_hard_cases_are_hugging_face_s_too(text):
    assert_same(text)


@pytest.mark.skipif(not SHAKESPEARE.exists(), reason=f"no copy at {SHAKESPEARE}")
def test_tiny_shakespeare_is_hugging_face_s_too():
    text = SHAKESPEARE.read_text(encoding="utf-8")
    assert_same(text)
    ids = OURS.encode_to_tensor(text)
    assert ids.tolist() == OURS.encode(text) and len(ids) == 338_025


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello, world!", [15496, 11, 995, 0]),
        (" the", [262]),
        ("the", [1169]),
        ("\n\n", [628]),
        ("🙂", [8582, 25081]),
    ],
)
def test_known_ids(text, ids):
    assert OURS.encode(text) == ids and OURS.decode(ids) == text


@given(mixtures)
def test_the_readable_encoder_gives_the_same(text):
    ids = encode_naive(text, OURS.tokens)
    assert OURS.encode(text) == OURS.encode_to_tensor(text).tolist() == ids


@pytest.mark.parametrize("bad", [50_257, -1])
def test_unknown_id(bad):
    message = f"id {bad} is not among this tokenizer's, 0 to 50256: decode ids that it made"
    with pytest.raises(ValueError, match=f"^{message}$"):
        OURS.decode([0, 50_256, bad])


def test_it_is_read_once_and_comes_back_from_its_state():
    assert gpt2_tokenizer() is gpt2_tokenizer()
    assert type(OURS).from_state(json.loads(json.dumps(OURS.state()))) == OURS


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(bpe, "GPT2", tmp_path / "gpt2.tiktoken")
    gpt2_tokenizer.cache_clear()
    yield bpe.GPT2
    gpt2_tokenizer.cache_clear()


@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: b"", lambda raw: raw + b"x"])
def test_a_damaged_file_of_gpt2_s_tokens(elsewhere, damage):
    raw = damage(GPT2.read_bytes())
    elsewhere.write_bytes(raw)
    message = (
        f"{str(elsewhere)!r} is damaged, its SHA-256 is {hashlib.sha256(raw).hexdigest()} and not "
        f"{bpe.GPT2_SHA256}: clone the course again, and take it from there"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        gpt2_tokenizer()
    elsewhere.write_bytes(GPT2.read_bytes())
    assert gpt2_tokenizer() == OURS


def test_a_missing_file(elsewhere):
    message = f"{str(elsewhere)!r} is missing: clone the course again, and take it from there"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        gpt2_tokenizer()
