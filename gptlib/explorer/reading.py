"""A reading explorer: choose a tale and a hypothesis, and see which words the answer hangs on."""

import base64
import textwrap
from collections.abc import Callable, Sequence
from html import escape
from reprlib import repr as brief

import matplotlib.pyplot as plt
from ipywidgets import HTML, Dropdown, Layout, VBox
from numpy.typing import ArrayLike

from gptlib import plot
from gptlib.explorer.controls import live_region
from gptlib.plot.reading import KEY, LESS, MORE, Reading, read, reading, rises, shade, way
from gptlib.plot.style import HIGHLIGHT, INK, PAPER, QUIET, SKY, visible

STYLE = f"""<style>
.reading-sentence, .reading-hypothesis {{ margin: 8px 0; line-height: 1.4; }}
.reading-words {{ margin: 8px 0; padding: 2px 4px; color: {INK}; background: {PAPER};
  font-size: 15px; line-height: 2; overflow-wrap: anywhere; }}
.reading-words span {{ padding: 2px 3px; border: 1px solid transparent; }}
.reading-words .more {{ border: 1px dashed {INK}; }}
.reading-words .changed {{ font-weight: bold; text-decoration: underline 2px;
  text-underline-offset: 3px; }}
.reading-scale {{ margin: 8px 0; line-height: 1.4; font-size: 12px; }}
.reading-scale i {{ display: inline-block; width: 150px; height: 12px; margin: 0 4px;
  vertical-align: middle; border: 1px solid {QUIET};
  background: linear-gradient(to right, {SKY}, {PAPER}, {HIGHLIGHT}); }}
.reading-labels {{ border-spacing: 0; font-size: inherit; color: inherit; }}
.reading-labels th, .reading-labels td {{ padding: 2px 8px 2px 0; text-align: left;
  font-weight: normal; line-height: 1.2; }}
.reading-labels .answer th, .reading-labels .answer td {{ font-weight: bold; }}
.reading-labels div {{ width: 300px; height: 14px; }}
.reading-labels i {{ display: block; height: 100%; background: {QUIET}; }}
.reading-labels .answer i {{ background: {HIGHLIGHT}; }}
</style>"""


class ReadingExplorer(VBox):
    """Menus of tales and hypotheses, above the answer and the words that it hangs on.

    classify: takes pairs of a tale and a hypothesis, and returns the probability of each label for
        each pair, (N, K)
    tales: texts; a word is what white space separates
    labels: K names

    `tale` and `hypothesis` are the menus, whose values are numbers from 0, and `reading` holds what
    is shown: each word is shaded by how much less probable the answer is without it. Where widgets
    cannot run, a picture is shown.

    ValueError for no tales, hypotheses or labels, for a tale without words, and unless `classify`
    returns probabilities.
    """

    def __init__(
        self,
        classify: Callable[[list[tuple[str, str]]], ArrayLike],
        tales: Sequence[str],
        hypotheses: Sequence[str],
        labels: Sequence[str],
    ):
        self.tales = _checked("tales", tales)
        self.hypotheses = _checked("hypotheses", hypotheses)
        self.labels = _checked("labels", labels)
        self._classify = classify
        self.tale = _menu("tale", self.tales)
        self.hypothesis = _menu("hypothesis", self.hypotheses)
        self._shown = HTML()
        self._id = f"reading-{self._shown.model_id}"
        self._draw()
        for menu in (self.tale, self.hypothesis):
            menu.observe(self._draw, "value")
        region = live_region(STYLE, self._id)
        super().__init__([region, self.tale, self.hypothesis, self._shown])
        self.layout.max_width = "760px"

    def _draw(self, change: dict | None = None) -> None:
        tale, hypothesis = self.tales[self.tale.value], self.hypotheses[self.hypothesis.value]
        self.reading = read(self._classify, tale, hypothesis, self.labels)
        said = escape(self.reading.sentence)
        asked = f"Hypothesis: “{escape(hypothesis)}”"
        self._shown.value = (
            f'<p class="reading-sentence" id="{self._id}">{said}</p>{_words(self.reading)}'
            f'<p class="reading-scale">{MORE}<i></i>{LESS}<br/>{KEY}</p>'
            f'<p class="reading-hypothesis">{asked}</p>{_labels(self.reading)}'
        )

    def __repr__(self) -> str:
        counts = ("tale", self.tales), ("hypothesis", self.hypotheses), ("label", self.labels)
        told = [_count(len(given), what) for what, given in counts]
        return f"ReadingExplorer({', '.join(told)})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        with plt.rc_context():
            plot.use_style()
            picture, about = plot.png_described(reading(self.reading))
        data = super()._repr_mimebundle_(**kwargs)
        data |= {"image/png": base64.b64encode(picture).decode()}
        return data, {"image/png": about}


def _menu(name: str, texts: list[str]) -> Dropdown:
    """A menu of texts, whose values are their numbers: two texts may begin alike."""
    options = [
        (f"{n}: {textwrap.shorten(text, 90, placeholder='…')}", n) for n, text in enumerate(texts)
    ]
    menu = Dropdown(options=options, description=name, layout=Layout(width="auto"))
    menu.style.description_width = "80px"
    return menu


def _words(found: Reading) -> str:
    """The words as running text in HTML; each shows its number on hover."""
    spans = []
    for word, fall, other in zip(found.words, found.falls, found.changed, strict=True):
        kinds = ["more"] * rises(fall) + ["changed"] * bool(other)
        told = f"{abs(100 * fall):.1f} points {way(fall)} probable without it"
        told += f", and the answer becomes “{other}”" if other else ""
        spans.append(
            f'<span class="{" ".join(kinds)}" style="background:{shade(fall)}" '
            f'title="{escape(told)}">{escape(visible(word))}</span>'
        )
    return f'<div class="reading-words">{" ".join(spans)}</div>'


def _labels(found: Reading) -> str:
    """A table in HTML: for each label its name, its probability, and a bar as long."""
    rows = []
    for label, (name, p) in enumerate(zip(found.labels, found.probs[0], strict=True)):
        kind = ' class="answer"' if label == found.answer else ""
        rows.append(
            f'<tr{kind}><th scope="row">{escape(name)}</th>'
            f'<td>{p:.0%}</td><td><div><i style="width:{p:.2%}"></i></div></td></tr>'
        )
    return f'<table class="reading-labels" aria-label="probabilities">{"".join(rows)}</table>'


def _count(n: int, what: str) -> str:
    if n == 1:
        return f"1 {what}"
    return f"{n} {'hypotheses' if what == 'hypothesis' else what + 's'}"


def _checked(name: str, given: Sequence[str]) -> list[str]:
    texts = list(given)
    if isinstance(given, str) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{name} are {brief(given)}: give a list of at least one text")
    for n, text in enumerate(texts):
        if not text.split():
            raise ValueError(f"{name}[{n}] is {text!r}: give texts with at least one word")
    return texts
