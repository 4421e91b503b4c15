"""The distribution that the next token is drawn from, as a bar chart in SVG."""

from collections.abc import Sequence
from html import escape

import numpy as np

from gptlib.explorer.markup import hatching, svg_text
from gptlib.plot.sampling import (
    BEFORE_CUT,
    CUT,
    KEPT,
    LEAST,
    MOST_TOKENS,
    Bar,
    bar_places,
    bars,
    ceiling,
)
from gptlib.plot.style import BEFORE, HIDDEN, HIGHLIGHT, LONGEST

PITCH, WIDE = 24, 19  # pixels, of a column and of its bar
HIGH = 220  # pixels, of the scale
LEFT, ABOVE, LETTER = 42, 40, 7  # pixels, for the numbers of the scale, for the key, for a letter

STYLE = f"""<style>
.sampling-bars {{ max-width: 100%; height: auto; font: 11px sans-serif; fill: currentColor; }}
.sampling-bars text {{ dominant-baseline: central; }}
.sampling-bars g:hover text {{ font-weight: bold; }}
.sampling-bars .kept {{ fill: {HIGHLIGHT}; }}
.sampling-bars .before {{ fill: none; stroke: currentColor; }}
.sampling-bars .cut {{ fill: {HIDDEN}; }}
.sampling-bars .axis {{ stroke: currentColor; }}
.sampling-sentence {{ margin: 6px 0; line-height: 1.4; }}
.sampling-text {{ margin: 8px 0; font-family: monospace; line-height: 1.4; white-space: pre-wrap;
  overflow-wrap: anywhere; }}
</style>"""


def bar_chart(probs: np.ndarray, kept: np.ndarray, tokens: Sequence[str], label: str) -> str:
    """The bars of `plot.distribution` in SVG; each shows its numbers on hover.

    probs, kept: (V,); tokens: V names; label: what the picture is, for screen readers
    """
    drawn = bars(probs, kept, tokens)
    top, places = ceiling(drawn), bar_places(drawn)
    longest = max((len(bar.name) for bar in drawn if not bar.others), default=1)
    turned = longest > 2
    columns = bar_places([Bar("", 0, 0)] * MOST_TOKENS + [Bar("", 0, 0, True)] * 2)[-1] + 1
    # As wide and high as it can ever be, or its size would change as a slider moves.
    width = LEFT + PITCH * columns + 12
    height = ABOVE + HIGH + (LETTER * LONGEST if longest > 1 else 34) + 4
    parts = [_scale(top, width - LEFT - 4), _key()]
    for x, bar in zip(places, drawn, strict=True):
        middle = PITCH * (x + 0.5)
        if turned:
            name = svg_text(middle, 8, bar.name, "end", turn=True)
        else:
            words = enumerate(bar.name.split(" "))
            name = "".join(svg_text(middle, 11 + 13 * i, word) for i, word in words)
        parts.append(f"<g>{_bar(bar, middle - WIDE / 2, top)}{name}</g>")
    return (
        f'<svg class="sampling-bars" role="img" aria-label="{escape(label)}" width="{width:g}" '
        f'height="{height}" viewBox="{-LEFT} {-HIGH - ABOVE} {width:g} {height}">'
        f"{''.join(parts)}</svg>"
    )


def _bar(bar: Bar, left: float, top: float) -> str:
    """Rectangles that stand on y = 0, the number above them, and the text shown on hover."""
    before, after = (HIGH * number / top for number in (bar.before, bar.after))
    if bar.cut:
        told = f"“{bar.name}”: {bar.before:.2%}, cut off"
        drawn = _rect("cut", left, before)
        drawn += _hatched(left, before)
    else:
        told = f"“{bar.name}”: {bar.after:.2%}, {bar.before:.2%} before the cut"
        drawn = _rect("kept", left, after) + _rect("before", left, before)
        if bar.after >= LEAST:
            drawn += svg_text(left + WIDE / 2, -max(before, after) - 8, f"{bar.after:.0%}")
    return f"<title>{escape(told)}</title>{drawn}"


def _rect(kind: str, left: float, high: float) -> str:
    return f'<rect class="{kind}" x="{left:g}" y="{-high:.2f}" width="{WIDE}" height="{high:.2f}"/>'


def _hatched(left: float, high: float) -> str:
    where = f'transform="translate({left:g} {-round(high)})"'
    return f'<path d="{hatching(WIDE, round(high))}" stroke="{BEFORE}" {where}/>'


def _scale(top: float, width: float) -> str:
    numbers = "".join(
        svg_text(-6, -HIGH * part, f"{100 * top * part:g}%", "end") for part in (0, 0.5, 1)
    )
    marks = "".join(f"M-4 {-HIGH * part:g}H0" for part in (0, 0.5, 1))
    return f'{numbers}<path class="axis" fill="none" d="{marks}M{width:g} 0H0V{-HIGH}"/>'


def _key() -> str:
    """The legend: what each kind of bar means, in a row above the bars."""
    parts, x, y = [], 0, 12 - HIGH - ABOVE
    for kind, words in (("kept", KEPT), ("before", BEFORE_CUT), ("cut", CUT)):
        where = f'transform="translate({x} {y + 6})"'
        hatched = f'<path d="{hatching(16, 12)}" stroke="{BEFORE}" transform="translate(0 -12)"/>'
        parts.append(
            f'<g {where}><rect class="{kind}" y="-12" width="16" height="12"/>'
            f"{hatched if kind == 'cut' else ''}{svg_text(22, -6, words, 'start')}</g>"
        )
        x += 54 + 6 * len(words)
    return "".join(parts)
