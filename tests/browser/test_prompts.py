"""The prompt explorer in JupyterLab, by the keyboard: what is seen is what the readers expect."""

import prompts_html
import pytest
from test_browser import SCRIPT, Panel

READERS = ("our model", "the best possible reader")
HOSTILE = f'{SCRIPT} "><img src=x onerror=alert(1)> &amp; $x$'
PROMPTS = {"kinds": ["- a:", "- b: x\n- a:", "- b: x\n- c: y\n- a:"], "pairs": ["1:", "2:", "3:"]}
EXPECTED = """
def expected(prompt):
    p = 1 / (2 + len(prompt))
    return {prompt[-90:]: (0.4, p), "x": (p, 0.25), "under": (0.004, 0.003), "none": (0.0, 0.0)}
"""
CELL = f"""
from gptlib.explorer import PromptExplorer
{EXPECTED}
PromptExplorer({PROMPTS!r}, {READERS!r}, expected)
"""
TYPED = "- kite:"
# What the kernel tells of the prompt that is shown, and of those that `move_all` visits.
TELL = f"""
import json
*_, found = [x for x in [*globals().values(), *Out.values()]
    if type(x).__name__ == "PromptExplorer"]
of, k = found._prompts[found.name.value], found.examples.value
asked = [found.prompt.value, of[k - 1], of[k - 1] + "!", {TYPED!r}]
print(json.dumps({{"readers": found.readers, "examples": k,
    "told": [[prompt, found._expected(prompt)] for prompt in asked]}}))
"""


class Explorer(Panel):
    """The last prompt explorer on a page, and what it should show: `tell` gives it for a prompt."""

    def __init__(self, page, readers, tell, prompt, examples=0):
        self.page, self.readers, self.tell = page, readers, tell
        self.prompt, self.examples = prompt, examples
        self.box = page.locator(".widget-hbox:has(.prompt-sentence)").last
        self.box.scroll_into_view_if_needed()
        self.check()

    @classmethod
    def told(cls, page, told):
        """The one of which `TELL` told."""
        known = dict(map(tuple, told["told"]))
        explorer = cls(page, told["readers"], known.get, next(iter(known)), told["examples"])
        explorer.prompts = [*known]
        return explorer

    @property
    def text(self):
        return self.box.get_by_role("textbox", name="prompt", exact=True)

    def choose(self, key, prompt):
        """Press a key on the slider of examples."""
        self.handle("examples").focus()
        self.page.keyboard.press(key)
        self.examples += 1 if key == "ArrowRight" else -1
        self.prompt = prompt
        self.settle()

    def type(self, text):
        """Put a prompt in place of the old one."""
        self.text.focus()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)
        self.prompt = text
        self.settle()

    def move_all(self):
        _, fewer, _, typed = self.prompts
        self.choose("ArrowLeft", fewer)
        self.text.focus()
        self.page.keyboard.press("ControlOrMeta+End")
        self.page.keyboard.type("!")
        self.prompt += "!"
        self.settle()
        self.type(typed)

    def check(self):
        assert self.text.input_value() == self.prompt
        assert self.field("examples").input_value() == f"{self.examples}"
        html = self.box.evaluate("box => new XMLSerializer().serializeToString(box)")
        prompts_html.check(html, self.tell(self.prompt), self.readers)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_prompt_explorer(lab, screenshot, theme):
    here = {}
    exec(EXPECTED, here)
    tell = here["expected"]
    with lab.opened(lab.notebook(CELL), f"prompts-{theme}.ipynb", theme) as page:
        explorer = Explorer(page, READERS, tell, PROMPTS["kinds"][0])
        screenshot(page, "before")
        # The keyboard reaches all.
        chosen = explorer.box.get_by_role("combobox", name="list", exact=True)
        chosen.focus()
        for control in (explorer.field("examples"), explorer.handle("examples"), explorer.text):
            page.keyboard.press("Tab")
            assert control.evaluate("e => e === document.activeElement")

        explorer.choose("ArrowRight", PROMPTS["kinds"][1])
        explorer.choose("ArrowRight", PROMPTS["kinds"][2])
        chosen.select_option("pairs")
        explorer.prompt = PROMPTS["pairs"][2]
        explorer.settle()
        explorer.type(f"- a: b\n{HOSTILE}\nwhat now")
        screenshot(page, "after")
        assert explorer.box.locator("script, img, iframe, mjx-container").count() == 0

        # All is seen without scrolling sideways, and can be read.
        assert explorer.box.evaluate("box => box.scrollWidth <= box.clientWidth")
        explorer.check_legible(".prompt-sentence, .prompt-answers th, .prompt-answers td")

        explorer.type("- kite:")
        said = explorer.box.locator("[aria-live=polite]").aria_snapshot()
        assert said.startswith("- paragraph: Our model expects “- kite:” (40%), the best")
        rows = explorer.box.get_by_role("table").get_by_role("row")
        assert rows.count() == 4  # a head, two answers, and the others
