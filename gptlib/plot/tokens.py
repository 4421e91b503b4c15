"""Texts as tokenizers cut them up: each token in a box, above its id."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.patches import Rectangle

from gptlib.plot.style import CELL, GROUND, PAPER, QUIET, SIZE, WIDTH, visible

MOST = 200  # tokens of a text that are drawn
FONT, ID_SIZE = "DejaVu Sans Mono", 9
ID_CELL = CELL * ID_SIZE / SIZE  # inches, the width of a digit of an id
PAD, GAP, BOX, PITCH, HEAD, WORDS = 0.05, 0.04, 0.4, 0.45, 0.32, 0.22  # inches
LONG = int((WIDTH - 4 * PAD) / CELL)  # letters of the longest token that fits into a line
WRAP = 100  # letters of a line of words
TOLD = 40  # tokens in an alt text


@runtime_checkable
class CutsText(Protocol):
    """A tokenizer whose tokens, joined, are the text, such as `CharTokenizer`."""

    def encode(self, text: str) -> list[int]: ...

    def token_bytes(self, i: int) -> bytes: ...


@dataclass(frozen=True)
class Cut:
    """A text as one tokenizer cuts it up: the ids, and the first MOST tokens in UTF-8.

    refused: instead of these, why the tokenizer cannot encode the text
    """

    name: str
    ids: Sequence[int] = ()
    tokens: Sequence[bytes] = ()
    refused: str = ""

    @property
    def count(self) -> str:
        """How many tokens there are, in words."""
        return f"{len(self.ids):,} token{'' if len(self.ids) == 1 else 's'}"

    @property
    def more(self) -> str:
        """How many tokens there are besides those in `tokens`, in words; empty if there are none.

        >>> Cut("bytes", ids=range(1300), tokens=[b"a"] * 200).more
        'and 1,100 more'
        """
        left = len(self.ids) - len(self.tokens)
        return f"and {left:,} more" if left else ""


def cut(name: str, tokenizer: CutsText, text: str) -> Cut:
    """The text as a tokenizer of this name cuts it up."""
    try:
        ids = tokenizer.encode(text)
    except ValueError as error:
        return Cut(name, refused=str(error))
    return Cut(name, ids, [tokenizer.token_bytes(i) for i in ids[:MOST]])


def spelled(token: bytes) -> list[tuple[str, bool]]:
    r"""A token in pieces: text, made visible, and bytes that are no whole character, as numbers.

    Each piece says whether it is text. A mark that belongs on the letter before it, which is in
    another token, stands on a dotted circle.

    >>> spelled(" né".encode()[:-1])
    [('␣n', True), ('c3', False)]
    """
    pieces = []
    # A byte that is part of no character becomes one that no text has.
    for piece in re.split("([\udc80-\udcff]+)", token.decode("utf-8", "surrogateescape")):
        if re.match("[\udc80-\udcff]", piece):
            pieces.append((piece.encode("utf-8", "surrogateescape").hex(" "), False))
        elif piece:
            circle = "◌" if unicodedata.category(piece[0]).startswith("M") else ""
            pieces.append((circle + visible(piece), True))
    return pieces


def tokens(cuts: Sequence[Cut]) -> Figure:
    """Draw texts in tokens: for each cut its name, and its tokens in boxes, above their ids.

    The box of a token with a part of a character is dashed. Characters that the font does not have,
    such as 🙂, are shown as codes.
    """
    drawn = [_lines(cut) for cut in cuts]
    height = sum(HEAD + sum(map(_height, lines)) for lines in drawn)
    fig = plt.figure(figsize=(WIDTH, height), layout="none")
    ax = fig.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))  # inches
    ax.set_axis_off()
    top = 0
    for cut, lines in zip(cuts, drawn, strict=True):
        head = cut.name if cut.refused else f"{cut.name}: {cut.count}"
        ax.text(PAD, top + 0.6 * HEAD, head, va="center", weight="bold", parse_math=False)
        top, shade = top + HEAD, PAPER
        for line in lines:
            x = PAD
            for box in line:
                _draw(ax, box, x, top, shade)
                x, shade = x + box.width + GAP, GROUND if shade == PAPER else PAPER
            top += _height(line)
    fig.set_label(" ".join(map(_told, cuts)))
    return fig


@dataclass(frozen=True)
class _Box:
    """A token, in pieces as from `spelled`, and its id; words that are no token have none."""

    pieces: list[tuple[str, bool]]
    id: str = ""

    @property
    def width(self) -> float:
        letters = CELL * sum(len(text) for text, _ in self.pieces)
        return max(letters, ID_CELL * len(self.id)) + 2 * PAD


def _lines(cut: Cut) -> list[list[_Box]]:
    """What stands below the name of a cut."""
    if cut.refused:
        return [[_Box([(line, True)])] for line in textwrap.wrap(_in_font(cut.refused), WRAP)]
    boxes = [_box(token, i) for token, i in zip(cut.tokens, cut.ids, strict=False)]
    boxes += [_Box([(cut.more, True)])] if cut.more else []
    lines, room = [], 0
    for box in boxes:
        if room < box.width:
            lines, room = [*lines, []], WIDTH - 2 * PAD
        lines[-1].append(box)
        room -= box.width + GAP
    return lines


def _height(line: list[_Box]) -> float:
    return PITCH if line[0].id else WORDS


def _box(token: bytes, i: int) -> _Box:
    pieces = [(_in_font(text), whole) for text, whole in spelled(token)]
    if sum(len(text) for text, _ in pieces) > LONG:
        pieces = [("".join(text for text, _ in pieces)[: LONG - 1] + "…", True)]
    return _Box(pieces, str(i))


def _draw(ax: Axes, box: _Box, x: float, top: float, shade: str) -> None:
    style = {"va": "center", "parse_math": False}
    if not box.id:
        ((words, _),) = box.pieces
        ax.text(x, top + WORDS / 2, words, **style)
        return
    style["family"] = FONT
    part = not all(whole for _, whole in box.pieces)
    line = {"edgecolor": QUIET, "linewidth": 1, "linestyle": "--" if part else "-"}
    ax.add_patch(Rectangle((x, top), box.width, BOX, facecolor=shade, **line))
    middle = x + box.width / 2
    left = middle - CELL * sum(len(text) for text, _ in box.pieces) / 2
    for text, whole in box.pieces:
        slant = "normal" if whole else "italic"
        ax.text(left, top + 0.34 * BOX, text, size=SIZE, style=slant, **style)
        left += CELL * len(text)
    ax.text(middle, top + 0.78 * BOX, box.id, size=ID_SIZE, ha="center", **style)


def _in_font(text: str) -> str:
    """Text with the codes of the characters that the font does not have."""
    font = get_font(findfont(FONT))
    return "".join(char if font.get_char_index(ord(char)) else ascii(char)[1:-1] for char in text)


def _told(cut: Cut) -> str:
    """A cut for those who cannot see it: how many tokens, and the first of them."""
    if cut.refused:
        return f"{cut.name}: {cut.refused}."
    names = ["".join(text for text, _ in spelled(token)) for token in cut.tokens[:TOLD]]
    names += ["…"] if len(cut.ids) > TOLD else []
    return f"{cut.name}, {cut.count}{': ' if names else ''}{' | '.join(names)}."
