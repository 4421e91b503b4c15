"""What is fastest here is found by trying, and whatever is asked for counts more than that."""

from dataclasses import dataclass
from itertools import product

import pytest
import torch

from gptlib import pace
from gptlib.config import GPTConfig, RunConfig
from gptlib.corpus import Corpus
from gptlib.gpt import GPT
from gptlib.pace import find_pace
from gptlib.run import Run
from gptlib.tokenizer import CharTokenizer
from gptlib.train import next_token_loss

USUAL = torch.get_num_threads()


@dataclass(frozen=True)
class Settings:
    threads: int = 0
    device: str = "cpu"
    max_seconds: float | None = None
    train: RunConfig = RunConfig(max_iters=480)


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Four threads, and bfloat16 is worth a trial, of which six turns will do."""
    monkeypatch.setattr(pace, "TURNS", 6)
    monkeypatch.setattr(pace, "has_bfloat16", lambda device: True)
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(USUAL)


def found(monkeypatch, seconds, settings=Settings(), given=()):
    """What is found if a step takes these seconds, by (threads, dtype), and the steps taken."""

    class Fake:
        def __init__(self, tried):
            made.append(tried)
            self.config, self.losses = tried.train, []
            now[0] += 1000  # it counts for nothing

        def __iter__(self):
            while True:
                choice = torch.get_num_threads(), self.config.dtype
                now[0] += seconds[choice] if self.losses else 50  # the first is slow
                taken.append(choice)
                self.losses.append(1.0)
                yield 1.0

    now, taken, made = [0.0], [], []
    monkeypatch.setattr(pace, "perf_counter", lambda: now[0])
    new = find_pace(settings, frozenset(given), Fake)
    assert torch.get_num_threads() == new.threads
    assert len(made) == bool(taken)  # two models may not fit into memory
    assert all(tried.train.max_iters == 10**6 for tried in made)  # there is always a next step
    return new.threads, new.train.dtype, taken


CHOICES = list(product([1, 2, 4], ["float32", "bfloat16"]))


@pytest.mark.parametrize("best", CHOICES, ids=str)
def test_the_fastest_is_taken(monkeypatch, capsys, best):
    seconds = {choice: 1.0 for choice in CHOICES} | {best: 0.5}
    *choice, taken = found(monkeypatch, seconds, Settings(train=RunConfig(720)))
    assert tuple(choice) == best
    assert taken == pace.TURNS * CHOICES  # in turns
    said = capsys.readouterr().out
    assert said.startswith("ms per step: 1000.0 with 1 thread in ") or best == CHOICES[0]
    assert said.count("\n") == 1 and said.count("1000.0 with ") == 5
    assert f"500.0 with {best[0]} thread{'s' * (best[0] > 1)} in {best[1]}, " in said
    assert said.endswith(f", so this run uses --threads {best[0]} --dtype {best[1]}\n")


def test_what_is_hardly_faster_is_not_worth_a_change(monkeypatch):
    for ms, want in ((0.96, (4, "float32")), (0.94, (2, "bfloat16"))):
        seconds = {choice: 1.0 for choice in CHOICES} | {(2, "bfloat16"): ms}
        *choice, _ = found(monkeypatch, seconds, Settings(train=RunConfig(720)))
        assert tuple(choice) == want


def test_one_slow_moment_decides_nothing(monkeypatch):
    seconds = {choice: 1.0 for choice in CHOICES} | {(2, "bfloat16"): 0.5}

    class Slow(dict):
        def __getitem__(self, choice):
            slow = choice == (2, "bfloat16") and not seen
            seen.extend([choice] * slow)
            return 30 if slow else super().__getitem__(choice)

    seen = []
    *choice, _ = found(monkeypatch, Slow(seconds), Settings(train=RunConfig(720)))
    assert choice == [2, "bfloat16"] and seen


@pytest.mark.parametrize(
    ("given", "settings", "tried"),
    [
        ((), Settings(threads=3), [(3, "float32"), (3, "bfloat16")]),
        ({"dtype"}, Settings(), [(1, "float32"), (2, "float32"), (4, "float32")]),
        ({"dtype"}, Settings(threads=3), []),
        ((), Settings(threads=3, train=RunConfig(480, dtype="bfloat16")), []),
    ],
)
def test_what_is_given_stays(monkeypatch, capsys, given, settings, tried):
    seconds = {choice: 1.0 for choice in (*CHOICES, (3, "float32"), (3, "bfloat16"))}
    threads, dtype, taken = found(monkeypatch, seconds, settings, given)
    assert taken == pace.TURNS * tried
    assert (threads, dtype) == (settings.threads or 4, settings.train.dtype)
    assert bool(capsys.readouterr().out) == bool(tried)


def test_where_bfloat16_is_slow_only_threads_are_tried(monkeypatch):
    monkeypatch.setattr(pace, "has_bfloat16", lambda device: False)
    *_, taken = found(monkeypatch, {choice: 1.0 for choice in CHOICES})
    assert {dtype for _, dtype in taken} == {"float32"}


def test_on_a_gpu_threads_do_not_matter(monkeypatch):
    seconds = {(4, "float32"): 1.0, (4, "bfloat16"): 0.5}
    threads, dtype, taken = found(monkeypatch, seconds, Settings(device="cuda"))
    assert (threads, dtype) == (4, "bfloat16") and set(taken) == set(seconds)


@pytest.mark.parametrize(
    ("settings", "want"),
    [
        (Settings(train=RunConfig(719)), (4, "float32")),  # six turns of six choices need 720
        (Settings(threads=3, train=RunConfig(239, dtype="bfloat16")), (3, "bfloat16")),  # of two
    ],
)
def test_a_short_run_is_not_worth_a_trial(monkeypatch, capsys, settings, want):
    assert found(monkeypatch, {}, settings) == (*want, [])
    assert capsys.readouterr().out == ""


def test_a_trial_takes_a_twentieth_of_the_time(monkeypatch):
    """Of max_seconds if they are given, however many steps that will be."""
    seconds = {choice: 1.0 for choice in CHOICES}
    settings = Settings(max_seconds=20 * 307, train=RunConfig(1))
    *_, taken = found(monkeypatch, seconds, settings)
    assert taken == 3 * CHOICES  # 300 seconds, 6 and 6


@pytest.mark.parametrize(("max_seconds", "ms"), [(20 * 301, "1000.0"), (1, "50000.0")])
def test_the_first_step_is_timed_only_if_there_is_no_other(monkeypatch, capsys, max_seconds, ms):
    *_, taken = found(
        monkeypatch, {choice: 1.0 for choice in CHOICES}, Settings(max_seconds=max_seconds)
    )
    assert taken == (2 if ms == "1000.0" else 1) * CHOICES
    assert capsys.readouterr().out.count(f"{ms} with") == 6


def test_a_real_run_takes_the_same_batches_with_each_choice(monkeypatch, capsys):
    seen = []

    def loss(model, batch):
        low = torch.is_autocast_enabled("cpu")
        seen.append((torch.get_num_threads(), low, batch[0]))
        return next_token_loss(model, batch)

    def make_run(settings):
        return Run(GPT(GPTConfig(3, 4, 1, 1, 8)), corpus, settings.train, loss=loss)

    corpus = Corpus("abcab" * 9, "abc" * 5, CharTokenizer("abc"), block_size=4)
    settings = find_pace(Settings(train=RunConfig(720)), frozenset(), make_run)
    assert len(seen) == 6 * pace.TURNS
    for turn in range(pace.TURNS):
        taken = seen[6 * turn : 6 * turn + 6]
        assert [(n, low) for n, low, _ in taken] == list(product([1, 2, 4], [False, True]))
        for *_, idx in taken:
            assert torch.equal(idx, corpus.batch(turn, 16, 0)[0])
    assert (settings.threads, settings.train.dtype) in CHOICES
    assert settings.train.max_iters == 720
