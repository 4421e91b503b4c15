"""Reads what the HTML of an explorer shows, and compares it with the arrays, number by number."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np

from gptlib.plot import visible

BLUE = np.array([0x00, 0x72, 0xB2])


def colour(weight):
    """From white to blue, in equal steps."""
    return 255 + weight * (BLUE - 255.0)


def close(shown, weight):
    """Whether a colour, #rrggbb or three numbers, is that of a weight, to 1 of 256 steps."""
    rgb = list(bytes.fromhex(shown[1:])) if isinstance(shown, str) else shown
    return np.abs(np.asarray(rgb) - colour(weight)).max() <= 2


def told(looks, t, rows, columns):
    """The sentence about one row."""
    ordered = sorted(range(len(columns)), key=lambda s: -looks[s])
    parts = [f"“{visible(columns[s])}” ({s}) {looks[s]:.0%}" for s in ordered[:3]]
    parts = [part for part in parts if not part.endswith(" 0%")]
    who = f"“{visible(rows[t])}” ({t})"
    if not parts:
        return f"{who} may look at nothing."
    if len(parts) == 1:
        return f"{who} looks most at {parts[0]}."
    return f"{who} looks most at {', '.join(parts[:-1])} and {parts[-1]}."


def tree(html):
    """The elements; a browser's serializer adds namespaces, which are dropped."""
    html = re.sub(r' xmlns(:\w+)?="[^"]*"', "", html)
    return ET.fromstring(f"<all>{html}</all>")


def classes(element):
    return element.get("class", "").split()


def pixels(svg):
    """The image of a large map (T, S, 4), from 0 to 255."""
    href = svg.find("image").get("href")
    file = io.BytesIO(base64.b64decode(href.removeprefix("data:image/png;base64,")))
    return np.round(plt.imread(file) * 255)


def check_map(svg, looks, mask, t, rows, columns):
    T, S = looks.shape
    assert svg.get("role") == "img" and svg.get("aria-label")
    width, height = (float(svg.find("rect").get(side)) for side in ("width", "height"))
    cell = width / S
    assert cell == height / T
    (frame,) = [rect for rect in svg.iter("rect") if "frame" in classes(rect)]
    assert float(frame.get("y")) == t * cell - 1 and float(frame.get("height")) == cell + 2
    hovered = [rect for rect in svg.iter("rect") if "cell" in classes(rect)]
    if svg.find("image") is not None:
        assert T * S > 1024
        shown = pixels(svg)
        np.testing.assert_array_equal(shown[..., 3], 255 * mask)
        assert np.abs(shown[..., :3] - colour(looks[..., None]))[mask].max() <= 2
        assert [rect.find("title").text for rect in hovered] == [
            told(looks[row], row, rows, columns) for row in range(T)
        ]
        assert [float(rect.get("y")) for rect in hovered] == [row * cell for row in range(T)]
        return
    places = {(float(r.get("y")) / cell, float(r.get("x")) / cell): r for r in hovered}
    assert set(places) == set(map(tuple, np.argwhere(mask)))  # the others let the hatching show
    assert len(places) == len(hovered)
    for (row, column), rect in places.items():
        row, column = int(row), int(column)
        weight = looks[row, column]
        assert close(rect.get("fill"), weight), (row, column)
        assert rect.find("title").text == (
            f"“{visible(rows[row])}” at {row} → “{visible(columns[column])}” at {column}: "
            f"{weight:.2f}"
        )


def check_spans(spans, looks, mask, columns):
    characters = all(len(name) == 1 for name in columns)
    for span, weight, may, name in zip(spans, looks, mask, columns, strict=True):
        assert span.text == (" " if characters and name == " " else visible(name))
        assert ("masked" in classes(span)) == (not may)
        style = dict(part.split(":") for part in span.get("style", "").split(";") if part)
        assert bool(style) == bool(may)
        if may:
            assert close(style["background"].strip(), weight)
            assert span.get("title") == f"{weight:.2f}"


def check(html, looks, mask, t, rows, columns=None):
    """Sentence, strip and map show these weights (T, S), with token t chosen."""
    root = tree(html)
    if columns is None:
        columns = rows
        (answering,) = asking = [e for e in root.iter("div") if "attention-strip" in classes(e)]
    else:
        asking = [e for e in root.iter("div") if "attention-strip" in classes(e)]
        answering = asking[1]
        assert [span.text for span in asking[0]] == [visible(name) for name in rows]
    (sentence,) = [e for e in root.iter("p") if "attention-sentence" in classes(e)]
    assert sentence.text == told(looks[t], t, rows, columns)
    assert [i for i, span in enumerate(asking[0]) if "asks" in classes(span)] == [t]
    check_spans(list(answering), looks[t], mask[t], columns)
    (svg,) = root.iter("svg")
    check_map(svg, looks, mask, t, rows, columns)
