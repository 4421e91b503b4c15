"""Checks for the exercises of notebook 08 on fine-tuning: its sequences, and its states."""

from collections.abc import Callable, Iterator, Sequence
from operator import index

import torch
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words
from gptlib.exercises.modules import close, draw, misfit, named_tensor, off
from gptlib.exercises.tokens import told, unordered

Ids = list[int]
Sequences = list[Ids]

# beginning, endings, start, delimiter, extract; the simplest case comes first, since the first
# wrong one is shown.
CHOICES = [
    ([5, 2], [[3], [8, 4, 6]], 10, 11, 12),
    ([7], [[1, 6], [2], [9, 9]], 21, 19, 20),
    ([4, 4, 3], [[5, 1]], 3, 1, 2),
]


def _choices(beginning: Ids, endings: Sequences, start: int, delimiter: int, extract: int) -> list:
    return [[start, *beginning, delimiter, *ending, extract] for ending in endings]


def _piled(beginning: Ids, endings: Sequences, start: int, delimiter: int, extract: int) -> list:
    """What comes out if all endings are added to one list."""
    row, rows = [start, *beginning, delimiter], []
    for ending in endings:
        row = [*row, *ending, extract]
        rows.append(row)
    return rows


def _padded(*case: object) -> Sequences:
    rows = _choices(*case)
    longest = max(map(len, rows))
    return [row + [0] * (longest - len(row)) for row in rows]


JOINED = "You put all endings into one sequence: each ending gets a sequence of its own."
CHOSEN_WRONGLY = [
    (
        lambda b, es, s, d, x: [[s, *b, *e, x] for e in es],
        "The delimiter is missing: it stands between the beginning and the ending.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, d, *e] for e in es],
        "The extract token is missing: it ends each sequence.",
    ),
    (
        lambda b, es, s, d, x: [[*b, d, *e, x] for e in es],
        "The start token is missing: it begins each sequence.",
    ),
    (
        lambda b, es, s, d, x: [[*b, d, *e] for e in es],
        "The start and the extract token are missing: each sequence has them around it.",
    ),
    (
        lambda b, es, s, d, x: [[*b, *e] for e in es],
        "The special tokens are missing: start, beginning, delimiter, ending, extract.",
    ),
    (
        lambda b, es, s, d, x: [[x, *b, d, *e] for e in es],
        "The extract token comes first: it has to be last, for only there all has been read.",
    ),
    (
        lambda b, es, s, d, x: [[s, x, *b, d, *e] for e in es],
        "The extract token comes too early: it has to be last, where all has been read.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, x, d, *e] for e in es],
        "The extract token comes before the ending: it has to be last, where all has been read.",
    ),
    (
        lambda b, es, s, d, x: [[x, *b, d, *e, s] for e in es],
        "Start and extract are swapped: start is first, extract is last.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, x, *e, d] for e in es],
        "Delimiter and extract are swapped: the delimiter is in the middle, extract is last.",
    ),
    (
        lambda b, es, s, d, x: [[d, *b, s, *e, x] for e in es],
        "Start and delimiter are swapped: start is first, the delimiter is in the middle.",
    ),
    (
        lambda b, es, s, d, x: [[s, *e, d, *b, x] for e in es],
        "The order is swapped: the beginning comes before the ending.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, d, s, *e, x] for e in es],
        "The start token comes twice: it begins the sequence, not the ending.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, s, *e, x] for e in es],
        "The start token stands where the delimiter should.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, x, d, *e, x] for e in es],
        "The extract token comes twice: one ends the whole sequence.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, x, *e, x] for e in es],
        "An extract token stands where the delimiter should.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, d, *e, d, x] for e in es],
        "The delimiter comes twice: no delimiter before the extract token.",
    ),
    (
        lambda b, es, s, d, x: [[s, d, *b, d, *e, x] for e in es],
        "The delimiter comes twice: no delimiter after the start token.",
    ),
    (
        lambda b, es, s, d, x: [[s, *e, x] for e in es],
        "The beginning is missing: each ending is read after it.",
    ),
    (
        lambda b, es, s, d, x: [[s, *b, d, *sum(es, []), x]],
        JOINED,
    ),
    (
        lambda b, es, s, d, x: [[s, *b, *(i for e in es for i in (d, *e)), x]],
        JOINED,
    ),
    (_piled, "Your list grows from ending to ending: begin a new one for each."),
    (
        lambda *case: _choices(*case)[:1],
        "Only the first ending has a sequence: make one for each.",
    ),
    (
        lambda *case: _choices(*case)[::-1],
        "Your sequences are in reverse order: the first is that of the first ending.",
    ),
    (_padded, "You pad the sequences: leave them as long as they are."),
]


@in_words("a list of ids for each ending")
def check_choice_inputs(mine: Callable) -> str:
    """Notebook 08: mine(beginning, endings, start, delimiter, extract) has a sequence per ending.

    beginning: ids; endings: a list of ids for each; the others are ids
    """
    found = []
    for beginning, endings, *special in CHOICES:
        given = list(beginning), [list(ending) for ending in endings]
        got = mine(*given, *special)
        if got is None and not found:
            return NOT_YET
        if given != (beginning, endings):
            return "You change a list that you are given: build new ones."
        if says := unordered(got) or _nested(got):
            return says
        found.append([[index(i) for i in row] for row in got])
    return told(found, CHOICES, _choices, CHOSEN_WRONGLY)


def _nested(got: Sequence) -> str | None:
    """What is wrong with the nesting of lists of ids, if it is."""
    if len(got) and all(isinstance(row, int) for row in got):
        return "Yours is one list of ids: return a list with one list of ids for each ending."
    for row in got:
        if says := unordered(row):
            return says
        if any(isinstance(x, list | tuple) for x in row):
            return "One of your sequences has a list in it: unpack it, as in [start, *beginning]."
    return None


# The ids, the extract token, and C. Padding is 0, which is a token as well, and extract is not
# always the largest id.
EXTRACTED = [
    ([[7, 9, 0, 8, 0, 0], [7, 3, 0, 5, 9, 8], [7, 8, 0, 0, 0, 0]], 8, 5),
    ([[4, 2, 0, 1], [4, 1, 0, 0]], 1, 3),
    ([[3, 5]], 5, 4),
]


@in_words("a tensor of shape (B, C)")
def check_extract(mine: Callable[[Tensor, Tensor, int], Tensor]) -> str:
    """Notebook 08: mine(hidden, idx, extract) has the state at the extract token of each row.

    hidden: (B, T, C); idx: (B, T), padded on the right; states: (B, C)
    """
    for n, (rows, extract, C) in enumerate(EXTRACTED):
        idx = torch.tensor(rows)
        (hidden,) = draw((*idx.shape, C))
        got = mine(hidden.clone(), idx.clone(), extract)
        if got is None and n == 0:
            return NOT_YET
        if says := _not_states(got, idx, C, extract):
            return says
        says = named_tensor(got, _states(hidden, idx, extract))
        if says != RIGHT:
            return says or off(got, next(_states(hidden, idx, extract))[0], f"idx = {rows}")
    return RIGHT


def _not_states(got: object, idx: Tensor, C: int, extract: int) -> str | None:
    """What is wrong with the shape or type of an answer, if it is not (B, C)."""
    B, T = idx.shape
    at = (idx == extract).nonzero()[:, 1]
    if isinstance(got, Tensor):
        if got.shape == (B,) and close(got, at.double()):
            return "Those are the places of the extract tokens: return the states there."
        if got.shape == (B, B, C):
            return "hidden[:, at] takes all places from every row: hidden[torch.arange(B), at]."
        if got.shape in [(B, 1, C), (1, B, C)]:
            return f"There is a dimension too many, {tuple(got.shape)}: squeeze it, for (B, C)."
        if got.shape == (B, T, C):
            return "Those are the states of all T positions: return one for each row."
        if got.shape == (B, T):
            return "That is one channel: return all C, of one position in each row."
    return misfit(got, (B, C))


def _states(hidden: Tensor, idx: Tensor, extract: int) -> Iterator[tuple[Tensor, str]]:
    """The states at the extract tokens, then those that each usual mistake takes."""
    rows = torch.arange(len(idx))
    at = (idx == extract).int().argmax(dim=1)
    real = (torch.arange(idx.shape[1]) <= at[:, None])[..., None]
    mean = "You take a mean: the extract token alone has read everything."
    yield hidden[rows, at], RIGHT
    yield hidden[:, -1], "You take the last column, which is padding in shorter rows."
    yield hidden[:, 0], "You take the first column: the start token has read nothing yet."
    yield hidden.mean(dim=1), f"{mean} (And yours counts the padding.)"
    yield (hidden * real).sum(dim=1) / real.sum(dim=1), mean
    yield hidden.sum(dim=1), "You add up all states: take that of the extract token."
    yield (hidden * real).sum(dim=1), "You add up the states: take that of the extract token."
    yield (
        hidden.amax(dim=1),
        "You take the largest of each channel: take the extract token's state.",
    )
    yield hidden[rows, at - 1], "You take the state before the extract token: one further right."
    yield (
        hidden.roll(-1, 1)[rows, at],
        "You take the state after the extract token, which is padding: one further left.",
    )
    yield hidden[:, at[0]], "You take the place in the first row for all: each row has its own."
    yield hidden[0, at], "All your states come from the first row: each row has its own."
    yield hidden[rows, at].flip(0), "Your rows are in reverse order."
    yield (
        hidden[rows, (idx != 0).sum(dim=1) - 1],
        "You count what is not 0, but 0 is a token, too: look for extract in idx.",
    )
    yield (
        hidden[rows, idx.argmax(dim=1)],
        "You take the place of the largest id: look for extract in idx.",
    )
