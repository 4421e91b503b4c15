"""The course's pictures: text and arrays in, a matplotlib figure out.

Every function makes one figure, WIDTH inches wide, and returns it; in a notebook,
plt.show() after it shows it.

What is measured:
    tales        batches, tales, what is surprising in them
    predictions  guesses, the table of a bigram, uncertainty
    sampling     what the next token is drawn from
    curves       a loss and whatever else is a line over steps, lengths or depths
    attention    weights, what one token looks at, positions
    heads        many heads, losses of several models, what attention costs
    lens         what a model would guess after each of its blocks
    translation  what the words of a translation look at

How it is built:
    course       the map of the course
    diagrams     attention step by step, masks, what heads see
    multi_head   multi-head attention
    transformer  the encoder-decoder
    norms        where a block has its norms, and what that does to training
    gpt          the decoder-only model
    gpt_layers   the two layers of its block, step by step

All use style, which has the colours; diagrams are put together from page and residual.
"""

from gptlib.plot.attention import look, positions, weights
from gptlib.plot.course import course_map
from gptlib.plot.curves import (
    by_kind,
    generation_times,
    learned_to_look,
    loss_curve,
    singular_values,
    stream,
)
from gptlib.plot.diagrams import attention_steps, head_maps, masks
from gptlib.plot.gpt import gpt
from gptlib.plot.gpt_layers import feed_forward, gpt_attention
from gptlib.plot.heads import compare, costs, heads
from gptlib.plot.lens import lens
from gptlib.plot.multi_head import multi_head
from gptlib.plot.norms import block_orders, norm_places
from gptlib.plot.predictions import guesses, pairs, uncertainty
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
