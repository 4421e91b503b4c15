"""The course's pictures: text and arrays in, a matplotlib figure out.

Every function makes one figure, WIDTH inches wide, and returns it; in a notebook,
plt.show() after it shows it.
"""

from gptlib.plot.attention import look, positions, weights
from gptlib.plot.block import feed_forward, gpt_attention
from gptlib.plot.course import course_map
from gptlib.plot.diagrams import attention_steps, head_maps, masks
from gptlib.plot.gpt import gpt
from gptlib.plot.heads import compare, costs, heads
from gptlib.plot.lens import lens
from gptlib.plot.lines import by_kind, generation_times, learned_to_look, singular_values, stream
from gptlib.plot.multi_head import multi_head
from gptlib.plot.norms import block_orders, norm_places
from gptlib.plot.predictions import guesses, loss_curve, pairs, uncertainty
from gptlib.plot.sampling import distribution
from gptlib.plot.style import (
    BEFORE,
    HIGHLIGHT,
    KEY,
    QUERY,
    QUIET,
    TRAIN,
    VALID,
    VALUE,
    WIDTH,
    png,
    use_style,
    visible,
)
from gptlib.plot.tales import MOST_BARS, batch, character_counts, surprise, tale
from gptlib.plot.transformer import encoder_decoder
from gptlib.plot.translation import alignment

__all__ = [
    "BEFORE",
    "HIGHLIGHT",
    "KEY",
    "MOST_BARS",
    "QUERY",
    "QUIET",
    "TRAIN",
    "VALID",
    "VALUE",
    "WIDTH",
    "alignment",
    "attention_steps",
    "batch",
    "block_orders",
    "by_kind",
    "character_counts",
    "compare",
    "costs",
    "course_map",
    "distribution",
    "encoder_decoder",
    "feed_forward",
    "generation_times",
    "gpt",
    "gpt_attention",
    "guesses",
    "head_maps",
    "heads",
    "learned_to_look",
    "lens",
    "look",
    "loss_curve",
    "masks",
    "multi_head",
    "norm_places",
    "pairs",
    "png",
    "positions",
    "singular_values",
    "stream",
    "surprise",
    "tale",
    "uncertainty",
    "use_style",
    "visible",
    "weights",
]
