"""Widgets to play with: arrays and functions in, sliders and pictures out; no model is known."""

from gptlib.explorer.attention import AttentionExplorer
from gptlib.explorer.sampling import SamplingExplorer

__all__ = ["AttentionExplorer", "SamplingExplorer"]
