"""Reads what the HTML of a SamplingExplorer shows, and compares it with the probabilities."""

import pytest
from explorer_html import classes, tree

from gptlib.plot import visible

MOST = 20


def wanted(probs, kept, tokens):
    """Name, probability before and after, of each bar: the likeliest, then the others."""
    possible = sorted((i for i in range(len(probs)) if probs[i] > 0), key=lambda i: -probs[i])
    bars = []
    for i in possible[:MOST]:
        name = visible(tokens[i])
        bars.append((name if len(name) <= 12 else name[:11] + "…", probs[i], kept[i]))
    left = [i for i in possible[MOST:] if kept[i] > 0]
    gone = [i for i in range(len(probs)) if i not in possible[:MOST] and i not in left]
    if left and not any(probs[i] for i in gone):  # nothing is cut
        left, gone = left + gone, []
    for some in (left, gone):
        if some:
            name = f"{len(some)} other{'s' * (len(some) > 1)}"
            bars.append((name, sum(probs[i] for i in some), sum(kept[i] for i in some)))
    return bars


def told(probs, kept):
    """The sentence."""
    n, had = sum(k > 0 for k in kept), sum(p for p, k in zip(probs, kept, strict=True) if k > 0)
    share = f"{had:.0%}"
    if share == "100%" and any(p > 0 and k == 0 for p, k in zip(probs, kept, strict=True)):
        share = "over 99%"
    words = "tokens is kept; it" if n == 1 else "tokens are kept; they"
    return f"{n} of {len(kept)} {words} had {share}."


def number(element, side):
    return float(element.get(side))


def check_bar(group, bar, top, high):
    """A group shows one bar: a hatched one if it is cut, or one with an outline."""
    name, before, after = bar
    told = group.find("title").text
    rects = {classes(rect)[0]: rect for rect in group.iter("rect")}
    for rect in rects.values():  # all stand on the ground
        assert number(rect, "y") + number(rect, "height") == pytest.approx(0, abs=0.02)
    texts = [text.text or "" for text in group.iter("text")]
    if before > 0 and after == 0:
        assert set(rects) == {"cut"} and group.find("path") is not None
        assert number(rects["cut"], "height") == pytest.approx(high * before / top, abs=0.02)
        assert told == f"“{name}”: {before:.2%}, cut off"
    else:
        assert set(rects) == {"kept", "before"} and group.find("path") is None
        assert number(rects["kept"], "height") == pytest.approx(high * after / top, abs=0.02)
        assert number(rects["before"], "height") == pytest.approx(high * before / top, abs=0.02)
        assert told == f"“{name}”: {after:.2%}, {before:.2%} before the cut"
        if after >= 0.005:
            assert texts.pop(0) == f"{after:.0%}"
    assert " ".join(texts) == name
    return number(next(iter(rects.values())), "x")


def check(html, probs, kept, tokens, text=None):
    """Sentence, bars and text show these probabilities, before and after the cut."""
    root = tree(html)
    (sentence,) = [e for e in root.iter("p") if "sampling-sentence" in classes(e)]
    assert sentence.text == told(probs, kept)
    written = [e.text for e in root.iter("div") if "sampling-text" in classes(e)]
    assert written == ([] if text is None else [text])
    (svg,) = root.iter("svg")
    assert svg.get("role") == "img" and svg.get("aria-label")
    scale = [e for e in svg if e.tag == "text"]
    numbers = {float(e.text.rstrip("%")) / 100: -number(e, "y") for e in scale}
    top, high = max(numbers), max(numbers.values())
    assert numbers[0] == 0 and numbers[top] == high and numbers[top / 2] == high / 2
    groups = [group for group in svg.iter("g") if group.find("title") is not None]
    bars = wanted(probs, kept, tokens)
    assert max(max(before, after) for _, before, after in bars) <= top + 1e-9
    places = [check_bar(g, bar, top, high) for g, bar in zip(groups, bars, strict=True)]
    assert places == sorted(places) and len(set(places)) == len(places)
