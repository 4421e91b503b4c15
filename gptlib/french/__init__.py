"""A grammar that says the same sentence in English and in French.

>>> made = pair(seed=1)
>>> made == pair(seed=1)
True
"""

from gptlib.french.pairs import COMBINATIONS, Pair, held_out, pair, small_red_ball

__all__ = ["COMBINATIONS", "Pair", "held_out", "pair", "small_red_ball"]
