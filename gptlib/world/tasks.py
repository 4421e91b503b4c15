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
from gptlib.world.tasks_plots import CLEAR_ENDINGS, HANDED_ON, MORE, PAIRS, WORDINGS
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
    ('Mia reached the oak before Noah.', 'Mia reached the oak after Noah.')
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


def _who_has_it(story: Story, chance: Random) -> Example | None:
    """A tale of a girl and a boy: which of them has the thing in the end?"""
    _, holder = _held(story)
    if holder == "girl" and chance.random() < 1 / 3:
        return None  # as often a boy as a girl
    return Example((story.text.strip(),), int(holder == "boy"))


# How often a girl and a boy who has the thing are asked about with each label: each label is as
# frequent as the others, but the tale alone and the hypothesis alone both say a little of it.
ODDS = {"girl": (4, 2, 3), "boy": (1, 3, 2)}


def _says_so(story: Story, chance: Random) -> Example:
    """A tale of a girl and a boy, and who has the thing in the end: does the tale say so?"""
    thing, holder = _held(story)
    (label,) = chance.choices(range(3), ODDS[holder])
    if label == 2:
        who, did = chance.choice(("girl", "boy")), "had never liked"
    else:
        who, did = holder if label == 0 else _other(holder), "had"
    end = "" if label == 2 else " in the end"
    return Example((story.text.strip(), f"The {who} {did} the {thing}{end}."), label)


def _held(story: Story) -> tuple[str, str]:
    """The thing that the story's last fact tells of, and who has it: "girl" or "boy"."""
    *_, fact = (fact for fact in story.facts if fact.relation == "holder")
    return fact.subject, "girl" if fact.value in GIRLS else "boy"


def _other(who: str) -> str:
    return "boy" if who == "girl" else "girl"


def _same(story: Story, _: Random) -> Example:
    """Two sentences on a girl and a boy: do they tell the same, or each the other's part?"""
    one, other = story.sentences
    return Example((one.text, other.text), int(story.plot == "the same"))


def _ending(story: Story, chance: Random) -> Example | None:
    """A tale of two girls or of two boys, and two endings: in which is each of them the right one?

    In the wrong ending they are exchanged, and it would end a tale in which they are exchanged too.
    """
    *beginning, right = (sentence.text for sentence in story.sentences)
    children, named = _children(story.text), _children(right)
    alike = len(children) == 2 and (GIRLS.issuperset(children) or BOYS.issuperset(children))
    together = len(named) == 2 and " and ".join(named) in right  # and so in any order
    if not alike or not named or together:
        return None
    exchanged = dict(zip(children, reversed(children), strict=True))
    wrong = re.sub("|".join(children), lambda child: exchanged[child[0]], right)
    label = chance.randrange(2)
    endings = (wrong, right) if label else (right, wrong)
    return Example((" ".join(beginning), *endings), label)


def _children(text: str) -> list[str]:
    """The children whom a text names, in the order in which it first does."""
    return [word for word in dict.fromkeys(re.findall(r"\w+", text)) if word in GIRLS | BOYS]


WORDS = LEXICON | MORE
TASKS = {
    "classification": Task(
        ("the girl", "the boy"), World(WORDS, WORDINGS | EVENTS, HANDED_ON), _who_has_it
    ),
    "entailment": Task(
        ("yes", "no", "it does not say"), World(WORDS, WORDINGS | EVENTS, HANDED_ON), _says_so
    ),
    "similarity": Task(("not the same", "the same"), World(WORDS, WORDINGS, PAIRS), _same),
    "choice": Task(
        ("the first", "the second"),
        World(LEXICON, EVENTS, [plot for plot in PLOTS if plot.name in CLEAR_ENDINGS]),
        _ending,
    ),
}
