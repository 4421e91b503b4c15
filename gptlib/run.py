"""A training that may be broken off at any moment, and goes on as if nothing had been."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from gptlib import checkpoint
from gptlib.config import TrainConfig
from gptlib.tokenizer import Tokenizer
from gptlib.train import (
    Batch,
    Loss,
    load_optimizer_state,
    make_optimizers,
    optimizer_state,
    train,
)


class Run:
    """A model in training, and all that its next step depends on.

    batches: without end; what is random in them is drawn from generator
    settings: what makes this run the run it is, as JSON can say it; `load` compares it

    What else is random, such as dropout, is drawn from PyTorch's own generators, of which those of
    the CPU and of CUDA are kept. On the same machine, with the same number of threads, a run that
    `load` brings back to a checkpoint goes on bit for bit like the one that wrote it. (Some of a
    GPU's sums come in no fixed order, so there it does so only nearly.)
    """

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Tokenizer,
        batches: Iterable[Batch],
        generator: torch.Generator,
        loss: Loss,
        config: TrainConfig,
        settings: Mapping[str, object],
    ) -> None:
        self.model, self.tokenizer, self.batches = model, tokenizer, batches
        self.generator, self.loss, self.config = generator, loss, config
        self.settings = dict(settings)
        self.optimizers = make_optimizers(model, config)
        self.losses: list[float] = []  # of each step's batches, before it
        self.looks: dict[int, float] = {}  # what was measured in between: steps done -> loss

    @property
    def step(self) -> int:
        """How many steps are done."""
        return len(self.losses)

    def __iter__(self) -> Iterator[float]:
        """Take the steps that are left, and yield the loss before each."""
        done = self.step
        for loss in train(self.model, self.batches, self.loss, self.config, self.optimizers, done):
            self.losses.append(loss)
            yield loss

    def save(self, path: str | Path) -> None:
        """Write a checkpoint that `load` can go on from. Errors as in `checkpoint.save`."""
        training = optimizer_state(self.model, self.optimizers)
        training["losses"] = torch.tensor(self.losses, dtype=torch.float64)
        training["looks"] = torch.tensor(list(self.looks.items()), dtype=torch.float64)
        training["batches"] = self.generator.get_state()
        training["random"] = torch.get_rng_state()
        if self._gpu() is not None:
            training["random_gpu"] = torch.cuda.get_rng_state(self._gpu())
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
        training = dict(point.training)
        self.losses = training.pop("losses").tolist()
        self.looks = {int(step): loss for step, loss in training.pop("looks").tolist()}
        self.generator.set_state(training.pop("batches"))
        torch.set_rng_state(training.pop("random"))
        if self._gpu() is not None:
            torch.cuda.set_rng_state(training.pop("random_gpu"), self._gpu())
        self.model.load_state_dict(point.model.state_dict())
        for optimizer in self.optimizers:
            optimizer.state.clear()  # what came after the checkpoint, if this is a way back
        load_optimizer_state(self.model, self.optimizers, training)

    def _gpu(self) -> torch.device | None:
        device = next(self.model.parameters()).device
        return device if device.type == "cuda" else None

    def _write(self, path: str | Path, training: Mapping[str, Tensor]) -> None:
        checkpoint.save(path, self.model, self.tokenizer, self.step, training, self.settings)
