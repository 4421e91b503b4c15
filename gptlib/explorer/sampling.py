"""A sampling explorer: choose a temperature and what to cut off, and see what may come next."""

import base64
import textwrap
from collections.abc import Callable, Sequence
from html import escape

import matplotlib.pyplot as plt
from ipywidgets import HTML, FloatSlider, HBox, IntSlider, Layout, VBox
from numpy.typing import ArrayLike

from gptlib import plot
from gptlib.explorer import bars
from gptlib.explorer.controls import field, live_region
from gptlib.plot.sampling import check_distribution, kept_sentence


class SamplingExplorer(HBox):
    """Sliders for temperature, top-k and top-p, beside the distribution of the next token.

    distribution: called with temperature, top_k and top_p, the last two None where nothing is to
        be cut; returns the probability of each token, (V,)
    tokens: V names, at least 2
    write: if given, called with the same arguments; returns a text to show

    `temperature`, `top_k` and `top_p` are the sliders, `probs` and `kept` the probabilities that
    are shown, before and after the cut; `text` is what was written. Where widgets cannot run, a
    picture is shown.

    ValueError for fewer than 2 tokens, for probabilities that are no distribution over them, and
    unless `write` returns a str.
    """

    def __init__(
        self,
        distribution: Callable[[float, int | None, float | None], ArrayLike],
        tokens: Sequence[str],
        write: Callable[[float, int | None, float | None], str] | None = None,
    ):
        self.tokens = list(tokens)
        self._distribution, self._write = distribution, write
        V = len(self.tokens)
        if V < 2:
            raise ValueError(f"tokens are {V}: give at least 2, or there is nothing to choose from")
        # Writing may take long, so it waits until the slider is released.
        style = {"readout": False, "continuous_update": write is None}
        style["layout"] = Layout(width="150px")
        self.temperature = FloatSlider(1.0, min=0.0, max=2.0, step=0.05, **style)
        self.top_k = IntSlider(V, min=1, max=V, **style)
        self.top_p = FloatSlider(1.0, min=0.05, max=1.0, step=0.05, **style)
        self.text = None
        self._told, self._bars, self._written = HTML(), HTML(), HTML()
        self._id = f"sampling-{self._told.model_id}"
        self._draw()
        sliders = {"temperature": self.temperature, "top-k": self.top_k, "top-p": self.top_p}
        for slider in sliders.values():
            slider.observe(self._draw, "value")  # before the fields: the bars are updated first
        controls = [
            HBox([field(name, slider, wide=160, words=85), slider])
            for name, slider in sliders.items()
        ]
        written = [self._written] if write else []
        left = VBox([live_region(bars.STYLE, self._id), *controls, self._told, *written])
        left.layout.flex, left.layout.max_width = "1 1 330px", "480px"
        wrapped = Layout(flex_flow="row wrap", align_items="flex-start")
        super().__init__([left, self._bars], layout=wrapped)

    def _draw(self, change: dict | None = None) -> None:
        temperature, top_k, top_p = self._settings()
        self.probs, self.kept = check_distribution(
            self._distribution(temperature, None, None),
            self._distribution(temperature, top_k, top_p),
            len(self.tokens),
        )
        label = "bars: the probabilities of the next token, the likeliest first"
        self._bars.value = bars.bar_chart(self.probs, self.kept, self.tokens, label)
        said = escape(kept_sentence(self.probs, self.kept))
        self._told.value = f'<p class="sampling-sentence" id="{self._id}">{said}</p>'
        if self._write:
            self.text = self._write(temperature, top_k, top_p)
            if not isinstance(self.text, str):
                raise ValueError(f"write returned {self.text!r}: return a str")
            self._written.value = f'<div class="sampling-text">{escape(self.text)}</div>'

    def _settings(self) -> tuple[float, int | None, float | None]:
        """Temperature, top_k and top_p, the last two None where they cut nothing."""
        # Steps of 0.05 are not exact in binary: 0.15000000000000002.
        temperature, top_p = round(self.temperature.value, 2), round(self.top_p.value, 2)
        top_k = None if self.top_k.value == len(self.tokens) else self.top_k.value
        return temperature, top_k, None if top_p == 1 else top_p

    def __repr__(self) -> str:
        written = ", with a text" if self._write else ""
        return f"SamplingExplorer({len(self.tokens)} tokens{written})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        temperature, top_k, top_p = self._settings()
        settings = [f"Temperature {temperature:g}"]
        settings += [f"top-k {top_k}"] if top_k else []
        settings += [f"top-p {top_p:g}"] if top_p else []
        title = f"{', '.join(settings)}: {kept_sentence(self.probs, self.kept)}"
        with plt.rc_context():
            plot.use_style()
            figure = plot.distribution(self.probs, self.kept, self.tokens, textwrap.fill(title, 95))
            picture, about = plot.png_described(figure)
        data = super()._repr_mimebundle_(**kwargs)
        data |= {"image/png": base64.b64encode(picture).decode()}
        return data, {"image/png": about}
