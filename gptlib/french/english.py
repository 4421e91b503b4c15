"""English spelling: the few forms that the sentences need."""

VOWELS = "aeiou"


def with_s(word: str) -> str:
    """The word with an s: the plural of a noun, the third person of a verb.

    >>> with_s("box"), with_s("carry"), with_s("toy"), with_s("have")
    ('boxes', 'carries', 'toys', 'has')
    """
    if word == "have":
        return "has"
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def with_ed(word: str) -> str:
    """The past of a regular verb.

    >>> with_ed("look"), with_ed("chase"), with_ed("carry"), with_ed("play")
    ('looked', 'chased', 'carried', 'played')
    """
    if word.endswith("e"):
        return word + "d"
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ied"
    return word + "ed"


def conjugated(forms: tuple[str, ...], past: bool, plural: bool) -> str:
    """The form of a verb after "he" or "they"; only its first word changes: looks for.

    >>> conjugated(("look for",), past=False, plural=False)
    'looks for'
    >>> conjugated(("find", "found"), past=True, plural=True)
    'found'
    """
    if past and len(forms) == 2:
        return forms[1]
    first, space, rest = forms[0].partition(" ")
    if past:
        first = with_ed(first)
    elif not plural:
        first = with_s(first)
    return first + space + rest


def article(following: str) -> str:
    """The indefinite article: a, or an before a vowel."""
    return "an" if following[0] in VOWELS else "a"
