"""Tasks as a language model reads them: GPT-1's four input transformations, and batches of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from gptlib.tokenizer import Tokenizer

Encoded = tuple[list[Tensor], int]  # the sequences of an example, each (T), and its label
Batch = tuple[Tensor, Tensor, Tensor]  # idx, at and labels, as `all_task_batches` yields them


class Special(NamedTuple):
    """The ids of the tokens that fine-tuning adds; a vocabulary of V tokens ends before them.

    >>> Special(*range(40_478, 40_481))
    Special(start=40478, delimiter=40479, extract=40480)
    """

    start: int  # begins every sequence
    delimiter: int  # stands between two texts
    extract: int  # ends every sequence; the answer is read from its hidden state


def joined(special: Special, *texts: list[int]) -> list[int]:
    """The one sequence that all transformations are made of: start, text, delimiter, text, extract.

    >>> joined(Special(7, 8, 9), [1, 2], [3])
    [7, 1, 2, 8, 3, 9]
    """
    first, *others = texts
    sequence = [special.start, *first]
    for text in others:
        sequence += [special.delimiter, *text]
    return [*sequence, special.extract]


# Section 3.3 and Figure 1 of Radford et al. (2018): each turns the ids of an example's texts into
# its sequences, so that every task is read by the same model.


def classification(special: Special, text: list[int]) -> list[list[int]]:
    """One text, one sequence."""
    return [joined(special, text)]


def entailment(special: Special, premise: list[int], hypothesis: list[int]) -> list[list[int]]:
    """What is known and what may follow from it, in one sequence."""
    return [joined(special, premise, hypothesis)]


def similarity(special: Special, one: list[int], other: list[int]) -> list[list[int]]:
    """Two sequences, one for each order, because neither text comes first.

    >>> similarity(Special(7, 8, 9), [1, 2], [3])
    [[7, 1, 2, 8, 3, 9], [7, 3, 8, 1, 2, 9]]
    """
    return [joined(special, one, other), joined(special, other, one)]


def choice(special: Special, beginning: list[int], *answers: list[int]) -> list[list[int]]:
    """One sequence for each answer, after the same beginning."""
    return [joined(special, beginning, answer) for answer in answers]


Transformation = Callable[..., list[list[int]]]
TRANSFORMATIONS: dict[str, Transformation] = {
    f.__name__: f for f in (classification, entailment, similarity, choice)
}


def encode_examples(
    examples: Sequence[tuple[Sequence[str], int]],
    transformation: Transformation,
    tokenizer: Tokenizer,
    special: Special,
    block_size: int,
) -> list[Encoded]:
    """The sequences of each example, and its label.

    examples: pairs of texts and a label, such as the `Example` of `gptlib.world`
    transformation: one of TRANSFORMATIONS; the texts are its arguments, in the same order

    ValueError for an example with another number of sequences than the first, and for a sequence of
    more than block_size tokens: the paper's code cuts it, and the answer may lie in what is lost.
    """
    encoded = []
    for i, (texts, label) in enumerate(examples):
        sequences = transformation(special, *(tokenizer.encode(text) for text in texts))
        longest = max(map(len, sequences))
        if longest > block_size:
            raise ValueError(
                f"example {i} makes a sequence of {longest} tokens, block_size is {block_size}: "
                "shorten its texts, or leave it out"
            )
        if encoded and len(sequences) != len(encoded[0][0]):
            raise ValueError(
                f"example {i} makes {len(sequences)} sequences, the first {len(encoded[0][0])}: "
                "give all examples of a task as many answers"
            )
        encoded.append(([torch.tensor(sequence) for sequence in sequences], label))
    return encoded


def task_batches(encoded: Sequence[Encoded], batch_size: int, seed: int) -> Iterator[Batch]:
    """Endless batches, as `all_task_batches` cuts them: each example once, then each again.

    Each time, the examples come in a new order.
    """
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(encoded), generator=generator).tolist()
        yield from all_task_batches([encoded[i] for i in order], batch_size)


def all_task_batches(encoded: Sequence[Encoded], batch_size: int) -> Iterator[Batch]:
    """Cut examples into batches of batch_size, in their order; the last may be smaller.

    Yields idx (B, K, T), the K sequences of each example, padded on the right; at (B, K), the
    positions of the extract tokens, which are the last that are no padding; and labels (B). What a
    causal model says at a token does not depend on later ones, so it needs no mask for padding.

    ValueError for no examples and for a batch_size below 1.
    """
    if not encoded or batch_size < 1:
        raise ValueError(
            f"{len(encoded)} examples cannot make batches of {batch_size}: give at least 1 of each"
        )
    for i in range(0, len(encoded), batch_size):
        rows = encoded[i : i + batch_size]
        B, K = len(rows), len(rows[0][0])
        flat = [sequence for sequences, _ in rows for sequence in sequences]
        lasts = [len(sequence) - 1 for sequence in flat]
        idx = pad_sequence(flat, True).unflatten(0, (B, K))
        at = torch.tensor(lasts).view(B, K)
        labels = torch.tensor([label for _, label in rows])
        yield idx, at, labels
