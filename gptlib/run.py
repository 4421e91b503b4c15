"""A training that may be broken off at any moment, and goes on as if nothing had been."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

from gptlib import checkpoint
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.data import mixed_seed
from gptlib.optim import load_optimizer_state, make_optimizers, optimizer_state
from gptlib.train import Loss, next_token_loss, train


class Run:
    """A model in training on a corpus, and all that its next step depends on.

    settings: what makes this run the run it is, as JSON can say it; `load` compares it

    Batches and dropout are drawn from (seed, step) alone. So on the same machine, with the same
    number of threads, a run that `load` brings back to a checkpoint goes on bit for bit like the
    one that wrote it. (Some of a GPU's sums come in no fixed order, so there it does so only
    nearly.)
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
        self.losses: list[float] = []  # of each step's batches, before it, in nats per token
        self.valid_losses: dict[int, float] = {}  # steps done -> nats per character

    @property
    def step(self) -> int:
        """How many steps are done."""
        return len(self.losses)

    def __iter__(self) -> Iterator[float]:
        """Take the steps that are left, and yield the loss before each."""
        config, done = self.config, self.step
        batches = self.corpus.batches(config.batch_size, config.seed, done * config.accumulate)
        steps = train(self.model, batches, self.loss, config, self.optimizers, done)
        while True:
            # Anew for each step: whoever goes on from here draws what this step draws.
            torch.manual_seed(mixed_seed(config.seed, self.step, 1))
            if (loss := next(steps, None)) is None:
                return
            self.losses.append(loss)
            yield loss

    @property
    def due(self) -> bool:
        """Whether the validation loss is to be measured after this step, and the run to be kept."""
        config = self.config
        return self.step % config.eval_interval == 0 or self.step == config.max_iters

    def measure(self) -> float:
        """The validation loss on config.eval_iters batches, in nats per character.

        It is remembered in valid_losses where it is due, so that a run that was interrupted has
        the same of them as one that was not.
        """
        loss = self.corpus.score(self.model, self.config.batch_size, self.config.eval_iters)
        if self.due:
            self.valid_losses[self.step] = loss
        return loss

    def train_losses(self, first: int = 0) -> list[float]:
        """The loss before each step, from a first one on, in nats per character."""
        return [loss * self.corpus.train.tokens_per_character for loss in self.losses[first:]]

    def save(self, path: str | Path) -> None:
        """Write a checkpoint that `load` can go on from. Errors as in `checkpoint.save`."""
        training = optimizer_state(self.model, self.optimizers)
        training["losses"] = torch.tensor(self.losses, dtype=torch.float64)
        training["valid_losses"] = torch.tensor(
            list(self.valid_losses.items()), dtype=torch.float64
        )
        self._write(path, training)

    def finish(self, path: str | Path) -> None:
        """Write a checkpoint of the model alone: what only training needs is most of it."""
        self._write(path, {})

    def load(self, path: str | Path) -> None:
        """Go back, or forward, to where the run was when it wrote the checkpoint at path.

        ValueError for one with other settings, naming the first, for one that is finished, and as
        in `checkpoint.load`.
        """
        point = checkpoint.load(path)
        for name, now in self.settings.items():
            if (before := point.settings.get(name)) != now:
                raise ValueError(
                    f"{name} is {now!r}, and the run in {str(path)!r} began with {before!r}: "
                    "change it back, or begin another run"
                )
        if not point.training:
            raise ValueError(
                f"the run in {str(path)!r} is finished, after {point.step} steps: begin another"
            )
        # Copies, so that nothing here is a map of a file that the next `save` replaces.
        training = {name: tensor.clone() for name, tensor in point.training.items()}
        self.losses = training.pop("losses").tolist()
        self.valid_losses = {int(n): loss for n, loss in training.pop("valid_losses").tolist()}
        self.model.load_state_dict(point.model.state_dict())
        for optimizer in self.optimizers:
            optimizer.state.clear()  # what came after the checkpoint, if this is a way back
        load_optimizer_state(self.model, self.optimizers, training)

    def _write(self, path: str | Path, training: Mapping[str, Tensor]) -> None:
        corpus = self.corpus
        checkpoint.save(
            path, self.model, corpus.tokenizer, self.step, corpus.end, training, self.settings
        )


def steps_within(seconds: float, make_run: Callable[[int], Run], most: int = 20) -> int:
    """About how many steps, with what is measured between them, take so many seconds.

    make_run: makes the run for a number of steps; the few that are timed here, at most `most`, are
        of a run that is thrown away
    """
    run = make_run(most)
    run.measure()  # a first time may take longer
    times = [perf_counter()]
    for _ in run:
        times.append(perf_counter())
        if len(times) > 3 and times[-1] - times[0] > seconds / 20:
            break
    run.measure()
    measuring = perf_counter() - times[-1]
    a_step = median(after - before for before, after in itertools.pairwise(times))
    steps = seconds / (a_step + measuring / run.config.eval_interval)
    return int(min(max(1, steps), 2**31 - 1))
