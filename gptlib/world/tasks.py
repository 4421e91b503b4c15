"""Four tasks to fine-tune on, told from the story world: whoever reads a text can tell its label.

They have the shapes of Figure 1 of Radford et al. (2018). The words of a tale, without their
order, do not tell who did what; each of two texts that are compared says a little of the label.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate, count
from random import Random
from typing import NamedTuple

from gptlib.world.events import EVENTS
from gptlib.world.lexicon import LEXICON
from gptlib.world.story import Story
from gptlib.world.tales import PLOTS
from gptlib.world.tasks_plots import CLEAR_ENDINGS, HANDED_ON, HELD, MORE, PAIRS, WORDINGS
from gptlib.world.telling import World

CEILING = 1.0  # what the best possible reader gets in each task; tests/test_tasks.py has one
FIRST_SEED = 20_000_000  # above the seeds of all tales

GIRLS, BOYS = ({child.name for child in MORE[kind]} for kind in ("girl", "boy"))


class Example(NamedTuple):
    """The texts that are shown, and the number of the right label."""

    texts: tuple[str, ...]
    label: int


class Task(NamedTuple):
    """A question about stories, and the few answers that it can have.

    labels: the answers in words
    world: tells the stories
    make: an example from a story and a source of chance, or None if the story does not suit
    """

    labels: tuple[str, ...]
    world: World
    make: Callable[[Story, Random], Example | None]


def examples(task: Task, seeds: Iterable[int]) -> list[Example]:
    """The examples made from the stories of these seeds: one of each story that suits.

    >>> examples(TASKS["similarity"], [20_000_005])[0].texts
    ('Tom bought the silver ring from Lucy.', 'Tom sold Lucy the silver ring.')
    """
    made = (_make(task, task.world.tell(seed), seed) for seed in seeds)
    return [example for example in made if example]


def parts(task: Task, sizes: Sequence[int], but_for: Collection[str] = ()) -> list[list[Example]]:
    """Examples in parts of these sizes: to test on, and to train on.

    but_for: tales that none is made from, such as those on which a model is validated

    No story has the same sentences as another. A part depends only on its size and on those before
    it, so the last can grow and leave the others as they are.
    """
    found, told, seeds = [], set(), count(FIRST_SEED)
    while len(found) < sum(sizes):
        story = task.world.tell(seed := next(seeds))
        sentences = frozenset(sentence.text for sentence in story.sentences)
        if sentences not in told and story.text.strip() not in but_for:
            told.add(sentences)
            found += filter(None, [_make(task, story, seed)])
    return [found[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _make(task: Task, story: Story, seed: int) -> Example | None:
    # Random(seed) would draw again what the teller drew, and tie the label to the plot.
    return task.make(story, Random(f"task {seed}"))


def _who_gets_it(story: Story, _: Random) -> Example | None:
    """A tale of a girl and a boy: which of them gets the thing, or gets it back?"""
    held = _held(story)
    if not held:
        return None
    return Example((story.text.strip(),), int(held == "boy"))


# How often it is said of a girl, and of a boy, who has a thing that she or he does have it: in half
# of all cases, but a tale alone and a hypothesis alone both say a little of the label.
TRUE = {"girl": 3 / 4, "boy": 1 / 4}


def _says_so(story: Story, chance: Random) -> Example:
    """A tale of a girl and a boy, and which of them has the thing: does the tale say so?"""
    who = _held(story)
    if story.plot == "spoken of":
        label, who = 2, chance.choice(("girl", "boy"))
    elif chance.random() < TRUE[who]:
        label = 0
    else:
        label, who = 1, "boy" if who == "girl" else "girl"
    return Example((story.text.strip(), f"The {who} has it."), label)


def _held(story: Story) -> str | None:
    """Who has the thing in the end, "girl" or "boy", if a story tells so of one of each."""
    children = _children(story.text)
    holders = {f.value for f in story.facts if f.relation == "holder" and f.value in children}
    if not _a_girl_and_a_boy(children) or len(holders) != 1:
        return None
    return "girl" if holders.pop() in GIRLS else "boy"


def _same(story: Story, _: Random) -> Example:
    """Two sentences on a girl and a boy: do they tell the same, or each the other's part?"""
    one, other = story.sentences
    return Example((one.text, other.text), int(story.plot == "the same"))


# In one ending of sixteen there is still "herself" or "himself".
PRONOUNS = re.compile(r"\b(she|he|her|him|his)\b", re.IGNORECASE)


def _ending(story: Story, chance: Random) -> Example | None:
    """A tale of a girl and a boy, and two endings: in which is each of them the right one?

    In the wrong ending they are exchanged, and it would end a tale in which they are exchanged too.
    """
    *beginning, right = (sentence.text for sentence in story.sentences)
    children, named = _children(story.text), _children(right)
    together = len(named) == 2 and " and ".join(named) in right  # and so in any order
    # A pronoun would give away who was exchanged.
    if not _a_girl_and_a_boy(children) or not named or together or PRONOUNS.search(right):
        return None
    if named[0] in BOYS and chance.random() < 1 / 2:
        return None  # so that an ending alone says a little of the label
    exchanged = dict(zip(children, reversed(children), strict=True))
    wrong = re.sub("|".join(children), lambda child: exchanged[child[0]], right)
    label = chance.randrange(2)
    endings = (wrong, right) if label else (right, wrong)
    return Example((" ".join(beginning), *endings), label)


def _children(text: str) -> list[str]:
    """The children whom a text names, in the order in which it first does."""
    return [word for word in dict.fromkeys(re.findall(r"\w+", text)) if word in GIRLS | BOYS]


def _a_girl_and_a_boy(children: Sequence[str]) -> bool:
    return len(children) == 2 and len(GIRLS.intersection(children)) == 1


def _tales(names: Collection[str]) -> World:
    """The world of the tales that have these plots."""
    return World(LEXICON, EVENTS, [plot for plot in PLOTS if plot.name in names])


WORDS = LEXICON | MORE
TASKS = {
    "classification": Task(("the girl", "the boy"), _tales(HELD), _who_gets_it),
    "entailment": Task(
        ("yes", "no", "it does not say"), World(WORDS, WORDINGS | EVENTS, HANDED_ON), _says_so
    ),
    "similarity": Task(("not the same", "the same"), World(WORDS, WORDINGS, PAIRS), _same),
    "choice": Task(("the first", "the second"), _tales(CLEAR_ENDINGS), _ending),
}
