"""French grammar: how a word changes with its gender, its number and its neighbours.

A gender is "m" or "f". Pure functions on words; exceptions to the rules stand in tables.
"""

import unicodedata

from gptlib.french.lexicon import ASPIRATED

FEMININE = {
    "blanc": "blanche",
    "frais": "fraîche",
    "sec": "sèche",
    "long": "longue",
    "doux": "douce",
    "roux": "rousse",
    "vieux": "vieille",
    "beau": "belle",
    "nouveau": "nouvelle",
    "bon": "bonne",
    "gros": "grosse",
    "bas": "basse",
    "épais": "épaisse",
    "gentil": "gentille",
}
BEFORE_VOWEL = {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel"}
ELIDED = {"le", "la", "de", "ne", "que", "ce"}
# "Marron" is a noun, a chestnut, that names a colour; "en bois" is a phrase. Neither agrees.
INVARIABLE = {"marron", "en bois"}


def vowel_sound(word: str) -> bool:
    """Whether a word begins with a vowel sound: a vowel, or an h that is not aspirated.

    >>> vowel_sound("école"), vowel_sound("hôtel"), vowel_sound("hibou")
    (True, True, False)
    """
    letter = unicodedata.normalize("NFD", word[0].lower())[0]
    return letter in "aeiouyhœ" and not word.startswith(ASPIRATED)


def feminine(word: str) -> str:
    """The feminine of an adjective or a participle.

    >>> feminine("petit"), feminine("heureux"), feminine("léger"), feminine("rouge")
    ('petite', 'heureuse', 'légère', 'rouge')
    """
    if word in FEMININE:
        return FEMININE[word]
    if word.endswith("e"):
        return word
    if word.endswith("x"):
        return word[:-1] + "se"
    if word.endswith("er"):
        return word[:-2] + "ère"
    return word + "e"


def plural(word: str) -> str:
    """The plural of a noun or of a masculine or feminine adjective.

    >>> plural("balle"), plural("cheval"), plural("oiseau"), plural("souris")
    ('balles', 'chevaux', 'oiseaux', 'souris')
    """
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith("al"):
        return word[:-1] + "ux"
    return word + ("x" if word.endswith("eau") else "s")


def agree(word: str, gender: str, many: bool) -> str:
    """An adjective or a participle, with the gender and the number of what it describes.

    >>> agree("blanc", "f", many=True), agree("loyal", "m", many=True)
    ('blanches', 'loyaux')
    """
    if word in INVARIABLE:
        return word
    word = feminine(word) if gender == "f" else word
    return plural(word) if many else word


def adjective_before(word: str, gender: str, many: bool, following: str) -> str:
    """An adjective that stands before its noun: beau, but bel oiseau.

    >>> adjective_before("vieux", "m", False, "arbre"), adjective_before("vieux", "f", False, "île")
    ('vieil', 'vieille')
    """
    if gender == "m" and not many and vowel_sound(following):
        return BEFORE_VOWEL.get(word, word)
    return agree(word, gender, many)


def definite(gender: str, many: bool) -> str:
    """The: le, la, les."""
    return "les" if many else {"m": "le", "f": "la"}[gender]


def indefinite(gender: str, many: bool) -> str:
    """A, some: un, une, des."""
    return "des" if many else {"m": "un", "f": "une"}[gender]


def demonstrative(gender: str, many: bool, following: str) -> str:
    """This, these: ce, cette, ces, and cet before a vowel sound."""
    if many:
        return "ces"
    return "cette" if gender == "f" else "cet" if vowel_sound(following) else "ce"


def possessive(gender: str, many: bool, following: str) -> str:
    """His, her, its: by the gender of what is owned, and never sa before a vowel sound.

    >>> possessive("f", False, "balle"), possessive("f", False, "écharpe")
    ('sa', 'son')
    """
    if many:
        return "ses"
    return "sa" if gender == "f" and not vowel_sound(following) else "son"


def elide(word: str, following: str) -> str:
    """A short word as it stands before the next one: le oiseau becomes l'oiseau.

    >>> elide("la", "école"), elide("la", "hache"), elide("ne", "aime")
    ("l'", 'la', "n'")
    """
    return word[:-1] + "'" if word in ELIDED and vowel_sound(following) else word


def contract(preposition: str, article: str, following: str) -> str | None:
    """What à or de and an article become together; None where they do not contract.

    >>> contract("de", "le", "chat"), contract("de", "le", "oiseau"), contract("à", "les", "amis")
    ('du', None, 'aux')
    """
    if elide(article, following) != article:
        return None
    return {
        ("à", "le"): "au",
        ("à", "les"): "aux",
        ("de", "le"): "du",
        ("de", "les"): "des",
    }.get((preposition, article))
