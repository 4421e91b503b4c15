"""Interactive widgets: arrays and functions in, sliders and pictures out; they know no model."""

from gptlib.explorer.attention import AttentionExplorer
from gptlib.explorer.prompts import PromptExplorer
from gptlib.explorer.reading import ReadingExplorer
from gptlib.explorer.sampling import SamplingExplorer
from gptlib.explorer.tokens import TokenExplorer

__all__ = [
    "AttentionExplorer",
    "PromptExplorer",
    "ReadingExplorer",
    "SamplingExplorer",
    "TokenExplorer",
]
