"""Training a run to its end while someone watches: progress bar, losses and Ctrl-C."""

import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean
from threading import Event

from tqdm import tqdm

from gptlib.run import Run
from gptlib.run_folder import RunFolder
from gptlib.writing import write


def fit(run: Run, folder: RunFolder, marks: dict[str, float]) -> None:
    """Train a run to its end, saving to folder along the way, and print progress and results.

    marks: losses to compare with, as from `Corpus.landmarks`

    KeyboardInterrupt after the step in which Ctrl-C is pressed, with a message on how to resume.
    ValueError if the loss becomes infinite or nan, or if another process is using the folder. The
    last good checkpoint is kept.
    """
    corpus = run.corpus
    try:
        with folder.locked():
            print(
                f"{len(corpus.train.ids):,} tokens to train on, {len(corpus.valid.ids):,} to "
                f"validate with, of a vocabulary of {corpus.tokenizer.vocab_size:,}; "
                f"{run.model.num_parameters():,} parameters; {run.config.max_iters:,} steps; "
                f"the run's folder is {folder.path}"
            )
            take_steps(run, folder, marks)
            score, sample = finish(run, folder, marks)
    except KeyboardInterrupt:
        if not folder.model.exists():
            raise
        raise KeyboardInterrupt(
            f"stopped; the model after step {folder.read_model().step} is in "
            f"{folder.model}\nto resume: python main.py resume {folder.path}"
        ) from None
    print(f"loss {score:.4f} on the whole validation split, in nats per character; for comparison:")
    for name, mark in marks.items():
        print(f"     {mark:.4f} {name}")
    print(f"\n{sample}")


def take_steps(run: Run, folder: RunFolder, marks: dict[str, float]) -> None:
    """Take the remaining steps, saving to folder along the way. Errors as in `fit`."""
    shown = run.step
    bar = tqdm(total=run.config.max_iters, initial=run.step, disable=None)
    with finishing_the_step() as stopped, bar:
        for loss in run:
            bar.update()
            if not math.isfinite(loss):
                raise _exploded(run, folder)
            if not (run.due or stopped.is_set()):
                continue
            # A step may break a model whose loss was good before: evaluate first, then save.
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
    """Write the files of a finished run; returns its score on all validation data, and a sample.

    Both come from the saved model.
    """
    point, config = folder.read_model(), run.config
    model = point.model.to(run.corpus.valid.ids.device)
    score = run.corpus.score(model, config.batch_size)
    sample = "".join(write(model, point.tokenizer, seed=config.seed, end=point.end))
    folder.write_log(run, marks, score=score)
    folder.write_sample(sample)
    run.finish(folder.model)
    return score, sample


@contextmanager
def finishing_the_step() -> Iterator[Event]:
    """Let Ctrl-C set an event, so that the step can be finished; a second one stops at once."""
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()
        sys.stderr.write(" finishing this step; press Ctrl-C again to stop at once\n")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _exploded(run: Run, folder: RunFolder) -> ValueError:
    """The error for a loss that is infinite or nan."""
    config = run.config
    says = (
        f"the loss became infinite or nan after step {run.step}: train with a smaller "
        f"--learning-rate than {config.learning_rate}"
    )
    if config.optimizer == "muon":
        says += f" and --muon-rate than {config.muon_rate}"
    if folder.model.exists():
        says += f" (the model after step {folder.read_model().step} is in {folder.model})"
    return ValueError(says)
