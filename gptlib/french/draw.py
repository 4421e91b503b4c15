"""Who and what a sentence is about, drawn so that it makes sense."""

import random
from collections.abc import Sequence
from typing import TypeVar

from gptlib.french.lexicon import (
    ADJECTIVES,
    ANIMALS,
    CLOTHES,
    FURNITURE,
    MASS,
    NAMES,
    NOUNS,
    NUMBERS,
    PEOPLE,
    PLACES,
    PORTABLE,
    RELATIVES,
    TOOLS,
    TOYS,
    Adjective,
    Noun,
    Verb,
)
from gptlib.french.phrases import Nominal, Phrase, Piece, Word, noun_phrase, say

T = TypeVar("T")
# The adjectives that suit each noun, those before it in French and those after it.
SUITED = {
    noun: tuple(
        tuple(a for a in ADJECTIVES if a.before is before and a.kinds & noun.kinds)
        for before in (True, False)
    )
    for noun in NOUNS
}
BY_LEMMA = {noun.lemma: noun for noun in NOUNS}
WORLD = ("portable", "mass", "furniture", "building", "tree", "bridge", "garden", "forest")
# Sets of adjectives that contradict one another.
CONTRARIES = tuple(
    frozenset(words.split())
    for words in (
        "red blue green yellow white black grey brown pink striped ginger",
        "small big large tall fat low narrow",
        "clean dirty",
        "hot cold fresh",
        "wet dry",
        "soft hard",
        "heavy light empty",
        "old young new",
        "good bad rotten",
        "bad fresh sweet",
        "rotten fresh sweet",
        "kind wicked",
        "beautiful pretty",
        "noisy quiet shy",
        "happy sad",
        "brave shy",
        "strong tired lazy",
        "round square long narrow",
        "broken new good",
    )
)
# Determiners for the singular, the plural and mass nouns, each as often as it is to be drawn.
ONE = ("the",) * 8 + ("a",) * 5 + ("this", "this", "that")
MANY = ("the",) * 5 + ("some",) * 4 + ("these", "those") + ("two", "three", "four", "five", "six")
UNCOUNTED = ("the", "the", "some", "some", "this")


class NothingFits(LookupError):
    """A choice has no options: the sentence must be drawn again."""


class Draw:
    """The choices of one sentence; no noun or name comes twice in it."""

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ValueError(f"a seed is not negative, and {seed} is")
        self.random = random.Random(seed).random
        self.used: set[str] = set()

    def chance(self, share: float) -> bool:
        return self.random() < share

    def pick(self, options: Sequence[T]) -> T:
        if not options:
            raise NothingFits
        return options[int(self.random() * len(options))]

    def noun(self, nouns: Sequence[Noun], *kinds: str) -> Noun:
        """A noun of one of the kinds, one that the sentence does not have yet."""
        wanted = frozenset(kinds)
        noun = self.pick([n for n in nouns if n.kinds & wanted and n.lemma not in self.used])
        self.used.add(noun.lemma)
        return noun

    def qualities(self, noun: Noun, share: float = 0.45) -> list[Adjective]:
        """Up to two adjectives: at most one that French puts before the noun, and one after it."""
        found = [self.pick(suited) for suited in SUITED[noun] if suited and self.chance(share)]
        contrary = len(found) == 2 and clash(found[0].english, found[1].english)
        return found[1:] if contrary else found

    def name(self, gender: str = "mf") -> Nominal:
        name = self.pick([n for n, g in NAMES.items() if g in gender and n not in self.used])
        self.used.add(name)
        word = Word(name)
        return Nominal(Phrase((word,), (Piece(name, (word,)),)), NAMES[name], False, True)

    def described(
        self,
        noun: Noun,
        holder: Nominal | None = None,
        many: bool | None = None,
        denied: bool = False,
        definite: bool = False,
        share: float = 0.45,
    ) -> Nominal:
        """A noun with a determiner, adjectives and perhaps an owner, who may be the holder."""
        countable = "mass" not in noun.kinds
        if many is None:
            many = countable and "place" not in noun.kinds and self.chance(0.3)
        qualities = self.qualities(noun, share)
        owned = countable and not noun.kinds & {"place", "furniture", "person"}
        relative = "relative" in noun.kinds
        if relative or (owned and self.chance(0.25)):
            many = many and not relative
            if holder and self.chance(0.6):
                return noun_phrase(noun, his(holder), many, qualities)
            return noun_phrase(noun, "", many, qualities, owner=self.owner())
        if definite:
            return noun_phrase(noun, "the", many, qualities)
        determiner = self.pick(MANY if many else ONE if countable else UNCOUNTED)
        number = determiner if determiner in NUMBERS else ""
        if number:
            determiner = "the" if denied or self.chance(0.3) else ""
        return noun_phrase(noun, determiner, many, qualities, number, denied=denied)

    def owner(self) -> Nominal:
        if self.chance(0.55):
            return self.name()
        noun = self.noun(PEOPLE, "person")
        return noun_phrase(noun, "the", adjectives=self.qualities(noun, 0.15))

    def person(self, *kinds: str, many: bool | None = None) -> Nominal:
        """Somebody of one of the kinds: a name, a child, a worker, somebody's aunt; or several."""
        child = not kinds or {"person", "child"} & set(kinds)
        if child and not many and self.chance(0.4):
            return self.name()
        if child and many is not False and self.chance(0.15):
            return both(self.name(), self.name())
        nouns = PEOPLE + RELATIVES if many is not True else PEOPLE
        noun = self.noun(nouns, *(kinds or ("person",)))
        return self.described(noun, many=many, definite=self.chance(0.8), share=0.3)

    def animal(self, *kinds: str, many: bool | None = None) -> Nominal:
        noun = self.noun(ANIMALS, *(kinds or ("animal",)))
        return self.described(noun, many=many, definite=self.chance(0.6))

    def subject(self, verb: Verb, many: bool | None = None) -> Nominal:
        """A person or an animal that can be the subject of this verb."""
        people = [n for n in PEOPLE + RELATIVES if n.kinds & verb.subjects]
        animals = [n for n in ANIMALS if n.kinds & verb.subjects]
        kinds = sorted(verb.subjects)
        if people and (not animals or self.chance(0.7)):
            return self.person(*kinds, many=many)
        return self.animal(*kinds, many=many)

    def indefinite(
        self,
        noun: Noun,
        many: bool,
        qualities: Sequence[Adjective],
        denied: bool = False,
        no: Word | None = None,
    ) -> Nominal:
        """A ball, some balls or three balls; "any balls" if denied, "no balls" if no is given."""
        if denied or no:
            return noun_phrase(noun, "some" if many else "a", many, qualities, denied=True, no=no)
        if many and self.chance(0.5):
            return noun_phrase(noun, "", True, qualities, self.pick(tuple(NUMBERS)))
        return noun_phrase(noun, "some" if many else "a", many, qualities)

    def belonging(self, noun: Noun, many: bool) -> Nominal:
        """A thing with its owner."""
        return noun_phrase(noun, "", many, self.qualities(noun, 0.3), owner=self.owner())

    def anything(self) -> Nominal:
        """Somebody or something that an adjective can describe."""
        turn = self.random()
        if turn < 0.3:
            return self.person()
        if turn < 0.5:
            return self.animal()
        noun = self.noun(PORTABLE + MASS + FURNITURE + PLACES, *WORLD)
        return self.described(noun, definite=True, share=0.2)

    def fitting(self, nominal: Nominal) -> list[Adjective]:
        """Predicates that neither repeat nor contradict what the phrase has said already."""
        said = [adjective for adjective, _ in sorted(nominal.phrase.combinations)]
        return [a for a in predicates(nominal) if not any(clash(a.english, b) for b in said)]

    def two_qualities(self, nominal: Nominal) -> tuple[Adjective, Adjective]:
        first = self.pick(self.fitting(nominal))
        second = [a for a in self.fitting(nominal) if not clash(a.english, first.english)]
        return first, self.pick(second)

    def comparable(self) -> tuple[Nominal, Nominal]:
        """Two that can be compared: people, animals or things of one kind."""
        turn = self.random()
        if turn < 0.4:
            return self.person("child", "adult", "job"), self.person("child", "adult", "job")
        if turn < 0.7:
            return self.animal(), self.animal()
        table = self.pick((TOOLS, TOYS, CLOTHES))
        nouns = self.noun(table, "portable"), self.noun(table, "portable")
        first, second = (self.described(noun, definite=True, share=0.25) for noun in nouns)
        return first, second


def his(holder: Nominal) -> str:
    """The English possessive of a holder: his, her, its or their."""
    if holder.many:
        return "their"
    if not holder.human:
        return "its"
    return "her" if holder.gender == "f" else "his"


def both(first: Nominal, second: Nominal) -> Nominal:
    """Two together: masculine, unless both are feminine."""
    gender = "f" if first.gender == second.gender == "f" else "m"
    phrase = first.phrase + say("and", "et") + second.phrase
    lemmas = first.lemmas + second.lemmas
    return Nominal(phrase, gender, True, first.human and second.human, lemmas)


def clash(one: str, other: str) -> bool:
    """Whether two adjectives are the same or contradict each other."""
    return one == other or any({one, other} <= words for words in CONTRARIES)


def kinds_of(nominal: Nominal) -> frozenset[str]:
    """The kinds of somebody or something; somebody with a name is a child."""
    if nominal.lemmas:
        return BY_LEMMA[nominal.lemmas[0]].kinds
    return frozenset(("person", "child"))


def predicates(nominal: Nominal) -> list[Adjective]:
    """The adjectives that can be predicates of somebody or something."""
    kinds = kinds_of(nominal)
    return [a for a in ADJECTIVES if a.predicate and a.kinds & kinds]
