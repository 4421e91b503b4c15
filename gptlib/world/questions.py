"""Questions about what a story told, and their answers."""

from collections.abc import Mapping
from typing import NamedTuple

from gptlib.world.story import Fact, Story

# One for every relation that an event or a plot tells.
QUESTIONS = {
    "area": "In which place is {}?",
    "at": "Where is {}?",
    "bet": "What did {} bet?",
    "betrayed": "Why was {} sad?",
    "brings": "What should {} bring?",
    "broke": "Why was {} sad?",
    "called": "What is {} called?",
    "cook": "Who made {}?",
    "did": "What did they do at {}?",
    "feeds": "What should {} feed?",
    "first": "What is first on {}'s list?",
    "for": "Who is {} for?",
    "giver": "Who gave {}?",
    "going": "Where should {} go?",
    "has": "What is wrong with {}?",
    "holder": "Who has {}?",
    "home": "Where did {} live?",
    "hour": "At what hour is {}?",
    "judge": "Who is the judge at {}?",
    "look": "What is {} like?",
    "lost": "Why was {} sad?",
    "meets": "Whom should {} meet?",
    "misses": "What has {} lost?",
    "other": "What else is in {}?",
    "owner": "Whose is {}?",
    "password": "What is the password of {}?",
    "pet": "What is {} called?",
    "price": "How many coins does {} cost?",
    "prize": "What can be won in {}?",
    "promised": "What did {} promise?",
    "room": "In which room is {}?",
    "said": "What did {} speak of?",
    "second": "What is second on {}'s list?",
    "sender": "Who sent {}?",
    "state": "Is {} broken or whole?",
    "teller": "Who told of {}?",
    "third": "What is third on {}'s list?",
    "turn": "Which way should {} turn?",
    "wants": "What does {} want?",
    "wins": "What did {} win?",
}

# Where the answer is more than the fact's value.
ANSWERS = {
    "betrayed": "because {} told the secret",
    "broke": "because the {} broke",
    "lost": "because the {} was lost",
}


class Question(NamedTuple):
    """A question about a story, its answer, and the fact that both are made of."""

    text: str
    answer: str
    fact: Fact


def questions(story: Story) -> list[Question]:
    """The questions that a story has answered by its end, in the order in which it did.

    >>> questions(Story("", (), facts=(Fact("Mia", "lost", "kite", told=1),), draws=()))[0][:2]
    ('Why was Mia sad?', 'because the kite was lost')
    """
    facts = sorted(story.facts, key=lambda fact: fact.told)
    return [Question(question(fact), answer(fact), fact) for fact in facts]


def question(fact: Fact, wordings: Mapping[str, str] = QUESTIONS) -> str:
    """The question that a fact answers.

    wordings: how each relation is asked for

    >>> question(Fact("kite", "at", "behind the shed", told=0))
    'Where is the kite?'
    """
    # Names and places are complete; a thing needs its article.
    bare = fact.subject[0].islower() and not fact.subject.startswith("the ")
    return wordings[fact.relation].format(f"the {fact.subject}" if bare else fact.subject)


def answer(fact: Fact) -> str:
    """The answer that a fact gives to its question."""
    return ANSWERS.get(fact.relation, "{}").format(fact.value)
