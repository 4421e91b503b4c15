"""The pre-training of notebook 08 is what papers.py says of it, and its logs fit the model."""

import pytest
import torch
from experiments import EXPERIMENTS, rows, script

from gptlib import checkpoint
from gptlib.corpus import Corpus
from gptlib.data import load_split
from gptlib.papers import GPT_1_THIRD


@pytest.fixture(scope="module")
def runs():
    return script("gpt1")


@pytest.fixture(scope="module")
def point():
    return checkpoint.load(EXPERIMENTS / "gpt1" / "model.safetensors")


def test_the_recipe_is_the_one_that_is_told(runs, point):
    told, config = {topic: fact.value for topic, fact in GPT_1_THIRD.facts.items()}, runs.CONFIG
    tried = {float(row["rate"]): float(row["loss"]) for row in rows("gpt1_rates")}
    assert tuple(tried) == runs.RATES and told["peak_rate"] == min(tried, key=tried.get)
    assert told["batch"] == f"{config.batch_size} tales"
    assert told["trained_for"] == f"{config.max_iters:,} steps" and point.step == config.max_iters
    assert told["warm_up"] == f"{config.warmup_iters} steps" and config.decay == "cosine"
    assert point.model.config == GPT_1_THIRD.config


def test_a_run_begins_with_the_rate_that_it_is_given(runs):
    train_text, valid_text = load_split("tales")
    bpe = checkpoint.load(EXPERIMENTS / "gpt1" / "model.safetensors").tokenizer
    corpus = Corpus.of_tales(train_text[:20_000], valid_text[:20_000], bpe, 128)
    run = runs.start(corpus, runs.SHORT, 0.003)
    assert run.config.learning_rate == 0.003 and run.config.max_iters == 300
    torch.manual_seed(run.config.seed)
    assert torch.equal(run.model.tok_emb.weight, type(run.model)(GPT_1_THIRD.config).tok_emb.weight)


def test_the_log_ends_with_the_model_that_is_kept(runs, point):
    log, (questions,) = rows("gpt1"), runs.parts(runs.TASKS["choice"], [40])
    assert [int(row["step"]) for row in log] == list(range(runs.EVERY, 3001, runs.EVERY))
    assert {int(row["of"]) for row in log} == {runs.QUESTIONS}
    assert float(log[-1]["loss"]) == min(float(row["loss"]) for row in log)
    assert runs.right(point.model, point.tokenizer, point.end, questions) >= 38
