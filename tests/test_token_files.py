"""Tokenizers in the hub's files: those of transformers here, and ours there."""

import json

import pytest
from hypothesis import given, settings
from test_gpt2_tokenizer import HARD, LETTERS, MERGES, mixtures
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoTokenizer, GPT2Tokenizer, OpenAIGPTTokenizer

from gptlib import token_files
from gptlib.bpe import BYTES, END_OF_TEXT, BPETokenizer, gpt2_tokenizer
from gptlib.token_files import merges_of, read_tokenizer, write_tokenizer
from gptlib.tokenizer import CharTokenizer
from gptlib.word_bpe import GPT1Tokenizer

TEXT = "to be or not to be, that is to be: naïve café 👍🏽 aaaa aaa aa\n\n  " * 2
BPE = BPETokenizer.from_text(TEXT, 290, [END_OF_TEXT, "<|user|>"])
WORDS = GPT1Tokenizer(
    ["<unk>", "t", "h", "e", "e</w>", ".</w>", "th", "the</w>"], ["t h", "th e</w>"]
)


def config(folder, **settings):
    """AutoTokenizer asks for the model's."""
    (folder / "config.json").write_text(json.dumps({"model_type": "openai-gpt"} | settings))


def test_bytes_are_spelled_as_in_gpt_2():
    assert token_files.LETTERS == LETTERS and set(LETTERS.values()) == set(ByteLevel.alphabet())


def test_gpt_2_s_merges_follow_from_its_tokens():
    assert list(merges_of(gpt2_tokenizer().tokens)) == MERGES


@pytest.mark.parametrize("tokenizer", [BPE, WORDS, BPETokenizer(BYTES), gpt2_tokenizer()], ids=repr)
def test_it_comes_back(tmp_path, tokenizer):
    write_tokenizer(tmp_path, tokenizer)
    assert read_tokenizer(tmp_path, "another, were it not said") == tokenizer


@pytest.mark.parametrize("model_type", ["openai-gpt", "gpt2"])
def test_transformers_gives_the_same_ids(tmp_path, model_type):
    """In texts of any kind, special tokens included, also where the model is a GPT-1."""
    write_tokenizer(tmp_path, BPE)
    config(tmp_path, model_type=model_type)
    theirs = AutoTokenizer.from_pretrained(tmp_path)

    @given(mixtures)
    @settings(max_examples=300)
    def same(text):
        text = f"to be{END_OF_TEXT}{text}<|user|> be"
        ids = theirs(text)["input_ids"]
        assert ids == BPE.encode(text, allowed_special=BPE.special)
        assert theirs.decode(ids) == text

    same()
    assert theirs.eos_token == END_OF_TEXT and len(theirs) == BPE.vocab_size


def test_no_special_token_is_added_there(tmp_path):
    write_tokenizer(tmp_path, BPETokenizer(BPE.tokens))
    config(tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert len(theirs) == len(BPE.tokens) and theirs.eos_token is None
    assert theirs(TEXT)["input_ids"] == BPE.encode(TEXT)


SPELLED = {"".join(LETTERS[b] for b in token): i for i, token in enumerate(BPE.tokens)}
JOINS = [
    tuple("".join(LETTERS[b] for b in part) for part in pair) for pair in merges_of(BPE.tokens)
]


def test_what_transformers_saves_is_read(tmp_path):
    """It writes one file, tokenizer.json."""
    ids = SPELLED | {END_OF_TEXT: len(SPELLED)}
    GPT2Tokenizer(vocab=ids, merges=JOINS).save_pretrained(tmp_path / "bytes")
    assert not (tmp_path / "bytes" / "vocab.json").exists()
    wanted = BPETokenizer(BPE.tokens, [END_OF_TEXT])
    assert read_tokenizer(tmp_path / "bytes", "OpenAIGPTTokenizer") == wanted
    ids = {token: i for i, token in enumerate(WORDS.tokens)}
    pairs = [tuple(merge.split()) for merge in WORDS.merges]
    OpenAIGPTTokenizer(vocab=ids, merges=pairs).save_pretrained(tmp_path / "words")
    assert read_tokenizer(tmp_path / "words", "GPT2Tokenizer") == WORDS


@pytest.mark.parametrize(
    "named", ["", '{"model_max_length": 1024}', '{"tokenizer_class": "%sFast"}']
)
@pytest.mark.parametrize("kind", ["GPT2Tokenizer", "OpenAIGPTTokenizer"])
def test_files_as_on_the_hub(tmp_path, kind, named):
    """There the class is named only by the model's config, or by an older name."""
    tokenizer = BPE if kind == "GPT2Tokenizer" else WORDS
    write_tokenizer(tmp_path, tokenizer)
    (tmp_path / "tokenizer_config.json").unlink()
    if named:
        (tmp_path / "tokenizer_config.json").write_text(named.replace("%s", kind))
    again = read_tokenizer(tmp_path, kind)
    assert again == tokenizer
    assert all(again.encode(text) == tokenizer.encode(text) for text in HARD)


def test_a_character_that_breaks_lines_breaks_no_merge(tmp_path):
    tokens = ["<unk>", "\x85", "\u2028</w>", "\x85\u2028</w>"]
    write_tokenizer(tmp_path, GPT1Tokenizer(tokens, ["\x85 \u2028</w>"]))
    assert read_tokenizer(tmp_path, "OpenAIGPTTokenizer").merges == ["\x85 \u2028</w>"]


def test_a_merge_may_look_like_a_version(tmp_path):
    tokens = [
        *BYTES,
        b"#v",
        b"#ve",
        b"#ver",
        b"#vers",
        b"#versi",
        b"#versio",
        b"#version",
        b"#version:",
    ]
    write_tokenizer(tmp_path, BPETokenizer(tokens))
    assert read_tokenizer(tmp_path, "").tokens == tokens


# What is refused


def edited(folder, name, change):
    path = folder / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


EDITS = {
    "no vocabulary": ("vocab.json", lambda text: "[]", "'list' object"),
    "no JSON": ("vocab.json", lambda text: text[:-1], "Expecting"),
    "a gap": (
        "vocab.json",
        lambda text: text.replace(": 258,", ": 999,"),
        "the ids are not 0",
    ),
    "a letter of no byte": ("vocab.json", lambda text: text.replace('"a"', '"猫"'), "猫"),
    "another order": (
        "merges.txt",
        lambda text: "\n".join([*text.split("\n")[::-1], ""]),
        "the merges are not those of the tokens, in the order of their ids",
    ),
    "a merge less": (
        "merges.txt",
        lambda text: "\n".join(text.split("\n")[:1] + text.split("\n")[2:]),
        "the merges are not those",
    ),
    "another class": (
        "tokenizer_config.json",
        lambda text: text.replace("GPT2", "Llama"),
        "it is a LlamaTokenizer, not a GPT2Tokenizer or a OpenAIGPTTokenizer",
    ),
    "a space before": (
        "tokenizer_config.json",
        lambda text: '{"add_prefix_space": true}',
        "it puts a space before each text",
    ),
    "no class": ("tokenizer_config.json", lambda text: '{"tokenizer_class": 5}', "'int' object"),
}


@pytest.mark.parametrize("case", EDITS)
def test_damaged_files(tmp_path, case):
    name, change, says = EDITS[case]
    write_tokenizer(tmp_path, BPE)
    edited(tmp_path, name, change)
    with pytest.raises(ValueError, match=says) as caught:
        read_tokenizer(tmp_path, "GPT2Tokenizer")
    message = str(caught.value)
    assert message.startswith(f"{str(tmp_path)!r} holds no tokenizer of GPT-1 or GPT-2 (")
    assert message.endswith("give a folder with vocab.json and merges.txt as they were published")


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt"])
def test_missing_files(tmp_path, name):
    write_tokenizer(tmp_path, BPE)
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match="neither vocab.json and merges.txt nor tokenizer.json"):
        read_tokenizer(tmp_path, "GPT2Tokenizer")


def test_tokenizers_without_such_files(tmp_path):
    with pytest.raises(ValueError, match="a CharTokenizer has no merges.txt: give a BPETokenizer"):
        write_tokenizer(tmp_path, CharTokenizer("abc"))
    with pytest.raises(ValueError, match=r"special tokens \['a'\] are tokens already: rename them"):
        write_tokenizer(tmp_path, BPETokenizer(BPE.tokens, ["a"]))
    assert not any(tmp_path.iterdir())
