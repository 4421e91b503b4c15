"""A short text finds out what suits it, and whatever is asked for counts more than that."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from gptlib import trial
from gptlib.config import GPTConfig, RunConfig
from gptlib.corpus import Corpus
from gptlib.data import load_split
from gptlib.tokenizer import CharTokenizer
from gptlib.trial import decide, is_short, lowest


@dataclass(frozen=True)
class Settings:
    tokenizer: str = "bpe"
    model: GPTConfig = GPTConfig(100, 8, 1, 1, 8, dropout=0.1)
    train: RunConfig = RunConfig(max_iters=1000, eval_interval=70, batch_size=4)


TEXT = load_split("tales")[1][:1000]


def decided(found, given=(), settings=Settings(), tokens=320):
    """What is decided if attempts find these losses and steps, and what was tried."""

    def make_run(settings, parts):
        tried.append((settings.tokenizer, settings.model.dropout))
        assert settings.train.max_iters == 200
        assert "".join(parts) == TEXT and len(parts[1]) == 200
        corpus = SimpleNamespace(train=SimpleNamespace(ids=range(tokens)), block_size=8)
        loss = found[tried[-1]]
        if loss is None:
            raise ValueError("too short")
        return SimpleNamespace(corpus=corpus, found=loss)

    tried = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "lowest", lambda run: run.found)
        new = decide(settings, frozenset(given), TEXT, make_run)
    return new, tried


FOUND = {
    ("bpe", 0.0): (0.5, 40),
    ("chars", 0.0): (0.6, 60),
    ("bpe", 0.2): (0.4, 50),
    ("bpe", 0.4): (0.45, 55),
    ("chars", 0.2): (0.7, 10),
}


def as_decided(tokenizer, dropout, max_iters, eval_interval):
    usual = Settings()
    train = replace(usual.train, max_iters=max_iters, eval_interval=eval_interval)
    return Settings(tokenizer, replace(usual.model, dropout=dropout), train)


def test_the_best_attempt_wins(capsys):
    new, tried = decided(FOUND)
    assert new == as_decided("bpe", 0.2, 100, 5)
    assert tried == [("bpe", 0.0), ("chars", 0.0), ("bpe", 0.2), ("bpe", 0.4)]
    out = capsys.readouterr().out
    assert "     0.400 after step 50, with bpe and dropout 0.2\n" in out
    assert out.endswith("--tokenizer bpe --dropout 0.2 --max-iters 100 --eval-interval 5\n")
    # More dropout is tried only while it helps.
    new, tried = decided(FOUND | {("bpe", 0.2): (0.55, 80)})
    assert new == as_decided("bpe", 0.0, 80, 4)
    assert tried == [("bpe", 0.0), ("chars", 0.0), ("bpe", 0.2)]
    found = FOUND | {("chars", 0.0): (0.3, 90), ("chars", 0.2): (0.35, 10)}
    assert decided(found)[0] == as_decided("chars", 0.0, 180, 9)


@pytest.mark.parametrize(("step", "steps"), [(100, 200), (101, 200), (200, 200), (7, 14), (1, 2)])
def test_the_steps_are_twice_those_to_the_best(step, steps):
    """Or all that were tried, if the best came in the second half of them."""
    new, _ = decided(FOUND | {("bpe", 0.2): (0.1, step)})
    assert new.train.max_iters == steps
    assert new.train.eval_interval == max(1, steps // 20)


def test_a_longer_text_has_the_steps_that_read_it_ten_times():
    """It had not been read so often when what was tried ended."""
    found = FOUND | {("bpe", 0.2): (0.1, 190)}
    assert decided(found, tokens=32 * 50)[0].train.max_iters == 500
    assert decided(found, tokens=32 * 19)[0].train.max_iters == 200
    assert decided(found, tokens=32 * 500)[0].train.max_iters == 1000  # as many as it was to have


ANY = {(t, d): (0.5 + d, 40) for t in ("bpe", "chars") for d in (0.0, 0.1, 0.2, 0.4)}


@pytest.mark.parametrize(
    ("given", "wanted", "n"),
    [
        (["tokenizer"], ("bpe", 0.0, 80, 4), 2),
        (["dropout"], ("chars", 0.1, 80, 4), 2),
        (["max_iters"], ("chars", 0.0, 1000, 50), 3),
        (["eval_interval"], ("chars", 0.0, 80, 70), 3),
        (["tokenizer", "dropout"], ("bpe", 0.1, 80, 4), 1),
        (["tokenizer", "dropout", "eval_interval"], ("bpe", 0.1, 80, 70), 1),
    ],
)
def test_a_flag_counts_more_than_a_trial(given, wanted, n):
    found = ANY | {("chars", d): (loss - 0.1, 40) for (_, d), (loss, _) in ANY.items()}
    new, tried = decided(found, given)
    assert new == as_decided(*wanted)
    assert len(tried) == n


def test_a_warm_up_that_is_asked_for_has_room():
    settings = replace(Settings(), train=replace(Settings().train, warmup_iters=150))
    assert decided(FOUND, settings=settings)[0].train.max_iters == 151


def test_a_text_too_short_to_be_parted(capsys):
    new, tried = decided(dict.fromkeys(FOUND))
    assert new == Settings() and len(tried) == 2
    assert "nothing: it is too short to be parted" in capsys.readouterr().out
    # One long word is enough tokens in characters.
    found = FOUND | {("bpe", 0.0): None, ("chars", 0.2): (0.7, 10)}
    assert decided(found)[0] == as_decided("chars", 0.0, 120, 6)


@pytest.mark.parametrize(
    ("steps", "accumulate", "short"),
    [(100, 1, False), (101, 1, True), (50, 2, False), (51, 2, True)],
)
def test_what_is_short(steps, accumulate, short):
    """It is read more than 20 times: 100 steps of 4 rows of 8 read 160 tokens so often."""
    text = "ab" * 80
    corpus = Corpus(text, text, CharTokenizer("ab\n"), 8)
    config = RunConfig(max_iters=steps, accumulate=accumulate, batch_size=4)
    assert is_short(corpus, config) == short
    tales = Corpus("ab\n\n" * 40, "ab\n\n" * 9, CharTokenizer("ab\n"), 8, end=0)
    assert not is_short(tales, RunConfig(max_iters=10**6))


class Scripted:
    """A run whose validation loss is a function of the step."""

    def __init__(self, loss, steps):
        self.loss, self.config, self.step, self.looks = loss, RunConfig(max_iters=steps), 0, []

    def __iter__(self):
        while self.step < self.config.max_iters:
            self.step += 1
            yield 1.0

    def measure(self):
        self.looks.append(self.step)
        return self.loss(self.step)


def test_the_lowest_loss_and_where_it_ends():
    run = Scripted(lambda step: abs(step - 42), 1000)
    loss, step = lowest(run)
    assert loss == abs(step - 42) <= 5
    assert run.step == 2 * step + 1
    assert run.looks[:4] == [5, 10, 15, 20]
    run = Scripted(lambda step: -step, 333)  # it falls to the end, which is looked at
    assert lowest(run) == (-333, 333)
    run = Scripted(lambda step: step, 1000)  # it rises from the start
    assert lowest(run) == (5, 5) and run.step == 21
