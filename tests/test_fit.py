"""What is said and kept while a run trains: the numbers are the run's, and none is lost."""

import json
import math
import re
import signal
from dataclasses import replace

import pytest
import torch
from test_run import a_config, a_corpus, a_model

from gptlib import fit as fit_module
from gptlib.checkpoint import load
from gptlib.fit import finish, finishing_the_step, take_steps
from gptlib.run import Run
from gptlib.run_folder import RunFolder
from gptlib.train import next_token_loss
from gptlib.writing import write

MARKS = {"knows nothing": 2.5}


def make(loss=next_token_loss, end=None, **config):
    """A run of 12 steps, in whose parts a character is 2 and 4 tokens, or says it is."""
    corpus = a_corpus(end)
    for part, share in (("train", 0.5), ("valid", 0.25)):
        old = getattr(corpus, part)
        setattr(corpus, part, replace(old, tokens_per_character=share))
    model = a_model(V=corpus.tokenizer.vocab_size)
    run = Run(model, corpus, a_config(**({"eval_interval": 5} | config)), loss=loss)
    run.measure()
    return run


def disturbed(step, do):
    """The usual loss, but in this step `do` is done, and what it gives is added."""

    def loss(model, batch):
        seen.append(batch)
        total, asked = next_token_loss(model, batch)
        if len(seen) == 2 * step:  # two batches are a step
            total = total + do(model)
        return total, asked

    seen = []
    return loss


def control_c(model):
    signal.raise_signal(signal.SIGINT)
    return 0


@pytest.fixture
def folder(tmp_path):
    return RunFolder.new(str(tmp_path / "run"), "")


def log(folder):
    return json.loads((folder.path / "log.json").read_text())


def said(run, first, step):
    """The line after a step, whose mean is of the steps since the first."""
    losses = [loss * 0.5 for loss in run.losses[first:step]]
    mean = sum(losses) / len(losses)
    return f"step {step:6}   train {mean:.3f}   valid {run.valid_losses[step]:.3f}\n"


def test_what_is_told_is_the_mean_since_it_was_told_last(folder, capsys):
    run = make()
    take_steps(run, folder, MARKS)
    lines = [said(run, first, step) for first, step in ((0, 5), (5, 10), (10, 12))]
    assert capsys.readouterr().out == "".join(lines)
    means = {line.split()[3] for line in lines}
    # Of all steps so far, of the last alone, or in nats per token: each would be another number.
    assert len(means) == 3
    for first, step, scale in ((0, 10, 0.5), (9, 10, 0.5), (5, 10, 1.0)):
        mean = scale * sum(run.losses[first:step]) / (step - first)
        assert f"{mean:.3f}" != lines[1].split()[3]


def test_what_is_told_after_a_resume_is_of_the_steps_since_then(folder, capsys):
    stopped = make(disturbed(7, control_c))
    with pytest.raises(KeyboardInterrupt):
        take_steps(stopped, folder, MARKS)
    out, err = capsys.readouterr()
    assert out == said(stopped, 0, 5)
    assert " finishing this step; press Ctrl-C again to stop at once\n" in err
    run = make()
    run.load(folder.model)
    take_steps(run, folder, MARKS)
    assert capsys.readouterr().out == said(run, 7, 10) + said(run, 10, 12)
    whole = make()
    list(whole)
    assert run.losses == whole.losses
    assert list(run.valid_losses) == [0, 5, 10, 12]


def test_the_bar_shows_how_many_steps_are_done(folder, monkeypatch):
    class Bar(fit_module.tqdm):
        def __init__(self, **said):
            super().__init__(**said)
            bars.append([said["initial"], said["total"], 0])

        def update(self):
            bars[-1][2] += 1

    bars = []
    monkeypatch.setattr(fit_module, "tqdm", Bar)
    with pytest.raises(KeyboardInterrupt):
        take_steps(make(disturbed(7, control_c)), folder, MARKS)
    run = make()
    run.load(folder.model)
    take_steps(run, folder, MARKS)
    assert bars == [[0, 12, 7], [7, 12, 5]]


def test_the_folder_keeps_up(folder, monkeypatch):
    """After each measurement that is due there is a checkpoint, with its losses beside it."""

    def measured(run):
        kept.append((run.step, folder.model.exists() and load(folder.model).step))
        return measure(run)

    kept, measure = [], Run.measure
    run = make()
    monkeypatch.setattr(Run, "measure", measured)
    take_steps(run, folder, MARKS)
    assert kept == [(5, False), (10, 5), (12, 10)]
    assert load(folder.model).step == 12
    assert list(log(folder)) == ["landmarks", "train", "valid"]
    assert log(folder)["train"] == run.train_losses()
    assert log(folder)["landmarks"] == MARKS
    names = {path.name for path in folder.path.iterdir()}
    assert names == {"log.json", "loss.png", "model.safetensors"}


def test_control_c_keeps_the_step_in_which_it_came(folder):
    run = make(disturbed(7, control_c))
    with pytest.raises(KeyboardInterrupt):
        take_steps(run, folder, MARKS)
    assert run.step == load(folder.model).step == len(log(folder)["train"]) == 7
    assert list(run.valid_losses) == [0, 5]
    assert (folder.path / "loss.png").exists()


def test_control_c_in_the_last_step_is_too_late(folder):
    run = make(disturbed(12, control_c))
    take_steps(run, folder, MARKS)
    assert load(folder.model).step == 12


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize(("step", "kept"), [(3, None), (7, 5), (10, 5), (11, 10)])
def test_a_loss_that_is_no_number(folder, bad, optimizer, step, kept):
    run = make(
        disturbed(step, lambda _: bad), optimizer=optimizer, learning_rate=0.002, muon_rate=0.07
    )
    says = f"^the loss became infinite or nan after step {step}: train with a smaller "
    says += "--learning-rate than 0.002" + " and --muon-rate than 0.07" * (optimizer == "muon")
    if kept is not None:
        says += rf" \(the model after step {kept} is in {re.escape(str(folder.model))}\)"
    with pytest.raises(ValueError, match=f"{says}$"):
        take_steps(run, folder, MARKS)
    assert folder.model.exists() == (kept is not None)
    assert kept is None or load(folder.model).step == kept


def endless(model):
    """0 with an infinite slope: the loss is good, and the step after it breaks the model."""
    return (next(model.parameters()).sum() * 0).sqrt()


@pytest.mark.parametrize("also", [lambda _: 0, control_c], ids=["due", "stopped"])
def test_a_model_that_its_last_step_broke_is_not_kept(folder, also):
    step = 10 if also is not control_c else 8
    run = make(disturbed(step, lambda model: endless(model) + also(model)))
    with pytest.raises(ValueError, match=f"infinite or nan after step {step}"):
        take_steps(run, folder, MARKS)
    assert all(map(math.isfinite, run.losses))
    assert load(folder.model).step == 5
    assert all(map(math.isfinite, log(folder)["valid"].values()))


def test_the_first_control_c_asks_and_the_second_stops(capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), finishing_the_step() as stopped:
        assert not stopped.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stopped.is_set()
        says = " finishing this step; press Ctrl-C again to stop at once\n"
        assert capsys.readouterr().err == says
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    with finishing_the_step() as stopped:
        assert not stopped.is_set()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("end", [None, 0])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_finished_run_says_is_of_the_model_in_its_file(folder, end, seed):
    run = make(end=end, seed=seed)
    take_steps(run, folder, MARKS)
    kept = load(folder.model)
    with torch.no_grad():  # from here on it is another one
        for p in run.model.parameters():
            p.zero_()
    score, sample = finish(run, folder, MARKS)
    # Of all of the validation part, in nats per character.
    assert score == run.corpus.score(kept.model, 2) != run.corpus.score(kept.model, 2, 2)
    assert score != run.corpus.score(run.model, 2)
    assert log(folder)["score"] == score
    assert sample == "".join(write(kept.model, kept.tokenizer, seed=seed, end=end))
    assert (folder.path / "sample.txt").read_text() == sample
    finished = load(folder.model)
    assert (finished.step, finished.training, finished.end) == (12, {}, end)


def test_the_sample_depends_on_the_seed_and_is_of_200_tokens(folder):
    run = make()
    take_steps(run, folder, MARKS)
    samples = []
    for seed in (1, 2):
        run.config = replace(run.config, seed=seed)
        samples.append(finish(run, folder, MARKS)[1])
    assert samples[0] != samples[1]
    assert [len(sample) for sample in samples] == [200, 200]
