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

FAR = 3  # a loss of so many times ln V is that of a model which training has broken


def fit(run: Run, folder: RunFolder, marks: dict[str, float], writer: type | None = None) -> None:
    """Train a run to its end, saving to folder along the way, and print progress and results.

    marks: losses to compare with, as from `Corpus.landmarks`
    writer: TensorBoard's SummaryWriter, if the losses are to be written for it too

    KeyboardInterrupt after the step in which Ctrl-C is pressed, or SIGTERM arrives, with a message
    on how to resume. ValueError if the loss explodes, or if another process is using the folder.
    The last good checkpoint is kept.
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
            # What an interrupted run wrote after its last checkpoint is not shown: it is purged.
            board = writer and writer(str(folder.path / "tensorboard"), purge_step=run.step + 1)
            take_steps(run, folder, marks, board)
            score, sample = finish(run, folder, marks)
    except KeyboardInterrupt:
        if not folder.last.exists():
            raise
        raise KeyboardInterrupt(
            f"stopped after step {run.step}; the best model so far, of step "
            f"{folder.read_model().step}, is in {folder.path}\n"
            f"to resume: python main.py resume {folder.path}"
        ) from None
    if run.impatient:
        print(
            f"stopped after step {run.step}: for {run.config.patience} evaluations the validation "
            "loss has not fallen below its lowest"
        )
    if run.best < run.step:
        low, last = run.valid_losses[run.best], run.valid_losses[run.step]
        print(
            f"the model kept is that of step {run.best}, where the validation loss was lowest: it "
            f"was {low:.3f} then, and {last:.3f} after step {run.step}"
        )
    print(f"loss {score:.4f} on the whole validation split, in nats per character; for comparison:")
    for name, mark in marks.items():
        print(f"     {mark:.4f} {name}")
    print(f"\n{sample}\n\n{told_copies(run, sample)}")


def told_copies(run: Run, sample: str) -> str:
    """A sentence on how much of a sample stands in the training text word for word."""
    copied = len(run.corpus.longest_copy(sample))
    valid = run.corpus.tokenizer.decode(run.corpus.valid.ids)[: len(sample)]
    return (
        f"{copied} of the sample's {len(sample)} characters, in a row, stand in the training text; "
        f"of as many of the validation text, {len(run.corpus.longest_copy(valid))}"
    )


def take_steps(
    run: Run, folder: RunFolder, marks: dict[str, float], board: object | None = None
) -> None:
    """Take the remaining steps, saving to folder along the way. Errors as in `fit`."""
    shown = run.step
    bar = tqdm(total=run.config.max_iters, initial=run.step, disable=None)
    with finishing_the_step() as stopped, bar:
        for loss in () if run.over else run:
            bar.update()
            if not math.isfinite(loss) or _far(run, loss):
                raise _exploded(run, folder, loss)
            if not (run.due or stopped.is_set()):
                continue
            # A step may break a model whose loss was good before: evaluate first, then save.
            if not math.isfinite(seen := run.measure()):
                raise _exploded(run, folder, seen)
            if run.due:
                told = mean(run.train_losses(shown))
                tqdm.write(f"step {run.step:6}   train {told:.3f}   valid {seen:.3f}")
                if board is not None:
                    board.add_scalars("loss", {"train": told, "valid": seen}, run.step)
                    board.flush()
                shown = run.step
            folder.keep(run, marks)
            if stopped.is_set() or run.over:
                break
    folder.write_picture(run, marks)
    if not run.over:
        raise KeyboardInterrupt


def finish(run: Run, folder: RunFolder, marks: dict[str, float]) -> tuple[float, str]:
    """Write the files of a finished run; returns its score on all validation data, and a sample.

    Both come from the best model, as it was saved.
    """
    point, config = folder.read_model(), run.config
    model = point.model.to(run.corpus.valid.ids.device)
    score = run.corpus.score(model, config.batch_size)
    sample = "".join(write(model, point.tokenizer, seed=config.seed, end=point.end))
    folder.write_sample(sample)
    folder.write_log(run, marks, best=point.step, score=score)
    return score, sample


@contextmanager
def finishing_the_step() -> Iterator[Event]:
    """Let Ctrl-C or SIGTERM set an event, so that the step can be finished; a second one stops."""
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()
        sys.stderr.write(" finishing this step; press Ctrl-C again to stop at once\n")
        for kind in before:
            signal.signal(kind, signal.default_int_handler)

    before = {kind: signal.signal(kind, stop) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _far(run: Run, loss: float) -> bool:
    """Whether a loss after the warm-up is far above that of a model that knows nothing."""
    usual = max(math.log(run.corpus.tokenizer.vocab_size), run.losses[0])
    return run.step > run.config.warmup and loss > FAR * usual


def _exploded(run: Run, folder: RunFolder, loss: float) -> ValueError:
    """The error for a loss that is infinite, nan or too large."""
    config = run.config
    rates = f"--learning-rate than {config.learning_rate}"
    if config.optimizer == "muon":
        rates += f" and --muon-rate than {config.muon_rate}"
    what = "infinite or nan"
    if math.isfinite(loss):
        nothing = math.log(run.corpus.tokenizer.vocab_size)
        what = f"{loss:,.1f} nats per token, and knowing nothing costs {nothing:.1f},"
    says = f"the loss became {what} after step {run.step}: train with a smaller {rates}"
    if folder.last.exists():
        says += f" (the best model, of step {folder.read_model().step}, is in {folder.path})"
    return ValueError(says)
