"""Draw every picture in this folder: `make images`. The same versions draw the same bytes."""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from gptlib import plot
from gptlib.world import surprisals, tell

STOPS = [
    "start here",
    "bigram",
    "self-attention",
    "multi-head",
    "Transformer",
    "decoder-only GPT",
    "GPT-1",
    "GPT-2",
    "GPT-3",
    "InstructGPT",
    "ChatGPT",
]
TALE_SEED = 39  # of the story in course.png


def course() -> list[Figure]:
    """The README's picture: the way from the first stop to the last, and what it starts from."""
    text = tell(TALE_SEED).text
    return [plot.course_map(STOPS, lit=0), plot.surprise(text, surprisals(text))]


def save(path: Path, figures: list[Figure]) -> None:
    """Write figures, one below the other, at twice the resolution of a notebook's."""
    pictures = []
    for figure in figures:
        figure.set_dpi(200)
        figure.canvas.draw()
        pictures.append(np.array(figure.canvas.buffer_rgba()))
        plt.close(figure)
    # matplotlib would sign the file with its version.
    plt.imsave(path, np.vstack(pictures), metadata={"Software": None})


def build(folder: Path) -> None:
    """Draw every picture into folder."""
    matplotlib.use("Agg")  # draws without a screen
    plot.use_style()
    for n in range(3):  # the notebooks that there are
        save(folder / f"map_{n:02}.png", [plot.course_map(STOPS, lit=n)])
    save(folder / "course.png", course())


if __name__ == "__main__":
    build(Path(__file__).parent)
