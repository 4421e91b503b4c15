"""The model of notebook 10 that learns from its prompt: how it is trained and looked at."""

from dataclasses import replace

import pytest
import torch
from experiments import EXPERIMENTS, rows, script

from gptlib import checkpoint
from gptlib.answers import Read
from gptlib.web.examples import LINES, LISTS


@pytest.fixture(scope="module")
def tiny():
    """The script, which trains for a moment on few lists and asks about few."""
    made = script("prompts")
    made.TOLD, made.VALID, made.ASKED = range(2_050), made.VALID[:60], made.ASKED[:12]
    made.EVERY = 2
    made.CONFIG = replace(made.CONFIG, max_iters=4, warmup_iters=1, decay_iters=1, batch_size=2)
    return made


def test_nobody_is_asked_about_what_was_read():
    runs = script("prompts")
    seeds = [*runs.TOLD, *runs.VALID, *runs.ASKED]
    assert len(set(seeds)) == len(seeds)


def test_lists_are_in_rows_of_their_own_and_all_of_them_fit(tiny):
    corpus = tiny.corpus()
    idx, _ = corpus.batch(0, 8, seed=1)
    assert (idx == corpus.end).sum(1).tolist() == [1] * 8  # padding is 0
    lengths = [len(corpus.tokenizer.encode(LISTS.tell(seed).text)) for seed in range(300)]
    assert max(lengths) < tiny.BLOCK_SIZE


def test_a_seed_draws_the_parameters_and_the_rows_and_is_looked_at(tiny):
    (run, table), (other, _) = tiny.train(1), tiny.train(2)
    assert [(row["seed"], row["step"]) for row in table] == [(1, 2), (1, 4)]
    assert all(0 <= row[name] <= 1 for row in table for name in ("kinds", "look_pairs", "rules"))
    assert tiny.train(1)[1] == table and run.losses != other.losses
    assert not torch.equal(tiny.start(1).model.tok_emb.weight, tiny.start(2).model.tok_emb.weight)


def test_answers_count_where_the_list_has_to_be_used(tiny, monkeypatch):
    """The model is right about lines with an even number alone, from 0."""

    def even(model, tokenizer, lists):
        return [Read(0.0, tuple(k % 2 == 0 for k in range(LINES))) for _ in lists]

    monkeypatch.setattr(tiny, "read", even)
    row, wanted = tiny.look(tiny.start(1)), {}
    for told in map(LISTS.tell, tiny.ASKED):
        for k in range(tiny.MANY, LINES):
            example = told.examples[k]
            shown = example.question in {e.question for e in told.examples[:k]}
            if example.answer == example.right and shown == (told.family == "pairs"):
                wanted.setdefault(told.family, []).append(k % 2 == 0)
    for family, right in wanted.items():
        assert row[family] == pytest.approx(sum(right) / len(right), abs=1e-4)


def test_the_committed_model_is_the_one_that_the_table_is_about():
    runs, table = script("prompts"), rows("prompts")
    steps = range(runs.EVERY, runs.CONFIG.max_iters + 1, runs.EVERY)
    looked_at = [(seed, step) for seed in runs.SEEDS for step in steps]
    assert [(int(row["seed"]), int(row["step"])) for row in table] == looked_at
    table = table[: len(steps)]
    point = checkpoint.load(EXPERIMENTS / "prompts.safetensors")
    assert point.step == runs.CONFIG.max_iters
    config = point.model.config
    assert (config.n_layer, config.n_embd, config.block_size) == (4, 128, runs.BLOCK_SIZE)
    run = type("Run", (), {})()
    run.model, run.step, run.losses = point.model.float(), point.step, [0.0] * runs.EVERY
    run.corpus = type("Corpus", (), {"tokenizer": point.tokenizer, "end": point.end})()
    again, last = runs.look(run), table[-1]
    for name in ("kinds", "pairs", "rules", "look_kinds", "look_pairs", "look_twice"):
        assert again[name] == pytest.approx(float(last[name]), abs=0.02)  # bfloat16
