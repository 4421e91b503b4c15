"""The check for the first exercise of notebook 08: the layers in the file of GPT-1."""

from collections.abc import Callable, Iterator
from itertools import permutations

import torch
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words
from gptlib.exercises.modules import draw, misfit, named_tensor, off

ORDER = (
    "are in another order: the first C columns belong to the queries, then come the keys', and the "
    "values' are last."
)
TURNED = (
    "Your weights are right but for one thing: nn.Linear has a row for each output, so transpose."
)
IN_TURN = "You take every third column: each layer has C neighbouring ones, weight[:, :C] first."
RESHAPED = (
    "view and reshape go along the rows, so they mix the layers: cut the columns, as "
    "weight.chunk(3, dim=1) does."
)
SAME = "All three of your layers are the same: each has C columns of its own."


@in_words("three pairs (weight, bias)")
def check_linear_layers(mine: Callable) -> str:
    """Notebook 08: mine(weight, bias) cuts c_attn into its layers of queries, keys and values.

    weight: (C, 3C), bias: (3C,); three pairs (C, C) and (C,), as nn.Linear has them
    """
    for C in (6, 4):  # 6 can be cut in three along the wrong dimension, too
        weight, bias = draw((C, 3 * C), (3 * C,))
        got = mine(weight.clone(), bias.clone())
        if got is None and C == 6:
            return NOT_YET
        if says := _unpaired(got, C):
            return says
        weights, biases = (torch.stack([pair[i] for pair in got]) for i in (0, 1))
        for found, cut, given in [
            (weights, _cut_weights(weight), "random numbers, at [layer, row, column],"),
            (biases, _cut_biases(bias), "random numbers, at [layer, position],"),
        ]:
            diagnoses = list(cut)
            says = named_tensor(found, diagnoses)
            if says != RIGHT:
                return says or off(found, diagnoses[0][0], given)
    return RIGHT


def _unpaired(got: object, C: int) -> str | None:
    """What is wrong with the form of an answer, if it is not three pairs of the right shapes."""
    if not isinstance(got, list | tuple):
        return f"Return three pairs (weight, bias): yours is {described(got)}."
    if [x.ndim for x in got if isinstance(x, Tensor)] == [2, 1]:
        return "That is still one layer: cut its weight and its bias into three of each."
    if len(got) == 6:
        return "Put each weight and its bias into a pair: return three pairs, not six tensors."
    if len(got) == 2 and all(len(x) == 3 for x in got):
        return "You return the weights and the biases: pair each weight with its bias."
    if len(got) != 3:
        return f"Return three pairs, of queries, keys and values: yours is {described(got)}."
    for pair in got:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return f"Return three pairs (weight, bias): one of yours is {described(pair)}."
        if says := _misshapen(*pair, C):
            return says
    return None


def _misshapen(weight: object, bias: object, C: int) -> str | None:
    """What is wrong with one pair of an answer, if a shape is."""
    shape, length = getattr(weight, "shape", None), getattr(bias, "shape", None)
    if shape == (C,) and length == (C, C):
        return "The weight comes first in a pair, then the bias."
    if shape in [(3 * C, C), (C, 3 * C)]:
        return f"You return the whole weight: each layer has C = {C} of its 3C columns."
    if shape in [(C // 3, 3 * C), (3 * C, C // 3)]:
        return "You cut the rows, which are the inputs, the same for all three: cut the columns."
    if length == (3 * C,):
        return f"You return the whole bias: each layer has C = {C} of its 3C numbers."
    if length in [(C, 1), (1, C)]:
        return f"A bias has one dimension: yours has the shape {tuple(length)}, not ({C},)."
    return misfit(weight, (C, C), "Your weight") or misfit(bias, (C,), "Your bias")


def _cut_weights(weight: Tensor) -> Iterator[tuple[Tensor, str]]:
    """The three weights, then what each usual mistake makes of them."""
    C = len(weight)
    right = torch.stack(weight.chunk(3, dim=1)).mT
    yield right, RIGHT
    yield right.mT, TURNED
    reshaped, in_turn = weight.view(3, C, C), weight.view(C, C, 3).permute(2, 1, 0)
    others = [right[list(order)] for order in permutations(range(3))][1:]
    wrong = [(reshaped, RESHAPED), (in_turn, IN_TURN), (right[[0, 0, 0]], SAME)]
    for mistaken, says in [*wrong, *((other, f"Your weights {ORDER}") for other in others)]:
        yield mistaken, says
        yield mistaken.mT, says


def _cut_biases(bias: Tensor) -> Iterator[tuple[Tensor, str]]:
    """The three biases, then what each usual mistake makes of them."""
    right = bias.view(3, -1)
    yield right, RIGHT
    yield bias.view(-1, 3).T, "You take every third number of the bias: each layer has neighbours."
    yield right[[0, 0, 0]], "All three of your biases are the same: cut the bias like the weight."
    for order in permutations(range(3)):
        yield right[list(order)], f"Your biases {ORDER}"
