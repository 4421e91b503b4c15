"""Figures as a notebook shows and stores them: sharp on dense screens, small, and described."""

import io

import matplotlib.pyplot as plt
from IPython import get_ipython
from matplotlib import get_backend
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

DENSE = 2  # dots for each pixel of the page
COLOURS = 256  # in a palette, with which the file is a third as large


def show_described() -> None:
    """Let a notebook show figures as `png_described`, and store them with `describe` as text."""
    shell = get_ipython()
    if shell is None or "inline" not in get_backend():
        return
    shell.enable_matplotlib("inline")  # else it would set its own way of showing figures later
    formatters = shell.display_formatter.formatters
    formatters["image/png"].for_type(Figure, png_described)
    formatters["text/plain"].for_type(Figure, lambda fig, page, _: page.text(describe(fig)))


def png_described(fig: Figure) -> tuple[bytes, dict[str, str | int]]:
    """The figure as the bytes of a PNG file; its size on the page in pixels, and its alt text.

    The figure is closed.
    """
    drawn, small = io.BytesIO(), io.BytesIO()
    fig.savefig(drawn, format="png", dpi=DENSE * fig.dpi, bbox_inches="tight")
    image = Image.open(drawn).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    plt.close(fig)
    width, height = (size // DENSE for size in image.size)
    return small.getvalue(), {"width": width, "height": height, "alt": describe(fig)}


def describe(fig: Figure) -> str:
    """What a figure shows, for those who cannot see it: its own label if it has one.

    Else its title, the axes that its panels share, and of each panel the title, what its axes and
    its lines are.
    """
    if fig.get_label():
        return fig.get_label()
    panels = [words for ax in fig.axes if (words := _describe_panel(ax))]
    shared = _described_axes(fig.get_supxlabel(), fig.get_supylabel())
    parts = ["; ".join(filter(None, [fig.get_suptitle(), *shared])), *dict.fromkeys(panels)]
    return ". ".join(" ".join(part.split()).removesuffix(".") for part in parts if part) + "."


def _describe_panel(ax: Axes) -> str:
    title = ax.get_title("left") or ax.get_title("center") or ax.get_title("right")
    axes = _described_axes(ax.get_xlabel(), ax.get_ylabel()) if ax.axison else []
    legend = ax.get_legend()
    named = [text.get_text() for text in legend.get_texts()] if legend else []
    return "; ".join(part for part in [title, *axes, ", ".join(named)] if part)


def _described_axes(across: str, up: str) -> list[str]:
    return [f"{way}: {label}" for way, label in (("across", across), ("up", up)) if label]
