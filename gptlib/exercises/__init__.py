"""Checks for the exercises: each says what is right or wrong with a reader's function."""

from gptlib.exercises.bigram import check_counts, check_score
from gptlib.exercises.bigram_gradient import check_gradient
from gptlib.exercises.bigram_loss import check_cross_entropy
from gptlib.exercises.bigram_top_p import check_top_p
from gptlib.exercises.bigram_training import check_training
from gptlib.exercises.bigram_writing import check_continue
from gptlib.exercises.checking import NOT_YET, RIGHT
from gptlib.exercises.decoder_only import check_parameters
from gptlib.exercises.decoder_only_cache import check_cached_step
from gptlib.exercises.decoder_only_generate import check_generate
from gptlib.exercises.decoder_only_min_p import check_min_p
from gptlib.exercises.decoder_only_model import check_block, check_gpt
from gptlib.exercises.gpt1 import check_linear_layers
from gptlib.exercises.gpt1_finetuning import check_choice_inputs, check_extract
from gptlib.exercises.gpt1_loss import check_fine_tuning_loss
from gptlib.exercises.gpt1_model import check_gpt1
from gptlib.exercises.gpt2 import check_residual_scaling
from gptlib.exercises.gpt2_answered import check_answered
from gptlib.exercises.gpt2_overlap import check_overlap
from gptlib.exercises.gpt2_packing import check_packed_rows
from gptlib.exercises.gpt3 import check_banded_attention, check_power_law
from gptlib.exercises.gpt3_cost import check_flops
from gptlib.exercises.gpt3_prompts import check_posterior
from gptlib.exercises.induction import check_prefix_matching
from gptlib.exercises.inside import check_ablated, check_induction, check_look
from gptlib.exercises.inside_models import check_lens, check_patched
from gptlib.exercises.modern_block import check_rms_norm, check_rotated, check_shifted
from gptlib.exercises.modern_block_tensors import check_head_norm, check_swiglu
from gptlib.exercises.multi_head import check_heads, check_join, check_split
from gptlib.exercises.multi_head_dropout import check_dropout
from gptlib.exercises.multi_head_tensors import check_mask, check_multi_head
from gptlib.exercises.optimizers import check_adam_step, check_schedule, check_stretched
from gptlib.exercises.optimizers_tensors import (
    check_clipped,
    check_orthogonalized,
    check_sgd_step,
)
from gptlib.exercises.self_attention import (
    check_average,
    check_band,
    check_positions,
    check_weights,
)
from gptlib.exercises.self_attention_tensors import check_attention, check_head
from gptlib.exercises.start_here import check_encode, check_followers, check_places
from gptlib.exercises.start_here_batch import check_batch, check_windows
from gptlib.exercises.start_here_loss import check_entropy_and_kl, check_loss
from gptlib.exercises.tokens import check_bits_per_byte, check_merge
from gptlib.exercises.tokens_encoding import check_decoder, check_encode_word
from gptlib.exercises.tokens_training import check_pair, check_train
from gptlib.exercises.transformer import check_layer_norm, check_rate, check_smoothed
from gptlib.exercises.transformer_beam import check_beam
from gptlib.exercises.transformer_blocks import check_decoder_block, check_encoder_block
from gptlib.exercises.transformer_teacher import check_teacher_forcing

__all__ = [
    "NOT_YET",
    "RIGHT",
    "check_adam_step",
    "check_ablated",
    "check_answered",
    "check_attention",
    "check_average",
    "check_band",
    "check_banded_attention",
    "check_batch",
    "check_beam",
    "check_bits_per_byte",
    "check_block",
    "check_cached_step",
    "check_choice_inputs",
    "check_clipped",
    "check_continue",
    "check_counts",
    "check_cross_entropy",
    "check_decoder",
    "check_decoder_block",
    "check_dropout",
    "check_encode",
    "check_encode_word",
    "check_encoder_block",
    "check_entropy_and_kl",
    "check_extract",
    "check_fine_tuning_loss",
    "check_flops",
    "check_followers",
    "check_gpt",
    "check_gpt1",
    "check_generate",
    "check_gradient",
    "check_head",
    "check_head_norm",
    "check_heads",
    "check_join",
    "check_induction",
    "check_layer_norm",
    "check_lens",
    "check_linear_layers",
    "check_look",
    "check_loss",
    "check_mask",
    "check_merge",
    "check_min_p",
    "check_multi_head",
    "check_orthogonalized",
    "check_overlap",
    "check_packed_rows",
    "check_pair",
    "check_parameters",
    "check_patched",
    "check_places",
    "check_positions",
    "check_posterior",
    "check_power_law",
    "check_prefix_matching",
    "check_rate",
    "check_residual_scaling",
    "check_rms_norm",
    "check_rotated",
    "check_schedule",
    "check_score",
    "check_sgd_step",
    "check_shifted",
    "check_smoothed",
    "check_split",
    "check_stretched",
    "check_teacher_forcing",
    "check_swiglu",
    "check_top_p",
    "check_train",
    "check_training",
    "check_weights",
    "check_windows",
]
