"""Fine-tuning as in GPT-1: one pre-trained model, a new linear layer, and any of its tasks."""

from collections.abc import Iterable, Sequence
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from gptlib.config import TrainConfig, check_whole
from gptlib.data import IGNORE
from gptlib.eval_mode import evaluating
from gptlib.gpt import GPT
from gptlib.task_inputs import Batch
from gptlib.train import token_losses

# Radford et al. (2018), section 4.1, and the released code, for three epochs of batches of 32. The
# warm-up is 0.2% of the steps: set it with max_iters. A smaller model may want a higher rate.
FINE_TUNING = TrainConfig(
    max_iters=1000,
    warmup_iters=2,
    learning_rate=6.25e-5,
    decay="linear",
    weight_decay=0.01,
    betas=(0.9, 0.999),
)


def with_special_tokens(model: nn.Module, n: int = 3) -> nn.Module:
    """A copy of model that knows n more tokens, whose rows of the table are drawn at random.

    model: a `GPT` or another model that has `state` and `from_state`, with a vocab_size

    The ids of the new tokens come after the V that it knew, whose logits do not change.
    """
    state = model.state()
    grown = type(model).from_state(state | {"vocab_size": state["vocab_size"] + n})
    grown.to(model.tok_emb.weight).train(model.training)
    with torch.no_grad():
        for new, old in zip(grown.parameters(), model.parameters(), strict=True):
            new[: len(old)] = old  # only the tables have more rows than before
    return grown


def transferred(model: GPT, n: int) -> GPT:
    """A copy of model whose blocks after the first n are drawn at random.

    With 0, only what is outside the blocks is kept: embeddings and, in pre-norm, the last norm.
    Figure 2, on the left, of Radford et al. (2018). ValueError for more blocks than it has.
    """
    if not 0 <= n <= len(model.blocks):
        raise ValueError(f"n is {n}: give a number of blocks from 0 to {len(model.blocks)}")
    kept, fresh = deepcopy(model), GPT.from_state(model.state()).to(model.tok_emb.weight)
    for i in range(n, len(model.blocks)):
        kept.blocks[i] = fresh.blocks[i].train(model.training)
    return kept


class Classifier(nn.Module):
    """A language model with a linear layer that reads an answer off its extract tokens.

    gpt: the model, with rows for the special tokens; `hidden`, `logits` and `tok_emb` as in a `GPT`
    classes: how many labels there are; 1 if each sequence is an answer, as in `choice`

    Section 3.2 of Radford et al. (2018), equation 3.
    """

    def __init__(self, gpt: nn.Module, classes: int) -> None:
        super().__init__()
        check_whole("classes", classes, 1)
        self.gpt = gpt
        # The same channels in all sequences of an example, as in the released code.
        self.dropout = nn.Dropout1d(0.1)
        self.head = nn.Linear(gpt.tok_emb.embedding_dim, classes)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, idx: Tensor, at: Tensor) -> Tensor:
        """The logits of the labels, (B, classes), or of the K sequences, (B, K), if classes is 1.

        idx: (B, K, T), the sequences of each example; at: (B, K), where their extract tokens are
        """
        return self.classify(self.hidden(idx), at)

    def hidden(self, idx: Tensor) -> Tensor:
        """The hidden states (B, K, T, C) of the language model for idx, (B, K, T)."""
        B, K, T = idx.shape
        return self.gpt.hidden(idx.flatten(0, 1)).unflatten(0, (B, K))

    def classify(self, hidden: Tensor, at: Tensor) -> Tensor:
        """What `forward` returns, from what `hidden` does."""
        B, K, T, C = hidden.shape
        states = hidden.take_along_dim(at[..., None, None], dim=2).squeeze(2)  # (B, K, C)
        states = self.dropout(states.mT).mT  # (B, K, C)
        if self.head.out_features == 1:
            return self.head(states).squeeze(2)  # (B, K)
        # Where there are two sequences, for the two orders of similar texts, their states add up.
        return self.head(states.sum(dim=1))


def fine_tuning_loss(
    model: Classifier, batch: Batch, lm_weight: float = 0.5
) -> tuple[Tensor, Tensor]:
    """The sum of the examples' losses L2 + lm_weight * L1, and how many examples there are.

    L2 is that of the label. L1, the auxiliary loss, is that of the next token: the mean over the
    tokens of each sequence, special tokens included, then over the sequences of an example.

    batch: idx (B, K, T), at (B, K) and labels (B), as `task_batches` yields them

    Equation 5 of Radford et al. (2018), with the signs turned; the means are the released code's.
    """
    idx, at, labels = batch
    hidden = model.hidden(idx)
    total = F.cross_entropy(model.classify(hidden, at), labels, reduction="sum")
    if lm_weight:
        total = total + lm_weight * _next_token_loss(model.gpt, hidden, idx, at)
    return total, labels.new_tensor(len(labels))


def _next_token_loss(gpt: nn.Module, hidden: Tensor, idx: Tensor, at: Tensor) -> Tensor:
    """The sum of the examples' L1; arguments as in `Classifier`."""
    B, K, T = idx.shape
    real = torch.arange(1, T, device=idx.device) <= at[..., None]  # (B, K, T - 1)
    # Logits are most of the work, so padding gets none.
    states, targets = hidden[:, :, :-1][real], idx[:, :, 1:][real]
    losses = F.cross_entropy(gpt.logits(states), targets, reduction="none")
    # All tokens but the first are targets: as many as the position of the last.
    counts = at[..., None].expand_as(real)[real]
    return (losses / counts).sum() / K


@torch.no_grad()
def probabilities(model: Classifier, batches: Iterable[Batch]) -> Tensor:
    """The probability of each label, or of each sequence if classes is 1, for all examples, (N, K).

    They are in the order of the batches, and the model is in evaluation mode.
    """
    with evaluating(model):
        return torch.cat([model(idx, at).softmax(dim=-1) for idx, at, _ in batches])


def accuracy(model: Classifier, batches: Iterable[Batch]) -> float:
    """The share of examples whose label is the most probable, in evaluation mode."""
    batches = list(batches)
    labels = torch.cat([labels for _, _, labels in batches])
    return (probabilities(model, batches).argmax(dim=1) == labels).double().mean().item()


@torch.no_grad()
def log_probs(
    model: nn.Module, beginning: Sequence[int], endings: Sequence[Sequence[int]]
) -> Tensor:
    """How likely a language model finds each ending: the mean of ln p over its tokens, (K).

    beginning, endings: ids, at least one in each

    The largest is its answer to a multiple choice without any fine-tuning (zero-shot), as in
    section 5 of Radford et al. (2018). A sum would favour short endings. ValueError for an empty
    beginning or ending.
    """
    if not (beginning and endings and all(endings)):
        raise ValueError(
            f"beginning has {len(beginning)} tokens, endings {list(map(len, endings))}: "
            "give at least one in each"
        )
    rows = [torch.tensor([*beginning, *ending]) for ending in endings]
    idx = pad_sequence([row[:-1] for row in rows], True)
    targets = pad_sequence([row[1:] for row in rows], True, IGNORE)
    targets[:, : len(beginning) - 1] = IGNORE
    with evaluating(model):
        losses = token_losses(model, (idx, targets))
    return -losses.sum(dim=1) / (targets != IGNORE).sum(dim=1)
