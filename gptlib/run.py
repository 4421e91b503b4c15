"""A training run that may be interrupted at any moment and resumes as if it had not been."""

import itertools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

from gptlib import checkpoint
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import mixed_seed
from gptlib.lora import merged
from gptlib.optim import load_optimizer_state, make_optimizers, optimizer_state
from gptlib.train import Loss, next_token_loss, train


class Run:
    """A model being trained on a corpus, with all that its next step depends on.

    settings: what identifies this run, in types that JSON has; `load` compares them

    Batches and dropout are drawn from (seed, step) alone. So on the same machine, with the same
    number of threads, a run that `load` has restored from a checkpoint continues bit for bit like
    the one that wrote it. (On a GPU only nearly, since some sums there have no fixed order.)
    """

    def __init__(
        self,
        model: nn.Module,
        corpus: Corpus,
        config: RunConfig,
        settings: Mapping[str, object] | None = None,
        loss: Loss = next_token_loss,
    ) -> None:
        self.model, self.corpus, self.config, self.loss = model, corpus, config, loss
        self.settings = dict(settings or {})
        self.optimizers = make_optimizers(model, config)
        self.losses: list[float] = []  # of the batches of each step, before it, in nats per token
        self.valid_losses: dict[int, float] = {}  # steps done -> nats per character

    @property
    def step(self) -> int:
        """The number of steps done."""
        return len(self.losses)

    def __iter__(self) -> Iterator[float]:
        """Take the remaining steps, and yield the loss before each, in nats per token."""
        config, done = self.config, self.step
        first = config.batches_before(done)
        batches = self.corpus.batches(config.batch_size, config.seed, first)
        steps = train(self.model, batches, self.loss, config, self.optimizers, done)
        while True:
            # Seeded anew for each step, so that a resumed run draws the same.
            torch.manual_seed(mixed_seed(config.seed, self.step, 1))
            if (loss := next(steps, None)) is None:
                return
            self.losses.append(loss)
            yield loss

    @property
    def due(self) -> bool:
        """Whether the run is to be evaluated and saved after this step."""
        config = self.config
        return self.step % config.eval_interval == 0 or self.step == config.max_iters

    @property
    def best(self) -> int | None:
        """The step with the lowest validation loss since the start; None if none is measured."""
        trained = {step: loss for step, loss in self.valid_losses.items() if step > 0}
        return min(trained, key=trained.get, default=None)

    @property
    def impatient(self) -> bool:
        """Whether the last config.patience evaluations were all worse than the best."""
        since = sum(step > self.best for step in self.valid_losses) if self.best else 0
        return 0 < self.config.patience <= since

    @property
    def over(self) -> bool:
        """Whether there is no step left to take."""
        return self.step >= self.config.max_iters or self.impatient

    def measure(self) -> float:
        """The validation loss on at most config.eval_iters batches, in nats per character.

        It is stored in valid_losses only if it is due, so that an interrupted run ends up with the
        same entries as an uninterrupted one.
        """
        loss = self.corpus.score(self.model, self.config.batch_size, self.config.eval_iters)
        if self.due:
            self.valid_losses[self.step] = loss
        return loss

    def train_losses(self, first: int = 0) -> list[float]:
        """The training loss before each step, from step first on, in nats per character."""
        return [loss * self.corpus.train.tokens_per_character for loss in self.losses[first:]]

    def save(self, path: str | Path) -> None:
        """Write a checkpoint that `load` can resume from. Errors as in `checkpoint.save`."""
        training = optimizer_state(self.model, self.optimizers)
        training["losses"] = torch.tensor(self.losses, dtype=torch.float64)
        training["valid_losses"] = torch.tensor(
            list(self.valid_losses.items()), dtype=torch.float64
        )
        self._write(path, self.model, training)

    def save_model(self, path: str | Path) -> None:
        """Write a checkpoint without the training state, which would be most of the file.

        A `LoRAGPT` is merged, so that what reads the file need not know of it.
        """
        self._write(path, merged(self.model), {})

    def load(self, path: str | Path) -> None:
        """Go back, or forward, to the step at which the run wrote the checkpoint at path.

        ValueError for a checkpoint with other settings (it names the first that differs) and for
        one without a training state; other errors as in `checkpoint.load`.
        """
        point = checkpoint.load(path)
        for name, now in self.settings.items():
            before = point.settings.get(name, now)  # a setting may be newer than the checkpoint
            if before != now:
                raise ValueError(
                    f"{name} is {now!r}, and the run in {str(path)!r} began with {before!r}: "
                    "change it back, or start a new run"
                )
        if not point.training:
            raise ValueError(f"{str(path)!r} holds a model alone: give a checkpoint to resume from")
        # Copies, since the loaded tensors are mapped from a file that the next `save` replaces.
        training = {name: tensor.clone() for name, tensor in point.training.items()}
        self.losses = training.pop("losses").tolist()
        self.valid_losses = {int(n): loss for n, loss in training.pop("valid_losses").tolist()}
        self.model.load_state_dict(point.model.state_dict())
        for optimizer in self.optimizers:
            optimizer.state.clear()  # it may be of a later step than the checkpoint
        load_optimizer_state(self.model, self.optimizers, training)

    def _write(self, path: str | Path, model: nn.Module, training: Mapping[str, Tensor]) -> None:
        corpus = self.corpus
        checkpoint.save(
            path, model, corpus.tokenizer, self.step, corpus.end, training, self.settings
        )


def check_seconds(max_seconds: float) -> None:
    """ValueError if max_seconds is not above 0, or infinite."""
    if not 0 < max_seconds < math.inf:
        raise ValueError(f"max_seconds is {max_seconds}: give a number above 0")


def steps_within(max_seconds: float, run: Run) -> int:
    """About how many steps of a run, with the evaluations between them, fit into max_seconds.

    run: one made only for this, since a few of its steps are taken to time them

    ValueError if max_seconds is not above 0, or infinite.
    """
    check_seconds(max_seconds)
    run.measure()  # untimed, since the first may take longer
    times = [perf_counter()]
    for _ in itertools.islice(run, 20):
        times.append(perf_counter())
        if len(times) > 3 and times[-1] - times[0] > max_seconds / 20:
            break
    run.measure()
    measuring = perf_counter() - times[-1]
    a_step = median(after - before for before, after in itertools.pairwise(times))
    steps = max_seconds / (a_step + measuring / run.config.eval_interval)
    return int(min(max(1, steps), 2**31 - 1))
