"""A run that is saved and loaded goes on bit for bit, whatever its next step depends on."""

import pytest
import torch

from gptlib import checkpoint
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import batches
from gptlib.gpt import GPT
from gptlib.run import Run
from gptlib.tokenizer import CharTokenizer
from gptlib.train import next_token_loss, optimizer_state


def make(optimizer="muon", seed=1, n_embd=16, settings=None):
    """A small run in which all is random that can be: batches, dropout and the first parameters."""
    torch.manual_seed(seed)
    tokenizer = CharTokenizer("abcdefgh")
    model = GPT(GPTConfig(8, block_size=4, n_layer=1, n_head=2, n_embd=n_embd, dropout=0.2))
    generator = torch.Generator().manual_seed(seed)
    data = torch.arange(200) * 7 % 13 % 8
    config = TrainConfig(max_iters=12, optimizer=optimizer, accumulate=2)
    settings = {"text": "my.txt", "rate": 0.1} if settings is None else settings
    drawn = batches(data, 2, 4, generator)
    return Run(model, tokenizer, drawn, generator, next_token_loss, config, settings)


def steps(run, n):
    for _, _ in zip(range(n), run, strict=False):
        run.looks[run.step] = run.losses[-1] / 3
    return run


def state(run):
    """All that a step of run depends on, and what it leaves, as equal bytes where it is equal."""
    tensors = {f"model {name}": t for name, t in run.model.state_dict().items()}
    tensors |= optimizer_state(run.model, run.optimizers)
    tensors |= {"batches": run.generator.get_state(), "random": torch.get_rng_state()}
    raw = {name: (t.dtype, t.shape, t.numpy().tobytes()) for name, t in tensors.items()}
    return raw | {"losses": list(run.losses), "looks": dict(run.looks)}


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize("done", [0, 1, 5, 12])
def test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike(
    tmp_path, optimizer, done
):
    end = state(steps(make(optimizer), 12))
    saved = steps(make(optimizer), done)
    saved.save(tmp_path / "run")
    there = state(saved)

    loaded = make(optimizer, seed=2)  # nothing is right by chance
    torch.manual_seed(3)
    loaded.load(tmp_path / "run")
    assert state(loaded) == there
    assert loaded.step == done
    assert state(steps(loaded, 12 - done)) == end
    assert loaded.step == len(end["losses"]) == 12


def test_all_kinds_of_memory_are_there():
    """Or the comparison above would compare nothing."""
    there = state(steps(make("muon"), 2))
    for name in ("momentum_buffer.", "exp_avg.", "exp_avg_sq.", "step."):
        assert any(key.startswith(name) for key in there), name
    assert there["looks"].keys() == {1, 2}


def test_saving_disturbs_nothing(tmp_path):
    run = make()
    for _ in run:
        run.looks[run.step] = run.losses[-1] / 3
        run.save(tmp_path / "run")
    assert state(run) == state(steps(make(), 12))


@pytest.mark.parametrize("done", [0, 5])
def test_the_way_back(tmp_path, done):
    run = steps(make(), done)
    run.save(tmp_path / "run")
    there = state(run)
    steps(run, 3)
    run.load(tmp_path / "run")
    assert state(run) == there


def test_a_step_done_twice_would_show():
    """The losses of two trainings differ, as do those of a run and of its first steps again."""
    one, other = steps(make(), 12), steps(make(seed=2), 12)
    assert one.losses != other.losses
    assert len(set(one.losses)) == 12


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"text": "your.txt", "rate": 0.1}, "text is 'your.txt', and the run in '.*' began with"),
        ({"text": "my.txt", "rate": 0.2}, "rate is 0.2, and the run in '.*' began with 0.1: "),
        ({"text": "my.txt", "rate": 0.1, "depth": 3}, "depth is 3, .* began with None: change"),
    ],
)
def test_other_settings_are_refused_by_name_and_nothing_is_loaded(tmp_path, settings, says):
    steps(make(), 2).save(tmp_path / "run")
    other = make(seed=2, settings=settings)
    before = state(other)
    with pytest.raises(ValueError, match=says):
        other.load(tmp_path / "run")
    assert state(other) == before


def test_a_finished_run_keeps_its_model_and_is_a_third_of_the_size(tmp_path):
    run = steps(make("adamw", n_embd=64), 12)
    run.save(tmp_path / "saved")
    run.finish(tmp_path / "finished")
    saved, finished = (checkpoint.load(tmp_path / name) for name in ("saved", "finished"))
    assert saved.training and not finished.training
    assert saved.step == finished.step == 12
    assert saved.settings == finished.settings == run.settings
    for name, p in run.model.state_dict().items():
        assert torch.equal(finished.model.state_dict()[name], p)
    sizes = [(tmp_path / name).stat().st_size for name in ("finished", "saved")]
    assert sizes[0] / sizes[1] == pytest.approx(1 / 3, abs=0.03)
    with pytest.raises(ValueError, match="is finished, after 12 steps: begin another"):
        make("adamw", n_embd=64).load(tmp_path / "finished")


def test_settings_are_kept_as_they_were(tmp_path):
    settings = {"text": "my.txt"}
    run = make(settings=settings)
    settings["text"] = "your.txt"
    run.save(tmp_path / "run")
    assert checkpoint.load(tmp_path / "run").settings == {"text": "my.txt"}
