"""A run that is saved and loaded goes on bit for bit, whatever its next step depends on."""

import math
from itertools import count, islice
from types import SimpleNamespace

import pytest
import torch

from gptlib import checkpoint
from gptlib import run as run_module
from gptlib.config import GPTConfig, RunConfig, TransformerConfig
from gptlib.corpus import Corpus
from gptlib.data import IGNORE
from gptlib.gpt import GPT
from gptlib.optim import optimizer_state
from gptlib.pairs import Pair, all_pair_batches, encode_pairs, pair_batches
from gptlib.run import Run, steps_within
from gptlib.tokenizer import CharTokenizer, WordTokenizer
from gptlib.train import evaluate, next_token_loss
from gptlib.transformer import Transformer

TOKENIZER = CharTokenizer("abcdefgh")


def letters(n, factor):
    return "".join(TOKENIZER.chars[i * factor % 13 % 8] for i in range(n))


def a_corpus(end=None):
    if end is None:
        return Corpus(letters(200, 7), letters(60, 5), TOKENIZER, block_size=4)
    tales = [f"{letters(n, 7)}\n\n" for n in range(3, 30)]
    tokenizer = CharTokenizer("\nabcdefgh")
    return Corpus("".join(tales), "".join(tales[::3]), tokenizer, block_size=4, end=0)


def a_model(start=1, n_embd=16, V=8, **more):
    torch.manual_seed(start)
    more = {"dropout": 0.2, "init_std": 0.2} | more
    return GPT(GPTConfig(V, block_size=4, n_layer=1, n_head=2, n_embd=n_embd, **more))


def a_config(**more):
    told = {"max_iters": 12, "accumulate": 2, "batch_size": 2, "optimizer": "muon", "seed": 1}
    return RunConfig(**(told | {"eval_interval": 1, "eval_iters": 2} | more))


def make(optimizer="muon", start=1, seed=1, n_embd=16, settings=None, dtype=torch.float32):
    """A small run in which all is random that can be: batches, dropout and the first parameters."""
    settings = {"text": "my.txt", "rate": 0.1} if settings is None else settings
    model = a_model(start, n_embd).to(dtype)
    return Run(model, a_corpus(), a_config(optimizer=optimizer, seed=seed), settings)


def steps(run, n):
    for _ in islice(run, n):
        run.measure()
    return run


def state(run):
    """All that a step of run depends on, and what it leaves, as equal bytes where it is equal."""
    tensors = {f"model {name}": t for name, t in run.model.state_dict().items()}
    tensors |= optimizer_state(run.model, run.optimizers)
    raw = {
        name: (t.dtype, t.shape, t.flatten().view(torch.uint8).numpy().tobytes())
        for name, t in tensors.items()
    }
    return raw | {"losses": list(run.losses), "valid_losses": dict(run.valid_losses)}


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize("done", [0, 1, 5, 12])
def test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike(
    tmp_path, optimizer, done
):
    end = state(steps(make(optimizer), 12))
    saved = steps(make(optimizer), done)
    saved.save(tmp_path / "run")
    there = state(saved)

    loaded = make(optimizer, start=2)  # nothing is right by chance
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
    assert there["valid_losses"].keys() == {1, 2}


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_numbers_come_back_in_the_type_that_they_had(tmp_path, dtype, optimizer):
    run = steps(make(optimizer, dtype=dtype), 3)
    run.save(tmp_path / "run")
    for name, t in checkpoint.load(tmp_path / "run").model.state_dict().items():
        assert t.dtype == run.model.state_dict()[name].dtype == dtype
    loaded = make(optimizer, start=2, dtype=dtype)
    loaded.load(tmp_path / "run")
    assert state(loaded) == state(run)
    assert {p.dtype for p in loaded.model.parameters()} == {dtype}
    run.save_model(tmp_path / "run")
    assert {t.dtype for t in checkpoint.load(tmp_path / "run").model.parameters()} == {dtype}


def test_saving_disturbs_nothing(tmp_path):
    run = make()
    for _ in run:
        run.measure()
        run.save(tmp_path / "run")
    assert state(run) == state(steps(make(), 12))


def test_what_is_drawn_and_shown_between_two_steps_disturbs_nothing():
    run = make()
    for k, _ in enumerate(run):
        torch.manual_seed(k)
        torch.rand(5)
        run.model.eval()
        run.measure()
    assert state(run) == state(steps(make(), 12))


def test_what_is_drawn_before_the_first_step_does_not_matter():
    run = make()
    torch.manual_seed(7)
    assert state(steps(run, 12)) == state(steps(make(), 12))


@pytest.mark.parametrize("done", [0, 5])
def test_the_way_back(tmp_path, done):
    run = steps(make(), done)
    run.save(tmp_path / "run")
    there = state(run)
    steps(run, 3)
    run.load(tmp_path / "run")
    assert state(run) == there


def test_a_run_that_was_loaded_does_not_depend_on_the_file_any_more(tmp_path):
    steps(make(), 3).save(tmp_path / "run")
    loaded = make(start=2)
    loaded.load(tmp_path / "run")
    (tmp_path / "run").write_bytes(b"\0" * (tmp_path / "run").stat().st_size)
    assert state(steps(loaded, 9)) == state(steps(make(), 12))


@pytest.mark.parametrize("what", ["start", "seed"])
def test_a_step_done_twice_would_show(what):
    """The losses of two trainings differ, as do those of a run and of its first steps again."""
    one, other = steps(make(), 12), steps(make(**{what: 2}), 12)
    assert not set(one.losses) & set(other.losses)
    assert len(set(one.losses)) == 12


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"text": "my.txt", "rate": 0.2}, "rate is 0.2, and the run in '.*' began with 0.1: "),
        ({"rate": None}, "rate is None, and the run in '.*' began with 0.1: change it back"),
    ],
)
def test_other_settings_are_refused_by_name_and_nothing_is_loaded(tmp_path, settings, says):
    steps(make(), 2).save(tmp_path / "run")
    other = make(start=2, settings=settings)
    before = state(other)
    with pytest.raises(ValueError, match=says):
        other.load(tmp_path / "run")
    assert state(other) == before


def test_a_setting_that_is_newer_than_a_checkpoint_is_no_other_one(tmp_path):
    steps(make(), 2).save(tmp_path / "run")
    other = make(start=2, settings={"text": "my.txt", "rate": 0.1, "depth": 3})
    try:
        other.load(tmp_path / "run")
    except ValueError as error:
        pytest.fail(str(error))
    assert state(other) == state(steps(make(), 2))


def test_a_model_alone_keeps_nothing_else_and_is_a_third_of_the_size(tmp_path):
    run = steps(make("adamw", n_embd=64), 12)
    run.save(tmp_path / "saved")
    run.save_model(tmp_path / "finished")
    saved, finished = (checkpoint.load(tmp_path / name) for name in ("saved", "finished"))
    assert saved.training and not finished.training
    assert saved.step == finished.step == 12
    assert saved.settings == finished.settings == run.settings
    assert saved.tokenizer == finished.tokenizer == run.corpus.tokenizer
    for name, p in run.model.state_dict().items():
        assert torch.equal(finished.model.state_dict()[name], p)
    sizes = [(tmp_path / name).stat().st_size for name in ("finished", "saved")]
    assert sizes[0] / sizes[1] == pytest.approx(1 / 3, abs=0.03)
    with pytest.raises(ValueError, match="finished' holds a model alone: give a checkpoint to"):
        make("adamw", n_embd=64).load(tmp_path / "finished")


def test_settings_are_kept_as_they_were(tmp_path):
    settings = {"text": "my.txt"}
    run = make(settings=settings)
    settings["text"] = "your.txt"
    run.save(tmp_path / "run")
    assert checkpoint.load(tmp_path / "run").settings == {"text": "my.txt"}


@pytest.mark.parametrize("write", [Run.save, Run.save_model])
@pytest.mark.parametrize(("end", "V"), [(None, 8), (0, 9)])
def test_a_checkpoint_knows_the_token_that_ends_a_text(tmp_path, write, end, V):
    write(Run(a_model(V=V), a_corpus(end), a_config()), tmp_path / "run")
    assert checkpoint.load(tmp_path / "run").end == end


# What a step takes


@pytest.mark.parametrize("done", [0, 2, 5])
@pytest.mark.parametrize(("accumulate", "ramp"), [(1, 0), (3, 0), (3, 4)])
@pytest.mark.parametrize(("end", "V"), [(None, 8), (0, 9)])
def test_each_step_takes_the_next_batches_of_the_corpus(done, accumulate, ramp, end, V):
    def watched(model, batch):
        seen.append(batch)
        return next_token_loss(model, batch)

    seen, corpus = [], a_corpus(end)
    settings = {"accumulate": accumulate, "ramp_iters": ramp, "batch_size": 3, "seed": 8}
    config = a_config(max_iters=6, **settings)
    run = Run(a_model(V=V), corpus, config, loss=watched)
    run.losses = [0.0] * done
    assert len(list(run)) == 6 - done
    taken = [0, 1, 2, 4, 6, 9, 12] if ramp else range(0, 7 * accumulate, accumulate)
    wanted = [corpus.batch(n, 3, 8) for n in range(taken[done], taken[6])]
    assert len(seen) == len(wanted)
    for one, other in zip(seen, wanted, strict=True):
        assert all(map(torch.equal, one, other))


class Given:
    """A corpus of batches that are given."""

    tokenizer, end = TOKENIZER, None
    train = SimpleNamespace(tokens_per_character=0.5)

    def __init__(self, *batches):
        self.given = batches

    def batches(self, batch_size, seed, first=0):
        return islice(self.given, first, None)


def test_dropout_is_drawn_anew_in_each_step_and_from_the_seed():
    """So it is seen in the losses of a model that does not change, on a batch that does not."""

    def losses(seed, dropout=0.2, skip=0):
        config = a_config(optimizer="adamw", learning_rate=1e-12, accumulate=1, seed=seed)
        run = Run(a_model(dropout=dropout), Given(*[corpus.batch(0, 2, 0)] * 12), config)
        run.losses = [0.0] * skip
        return list(run)

    corpus = a_corpus()
    assert len(set(losses(1, dropout=0.0))) == 1
    one, other = losses(1), losses(2)
    assert len({*one, *other}) == 24
    assert losses(1, skip=7) == one[7:]


def test_of_two_batches_in_a_step_every_target_weighs_alike():
    """10 and 90 targets in two batches, and 100 in one."""
    torch.manual_seed(0)
    idx, targets = torch.randint(8, (2, 26, 4))
    targets[2:3, 2:] = targets[25:, 2:] = IGNORE
    whole, few, many = ((idx[rows], targets[rows]) for rows in (slice(26), slice(3), slice(3, 26)))
    assert [(batch[1] != IGNORE).sum() for batch in (whole, few, many)] == [100, 10, 90]
    made = []
    for batches in ([few, many], [many, few], [whole]):
        config = a_config(max_iters=1, accumulate=len(batches), grad_clip=math.inf)
        run = Run(a_model(dropout=0.0).double(), Given(*batches), config)
        (loss,) = run
        gradients = [p.grad for p in run.model.parameters()]
        made.append((torch.tensor(loss).double(), *gradients, *run.model.parameters()))
    for parts in made[:2]:
        torch.testing.assert_close(parts, made[2], rtol=0, atol=1e-12)
    # A mean of the two means would be another number.
    model = a_model(dropout=0.0).double()
    means = [evaluate(model, [batch]) for batch in (few, many)]
    assert sum(means) / 2 != pytest.approx(evaluate(model, [whole]), rel=1e-3)


class Sentences:
    """Pairs as a Run takes them: each comes once, and only then each again."""

    tokenizer = WordTokenizer("a b c d e f g h i j")
    end = tokenizer.end
    train = SimpleNamespace(tokens_per_character=1.0)

    def __init__(self):
        words = self.tokenizer.words
        lengths = [1 + n * 7 % 5 for n in range(40)]
        texts = [" ".join(words[(n * k + k) % 10] for k in range(m)) for n, m in enumerate(lengths)]
        self.pairs = encode_pairs([Pair(t, t[::-1], ()) for t in texts], self.tokenizer)

    def batches(self, batch_size, seed, first=0):
        return pair_batches(self.pairs, batch_size, seed, first)

    def score(self, model, batch_size, max_batches=None):
        return evaluate(model, islice(all_pair_batches(self.pairs, batch_size), max_batches))


@pytest.mark.parametrize("done", [1, 4, 9, 11])
def test_a_run_over_pairs_goes_on_in_the_middle_of_a_round(tmp_path, done):
    def make(start=1):
        torch.manual_seed(start)
        sizes = {"block_size": 8, "n_layer": 1, "n_head": 2, "n_embd": 8, "dropout": 0.2}
        model = Transformer(TransformerConfig(Sentences.tokenizer.vocab_size, **sizes))
        return Run(model, Sentences(), a_config(optimizer="adamw", batch_size=40))

    there = Sentences()
    in_a_round = len(list(all_pair_batches(there.pairs, 40)))
    assert 2 < in_a_round < 24  # two batches a step, twelve steps
    whole = steps(make(), 12)
    assert len(set(whole.losses)) == 12
    saved = steps(make(), done)
    saved.save(tmp_path / "run")
    loaded = make(start=2)
    loaded.load(tmp_path / "run")
    assert state(steps(loaded, 12 - done)) == state(whole)


# What is measured


@pytest.mark.parametrize(("most", "rows"), [(1, 2), (1, 3), (4, 2)])
def test_a_measurement_takes_the_batches_that_the_settings_say(most, rows):
    run = Run(a_model(), a_corpus(), a_config(eval_iters=most, batch_size=rows))
    wanted = run.corpus.score(run.model, rows, most)
    assert run.measure() == wanted == run.valid_losses[0]
    others = {run.corpus.score(run.model, *other) for other in ((2, 1), (3, 1), (2, 4))}
    assert len(others) == 3 and wanted in others


def test_measurements_are_due_after_each_interval_and_at_the_end():
    run = Run(a_model(), a_corpus(), a_config(eval_interval=5))
    due, measured = [run.due], {0: run.measure()}
    for _ in run:
        due.append(run.due)
        measured[run.step] = run.measure()
    assert [n for n, yes in enumerate(due) if yes] == [0, 5, 10, 12]
    # One that is not due is told, and not remembered.
    assert len(set(measured.values())) == 13
    assert run.valid_losses == {n: measured[n] for n in (0, 5, 10, 12)}


def test_losses_per_character():
    run = Run(a_model(), Given(*[a_corpus().batch(n, 2, 0) for n in range(24)]), a_config())
    losses = list(run)
    assert run.losses == losses
    assert run.train_losses() == [loss / 2 for loss in losses]
    assert run.train_losses(9) == [loss / 2 for loss in losses[9:]]


# How many steps fit


@pytest.fixture
def asked(monkeypatch):
    """A clock that says a second more each time it is asked; so a step takes one. All it said."""

    def ask():
        said.append(float(next(seconds)))
        return said[-1]

    said, seconds = [], count()
    monkeypatch.setattr(run_module, "perf_counter", ask)
    return said


def timed(steps=100):
    return Run(a_model(), a_corpus(), a_config(max_iters=steps, eval_interval=8))


@pytest.mark.parametrize(
    ("seconds", "steps"), [(10, 8), (100, 88), (0.1, 1), (1e-9, 1), (1e308, 2**31 - 1)]
)
def test_a_time_becomes_steps_at_least_one_and_no_more_than_can_be(asked, seconds, steps):
    """Each with an eighth of a measurement, which takes a second too."""
    assert steps_within(seconds, timed()) == steps


def test_a_slow_measurement_leaves_less_time_for_steps(monkeypatch):
    clock = iter([0, 1, 2, 3, 11])
    monkeypatch.setattr(run_module, "perf_counter", lambda: float(next(clock)))
    assert steps_within(50, timed()) == 25  # with an eighth of 8 seconds in each


def test_a_step_that_takes_longer_does_not_count(monkeypatch):
    clock = iter([0, 90, 91, 92, 93, 93])
    monkeypatch.setattr(run_module, "perf_counter", lambda: float(next(clock)))
    assert steps_within(1840, timed()) == 1840


@pytest.mark.parametrize(("seconds", "steps"), [(10, 3), (100, 6), (1e6, 20)])
def test_no_more_than_twenty_steps_are_timed(asked, seconds, steps):
    run = timed()
    steps_within(seconds, run)
    assert len(asked) == 1 + steps + 1  # before and after each, and after a measurement
    assert run.step == steps


def test_a_run_may_have_fewer_steps_than_would_be_timed(asked):
    assert steps_within(1e6, timed(steps=2)) > 2


@pytest.mark.parametrize("max_seconds", [0, -1.0, float("nan"), float("inf")])
def test_a_time_that_makes_no_sense(max_seconds):
    says = f"^max_seconds is {max_seconds}: give a number above 0$"
    with pytest.raises(ValueError, match=says):
        steps_within(max_seconds, timed())
