"""The picture of where a block has its norms."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gptlib.plot.page import page, text
from gptlib.plot.residual import BRANCH, NORMS, STREAM, climb, upwards
from gptlib.plot.style import QUIET

TOP, JOINTS = 1.4, 0.59  # inches: where streams end; the height a branch needs besides its parts


def block_orders(orders: Mapping[str, Sequence[str]]) -> Figure:
    """Draw blocks side by side, from the bottom up: where each has its norms.

    orders: name -> the parts of a block in the order in which it calls them, equally many for each
        layer, with dropout just before the layer's sum. So a part before dropout stands on the
        branch that is added, and one after it on the stream itself.

    ValueError for an order that does not split into equally many parts, one of them dropout, for
    each layer.
    """
    steps = {name: steps_of(order) for name, order in orders.items()}
    told = ", ".join(f"{_passed(cut)} in {name}" for name, cut in steps.items())
    floor = TOP + 0.5 + max(sum(map(_height, cut)) for cut in steps.values())
    fig, ax = page(floor + 0.4, f"Norms on the way straight through a block: {told}")
    for i, (name, cut) in enumerate(steps.items()):
        _stream(ax, name, (0.3 + 4.45 * i, floor), cut)
    return fig


def steps_of(order: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """For each layer, its parts on the branch, and those on the stream after the sum."""
    layers = order.count("dropout")
    size = max(1, len(order) // max(1, layers))
    cuts = [list(order[i : i + size]) for i in range(0, len(order), size)]
    if not cuts or len(cuts) != layers or any(cut.count("dropout") != 1 for cut in cuts):
        raise ValueError(f"a block calls {', '.join(order)}: give one dropout for each layer")
    found = []
    for cut in cuts:
        at = cut.index("dropout") + 1
        found.append((cut[:at], cut[at:]))
    return found


def _passed(steps: Sequence[tuple[list[str], list[str]]]) -> int:
    """How many norms are on the stream."""
    return sum(part in NORMS for _, after in steps for part in after)


def _height(step: tuple[list[str], list[str]]) -> float:
    branched, after = step
    return JOINTS + BRANCH * len(branched) + STREAM * len(after)


def _stream(
    ax: Axes,
    name: str,
    foot: tuple[float, float],
    steps: Sequence[tuple[list[str], list[str]]],
) -> None:
    """Draw one block: its stream straight up, the branches beside it."""
    left, bottom = foot
    stream, first = left + 1.25, steps[0][0]
    form = "x + dropout(layer(norm(x)))" if first[0] in NORMS else "norm(x + dropout(layer(x)))"
    text(ax, left, 0.65, name, size=11, weight="bold", ha="left")
    text(ax, left, 0.92, f"x = {form}", family="monospace", ha="left")
    climb(ax, name, (stream, left + 2.95), bottom, steps)
    upwards(ax, stream, bottom, TOP)
    text(ax, stream, bottom + 0.13, "x", size=11, weight="bold")
    text(ax, stream, TOP - 0.13, "x", size=11, weight="bold")
    back = stream - 0.9
    ax.plot((back, back), (TOP, bottom), color=QUIET, linewidth=1.2, linestyle=(0, (4, 3)))
    ax.plot(back, bottom, "v", color=QUIET, markersize=6)
    told = f"norms on the gradient's way back: {_passed(steps)}"
    text(ax, back - 0.15, (TOP + bottom) / 2, told, rotation=90)
