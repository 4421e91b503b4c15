"""Reads what the HTML of a ReadingExplorer shows, and compares it with the probabilities."""

import numpy as np
from explorer_html import classes, tree

from gptlib.plot import visible

SKY, PINK = np.array([0x56, 0xB4, 0xE9]), np.array([0xCC, 0x79, 0xA7])


def listed(parts, word):
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def named(words, i):
    name = visible(words[i])
    return f"“{name if len(name) <= 30 else name[:29] + '…'}” ({i})"


def told(words, labels, probs):
    """The sentences, one after the other."""
    answer = max(range(len(labels)), key=lambda k: probs[0][k])
    effects = {i: probs[0][answer] - probs[i + 1][answer] for i in range(len(words))}
    order = sorted(effects, key=lambda i: -abs(effects[i]))
    parts = []
    for i in order[:3]:
        points = round(100 * effects[i])
        sort = "more" if points < 0 else "less"
        if points and not parts:
            unit = "point" if abs(points) == 1 else "points"
            parts.append(f"{abs(points)} {unit} {sort} probable without {named(words, i)}")
        elif points:
            parts.append(f"{abs(points)} {sort} without {named(words, i)}")
    said = f"The answer is “{labels[answer]}”, {probs[0][answer]:.0%}. "
    if parts:
        said += f"It is {listed(parts, 'and')}."
    else:
        said += "No word changes that by a point when it is left out."
    becomes = {}
    for i in order:
        other = max(range(len(labels)), key=lambda k: probs[i + 1][k])
        if other != answer:
            becomes.setdefault(other, []).append(named(words, i))
    for other, names in becomes.items():
        if len(names) == 4:
            names = [*names[:3], "1 other"]
        elif len(names) > 4:
            names = [*names[:3], f"one of {len(names) - 3} others"]
        said += f" The answer becomes “{labels[other]}” without {listed(names, 'or')}."
    return said


def check_word(span, word, labels, whole, without):
    answer, other = np.argmax(whole), np.argmax(without)
    fall = whole[answer] - without[answer]
    assert span.text == visible(word)
    style = dict(part.split(":") for part in span.get("style").rstrip(";").split(";"))
    colour = list(bytes.fromhex(style["background"].strip()[1:]))
    end = PINK if fall > 0 else SKY
    assert np.abs(colour - (255 + abs(fall) * (end - 255.0))).max() <= 2, word
    assert ("more" in classes(span)) == (round(100 * fall) < 0)
    assert ("changed" in classes(span)) == (other != answer)
    title = f"{abs(100 * fall):.1f} points {'less' if fall >= 0 else 'more'} probable without it"
    title += f", and the answer becomes “{labels[other]}”" if other != answer else ""
    assert span.get("title") == title


def check(html, tale, hypothesis, labels, probs):
    """probs: (N + 1, K), of each label with all N words of the tale, then without each."""
    root, words, probs = tree(html), tale.split(), np.asarray(probs)
    (sentence,) = [e for e in root.iter("p") if "reading-sentence" in classes(e)]
    assert sentence.text == told(words, labels, probs)
    # It is what a screen reader announces.
    (region,) = [e for e in root.iter("div") if e.get("aria-live")]
    assert region.get("aria-owns") == sentence.get("id")
    (shown,) = [e for e in root.iter("div") if "reading-words" in classes(e)]
    for span, word, without in zip(shown, words, probs[1:], strict=True):
        check_word(span, word, labels, probs[0], without)
    assert "".join(shown.itertext()) == " ".join(map(visible, words))
    (asked,) = [e for e in root.iter("p") if "reading-hypothesis" in classes(e)]
    assert asked.text == f"Hypothesis: “{hypothesis}”"
    rows = list(root.iter("tr"))
    for k, (row, label, p) in enumerate(zip(rows, labels, probs[0], strict=True)):
        assert row.find("th").text == label
        assert row.find("td").text == f"{p:.0%}"
        width = row.find(".//i").get("style").removeprefix("width:").strip(" ;%")
        assert abs(float(width) - 100 * p) < 0.01
        assert ("answer" in classes(row)) == (k == np.argmax(probs[0]))
