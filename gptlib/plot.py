"""The course's pictures: text and arrays in, a matplotlib figure out.

Every function makes one figure, WIDTH inches wide, and returns it; in a notebook,
plt.show() after it shows it.
"""

import io
import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import ArrayLike

# Okabe and Ito's colours, told apart by colour-blind readers too. Each has one
# meaning all course long, and none speaks alone: a label or a line style says it again.
QUERY = "#0072B2"
KEY = "#E69F00"
VALUE = "#009E73"
TRAIN = "#000000"
VALID = "#D55E00"
BEFORE = "#999999"
HIGHLIGHT = "#CC79A7"
QUIET = "#888888"  # lines and bars that mean nothing by their colour

WIDTH = 9  # inches, 900 pixels in a notebook
MOST_BARS = 80  # more than this cannot be told apart
MOST_GUESSES = 6
LIT = LinearSegmentedColormap.from_list("lit", ["white", HIGHLIGHT])
SYMBOLS = {" ": "·", "\n": "↵", "\t": "→"}


def use_style() -> None:
    """Set matplotlib's defaults to the look of the course: quiet axes, legible text."""
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
    'a·b↵\\x00'
    """
    return "".join(
        SYMBOLS.get(char) or (char if char.isprintable() else ascii(char)[1:-1]) for char in text
    )


def batch(idx: ArrayLike, targets: ArrayLike, decode_one: Callable[[int], str]) -> Figure:
    """Draw a batch as characters, each row of idx above its targets.

    idx, targets: (B, T); decode_one gives the text of one id. Lines join each target to
    the same character in idx, one step to the right.
    """
    idx, targets = np.asarray(idx), np.asarray(targets)
    B, T = idx.shape
    cell = min(0.45, (WIDTH - 1.5) / T)  # inches; from here on lengths are in cells
    left, right = -1.3 / cell, WIDTH / cell - 1.3 / cell
    gap, row = 1.7, 3.6  # from idx to its targets, and to the next idx
    height = (B - 1) * row + gap + 1.4
    fig = plt.figure(figsize=(WIDTH, height * cell + 0.35))
    ax = fig.add_subplot(xlim=(left, right), ylim=(height - 0.7, -0.7))
    ax.set_axis_off()
    ax.set_title("Each target is the next character: a line joins it to the same one in idx")
    for b in range(B):
        for name, ids, y in (("idx", idx, b * row), ("targets", targets, b * row + gap)):
            face = "white" if name == "idx" else (HIGHLIGHT, 0.2)
            ax.text(-0.8, y, f"{name}[{b}]", ha="right", va="center", family="monospace")
            for t in range(T):
                ax.add_patch(Rectangle((t - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor=QUIET))
                char = visible(decode_one(int(ids[b, t])))
                ax.text(t, y, char, ha="center", va="center", family="monospace", parse_math=False)
        for t in range(T - 1):
            ax.plot((t, t + 1), (b * row + gap - 0.5, b * row + 0.5), color=HIGHLIGHT, linewidth=1)
    return fig


def tale(sentences: Sequence[str], uses: Sequence[Sequence[tuple[int, str]]]) -> Figure:
    """Draw a story row by row, with arcs from each sentence back to those whose facts it uses.

    uses[i] holds, for sentence i, pairs of an earlier sentence's index and the fact in a
    few words, such as (0, "where the kite is").
    """
    rows = [textwrap.wrap(sentence, 82) for sentence in sentences]
    notes = [[f"{fact} (told in {j})" for j, fact in needs] for needs in uses]
    # Lengths are in inches. A row begins at its top, and its first line is centred there.
    line, note_line, left = 0.21, 0.18, 1.5
    heights = [
        len(row) * line + len(note) * note_line + 0.12
        for row, note in zip(rows, notes, strict=True)
    ]
    tops = np.cumsum([0, *heights])
    far = sum(any(i - j > 1 for j, _ in needs) for i, needs in enumerate(uses))

    fig = plt.figure(figsize=(WIDTH, tops[-1] + 0.45))
    ax = fig.add_subplot(xlim=(-left, WIDTH - left), ylim=(tops[-1], -0.15))
    ax.set_axis_off()
    ax.set_title(
        f"{far} of {len(sentences)} sentences repeat a fact from two or more sentences back"
    )
    style = {"va": "center_baseline", "parse_math": False}
    for i, (row, note, top) in enumerate(zip(rows, notes, tops[:-1], strict=True)):
        ax.text(0, top, str(i), ha="center", weight="bold", **style)
        for k, part in enumerate(row):
            ax.text(0.2, top + k * line, part, **style)
        for k, part in enumerate(note):
            # A sentence that looks back asks, so all of this has the query's colour.
            y = top + len(row) * line + k * note_line
            ax.text(0.2, y, part, size=9.5, color=QUERY, **style)
        for j in {j for j, _ in uses[i]}:
            # Arcs leave a row above its middle and arrive below it, so they never cross there;
            # a longer one reaches further out, so they can be told apart.
            x, start, end, out = -0.13, top - 0.03, tops[j] + 0.04, 0.25 + 0.17 * (i - j)
            curve = Path([(x, start), (x - out, start), (x - out, end), (x, end)], [1, 4, 4, 4])
            arrow = {"arrowstyle": "-|>", "mutation_scale": 10, "linewidth": 1.5, "color": QUERY}
            ax.add_patch(FancyArrowPatch(path=curve, **arrow))
    return fig


def course_map(stops: Sequence[str], lit: int) -> Figure:
    """Draw the course as a line of stops, with stop number lit highlighted.

    The way up to it is black and thick, the way still to go grey and thin.
    """
    fig = plt.figure(figsize=(WIDTH, 1.4))
    ax = fig.add_subplot(xlim=(-0.6, len(stops) - 0.4), ylim=(-1.1, 0.8))
    ax.set_axis_off()
    ax.plot((lit, len(stops) - 1), (0, 0), color=QUIET, linewidth=2, zorder=1)
    ax.plot((0, lit), (0, 0), color="black", linewidth=4, zorder=1)
    for i, stop in enumerate(stops):
        here, reached = i == lit, i <= lit
        fill = HIGHLIGHT if here else "black" if reached else "white"
        edge = "black" if reached else QUIET
        ax.scatter(i, 0, s=220 if here else 70, color=fill, edgecolor=edge, linewidth=2, zorder=2)
        # Names stand on alternate sides, where each has twice the room.
        y, va = (0.35, "bottom") if i % 2 == 0 else (-0.35, "top")
        name = "\n".join(textwrap.wrap(stop, 14))
        ax.text(i, y, name, ha="center", va=va, weight="bold" if here else "normal")
    return fig


def character_counts(text: str) -> Figure:
    """Draw how often each character of text occurs, the most frequent first.

    At most MOST_BARS characters have a bar.
    """
    counts = Counter(text).most_common()
    shown = counts[:MOST_BARS]
    names = [visible(char) for char, _ in shown]
    shares = [100 * count / len(text) for _, count in shown]
    fig = plt.figure(figsize=(WIDTH, 3))
    ax = fig.add_subplot()
    ax.bar(range(len(shown)), shares, color=QUIET)
    ax.set_xticks(range(len(shown)), names, family="monospace", va="baseline", parse_math=False)
    ax.tick_params(axis="x", length=0, pad=14)
    ax.margins(x=0.01)
    ax.set_ylabel("% of the text")
    ax.set_xlabel(f"the {len(shown)} most frequent characters, space as · and line break as ↵")
    ax.set_title(f"{shares[0]:.0f}% of the text is the character {names[0]}")
    return fig


def guesses(panels: Sequence[tuple[str, Mapping[str, float]]], truth: str) -> Figure:
    """Draw guesses at the next character side by side, with the one that came highlighted.

    panels: pairs of what each guess knows, in words, and the probability of each character.
    Each panel shows its MOST_GUESSES likeliest characters, and truth as the last if it is not
    one of them.
    """
    fig = plt.figure(figsize=(WIDTH, 2.9))
    axes = fig.subplots(1, len(panels), sharex=True, sharey=True)
    for ax, (known, probs) in zip(axes, panels, strict=True):
        likeliest = sorted(probs, key=probs.get, reverse=True)[:MOST_GUESSES]
        shown = likeliest if truth in likeliest else [*likeliest[:-1], truth]
        for y, char in enumerate(shown):
            p, came = probs.get(char, 0.0), char == truth
            ax.barh(y, p, color=HIGHLIGHT if came else QUIET)
            style = {"va": "center", "weight": "bold" if came else "normal", "parse_math": False}
            ax.text(-0.04, y, visible(char), ha="right", family="monospace", **style)
            ax.text(p + 0.03, y, f"{p:.0%}", size=9.5, **style)
        ax.set_title(textwrap.fill(known, 16), size=11)
    axes[0].set(xlim=(0, 1.25), ylim=(MOST_GUESSES - 0.4, -0.6), xticks=(), yticks=())
    for ax in axes:
        ax.spines["bottom"].set_visible(False)
    first, last = panels[0][1].get(truth, 0.0), panels[-1][1].get(truth, 0.0)
    fig.suptitle(
        f"Knowing more takes the guess {visible(truth)!r} from {first:.0%} to {last:.0%}",
        x=0.01,
        ha="left",
        size=12,
        parse_math=False,
    )
    return fig


def surprise(text: str, surprisals: Sequence[float], highest: float = 4) -> Figure:
    """Draw a text in which each character stands out by how surprising it is.

    surprisals: (len(text),) in nats. The bar behind a character is as high as its surprise, and
    the darker, up to 3 nats, the higher it is. A bar that is higher than its neighbours, and not
    low, has the character's probability above it. Characters that were certain to 99% are pale.
    highest: the nats of the highest bar there is room for, unless one has more; give the same to
    pictures that will be compared.
    ValueError where the lengths differ, and for no text.
    """
    if not text or len(surprisals) != len(text):
        raise ValueError(
            f"{len(surprisals)} surprisals for {len(text)} characters: give one for each"
        )
    shown = text.replace("\n", SYMBOLS["\n"])
    lines = [match.span() for match in re.finditer(r".{1,76}(?:\s|$)|.{77}", shown)]
    # Lengths are in inches; a character of this font is 0.602 of its size wide.
    size, step, low, left = 13.5, 0.74, 0.14, 0.15
    cell = 0.602 * size / 72
    per_nat = 0.36 / max(highest, *surprisals)  # no bar reaches the line above
    fig = plt.figure(figsize=(WIDTH, 0.4 + step * len(lines)))
    ax = fig.add_subplot(xlim=(-left, WIDTH - left), ylim=(step * (len(lines) - 0.7), -0.7))
    ax.set_axis_off()
    for k, (start, end) in enumerate(lines):
        for i in range(start, end):
            x, y, nats = (i - start) * cell, k * step, surprisals[i]
            top = y - low - nats * per_nat
            style = {"color": BEFORE}
            if nats > 0.01:
                style = {"color": "black", "weight": "bold"}
                face = LIT(0.15 + 0.85 * min(1, nats / 3))
                corner = (x - 0.46 * cell, top)
                ax.add_patch(Rectangle(corner, 0.92 * cell, y + low - top, color=face))
            # A label is as wide as three characters.
            before, after = surprisals[max(0, i - 2) : i], surprisals[i : i + 3]
            if nats > 0.65 and nats > max(before, default=0) and nats == max(after):
                p = math.exp(-nats)
                label = f"{p:.0%}" if p >= 0.01 else "<1%"
                ax.text(x, top - 0.03, label, ha="center", va="bottom", size=9)
            style |= {"ha": "center", "va": "center_baseline", "family": "monospace", "size": size}
            ax.text(x, y, shown[i], parse_math=False, **style)
    sums = np.cumsum(sorted(surprisals, reverse=True))
    half = 1 + int(np.searchsorted(sums, sums[-1] / 2))
    ax.set_title(f"Half of the surprise is in {half} of {len(text)} characters")
    return fig


def uncertainty(by_choice: Mapping[str, float], by_character: Sequence[float]) -> Figure:
    """Draw where stories are surprising: for which kinds of choice, and how far into the story.

    by_choice: nats per story for each kind; by_character: mean nats of the first character,
    the second and so on.
    """
    fig = plt.figure(figsize=(WIDTH, 3))
    left, right = fig.subplots(1, 2, width_ratios=(2, 3))
    kinds = sorted(by_choice, key=by_choice.get)
    total = sum(by_choice.values())
    left.barh(kinds, [by_choice[kind] for kind in kinds], color=QUIET)
    for y, kind in enumerate(kinds):
        left.text(by_choice[kind] + 0.1, y, f"{by_choice[kind]:.1f}", va="center", size=10)
    left.set(xlabel="nats per story", xlim=(0, 1.15 * by_choice[kinds[-1]]))
    left.tick_params(axis="y", length=0)
    left.set_title(f"{by_choice[kinds[-1]] / total:.0%} of the surprise is {kinds[-1]}")
    starts = range(0, len(by_character), 10)
    tens = [sum(by_character[start : start + 10]) for start in starts]
    right.bar(starts, tens, width=9, align="edge", color=QUIET)
    right.set(
        xlabel="characters into the story (mean over stories that long)",
        ylabel="nats in 10 characters",
    )
    early = sum(by_character[:100]) / total
    right.set_title(f"{early:.0%} comes in the first 100 characters")
    return fig


def pairs(probs: ArrayLike, names: Sequence[str]) -> Figure:
    """Draw a table of what follows what: the darker row a, column b, the likelier is b after a.

    probs: (n, n), all of a model's tokens or some; names: one for each. Shades are those of the
    square root, or else a probability of 1% could not be told from 0.
    """
    probs, names = np.asarray(probs), [visible(name) for name in names]
    fig = plt.figure(figsize=(WIDTH, 7))
    ax = fig.add_subplot()
    image = ax.imshow(probs, cmap="Greys", norm=PowerNorm(0.5, 0, 1))
    style = {"family": "monospace", "parse_math": False}
    ax.set_xticks(range(len(names)), names, va="baseline", **style)
    ax.set_yticks(range(len(names)), names, va="center_baseline", **style)  # · is not .
    ax.tick_params(length=0)
    ax.tick_params(axis="x", pad=13)
    ax.set(xlabel="this one comes", ylabel="after this one")
    bar = fig.colorbar(
        image, ticks=[0, 0.01, 0.1, 0.25, 0.5, 1], label="probability, on a scale of square roots"
    )
    bar.ax.set_yticklabels(["0", "1%", "10%", "25%", "50%", "100%"])
    a, b = np.unravel_index(probs.argmax(), probs.shape)
    ax.set_title(f"After {names[a]} comes {names[b]} with {probs[a, b]:.0%}", parse_math=False)
    return fig


def loss_curve(
    train: Sequence[float], valid: Mapping[int, float], landmarks: Mapping[str, float]
) -> Figure:
    """Draw how the loss fell while a model was trained, and what it can be compared with.

    train: the loss of each step's batch; valid: step -> validation loss, step 0 being before
    the first; landmarks: name -> loss, each a line across the figure.
    """
    fig = plt.figure(figsize=(WIDTH, 4))
    ax = fig.add_subplot()
    for loss in landmarks.values():
        ax.axhline(loss, color=QUIET, linewidth=1, linestyle=":")
    ax.plot(range(1, len(train) + 1), train, color=TRAIN, linewidth=1, label="training batches")
    ax.plot(*zip(*valid.items(), strict=True), "o--", color=VALID, markersize=4, label="validation")
    top = max(*landmarks.values(), *valid.values(), *train)
    ax.set(xlabel="step", ylabel="loss, nats per token", ylim=(0, 1.05 * top or 1))
    # A name stands beside its line, or as near above the one below it as can be read.
    at = -math.inf
    for name, loss in sorted(landmarks.items(), key=lambda item: item[1]):
        at = max(loss / ax.get_ylim()[1], at + 0.06)
        ax.text(1.01, at, f"{loss:.2f}  {name}", transform=ax.transAxes, va="center", size=10)
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.93))  # below the highest line
    first, last = valid[min(valid)], valid[max(valid)]
    ax.set_title(f"Validation loss from {first:.2f} to {last:.2f} in {max(valid)} steps")
    return fig


def png(fig: Figure) -> bytes:
    """The figure as the bytes of a PNG file; it is closed."""
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=150)
    plt.close(fig)
    return file.getvalue()
