"""Checks for the exercises of notebook 00 about batches."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words, numbers

LONGER = "Each row of targets is as long as its row of idx: the last id has a target too."
SHIFTED = [
    (1, RIGHT),
    (0, "Your targets are idx itself: a model would only learn to repeat what it sees."),
    (-1, "Your targets are shifted the wrong way: they are the previous ids, not the next."),
    (2, "Your targets are two places later: take the next id, one place later."),
]
T_LATER = "Your targets begin where idx ends, but each id of idx has a target: the next one."
WRONG = "Your targets are not the ids that come one place later in data than those of idx."
ADDED = "You added 1 to the ids: one place later means the next id in data."
LAST = "Only the last target of each row is wrong: take it from data too, one place after idx ends."
OTHERS = (
    "Your targets come from different windows than idx: draw once, and use the same "
    "starts for both."
)
LATE = "Your windows begin one place too late: begin each at its start."
EXCHANGED = "These are the right windows in the wrong order: return idx first, then targets."


@in_words("two lists of rows, idx and targets")
def check_windows(mine: Callable[[list[int], list[int], int], Sequence]) -> str:
    """Notebook 00: mine(data, starts, block_size) gives the windows at starts and their targets."""
    # No id is one more than the one before it, so that counting on is not the next id.
    data = [10, 3, 27, 8, 14, 31, 5, 22, 40, 17, 2, 36]
    for starts, T in (([1, 5, 3], 3), ([7, 0], 4)):
        got = mine(list(data), list(starts), T)
        if got is None:
            return NOT_YET
        if (says := _cut(numbers(got), data, starts, T)) != RIGHT:
            return says
    return RIGHT


def _cut(got: list, data: list[int], starts: list[int], T: int) -> str:
    """What is right or wrong with got, the windows and their targets."""

    def rows(shift: int) -> list[list[int]]:
        return [data[s + shift : s + shift + T] for s in starts]

    want = [rows(0), rows(1)]
    if got == want:
        return RIGHT
    if got == [[idx, targets] for idx, targets in zip(*want, strict=True)]:
        return "You return a pair for each start: return all rows of idx, then all of targets."
    if len(got) != 2:
        return "Return two lists, idx and targets, with a row in each for every start."
    if got == [want[0], [data[s + T] for s in starts]]:
        return LONGER
    if any(not isinstance(row, list) for half in got for row in half):
        return "Each row must be a list of ids, one row for each start: yours contains single ids."
    idx, targets = got
    if got == want[::-1]:
        return EXCHANGED
    if idx != rows(0):
        if len(idx) != len(starts):
            return f"Return one row for each of the {len(starts)} starts: your idx has {len(idx)}."
        if any(len(row) == T + 1 for row in idx):
            return "The rows of idx are one too long: like the targets they have block_size ids."
        if idx == [data[s:T] for s in starts]:
            return "Your slices end at block_size: end each at its start plus block_size."
        if odd := [len(row) for row in idx if len(row) != T]:
            return f"Each row has block_size = {T} ids: one of yours has {odd[0]}."
        if idx == [list(range(s, s + T)) for s in starts]:
            return "Your idx contains positions in data: take the ids at those positions, data[i]."
        if idx == [data[i : i + T] for i in range(len(starts))]:
            return "You begin at the number of a start: begin at the start itself, starts[i]."
        if idx == [data[k * T : (k + 1) * T] for k in range(len(starts))]:
            return "You cut one window after the other from place 0: begin them at starts."
        if idx == rows(1):
            return LATE
        yours = f"{idx}".replace(".0", "")
        return f"The rows of idx for starts {starts} should be {rows(0)}, but yours are {yours}."
    if any(len(row) != T for row in targets):
        return LONGER
    if targets == [[i + 1 for i in row] for row in idx]:
        return ADDED
    for shift, says in [*SHIFTED, (T, T_LATER)]:
        if targets == rows(shift):
            return says
    if [row[:-1] for row in targets] == [row[1:] for row in idx]:
        return LAST
    yours = f"{targets}".replace(".0", "")
    return f"The targets for starts {starts} should be {rows(1)}, but yours are {yours}."


@in_words("two tensors of shape (B, T), idx and targets")
def check_batch(mine: Callable[[Tensor, Tensor, int, int], Sequence[Tensor]]) -> str:
    """Notebook 00: mine(data, starts, B, T) gives windows at starts drawn at random."""
    data = 10 + 7 * torch.arange(60) % 61
    starts = torch.tensor([3, 9, 17, 24, 33, 52])
    for B, T in ((4, 5), (2, 7)):
        # The reader's own draws go on where they were; a sound function misses none of the six
        # starts in so many batches but once in 10^15.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(B)
            batches = [mine(data.clone(), starts.clone(), B, T) for _ in range(100)]
        if batches[0] is None:
            return NOT_YET
        if says := _misshapen(batches[0], B, T) or _drawn(batches, data, starts):
            return says
    return RIGHT


def _misshapen(batch: Sequence[Tensor], B: int, T: int) -> str | None:
    """What is wrong with the form of a batch."""
    if len(batch) != 2:
        return f"Return two tensors, idx and targets, not {len(batch)}."
    for name, got in zip(("idx", "targets"), batch, strict=True):
        if not isinstance(got, Tensor):
            return (
                f"Make {name} a tensor (torch.stack makes one of rows): yours is {described(got)}."
            )
        if got.shape != (B, T):
            return f"For B = {B} and T = {T} the shape of {name} should be ({B}, {T})" + {
                (T, B): ": rows and columns are swapped.",
                (B, T + 1): ": of T + 1 ids, idx takes the first T, and targets the last T.",
                (B, T - 1): ": the last id has a target too, so take one more id from data.",
                (B, 1): ": add torch.arange(T) to the column of starts.",
                (T,): ": you cut one window, and a batch has B of them.",
                (B * T,): ": keep the rows apart.",
            }.get(tuple(got.shape), f", but yours is {tuple(got.shape)}.")
        if got.dtype != torch.int64:
            return f"Ids are whole numbers, torch.int64, as in data: your {name} is {got.dtype}."
    return None


def _drawn(batches: Sequence[Sequence[Tensor]], data: Tensor, starts: Tensor) -> str | None:
    """What is wrong with what stands in the batches, all of them well shaped."""
    idx, targets = (torch.stack(list(half)) for half in zip(*batches, strict=True))
    T, M = idx.shape[-1], len(starts)
    if (idx == idx[..., :1] + torch.arange(T)).all():
        return "Your idx holds places in data: look up the ids there, data[at]."
    place = torch.full((int(data.max()) + 1,), -1)
    place[data] = torch.arange(len(data))
    if not torch.isin(idx, data).all():
        return "Your idx holds numbers that are not in data: slice data and leave the values alone."
    at = place[idx]
    first = at[..., 0]
    if (at != first[..., None] + torch.arange(T)).any():
        return "A row of your idx is not one stretch of data: take T ids that follow each other."
    begun = set(first.flatten().tolist())
    allowed = set(starts.tolist())
    if not begun <= allowed:
        if begun <= {s + 1 for s in allowed}:
            return EXCHANGED if torch.equal(place[targets], at - 1) else LATE
        if begun <= set(range(M)):
            return "You begin at the number drawn, but it is an index into starts: use starts[i]."
        return f"A window of yours begins at {min(begun - allowed)}, which is none of the starts."
    if torch.equal(targets, idx + 1):
        return ADDED
    later = [(T, T_LATER), *SHIFTED]
    found = (s for shift, s in later if torch.equal(targets, data[(at + shift) % len(data)]))
    if (says := next(found, WRONG)) != RIGHT:
        if torch.equal(targets[..., :-1], idx[..., 1:]):
            return LAST
        own = place[targets] - 1
        if set(own[..., 0].flatten().tolist()) <= allowed and (own.diff(dim=-1) == 1).all():
            return OTHERS
        return says
    if (first == first[0]).all():
        return "Every call gives the same batch: draw inside the function, and do not seed there."
    row = torch.searchsorted(starts, first.contiguous())
    if (row - row[:, :1] == row[0] - row[0, 0]).all():
        return "A single draw decides all rows of your batch: draw B numbers, not one."
    if missed := sorted(allowed - begun):
        return f"In 100 batches no window begins at {missed[0]}: draw from all {M} starts."
    return None
