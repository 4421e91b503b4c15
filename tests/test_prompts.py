"""Prompts of examples, choices by their probability, and answers by beam search."""

import math

import pytest
import torch
import torch.nn.functional as F

from gptlib.answers import Read
from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.config import GPTConfig
from gptlib.gpt import GPT
from gptlib.prompts import (
    answer,
    choice_scores,
    earlier_answers,
    few_shot,
    likeliest,
    line_probs,
    own_questions,
    right_by_examples,
    shares_right,
)
from gptlib.web.examples import LISTS, PAIRS, Example, ExampleList, Lists

TOKENIZER = BPETokenizer([bytes([i]) for i in range(256)], special=(END_OF_TEXT,))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return GPT(
        GPTConfig(257, 48, n_layer=2, n_head=2, n_embd=16, dropout=0.5, init_std=0.4)
    ).double()


def test_prompts_with_none_one_and_many_examples():
    assert few_shot([], "kite") == "kite ->"
    assert few_shot([], "kite", task="In French") == "In French\nkite ->"
    assert few_shot([("a", "b")], "kite", "Q: {}\nA: {}") == "Q: a\nA: b\nQ: kite\nA:"
    assert few_shot([("{}", "b"), ("c", "d")], "{1}", "{} = {}.") == "{} = b.\nc = d.\n{1} ="


def by_hand(model, prompt, choice):
    """ln p of each byte of a choice, one after another."""
    known, nats = [256, *prompt.encode()], []
    for byte in choice.encode():
        with torch.no_grad():
            nats.append(F.log_softmax(model(torch.tensor([known]))[0, -1], 0)[byte].item())
        known.append(byte)
    return nats


def test_choices_are_scored_as_in_the_paper(model):
    choices = [" a", " bcd", " ef"]
    model.train()
    got = {
        by: choice_scores(model, TOKENIZER, "kite ->", choices, by)
        for by in ("sum", "mean", "neutral")
    }
    assert model.training
    model.eval()
    for i, choice in enumerate(choices):
        nats, neutral = (by_hand(model, prompt, choice) for prompt in ("kite ->", "Answer:"))
        assert got["sum"][i] == pytest.approx(sum(nats), abs=1e-12)
        assert got["mean"][i] == pytest.approx(sum(nats) / len(nats), abs=1e-12)
        assert got["neutral"][i] == pytest.approx(sum(nats) - sum(neutral), abs=1e-12)


@pytest.mark.parametrize("choices", [[], [" a"], [" a", ""]])
def test_nothing_to_choose_from(model, choices):
    with pytest.raises(
        ValueError, match="the choices are .*: give two or more, none of them empty"
    ):
        choice_scores(model, TOKENIZER, "kite ->", choices)


def test_an_answer_is_the_line_that_beam_search_finds(model):
    model.eval()
    said = {width: answer(model, TOKENIZER, "kite ->", 6, width) for width in (1, 4)}
    assert len(set(said.values())) == 2 and not any("\n" in each for each in said.values())
    greedy = [256, *b"kite ->"]
    for _ in range(6):
        with torch.no_grad():
            greedy.append(model(torch.tensor([greedy]))[0, -1].argmax().item())
    new = TOKENIZER.decode(greedy[8:])
    assert said[1] == new.split("\n")[0].strip()
    assert sum(by_hand(model, "kite ->", said[4])) > sum(by_hand(model, "kite ->", said[1]))


def test_the_likeliest_lines_begin_with_the_likeliest_tokens(model):
    found = likeliest(model, TOKENIZER, "kite ->", n=5, max_new_tokens=4)
    model.eval()
    start = [256, *b"kite ->"]
    with torch.no_grad():
        first = model(torch.tensor([start]))[0, -1].topk(5).indices.tolist()
    for token, line in zip(first, found, strict=True):
        written = [*start, token]
        for _ in range(3):
            with torch.no_grad():
                written.append(model(torch.tensor([written]))[0, -1].argmax().item())
        assert line == TOKENIZER.decode(written[8:]).split("\n")[0].strip()
    one = likeliest(model, TOKENIZER, "kite ->", n=1, max_new_tokens=6)
    assert one == [answer(model, TOKENIZER, "kite ->", 6, beam_width=1)]


def test_how_likely_a_line_is_to_end_with_an_answer(model):
    model.eval()
    for each, p in zip("ab", line_probs(model, TOKENIZER, "kite ->", "ab"), strict=True):
        assert p == pytest.approx(math.exp(sum(by_hand(model, "kite ->", f" {each}\n"))), rel=1e-9)
    with pytest.raises(ValueError, match="give two or more"):
        line_probs(model, TOKENIZER, "kite ->", ["a"])


def test_where_an_answer_was_given_before():
    told = ExampleList(
        "pairs",
        "- {}: {}",
        "",
        tuple(Example(*line.split()) for line in ("a X X", "b Y Y", "a Y X", "a X X", "c Y Y")),
    )
    shorter = told._replace(examples=told.examples[:1])
    idx, where = earlier_answers([told, shorter], TOKENIZER)
    text = "- a: X\n- b: Y\n- a: Y\n- a: X\n- c: Y"
    assert bytes(idx[0, 1:].tolist()).decode() == text == told.text
    assert idx[0, 0] == 256 and idx[1].tolist() == [256, *b"- a: X", *[256] * 28]
    # The answers, with the blank before each, begin at these places of the text.
    first = [4, 11, 18, 25, 32]
    asked = {(first[k], first[i] + 1) for k, i in ((2, 0), (3, 0), (4, 1))}
    assert {(t, s) for b, t, s in where.nonzero().tolist() if b == 0} == asked
    assert not where[1].any()
    assert idx[0, 26] == ord(" ") and idx[0, 27] == ord("X")


@pytest.mark.parametrize("form", ["- {}: {}", "-- {} -> {}"])
def test_the_way_from_a_line_to_its_own_question(form):
    examples = (Example("ab cd", "X", "X"), Example("e", "YZ", "YZ"))
    told = ExampleList("rules", form, "In French", examples)
    shorter = told._replace(named="", examples=examples[:1])
    assert [told.text[place] for place in told.questions] == ["ab cd", "e"]
    idx, from_separators, from_answers = own_questions([told, shorter], TOKENIZER)
    assert torch.equal(idx, earlier_answers([told, shorter], TOKENIZER)[0])
    for b, each in enumerate([told, shorter]):
        ways = [mask[b].nonzero().tolist() for mask in (from_separators, from_answers)]
        text = "." + each.text  # a byte for END_OF_TEXT
        for (t, s), (t_1, s_1), example in zip(*ways, each.examples, strict=True):
            assert s == s_1 and text[s] == example.question[-1] and t_1 == t + 1
            assert text[:t_1].endswith(form.format(example.question, "").rstrip())
            assert text[t + 1 :].startswith(f" {example.answer}")


def test_models_and_the_best_reader_are_asked_the_same(monkeypatch):
    """The model is right about lines with an even number alone, from 0."""

    def even(model, tokenizer, told):
        return [Read(0.0, tuple(k % 2 == 0 for k in range(33))) for _ in told]

    monkeypatch.setattr("gptlib.prompts.read", even)
    told = [LISTS.tell(seed) for seed in range(20)]
    found, wanted = right_by_examples(None, None, told), {}
    for each in told:
        name = f"{each.family}, named" if each.named else each.family
        for k, example in enumerate(each.examples):
            if each.needs_list(k):
                known = LISTS.best(each, k)
                knows = max(known, key=known.get) == example.right
                wanted.setdefault((name, k), []).append((k % 2 == 0, knows))
    assert {name for name, _ in wanted} == {"kinds", "pairs", "rules", "rules, named"} == {*found}
    for (name, k), each in wanted.items():
        assert found[name][k] == each
    sure = Lists((PAIRS,))
    told = [sure.tell(seed) for seed in range(3)]
    assert {*right_by_examples(None, None, told, sure)} == {"pairs"}


def test_shares_pool_what_comes_after_many_examples(monkeypatch):
    def asked(model, tokenizer, lists):
        named = {k: [(k > 9, True)] * (1 + (k == 20)) for k in range(33)}
        return {"rules": {3: [(True, True)], 8: [(False, True)]}, "rules, named": named}

    monkeypatch.setattr("gptlib.prompts.right_by_examples", asked)
    assert shares_right(None, None, [], least=8) == {"rules": 24 / 27}
    assert shares_right(None, None, [], least=0) == {"rules": 25 / 36}
