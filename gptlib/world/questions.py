"""Questions about what a story told."""

from gptlib.world.story import Fact

# One for every relation that an event or a plot tells.
QUESTIONS = {
    "area": "In which place is {}?",
    "at": "Where is {}?",
    "bet": "What did {} bet?",
    "brings": "What should {} bring?",
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


def question(fact: Fact) -> str:
    """The question that a fact answers.

    >>> question(Fact("kite", "at", "behind the shed", told=0))
    'Where is the kite?'
    """
    # Names and places bring all they need; a thing wants its article.
    bare = fact.subject[0].islower() and not fact.subject.startswith("the ")
    return QUESTIONS[fact.relation].format(f"the {fact.subject}" if bare else fact.subject)
