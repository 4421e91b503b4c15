"""An example becomes the sequences of Figure 1, and keeps its label in every batch."""

from itertools import islice

import pytest
import torch

from gptlib.task_inputs import (
    TRANSFORMATIONS,
    Special,
    all_task_batches,
    choice,
    classification,
    encode_examples,
    entailment,
    similarity,
    task_batches,
)
from gptlib.tokenizer import CharTokenizer
from gptlib.world.tasks import Example

SPECIAL = Special(start=7, delimiter=8, extract=9)
TOKENIZER = CharTokenizer("abcdefg")


def encode(texts_and_labels, transformation=choice, block_size=9):
    return encode_examples(texts_and_labels, transformation, TOKENIZER, SPECIAL, block_size)


def test_the_transformations_are_those_of_figure_1():
    assert classification(SPECIAL, [1, 2]) == [[7, 1, 2, 9]]
    assert entailment(SPECIAL, [1, 2], [3]) == [[7, 1, 2, 8, 3, 9]]
    assert similarity(SPECIAL, [1, 2], [3]) == [[7, 1, 2, 8, 3, 9], [7, 3, 8, 1, 2, 9]]
    assert choice(SPECIAL, [1], [2, 3], [4], [5]) == [
        [7, 1, 8, 2, 3, 9],
        [7, 1, 8, 4, 9],
        [7, 1, 8, 5, 9],
    ]


def test_the_transformations_are_found_by_the_name_of_their_task():
    assert TRANSFORMATIONS == {
        "classification": classification,
        "entailment": entailment,
        "similarity": similarity,
        "choice": choice,
    }


def test_ids_are_left_as_they_were():
    texts = [1, 2], [3]
    for transformation in (entailment, similarity, choice):
        transformation(SPECIAL, *texts)
    assert texts == ([1, 2], [3])


def test_texts_become_ids_in_their_order():
    [(sequences, label)] = encode([Example(("ab", "c", "de"), 1)])
    assert [s.tolist() for s in sequences] == [[7, 0, 1, 8, 2, 9], [7, 0, 1, 8, 3, 4, 9]]
    assert label == 1


def test_a_sequence_may_fill_the_context_and_not_more():
    some = [Example(("a",), 0), Example(("abcdefg",), 1)]
    assert len(encode(some, classification, block_size=9)) == 2
    with pytest.raises(ValueError, match="example 1 makes a sequence of 9 tokens, block_size is 8"):
        encode(some, classification, block_size=8)


def test_examples_with_different_numbers_of_answers():
    some = [Example(("a", "b", "c"), 0), Example(("a", "b"), 0)]
    with pytest.raises(ValueError, match="example 1 makes 1 sequences, the first 2: give all"):
        encode(some)


def test_a_batch_is_padded_on_the_right_and_says_where_extract_is():
    some = encode([Example(("a", "b", "cde"), 1), Example(("g", "fg", "c"), 0)])
    [(idx, at, labels)] = all_task_batches(some, 4)
    assert idx.tolist() == [
        [[7, 0, 8, 1, 9, 0, 0], [7, 0, 8, 2, 3, 4, 9]],
        [[7, 6, 8, 5, 6, 9, 0], [7, 6, 8, 2, 9, 0, 0]],
    ]
    assert at.tolist() == [[4, 6], [5, 4]]
    assert labels.tolist() == [1, 0]


def numbered(n):
    """Examples of one text each, whose label is their number."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 7, (n,), generator=generator).tolist()
    return [([torch.tensor([7, *[1] * length, 9])], i) for i, length in enumerate(lengths)]


def labels(batches):
    return [labels.tolist() for _, _, labels in batches]


def test_all_batches_keep_the_order_and_leave_nothing_out():
    assert labels(all_task_batches(numbered(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    for idx, at, which in all_task_batches(numbered(7), 3):
        for row, [last], i in zip(idx, at, which, strict=True):
            assert row[0, : last + 1].tolist() == numbered(7)[i][0][0].tolist()


def test_batches_without_end_bring_each_example_once_and_then_each_again_in_another_order():
    cut = labels(islice(task_batches(numbered(7), 3, seed=0), 9))
    epochs = [sum(cut[i : i + 3], []) for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] and epochs[0] != list(range(7))


def test_the_seed_alone_decides():
    before = torch.get_rng_state()
    one, again, other = (
        labels(islice(task_batches(numbered(7), 3, seed), 6)) for seed in (1, 1, 2)
    )
    assert one == again != other
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("n, batch_size", [(0, 3), (2, 0)])
def test_nothing_to_make_batches_of(n, batch_size):
    message = f"{n} examples cannot make batches of {batch_size}: give at least 1 of each"
    for cut in (all_task_batches, lambda *some: task_batches(*some, seed=0)):
        with pytest.raises(ValueError, match=message):
            next(cut(numbered(n), batch_size))
