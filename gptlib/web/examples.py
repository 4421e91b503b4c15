"""Lists of examples, some of them wrong, and all that can be known from the beginning of one.

A list follows a rule that it seldom names: a made-up word for each of three kinds of things, five
pairs to be looked up, or a rule that every reader knows. Whoever knows how lists are made can say,
from any beginning, what comes next and with what probability; so it is known how well the best
possible reader would do after K examples.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from random import Random
from typing import NamedTuple, Protocol

from gptlib.french.lexicon import cells
from gptlib.web.languages import LEMMAS, noun_in_french
from gptlib.web.lists import MADE_UP
from gptlib.web.words import plain_words
from gptlib.world.story import Answer

LINES = 33  # of a list
WRONG = 0.05  # how often a line has the answer to another question, drawn as its own was
NAMED = 0.5  # how often a list whose rule has a name begins with it
FORMS = ("- {}: {}", "- {} -> {}")
UNUSUAL_FORMS = ("- {}: -> {}", "-- {}: {}")  # in no list to train on


class Example(NamedTuple):
    """A line of a list: what it asks, what it answers, and what would be right."""

    question: str
    answer: str
    right: str


class Belief(NamedTuple):
    """What a reader who knows one family makes of examples and of the question after them.

    log_prob: of the questions and the answers together, in nats
    answers: how likely each answer is to be the right one to the last question
    """

    log_prob: float
    answers: Mapping[str, float]


IMPOSSIBLE = Belief(-math.inf, {})


class Family(Protocol):
    """Lists that are made alike."""

    name: str

    def draw(self, random: Random, n: int) -> tuple[str, list[Example]]:
        """The name of the rule, "" if it is not said, and n lines."""

    def belief(self, named: str, examples: Sequence[Example], question: str) -> Belief:
        """What the lines and a question tell; never looks at what would be right."""


@dataclass(frozen=True)
class Labels:
    """Lists that give each of a few groups of things a label of its own.

    groups: all that there are, and the things in each, none in two
    size: of how many groups a list is, drawn for it, as its labels are
    labels: what the groups are called, drawn for a list too
    wrong: how often a line's label is drawn anew from the list's, all equally likely
    """

    name: str
    groups: Mapping[str, Sequence[str]]
    size: int
    labels: Sequence[str]
    wrong: float = WRONG

    @cached_property
    def group_of(self) -> dict[str, str]:
        """The group of each thing."""
        return {thing: group for group, things in self.groups.items() for thing in things}

    def draw(self, random: Random, n: int) -> tuple[str, list[Example]]:
        """n lines; their rule has no name."""
        groups = random.sample(sorted(self.groups), self.size)
        labels = random.sample(self.labels, self.size)
        examples = []
        for _ in range(n):
            i = random.randrange(self.size)
            thing = random.choice(self.groups[groups[i]])
            wrong = random.random() < self.wrong
            said = labels[random.randrange(self.size) if wrong else i]
            examples.append(Example(thing, said, labels[i]))
        return "", examples

    def belief(self, named: str, examples: Sequence[Example], question: str) -> Belief:
        """The labels said so far can be shared out among the groups in few ways: all are weighed.

        Groups that were not asked about yet take part, since a wrong line may have told the label
        of one.
        """
        asked = [self.group_of.get(thing) for thing in (*(e.question for e in examples), question)]
        # In their order, not as sets, or equally likely answers would come out otherwise each time.
        groups, said = list(dict.fromkeys(asked)), dict.fromkeys(e.answer for e in examples)
        known = not named and None not in groups and said.keys() <= set(self.labels)
        if not known or max(len(groups), len(said)) > self.size:
            return IMPOSSIBLE
        slip = self.wrong / self.size
        # How likely the lines of a group are, for each label that the group could have.
        fits = [
            {
                label: math.prod(
                    slip + (1 - self.wrong) * (e.answer == label)
                    for e, group in zip(examples, asked, strict=False)
                    if group == this
                )
                for label in (*said, None)
            }
            for this in groups
        ]
        free = [None] * (self.size - len(said))  # a label that nobody has said yet
        total, answers, new = 0.0, dict.fromkeys(said, 0.0), 0.0
        last = groups.index(asked[-1])
        for shared in dict.fromkeys(permutations((*said, *free), self.size)):
            weight = math.prod(fit[label] for fit, label in zip(fits, shared, strict=False))
            total += weight
            if shared[last] is None:
                new += weight
            else:
                answers[shared[last]] += weight
        if not total:
            return IMPOSSIBLE
        n, m, N = len(self.groups), self.size, len(self.labels)
        unsaid = [label for label in self.labels if label not in said]
        answers |= dict.fromkeys(unsaid, new / max(1, len(unsaid)))
        log_prob = (
            math.log(total)
            + math.log(math.comb(n - len(groups), m - len(groups)) / math.comb(n, m))
            - math.log(math.perm(N, len(said)))
            - sum(math.log(m * len(self.groups[group])) for group in asked)
        )
        return Belief(log_prob, {label: weight / total for label, weight in answers.items()})


@dataclass(frozen=True)
class Rules:
    """Lists that apply one rule to all questions.

    rules: the right answers to all questions of each
    wrong: how often a line answers a question drawn anew instead of its own
    """

    name: str
    rules: Mapping[str, Mapping[str, str]]
    wrong: float = WRONG

    @cached_property
    def share(self) -> dict[str, dict[str, float]]:
        """How often each answer is right, over all questions of a rule."""
        return {
            rule: {answer: n / len(table) for answer, n in Counter(table.values()).items()}
            for rule, table in self.rules.items()
        }

    def draw(self, random: Random, n: int) -> tuple[str, list[Example]]:
        """The name of the rule, as often as NAMED says, and n lines."""
        rule = random.choice(sorted(self.rules))
        named = rule if random.random() < NAMED else ""
        table = self.rules[rule]
        questions, examples = sorted(table), []
        for _ in range(n):
            asked = random.choice(questions)
            answered = random.choice(questions) if random.random() < self.wrong else asked
            examples.append(Example(asked, table[answered], table[asked]))
        return named, examples

    def belief(self, named: str, examples: Sequence[Example], question: str) -> Belief:
        """Each rule is as likely as the lines are under it."""
        weights, answers = {}, {}
        for rule, table in self.rules.items():
            asked = [*(e.question for e in examples), question]
            if named not in ("", rule) or any(thing not in table for thing in asked):
                continue
            each = (
                self.wrong * self.share[rule].get(e.answer, 0)
                + (1 - self.wrong) * (table[e.question] == e.answer)
                for e in examples
            )
            said = NAMED if named else 1 - NAMED
            weights[rule] = said / len(self.rules) * math.prod(each) / len(table) ** len(asked)
        if not (total := sum(weights.values())):
            return IMPOSSIBLE
        for rule, weight in weights.items():
            if weight:
                right = self.rules[rule][question]
                answers[right] = answers.get(right, 0.0) + weight / total
        return Belief(math.log(total), answers)


class ExampleList(NamedTuple):
    """A list as it was told."""

    family: str
    form: str
    named: str  # the name of its rule, "" if it is not said
    examples: tuple[Example, ...]

    @property
    def text(self) -> str:
        """The list, a line for each example."""
        lines = (line for _, line, _ in self._lines())
        return (self.named and f"{self.named}\n") + "\n".join(lines)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Where the answers stand, right or wrong, their spaces before them included."""
        places = []
        for at, line, example in self._lines():
            start = at + len(self.form.format(example.question, "").rstrip(" ."))
            places.append(Answer(self.family, slice(start, at + len(line))))
        return tuple(places)

    @property
    def questions(self) -> tuple[slice, ...]:
        """Where the questions stand."""
        before = self.form.index("{}")
        return tuple(
            slice(at + before, at + before + len(example.question))
            for at, _, example in self._lines()
        )

    def needs_list(self, k: int) -> bool:
        """Whether line k, from 0, is right and asks for what only the lines before it tell.

        That is, in pairs, a question that was asked before, and in all other lists a new one.
        """
        example, before = self.examples[k], {each.question for each in self.examples[:k]}
        again = example.question in before
        return example.answer == example.right and again == (self.family == "pairs")

    def _lines(self) -> Iterator[tuple[int, str, Example]]:
        """Each line, after the place where it begins."""
        at = len(self.named) + 1 if self.named else 0
        for example in self.examples:
            line = self.form.format(example.question, example.answer)
            yield at, line, example
            at += len(line) + 1


@dataclass(frozen=True)
class Lists:
    """Lists of some families in some forms, all equally often."""

    families: Sequence[Family]
    forms: Sequence[str] = FORMS

    def tell(self, seed: int, lines: int = LINES) -> ExampleList:
        """The list of a seed, the same one on every machine."""
        random = Random(f"list {seed}")
        family = random.choice(self.families)
        named, examples = family.draw(random, lines)
        return ExampleList(family.name, random.choice(self.forms), named, tuple(examples))

    def best(self, told: ExampleList, k: int) -> dict[str, float]:
        """How likely each answer to line k, from 0, is to be the right one, after those before it.

        Neither the family nor the rule is told, unless the list names it.
        """
        return best(self.families, told.named, told.examples[:k], told.examples[k].question)

    def answers(self, prompt: str) -> dict[str, float]:
        """The same after a prompt in one of the forms, which asks in its last line.

        Empty if no list begins like that.
        """
        for form in self.forms:
            before, between, _ = form.split("{}")
            lines = prompt.split("\n")
            named = "" if lines[0].startswith(before) else lines.pop(0)
            *shown, asks = lines or [""]
            line = re.compile(f"{re.escape(before)}(.+?){re.escape(between)}(.+)")
            # With some answer in the place of the one that is asked for, it is a line like others.
            found = [line.fullmatch(each) for each in [*shown, f"{asks.rstrip()} ?"]]
            if all(found):
                *examples, last = (Example(*each.groups(), "") for each in found)
                return best(self.families, named, examples, last.question)
        return {}


def best(
    families: Sequence[Family], named: str, examples: Sequence[Example], question: str
) -> dict[str, float]:
    """How likely each answer is the right one, for a reader of lists of these families.

    Empty if no family has such lists.
    """
    beliefs = [family.belief(named, examples, question) for family in families]
    most = max(belief.log_prob for belief in beliefs)
    if most == -math.inf:
        return {}
    weights = [math.exp(belief.log_prob - most) for belief in beliefs]
    answers = {}
    for belief, weight in zip(beliefs, weights, strict=True):
        for answer, p in belief.answers.items():
            answers[answer] = answers.get(answer, 0.0) + weight / sum(weights) * p
    return answers


# What the lists are of: few words, so that small models soon know them all.

OPPOSITE_TABLE = """
    big    | small
    old    | new
    long   | short
    hot    | cold
    high   | low
    early  | late
    full   | empty
    light  | dark
    open   | shut
    good   | bad
    first  | last
    up     | down
    day    | night
    wet    | dry
    fast   | slow
    rich   | poor
"""
OPPOSITES = {one: other for a, b in cells(OPPOSITE_TABLE) for one, other in ((a, b), (b, a))}

FRENCH = {word: noun_in_french(word) for word in LEMMAS if word.isalpha() and len(word) < 9}


def some(*categories: str, most: int = 7) -> list[str]:
    """At most so many words of some categories, those that have a translation first."""
    return sorted(plain_words(*categories), key=lambda word: word not in FRENCH)[:most]


SORTS = {
    "toy": some("toy"),
    "food": some("food"),
    "animal": some("pet", "beast"),
    "household": some("household"),
    "tool": some("tool"),
    "child": some("child", most=16),
}
NOUNS = sorted(word for words in SORTS.values() for word in words if word in FRENCH)[::2]
TWO = [f"{a} {b}" for a in NOUNS for b in NOUNS if a != b]
LABELS = MADE_UP[::33]

KINDS = Labels("kinds", SORTS, 3, LABELS)
PAIRS = Labels("pairs", {name: (name,) for name in SORTS["child"][:12]}, 5, NOUNS)
RULES = Rules(
    "rules",
    {
        "In French": {word: FRENCH[word] for word in NOUNS},
        "The first letter": {word: word[0] for word in NOUNS},
        "The opposite": OPPOSITES,
        "The first word": {pair: pair.split()[0] for pair in TWO},
        "Turned round": {pair: " ".join(reversed(pair.split())) for pair in TWO},
    },
)
LISTS = Lists((KINDS, PAIRS, RULES))

# What is in no list to train on.
NEW_NAMES = Labels("pairs", {name: (name,) for name in SORTS["child"][12:]}, 4, NOUNS)
NEW_ANSWERS = Labels("pairs", PAIRS.groups, 5, LABELS)
NEW_LABELS = Labels("kinds", SORTS, 3, NOUNS)
NEW_RULES = Rules(
    "rules",
    {
        "The second word": {pair: pair.split()[1] for pair in TWO},
        "Twice": {word: f"{word} {word}" for word in NOUNS},
    },
)
