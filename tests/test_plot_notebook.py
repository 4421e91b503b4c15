import io

import matplotlib.pyplot as plt
import pytest
from matplotlib.image import imread

from gptlib.plot.notebook import DENSE, describe, png_described


@pytest.fixture
def figure():
    fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
    left.plot([1, 2], label="training")
    left.set(title="It\nfalls.", xlabel="step", ylabel="loss")
    left.legend()
    right.axis("off")
    yield fig
    plt.close(fig)


def test_a_figure_is_described_by_its_titles_axes_and_lines(figure):
    assert describe(figure) == "It falls.; across: step; up: loss; training."
    figure.suptitle("Two panels.")
    assert describe(figure) == "Two panels. It falls.; across: step; up: loss; training."


def test_axes_that_panels_share_are_described_with_the_title(figure):
    figure.suptitle("Two panels")
    figure.supxlabel("answers")
    figure.supylabel("asks")
    assert describe(figure).startswith("Two panels; across: answers; up: asks. It falls.; across")


def test_panels_alike_are_described_once(figure):
    for ax in figure.axes:
        ax.clear()
        ax.set_title("Head", loc="left")
    assert describe(figure) == "Head."


def test_its_own_label_comes_first(figure):
    figure.set_label("Two runs of the same model")
    assert describe(figure) == "Two runs of the same model"


def test_it_is_twice_as_sharp_as_it_is_wide(figure):
    data, about = png_described(figure)
    height, width, _ = imread(io.BytesIO(data)).shape
    assert (width // DENSE, height // DENSE) == (about["width"], about["height"])
    assert about["alt"] == describe(figure)
    assert 500 < about["width"] < 700


def test_its_colours_are_kept(figure):
    figure.axes[1].axis("on")
    figure.axes[1].set(facecolor="#0072B2", xticks=[], yticks=[])
    data, _ = png_described(figure)
    pixels = (imread(io.BytesIO(data))[..., :3] * 255).round().astype(int).reshape(-1, 3)
    assert (abs(pixels - [0x00, 0x72, 0xB2]).max(axis=1) <= 2).mean() > 0.2
