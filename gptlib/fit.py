"""Training a run to its end while someone watches: progress bar, losses and Ctrl-C."""

import math
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import mean
from threading import Event

from tqdm import tqdm

from gptlib.optim import learning_rate
from gptlib.run import Run
from gptlib.run_folder import RunFolder
from gptlib.writing import write

FAR = 3  # a loss of so many times ln V is that of a model which training has broken


def fit(run: Run, folder: RunFolder, marks: dict[str, float], writer: type | None = None) -> None:
    """Train a run to its end, saving to folder along the way, and print progress and results.

    marks: losses to compare with, as from `Corpus.landmarks`
    writer: TensorBoard's SummaryWriter, if the losses are to be written for it too

    KeyboardInterrupt after the step in which Ctrl-C is pressed, or SIGTERM arrives, with a message
    on how to resume. ValueError if the loss explodes; the last good checkpoint is kept.
    """
    corpus = run.corpus
    try:
        print(
            f"{len(corpus.train.ids):,} tokens to train on, {len(corpus.valid.ids):,} to "
            f"validate with, of a vocabulary of {corpus.tokenizer.vocab_size:,}; "
            f"{run.model.num_parameters():,} parameters; {run.config.max_iters:,} steps; "
            f"the run's folder is {folder.path}"
        )
        with ExitStack() as stack:
            board = None
            if writer is not None:
                # What was written after the last checkpoint is not to be shown: it is purged.
                board = writer(str(folder.path / "tensorboard"), purge_step=run.step + 1)
                stack.callback(board.close)
            take_steps(run, folder, marks, board)
        score, sample = finish(run, folder, marks)
    except KeyboardInterrupt:
        says = "stopped before the first checkpoint"
        if folder.last.exists():
            says = (
                f"stopped; the last checkpoint is of step {folder.read_last().step}, the best "
                f"model of step {folder.read_model().step}"
            )
        path = shlex.quote(str(folder.path))
        raise KeyboardInterrupt(f"{says}\nto resume: python main.py resume {path}") from None
    if run.impatient:
        print(
            f"stopped after step {run.step}: the last {run.config.patience} evaluations brought no "
            "lower validation loss"
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
    ids = run.corpus.valid.ids[: len(sample) + 1]  # each of them is a character at least
    valid = run.corpus.tokenizer.decode(ids)[: len(sample)]
    return (
        f"the longest passage of the sample that the training text has, too, is {copied} of its "
        f"{len(sample)} characters long; for the first {len(valid)} of the validation text it is "
        f"{len(run.corpus.longest_copy(valid))}"
    )


def take_steps(
    run: Run, folder: RunFolder, marks: dict[str, float], board: object | None = None
) -> None:
    """Take the remaining steps, saving to folder along the way. Errors as in `fit`."""
    if run.over and run.step not in run.valid_losses:  # its end was set where it was interrupted
        run.measure()
        folder.keep(run, marks)
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
            seen = run.measure()
            per_token = seen / run.corpus.valid.tokens_per_character
            if not math.isfinite(seen) or _far(run, per_token):
                raise _exploded(run, folder, per_token)
            if run.due:
                told = mean(run.train_losses(shown))
                tqdm.write(f"step {run.step:6}   train {told:.3f}   valid {seen:.3f}")
                if board is not None:
                    board.add_scalar("loss/train", told, run.step)
                    board.add_scalar("loss/valid", seen, run.step)
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
    """Let Ctrl-C or SIGTERM set an event to finish the step first; a second one stops at once."""
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
        what = f"{loss:,.1f} nats per token (knowing nothing costs {nothing:.1f})"
    rate = learning_rate(run.step - 1, config)
    says = (
        f"at step {run.step} the loss was {what}, with a learning rate of {rate:.2g}: train with a "
        f"smaller {rates}"
    )
    if folder.last.exists():
        says += f" (the best model, of step {folder.read_model().step}, is in {folder.path})"
    return ValueError(says)
