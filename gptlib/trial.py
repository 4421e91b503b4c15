"""A trial on a part of a short text: which tokenizer, how much dropout, how many steps suit it."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import split
from gptlib.run import Run

Settings = TypeVar("Settings")  # a dataclass with the fields tokenizer, model and train

READS = 20  # a text that is read more often than this is learned by heart before training ends
TOKENIZERS = "bpe", "chars"
DROPOUTS = 0.0, 0.2, 0.4  # tokenizers are compared with the first


class Attempt(NamedTuple):
    """What was tried, and the lowest validation loss that it came to, in nats per character."""

    loss: float
    step: int  # that had it
    tokenizer: str
    dropout: float
    reading: float  # steps that it takes to read the text once


def is_short(corpus: Corpus, config: RunConfig) -> bool:
    """Whether training would read a corpus of one text so often that it learns it by heart."""
    return corpus.end is None and config.max_iters > READS * _steps_to_read(corpus, config)


def decide(
    settings: Settings,
    given: frozenset[str],
    text: str,
    make_run: Callable[[Settings, tuple[str, str]], Run],
) -> Settings:
    """The settings that suit a short text, found by training on four fifths of it.

    given: which of tokenizer, dropout, max_iters and eval_interval are not to be changed
    text: that to train on; the text to validate on has no part in the decision
    make_run: makes a run of settings and of two texts, to train and to validate on

    Two tokenizers are tried, then with the better one more dropout while that helps, each for a
    fifth of max_iters at most. Training is to have twice the steps to the lowest validation loss.
    If that came in the second half, it is to have as many as were tried, or as read the text half
    of READS times if those are more; never more than max_iters. If the text is too short to be
    parted, nothing is changed.
    """
    parts = split(text, 0.2)
    most = max(1, settings.train.max_iters // 5)
    schedule = replace(settings.train, max_iters=most, warmup_iters=None)

    def attempt(tokenizer: str, dropout: float) -> Attempt:
        model = replace(settings.model, dropout=dropout)
        tried = replace(settings, tokenizer=tokenizer, model=model, train=schedule)
        try:
            run = make_run(tried, parts)
        except ValueError:  # a part has too few of these tokens
            return Attempt(math.inf, 0, tokenizer, dropout, 0)
        loss, step = lowest(run)
        print(f"     {loss:.3f} after step {step}, with {tokenizer} and dropout {dropout}")
        return Attempt(loss, step, tokenizer, dropout, _steps_to_read(run.corpus, schedule))

    print("the text is short, so settings are tried on a part of it; lowest validation loss:")
    tokenizers = [settings.tokenizer] if "tokenizer" in given else TOKENIZERS
    first, *more = [settings.model.dropout] if "dropout" in given else DROPOUTS
    best = min(attempt(tokenizer, first) for tokenizer in tokenizers)
    if best.step == 0:
        print("     nothing: it is too short to be parted, or training broke down")
        return settings
    for dropout in more:
        if (found := attempt(best.tokenizer, dropout)) > best:
            break
        best = found
    config = settings.train
    if "max_iters" not in given:
        steps = 2 * best.step
        if steps > most:
            steps = max(most, int(READS / 2 * best.reading))
        steps = max(steps, (config.warmup_iters or 0) + 1)
        config = replace(config, max_iters=min(config.max_iters, steps))
    if "eval_interval" not in given:
        config = replace(config, eval_interval=max(1, min(100, config.max_iters // 20)))
    print(
        f"this run uses --tokenizer {best.tokenizer} --dropout {best.dropout} "
        f"--max-iters {config.max_iters} --eval-interval {config.eval_interval}"
    )
    model = replace(settings.model, dropout=best.dropout)
    return replace(settings, tokenizer=best.tokenizer, model=model, train=config)


def lowest(run: Run) -> tuple[float, int]:
    """The lowest validation loss of a run, and the step that had it.

    Training ends early if twice as many steps as to the lowest brought no lower one.
    """
    found, look = (math.inf, 0), 5
    for _ in run:
        if run.step in (look, run.config.max_iters):
            found = min(found, (run.measure(), run.step))
            look = max(look + 5, int(1.15 * look))
        if run.step > max(20, 2 * found[1]):
            break
    return found


def _steps_to_read(corpus: Corpus, config: RunConfig) -> float:
    """How many steps take as many tokens as the training text has."""
    return len(corpus.train.ids) / (config.accumulate * config.batch_size * corpus.block_size)
