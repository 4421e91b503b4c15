"""What all pictures share: one palette, one font, one width."""

import io
import re

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from gptlib.plot.notebook import show_described

# Okabe and Ito's colours, which colour-blind readers can tell apart too. Each has one meaning
# throughout the course, and none carries it alone: a label or a line style says the same.
QUERY = "#0072B2"
KEY = "#E69F00"
VALUE = "#009E73"
TRAIN = "#000000"
VALID = "#D55E00"
BEFORE = "#999999"
HIGHLIGHT = "#CC79A7"
QUIET = "#888888"  # lines and bars whose colour has no meaning
SKY = "#56B4E9"  # one more of theirs, without a meaning of its own

# The other blacks, greys and whites, from dark to light.
INK = "black"  # letters, outlines, and lines that need no colour
DARK = "#555555"  # scores before the softmax, and letters on hatching
FAINT = "#cccccc"  # edges of cells where white ones could not be seen, and other faint lines
GRID = "#dddddd"  # between the cells of a small map
HIDDEN = "#eeeeee"  # below the hatching of what is masked
GROUND = "#f2f2f2"  # below the layers of a block
BARE = "#f4f4f4"  # cells whose colour means nothing, only their numbers do
LIGHTEST = "#f7f7f7"  # the least number of a matrix in shades of a colour
PAPER = "white"  # what is empty, and letters on dark cells

LOOKS = LinearSegmentedColormap.from_list("looks", [PAPER, QUERY])  # 0 to 1 in every picture
HATCHED = {"facecolor": HIDDEN, "edgecolor": BEFORE, "hatch": "////", "linewidth": 0}

WIDTH = 9  # inches, 900 pixels in a notebook
SIZE = 13.5  # points, of text that is drawn character by character
CELL = 0.602 * SIZE / 72  # inches, the width of a character of the monospaced font
LONGEST = 12  # letters of a shortened name; the rest is cut off
SYMBOLS = {" ": "␣", "\n": "↵", "\t": "→"}


def use_style() -> None:
    """Set matplotlib's defaults to the look of the course: quiet axes, legible text.

    In a notebook figures are sharp on dense screens from now on, and have alt texts.
    """
    show_described()
    plt.rcParams.update(
        {
            "figure.figsize": (WIDTH, 4),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.family": "DejaVu Sans",  # comes with matplotlib, so is the same everywhere
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "lines.linewidth": 2,
            "legend.frameon": False,
        }
    )


def visible(text: str) -> str:
    r"""Text with its white space and unprintable characters made visible.

    >>> visible("a b\n\0")
    'a␣b↵\\x00'
    """
    return "".join(
        SYMBOLS.get(char) or (char if char.isprintable() else ascii(char)[1:-1]) for char in text
    )


def lift_spaces(ax: Axes) -> None:
    """Raise the signs of spaces beside the y axis, which hang low, into their rows.

    Call it after `ax.tick_params`, which would put them back.
    """
    for label in ax.get_yticklabels():
        if label.get_text() == SYMBOLS[" "]:
            up = ScaledTranslation(0, label.get_size() / 4 / 72, ax.figure.dpi_scale_trans)
            label.set_transform(label.get_transform() + up)


def short(name: str) -> str:
    """A token made visible and cut to at most LONGEST letters."""
    name = visible(name)
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def monospaced(text: str) -> list[tuple[int, int, str]]:
    """The column, line and visible form of each character of text, in lines of at most 77."""
    shown = text.replace("\n", SYMBOLS["\n"])
    lines = [match.span() for match in re.finditer(r".{1,76}(?:\s|$)|.{77}", shown)]
    return [
        (i - start, line, shown[i])
        for line, (start, end) in enumerate(lines)
        for i in range(start, end)
    ]


def png(fig: Figure) -> bytes:
    """The figure as the bytes of a PNG file; the figure is closed."""
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=150)
    plt.close(fig)
    return file.getvalue()
