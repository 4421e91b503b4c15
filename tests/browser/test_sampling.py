"""The sampling explorer in JupyterLab, moved by the keyboard: what is seen is what it was told."""

import json
import statistics

import bars_html
import numpy as np
import pytest
import torch
from test_browser import SCRIPT, WATCH, Panel

from gptlib.sampling import Sampling, next_probs

CHARACTERS = list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \n.,!?-'\"")
WORDS = ["Mia", SCRIPT, '"><img src=x onerror=alert(1)>', "&amp;", "'", "$x$", " hedgehog", "été"]
CELL = """
import json, torch
from gptlib.explorer import SamplingExplorer
from gptlib.sampling import Sampling, next_probs
logits, tokens = (json.load(open("{}.json"))[name] for name in ("logits", "tokens"))
logits = torch.tensor([logits], dtype=torch.float64)
def distribution(t, k, p):
    return next_probs(logits, Sampling(t, k, p))[0].numpy()
explorer = SamplingExplorer(distribution, tokens{})
explorer
"""
WRITE = ', lambda t, k, p: f"<b>{t}</b> {k} {p}\\n" * 3'
# What the kernel tells of the settings that `move_all` visits, by a cell added to a notebook.
TELL = """
import json
*_, found = [x for x in [*globals().values(), *Out.values()]
    if type(x).__name__ == "SamplingExplorer"]
def told(t, k, p):
    ask, write = found._distribution, found._write
    both = [[float(x) for x in y] for y in (ask(t, None, None), ask(t, k, p))]
    return [[t, k, p], *both, write(t, k, p) if write else None]
moves = [(1.0, None, None), (0.95, None, None), (0.95, None, 0.95)]
print(json.dumps({"tokens": found.tokens, "told": [told(*at) for at in moves]}))
"""
NAMES = ["temperature", "top-k", "top-p"]


class Explorer(Panel):
    """The last sampling explorer on a page, and what it should show for its settings."""

    def __init__(self, page, tokens, tell, at=None):
        self.tokens, self.tell = tokens, tell
        self.at = at or {"temperature": 1.0, "top-k": len(tokens), "top-p": 1.0}
        self.page = page
        self.box = page.locator(".widget-hbox:has(> .widget-html .sampling-bars)").last
        self.bars = self.box.locator(".widget-html-content:has(> .sampling-bars)")
        self.bars.scroll_into_view_if_needed()
        self.check()

    @classmethod
    def told(cls, page, told):
        """The one of which `TELL` told."""
        known = {tuple(at): rest for at, *rest in told["told"]}
        return cls(page, told["tokens"], lambda *at: known[at])

    def press(self, name, key, value):
        """Press a key; it should give slider `name` this value, and all should show it."""
        self.page.keyboard.press(key)
        self.at[name] = value
        self.settle()  # bars, words and numbers come one after the other

    def move_all(self):
        for name in ("temperature", "top-p"):
            self.handle(name).focus()
            self.press(name, "ArrowLeft", 0.95)

    def settings(self):
        """As the notebook's function gets them: None where nothing is cut."""
        t, k, p = self.at.values()
        return t, None if k == len(self.tokens) else k, None if p == 1 else p

    def check(self):
        html = self.box.evaluate("box => new XMLSerializer().serializeToString(box)")
        probs, kept, text = self.tell(*self.settings())
        bars_html.check(html, probs, kept, self.tokens, text)
        assert self.box.get_by_role("spinbutton").count() == 3
        for name, value in self.at.items():
            assert self.field(name).input_value() == f"{value:g}"
            shown = float(self.handle(name).get_attribute("aria-valuenow"))
            assert shown == pytest.approx(value, abs=0.051)  # of which it tells one digit


def notebook_of(lab, name, tokens, write=False):
    logits = (2 * np.random.default_rng(0).normal(size=len(tokens))).tolist()
    data = json.dumps({"logits": logits, "tokens": tokens})
    (lab.notebooks / f"{name}.json").write_text(data, encoding="utf-8")

    def tell(t, k, p):
        both = [
            next_probs(torch.tensor([logits]).double(), Sampling(*at))[0].numpy()
            for at in ((t, None, None), (t, k, p))
        ]
        return *both, f"<b>{t}</b> {k} {p}\n" * 3 if write else None

    return lab.notebook(CELL.format(name, WRITE if write else "")), tell


@pytest.mark.parametrize(
    "tokens, write, theme", [(CHARACTERS, False, "Light"), (WORDS, True, "Dark")]
)
def test_sampling_explorer(lab, screenshot, tokens, write, theme):
    V, name = len(tokens), f"sampling-{len(tokens)}"
    notebook, tell = notebook_of(lab, name, tokens, write)
    with lab.opened(notebook, f"{name}.ipynb", theme) as page:
        explorer = Explorer(page, tokens, tell)
        screenshot(page, "before")
        explorer.field("temperature").focus()
        for name in NAMES:  # the keyboard reaches all
            assert explorer.field(name).evaluate("e => e === document.activeElement")
            page.keyboard.press("Tab")
            assert explorer.handle(name).evaluate("e => e === document.activeElement")
            page.keyboard.press("Tab")
        explorer.handle("temperature").focus()
        explorer.press("temperature", "ArrowLeft", 0.95)
        explorer.press("temperature", "End", 2.0)
        explorer.handle("top-k").focus()
        explorer.press("top-k", "ArrowLeft", V - 1)
        explorer.handle("top-p").focus()
        explorer.press("top-p", "ArrowLeft", 0.95)
        explorer.press("top-p", "ArrowLeft", 0.9)
        explorer.field("top-k").focus()
        explorer.press("top-k", "ArrowDown", V - 2)
        screenshot(page, "after")

        # All is seen without scrolling sideways, and can be read.
        assert explorer.box.evaluate("box => box.scrollWidth <= box.clientWidth")
        output = page.locator(".jp-OutputArea-output").last.bounding_box()
        svg = explorer.bars.locator("svg").bounding_box()
        assert output["x"] <= svg["x"] and svg["x"] + svg["width"] <= output["x"] + output["width"]
        explorer.check_legible("text, .sampling-sentence, .sampling-text")
        assert explorer.box.locator("script, img, iframe, mjx-container").count() == 0

        explorer.handle("temperature").focus()
        explorer.press("temperature", "Home", 0.0)
        # The region stays the same element, and what it owns is the sentence.
        said = explorer.box.locator("[aria-live=polite]").aria_snapshot()
        assert said == f"- paragraph: 1 of {V} tokens is kept; it had 100%."
        assert explorer.box.get_by_role("img").get_attribute("aria-label").startswith("bars: ")


def test_bars_follow_at_once(lab, capsys):
    notebook, tell = notebook_of(lab, "sampling-fast", CHARACTERS)
    with lab.opened(notebook, "sampling-fast.ipynb") as page:
        explorer = Explorer(page, CHARACTERS, tell)
        explorer.bars.evaluate(WATCH)
        explorer.handle("temperature").focus()
        for i in range(40):
            page.keyboard.press("ArrowRight" if i % 20 >= 10 else "ArrowLeft")
            page.wait_for_timeout(200)
        page.wait_for_function("window.times.length == 40")
        times = sorted(page.evaluate("window.times"))
    middle = statistics.median(times)
    with capsys.disabled():
        print(f"\n{middle:.0f} ms from key to bars, {times[0]:.0f} to {times[-1]:.0f} ms")
    assert times[10] < 80  # of 40: other work on the machine must not decide
