"""Training a run to its end, for somebody who watches it: a bar, losses, and Ctrl-C."""

import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean
from threading import Event

from tqdm import tqdm

from gptlib.checkpoint import Checkpoint
from gptlib.run import Run
from gptlib.run_folder import RunFolder
from gptlib.writing import write


def fit(run: Run, folder: RunFolder, marks: dict[str, float]) -> None:
    """Train to the end; the folder keeps up.

    KeyboardInterrupt after the step in which Ctrl-C is pressed, ValueError if the loss becomes
    infinite or nan; the last good checkpoint stays.
    """
    shown = run.step
    bar = tqdm(total=run.config.max_iters, initial=run.step, disable=None)
    with finishing_the_step() as stopped, bar:
        for loss in run:
            bar.update()
            if not math.isfinite(loss):
                raise _exploded(run, folder)
            if not (run.due or stopped.is_set()):
                continue
            # A step may break a model whose loss before it was good: measure it, then keep it.
            if not math.isfinite(seen := run.measure()):
                raise _exploded(run, folder)
            if run.due:
                tqdm.write(
                    f"step {run.step:6}   train {mean(run.train_losses(shown)):.3f}   "
                    f"valid {seen:.3f}"
                )
                shown = run.step
            folder.keep(run, marks)
            if stopped.is_set():
                break
    folder.write_picture(run, marks)
    if run.step < run.config.max_iters:
        raise KeyboardInterrupt


def finish(run: Run, folder: RunFolder, marks: dict[str, float]) -> tuple[float, str]:
    """Write what a finished run has; returns its score on all of the validation part, and a sample.

    Both are of the model that is in the file.
    """
    score, sample = _told(run, folder.read_model())
    folder.write_log(run, marks, score=score)
    folder.write_sample(sample)
    run.finish(folder.model)
    return score, sample


@contextmanager
def finishing_the_step() -> Iterator[Event]:
    """Let Ctrl-C set an event, so that no step is left half done; a second one stops at once."""
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()
        sys.stderr.write(" finishing the step; once more stops at once\n")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _exploded(run: Run, folder: RunFolder) -> ValueError:
    """What to raise where a loss is infinite or nan."""
    config = run.config
    says = (
        f"the loss is no number any more after step {run.step}: train with a smaller "
        f"--learning-rate than {config.learning_rate}"
    )
    if config.optimizer == "muon":
        says += f" and --muon-rate than {config.muon_rate}"
    if folder.model.exists():
        says += f" (the model after step {folder.read_model().step} is in {folder.model})"
    return ValueError(says)


def _told(run: Run, point: Checkpoint) -> tuple[float, str]:
    """The score of a finished model, and a sample of what it writes."""
    device = run.corpus.valid.ids.device
    model, config = point.model.to(device), run.config
    sample = "".join(write(model, point.tokenizer, seed=config.seed, end=point.end))
    return run.corpus.score(model, config.batch_size), sample
