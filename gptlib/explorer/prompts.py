"""A prompt explorer: choose and edit examples, and see what two readers expect after them."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

import matplotlib.pyplot as plt
from ipywidgets import HTML, Dropdown, HBox, IntSlider, Layout, Textarea, VBox

from gptlib import plot
from gptlib.explorer.controls import field, live_region
from gptlib.plot.prompts import check_expected, expected_sentence, share, with_others
from gptlib.plot.style import SKY

BAR = 100  # pixels, of a probability of 1
STYLE = f"""<style>
.prompt-sentence {{ margin: 0 0 8px; line-height: 1.4; overflow-wrap: anywhere; }}
.prompt-answers {{ border-spacing: 12px 3px; margin-left: -12px; font-size: 12px;
  line-height: 1.3; }}
.prompt-answers th {{ text-align: left; font-weight: normal; overflow-wrap: anywhere; }}
.prompt-answers thead th {{ font-weight: bold; vertical-align: bottom; }}
.prompt-answers td {{ width: {BAR + 45}px; white-space: nowrap; }}
.prompt-answers span {{ display: inline-block; box-sizing: border-box; height: 12px;
  margin-right: 5px; vertical-align: middle; border: 1.5px solid {SKY}; background: {SKY}; }}
.prompt-answers td:last-child span {{ border: 1.5px dashed currentColor; background: none; }}
</style>"""


class PromptExplorer(HBox):
    """A prompt with some examples, to choose and to edit, beside what is expected after it.

    prompts: for each name a prompt with 0, 1, 2, ... examples, all names with as many
    readers: the names of the two whose expectations are compared
    expected: called with a prompt; returns for each answer the probabilities that the two give it,
        nan where a reader has none. Its ValueError is shown

    `name`, `examples` and `prompt` are the controls, and `told` is what was expected last. Where
    widgets cannot run, a picture is shown.

    ValueError unless there are prompts, with as many examples for each name, and two readers; for
    probabilities that are none.
    """

    def __init__(
        self,
        prompts: Mapping[str, Sequence[str]],
        readers: Sequence[str],
        expected: Callable[[str], Mapping[str, Sequence[float]]],
        examples: int = 0,
    ):
        self._prompts = {name: list(of) for name, of in prompts.items()}
        self.readers = list(readers)
        lengths = sorted({len(of) for of in self._prompts.values()})
        if len(lengths) != 1 or not lengths[0] or len(readers) != 2:
            raise ValueError(
                f"prompts have the lengths {lengths}, and readers are {self.readers}: give each "
                "name as many prompts, at least one, and two readers"
            )
        self._expected = expected
        self.name = Dropdown(options=list(self._prompts), description="list")
        most = max(1, lengths[0] - 1)
        self.examples = IntSlider(
            min(examples, most), min=0, max=most, readout=False, layout=Layout(width="150px")
        )
        self.prompt = Textarea(description="prompt", rows=14)
        self.prompt.layout = Layout(width="280px")
        self.name.layout = Layout(width="280px")
        for control in (self.name, self.prompt):
            control.style.description_width = "60px"
        self._said, self._table = HTML(), HTML()
        self._id = f"prompt-{self._said.model_id}"
        self._fill()
        self._draw()
        self.name.observe(self._fill, "value")
        self.examples.observe(self._fill, "value")
        self.prompt.observe(self._draw, "value")
        number = HBox([field("examples", self.examples, wide=160, words=80), self.examples])
        left = VBox([live_region(STYLE, self._id), self.name, number, self.prompt])
        right = VBox([self._said, self._table])
        right.layout.flex, right.layout.min_width = "1 1 380px", "0"
        wrapped = Layout(flex_flow="row wrap", align_items="flex-start")
        super().__init__([left, right], layout=wrapped)

    def _fill(self, change: dict | None = None) -> None:
        """Put the chosen prompt into the field, in place of what was there."""
        of = self._prompts[self.name.value]
        self.prompt.value = of[min(self.examples.value, len(of) - 1)]

    def _draw(self, change: dict | None = None) -> None:
        try:
            told = self._expected(self.prompt.value)
        except ValueError as error:
            self.told, said = {}, str(error)
        else:
            self.told = check_expected(told)
            said = expected_sentence(self.told, self.readers)
        self._said.value = f'<p class="prompt-sentence" id="{self._id}">{escape(said)}</p>'
        self._table.value = _table(self.told, self.readers) if self.told else ""

    def __repr__(self) -> str:
        return f"PromptExplorer({len(self._prompts)} lists)"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        with plt.rc_context():
            plot.use_style()
            figure = plot.expected(self.prompt.value, self.told, self.readers)
            picture, about = plot.png_described(figure)
        data = super()._repr_mimebundle_(**kwargs)
        data |= {"image/png": base64.b64encode(picture).decode()}
        return data, {"image/png": about}


def _table(told: Mapping[str, Sequence[float]], readers: Sequence[str]) -> str:
    """The answers in HTML, each with a bar for either reader."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("answer", *readers))
    rows = "".join(
        f'<tr><th scope="row">{escape(answer)}</th>{"".join(map(_cell, probs))}</tr>'
        for answer, probs in with_others(told).items()
    )
    return f'<table class="prompt-answers"><thead><tr>{names}</tr></thead>{rows}</table>'


def _cell(p: float) -> str:
    bar = "" if math.isnan(p) else f'<span style="width:{BAR * p:.1f}px"></span>'
    return f"<td>{bar}{share(p)}</td>"
