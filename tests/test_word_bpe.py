"""GPT-1's tokenizer gives the ids of transformers', and what it writes it reads again."""

import json
from collections import Counter
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import OpenAIGPTTokenizer

from gptlib import checkpoint
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.word_bpe import GPT1Tokenizer
from gptlib.writing import write

TEXT = (
    "the cat sat on the mat, and the other cat -- the cat's mother -- sat there too. "
    "what a mat! that is what the cafe naive facade said: 我 们 l'ete 10 100. "
) * 3


def learned(n):
    """The tokens and merges of Sennrich et al. (2016), their algorithm 1, from TEXT."""
    words = Counter((*word[:-1], word[-1] + "</w>") for word in TEXT.replace("'", " ' ").split())
    letters = sorted({part.removesuffix("</w>") for word in words for part in word})
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<unk>", "\n</w>"]
    merges = []
    for _ in range(n):
        pairs = Counter()
        for word, times in words.items():
            for pair in pairwise(word):
                pairs[pair] += times
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(" ".join(best))
        tokens.append("".join(best))
        merged = Counter()
        for word, times in words.items():
            parts = list(word)
            for i in range(len(parts) - 1, 0, -1):
                if tuple(parts[i - 1 : i + 1]) == best:
                    parts[i - 1 : i + 1] = ["".join(best)]
            merged[tuple(parts)] += times
        words = merged
    return tokens, merges


TOKENS, MERGES = learned(40)
OURS = GPT1Tokenizer(TOKENS, MERGES)
UNK, BREAK = TOKENS.index("<unk>"), TOKENS.index("\n</w>")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpt-1")
    ids = {token: i for i, token in enumerate(TOKENS)}
    (folder / "vocab.json").write_text(json.dumps(ids))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES, ""]), encoding="utf-8")
    return OpenAIGPTTokenizer.from_pretrained(folder)


HARD = [
    "The Cat, the CAT'S mat!",
    "  white \t space\n\nand\r\nlines\u00a0\u2003there ",
    "thé ÉTÉ naïve façade Ångström İstanbul ß Σς ﬁ",
    "e\u0301 a\u0300\u0302",
    "我们 the猫cat 한국어 日本語のテキスト",
    "a☃b ☃ 🙂cat👍🏽",
    "<unk> a<unk>b <UNK> </w> the</w>",
    "\x00a\x01b\x1cc\x7f\x85d\u200be\ufefff\ufffdg\u2028h",
    "$10 100% x+y=z `a` ^~ «the» “the” — …",
    "catcat thethe " + "that" * 50,
    "",
]
characters = st.characters(exclude_categories=["Cs", "Cn"])
parts = st.sampled_from([*HARD, *"the cat</w>\n\t .,!'é我☃"])
mixtures = st.lists(parts | characters | st.characters(codec="ascii"), max_size=25).map("".join)


@pytest.mark.parametrize("text", HARD, ids=ascii)
def test_hard_texts(theirs, text):
    assert OURS.encode(text) == theirs(text)["input_ids"]


def test_all_texts(theirs):
    @given(mixtures)
    @settings(max_examples=1000)
    def same(text):
        assert OURS.encode(text) == theirs(text)["input_ids"]

    same()


def test_the_text_is_the_one_that_transformers_writes(theirs):
    ids = torch.randint(len(TOKENS), (200,), generator=torch.Generator().manual_seed(0)).tolist()
    ids = [i for i in ids if i != BREAK]
    assert OURS.decode(ids).rstrip() == theirs.decode(ids).rstrip()
    assert OURS.decode(torch.tensor(ids)) == OURS.decode(ids)


def test_merges_are_learned_in_this_order_and_applied_in_it():
    """By hand: "th" is joined before "at</w>", though "hat</w>" would be a token too."""
    tokens = ["<unk>", "t", "h", "a", "t</w>", "th", "at</w>", "hat</w>"]
    merges = ["t h", "a t</w>", "h at</w>"]
    assert GPT1Tokenizer(tokens, merges).encode("that hat") == [5, 6, 7]
    assert GPT1Tokenizer(tokens, merges[1:]).encode("that hat") == [1, 7, 7]


# What it promises of normalized text


@given(mixtures)
def test_a_normalized_text_comes_back(text):
    normal = OURS.normalize(text)
    assert OURS.decode(OURS.encode(normal)) == normal == OURS.normalize(normal)


@given(mixtures)
def test_the_tokens_joined_are_the_text(text):
    ids = [BREAK, *OURS.encode(text)]
    assert b"".join(map(OURS.token_bytes, ids)).decode() == OURS.decode(ids)


def test_what_is_left_of_a_text():
    assert OURS.normalize("The CAFÉ:\n the  cat's.") == "the cafe : the cat ' s . "
    assert OURS.normalize("a☃t") == "a <unk>t " and OURS.encode("a☃t")[1] == UNK
    assert OURS.decode([*OURS.encode("the"), BREAK, *OURS.encode("cat")]) == "the \ncat "


def test_a_prompt_and_what_a_model_writes_are_one_text():
    model = GPT(GPTConfig(OURS.vocab_size, block_size=9, n_layer=1, n_head=2, n_embd=4))
    text = "".join(write(model, OURS, "The cat", max_new_tokens=30))
    assert text.startswith("the cat ")
    ids = OURS.encode("The cat")
    assert "".join(write(model, OURS, "the cat ", max_new_tokens=30)) == text
    assert text.encode().startswith(b"".join(map(OURS.token_bytes, ids)))


def test_it_comes_back_from_a_checkpoint(tmp_path):
    model = GPT(GPTConfig(OURS.vocab_size, block_size=9, n_layer=1, n_head=2, n_embd=4))
    checkpoint.save(tmp_path / "model", model, OURS, step=1)
    again = checkpoint.load(tmp_path / "model").tokenizer
    assert again == OURS and again.encode(TEXT) == OURS.encode(TEXT)
    assert GPT1Tokenizer.from_state(json.loads(json.dumps(OURS.state()))) == OURS
    assert GPT1Tokenizer(TOKENS, MERGES[:-1]) != OURS


# What it refuses


@pytest.mark.parametrize("text", [None, b"the", 5, ["the"], "half \ud83d of a pair"])
def test_what_is_no_text(text):
    with pytest.raises(ValueError, match="encode a str without halves of surrogate pairs"):
        OURS.encode(text)


@pytest.mark.parametrize("ids", [[-1], [len(TOKENS)]])
def test_unknown_ids(ids):
    with pytest.raises(ValueError, match=f"id {ids[0]} is not among this tokenizer's"):
        OURS.decode(ids)


@pytest.mark.parametrize(
    ("tokens", "merges", "says"),
    [
        (["a", "b"], [], "give different ones, '<unk>' too"),
        (["<unk>", "a", "a"], [], "give different ones"),
        (["<unk>", "a", "b"], ["a b"], "merge 'a b' is no pair of tokens whose join is a token"),
        (["<unk>", "a", "ab"], ["a b"], "merge 'a b' is no pair"),
        (["<unk>", "a", "b", "ab"], ["ab"], "merge 'ab' is no pair"),
        (["<unk>", "a", "b", "ab"], ["a b c"], "merge 'a b c' is no pair"),
    ],
)
def test_tokens_and_merges_that_make_no_tokenizer(tokens, merges, says):
    with pytest.raises(ValueError, match=says):
        GPT1Tokenizer(tokens, merges)


@pytest.mark.parametrize(
    "state",
    [None, "abc", {}, {"tokens": ["<unk>"]}, {"tokens": ("<unk>",), "merges": []}, {"a": 1}],
)
def test_states_of_other_things(state):
    with pytest.raises(ValueError, match="is not the state of a GPT1Tokenizer"):
        GPT1Tokenizer.from_state(state)
