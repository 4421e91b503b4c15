"""The course's pictures: text and arrays in, a matplotlib figure out.

Every drawing function returns one figure, WIDTH inches wide; in a notebook, call plt.show()
to show it.

Texts and measurements:
    tales        batches, tales, character counts, how surprising each character is
    predictions  guesses, a bigram table
    sampling     the distribution that the next token is drawn from
    tokens       texts as tokenizers cut them up
    curves       losses, and other lines over steps, lengths or depths
    pretraining  a loss, and how often the model is right, over the same steps
    fine_tuning  how often models are right about tasks, and what that depends on
    ladder       losses on many kinds of text, tasks by the size of a model and without their texts
    laws         losses by compute, and by the size of a model at the same compute
    prompts      right answers by the number of examples, when they came about, what is expected
    vocabulary   what changes with the number of tokens
    optimizers   paths down a bowl
    attention    attention weights, those of one token, position tables
    heads        the weights of many heads, losses of several models, the cost of attention
    lens         what a model would guess after each of its blocks
    translation  the attention weights of a translation on its source

Diagrams:
    course       the map of the course
    diagrams     attention step by step, masks, which channels each head reads
    multi_head   multi-head attention
    transformer  the encoder-decoder
    norms        where a block has its norms
    gpt          the decoder-only model
    gpt_layers   the two layers of its block, step by step
    task_inputs  what GPT-1 makes of the texts of a task

All take their colours from style; the diagrams are built from page and residual.
"""

from gptlib.plot.attention import look, positions, weights
from gptlib.plot.course import course_map
from gptlib.plot.curves import (
    by_kind,
    generation_times,
    learned_to_look,
    loss_curve,
    schedules,
    singular_values,
    stream,
)
from gptlib.plot.diagrams import attention_steps, head_maps, masks
from gptlib.plot.fine_tuning import accuracy_curves, fine_tuned
from gptlib.plot.gpt import gpt
from gptlib.plot.gpt_layers import feed_forward, gpt_attention
from gptlib.plot.heads import compare, costs, head_grid, heads
from gptlib.plot.ladder import kind_losses, lesion, zero_shot
from gptlib.plot.laws import by_compute, by_size
from gptlib.plot.lens import lens
from gptlib.plot.multi_head import multi_head
from gptlib.plot.norms import block_orders
from gptlib.plot.notebook import png_described
from gptlib.plot.optimizers import descents
from gptlib.plot.predictions import guesses, pairs
from gptlib.plot.pretraining import pretraining
from gptlib.plot.prompts import births, by_examples, expected
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
from gptlib.plot.task_inputs import task_inputs
from gptlib.plot.tokens import cut, tokens
from gptlib.plot.transformer import encoder_decoder
from gptlib.plot.translation import alignment
from gptlib.plot.vocabulary import by_vocabulary

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
    "accuracy_curves",
    "alignment",
    "attention_steps",
    "batch",
    "block_orders",
    "births",
    "by_compute",
    "by_examples",
    "by_kind",
    "by_size",
    "by_vocabulary",
    "character_counts",
    "compare",
    "costs",
    "course_map",
    "cut",
    "descents",
    "distribution",
    "encoder_decoder",
    "expected",
    "feed_forward",
    "fine_tuned",
    "generation_times",
    "gpt",
    "gpt_attention",
    "guesses",
    "head_grid",
    "head_maps",
    "heads",
    "kind_losses",
    "learned_to_look",
    "lens",
    "lesion",
    "look",
    "loss_curve",
    "masks",
    "multi_head",
    "pairs",
    "png",
    "png_described",
    "positions",
    "pretraining",
    "schedules",
    "singular_values",
    "stream",
    "surprise",
    "tale",
    "task_inputs",
    "tokens",
    "use_style",
    "visible",
    "weights",
    "zero_shot",
]
