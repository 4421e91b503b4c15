"""Reads what the HTML of a TokenExplorer shows, and compares it with the tokens and their ids."""

from explorer_html import classes, tree

from gptlib.plot import visible

MOST = 200


def first_character(token):
    """The character with which a token begins, or None where its bytes make none."""
    for n in range(1, 5):
        try:
            return token[:n].decode()[0]
        except (UnicodeDecodeError, IndexError):
            continue
    return None


def wanted(token):
    """The pieces in a box: text, made visible, and lists of bytes that make no character."""
    pieces = []
    while token:
        char = first_character(token)
        if char is None:
            if not pieces or isinstance(pieces[-1], str):
                pieces.append([])
            pieces[-1].append(f"{token[0]:02x}")
            token = token[1:]
        else:
            if not pieces or not isinstance(pieces[-1], str):
                pieces.append("")
            pieces[-1] += visible(char)
            token = token[len(char.encode()) :]
    return pieces


def check_box(box, i, token):
    span, number = box
    assert (span.tag, number.tag) == ("span", "small")
    pieces = wanted(token)
    numbers = [" ".join(piece) for piece in pieces if isinstance(piece, list)]
    whole = [piece if isinstance(piece, str) else " ".join(piece) for piece in pieces]
    assert "".join(span.itertext()).removeprefix("◌") == "".join(whole)
    assert [e.text for e in span.iter("i")] == numbers
    assert ("part" in classes(box)) == bool(numbers)
    assert number.text == str(i)
    assert box.get("title") == f"bytes {token.hex(' ')}"


def check(html, expected):
    """expected: for each name, the list of (id, bytes), or the sentence of a refusal."""
    root = tree(html)
    heads = [e for e in root.iter("p") if "token-count" in classes(e)]
    told = {head.find("b").text: head.find("b").tail.removeprefix(": ") for head in heads}
    lists = {e.get("aria-label"): list(e) for e in root.iter("ol")}
    assert list(told) == list(expected)
    left = []
    for name, found in expected.items():
        if isinstance(found, str):
            assert told[name] == found and name not in lists
            continue
        assert told[name] == ("1 token" if len(found) == 1 else f"{len(found):,} tokens")
        for box, (i, token) in zip(lists.get(name, []), found[:MOST], strict=True):
            check_box(box, i, token)
        left += [len(found) - MOST] if len(found) > MOST else []
    more = [e.text for e in root.iter("p") if "token-more" in classes(e)]
    assert more == [f"and {n:,} more" for n in left]
    # What a screen reader announces are these heads, and each stands on the page once.
    (region,) = [e for e in root.iter("div") if e.get("aria-live")]
    assert region.get("aria-owns").split() == [head.get("id") for head in heads]
