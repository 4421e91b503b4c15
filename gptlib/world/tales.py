"""The tales: the world that the course's stories come from, and its perfect predictor."""

from gptlib.world.events import EVENTS
from gptlib.world.lexicon import LEXICON
from gptlib.world.plots_errands import ERRANDS
from gptlib.world.plots_lost import LOST
from gptlib.world.plots_people import PEOPLE
from gptlib.world.plots_short import SHORT
from gptlib.world.predictor import Predictor
from gptlib.world.telling import World

PLOTS = LOST + PEOPLE + ERRANDS + SHORT
TALES = World(LEXICON, EVENTS, PLOTS)
PERFECT = Predictor(TALES)
