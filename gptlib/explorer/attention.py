"""An attention explorer: choose a layer, a head and a token, and see the token's weights."""

import base64
import textwrap
from collections.abc import Sequence
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import HTML, HBox, IntSlider, Layout, VBox
from numpy.typing import ArrayLike

from gptlib import plot
from gptlib.explorer import markup
from gptlib.explorer.controls import field, live_region
from gptlib.plot.style import short

MOST = 128  # tokens on one side of a map that is still legible


class AttentionExplorer(HBox):
    """Sliders for layer, head and token, beside the attention weights of that token.

    weights: (L, H, T, S), or without L, or without L and H
    tokens: the T that ask; memory_tokens: the S that answer, or None where these are the same
    mask: bool, broadcasts to (L, H, T, S), True = may look; None: all may look everywhere

    Attributes of the same names hold copies, the arrays as (L, H, T, S); `layer`, `head` and
    `token` are the sliders. Where widgets cannot run, a picture of the chosen head is shown.
    """

    def __init__(
        self,
        weights: ArrayLike,
        tokens: Sequence[str],
        memory_tokens: Sequence[str] | None = None,
        mask: ArrayLike | None = None,
    ):
        self.tokens = list(tokens)
        self.memory_tokens = None if memory_tokens is None else list(memory_tokens)
        self._columns = self.tokens if memory_tokens is None else self.memory_tokens
        self.weights = _check_weights(weights)
        _check_tokens(self.weights, self.tokens, self.memory_tokens)
        self.mask = _check_mask(mask, self.weights)

        self._name, self._text, self._map = HTML(), HTML(), HTML()
        self._id = f"attention-{self._text.model_id}"
        fixed = live_region(markup.STYLE, self._id)
        L, H, T, _ = self.weights.shape
        self.layer, self.head, self.token = _slider(L, 0), _slider(H, 0), _slider(T, T - 1)
        self._draw()
        for slider in (self.layer, self.head, self.token):
            slider.observe(self._draw, "value")  # before the fields: the map is updated first
        rows = [
            [field("layer", self.layer), self.layer],
            [field("head", self.head), self.head],
            [field("token", self.token), self.token, self._name],
        ]
        controls = [HBox(row) for row, n in zip(rows, (L, H, T), strict=True) if n > 1]
        left = VBox([fixed, *controls, self._text])
        left.layout.flex, left.layout.max_width = "1 1 330px", "560px"
        wrapped = Layout(flex_flow="row wrap", align_items="flex-start")
        super().__init__([left, self._map], layout=wrapped)

    def _draw(self, change: dict | None = None) -> None:
        layer, head, t = self.layer.value, self.head.value, self.token.value
        looks, mask = self.weights[layer, head], self.mask[layer, head]
        if self.memory_tokens is None:
            strips = markup.strip(self.tokens, t, looks[t], mask[t])
        else:
            strips = markup.strip(self.tokens, t)
            strips += markup.strip(self.memory_tokens, None, looks[t], mask[t])
        told = f'<p class="attention-sentence" id="{self._id}">{escape(self._sentence())}</p>'
        label = f"map of the attention weights of layer {layer}, head {head}"
        self._map.value = markup.heat_map(looks, mask, t, self.tokens, self._columns, label)
        self._text.value = told + strips
        self._name.value = escape(f"‘{short(self.tokens[t])}’")

    def _sentence(self) -> str:
        layer, head, t = self.layer.value, self.head.value, self.token.value
        return markup.sentence(self.weights[layer, head, t], t, self.tokens, self._columns)

    def __repr__(self) -> str:
        L, H, T, S = self.weights.shape
        looking = "" if self.memory_tokens is None else f" looking at {S}"
        counts = f"{_count(L, 'layer')}, {_count(H, 'head')}, {_count(T, 'token')}"
        return f"AttentionExplorer({counts}{looking})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        layer, head = self.layer.value, self.head.value
        place = f"Layer {layer}, head {head}" if len(self.weights) > 1 else f"Head {head}"
        title = textwrap.fill(f"{place}: {self._sentence()}", 95)
        panel = {"": (self.weights[layer, head], self.mask[layer, head])}
        rows, columns = (list(map(short, x)) for x in (self.tokens, self._columns))
        with plt.rc_context():
            plot.use_style()
            picture, about = plot.png_described(plot.weights(panel, rows, columns, title))
        data = super()._repr_mimebundle_(**kwargs)
        data |= {"image/png": base64.b64encode(picture).decode()}
        return data, {"image/png": about}


def _slider(n: int, value: int) -> IntSlider:
    return IntSlider(value, 0, n - 1, readout=False, layout=Layout(width="150px"))


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _check_weights(weights: ArrayLike) -> np.ndarray:
    """A read-only copy of the weights, (L, H, T, S)."""
    weights = np.asarray(weights).astype(float)
    if not 2 <= weights.ndim <= 4 or 0 in weights.shape:
        raise ValueError(
            f"weights are of shape {weights.shape}: give (layers, heads, T, S), (heads, T, S) or "
            "(T, S), none of them 0"
        )
    weights = weights.reshape((1,) * (4 - weights.ndim) + weights.shape)
    weights.flags.writeable = False
    for at in np.argwhere(~(weights >= 0))[:1]:  # nan, too
        raise ValueError(
            f"{_place(*at)} is {weights[*at]}: give weights after the softmax, from 0 to 1"
        )
    sums = weights.sum(-1)  # for weights in bfloat16, up to 0.003 away from 1
    for at in np.argwhere((abs(sums - 1) > 1e-2) & (sums > 1e-2))[:1]:
        raise ValueError(
            f"{_place(*at)} sums to {sums[*at]:.4g}: give weights after the softmax, where each "
            "row sums to 1, or to 0 if it may look at nothing"
        )
    return weights


def _check_tokens(weights: np.ndarray, tokens: list[str], memory_tokens: list[str] | None) -> None:
    T, S = weights.shape[2:]
    given, advice = _count(len(tokens), "token"), "one for each"
    if memory_tokens is not None:
        given += f" and {_count(len(memory_tokens), 'memory token')}"
    elif T != S:
        advice = "those that answer as memory_tokens"
    if len(tokens) != T or len(tokens if memory_tokens is None else memory_tokens) != S:
        raise ValueError(
            f"weights have {T} rows that ask and {S} columns that answer, but there are {given}: "
            f"give {advice}"
        )
    for name, n in ("tokens", T), ("memory_tokens", S):
        if n > MOST:
            raise ValueError(
                f"{n} {name.replace('_', ' ')} are too many to see: give at most {MOST}, such as "
                f"{name}[-{MOST}:], and their part of the weights and the mask"
            )


def _check_mask(mask: ArrayLike | None, weights: np.ndarray) -> np.ndarray:
    """A copy of the mask, (L, H, T, S)."""
    mask = np.asarray(True if mask is None else mask).copy()
    if mask.dtype != bool:
        raise ValueError(f"mask is of {mask.dtype}: give bool, True = may look")
    try:
        mask = np.broadcast_to(mask, weights.shape)
    except ValueError:
        raise ValueError(
            f"mask of shape {mask.shape} does not broadcast to weights of shape {weights.shape}: "
            "give one that does"
        ) from None
    for at in np.argwhere((weights > 0) & ~mask)[:1]:
        raise ValueError(
            f"{_place(*at)} is {weights[*at]:.3g}, but the mask forbids to look there: give a mask "
            "that is True where the row may look at the column"
        )
    return mask


def _place(*at: int) -> str:
    """The layer, head, row and column of a number, in words."""
    return ", ".join(
        f"{what} {i}" for what, i in zip(("layer", "head", "row", "column"), at, strict=False)
    )
