"""What notebook 07 quotes was trained as it says, and is what the logs hold."""

import random

import pytest
from experiments import rows, script

from gptlib.bpe import BPETokenizer


@pytest.fixture(scope="module")
def runs():
    return script("tokens")


@pytest.fixture(scope="module")
def odd():
    return script("oddities")


def test_words_and_characters_spell_what_is_rare(runs):
    tokenizer = runs.WordsAndCharacters("a cat, a cat, a rat", "zoo", vocab_size=12)
    said = [tokenizer.pieces[i] for i in tokenizer.encode("a cat, a rat")]
    assert said == ["a", " cat", ",", " a", " ", "r", "a", "t"]
    assert tokenizer.decode(tokenizer.encode("a zoo")) == "a zoo"


def test_every_tokenizer_reads_as_many_characters_and_tokens(runs):
    for name in ("words", "bpe 256", "bpe 1024"):
        read = runs.corpus("tales", name)
        assert 0.97 < read.block_size / (400 * read.train.tokens_per_character) < 1.03
        assert 0.8 < round(runs.TOKENS / read.block_size) * read.block_size / runs.TOKENS < 1.25
    assert runs.corpus("tales", "bpe 1024").tokenizer.vocab_size == 1024


def test_the_time_is_the_same_for_all(runs):
    timed = {(row["text"], row["tokens"]): row for row in rows("token_steps")}
    for (text, name), row in timed.items():
        assert int(timed[text, runs.USUAL]["steps"]) == runs.BUDGET
        spent = int(row["steps"]) * float(row["ms"])
        usual = runs.BUDGET * float(timed[text, runs.USUAL]["ms"])
        assert 0.85 < spent / usual < 1.15, (text, name)  # medians of times and of ratios differ


def test_the_log_has_every_tokenizer_with_every_seed(runs):
    steps = {(row["text"], row["tokens"]): row["steps"] for row in rows("token_steps")}
    logged = rows("tokens")
    wanted = {(t, n, str(s)) for t, names in runs.TEXTS.items() for n in names for s in runs.SEEDS}
    assert {(row["text"], row["tokens"], row["seed"]) for row in logged} == wanted
    assert len(logged) == len(wanted)
    for row in logged:
        assert row["steps"] == steps[row["text"], row["tokens"]]
        kind, _, V = row["tokens"].partition(" ")
        assert kind != "bpe" or int(row["vocab_size"]) <= int(V)


def test_words_that_are_asked_are_one_token_and_never_spelled(odd):
    known, new = odd.spelled_words()
    assert len(known) == 2 * odd.ASKED and len(new) == odd.ASKED and not set(known) & set(new)
    tokenizer = odd.corpus("spelling", "bpe").tokenizer
    assert isinstance(tokenizer, BPETokenizer)
    assert all(len(tokenizer.encode(f" {word}")) == 1 for word in (*known, *new))
    lines = odd.lines_to_spell()
    about = {line.split(":")[0].split()[-1] for line in lines if line.startswith("The letter")}
    assert set(known) <= about and not about & set(new)
    text = " ".join(line for line in lines if not line.startswith("The letter"))
    assert all(f" {word}" in text for word in new)


def test_lines_are_right(odd):
    assert odd.spelling("kite") == "The letters of kite: k i t e."
    assert odd.counting("letter", "t") == "The letter t in letter: 2."
    assert {odd.letter_of("aa", random.Random(n)) for n in range(50)} > {"a"}
    for line in odd.sums():
        a, b, c = map(int, line.replace("=", "+").split("+"))
        assert a + b == c and max(a, b) < 1000
    assert len(set(odd.sums())) == len(odd.sums())


def test_answers_are_compared_with_the_whole_line(odd, monkeypatch):
    said = {"1+1=": "1+1=2", "1+2=": "1+2=33", "2+2=": "2+2=4"}
    monkeypatch.setattr(odd, "write", lambda model, tokenizer, prompt, *how, **more: [said[prompt]])
    read = odd.corpus("adding", "chars")
    assert odd.answers(None, read, ["1+1=2", "1+2=3", "2+2=4"], "=") == "0.667"


def test_the_logs_of_oddities_have_every_seed(odd):
    for name in ("adding", "spelling"):
        found = [(row["tokens"], row["seed"]) for row in rows(name)]
        assert sorted(found) == sorted((k, str(s)) for k in ("chars", "bpe") for s in odd.SEEDS)
