"""Checks for the exercises of notebook 00 about a text's characters."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import index

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words
from gptlib.world import surprisals, tell


@in_words("a list of whole numbers, one for each character")
def check_encode(mine: Callable[[str, list[str]], Sequence[int]]) -> str:
    """Notebook 00: mine(text, chars) gives for each character of text its place in chars."""
    # Neither alphabet is sorted, and neither text uses all of it.
    for text, alphabet in ((" Bad bcab\n", "abcBdz \n"), ("cab", "xcba")):
        got = mine(text, list(alphabet))
        if got is None:
            return NOT_YET
        if isinstance(got, set | dict):
            return f"A {type(got).__name__} keeps each character once: return a list."
        got = list(got)
        if got == list(text):
            return "These are still characters: we want numbers, their places in chars."
        got = [index(i) for i in got]  # this refuses whatever is no whole number
        if (says := _encoded(got, text, alphabet)) != RIGHT:
            return says
    return RIGHT


def _encoded(got: list[int], text: str, chars: str) -> str:
    """What is right or wrong with got, the ids of text."""
    ids = [chars.index(char) for char in text]
    own = [sorted(set(text)).index(char) for char in text]

    def of(changed: str) -> list[int]:
        return [chars.index(char) for char in changed]

    diagnoses = [
        (ids, RIGHT),
        ([i + 1 for i in ids], "Every id is one too large: places are counted from 0."),
        ([ord(char) for char in text], "These are code points: we want places in chars."),
        (own, "These are places in an alphabet of your own: look the characters up in chars."),
        (list(range(len(text))), "These are places in text: we want places in chars."),
        (ids[:1], "This is only the first id: return the whole list, after the loop."),
        ([text.index(char) for char in text], "You look in text: look each character up in chars."),
        (of(text.lower()), "B and b are different characters: leave out the lower()."),
        (of(text.strip()), "White space at the ends counts too: leave out the strip()."),
        (of("".join(text.split())), "White space counts too: encode every space and line break."),
        (ids[::-1], "These are the right ids from last to first: keep the order of text."),
    ]
    for values, says in diagnoses:
        if got == values:
            return says
    if len(got) != len(ids):
        return f"There should be one id for each of the {len(ids)} characters, not {len(got)}."
    return f"{text!r} with chars {list(chars)} should give {ids}, but yours gives {got}."


@in_words("a dictionary of fractions, one for each character that follows")
def check_followers(mine: Callable[[str, str], Mapping[str, float]]) -> str:
    """Notebook 00: mine(text, context) gives the share of each character that follows context."""
    # In the first text they overlap, and the last has nothing after it; in the second the context
    # has a character that means something in a regular expression; the third has none.
    inputs = [
        ("banas, ananana\nanaB anana anab Ana, ana", "ana"),
        ("a.b ab, a.b a.c", "a."),
        ("abba c", ""),
    ]
    for text, context in inputs:
        got = mine(text, context)
        if got is None:
            return NOT_YET
        got = {char: float(share) for char, share in dict(got).items()}
        if (says := _followed(got, text, context)) != RIGHT:
            return says
    return RIGHT


def _followed(got: dict[str, float], text: str, context: str) -> str:
    """What is right or wrong with got, the shares of what follows context."""
    n = len(context)
    found = [i for i in range(len(text) - n + 1) if text.startswith(context, i)]
    after = Counter(_after(text, context))
    want = _shares(after.elements())

    def at(shift: int, end: int = len(text)) -> dict[str, float]:
        return _shares(text[i + shift] for i in found if 0 <= i + shift and i + max(n, shift) < end)

    def over(whole: float) -> dict[str, float]:
        return {char: times / whole for char, times in after.items()}

    letters = _shares(char for char in after.elements() if char.isalpha())
    unbroken = _shares(char for char in after.elements() if char != "\n")
    last = _shares(b for a, b in zip(text, text[1:], strict=False) if a == context[-1:])
    counted = Counter({char: text.count(context + char) for char in want})
    best = max(want, key=want.get)
    literal = re.escape(context)
    diagnoses = [
        (want, RIGHT),
        (_shares(re.findall(f"{literal}(?=(.))", text, re.DOTALL)), OVERLAP),
        (_shares(re.findall(f"{literal}(.)", text, re.DOTALL)), OVERLAP),
        (_shares(part[0] for part in text.split(context or None)[1:] if part), OVERLAP),
        (_shares(counted.elements()), "text.count skips overlaps: go through all places of text."),
        (_shares(re.findall(f"(?={context}(.))", text, re.DOTALL)), UNESCAPED),
        (dict(after), "These are counts: divide each by the sum of all."),
        (over(len(text)), "You divide by the length of the text: divide by the sum of the counts."),
        (over(len(found)), "The last occurrence has nothing after it: leave it out of the sum."),
        (over(text.count(context)), "text.count skips overlaps: divide by the sum of your counts."),
        (
            over(1 / 100 * after.total()),
            "These are percentages: we want fractions, whose sum is 1.",
        ),
        (
            _shares([*after.elements(), ""]),
            "Nothing follows the last occurrence: leave out the ''.",
        ),
        (at(-1), BEFORE),
        (at(-1, len(text) + 1), BEFORE),
        (at(n - 1), "You are one place short: this is the context's own last character."),
        (at(n + 1), "You are one place too far: take the character just after the context."),
        (at(1), "You take the next character, text[i + 1]: the context may be longer than one."),
        (at(n, len(text) - 1), "You stop one place too early: look at every place of the text."),
        (
            _shares(text[i + n] for i in found[:1]),
            "You stop at the first occurrence: find them all.",
        ),
        (last, "This is what follows the last character of the context: compare all of it."),
        (letters, "Spaces and line breaks are characters too: count whatever follows."),
        (unbroken, "A line break is a character too (a dot finds it only with re.DOTALL)."),
        ({best: want[best]}, "Return every character that follows, not only the most frequent."),
        (_shares(_after(text.lower(), context)), "B and b are different: leave out the lower()."),
        (dict.fromkeys(text, 0.0) | want, "Leave out the characters that never follow."),
        (
            dict.fromkeys(want, 1 / len(want)),
            "All shares are the same: count how often each follows.",
        ),
    ]
    if not got and not context:
        return "Yours is empty for an empty context: it comes before every character."
    if not got:
        return f"Yours is empty for {text!r} and {context!r}: compare text[i : i + {n}] at every i."
    for values, says in diagnoses:
        if got.keys() == values.keys() and all(
            math.isclose(got[char], values[char], rel_tol=1e-5) for char in got
        ):
            return says
    shown = [{c: round(share, 3) for c, share in sorted(d.items())} for d in (want, got)]
    return f"For {text!r} and {context!r} it should be {shown[0]}, but yours is {shown[1]}."


BEFORE = "These characters come before the context: take those that come after it."
UNESCAPED = "In a regular expression a dot is any character: use re.escape(context)."
OVERLAP = "Occurrences may overlap, as in 'anana': look for the context at every place of the text."


def _after(text: str, context: str) -> list[str]:
    n = len(context)
    return [text[i + n] for i in range(len(text) - n) if text.startswith(context, i)]


def _shares(chars: Iterable[str]) -> dict[str, float]:
    counts = Counter(chars)
    return {char: times / counts.total() for char, times in counts.items()}


@in_words("a list of three places")
def check_places(mine: Callable[[str], Sequence[int]]) -> str:
    """Notebook 00: mine(text) gives the places of the three most surprising characters."""
    text = tell(seed=394).text
    nats = surprisals(text)
    got = mine(text)
    if got is None:
        return NOT_YET
    got = [index(i) for i in got]  # this accepts a tensor's elements too
    if len(set(got)) != 3 or not all(0 <= i < len(text) for i in got):
        return f"Return three different places in the text, numbers from 0 to {len(text) - 1}."
    best = sorted(range(len(text)), key=lambda i: -nats[i])[:3]
    if set(got) == set(best):
        return RIGHT
    worst = min(got, key=lambda i: nats[i])
    sums = [sum(nats[i] for i in places) for places in (got, best)]
    says = f"Your three hold {sums[0]:.1f} nats, the best three {sums[1]:.1f}. "
    says += f"The least of yours is {text[worst]!r} after {text[max(0, worst - 20) : worst]!r}: "
    if nats[worst] == 0:
        return says + "nothing else could have come."
    if text[worst - 1 : worst].isalpha():
        return says + "most of a word's surprise is in its first letter."
    return says + f"its probability was {math.exp(-nats[worst]):.0%}."
