"""Attention weights as a map in SVG, a strip of tokens in HTML, and a sentence in plain text.

Each token is escaped where it becomes HTML.
"""

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from matplotlib.image import imsave

from gptlib.plot.attention import ticks
from gptlib.plot.style import (
    BEFORE,
    DARK,
    FAINT,
    HIDDEN,
    HIGHLIGHT,
    INK,
    LOOKS,
    PAPER,
    QUIET,
    SYMBOLS,
    short,
    visible,
)

SIDE = 600  # pixels, of the largest map
CELL = 20  # pixels, of the largest cell
NAMED = 12  # pixels, of the smallest cell that has room for a name beside it
LIFT = 2.5  # pixels, by which the sign of a space hangs below the middle of its line
LETTER = 6  # pixels, the width of a name's letter
AXIS = 18  # pixels, for the name of an axis
MOST_CELLS = 1024  # a map with more is one image instead of an element for each cell

STYLE = f"""<style>
.attention-map {{ max-width: 100%; height: auto; font: 11px sans-serif; fill: currentColor; }}
.attention-map text {{ dominant-baseline: central; }}
.attention-map .asks, .attention-map g:hover text {{ font-weight: bold; }}
.attention-map .cell {{ shape-rendering: crispEdges; }}
.attention-map .cell:hover, .attention-map .frame {{ stroke: {HIGHLIGHT}; stroke-width: 2; }}
.attention-map image {{ image-rendering: pixelated; }}
.attention-sentence {{ margin: 6px 0; line-height: 1.4; }}
.attention-strip {{ margin: 8px 0; line-height: 1.8; overflow-wrap: anywhere; }}
.attention-strip span {{ padding: 2px 3px; }}
.attention-strip.characters {{ font-family: monospace; white-space: break-spaces; }}
.attention-strip.characters span {{ padding: 2px 0; }}
.attention-strip .asks {{ outline: 2.5px solid {HIGHLIGHT}; position: relative; }}
.attention-strip .masked {{ color: {DARK}; background: {HIDDEN}
  repeating-linear-gradient(135deg, transparent 0 4px, {FAINT} 4px 5px); }}
</style>"""


def sentence(looks: np.ndarray, t: int, rows: Sequence[str], columns: Sequence[str]) -> str:
    """Say in plain text, not HTML, where token t looks most; weights that round to 0% are left out.

    looks: (S,), its attention weights
    rows, columns: the tokens that ask, and the S that answer

    >>> sentence(np.array([0.16, 0, 0.8, 0.04]), 1, "abcd", "abcd")
    '“b” (1) looks most at “c” (2) 80%, “a” (0) 16% and “d” (3) 4%.'
    """
    strongest = [s for s in np.argsort(-looks, kind="stable")[:3] if round(100 * looks[s])]
    who = f"“{visible(rows[t])}” ({t})"
    if not strongest:
        return f"{who} may look at nothing."
    *others, last = [f"“{visible(columns[s])}” ({s}) {looks[s]:.0%}" for s in strongest]
    return f"{who} looks most at {', '.join(others)}{' and ' if others else ''}{last}."


def strip(
    tokens: Sequence[str],
    asks: int | None = None,
    looks: np.ndarray | None = None,
    mask: np.ndarray | None = None,
) -> str:
    """The tokens as running text in HTML, the bluer the larger a weight; token `asks` has a frame.

    looks: (S,), the attention weights; mask: (S,), True = may look; masked tokens are hatched.
    Without these two, all tokens have the colours of the page.
    """
    characters = all(len(token) == 1 for token in tokens)
    spans = []
    for s, token in enumerate(tokens):
        kind, style = ["asks"] * (s == asks), ""
        if looks is not None and mask[s]:
            # Of black and white, the one with more contrast.
            color = PAPER if looks[s] > 0.9 else INK
            background = _hex(LOOKS(looks[s], bytes=True))
            style = f' style="background:{background};color:{color}" title="{looks[s]:.2f}"'
        elif looks is not None:
            kind.append("masked")
        # Among characters a space keeps words apart and shows its colour; else it needs a symbol.
        shown = token if characters and token == " " else visible(token)
        spans.append(f'<span class="{" ".join(kind)}"{style}>{escape(shown)}</span>')
    kind, gap = (" characters", "") if characters else ("", " ")
    return f'<div class="attention-strip{kind}">{gap.join(spans)}</div>'


def heat_map(
    looks: np.ndarray,
    mask: np.ndarray,
    asks: int,
    rows: Sequence[str],
    columns: Sequence[str],
    label: str,
) -> str:
    """A map of attention weights in SVG: rows ask, columns answer, and row `asks` has a frame.

    looks: (T, S); mask: (T, S), True = may look; masked cells are hatched
    rows: the T tokens that ask; columns: the S tokens that answer
    label: what the picture is, for screen readers
    """
    T, S = looks.shape
    cell = min(CELL, SIDE // max(T, S))
    width, height, named = cell * S, cell * T, cell >= NAMED
    beside, below = (ticks([short(name) for name in names], named) for names in (rows, columns))
    if not named:  # row `asks` always has its label; labels too near it are left out
        beside = {t: name for t, name in beside.items() if abs(t - asks) * cell >= NAMED}
        beside[asks] = str(asks)
    longest, lowest = (max(map(len, names.values())) * LETTER for names in (beside, below))
    turned = named and lowest > LETTER
    left, foot = AXIS + longest + 8, AXIS + (lowest if turned else NAMED) + 8

    # Masked cells are transparent and show the hatching behind them.
    colours = LOOKS(looks, alpha=mask.astype(float), bytes=True)  # (T, S, 4)
    if T * S > MOST_CELLS:
        image, drawn = _image(colours, width, height), _stripes(looks, rows, columns, cell)
    else:
        image, drawn = "", _cells(looks, colours, rows, columns, cell)
    middles = [(t + 0.5) * cell - LIFT * (beside.get(t) == SYMBOLS[" "]) for t in range(T)]
    parts = [
        f'<rect width="{width}" height="{height}" fill="{HIDDEN}"/>',
        f'<path d="{hatching(width, height)}" stroke="{BEFORE}"/>{image}',
        *(
            f"<g>{svg_text(-6, middles[t], beside.get(t, ''), 'end', t == asks)}{row}</g>"
            for t, row in enumerate(drawn)
        ),
        *(
            svg_text((s + 0.5) * cell, height + 6, name, "end", turn=True)
            if turned
            else svg_text((s + 0.5) * cell, height + 6 + NAMED / 2, name)
            for s, name in below.items()
        ),
        svg_text(-left + AXIS / 2, height / 2, "asks", turn=True),
        svg_text(width / 2, height + foot - AXIS / 2, "answers"),
        f'<rect width="{width}" height="{height}" fill="none" stroke="{QUIET}"/>',
        # The frame is around the row, which may be as low as the frame is thick.
        f'<rect class="frame" x="-1" y="{asks * cell - 1}" width="{width + 2}" '
        f'height="{cell + 2}" fill="none" pointer-events="none"/>',
    ]
    size = left + width + 4, height + foot + 4
    return (
        f'<svg class="attention-map" role="img" aria-label="{escape(label)}" width="{size[0]}" '
        f'height="{size[1]}" viewBox="{-left} -2 {size[0]} {size[1]}">{"".join(parts)}</svg>'
    )


def hatching(width: int, height: int) -> str:
    """Lines that slant upwards through a rectangle, as the data of an SVG path.

    A pattern would need an id, which would have to be unique on the page.
    """
    return "".join(
        f"M{max(0, d - height)} {min(d, height)}L{min(d, width)} {max(0, d - width)}"
        for d in range(8, width + height, 8)
    )


def svg_text(
    x: float, y: float, text: str, anchor: str = "middle", bold: bool = False, turn: bool = False
) -> str:
    """Text in SVG whose middle, start or end is at a point; with `turn` it runs upwards."""
    turned = f' transform="rotate(-90 {x:g} {y:g})"' if turn else ""
    kind = ' class="asks"' if bold else ""
    return f'<text{kind} x="{x:g}" y="{y:g}" text-anchor="{anchor}"{turned}>{escape(text)}</text>'


def _cells(
    looks: np.ndarray, colours: np.ndarray, rows: Sequence[str], columns: Sequence[str], cell: int
) -> Iterator[str]:
    """For each row, its cells, which show their weights on hover."""
    answer = [f"“{escape(visible(name))}” at {s}" for s, name in enumerate(columns)]
    for t, name in enumerate(rows):
        ask = f"“{escape(visible(name))}” at {t}"
        yield "".join(
            f'<rect class="cell" x="{s * cell}" y="{t * cell}" width="{cell}" height="{cell}" '
            f'fill="{_hex(colours[t, s])}"><title>{ask} → {answer[s]}: {looks[t, s]:.2f}</title>'
            "</rect>"
            for s in np.flatnonzero(colours[t, :, 3])
        )


def _stripes(
    looks: np.ndarray, rows: Sequence[str], columns: Sequence[str], cell: int
) -> Iterator[str]:
    """For each row, one stripe over the image, which shows the largest weights on hover."""
    for t, row in enumerate(looks):
        yield (
            f'<rect class="cell" y="{t * cell}" width="{cell * len(columns)}" height="{cell}" '
            f'fill="transparent"><title>{escape(sentence(row, t, rows, columns))}</title></rect>'
        )


def _image(colours: np.ndarray, width: int, height: int) -> str:
    file = io.BytesIO()
    imsave(file, colours, format="png")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<image width="{width}" height="{height}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/>'
    )


def _hex(colour: Sequence[int]) -> str:
    return "#" + bytes(colour[:3]).hex()
