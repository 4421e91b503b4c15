"""What is said and kept while a run trains: the numbers are the run's, and none is lost."""

import json
import math
import re
import signal
import sys
from dataclasses import replace

import pytest
import torch
from test_run import a_config, a_corpus, a_model

from gptlib import fit as fit_module
from gptlib.board import find_writer
from gptlib.checkpoint import load
from gptlib.fit import finish, finishing_the_step, fit, take_steps
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
    run.load(folder.last)
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
    run.load(folder.last)
    take_steps(run, folder, MARKS)
    assert bars == [[0, 12, 7], [7, 12, 5]]


def test_the_folder_keeps_up(folder, monkeypatch):
    """After each measurement that is due there is a checkpoint, with its losses beside it."""

    def measured(run):
        kept.append((run.step, folder.last.exists() and load(folder.last).step))
        return measure(run)

    kept, measure = [], Run.measure
    run = make()
    monkeypatch.setattr(Run, "measure", measured)
    take_steps(run, folder, MARKS)
    assert kept == [(5, False), (10, 5), (12, 10)]
    assert load(folder.last).step == 12
    assert load(folder.model).step == run.best
    assert list(log(folder)) == ["landmarks", "train", "valid"]
    assert log(folder)["train"] == run.train_losses()
    assert log(folder)["landmarks"] == MARKS
    names = {path.name for path in folder.path.iterdir()}
    assert names == {"log.json", "loss.png", "last.safetensors", "model.safetensors"}


def test_control_c_keeps_the_step_in_which_it_came(folder):
    run = make(disturbed(7, control_c))
    with pytest.raises(KeyboardInterrupt):
        take_steps(run, folder, MARKS)
    assert run.step == load(folder.last).step == len(log(folder)["train"]) == 7
    assert list(run.valid_losses) == [0, 5]
    assert (folder.path / "loss.png").exists()


def test_control_c_in_the_last_step_is_too_late(folder):
    run = make(disturbed(12, control_c))
    take_steps(run, folder, MARKS)
    assert load(folder.last).step == 12


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_sigterm_is_like_control_c(folder, capsys, kind):
    def stop(model):
        signal.raise_signal(kind)
        return 0

    says = "^stopped; the last checkpoint is of step 7, the best model of step 5\nto resume: "
    with pytest.raises(KeyboardInterrupt, match=says):
        fit(make(disturbed(7, stop)), folder, MARKS)
    assert load(folder.last).step == 7
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize(("step", "kept"), [(3, None), (7, 5), (10, 5), (11, 10)])
def test_a_loss_that_is_no_number(folder, bad, optimizer, step, kept):
    run = make(
        disturbed(step, lambda _: bad), optimizer=optimizer, learning_rate=0.002, muon_rate=0.07
    )
    says = rf"^at step {step} the loss was infinite or nan, with a learning rate of [0-9.]+: train "
    says += "with a smaller "
    says += "--learning-rate than 0.002" + " and --muon-rate than 0.07" * (optimizer == "muon")
    if kept is not None:
        says += rf" \(the best model, of step 5, is in {re.escape(str(folder.path))}\)"
    with pytest.raises(ValueError, match=f"{says}$"):
        take_steps(run, folder, MARKS)
    assert folder.last.exists() == (kept is not None)
    assert kept is None or load(folder.last).step == kept


def unharmed(run, folder):
    """Take all steps, none of which is to be called an explosion."""
    try:
        take_steps(run, folder, MARKS)
    except ValueError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize(("step", "told"), [(3, False), (4, True), (9, True)])
def test_a_loss_that_is_far_above_ln_v_after_the_warm_up(folder, step, told):
    """It stays finite, and so may all that comes after it."""
    run = make(disturbed(step, lambda _: 80.0), warmup_iters=3)
    if not told:
        unharmed(run, folder)
        return
    says = rf"^at step {step} the loss was [0-9.]+ nats per token \(knowing nothing costs 2.1\), "
    with pytest.raises(ValueError, match=f"{says}with a learning rate of [0-9.]+: train with a sm"):
        take_steps(run, folder, MARKS)
    assert not folder.last.exists() or load(folder.last).step == 5


def test_a_model_may_begin_with_a_loss_far_above_ln_v(folder):
    """As one that has learned another text does, or whose first parameters are large."""

    def loss(model, batch):
        total, asked = next_token_loss(model, batch)
        return 9 * total, asked

    run = make(loss)
    unharmed(run, folder)
    assert run.losses[0] > 5 * math.log(8)


def test_a_model_that_explodes_in_validation_is_not_kept(folder):
    """The batches before may have been good."""
    run = make(warmup_iters=3)
    scores = iter([0.5, 1e9])
    run.corpus.score = lambda *_: next(scores, 0.5)
    with pytest.raises(ValueError, match="^at step 10 the loss was 4,000,000,000.0 nats per token"):
        take_steps(run, folder, MARKS)
    assert load(folder.last).step == load(folder.model).step == 5


def test_a_run_whose_end_is_set_where_it_was_interrupted_is_measured_there(folder):
    with pytest.raises(KeyboardInterrupt):
        take_steps(make(disturbed(7, control_c)), folder, MARKS)
    run = make(max_iters=7)
    run.load(folder.last)
    fit(run, folder, MARKS)
    assert list(run.valid_losses) == [0, 5, 7]
    assert load(folder.last).step == 7


def scripted(run, *losses):
    """Let the run measure these, one after the other, instead of its validation loss."""
    told = iter(losses)
    run.valid_losses = {0: 3.0}
    run.corpus.valid = replace(run.corpus.valid, tokens_per_character=1.0)
    run.corpus.score = lambda model, batch_size, most=None: next(told, 6.0) if most else 0.125


@pytest.mark.parametrize(
    ("patience", "losses", "end", "best"),
    [
        (3, [2.0, 1.0, 1.5, 1.4, 1.3, 0.5], 5, 2),
        (3, [2.0, 1.0, 1.5, 1.4, 0.9, 1.0, 1.0, 1.0, 0.5], 8, 5),
        (2, [4.0, 5.0, 6.0, 0.5], 3, 1),  # the start does not count
        (4, [2.0, 1.0, 1.5, 1.4, 1.3] + [0.5] * 7, 10, 6),
        (0, [0.5] + [1.0] * 11, 12, 1),
        (12, [0.5] + [1.0] * 11, 12, 1),
    ],
)
def test_a_run_stops_when_validation_has_not_fallen_for_long(
    folder, capsys, patience, losses, end, best
):
    run = make(eval_interval=1, patience=patience)
    scripted(run, *losses)
    take_steps(run, folder, MARKS)
    assert (run.step, run.best, run.over, run.impatient) == (end, best, True, end < 12)
    fit(run, folder, MARKS)  # nothing is left to do but to tell of it
    assert load(folder.model).step == log(folder)["best"] == best
    assert load(folder.last).step == end
    out = capsys.readouterr().out
    stopped = f"stopped after step {end}: the last {patience} evaluations brought no lower validat"
    assert (stopped in out) == (end < 12)
    low, last = losses[best - 1], losses[end - 1]
    says = (
        f"the model kept is that of step {best}, where the validation loss was lowest: it was "
        f"{low:.3f} then, and {last:.3f} after step {end}\n"
    )
    assert says in out
    # What goes on with it, as after a kill, has nothing left to do.
    again = make(eval_interval=1, patience=patience)
    again.load(folder.last)
    take_steps(again, folder, MARKS)
    assert again.step == end


def test_a_run_whose_last_model_is_its_best_says_no_more(folder, capsys):
    run = make()
    scripted(run, 3.0, 2.0, 1.0)
    fit(run, folder, MARKS)
    out = capsys.readouterr().out
    assert "the model kept" not in out and "stopped" not in out
    assert "loss 0.1250 on the whole validation split" in out


def test_how_much_of_a_sample_is_copied_is_told(folder, capsys, monkeypatch):
    run = make()
    known = run.corpus.tokenizer.decode(run.corpus.train.ids)
    sample = "hh" + known[20:50] + "gg"
    monkeypatch.setattr(fit_module, "write", lambda *args, **kwargs: iter([sample]))
    fit(run, folder, MARKS)
    valid = run.corpus.tokenizer.decode(run.corpus.valid.ids)[: len(sample)]
    shared = len(run.corpus.longest_copy(valid))
    assert capsys.readouterr().out.endswith(
        f"\n\n{sample}\n\nthe longest passage of the sample that the training text has, too, is "
        f"{len(run.corpus.longest_copy(sample))} of its 34 characters long; for the first 34 of "
        f"the validation text it is {shared}\n"
    )
    assert 30 <= len(run.corpus.longest_copy(sample)) < 34


def test_losses_for_tensorboard(folder):
    """A run that resumes has what it wrote after its last checkpoint left out."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    stopped = make(disturbed(7, control_c))
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, folder, MARKS, find_writer())
    run = make()
    run.load(folder.last)
    fit(run, folder, MARKS, find_writer())
    seen = {}
    for path in (folder.path / "tensorboard").rglob("events*"):
        events = accumulator.EventAccumulator(str(path)).Reload()
        for tag in events.Tags()["scalars"]:
            seen |= {(tag, event.step): event.value for event in events.Scalars(tag)}
    for step, loss in run.valid_losses.items():
        assert step == 0 or seen["loss/valid", step] == pytest.approx(loss)
    assert {step for _, step in seen} == {5, 10, 12}
    assert seen["loss/train", 10] == pytest.approx(sum(run.losses[7:10]) / 3 * 0.5)


def test_tensorboard_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ValueError, match="^tensorboard is not installed: `pip install"):
        find_writer()


def endless(model):
    """0 with an infinite slope: the loss is good, and the step after it breaks the model."""
    return (next(model.parameters()).sum() * 0).sqrt()


@pytest.mark.parametrize("also", [lambda _: 0, control_c], ids=["due", "stopped"])
def test_a_model_that_its_last_step_broke_is_not_kept(folder, also):
    step = 10 if also is not control_c else 8
    run = make(disturbed(step, lambda model: endless(model) + also(model)))
    with pytest.raises(ValueError, match=f"^at step {step} the loss was infinite or nan"):
        take_steps(run, folder, MARKS)
    assert all(map(math.isfinite, run.losses))
    assert load(folder.last).step == 5
    assert all(map(math.isfinite, log(folder)["valid"].values()))


def test_the_first_control_c_asks_and_the_second_stops(capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), finishing_the_step() as stopped:
        assert not stopped.is_set()
        assert signal.getsignal(signal.SIGTERM) is signal.getsignal(signal.SIGINT)
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
    assert (finished.step, finished.training, finished.end) == (run.best, {}, end)
    assert log(folder)["best"] == run.best


def test_the_sample_depends_on_the_seed_and_is_of_200_tokens(folder):
    run = make()
    take_steps(run, folder, MARKS)
    samples = []
    for seed in (1, 2):
        run.config = replace(run.config, seed=seed)
        samples.append(finish(run, folder, MARKS)[1])
    assert samples[0] != samples[1]
    assert [len(sample) for sample in samples] == [200, 200]
