"""The check for the exercise of notebook 09 on documents packed into rows."""

from collections.abc import Callable
from itertools import pairwise, product

import torch
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words
from gptlib.exercises.tokens import told

Rows = list[list[int]]
Case = tuple[Rows, int, int]

# Documents, T and end; in the first, one document ends where a row does, and the rest is shorter
# than a row.
PACKED = [
    ([[1, 2], [3, 4, 5], [6], [7, 8, 1, 0], [3], [5, 6, 2]], 6, 9),
    ([[4, 0, 2], [1], [5, 6], [3, 3, 7, 4], [2, 6], [1]], 7, 8),  # the last fills its row
    ([[1, 3], [2, 5, 4, 1], [0, 6], [5], [2, 2, 3, 4], [1, 0], [6]], 8, 7),
]
# Some of these fill a row. Whoever takes such a document for one that is cut would make the same
# row again and again, so this comes last.
FULL = ([[1, 2, 3], [4], [5, 0, 2], [6, 1, 4], [3], [2]], 4, 7)

CUT = "You cut in the middle of documents: a row begins with the end token before one."
BARE = "Your rows begin with a document's first token: begin with the end token before it."
LOST = "A document is lost: if a row cuts it, the next row begins with it, not with the one after."
WIDTH = "Your rows have {} tokens: T + 1 make T inputs, and T targets one place further on."
TWO_ENDS = "Two end tokens stand side by side: one after each document, and one before the first."
# What is wrong with where the rows begin and end.
CUTS = {
    "every T": CUT,
    "every T + 1": CUT,
    "bare": BARE,
    "later bare": "All your rows but the first begin with a document's first token: begin with the "
    "end token before it.",
    "no first end": "Your first row begins without an end token: the first document, too, has one "
    "before it.",
    "second": "The first document is missing: the first row begins with the end token before it.",
    "lost": LOST,
    "lost if all is whole": LOST,
    "again": "You repeat a document that a row holds whole: its end token is the row's last.",
    "without its end": "You take a document for whole without its end token, which a model has to "
    "predict, too: begin the next row with that document.",
    "each": "A row begins with each of your documents: leave out those that the row before holds "
    "whole.",
    "T - 1": WIDTH.format("T"),
    "T + 1": WIDTH.format("T + 2"),
}
# What is wrong with the rows that are cut there.
PADDED = "You pad the last row: leave it out if it is shorter."
HOLES = "You pad rows after their last whole document: go on with the beginning of the next one."
PADS = ("end", 0, -100, -1)
ROWS = {
    "of T": WIDTH.format("T"),
    "first": "That is the first row alone: return all.",
    "full left out": "Your last row is missing: leave it out only if it is shorter.",
    "kept": "Your last row has fewer than T + 1 tokens: leave it out.",
    "moved back": "Your last row is moved back until it is full: leave it out.",
    **{f"padded with {pad}": PADDED for pad in PADS},
    **{f"holes with {pad}": HOLES for pad in PADS},
    **{f"inner holes with {pad}": HOLES for pad in PADS},
    **{
        f"alone with {pad}": "Each of your rows holds one document, and padding: pack as many as "
        "fit."
        for pad in PADS
    },
}


def _packed(documents: Rows, T: int, end: int, cut: str = "", made: str = "") -> Rows:
    """The rows, with a mistake of CUTS and one of ROWS if they are named."""
    ids, edges = [] if cut == "no first end" else [end], [0]
    for document in documents:
        ids += [*document, end]
        edges.append(len(ids) - 1)
    T += {"T - 1": -1, "T + 1": 1}.get(cut, 0)
    *starts, first_left = _starts(edges, T, cut)
    rows, rest = [ids[start : start + T + 1] for start in starts], ids[first_left:]
    what, _, pad = made.partition(" with ")
    if what == "of T":
        rows = [row[:T] for row in rows]
    if what == "first":
        rows = rows[:1]
    if what in ("holes", "inner holes"):
        rows = [ids[start : _whole(edges, start + T) + 1] for start in starts]
    if what in ("full left out", "inner holes") and len(rest) == 1:
        rows = rows[:-1]
    if what == "alone":
        rows = [[end, *document, end] for document in documents]
    if what in ("kept", "moved back", "padded", "holes") and len(rest) > 1:
        rows.append(ids[-T - 1 :] if what == "moved back" else rest)
    padding = [end if pad == "end" else int(pad)] if pad else []
    return [row + padding * (T + 1 - len(row)) for row in rows]


def _whole(edges: list[int], stop: int) -> int:
    """Where the last document ends that a row up to stop holds whole."""
    return max(edge for edge in edges if edge <= stop)


def _starts(edges: list[int], T: int, mistake: str) -> list[int]:
    """Where the full rows begin, and then what is left; edges: where documents begin and end."""

    def after(place: int) -> int:
        return min((edge for edge in edges if edge >= place), default=edges[-1] + 1)

    follow = {
        "every T": lambda stop: stop,
        "every T + 1": lambda stop: stop + 1,
        "bare": lambda stop: _whole(edges, stop) + 1,
        "later bare": lambda stop: _whole(edges, stop) + 1,
        "lost": after,
        "lost if all is whole": lambda stop: after(stop + 1),
        "again": lambda stop: _whole(edges, stop - 1),
        "without its end": lambda stop: _whole(edges, stop + 1),
        "each": lambda stop: after(stop - T + 1),
    }.get(mistake, lambda stop: _whole(edges, stop))
    starts = [{"bare": 1, "second": edges[1]}.get(mistake, 0)]
    while starts[-1] + T <= edges[-1]:
        starts.append(max(follow(starts[-1] + T), starts[-1] + 1))  # some mistakes would not go on
    return starts


@in_words("a tensor of shape (N, T + 1)")
def check_packed_rows(mine: Callable[[Rows, int, int], Tensor]) -> str:
    """Notebook 09: mine(documents, T, end) packs documents of at most T - 1 ids into rows.

    Rows: (N, T + 1), cut from all documents in turn, with end before the first and after each. The
    first row begins with the end before the first document, and each other with the one before the
    first document that the row before it does not hold whole, its end included. Only full rows.
    """
    found, tensors = [], True
    for cases in (PACKED, [*PACKED, FULL]):
        for documents, T, end in cases[len(found) :]:
            given = [list(document) for document in documents]
            got = mine(given, T, end)
            if got is None and not found:
                return NOT_YET
            if given != documents:
                return "You change the documents that you are given: build new lists."
            if says := _no_rows(got):
                return says
            tensors = tensors and isinstance(got, Tensor)
            found.append([torch.as_tensor(row).tolist() for row in got])
        if (says := _judged(found, cases)) != RIGHT:
            return says
    return RIGHT if tensors else "Your rows are right: now make a tensor of them, (N, T + 1)."


def _no_rows(got: object) -> str | None:
    """What is wrong with an answer that is neither a tensor of rows of ids nor a list of them."""
    if isinstance(got, tuple) and [x.ndim for x in got if isinstance(x, Tensor)] == [2, 2]:
        return "Return the rows alone: inputs and targets are cut from them later."
    if not isinstance(got, Tensor | list | tuple):
        return f"Return a tensor of shape (N, T + 1): yours is {described(got)}."
    for row in [got] if isinstance(got, Tensor) else got:
        row = torch.as_tensor(row)
        if row.ndim != (2 if row is got else 1):
            return f"Return rows, a tensor of shape (N, T + 1): yours is {described(got)}."
        if row.is_floating_point() or row.dtype == torch.bool:
            return f"Yours holds {row.dtype}: ids are whole numbers."
    return None


def _judged(found: list[Rows], cases: list[Case]) -> str:
    """RIGHT, or what is wrong with the rows found for cases; of two mistakes, one is told."""
    named = list(product([("", RIGHT), *CUTS.items()], [("", RIGHT), *ROWS.items()]))
    for (cut, of_cut), (made, of_made) in sorted(named, key=lambda two: all(x[0] for x in two)):
        if found == [_packed(*case, cut, made) for case in cases]:
            return of_made if of_cut == RIGHT else of_cut
    for rows, (_, T, end) in zip(found, cases, strict=True):
        for row in rows:
            if len(row) != T + 1:
                return f"One of your rows has {len(row)} tokens: for T = {T} each has {T + 1}."
            if (end, end) in pairwise(row):
                return TWO_ENDS
            if row[0] != end:
                return f"One of your rows begins with {row[0]}, not with the end token, {end}."
            if end not in row[1:]:
                return "The end tokens between the documents are missing: one follows each."
    return told(found, cases, _packed, [])
