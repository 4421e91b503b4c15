"""The reading explorer in JupyterLab: words and answer are those of the tale that is chosen."""

import numpy as np
import pytest
import reading_html
from test_browser import SCRIPT, Panel

# Defined here and in the notebook.
CLASSIFY = '''
import numpy as np

WEIGHTS = {"lent": (-4, 4, 0), "to": (-0.5, 1, 0), "her": (0.6, 0, 0), "asked": (0, 0, 2),
    "whether": (0, 0, 3), "buy": (1, 1, -2)}


def classify(pairs):
    """The boy has it if it was lent, and nobody knows where somebody only asked."""
    scores = np.array([
        np.sum([WEIGHTS.get(word, (0, 0, 0)) for word in tale.split()], axis=0)
        [[1, 0, 2] if "boy" in hypothesis else [0, 1, 2]] + (0, 0, 0.5)
        for tale, hypothesis in pairs
    ])
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)
'''
exec(CLASSIFY)
LABELS = ["yes", "no", "it does not say"]
TALES = [
    "On a windy morning Clara lent her red kite to Tom, who had never flown one before.",
    "Ben asked Mia whether she wanted to buy his old wooden boat. Mia had to think about it.",
    f"He lent {SCRIPT} \"><img/src=x/onerror=alert(1)> &amp; '</div> $x$ \u200f to Tom.",
]
HYPOTHESES = ["The girl has it.", "The boy has it.", f"<b>boy {SCRIPT}"]
CELL = f"""{CLASSIFY}
from gptlib.explorer import ReadingExplorer
ReadingExplorer(classify, {TALES!r}, {HYPOTHESES!r}, {LABELS!r})
"""
# What the kernel tells of all that the menus can choose.
TELL = """
import json
*_, found = [x for x in [*globals().values(), *Out.values()]
    if type(x).__name__ == "ReadingExplorer"]
def told(tale, hypothesis):
    words = tale.split()
    left = [words, *(words[:i] + words[i + 1:] for i in range(len(words)))]
    probs = found._classify([(" ".join(some), hypothesis) for some in left])
    return [[float(p) for p in row] for row in probs]
print(json.dumps({"tales": found.tales, "hypotheses": found.hypotheses, "labels": found.labels,
    "probs": [[told(tale, hypothesis) for hypothesis in found.hypotheses] for tale in found.tales],
    "at": [found.tale.value, found.hypothesis.value]}))
"""


class Explorer(Panel):
    """The last reading explorer on a page, and what it should show for each choice."""

    def __init__(self, page, tales, hypotheses, labels, probs, at=(0, 0)):
        self.page, self.tales, self.hypotheses = page, tales, hypotheses
        self.labels, self.probs = labels, probs
        self.at = dict(zip(("tale", "hypothesis"), at, strict=True))
        self.box = page.locator(".widget-vbox:has(> .widget-html .reading-words)").last
        self.box.scroll_into_view_if_needed()
        self.check()

    @classmethod
    def told(cls, page, told):
        """The one of which `TELL` told."""
        return cls(page, **told)

    def menu(self, name):
        return self.box.get_by_role("combobox", name=name, exact=True)

    def choose(self, name, n):
        """Choose the text with this number; all should show it."""
        self.menu(name).select_option(index=n)
        self.at[name] = n
        self.settle()

    def move_all(self):
        for name, texts in (("tale", self.tales), ("hypothesis", self.hypotheses)):
            self.choose(name, len(texts) - 1)

    def check(self):
        tale, hypothesis = self.at.values()
        assert self.menu("tale").evaluate("e => e.selectedIndex") == tale
        assert self.menu("hypothesis").evaluate("e => e.selectedIndex") == hypothesis
        html = self.box.evaluate("box => new XMLSerializer().serializeToString(box)")
        given = self.tales[tale], self.hypotheses[hypothesis], self.labels
        reading_html.check(html, *given, self.probs[tale][hypothesis])


def left_out(tale, hypothesis):
    """The probabilities with all words of a tale, then without each."""
    words = tale.split()
    left = [words, *(words[:i] + words[i + 1 :] for i in range(len(words)))]
    return classify([(" ".join(some), hypothesis) for some in left])  # noqa: F821


def opened(lab, name, theme="Light"):
    return lab.opened(lab.notebook(CELL), f"{name}.ipynb", theme)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_reading_explorer(lab, screenshot, theme):
    probs = [[left_out(tale, asked) for asked in HYPOTHESES] for tale in TALES]
    with opened(lab, f"reading-{theme}", theme) as page:
        explorer = Explorer(page, TALES, HYPOTHESES, LABELS, probs)
        answer = explorer.box.locator(".reading-labels .answer th")
        first = explorer.box.locator(".reading-words span").first
        seen = []
        for name, n in [("tale", 0), ("hypothesis", 1), ("tale", 1), ("tale", 2)]:
            explorer.choose(name, n)
            seen.append((first.text_content(), answer.text_content()))
            screenshot(page, f"{name}-{n}")
            # All is seen without scrolling sideways, and can be read.
            assert explorer.box.evaluate("box => box.scrollWidth <= box.clientWidth")
            explorer.check_legible(".reading-words span, p, th, td:nth-child(2)")
            region = explorer.box.locator("[aria-live=polite]").aria_snapshot()
            said = reading_html.told(
                TALES[explorer.at["tale"]].split(),
                LABELS,
                np.array(probs[explorer.at["tale"]][explorer.at["hypothesis"]]),
            )
            assert said in region.replace('\\"', '"')
        assert seen == [("On", "no"), ("On", "yes"), ("Ben", "it does not say"), ("He", "yes")]
        explorer.choose("hypothesis", 2)
        assert explorer.box.locator("script, img, iframe, mjx-container").count() == 0

        # The keyboard reaches both menus.
        explorer.menu("tale").focus()
        page.keyboard.press("Tab")
        assert explorer.menu("hypothesis").evaluate("e => e === document.activeElement")
