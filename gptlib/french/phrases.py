"""Phrases in both languages at once; each French word knows the English words it translates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gptlib.french import english, grammar
from gptlib.french.lexicon import NUMBERS, OPINIONS, Adjective, Noun


@dataclass(frozen=True, eq=False)
class Word:
    """A word of an English sentence, equal only to itself and not to others with its spelling."""

    text: str


class Piece(NamedTuple):
    """A word of the French sentence, and the English words that it translates."""

    text: str
    says: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Phrase:
    """English words, the French pieces that translate them, and each adjective with its noun."""

    words: tuple[Word, ...] = ()
    pieces: tuple[Piece, ...] = ()
    combinations: frozenset[tuple[str, str]] = frozenset()

    def __add__(self, other: "Phrase") -> "Phrase":
        return Phrase(
            self.words + other.words,
            self.pieces + other.pieces,
            self.combinations | other.combinations,
        )


@dataclass(frozen=True)
class Nominal:
    """A phrase that names somebody or something, and what other words must agree with."""

    phrase: Phrase
    gender: str
    many: bool
    human: bool = False
    lemmas: tuple[str, ...] = ()


def pieces(text: str, *says: Word) -> tuple[Piece, ...]:
    """French words, each of which translates the same English words."""
    return tuple(Piece(word, says) for word in text.split())


def say(words: str, text: str) -> Phrase:
    """Some English words, and French words that each translate all of them."""
    said = tuple(map(Word, words.split()))
    return Phrase(said, pieces(text, *said))


def noun_phrase(
    noun: Noun,
    determiner: str,
    many: bool = False,
    adjectives: Sequence[Adjective] = (),
    number: str = "",
    owner: Nominal | None = None,
    denied: bool = False,
    no: Word | None = None,
) -> Nominal:
    """A noun with what goes before and after it.

    The determiner is an English one, or empty before a number; an owner takes its place. After a
    negated verb "a" and "some" are "de" in French, and so is "no".
    """
    noun_word = Word(english_noun(noun, many))
    described = [(Word(adjective.english), adjective) for adjective in adjectives]
    counted = [Word(number)] if number else []
    # In English, opinions come before size, age and colour.
    in_english = sorted(described, key=lambda each: each[1].english not in OPINIONS)
    words = (*counted, *(word for word, _ in in_english), noun_word)

    french = french_noun(noun, many)
    after = [
        piece
        for word, adjective in described
        if not adjective.before
        for piece in pieces(grammar.agree(adjective.french, noun.gender, many), word)
    ]
    core = [Piece(french, (noun_word,)), *after]
    short = False
    for word, adjective in reversed(described):
        if adjective.before:
            form = grammar.adjective_before(adjective.french, noun.gender, many, core[0].text)
            core.insert(0, Piece(form, (word,)))
            short = True
    core = [Piece(NUMBERS[word.text], (word,)) for word in counted] + core

    combinations = frozenset((adjective.english, noun.lemma) for adjective in adjectives)
    if owner:
        of = Word("'s")
        core.insert(0, Piece(grammar.definite(noun.gender, many)))
        owned = Phrase((of,), pieces("de", of))
        source = owner.phrase.words + (of, *words)
        target = (*core, *joined(owned, owner).pieces)
        combinations |= owner.phrase.combinations
    elif determiner:
        if determiner == "some" and denied:
            determiner = "any"
        if determiner == "a":
            determiner = english.article(words[0].text)
        first = no or Word(determiner)
        form = french_determiner(determiner, noun, many, core[0].text, denied, short)
        source, target = (first, *words), (*pieces(form, first), *core)
    else:
        source, target = words, tuple(core)
    human = "person" in noun.kinds
    return Nominal(Phrase(source, target, combinations), noun.gender, many, human, (noun.lemma,))


def english_noun(noun: Noun, many: bool) -> str:
    if not many:
        return noun.lemma
    return noun.english[1] if len(noun.english) == 2 else english.with_s(noun.lemma)


def french_noun(noun: Noun, many: bool) -> str:
    if not many:
        return noun.french[0]
    return noun.french[1] if len(noun.french) == 2 else grammar.plural(noun.french[0])


def french_determiner(
    determiner: str, noun: Noun, many: bool, following: str, denied: bool, short: bool
) -> str:
    """The French for an English determiner before the word that follows it."""
    gender = noun.gender
    if determiner in ("a", "an", "some", "any"):
        if denied or (many and short):  # de petites balles, pas de balle
            return "de"
        if "mass" in noun.kinds:
            article = grammar.definite(gender, many)
            return grammar.contract("de", article, following) or f"de {article}"
        return grammar.indefinite(gender, many)
    if determiner in ("this", "that", "these", "those"):
        return grammar.demonstrative(gender, many, following)
    if determiner in ("his", "her", "its"):
        return grammar.possessive(gender, many, following)
    if determiner == "their":
        return "leurs" if many else "leur"
    return grammar.definite(gender, many)


def joined(preposition: Phrase, nominal: Nominal) -> Phrase:
    """A preposition before a noun; de and à contract with its article."""
    first, *rest = nominal.phrase.pieces
    *before, last = preposition.pieces
    contracted = rest and grammar.contract(last.text, first.text, rest[0].text)
    if not contracted:
        return preposition + nominal.phrase
    target = (*before, Piece(contracted, last.says + first.says), *rest)
    words = preposition.words + nominal.phrase.words
    return Phrase(words, target, nominal.phrase.combinations)


def elided(said: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces of a whole sentence, with its short words elided."""
    following = [*(piece.text for piece in said[1:]), "."]
    return tuple(
        Piece(grammar.elide(piece.text, after), piece.says)
        for piece, after in zip(said, following, strict=True)
    )
