"""The models of notebook 10 that learn from their prompts: how they are trained and looked at."""

from dataclasses import replace
from itertools import product

import pytest
import torch
from experiments import EXPERIMENTS, rows, script

from gptlib import checkpoint
from gptlib.web.examples import LISTS


@pytest.fixture(scope="module")
def tiny():
    """The script, which trains for a moment on few lists and asks about few."""
    made = script("prompts")
    made.TOLD, made.VALID, made.ASKED = range(2_050), made.VALID[:66], made.ASKED[:12]
    made.AT_LAST = made.AT_LAST[:20]
    made.EVERY = 2
    made.CONFIG = replace(made.CONFIG, max_iters=4, warmup_iters=1, decay_iters=1, batch_size=2)
    small = {"n_layer": 2, "n_embd": 8, "n_head": 2}
    made.MODELS = {name: replace(config, **small) for name, config in made.MODELS.items()}
    return made


def test_nobody_is_asked_about_what_was_read():
    runs = script("prompts")
    seeds = [*runs.TOLD, *runs.VALID, *runs.ASKED, *runs.AT_LAST]
    assert len(set(seeds)) == len(seeds)


def test_lists_are_in_rows_of_their_own_and_all_of_them_fit(tiny):
    corpus = tiny.corpus()
    idx, _ = corpus.batch(0, 8, seed=1)
    assert (idx == corpus.end).sum(1).tolist() == [1] * 8  # padding is 0
    lengths = [len(corpus.tokenizer.encode(LISTS.tell(seed).text)) for seed in range(300)]
    assert max(lengths) < tiny.BLOCK_SIZE


def test_lines_are_mixed_so_that_no_two_of_a_text_come_from_one_list(tiny):
    lists = [LISTS.tell(seed) for seed in range(70)]
    texts = tiny.mixed(lists)
    lines = [told.text.split("\n")[-33:] for told in lists[:66]]
    assert sorted(sum((text.split("\n") for text in texts), [])) == sorted(sum(lines, []))
    for i, text in enumerate(texts[:33]):
        for k, line in enumerate(text.split("\n")):
            assert line == lines[(i - k) % 33][k]  # at the place that it had
    corpora = [tiny.corpus(name) for name in ("mixed lines", tiny.FOLLOWED)]
    assert corpora[0].tokenizer.tokens == corpora[1].tokenizer.tokens
    assert corpora[0].sha256 != corpora[1].sha256


def test_a_seed_draws_the_parameters_and_the_rows_and_is_looked_at(tiny):
    (run, tables), (other, _) = (tiny.train((tiny.FOLLOWED, seed)) for seed in (1, 2))
    table, rights, heads = tables
    assert [(row["model"], row["seed"], row["step"]) for row in table] == [
        (tiny.FOLLOWED, 1, step) for step in (2, 4)
    ]
    assert all(0 <= row[name] <= 1 for row in table for name in ("kinds", "look_pairs", "rules"))
    assert {row["family"] for row in rights} == {"kinds", "pairs", "rules", "rules, named"}
    assert [(row["layer"], row["head"]) for row in heads] == [
        (None, None),
        *product((0, 1), (0, 1)),
    ]
    assert tiny.train((tiny.FOLLOWED, 1))[1] == tables and run.losses != other.losses
    assert not any(tiny.train((tiny.BORN_LATE, 1))[1][1:])
    _, (_, more, none) = tiny.train(("2 × 32", 1))
    assert more and not none
    states = [tiny.start(tiny.FOLLOWED, seed).model.tok_emb.weight for seed in (1, 2)]
    assert not torch.equal(*states)


def test_what_comes_after_many_examples_is_pooled(tiny, monkeypatch):
    def asked(model, tokenizer, lists):
        pairs = {k: [(k > 9, True)] * (1 + (k == 20)) for k in range(33)}
        return {"rules": {3: [(True, True)], 8: [(False, True)]}, "rules, named": pairs}

    monkeypatch.setattr(tiny, "right_by_examples", asked)
    monkeypatch.setattr(tiny, "LISTS", type("", (), {"tell": staticmethod(lambda _: None)}))
    table = [(r["family"], r["examples"], r["questions"], r["right"]) for r in tiny.rights(0, 0)]
    assert table[:2] == [("rules", 3, 1, 1.0), ("rules", 8, 1, 0.0)]
    assert ("rules, named", 16, 8, 0.875) in table and ("rules, named", 32, 17, 1.0) in table


def test_the_tables_are_of_all_models_and_seeds():
    runs = script("prompts")
    jobs = [(name, seed) for name in runs.MODELS for seed in runs.SEEDS]
    jobs = [(name, seed) for name, seed in jobs if seed == 1 or name not in runs.ONCE]
    steps = range(runs.EVERY, runs.CONFIG.max_iters + 1, runs.EVERY)
    table = [(row["model"], int(row["seed"]), int(row["step"])) for row in rows("prompts")]
    assert table == [(*job, step) for job in jobs for step in steps]
    at_last = [(row["model"], int(row["seed"])) for row in rows("prompts_right")]
    assert list(dict.fromkeys(at_last)) == [job for job in jobs if job[0] != runs.BORN_LATE]
    heads = [(row["seed"], row["layer"], row["head"]) for row in rows("prompts_heads")]
    each = [("", ""), *product("0123", "0123")]
    assert heads == [(str(seed), *head) for seed in runs.SEEDS for head in each]


def test_the_committed_model_is_the_one_that_the_tables_are_about():
    runs = script("prompts")
    point = checkpoint.load(EXPERIMENTS / "prompts.safetensors")
    assert point.step == runs.CONFIG.max_iters
    sizes = {"vocab_size": point.tokenizer.vocab_size, "block_size": runs.BLOCK_SIZE}
    assert point.model.config == replace(runs.MODELS[runs.FOLLOWED], **sizes)
    run = type("Run", (), {})()
    run.model, run.step = point.model.float(), point.step
    run.corpus = type("Corpus", (), {"tokenizer": point.tokenizer, "end": point.end})()
    stored = [row for row in rows("prompts") if (row["model"], row["seed"]) == (runs.FOLLOWED, "1")]
    again, last = runs.look(run), stored[-1]
    for name in ("kinds", "pairs", "rules", "look_kinds", "look_pairs", "look_twice"):
        assert again[name] == pytest.approx(float(last[name]), abs=0.02)  # bfloat16
