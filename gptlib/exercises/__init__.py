"""Checks for the exercises: each says what is right or wrong with a reader's function."""

from gptlib.exercises.bigram import check_counts, check_gradient, check_score, check_top_p
from gptlib.exercises.checking import NOT_YET, RIGHT
from gptlib.exercises.decoder_only import check_parameters, check_work
from gptlib.exercises.decoder_only_cache import check_cached_step
from gptlib.exercises.decoder_only_min_p import check_min_p
from gptlib.exercises.inside import check_ablated, check_induction, check_look
from gptlib.exercises.modern_block import check_rms_norm, check_rotated, check_shifted
from gptlib.exercises.multi_head import check_heads, check_join, check_split
from gptlib.exercises.multi_head_dropout import check_dropout
from gptlib.exercises.optimizers import check_adam_step, check_schedule, check_stretched
from gptlib.exercises.self_attention import (
    check_average,
    check_band,
    check_positions,
    check_weights,
)
from gptlib.exercises.start_here import check_encode, check_loss, check_places, check_windows
from gptlib.exercises.transformer import check_layer_norm, check_rate, check_smoothed
from gptlib.exercises.transformer_beam import check_beam

__all__ = [
    "NOT_YET",
    "RIGHT",
    "check_adam_step",
    "check_ablated",
    "check_average",
    "check_band",
    "check_beam",
    "check_cached_step",
    "check_counts",
    "check_dropout",
    "check_encode",
    "check_gradient",
    "check_heads",
    "check_join",
    "check_induction",
    "check_layer_norm",
    "check_look",
    "check_loss",
    "check_min_p",
    "check_parameters",
    "check_places",
    "check_positions",
    "check_rate",
    "check_rms_norm",
    "check_rotated",
    "check_schedule",
    "check_score",
    "check_shifted",
    "check_smoothed",
    "check_split",
    "check_stretched",
    "check_top_p",
    "check_weights",
    "check_windows",
    "check_work",
]
