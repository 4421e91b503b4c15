"""A token explorer: type a text, and see how tokenizers cut it up."""

import base64
from collections.abc import Mapping
from html import escape
from reprlib import repr as brief

import matplotlib.pyplot as plt
from ipywidgets import HTML, Layout, Textarea, VBox

from gptlib import plot
from gptlib.explorer.controls import live_region
from gptlib.plot.style import QUIET
from gptlib.plot.tokens import Cut, CutsText, cut, spelled

STYLE = f"""<style>
.token-count {{ margin: 12px 0 4px; line-height: 1.4; overflow-wrap: anywhere; }}
.token-boxes {{ display: flex; flex-wrap: wrap; gap: 4px; margin: 0; padding: 0; }}
.token-boxes li {{ display: flex; flex-direction: column; align-items: center; max-width: 100%;
  box-sizing: border-box; border: 1px solid {QUIET}; border-radius: 2px; padding: 1px 4px;
  font: 14px/1.4 monospace; overflow-wrap: anywhere; }}
.token-boxes li:nth-child(even) {{ background: rgba(136, 136, 136, 0.2); }}
.token-boxes li.part {{ border-style: dashed; }}
.token-boxes small {{ font-size: 10px; }}
</style>"""


class TokenExplorer(VBox):
    """A field for a text, above the tokens into which each of some tokenizers cuts it.

    tokenizers: a tokenizer for each name; those of the course that can write will do
    text: what the field holds at first

    `text` is the field, and `cuts` are what is shown: the first 200 tokens of each, with their ids,
    or the reason that a tokenizer gives for refusing the text. Where widgets cannot run, a picture
    is shown.

    ValueError for no tokenizers, for one that cannot tell the bytes of its tokens, and for a text
    that is not a str.
    """

    def __init__(self, tokenizers: Mapping[str, CutsText], text: str = ""):
        self.tokenizers = dict(tokenizers)
        _check(self.tokenizers, text)
        # With a description the field has a name for screen readers.
        self.text = Textarea(text, description="text", rows=3)
        self.text.layout = Layout(width="auto", max_width="720px")
        self.text.style.description_width = "40px"
        self._boxes = HTML()
        ids = [f"tokens-{self._boxes.model_id}-{n}" for n in range(len(self.tokenizers))]
        self._ids = dict(zip(self.tokenizers, ids, strict=True))
        self._draw()
        self.text.observe(self._draw, "value")
        super().__init__([live_region(STYLE, " ".join(ids)), self.text, self._boxes])

    def _draw(self, change: dict | None = None) -> None:
        text = self.text.value
        self.cuts = [cut(name, tokenizer, text) for name, tokenizer in self.tokenizers.items()]
        self._boxes.value = "".join(_panel(cut, self._ids[cut.name]) for cut in self.cuts)

    def __repr__(self) -> str:
        counts = [f"{cut.name}: {'refused' if cut.refused else cut.count}" for cut in self.cuts]
        return f"TokenExplorer({', '.join(counts)})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        with plt.rc_context():
            plot.use_style()
            picture, about = plot.png_described(plot.tokens(self.cuts))
        data = super()._repr_mimebundle_(**kwargs)
        data |= {"image/png": base64.b64encode(picture).decode()}
        return data, {"image/png": about}


def _panel(cut: Cut, name: str) -> str:
    """One tokenizer's tokens in HTML, below their number, which is the element with this id."""
    boxes = [_box(token, i) for token, i in zip(cut.tokens, cut.ids, strict=False)]
    listed = f'<ol class="token-boxes" aria-label="{escape(cut.name)}">{"".join(boxes)}</ol>'
    more = f'<p class="token-more">{cut.more}</p>' if cut.more else ""
    return (
        f'<p class="token-count" id="{name}"><b>{escape(cut.name)}</b>: '
        f"{escape(cut.refused or cut.count)}</p>{listed if boxes else ''}{more}"
    )


def _box(token: bytes, i: int) -> str:
    """A token above its id; on hover it shows its bytes."""
    pieces = spelled(token)
    part = "" if all(whole for _, whole in pieces) else ' class="part"'
    shown = "".join(escape(text) if whole else f"<i>{text}</i>" for text, whole in pieces)
    return f'<li{part} title="bytes {token.hex(" ")}"><span>{shown}</span><small>{i}</small></li>'


def _check(tokenizers: dict[str, CutsText], text: str) -> None:
    if not tokenizers:
        raise ValueError("tokenizers are none: give at least one, with its name")
    for name, tokenizer in tokenizers.items():
        if not isinstance(tokenizer, CutsText):
            raise ValueError(
                f"tokenizer {name!r} is {brief(tokenizer)}: give one that has encode and "
                "token_bytes"
            )
    if not isinstance(text, str):
        raise ValueError(f"text is {brief(text)}: give a str")
