"""Reads what the HTML of a PromptExplorer shows, and compares it with what two readers expect."""

import math

import pytest
from explorer_html import classes, tree

from gptlib.plot import visible

FULL = 100  # pixels, of a bar for 100%


def percent(p):
    if math.isnan(p):
        return "–"
    return "under 1%" if 0 < round(p, 9) <= 0.005 else f"{p:.0%}"


def plain(text):
    return visible(text).replace("␣", " ")


def wanted(told):
    """The rows: answers that one of the two finds likely enough, and the others together."""
    rows, left = [], [1.0, 1.0]
    for answer, probs in told.items():
        if any(p > 0.005 for p in probs):
            rows.append((plain(answer), tuple(probs)))
            left = [rest - p for rest, p in zip(left, probs, strict=True)]
    if any(rest > 0.005 for rest in left):
        rows.append(("(others)", tuple(left)))
    return rows


def check(html, told, readers, sentence=None):
    """told: answer -> two probabilities; or, with a sentence, why there are none."""
    root = tree(html)
    (said,) = [e for e in root.iter("p") if "prompt-sentence" in classes(e)]
    (region,) = [e for e in root.iter("div") if e.get("aria-live")]
    assert region.get("aria-owns") == said.get("id")
    tables = [e for e in root.iter("table") if "prompt-answers" in classes(e)]
    if sentence is not None:
        assert said.text == sentence and not tables
        return
    for i, reader in enumerate(readers):
        likely = {answer: probs[i] for answer, probs in told.items() if not math.isnan(probs[i])}
        first = max(likely, key=likely.get, default=None)
        assert reader in said.text.replace("Our", "our")
        assert first is None or f"“{plain(first)}” (" in said.text or "no favourite" in said.text
    (table,) = tables
    head, *rows = table.iter("tr")
    assert [cell.text for cell in head] == ["answer", *readers]
    found = [(row[0].text, row[1:]) for row in rows]
    for (name, cells), (answer, probs) in zip(found, wanted(told), strict=True):
        assert name == answer
        for cell, p in zip(cells, probs, strict=True):
            bars = list(cell.iter("span"))
            assert (bars[0].tail if bars else cell.text) == percent(p)
            assert bool(bars) != math.isnan(p)
            if bars:
                (width,) = [part for part in bars[0].get("style").split(";") if "width" in part]
                shown = float(width.removeprefix("width:").removesuffix("px"))
                assert shown == pytest.approx(FULL * p, abs=0.06)
