"""The LSTM and the fine-tuning of notebook 08 are trained as is told, each training once."""

from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from experiments import EXPERIMENTS, script
from safetensors.torch import load_file, save_file

from gptlib.atomic_files import write_csv
from gptlib.gpt import GPT
from gptlib.log import read_log
from gptlib.lstm import LSTM
from gptlib.papers import GPT_1_THIRD

TABLES = {
    "fine_tuning_rates": "rates",
    "fine_tuning": "table",
    "layers": "layers",
    "labels": "labels",
}


@pytest.fixture(scope="module")
def lstm():
    return script("lstm")


@pytest.fixture(scope="module")
def runs():
    return script("fine_tuning")


def log(name):
    return read_log(EXPERIMENTS / f"{name}.csv")


def test_the_lstm_has_the_tales_the_schedule_and_the_rates_of_the_gpt(lstm):
    gpt = script("gpt1")
    assert (lstm.SEEDS, lstm.CONFIG, lstm.RATES) == (gpt.SEEDS, gpt.CONFIG, gpt.RATES)
    assert gpt.SHORT.max_iters == lstm.SHORT


def test_the_lstm_has_as_many_parameters_as_the_gpt(lstm):
    config = GPT_1_THIRD.config
    models = LSTM(config.vocab_size, lstm.CHANNELS), GPT(config)
    ours, gpts = (sum(p.numel() for p in model.parameters()) for model in models)
    assert ours == pytest.approx(gpts, rel=0.005)


def test_a_step_s_time_is_the_median_in_turns_without_the_first(lstm, monkeypatch):
    clock, order = [0.0], []

    def run(name, first, *later):
        for seconds in (first, *later * lstm.TURNS):
            order.append(name)
            clock[0] += seconds
            yield

    monkeypatch.setattr(lstm, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(lstm, "TURNS", 3)
    found = lstm.step_seconds([run("a", 50, 1, 2, 9), run("b", 60, 7, 7, 8)])
    assert found == [2, 7]
    assert order == ["a", "b"] * 4


def test_the_lstm_trains_as_long_as_the_gpt_and_at_the_best_rate(lstm):
    (row,) = log("lstm")
    wanted = lstm.CONFIG.max_iters * row["gpt_step"] / row["lstm_step"]
    rounding = sum(0.0005 / row[name] for name in ("gpt_step", "lstm_step"))
    assert abs(row["steps"] - wanted) <= 0.5 + wanted * rounding
    tried = {rate: row[f"loss at {rate}"] for rate in lstm.RATES}
    assert row["rate"] == min(tried, key=tried.get)
    assert row["loss"] < tried[row["rate"]]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_each_of_its_trainings_once(runs, name):
    trainings = [
        {"labels": runs.LABELS, "layers": 4} | given for given in getattr(runs, TABLES[name])()
    ]
    done = log(name)
    columns = ("task", "model", "rate", "seed", "steps", "labels", "layers")
    asked, found = (
        Counter(tuple(r[c] for c in columns) for r in rows) for rows in (trainings, done)
    )
    assert found == asked
    assert set(found.values()) == {1}
    assert all(0 <= row["accuracy"] <= 1 for row in done)


def test_tables_ask_for_all_tasks_models_and_seeds(runs, monkeypatch):
    monkeypatch.setattr(runs, "best_rate", {model: i for i, model in enumerate(runs.MODELS)}.get)
    asked = {name: list(getattr(runs, ask)()) for name, ask in TABLES.items()}
    T, M, S = map(len, (runs.TASKS, runs.MODELS, runs.SEEDS))
    R = sum(map(len, runs.RATES.values()))
    sizes = [len(runs.RATED) * R, T * M * S, S * 4, S * len(runs.FEWER)]
    assert [len(trainings) for trainings in asked.values()] == sizes
    assert {given["seed"] for given in asked.pop("fine_tuning_rates")} == {0} - set(runs.SEEDS)
    models = list(runs.MODELS)
    for trainings in asked.values():
        assert all(models[given["rate"]] == given["model"] for given in trainings)


def test_the_best_rate_is_best_in_the_mean_over_the_tasks(runs):
    tried = log("fine_tuning_rates")
    for model in runs.MODELS:
        sums = dict.fromkeys(runs.RATES[model], 0)
        for row in tried:
            if row["model"] == model:
                sums[row["rate"]] += row["accuracy"]
        best = runs.best_rate(model)
        assert sums[best] == pytest.approx(max(sums.values()))
        assert best not in (min(sums), max(sums))  # or another rate might be better still


def test_the_best_rate_is_neither_another_model_s_nor_that_of_one_task(runs, monkeypatch, tmp_path):
    monkeypatch.setattr(runs, "HERE", tmp_path)
    monkeypatch.setattr(runs, "RATES", dict.fromkeys(("full", "LSTM"), (0.1, 0.2, 0.3)))
    tried = {"full": [(0.6, 0.9, 0.5), (0.6, 0.7, 0.9)], "LSTM": [(0.9, 0.5, 0.7), (0.9, 0.5, 0.7)]}
    rows = [
        {"task": task, "model": model, "rate": rate, "accuracy": accuracy}
        for model, tasks in tried.items()
        for task, accuracies in enumerate(tasks)
        for rate, accuracy in zip((0.1, 0.2, 0.3), accuracies, strict=True)
    ]
    write_csv(tmp_path / "fine_tuning_rates.csv", rows)
    assert runs.best_rate("full") == 0.2
    assert runs.best_rate("LSTM") == 0.1


def test_only_what_a_table_lacks_is_done_and_it_is_kept_when_a_training_fails(
    runs, monkeypatch, tmp_path
):
    done = []

    def submit(function, **given):
        def result():
            done.append(given["seed"])
            return function(**given)

        return SimpleNamespace(result=result)

    def row(task, seed):
        if seed == 4:
            raise RuntimeError
        return {"task": task, "seed": seed, "accuracy": seed / 10}

    pool = SimpleNamespace(submit=submit)
    monkeypatch.setattr(runs, "HERE", tmp_path)
    monkeypatch.setattr(runs, "row", row)
    trainings = [{"task": "choice", "seed": seed} for seed in range(1, 6)]
    runs.fill(pool, "some", trainings[1:2])
    with pytest.raises(RuntimeError):
        runs.fill(pool, "some", trainings)
    assert done == [2, 1, 3, 4]
    assert read_log(tmp_path / "some.csv") == [row("choice", seed) for seed in (2, 1, 3)]
    runs.fill(pool, "some", iter(trainings[:3]))
    assert done == [2, 1, 3, 4]


def test_a_model_keeps_as_many_blocks_as_it_is_told(runs):
    pretrained = runs.pretrained()[0]
    whole, none, random = (
        runs.language_model(kind, n).state_dict()
        for kind, n in (("gpt", 4), ("gpt", 0), ("random gpt", 4))
    )
    for name, weights in pretrained.state_dict().items():
        assert torch.equal(whole[name], weights)
    for name in ("tok_emb.weight", "blocks.0.attn.proj.weight"):
        assert torch.equal(none[name], whole[name]) == (name == "tok_emb.weight")
        assert not torch.equal(random[name], whole[name])


def test_the_lstm_that_was_saved_is_fine_tuned(runs, monkeypatch, tmp_path):
    monkeypatch.setattr(runs, "HERE", tmp_path)
    model = LSTM(11, 6)
    (tmp_path / "gpt1").mkdir()
    save_file(model.state_dict(), tmp_path / "gpt1" / "lstm.safetensors")
    idx = torch.tensor([[1, 5, 2]])
    assert torch.equal(runs.language_model("lstm", 4)(idx), model(idx))


def test_the_reader_that_is_kept_reads(runs):
    model, tokenizer = runs.pretrained()
    reader = runs.Classifier(runs.with_special_tokens(model), 3)
    kept = load_file(EXPERIMENTS / "gpt1" / "entailment.safetensors")
    reader.load_state_dict(kept)
    assert {weights.dtype for weights in kept.values()} == {torch.bfloat16}
    special = runs.Special(*range(tokenizer.vocab_size, tokenizer.vocab_size + 3))
    (few,) = runs.parts(runs.TASKS["entailment"], (200,))
    few = runs.encode_examples(
        few, runs.TRANSFORMATIONS["entailment"], tokenizer, special, model.config.block_size
    )
    assert runs.accuracy(reader, runs.all_task_batches(few, 50)) > 0.95


@pytest.mark.parametrize("seed, accuracy", [(0, "0.200"), (1, "0.100")])
def test_rates_are_compared_on_other_examples_than_models(runs, monkeypatch, seed, accuracy):
    monkeypatch.setattr(torch, "set_num_threads", lambda n: None)
    monkeypatch.setattr(runs, "encoded", lambda task: [[0.1], [0.2], [0.3]])
    monkeypatch.setattr(runs, "fine_tune", lambda *given: given)
    monkeypatch.setattr(runs, "all_task_batches", lambda examples, batch_size: examples)
    monkeypatch.setattr(runs, "accuracy", lambda classifier, batches: batches[0])
    row = runs.row("choice", "full", 0.001, seed, 40, labels=30, layers=2)
    told = {"task": "choice", "model": "full", "rate": 0.001, "seed": seed, "steps": 40}
    assert row == told | {"labels": 30, "layers": 2, "accuracy": accuracy, "seconds": "0"}


@pytest.mark.parametrize("task", ["classification", "choice"])
def test_no_example_is_in_two_parts(runs, monkeypatch, task):
    for name, size in (("TEST", 7), ("VALID", 6), ("LABELS", 5)):
        monkeypatch.setattr(runs, name, size)
    found = runs.encoded.__wrapped__(task)  # not cached, for it is smaller
    assert [len(part) for part in found] == [7, 6, 5]
    texts = [tuple(sequences[0].tolist()) for part in found for sequences, _ in part]
    assert len(set(texts)) == 18
    V = runs.pretrained()[1].vocab_size
    assert {(text[0], text[-1]) for text in texts} == {(V, V + 2)}


@pytest.mark.parametrize("task, classes", [("entailment", 3), ("similarity", 2), ("choice", 1)])
def test_a_training_has_its_examples_its_rate_and_its_loss(runs, monkeypatch, task, classes):
    def train(classifier, batches, loss, config):
        given.update(classes=classifier.head.out_features, batches=batches, config=config)
        return [given.update(loss.keywords)]

    given = {}
    monkeypatch.setattr(runs, "encoded", lambda task: ["test", "valid", range(9)])
    monkeypatch.setattr(
        runs, "language_model", lambda *start: given.update(start=start) or LSTM(11, 6)
    )
    monkeypatch.setattr(runs, "task_batches", lambda *some: some)
    monkeypatch.setattr(runs, "train", train)
    for model, (kind, weight) in runs.MODELS.items():
        runs.fine_tune(task, model, 0.003, 5, 40, labels=4, layers=2)
        assert given["start"] == (kind, 2)
        assert given["batches"] == (range(4), runs.BATCH, 5)
        assert (given["classes"], given["lm_weight"]) == (classes, weight)
        config = given["config"]
        assert (config.max_iters, config.learning_rate) == (40, 0.003)
