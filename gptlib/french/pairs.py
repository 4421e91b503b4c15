"""Pairs of a sentence in English and the same in French, with the alignment of their words."""

import hashlib
from typing import NamedTuple

from gptlib.french.clauses import be
from gptlib.french.draw import SUITED, Draw, NothingFits
from gptlib.french.lexicon import ADJECTIVES, NOUNS
from gptlib.french.phrases import Phrase, elided, joined, noun_phrase, say
from gptlib.french.sentences import PATTERNS
from gptlib.tokenizer import join_words

SHORTEST, LONGEST = 5, 18
COMBINATIONS = sorted(
    (adjective.english, noun.lemma)
    for noun, suited in SUITED.items()
    for adjectives in suited
    for adjective in adjectives
)


class Pair(NamedTuple):
    """A sentence in both languages.

    alignment: pairs of a source and a target position, sorted
    combinations: each adjective with the noun that it describes, in English
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: tuple[tuple[int, int], ...]
    combinations: frozenset[tuple[str, str]]

    @property
    def english(self) -> str:
        return join_words(self.source)

    @property
    def french(self) -> str:
        return join_words(self.target)


def finished(phrase: Phrase) -> Pair:
    """A whole phrase as a pair of sentences."""
    phrase += say(".", ".")
    pieces = elided(phrase.pieces)
    place = {word: i for i, word in enumerate(phrase.words)}
    links = {(place[word], j) for j, piece in enumerate(pieces) for word in piece.says}
    return Pair(
        tuple(word.text for word in phrase.words),
        tuple(piece.text for piece in pieces),
        tuple(sorted(links)),
        phrase.combinations,
    )


def pair(seed: int) -> Pair:
    """The pair of a seed, the same on every machine; ValueError for a negative seed."""
    draw = Draw(seed)
    while True:
        draw.used.clear()
        try:
            made = finished(draw.pick(PATTERNS)(draw))
        except NothingFits:
            continue
        if SHORTEST <= len(made.source) and max(map(len, made[:2])) <= LONGEST:
            return made


def small_red_ball() -> Pair:
    """The pair that pictures show, built directly, as the grammar might never draw it.

    >>> small_red_ball().french
    'la petite balle rouge est sous la table.'
    """
    nouns = {noun.lemma: noun for noun in NOUNS}
    before_and_after = [a for a in ADJECTIVES if a.english in ("small", "red")]
    ball = noun_phrase(nouns["ball"], "the", adjectives=before_and_after)
    under = joined(say("under", "sous"), noun_phrase(nouns["table"], "the"))
    return finished(ball.phrase + be(ball) + under)


def held_out(adjective: str, noun: str) -> bool:
    """Whether this adjective with this noun is kept out of the pairs to train on and to validate.

    One in eight is. The words decide, by SHA-256, so that new ones change nothing for the others.

    >>> held_out("red", "ball"), held_out("small", "ball")
    (True, False)
    """
    digest = hashlib.sha256(f"{adjective} {noun}".encode()).digest()
    return digest[0] % 8 == 1
