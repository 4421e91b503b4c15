"""The story world: a grammar of little stories in which the odds of every choice are known.

>>> story = tell(seed=1)
>>> story.text == tell(seed=1).text
True
>>> next_char_probs("Early one w")  # windy or warm
{'i': 0.5, 'a': 0.5}
>>> log_prob("Once upon a time")
-inf
"""

from gptlib.world.entropy import Floor, floor
from gptlib.world.events import EVENTS
from gptlib.world.kinds import KINDS, TOLD, Recall, kinds, recalls
from gptlib.world.lexicon import LEXICON
from gptlib.world.predictor import Predictor
from gptlib.world.questions import Question, question, questions
from gptlib.world.story import Draw, Fact, Sentence, Story
from gptlib.world.tales import PERFECT, PLOTS, TALES
from gptlib.world.tasks import CEILING, TASKS, Example, Task, examples, parts
from gptlib.world.telling import State, World

tell = TALES.tell
log_prob, next_char_probs = PERFECT.log_prob, PERFECT.next_char_probs
surprisals, reach = PERFECT.surprisals, PERFECT.reach

__all__ = [
    "CEILING",
    "EVENTS",
    "KINDS",
    "LEXICON",
    "PERFECT",
    "PLOTS",
    "TALES",
    "TASKS",
    "TOLD",
    "Draw",
    "Example",
    "Fact",
    "Floor",
    "Predictor",
    "Question",
    "Recall",
    "Sentence",
    "State",
    "Story",
    "Task",
    "World",
    "examples",
    "floor",
    "kinds",
    "log_prob",
    "next_char_probs",
    "parts",
    "question",
    "questions",
    "reach",
    "recalls",
    "surprisals",
    "tell",
]
