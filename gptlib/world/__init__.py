"""The story world: a grammar of little stories in which every choice is counted.

>>> story = tell(seed=1)
>>> story.text == tell(seed=1).text
True
"""

from gptlib.world.events import EVENTS
from gptlib.world.lexicon import LEXICON
from gptlib.world.plots_errands import ERRANDS
from gptlib.world.plots_lost import LOST
from gptlib.world.plots_people import PEOPLE
from gptlib.world.plots_short import SHORT
from gptlib.world.questions import question
from gptlib.world.story import Fact, Sentence, Story
from gptlib.world.telling import State, World

PLOTS = LOST + PEOPLE + ERRANDS + SHORT
TALES = World(LEXICON, EVENTS, PLOTS)
tell = TALES.tell

__all__ = [
    "EVENTS",
    "LEXICON",
    "PLOTS",
    "TALES",
    "Fact",
    "Sentence",
    "State",
    "Story",
    "World",
    "question",
    "tell",
]
