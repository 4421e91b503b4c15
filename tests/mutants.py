"""Does a test notice when the library is wrong? One line is broken at a time (`make mutants`).

A mutant is a mistake that a learner makes and that still runs: right shapes, wrong values. The test
that is named must fail, and by an assertion; one that crashes would have shown itself anyway.
"""

import ast
import gc
import multiprocessing
import os
import re
import shutil
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
# What tests import, and what takes longer than most of them. None of it imports gptlib.
SLOW = [
    "hypothesis",
    "ipywidgets",
    "matplotlib.pyplot",
    "nbformat",
    "pytest",
    "simple_parsing",
    "snowballstemmer",
    "torch._dynamo",  # an optimizer's first step does
    "transformers.models.gpt2.modeling_gpt2",
]
# What tests of mutants do without: these plugins take as long to load as most of them.
OPTIONS = [f"-pno:{plugin}" for plugin in ("anyio", "cacheprovider", "nbval", "xdist")]
OPTIONS += ["-oaddopts=--hypothesis-profile=ci", "--tb=line"]
if "forkserver" in multiprocessing.get_all_start_methods():
    PROCESSES = multiprocessing.get_context("forkserver")
    PROCESSES.set_forkserver_preload(SLOW)  # once for all mutants
else:
    PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Mutant:
    """At a place, replace old, which stands there once, by new; then this test must fail.

    place: the qualified name of a function, method, class or constant of gptlib, as "get_batch"
        or "GPT.forward". Where several have one name, and for main.py, its module comes before it,
        as "sampling:stream" or "commands:resume"; "layers:" is the whole module.
    old: whole words and signs; the white space between them does not count
    test: the name of a test; its file comes before it, as "test_gpt.py::test_sizes", where several
        have one name
    """

    place: str
    old: str
    new: str
    test: str

    def __str__(self):
        return " ".join(f"{self.place}: {self.old} -> {self.new}".split())


# fmt: off
MUTANTS = [
    # The targets are the inputs: the model learns to repeat what it is given.
    Mutant("get_batch", "data[at + 1]", "data[at]", "test_a_batch_is_what_a_plain_loop_cuts"),
    # The last target of a row is its own first token.
    Mutant("get_batch", "data[at + 1]", "data[at].roll(-1, 1)",
           "test_a_batch_is_what_a_plain_loop_cuts"),
    # The last window of a text is never drawn.
    Mutant("get_batch", "len(data) - T", "len(data) - T - 1",
           "test_first_and_last_window_are_reached_and_none_beyond"),
    # Windows of the tales begin anywhere.
    Mutant("get_batch", "starts[torch.randint(len(starts), (B,), generator=generator)]",
           "torch.randint(windows, (B,), generator=generator)",
           "test_windows_of_tales_begin_with_a_story"),
    # The seed has no effect.
    Mutant("get_batch", "torch.randint(windows, (B,), generator=generator)",
           "torch.randint(windows, (B,))", "test_data.py::test_the_generator_alone_decides"),
    # Validation text leaks into training.
    Mutant("split", "text[:cut]", "text", "test_split_loses_nothing_and_leaks_nothing"),
    Mutant("load_split", "_read(TALES_TRAIN)", 'load_text("tales")',
           "test_the_tales_bring_their_own_validation_stories"),
    # Any bytes will do for Tiny Shakespeare.
    Mutant("_fetch", ".hexdigest()) != sha256", '.hexdigest()) == ""',
           "test_wrong_bytes_are_not_kept"),
    # An id of -1 is the last character.
    Mutant("checked_ids", "0 <= i < vocab_size", "i < vocab_size",
           "test_tokenizer.py::test_unknown_id"),
    # The ids depend on the order in which characters come, so no two texts agree.
    Mutant("CharTokenizer.__init__", "sorted(set(text))", "dict.fromkeys(text)",
           "test_ids_are_the_places_in_the_sorted_vocabulary"),
    # A fact counts as told before, in the very sentence that tells it.
    Mutant("World._fill", "fact.told < state.now", "fact.told <= state.now",
           "test_a_fact_that_a_sentence_repeats_was_told_before_and_stands_in_it"),
    # A fact is put down to the sentence before the one that tells it.
    Mutant("_put", "value, state.now", "value, max(state.now - 1, 0)",
           "test_a_fact_is_told_in_a_sentence_that_speaks_of_it"),
    # What was found is still missed.
    Mutant("_put", "key != (role, relation)", "not value or key != (role, relation)",
           "test_what_holds_at_the_end"),
    # What was told once may be drawn again: the kite is red, then blue.
    Mutant("World._fill",
           'return [Move("", (), todo, _put(state, role, step, one), kind) for one in word]',
           "word = word[len(state.facts) % len(word)]",
           "test_a_colour_is_drawn_once_and_then_repeated"),
    # Somebody plays two roles, and hands a thing to herself.
    Mutant("World._candidates", "entry for entry in entries if entry.name not in taken",
           "entry for entry in entries", "test_nobody_plays_two_roles"),
    # "She" where two girls were just named.
    Mutant("_dress", '== me["he"]] == [role]', '== me["he"]]',
           "test_a_pronoun_stands_where_it_can_mean_only_one"),
    # A choice is drawn before it is shown, so that two stories read the same.
    Mutant("World.moves", '[Move("", (), rest, state._replace(plot=part))]',
           '[Move("", (), rest, state._replace(plot=part))] * 2',
           "test_every_story_can_be_told_in_one_way_only_and_reading_it_gives_its_facts"),
    # Of two ways to tell the same, the second replaces the first.
    Mutant("_add", "way._replace(p=way.p + other.p)", "way",
           "test_two_ways_of_telling_the_same_are_added"),
    # Two ways are one though they stand in different states: a red kite and a blue one.
    Mutant("_add", "other.state == way.state", "other.todo is way.todo",
           "test_what_comes_next_is_the_share_of_the_stories_that_go_on_so"),
    # Every option is certain.
    Mutant("Predictor._read", "p / len(moves)", "p", "test_two_ways_of_telling_the_same_are_added"),
    # A beginning counts as a story.
    Mutant("Predictor.log_prob", 'self._read(text)[-1].get("", 0.0)',
           "sum(self._read(text)[-1].values())",
           "test_what_is_no_story_of_the_world_is_impossible"),
    # What comes next is not asked of the text so far, but of all stories.
    Mutant("Predictor.distributions", "{char: p / total for char, p in following.items()}",
           "{char: p for char, p in following.items()}",
           "test_one_reading_says_the_same_as_one_for_each_place"),
    # The end of a story costs nothing.
    Mutant("floor", "PERFECT.surprisals(story.text)", "PERFECT.surprisals(story.text.strip())",
           "test_the_floor_that_is_stored_is_found_again"),
    # Characters are taken for independent of each other.
    Mutant("ratio", "squares / (n - 1) / n", "squares / (n - 1) / sum(sizes)",
           "test_the_standard_error_is_the_jackknife_s"),
    # The picture shows the inputs where it says targets.
    Mutant("batch", "ids[b, t]", "idx[b, t]", "test_batch"),
    # The table is transposed: it says what came before.
    Mutant("bigram:count", "torch.arange(n - 1, -1, -1)", "torch.arange(n)",
           "test_counts_are_those_of_a_loop"),
    # The counts themselves are the logits.
    Mutant("Bigram.counted", "(counts + pseudo).log()", "(counts + pseudo)",
           "test_a_counted_model_gives_the_fractions"),
    # A column is read instead of a row.
    Mutant("Bigram.forward", "F.embedding(idx, self.table)", "F.embedding(idx, self.table.T)",
           "test_each_token_has_a_row_of_its_own"),
    # Low temperatures make the text wilder.
    Mutant("next_probs", "logits / sampling.temperature", "logits * sampling.temperature",
           "test_the_probabilities_are_those_of_transformers"),
    # One token too many is kept.
    Mutant("next_probs", "min(sampling.top_k, V)", "min(sampling.top_k + 1, V)",
           "test_the_probabilities_are_those_of_transformers"),
    # The token with which top_p is reached is cut off too.
    Mutant("next_probs", "enough[:, :-1]", "enough[:, 1:]", "test_sampling.py::test_by_hand"),
    # Probabilities stay sorted and belong to the wrong tokens.
    Mutant("next_probs", "token.gather(-1, order)", "token", "test_sampling.py::test_by_hand"),
    # The text goes on from its first token.
    Mutant("_next_logits", "[rows, ends - 1]", "[rows, 0 * ends]",
           "test_text_grows_from_the_right_and_each_row_on_its_own"),
    # The seed has no effect on what is written.
    Mutant("sampling:_stream", "torch.rand(B, generator=generator, dtype=torch.float64)",
           "torch.rand(B, dtype=torch.float64)",
           "test_sampling.py::test_the_generator_alone_decides"),
    # Gradients add up from step to step.
    Mutant("train:train", "optimizer.zero_grad()", "None",
           "test_a_run_is_what_the_same_steps_by_hand_are"),
    # Gradients are as long as they like.
    Mutant("train:train", "parameters, config.grad_clip", "parameters, math.inf",
           "test_a_run_is_what_the_same_steps_by_hand_are"),
    # Biases decay.
    Mutant("make_optimizers", '"weight_decay": 0.0', '"weight_decay": config.weight_decay',
           "test_adamws_steps_are_those_by_hand"),
    # The rate is made and not used.
    Mutant("train:train", 'group["lr"]', 'group["rate"]',
           "test_a_run_is_what_the_same_steps_by_hand_are"),
    # The rate does not reach 0.
    Mutant("learning_rate", "last - config.warmup if",
           "last if", "test_the_rates_are_those_of_transformers"),
    # A short batch counts as much as a long one.
    Mutant("train:evaluate", "asked += int(n)", "asked += 1",
           "test_a_score_is_the_mean_over_all_tokens_however_they_are_cut"),
    # The score is taken with dropout.
    Mutant("evaluating", "model.eval()", "model.train()",
           "test_a_score_is_taken_in_evaluation_mode_without_gradients"),
    # Padding is asked for.
    Mutant("padded_batch", "True, IGNORE", "True, 0",
           "test_all_batches_ask_for_each_token_but_the_first_once"),
    # A score does not ask for the first character.
    Mutant("story_ids", r'"\n" + text', "text", "test_the_ids_of_stories_begin_with_a_line_break"),
    # The line breaks after the last story are one token, which ends no other.
    Mutant("story_ids", "[*head, *itertools.chain(*parts)]", "tokenizer.encode(text)",
           "test_the_last_story_is_like_the_others"),
    # Stories of longer tokens begin where they would if tokens were characters.
    Mutant("story_ids", "chain(*parts)]), starts", "chain(*parts)]), story_starts(text[1:])",
           "test_each_story_begins_at_the_line_break_before_it_in_longer_tokens_too"),
    # What training remembers loses half of its digits.
    Mutant("checkpoint:save", "TRAINING + name: t", "TRAINING + name: t.float()",
           "test_what_training_remembers_comes_back_bit_for_bit"),
    # How it was trained is forgotten.
    Mutant("checkpoint:save", "dict(settings or {})", "{}",
           "test_what_training_remembers_comes_back_bit_for_bit"),
    # A window goes on into the next story.
    Mutant("cut_windows", "min(i + block_size, end)", "min(i + block_size, edges[-1])",
           "test_windows_cover_what_lies_between_edges_and_cross_none"),
    # A damaged checkpoint is loaded.
    Mutant("checkpoint:read", 'facts.pop("sha256", None) != _sha256(facts, tensors)',
           'facts.pop("sha256", None) is None', "test_a_changed_parameter_is_noticed"),
    # A file is overwritten where it stands.
    Mutant("write_file", 'path.with_name(path.name + ".part")', "path",
           "test_a_failure_leaves_the_old_file_and_nothing_else"),
    # Scores are not scaled.
    Mutant("attention", "q @ k.mT / math.sqrt(D)", "q @ k.mT",
           "test_the_readable_form_is_equation_1"),
    # Scores are divided by D, not by its root.
    Mutant("attention", "math.sqrt(D)", "D", "test_the_readable_form_is_equation_1"),
    # Keys are reshaped where they should be transposed.
    Mutant("attention", "q @ k.mT", "q @ k.reshape(*k.shape[:-2], D, S)",
           "test_the_readable_form_is_equation_1"),
    # Weights sum to 1 over the queries.
    Mutant("attention", "scores.softmax(dim=-1).masked_fill", "scores.softmax(dim=-2).masked_fill",
           "test_the_readable_form_is_equation_1"),
    # The mask is the other way round, as in nn.MultiheadAttention.
    Mutant("attention", "scores.masked_fill(~mask", "scores.masked_fill(mask",
           "test_the_readable_form_is_equation_1"),
    # Everybody sees the future, and nobody the past.
    Mutant("causal_mask", "device=device).tril()", "device=device).triu()", "test_masks_by_loops"),
    # A position does not see itself.
    Mutant("causal_mask", "device=device).tril()", "device=device).tril(-1)",
           "test_masks_by_loops"),
    # A band is one too wide.
    Mutant("banded_mask", ".triu(1 - width)", ".triu(-width)", "test_masks_by_loops"),
    # Only the filling is looked at.
    Mutant("padding_mask", "idx != pad", "idx == pad",
           "test_attention.py::test_a_padded_sequence_gives_what_it_gives_alone"),
    # Who may look at nothing looks at everything.
    Mutant("attention", "scores.softmax(dim=-1).masked_fill(~mask, 0)", "scores.softmax(dim=-1)",
           "test_who_may_look_at_nothing_takes_in_nothing"),
    # Who may look at nothing becomes nan.
    Mutant("attention", "torch.finfo(scores.dtype).min", "-math.inf",
           "test_nan_never_comes_up_on_the_way_back"),
    # The fused path sees the future.
    Mutant("fused_attention", "is_causal=causal", "is_causal=False",
           "test_causal_is_a_mask_like_any_other"),
    # A causal head forgets the padding.
    Mutant("_in_the_past", "past if mask is None else mask & past", "past",
           "test_causal_is_a_mask_like_any_other"),
    # What is recorded is not what was computed.
    Mutant("Attention.forward", "_in_the_past(mask, q, self.band)",
           "_in_the_past(None, q, self.band)", "test_what_is_recorded_is_what_was_computed"),
    # Queries and keys are swapped.
    Mutant("Head.forward", "self.query(x), self.key(memory)", "self.key(x), self.query(memory)",
           "test_a_head_is_its_three_projections_and_attention"),
    # Cross-attention hands over keys for values.
    Mutant("Head.forward", "self.value(memory)", "self.key(memory)",
           "test_a_head_is_its_three_projections_and_attention"),
    # Maps are drawn with dropout.
    Mutant("attention_maps", "evaluating(model), record_attention", "record_attention",
           "test_maps_are_arrays_of_the_last_call_without_dropout"),
    # A model goes on recording.
    Mutant("record_attention", "part.record = before[name]", "pass",
           "test_recording_ends_when_something_goes_wrong"),
    # Heads are torn out of the row as it lies, and hold pieces of other positions.
    Mutant("MultiHeadAttention.forward", "self.query(x).view(B, T, H, D).transpose(1, 2)",
           "self.query(x).view(B, H, T, D)", "test_it_is_a_loop_over_heads"),
    # Heads are joined without being swapped back.
    Mutant("MultiHeadAttention.forward", "mixed.transpose(1, 2).flatten(2)",
           "mixed.reshape(B, T, H * D)", "test_multi_head.py::test_it_is_pytorchs"),
    # Every head looks with the channels of another.
    Mutant("MultiHeadAttention.forward", "self.key(memory).view(B, S, H, D).transpose(1, 2)",
           "self.key(memory).view(B, S, H, D).transpose(1, 2).flip(1)",
           "test_it_is_a_loop_over_heads"),
    # All heads of cross-attention hand over keys for values.
    Mutant("MultiHeadAttention.forward", "self.value(memory)", "self.key(memory)",
           "test_maps_have_every_head_and_what_it_did"),
    # What the heads found is not mixed.
    Mutant("MultiHeadAttention.forward", "self.proj(mixed.transpose(1, 2).flatten(2))",
           "mixed.transpose(1, 2).flatten(2)", "test_maps_have_every_head_and_what_it_did"),
    # All rows of a batch have the filling of the first.
    Mutant("MultiHeadAttention.forward", "mask.unsqueeze(-3)", "mask.unsqueeze(-3)[:1]",
           "test_multi_head.py::test_a_padded_sequence_gives_what_it_gives_alone"),
    # Wide attention is no wider than any other.
    Mutant("MultiHeadAttention.__init__", "n_embd // n_head if head_size is None else head_size",
           "n_embd // n_head", "test_parameters_by_head_size"),
    # The readable path drops nothing.
    Mutant("attention", "F.dropout(weights, dropout)", "weights",
           "test_both_paths_drop_the_same_weights"),
    # The rest of a row is scaled up to 1.
    Mutant("attention", "F.dropout(weights, dropout)",
           "F.normalize(F.dropout(weights, dropout), p=1, dim=-1)",
           "test_dropout_comes_after_the_softmax"),
    # What is dropped is scores: a softmax follows.
    Mutant("attention", "if mask is None: weights = scores.softmax(dim=-1)",
           "if mask is None: weights = F.dropout(scores, dropout).softmax(dim=-1); dropout = 0.0",
           "test_dropout_comes_after_the_softmax"),
    # The fused path drops nothing.
    Mutant("Attention.forward", "fused_attention(q, k, v, mask, causal, dropout)",
           "fused_attention(q, k, v, mask, causal)", "test_dropout_comes_after_the_softmax"),
    # It goes on dropping when it is used.
    Mutant("Attention.forward", "self.dropout if self.training else 0.0", "self.dropout",
           "test_multi_head.py::test_without_training_nothing_is_dropped"),
    # Where a mask is given, the readable path drops nothing.
    Mutant("attention", "F.dropout(weights, dropout)",
           "(weights if mask is not None else F.dropout(weights, dropout))",
           "test_dropout_comes_after_the_softmax"),
    # Where a mask is given, the fused path drops nothing.
    Mutant("fused_attention", "mask, dropout", "mask, dropout if mask is None else 0.0",
           "test_dropout_comes_after_the_softmax"),
    # One head without others drops nothing.
    Mutant("fused_attention", "mask, causal, dropout)[:, 0]", "mask, causal)[:, 0]",
           "test_dropout_comes_after_the_softmax"),
    # Narrow values are made by the map for keys.
    Mutant("NarrowAttention.__init__", "self.value = SliceLinear(n_head, self.head_size, shared)",
           "self.value = self.key", "test_narrow.py::test_parameters"),
    # Every head gets each H-th channel, not a slice.
    Mutant("SliceLinear.forward", "x.view(B, T, H, D).transpose(1, 2)",
           "x.view(B, T, D, H).permute(0, 3, 1, 2)", "test_each_head_sees_its_slice"),
    # Maps are applied the other way round than nn.Linear's.
    Mutant("SliceLinear.forward", "self.weight.mT", "self.weight",
           "test_it_has_blocks_along_a_diagonal"),
    # Nothing is shared.
    Mutant("SliceLinear.__init__", "1 if shared else n_head", "n_head",
           "test_narrow.py::test_parameters"),
    # Narrow maps begin as if each saw all channels.
    Mutant("SliceLinear.__init__", "math.sqrt(head_size)", "math.sqrt(head_size * n_head)",
           "test_it_begins_as_linear_maps_of_its_size_begin"),
    # The reader forgets what it has just read.
    Mutant("AttentionOnly.forward", "x + self.attn(x, causal=True)", "self.attn(x, causal=True)",
           "test_it_adds_what_it_found_to_what_it_has"),
    # Each wave is as long as the square root of the right one.
    Mutant("sinusoidal", "** (torch.arange(0, C, 2", "** (0.5 * torch.arange(0, C, 2",
           "test_waves_are_the_papers"),
    # First all sines, then all cosines.
    Mutant("sinusoidal", "torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)",
           "torch.cat([angles.sin(), angles.cos()], dim=-1)", "test_waves_are_the_papers"),
    # The norms stand before the layers where they should stand after the sums.
    Mutant("Block.forward", "x = self.ln_1(x + self.dropout(attn(x)))",
           "x = x + self.dropout(attn(self.ln_1(x)))", "test_a_block_is_pytorchs_layer"),
    # What was there is normed, too, where only the layer's input should be.
    Mutant("Block.forward", "x = x + self.dropout(attn(self.ln_1(x)))",
           "x = self.ln_1(x); x = x + self.dropout(attn(x))",
           "test_a_block_is_pytorchs_layer"),
    # A layer's output is normed, and then added.
    Mutant("Block.forward", "self.ln_2(x + self.dropout(self.mlp(x)))",
           "x + self.ln_2(self.dropout(self.mlp(x)))", "test_a_block_is_pytorchs_layer"),
    # Nothing is added to what was there.
    Mutant("Block.forward", "x = x + self.dropout(self.mlp(self.ln_2(x)))",
           "x = self.dropout(self.mlp(self.ln_2(x)))", "test_a_block_is_pytorchs_layer"),
    # Dropout falls on the sum.
    Mutant("Block.forward", "self.ln_1(x + self.dropout(attn(x)))",
           "self.ln_1(self.dropout(x + attn(x)))",
           "test_dropout_falls_on_what_a_layer_adds_and_spares_what_was_there"),
    # One norm serves both attentions.
    Mutant("Block.forward", "self.cross(self.ln_cross(x)", "self.cross(self.ln_1(x)",
           "test_transformer.py::test_it_is_pytorchs"),
    # Attention weights are dropped, too, as in PyTorch's layers.
    Mutant("Block.__init__", "self.attn = MultiHeadAttention(C, H, config.attn_dropout",
           "self.attn = MultiHeadAttention(C, H, config.dropout",
           "test_dropout_falls_where_the_paper_has_it"),
    # Something is dropped inside the feed-forward layer.
    Mutant("FeedForward.forward", "self.activation(self.fc(x))",
           "F.dropout(self.activation(self.fc(x)), 0.1, self.training)",
           "test_dropout_falls_where_the_paper_has_it"),
    # The decoder looks at itself twice and never at memory.
    Mutant("Block.forward", "self.cross(x, memory, memory_mask)", "self.cross(x)",
           "test_every_position_of_a_decoder_looks_at_all_of_memory_that_the_mask_leaves"),
    # The decoder looks at the filling of the source.
    Mutant("Block.forward", "self.cross(x, memory, memory_mask)", "self.cross(x, memory)",
           "test_a_pair_gives_what_it_gives_alone_however_it_is_filled_up"),
    # Two maps with nothing between them are one.
    Mutant("FeedForward.forward", "self.activation(self.fc(x))", "self.fc(x)",
           "test_feed_forward_is_equation_2"),
    # The feed-forward layer is as narrow as the rest.
    Mutant("_Stack.n_inner", "4 * self.n_embd", "self.n_embd",
           "test_the_papers_models_have_the_sizes_that_are_written_down"),
    # The encoder looks at the filling of the source.
    Mutant("Transformer.encode", "block(x, mask)", "block(x)",
           "test_a_pair_gives_what_it_gives_alone_however_it_is_filled_up"),
    # The encoder reads as if it had to write.
    Mutant("Transformer.encode", "block(x, mask)", "block(x, mask, causal=True)",
           "test_a_word_of_the_source_is_read_with_those_after_it"),
    # The decoder sees the words that it should find.
    Mutant("Transformer.decode", "causal=True", "causal=False",
           "test_later_words_change_nothing_that_was_said_before"),
    # Embeddings drown in the waves of the positions.
    Mutant("Transformer.embed", "math.sqrt(C) * x", "x",
           "test_embeddings_are_scaled_and_positions_are_not"),
    # Positions are scaled as well.
    Mutant("Transformer.embed", "math.sqrt(C) * x + self.pos_emb(positions)",
           "math.sqrt(C) * (x + self.pos_emb(positions))",
           "test_embeddings_are_scaled_and_positions_are_not"),
    # No word knows where it stands.
    Mutant("Transformer.embed", "math.sqrt(C) * x + self.pos_emb(positions)", "math.sqrt(C) * x",
           "test_only_positions_tell_the_order_of_the_source"),
    # Embeddings are not dropped.
    Mutant("Transformer.embed", "self.dropout(math.sqrt(C) * x + self.pos_emb(positions))",
           "math.sqrt(C) * x + self.pos_emb(positions)",
           "test_dropout_falls_where_the_paper_has_it"),
    # With norms before the layers, what the stacks end in is not normed.
    Mutant("Transformer.decode", "self.ln_f(x)", "x", "test_transformer.py::test_it_is_pytorchs"),
    # Nor is the memory.
    Mutant("Transformer.encode", "self.ln_memory(x)", "x", "test_stacks_end_in_a_norm"),
    # The output reads a copy of the table, which learns nothing from it.
    Mutant("Transformer.decode", "self.tok_emb.weight", "self.tok_emb.weight.detach()",
           "test_transformer.py::test_it_is_pytorchs"),
    # Embeddings begin as large as PyTorch makes them.
    Mutant("Transformer.__init__", "std=C**-0.5", "std=1.0",
           "test_transformer.py::test_the_first_parameters"),
    # Targets are as hard as ever.
    Mutant("token_losses", "label_smoothing=label_smoothing", "label_smoothing=0.0",
           "test_label_smoothing_is_its_definition"),
    # The fall is a step late.
    Mutant("learning_rate", "config.warmup / after", "config.warmup / step",
           "test_inverse_sqrt_is_equation_3"),
    # It falls like 1 / step.
    Mutant("learning_rate", "math.sqrt(config.warmup / after)",
           "(config.warmup / after)", "test_inverse_sqrt_is_equation_3"),
    # The optimizer keeps its own eps.
    Mutant("make_optimizers", "betas=config.betas, eps=config.eps", "betas=config.betas",
           "test_without_decay_the_steps_are_those_of_adam"),
    # The optimizer keeps its own betas.
    Mutant("make_optimizers", "betas=config.betas, eps=config.eps", "eps=config.eps",
           "test_without_decay_the_steps_are_those_of_adam"),
    # Muon's matrices decay, as PyTorch lets them unless told otherwise.
    Mutant("make_optimizers", "p not in hidden", "True",
           "test_muon_has_the_matrices_in_blocks_and_adamw_all_else"),
    # Muon has the table of tokens too.
    Mutant("_hidden", "if part.weight not in heads", "", "test_heads_are_not_muons"),
    # AdamW has no matrix, and nobody the table of tokens.
    Mutant("make_optimizers", "[p for p in matrices if p not in hidden]", "[]",
           "test_muon_has_the_matrices_in_blocks_and_adamw_all_else"),
    # Muon's steps are as long as AdamW's would be.
    Mutant("Muon.step", "math.sqrt(max(1, rows / cols))", "1",
           "test_taller_matrices_take_larger_steps"),
    # Muon has AdamW's rate.
    Mutant("train:train", 'learning_rate(step, config, group["highest"])',
           "learning_rate(step, config)",
           "test_each_optimizer_takes_its_steps_at_its_own_rate"),
    # The momentum that was asked for is not Muon's.
    Mutant("make_optimizers", "momentum=config.muon_momentum", "momentum=0.95",
           "test_muons_steps_are_those_by_hand"),
    # Muon's rate does not rise.
    Mutant("learning_rate", "step < config.warmup",
           "step < config.warmup and highest == config.learning_rate",
           "test_another_highest_rate_changes_only_the_scale"),
    # Gradients of a step's batches are added up, and their mean is not taken.
    Mutant("train:train",
           "torch._foreach_div_([p.grad for p in parameters if p.grad is not None], asked)",
           "pass", "test_a_run_is_what_the_same_steps_by_hand_are"),
    # Each batch wipes out the gradient of those before it.
    Mutant("train:train", "total.backward()", "model.zero_grad(); total.backward()",
           "test_a_step_on_some_batches_is_one_on_all_their_rows"),
    # The last step is taken on too few batches.
    Mutant("train:train", "len(parts) < due", "not parts",
           "test_no_step_is_taken_on_fewer_batches_than_it_needs"),
    # The type is accepted and ignored.
    Mutant("train:train", "enabled=low", "enabled=False",
           "test_bfloat16_changes_the_losses_a_little_and_no_type"),
    # What was broken off goes on with new memories.
    Mutant("train:train", "if optimizers is None else optimizers", "",
           "test_what_was_stopped_goes_on_as_if_it_had_not_been"),
    Mutant("load_optimizer_state", "tensor.to(p.device)", "0 * tensor.to(p.device)",
           "test_what_was_broken_off_goes_on_as_if_it_had_not_been"),
    # The rate rises a second time.
    Mutant("train:train", "range(done, config.max_iters)", "range(config.max_iters - done)",
           "test_what_was_stopped_goes_on_as_if_it_had_not_been"),
    # The average is the latest state.
    Mutant("average", "torch.stack([s[name] for s in states]).mean(0)", "states[-1][name].clone()",
           "test_an_average_is_the_mean_of_each_parameter"),
    # What has ended is forgotten.
    Mutant("beam_search", "following[..., end][done] = 0", "pass",
           "test_as_wide_as_all_there_is_it_finds_the_best"),
    # What has ended pays on.
    Mutant("beam_search", "following[done] = -math.inf\nfollowing[..., end][done] = 0",
           "following[..., :end][done] = following[..., end + 1 :][done] = -math.inf",
           "test_what_has_ended_pays_no_more_and_grows_no_longer"),
    # What has ended grows on, by its filling.
    Mutant("beam_search", "length + ~done", "length + 1",
           "test_what_has_ended_pays_no_more_and_grows_no_longer"),
    # Length makes a row worse.
    Mutant("beam_search", "log_p / ((5 + length) / 6)", "log_p * ((5 + length) / 6)",
           "test_as_wide_as_all_there_is_it_finds_the_best"),
    # The likeliest is taken, whatever its length.
    Mutant("beam_search", "score.argmax(1)", "log_p.argmax(1)",
           "test_a_longer_row_may_be_less_likely"),
    # A beginning goes on from one that it is not.
    Mutant("beam_search", "idx[rows], token", "idx, token",
           "test_as_wide_as_all_there_is_it_finds_the_best"),
    # It is as long as what stood in its place.
    Mutant("beam_search", "(length + ~done).gather(1, parent)", "length + ~done",
           "test_as_wide_as_all_there_is_it_finds_the_best"),
    # All beginnings are the same, and the beam is as narrow as greed.
    Mutant("beam_search", "log_p[:, 0] = 0", "log_p[:] = 0", "test_a_beam_finds_what_greed_misses"),
    # Rows go on from beginnings of other rows.
    Mutant("beam_search", "parent + K * torch.arange", "parent + torch.arange",
           "test_a_row_finds_in_a_batch_what_it_finds_alone"),
    # Logits are added where logarithms of probabilities should be.
    Mutant("beam_search", ".log_softmax(-1)", "", "test_as_wide_as_all_there_is_it_finds_the_best"),
    # Each word says itself.
    Mutant("_batch", "target[1:]", "target[:-1]",
           "test_targets_are_what_comes_next_with_the_end_last"),
    # The filling is asked for.
    Mutant("_batch", "True, IGNORE", "True, WordTokenizer.pad",
           "test_targets_are_what_comes_next_with_the_end_last"),
    # Short pairs are filled up to the longest of all.
    Mutant("all_pair_batches", "sorted(pairs, key=lambda pair: (len(pair[1]), len(pair[0])))",
           "pairs", "test_pairs_of_a_length_come_together"),
    # A batch is as large as its last pair lets it be.
    Mutant("all_pair_batches", "max(longest, size)", "size",
           "test_no_batch_is_larger_than_it_may_be_and_none_is_smaller_than_it_must"),
    # The longest pairs are left over.
    Mutant("all_pair_batches", "rows.append(pair)\nyield _batch(rows)", "rows.append(pair)",
           "test_every_pair_comes_once"),
    # The same pairs always come together.
    Mutant("pair_batches", "[pairs[i] for i in torch.randperm(len(pairs), generator=generator)]",
           "pairs", "test_batches_without_end_bring_each_pair_once_and_then_each_again"),
    # Every epoch goes from short to long.
    Mutant("pair_batches", "torch.randperm(len(cut), generator=generator).tolist()",
           "list(range(len(cut)))",
           "test_batches_without_end_bring_each_pair_once_and_then_each_again"),
    # A space follows an elision.
    Mutant("join_words", "|(?<=') \"", '"', "test_words_and_marks_by_hand"),
    # What looks the same has other ids.
    Mutant("Corpus.of_texts", "map(tokenizer.normalize, (train_text, valid_text))",
           "(train_text, valid_text)", "test_a_text_of_characters_is_composed"),
    Mutant("write", "tokenizer.normalize(clean(prompt))", "clean(prompt)",
           "test_a_prompt_is_cleaned_as_texts_are"),
    Mutant("write", "tokenizer.normalize(clean(prompt))", "tokenizer.normalize(prompt)",
           "test_a_prompt_is_cleaned_as_texts_are"),
    # Pairs that were never seen are taken for others.
    Mutant("pair_loss", "torch.where(seen[at] == wanted, counts[at], 0)", "counts[at]",
           "test_the_loss_of_counted_pairs_without_their_table"),
    Mutant("pair_loss", "pseudo * vocab_size", "pseudo",
           "test_the_loss_of_counted_pairs_without_their_table"),
    # However many different tokens followed a context, it is trusted the same.
    Mutant("NGram.probs", "types[context] * shorter", "shorter",
           "test_what_may_follow_has_probability_1"),
    # A context that was never seen is taken for the next in the table.
    Mutant("NGram.probs", "torch.where(seen, at, -1)", "at",
           "test_probabilities_are_those_of_the_formula"),
    # Files follow in the order in which the disk has them.
    Mutant("_paths", "sorted(p for p in glob.glob(path, recursive=True) if os.path.isfile(p))",
           "[p for p in glob.glob(path, recursive=True) if os.path.isfile(p)][::-1]",
           "test_a_pattern_names_files_in_order"),
    # The last word of a file and the first of the next are one.
    Mutant("load_texts", 'f"{text}\\n"', "text", "test_texts_of_several_files"),
    # The validation paragraphs are also trained on.
    Mutant("split_paragraphs", "if (i in valid) == asked", "if not asked or i in valid",
           "test_each_paragraph_is_in_one_part"),
    # The seed does not matter.
    Mutant("split_paragraphs", "random.Random(seed)", "random.Random(0)",
           "test_the_seed_draws_the_paragraphs"),
    # The trial sees the validation text.
    Mutant("commands:begin", "decide(settings, given, texts[0], trial_run)",
           "decide(settings, given, texts[1], trial_run)", "test_a_trial_has_its_own_text"),
    # What a flag says is overruled.
    Mutant("decide", 'if "tokenizer" in given', "if False", "test_a_flag_counts_more_than_a_trial"),
    Mutant("decide", 'if "dropout" in given', "if False", "test_a_flag_counts_more_than_a_trial"),
    Mutant("decide", 'if "max_iters" not in given', "if True",
           "test_a_flag_counts_more_than_a_trial"),
    Mutant("decide", 'if "eval_interval" not in given', "if True",
           "test_a_flag_counts_more_than_a_trial"),
    # The worst attempt wins.
    Mutant("decide", "best = min(attempt", "best = max(attempt", "test_the_best_attempt_wins"),
    Mutant("decide", "> best: break", "< best: break", "test_the_best_attempt_wins"),
    # A longer run has the rates of the old one.
    Mutant("commands:resume", "train=replace(before.train, **longer)", "train=before.train",
           "test_a_finished_run_goes_on_as_a_longer_one"),
    # A model that is to be trained on begins anew.
    Mutant("commands:make_run", "if start:", "if False:",
           "test_a_trained_model_is_trained_on_another_text"),
    # Bits per character, not per byte.
    Mutant("commands:evaluate", "len(text.encode())", "len(text)", "test_bits_are_per_byte"),
    Mutant("commands:evaluate", "math.exp(nats)", "math.exp(nats * part.tokens_per_character)",
           "test_evaluate_by_hand"),
    # Of pairs equally frequent, the one of the larger ids is merged.
    Mutant("train_naive", "(-counts[pair], pair)", "(-counts[pair], (-pair[0], -pair[1]))",
           "test_of_pairs_equally_frequent_the_one_of_the_smaller_ids_is_merged"),
    # The one met first is merged.
    Mutant("train_naive", "(-counts[pair], pair)", "-counts[pair]",
           "test_of_pairs_equally_frequent_the_one_of_the_smaller_ids_is_merged"),
    Mutant("bpe:train", "queue, tokens = [(-how_often[pair], pair) for pair in changed]",
           "queue, tokens = [(-how_often[pair], pair) for pair in changed if pair[0] < 128]",
           "test_training_fast_and_slowly_is_the_same"),
    # In aaa, the pair aa is there once.
    Mutant("train_naive", "Counter(pair for ids in pieces for pair in pairwise(ids))",
           "Counter(pair for ids in pieces for pair in zip(ids[::2], ids[1::2]))",
           "test_training_fast_and_slowly_is_the_same"),
    # Pairs merge from right to left.
    Mutant("bpe:train", "sorted(where.pop(pair))", "sorted(where.pop(pair), reverse=True)",
           "test_training_fast_and_slowly_is_the_same"),
    # A pre-token that comes a hundred times counts once.
    Mutant("bpe:train", "times += [n] * len(raw)", "times += [1] * len(raw)",
           "test_hugging_face_trains_the_same_on_tales"),
    # What a merge tears apart still counts.
    Mutant("bpe:train", "add(left, i, -1)", "pass", "test_training_fast_and_slowly_is_the_same"),
    Mutant("bpe:train", "add(j, right, -1)", "pass", "test_training_fast_and_slowly_is_the_same"),
    # A pair that has become rarer is merged too early, or never.
    Mutant("bpe:train", "if -n != how_often[pair]:", "if not how_often[pair]:",
           "test_hugging_face_trains_the_same_on_tales"),
    Mutant("bpe:train", "if how_often[pair]:", "if False:",
           "test_hugging_face_trains_the_same_on_tales"),
    # A pair that comes once is merged.
    Mutant("bpe:train", "if n > -2", "if n > -1", "test_merging_ends_when_no_pair_comes_twice"),
    # A merge takes what is left of another.
    Mutant("bpe:merge", "i += 2 if found else 1", "i += 1",
           "test_overlapping_pairs_are_all_counted_and_merged_from_the_left"),
    # The longest token is joined first, not the one learned first.
    Mutant("encode_naive", "id_of.get(joined[i], math.inf)",
           "-len(joined[i]) if joined[i] in id_of else math.inf",
           "test_encoding_fast_and_slowly_is_the_same"),
    # The token learned last is joined first.
    Mutant("encode_naive", "id_of.get(joined[i], math.inf)",
           "-id_of.get(joined[i], -math.inf)", "test_the_pair_learned_first_is_joined_first"),
    # The last of several spaces is not left to the next word.
    Mutant("PATTERN", r"|\s+(?!\S)", "", "test_pre_tokens_by_hand"),
    # Endings in capitals are endings, too.
    Mutant("PATTERN", "'s|'t", "'[sS]|'t", "test_pre_tokens_by_hand"),
    # A number ends in the word after it.
    Mutant("PATTERN", r" ?\p{L}+| ?\p{N}+", r" ?[\p{L}\p{N}]+",
           "test_hard_cases_are_hugging_face_s_too"),
    # A long text is cut inside a pre-token.
    Mutant("chunks", "edge.start() if edge else len(text)", "start + size",
           "test_no_pre_token_is_cut_however_small_the_chunks"),
    Mutant("EDGE", r"(?<=\S)\s", r"\s", "test_no_pre_token_is_cut_however_small_the_chunks"),
    # Whoever writes a prompt may end a document.
    Mutant("BPETokenizer.encode", "allowed_special=allowed", 'allowed_special="all"',
           "test_no_text_makes_a_special_token_unless_allowed"),
    # What is allowed is not recognized.
    Mutant("BPETokenizer.encode", "allowed_special=allowed", "allowed_special=set()",
           "test_special_tokens_have_the_ids_after_the_others"),
    # All special tokens are shown as the first.
    Mutant("BPETokenizer._bytes_of", "self.special[i - n]", "self.special[0]",
           "test_a_special_token_is_shown_by_its_name"),
    # Special tokens come on top of the size that was asked for.
    Mutant("BPETokenizer.from_text", "train(text, vocab_size - len(special))",
           "train(text, vocab_size)", "test_special_tokens_count_in_the_size"),
    # Half a character is a question mark in a box.
    Mutant("BPETokenizer.decode", '"ignore"', '"replace"', "test_half_a_character_is_left_out"),
    # A prompt ends in a space, or loses its line break.
    Mutant("BPETokenizer.as_prompt", 'text.rstrip(" ")', "text",
           "test_bpe.py::test_a_prompt_leaves_the_space_to_the_word_after_it"),
    Mutant("BPETokenizer.as_prompt", 'text.rstrip(" ")', "text.rstrip()",
           "test_bpe.py::test_a_prompt_leaves_the_space_to_the_word_after_it"),
    # A token comes twice, so that the first of its ids is never used.
    Mutant("BPETokenizer._check", "if token in seen or not (", "if not (",
           "test_a_token_that_comes_twice"),
    # Any bytes will do for GPT-2's tokens.
    Mutant("gpt2_tokenizer", "!= GPT2_SHA256", '== ""', "test_a_damaged_file_of_gpt2_s_tokens"),
    # The first words have the ids that mean none.
    Mutant("WordTokenizer.__init__", "enumerate(self.words, self.end + 1)", "enumerate(self.words)",
           "test_ids_of_words_come_after_those_that_mean_no_word"),
    # A beginning looks at the source of another.
    Mutant("translate_batch.next_logits", "memory.repeat_interleave(K, dim=0)",
           "memory.repeat(K, 1, 1)", "test_a_text_becomes_what_it_becomes_alone"),
    # Translations stay sorted by length.
    Mutant("translate", "zip(rows, idx, strict=True)", "enumerate(idx, k)",
           "test_a_text_becomes_what_it_becomes_alone"),
    # The first word is found again and again.
    Mutant("translate_batch.next_logits", "[:, -1]", "[:, 0]", "test_a_beam_of_1_is_a_greedy_loop"),
    # A short text may become as long as the longest beside it.
    Mutant("translate_batch", "mask.sum((1, 2))", "0 * mask.sum((1, 2)) + src.shape[1]",
           "test_it_has_at_most_50_tokens_more_than_its_source"),
    # It is translated with dropout.
    Mutant("translate_batch", "evaluating(model)", "evaluating(model.tok_emb)",
           "test_it_translates_in_evaluation_mode_and_leaves_the_mode_as_it_was"),
    # Explorer: the map is transposed, and keys ask.
    Mutant("AttentionExplorer._draw", "heat_map(looks, mask", "heat_map(looks.T, mask.T",
           "test_self_attention"),
    # What is masked is shown, and the rest hatched.
    Mutant("heat_map", "alpha=mask.astype(float)", "alpha=1.0 - mask", "test_self_attention"),
    # The strip hatches what may be looked at.
    Mutant("strip", "looks is not None and mask[s]", "looks is not None and not mask[s]",
           "test_self_attention"),
    # The sentence tells the weakest.
    Mutant("sentence", "np.argsort(-looks, kind", "np.argsort(looks, kind",
           "test_explorer.py::test_the_sentence"),
    # The frame is a row too low.
    Mutant("heat_map", "asks * cell", "(asks + 1) * cell", "test_self_attention"),
    # The strip and the sentence are those of the first token.
    Mutant("AttentionExplorer._draw", "self.token.value", "0", "test_self_attention"),
    # A token is taken for HTML, in the strip or under the mouse.
    Mutant("strip", "escape(shown)", "shown", "test_explorer.py::test_tokens_are_text"),
    Mutant("_cells", '[f"“{escape(visible(name))}”', '[f"“{visible(name)}”',
           "test_explorer.py::test_tokens_are_text"),
    # Another head is chosen, and the first one shown.
    Mutant("AttentionExplorer._draw", "self.weights[layer, head], self.mask[layer, head]",
           "self.weights[layer, 0], self.mask[layer, 0]", "test_self_attention"),
    # Another layer is chosen, and the first one shown.
    Mutant("AttentionExplorer._draw", "self.weights[layer, head], self.mask[layer, head]",
           "self.weights[0, head], self.mask[0, head]", "test_self_attention"),
    # The picture that stands in is always that of the first head.
    Mutant("AttentionExplorer._repr_mimebundle_",
           "(self.weights[layer, head], self.mask[layer, head])",
           "(self.weights[0, 0], self.mask[0, 0])",
           "test_the_picture_shows_the_chosen_head"),
    # Each map has a colour scale of its own.
    Mutant("heat_map", "LOOKS(looks", "LOOKS(looks / looks.max()",
           "test_the_colour_scale_is_the_same_in_every_map"),
    # The widget looks into the caller's array, which changes.
    Mutant("_check_weights", "np.asarray(weights).astype(float)",
           "np.asarray(weights, dtype=float)",
           "test_explorer.py::test_the_arrays_are_the_explorers_own"),
    # A mask that is transposed goes unnoticed.
    Mutant("_check_mask", "weights > 0", "weights > 1", "test_explorer.py::test_mistakes"),
    # In a picture for print, what is masked is white, as if it were zero.
    Mutant("panel", "np.ma.array(shown, mask=~mask)",
           "np.ma.array(np.where(mask, shown, 0), mask=False)", "test_plot.py::test_weights"),
    # De le is not contracted.
    Mutant("contract", '("de", "le"): "du"', '("de", "le"): "de le"', "test_possession"),
    # L'hibou: an aspirated h is taken for a mute one.
    Mutant("vowel_sound", "not word.startswith(ASPIRATED)", "True", "test_no_vowel_sounds"),
    # Sa horloge: no son before a feminine vowel sound.
    Mutant("possessive", '"sa" if gender == "f" and not vowel_sound(following) else "son"',
           '"sa" if gender == "f" else "son"', "test_noun_phrases"),
    # Ce oiseau.
    Mutant("demonstrative", '"cet" if vowel_sound(following) else "ce"', '"ce"',
           "test_noun_phrases"),
    # Des chevals.
    Mutant("plural", 'word[:-1] + "ux"', 'word + "s"', "test_plurals_of_nouns"),
    # Des petites balles.
    Mutant("french_determiner", "denied or (many and short)", "denied", "test_noun_phrases"),
    # Du says 's, and nothing says the.
    Mutant("french.phrases:joined", "last.says + first.says", "last.says",
           "test_alignment_of_possession"),
    # Il l'a donné, of a key: the participle does not agree.
    Mutant("does", "participle = grammar.agree(participle, what.gender, what.many)", "pass",
           "test_object_pronouns"),
    # Le n'a pas vu: the pronoun stands before ne.
    Mutant("does", "around(denying, (*before, auxiliary), second)",
           "(*before, *around(denying, (auxiliary,), second))", "test_object_pronouns"),
    # Veut ouvrir la: the pronoun stands after the infinitive.
    Mutant("to_do", "before + said", "said + before",
           "test_the_pronoun_stands_before_an_infinitive"),
    # Anna and Tom are elles.
    Mutant("both", '"f" if first.gender == second.gender == "f" else "m"', "first.gender",
           "test_two_people_are_masculine_unless_both_are_feminine"),
    # Other combinations are held out than the data's.
    Mutant("held_out", "digest[0] % 8 == 1", "digest[0] % 8 == 2", "test_held_out_combinations"),
    # Keys and values change their colours.
    Mutant("encoder_decoder", '(("k", KEY, 0.08, -0.03), ("v", VALUE, 0.19, 0.31))',
           '(("k", VALUE, 0.08, -0.03), ("v", KEY, 0.19, 0.31))',
           "test_keys_and_values_come_from_memory_and_queries_from_below"),
    # Cross-attention is drawn with the causal mask.
    Mutant("encoder_decoder", 'masks["cross"]', 'masks["decoder"]',
           "test_masks_stand_where_they_act"),
    # Post-norm is drawn with its norms on the branches.
    Mutant("steps_of", 'cut.index("dropout") + 1', "len(cut)", "test_block_orders"),
    # Source and target of a link change places.
    Mutant("alignment", "left + s * cell + inset, top + t * cell + inset",
           "left + t * cell + inset, top + s * cell + inset", "test_alignment"),
    # What has ended is dropped, and the check calls that right.
    Mutant("_search", "[b] if done(b)", "[] if done(b)", "test_beam"),
    # The check wants a variance divided by C - 1.
    Mutant("_norms", "math.sqrt(var + 1e-5)", "math.sqrt(var * C / (C - 1) + 1e-5)",
           "test_layer_norm"),
    # The check spreads over the other words only.
    Mutant("check_smoothed", "rest + each", "rest", "test_smoothed"),
    # The check wants another rise.
    Mutant("check_rate.rate", "step * w**-1.5", "step * w**-0.5", "test_rate"),
    # The check's blocks have no residual connections.
    Mutant("exercises.transformer_blocks:_post", "x + step.layer(x)", "step.layer(x)",
           "test_encoder_block"),
    # The check lets the encoder look at padding.
    Mutant("_encoder", "partial(right.attn, mask=mask)", "right.attn", "test_encoder_block"),
    # The check's decoder sees the words to come.
    Mutant("_decoder", "partial(right.attn, causal=True)", "right.attn", "test_decoder_block"),
    # The check asks each position for what it reads.
    Mutant("check_teacher_forcing", "[*ids, end]", "[start, *ids]", "test_teacher_forcing"),
    # A word that looks away from what it stands for is a hit.
    Mutant("agreement", "np.argmax(weights[j])", "np.argmin(weights[j])",
           "test_a_hit_is_a_row_whose_largest_weight_is_at_a_link"),
    # Rows are named after the word that is asked for, and begin with it.
    Mutant("alignment:cross_attention", "target[None, :-1]", "target[None, 1:]",
           "test_weights_are_those_of_each_block_and_head"),
    # A decoder's block that was given no memory looks at itself instead, and at its future.
    Mutant("Block.forward", "(memory is None) != (self.cross is None)", "False",
           "test_memory_and_cross_attention_come_together"),
    # What comes after others stands where the first tokens stand.
    Mutant("KeyValueCache.positions", "self.length[:, None] + torch.arange(T)",
           "0 * self.length[:, None] + torch.arange(T)",
           "test_however_a_text_is_cut_it_says_the_same"),
    # And one place too early.
    Mutant("GPT.hidden", "self.pos_emb(positions)", "self.pos_emb((positions - 1).clamp(min=0))",
           "test_it_writes_what_transformers_write"),
    # All rows go on from where the longest does.
    Mutant("KeyValueCache.positions", "self.length[:, None]",
           "self.length.max().expand(len(self.length), 1)",
           "test_rows_of_unequal_length_say_what_they_say_alone"),
    # New keys leave a gap behind those kept.
    Mutant("KeyValueCache.positions", "torch.arange(T)", "torch.arange(T) + 1",
           "test_positions_and_their_mask_are_those_of_loops"),
    # Values are kept where keys should be.
    Mutant("KeyValueCache.extend", "k.to(kept_k.dtype)", "v.to(kept_k.dtype)",
           "test_however_a_text_is_cut_it_says_the_same"),
    # Rows of unequal length are kept as if they were equal.
    Mutant("KeyValueCache.even", "(self.length == self.length[0]).all()", "True",
           "test_rows_of_unequal_length_say_what_they_say_alone"),
    # A single token looks at what padding left behind.
    Mutant("GPT.hidden", "last = T == 1 and cache.even", "last = T == 1",
           "test_rows_of_unequal_length_say_what_they_say_alone"),
    # Several look at all that are kept, so at those after them.
    Mutant("MultiHeadAttention.forward", "and x.shape[1] > 1", "and x.shape[1] > 9",
           "test_with_a_cache_a_mask_must_say_which_keys_are_later"),
    # bfloat16 is as slow as PyTorch's attention in it.
    Mutant("fused_attention", "if low", "if False",
           "test_under_autocast_a_cpu_computes_it_in_float32"),
    # What is laid out has other values.
    Mutant("lay_out", "p.data.t().contiguous().t()", "p.data.t().reshape(p.shape)",
           "test_laid_out_it_computes_the_same"),
    # All matrices are laid out alike.
    Mutant("lay_out", "and p.shape[0] >= p.shape[1]", "",
           "test_the_longer_side_runs_along_memory"),
    # The output layer, a third of GPT-2 small, stays in 32 bits.
    Mutant("quantize", "if model.lm_head is None: "
           "model.lm_head = Int8Linear(model.tok_emb.weight)", "",
           "test_all_linear_layers_of_a_model_get_8_bits"),
    # The outputs of several rows are mixed up.
    Mutant("Int8Linear.forward", "sums.transpose(0, 1).flatten(1)", "sums.reshape(R, -1)",
           "test_a_layer_of_8_bits"),
    # A bias is forgotten.
    Mutant("Int8Linear.forward", "out if self.bias is None else out + self.bias", "out",
           "test_a_layer_of_8_bits"),
    # The slowest is chosen.
    Mutant("find_pace", "min(ms", "max(ms", "test_the_fastest_is_taken"),
    # One slow moment decides.
    Mutant("_ms_per_step", "median(times[1:] or times)",
           "max(times[1:] or times)", "test_one_slow_moment_decides_nothing"),
    # The first steps, which are slow, count.
    Mutant("_ms_per_step", "times[1:] or times", "times",
           "test_the_first_step_is_timed_only_if_there_is_no_other"),
    # Each choice is timed with other batches.
    Mutant("pace:_in", "other.losses = list(run.losses)", "pass",
           "test_a_real_run_takes_the_same_batches_with_each_choice"),
    # The threads of the last choice stay.
    Mutant("find_pace", "torch.set_num_threads(best[0])", "pass", "test_the_fastest_is_taken"),
    # Each tale is read again and again.
    Mutant("load_parts", "train_text + tell_tales(SEEDS)", "train_text",
           "test_the_tales_to_train_on_are_those_of_a_file_and_many_more"),
    # Some are those to validate on.
    Mutant("tell_tales", "if tale.strip() not in to_validate", "",
           "test_no_tale_to_validate_on_is_told"),
    # All layers share the room of the first.
    Mutant("KeyValueCache.extend", "self.keys[layer], self.values[layer]",
           "self.keys[0], self.values[0]", "test_however_a_text_is_cut_it_says_the_same"),
    # Of tokens read together, each sees one that follows it.
    Mutant("past_mask", "back >= 0 if", "back >= -1 if",
           "test_however_a_text_is_cut_it_says_the_same"),
    # In a cached step the band is one too wide.
    Mutant("past_mask", "back < width", "back <= width",
           "test_however_a_text_is_cut_it_says_the_same"),
    # The room for values is what happened to be there.
    Mutant("KeyValueCache.__init__", "self.values = [torch.zeros", "self.values = [torch.empty",
           "test_room_that_nobody_has_filled_spoils_nothing"),
    # With a cache there is no mask: a prompt sees its own future.
    Mutant("GPT.hidden", "past_mask(positions - first, S, band)", "past_mask(positions + S, S)",
           "test_each_token_looks_at_those_kept_and_not_at_those_after_it"),
    # With a cache every block looks at all.
    Mutant("GPT.hidden", "past_mask(positions - first, S, band)", "past_mask(positions - first, S)",
           "test_however_a_text_is_cut_it_says_the_same"),
    # What is kept has fewer bits than the model.
    Mutant("GPT.new_cache", "table.dtype", "None",
           "test_it_has_room_for_two_vectors_a_token_and_layer"),
    # The window is one token short.
    Mutant("_next_logits", "ends - cache.block_size", "ends - cache.block_size + 1",
           "test_generate_writes_what_a_plain_loop_writes"),
    # A shorter row goes on from the filling behind it, with a cache ...
    Mutant("_next_logits", "logits[rows, unread - 1]", "logits[:, -1]",
           "test_a_row_writes_in_a_batch_what_it_writes_alone"),
    # ... and without.
    Mutant("_next_logits", "[rows, ends - 1]", "[:, -1]",
           "test_a_row_with_filling_goes_on_from_its_own_end"),
    # A row that has ended goes on.
    Mutant("sampling:_stream", "new[done] = stop", "pass",
           "test_a_row_that_has_ended_waits_for_the_others"),
    # All end with the first.
    Mutant("sampling:_stream", "done.all()", "done.any()",
           "test_a_row_that_has_ended_waits_for_the_others"),
    # A stop in what is given ends the row.
    Mutant("sampling:_stream", "torch.zeros(B, dtype=torch.bool)", "(idx == stop).any(dim=1).cpu()",
           "test_a_stop_in_what_is_given_ends_nothing"),
    # While it writes, a model that is training is not.
    Mutant("sampling:_stream", "with evaluating(model)", "if model.eval()",
           "test_it_writes_in_evaluation_mode_and_leaves_the_mode_as_it_was"),
    # The band is that of the other blocks.
    Mutant("GPTConfig.bands", "None if (n - self.first_band) % 2 else self.band",
           "self.band if (n - self.first_band) % 2 else None",
           "test_a_token_is_heard_as_far_as_the_band"),
    # All blocks have the band.
    Mutant("GPTConfig.bands", "None if (n - self.first_band) % 2 else self.band", "self.band",
           "test_a_token_is_heard_as_far_as_the_band"),
    # Blocks look one further back than the band says.
    Mutant("Attention.forward", "banded_attention(q, k, v, self.band, dropout)",
           "banded_attention(q, k, v, self.band + 1, dropout)",
           "test_a_token_is_heard_as_far_as_the_band"),
    # What a layer shows is what another band would be.
    Mutant("_in_the_past", "banded_mask(T, band, q.device)", "banded_mask(T, band + 1, q.device)",
           "test_a_layer_with_a_band_looks_no_further_back"),
    # The first block looks at the zeros before it.
    Mutant("banded_attention", "masks[:, 0, :, :width] = False", "pass",
           "test_a_band_in_blocks_is_a_mask_like_any_other"),
    # A block is given the one after it in place of the one before.
    Mutant("banded_attention", "(0, 0, width, after)", "(0, 0, 0, after + width)",
           "test_a_band_in_blocks_is_a_mask_like_any_other"),
    # A banded layer of the cache drops one key too many ...
    Mutant("cache:_first", "- band + 1", "- band + 2",
           "test_a_banded_layer_keeps_its_band_and_what_came_last"),
    # ... or takes back tokens although it has dropped what stood before them.
    Mutant("KeyValueCache.forget", "_first(length, band) < start", "False",
           "test_what_a_banded_layer_has_dropped_cannot_be_brought_back"),
    # Warm-up and decay go by steps, whatever a step takes.
    Mutant("learning_rate", "config.batches_before(n) / config.accumulate", "n",
           "test_a_ramp_of_batches_and_the_rates_go_by_tokens"),
    # A run that is resumed after a ramp of batches leaves some out.
    Mutant("TrainConfig.batches_before", "self._ramp[in_ramp]",
           "in_ramp * self.accumulate", "test_each_step_takes_the_next_batches_of_the_corpus"),
    # Padding counts in the mean that silences a head.
    Mutant("means_of", "[:, real].mean(1)", ".flatten(1, 2).mean(1)",
           "test_means_are_of_the_positions_that_count_and_silence_a_head"),
    # An answer is said to look for its question one token too far.
    Mutant("own_questions", "begins + 1, asked] = True", "begins + 1, asked - 1] = True",
           "test_the_way_from_a_line_to_its_own_question"),
    # Lists that say their rule are among those that do not.
    Mutant("right_by_examples", '(each.named != "")', "0",
           "test_models_and_the_best_reader_are_asked_the_same"),
    # Bands begin with the second block, whatever is wanted.
    Mutant("GPTConfig.bands", "(n - self.first_band) % 2", "n % 2",
           "test_every_second_block_looks_back_as_far_as_its_band"),
    # A line may go on after the answer.
    Mutant("line_probs", 'f" {answer}\\n"', 'f" {answer}"',
           "test_how_likely_a_line_is_to_end_with_an_answer"),
    # All lines begin with the likeliest token.
    Mutant("prompts:likeliest", "topk(n).indices", "topk(1).indices.repeat(n)",
           "test_the_likeliest_lines_begin_with_the_likeliest_tokens"),
    # The name of a rule is read, and forgotten.
    Mutant("Lists.answers", "best(self.families, named,", 'best(self.families, "",',
           "test_a_prompt_is_read_back"),
    # Answers that are not shown are not counted among the others.
    Mutant("with_others", "for probs in shown.values()", "for probs in told.values()",
           "test_what_two_readers_expect_is_drawn_beside_the_prompt"),
    # Rates begin to fall before they should ...
    Mutant("learning_rate", "max(0, fallen)", "abs(fallen)",
           "test_rates_that_are_kept_before_they_fall_and_do_not_fall_to_0"),
    # ... and fall to 0 whatever is wanted.
    Mutant("learning_rate", "(config.decay_to + (1 - config.decay_to) * left)", "left",
           "test_rates_that_are_kept_before_they_fall_and_do_not_fall_to_0"),
    # The backward pass is free, or as cheap as the forward one.
    Mutant("flops_per_token", "3 * 2 *", "2 * 2 *",
           "test_operations_are_those_that_pytorch_counts"),
    # Of Adam's two running means and the copy one is forgotten.
    Mutant("cost:memory", "optimizer=12 * N", "optimizer=8 * N",
           "test_bytes_of_175_billion_parameters"),
    # What the activation of the inner channels makes is forgotten.
    Mutant("cost:activations", "2 * config.n_inner", "config.n_inner",
           "test_activations_are_what_pytorch_keeps_for_the_backward_pass"),
    # The head does not teach the table that it shares.
    Mutant("GPT.logits", "self.tok_emb.weight", "self.tok_emb.weight.detach()",
           "test_a_tied_table_learns_from_both_uses"),
    # A head of its own is there and not used.
    Mutant("GPT.logits", "if self.lm_head is None else self.lm_head(x)", "",
           "test_an_untied_model_has_a_table_for_each_use"),
    # The sum of all blocks is not normed.
    Mutant("GPT.hidden", "self.ln_f(x)", "x", "test_it_writes_what_transformers_write"),
    # GPT-1 has a norm at its end, too.
    Mutant("GPT.__init__", "if pre else nn.Identity()", "",
           "test_the_published_models_have_the_sizes_that_are_written_down"),
    # Embeddings are not dropped.
    Mutant("GPT.hidden", "self.dropout(x if self.rotary else x + rows)",
           "x if self.rotary else x + rows",
           "test_dropout_falls_where_gpts_have_it"),
    # Embeddings are scaled as in the Transformer of 2017.
    Mutant("GPT.hidden", "self.tok_emb(idx)", "math.sqrt(self.config.n_embd) * self.tok_emb(idx)",
           "test_it_is_that_of_transformers"),
    # Attention weights are not dropped.
    Mutant("Block.__init__", "self.attn = MultiHeadAttention(C, H, config.attn_dropout",
           "self.attn = MultiHeadAttention(C, H, 0.0",
           "test_dropout_falls_where_gpts_have_it"),
    # Queries know where they stand, and keys do not.
    Mutant("MultiHeadAttention.forward", "rotate(q, turns), rotate(k, turns)",
           "rotate(q, turns), k", "test_with_rotary_positions_it_is_gpt_neox"),
    # Everything is turned backwards.
    Mutant("rotate", "arrows * rotations", "arrows * rotations.conj()",
           "test_a_rotation_is_that_of_gpt_j"),
    # Rows of unequal length are turned as the first of them is.
    Mutant("GPT.hidden", "rows.unsqueeze(-3) if", "rows.view(-1, T, rows.shape[-1])[:1] if",
           "test_rows_of_unequal_length_say_what_they_say_alone"),
    # All tokens are turned as the first is.
    Mutant("GPT.hidden", "rows.unsqueeze(-3) if", "rows[..., :1, :].unsqueeze(-3) if",
           "test_only_queries_and_keys_know_of_rotary_positions"),
    # Sine and cosine are swapped.
    Mutant("RotaryPositions.__init__", "[cos, sin]", "[sin, cos]",
           "test_a_rotation_is_that_of_gpt_j"),
    # GELU is the exact one, which differs in the fourth digit.
    Mutant("ACTIVATIONS", 'partial(F.gelu, approximate="tanh")', "F.gelu",
           "test_it_is_that_of_transformers"),
    # The activation is accepted and ignored.
    Mutant("FeedForward.__init__", "ACTIVATIONS[config.activation]", 'ACTIVATIONS["gelu_tanh"]',
           "test_with_each_activation_a_model_says_something_else"),
    # Without biases, norms and feed-forward layers have them still.
    Mutant("FeedForward.__init__",
           "self.fc = nn.Linear(config.n_embd, config.n_inner, config.bias)",
           "self.fc = nn.Linear(config.n_embd, config.n_inner)",
           "test_without_biases_there_is_none"),
    # What writes to the stream starts as large as the rest.
    Mutant("GPT.init_parameters", "std=std / math.sqrt(writers)", "std=std",
           "test_gpt.py::test_the_first_parameters"),
    # What writes to the stream is counted once a block, not twice.
    Mutant("GPT.init_parameters", "2 * self.config.n_layer", "self.config.n_layer",
           "test_gpt.py::test_the_first_parameters"),
    # Other matrices than those that write are made smaller.
    Mutant("GPT.init_parameters", '"proj.weight"', '"fc.weight"',
           "test_gpt.py::test_the_first_parameters"),
    # Of the two that write in a block one is forgotten.
    Mutant("GPT.init_parameters", '"proj.weight"', '"attn.proj.weight"',
           "test_gpt.py::test_the_first_parameters"),
    # The switch is ignored.
    Mutant("GPT.init_parameters", "and self.config.scale_residual", "",
           "test_gpt.py::test_the_first_parameters"),
    # Biases start as PyTorch draws them.
    Mutant("GPT.init_parameters", "nn.init.zeros_(p)", "pass",
           "test_gpt.py::test_the_first_parameters"),
    # The tables start as nn.Embedding draws them, and the first loss is enormous.
    Mutant("GPT.init_parameters", "p.dim() > 1", 'p.dim() > 1 and "emb" not in name',
           "test_at_first_it_knows_nothing_and_does_not_claim_to"),
    # Of attention's two products one is counted.
    Mutant("summary.count", "2 * q.numel()", "q.numel()", "test_costs_are_those_by_hand"),
    # The logits cost nothing where they share the table.
    Mutant("summary:summary", "model.config.n_embd * logits.numel()", "0",
           "test_costs_are_those_by_hand"),
    # A model goes on being counted.
    Mutant("summary:summary", "hook.remove()", "pass", "test_it_leaves_everything_as_it_was"),
    # A broken model's translations are words all the same.
    Mutant("beam_search", "_check_logits(logits)", "pass", "test_a_broken_model_has_no_beam"),
    # Sampling explorer: what is cut is drawn as if it were kept.
    Mutant("Bar.cut", "self.before > 0 and self.after == 0", "False",
           "test_bars_are_the_probabilities"),
    # What is kept is drawn at its old height.
    Mutant("_bar", '_rect("kept", left, after)', '_rect("kept", left, before)',
           "test_bars_are_the_probabilities"),
    # The bars that stand for many tokens lose those that are cut.
    Mutant("bars", "(left, gone)", "(left,)", "test_no_bar_is_lost_and_none_leaves_the_scale"),
    # The first 20 tokens are drawn, and not the likeliest.
    Mutant("bars", 'np.argsort(-probs, kind="stable")', "np.arange(len(probs))",
           "test_bars_are_the_probabilities"),
    # The sentence tells what is kept after the rest is scaled: always 100%.
    Mutant("kept_sentence", "probs[kept > 0]", "kept[kept > 0]",
           "test_explorer_sampling.py::test_the_sentence"),
    # Nearly all is called all.
    Mutant("kept_sentence", "round(had)", "had", "test_a_share_is_not_rounded_to_all_or_nothing"),
    # A token that can be kept, but was not possible, goes unnoticed.
    Mutant("check_distribution", 'arrays["kept"] > 0', 'arrays["kept"] > 1',
           "test_explorer_sampling.py::test_mistakes"),
    # The explorer keeps the caller's array, which changes.
    Mutant("check_distribution", "np.asarray(given).astype(float)",
           "np.asarray(given, dtype=float)",
           "test_explorer_sampling.py::test_the_arrays_are_the_explorers_own"),
    # What was there before the cut is what is there after it.
    Mutant("SamplingExplorer._draw", "self._distribution(temperature, None, None)",
           "self._distribution(temperature, top_k, top_p)", "test_bars_are_the_probabilities"),
    # The slider of top_p cuts nothing.
    Mutant("SamplingExplorer._settings", "None if top_p == 1 else top_p", "None",
           "test_it_asks_for_what_the_sliders_say"),
    # The text is that of a temperature of 1.
    Mutant("SamplingExplorer._draw", "self._write(temperature, top_k, top_p)",
           "self._write(1.0, top_k, top_p)", "test_the_text_is_that_of_the_settings"),
    # A token, or a text, is taken for HTML.
    Mutant("_bar", "escape(told)", "told", "test_no_token_is_html"),
    Mutant("SamplingExplorer._draw", "escape(self.text)", "self.text", "test_no_token_is_html"),
    # Token explorer: a token, a name or a refusal is taken for HTML.
    Mutant("explorer.tokens:_box", "escape(text)", "text", "test_no_token_and_no_name_is_html"),
    Mutant("explorer.tokens:_panel", "<b>{escape(cut.name)}", "<b>{cut.name}",
           "test_no_token_and_no_name_is_html"),
    Mutant("explorer.tokens:_panel", "escape(cut.refused or cut.count)", "cut.refused or cut.count",
           "test_no_token_and_no_name_is_html"),
    # Only the first 200 tokens are counted.
    Mutant("plot.tokens:cut", "ids, [", "ids[:MOST], [", "test_the_first_200_tokens_are_drawn"),
    # A character's first bytes are left out.
    Mutant("plot.tokens:spelled", '"surrogateescape")):', '"ignore")):',
           "test_a_part_of_a_character_is_shown_as_its_bytes"),
    # The bytes cannot be told from the same numbers in the text.
    Mutant("explorer.tokens:_box", 'f"<i>{text}</i>"', "text",
           "test_a_part_of_a_character_is_shown_as_its_bytes"),
    # In a figure, an incomplete character has the box of a whole one.
    Mutant("plot.tokens:_draw", '"--" if part else "-"', '"-"',
           "test_the_picture_of_bytes_and_of_what_its_font_has_not"),
    # Reading explorer: what is asked of a text without a word is asked of the text up to it.
    Mutant("plot.reading:read", "[*words[:i], *words[i + 1 :]]", "words[:i]",
           "test_the_words_and_the_answer_are_those_of_the_menus"),
    # A word matters if another label rises, not if the answer falls.
    Mutant("Reading.falls", "self.probs[1:, self.answer]", "self.probs[1:].max(axis=1)",
           "test_a_word_matters_as_much_as_when_it_is_left_out"),
    # Words that the answer would be more probable without come last.
    Mutant("Reading.sentence", "np.argsort(-abs(falls)", "np.argsort(-falls",
           "test_explorer_reading.py::test_the_sentence"),
    # A word without which the answer changes is not told from the others.
    Mutant("explorer.reading:_words", '["changed"] * bool(other)', "[]",
           "test_the_words_and_the_answer_are_those_of_the_menus"),
    # A word is taken for HTML.
    Mutant("explorer.reading:_words", "escape(visible(word))", "visible(word)",
           "test_explorer_reading.py::test_nothing_is_html"),
    # In a figure, the outline is as high as the new bar.
    Mutant("distribution", "ax.bar(x, bar.before, width=0.8, **outline)",
           "ax.bar(x, bar.after, width=0.8, **outline)", "test_distribution"),
    # The lens has the top of the model below.
    Mutant("lens", "probs[::-1]", "probs", "test_lens"),
    # A guess is right if it repeats what was read.
    Mutant("lens", "guess == chars[t + 1]", "guess == chars[t]", "test_lens"),
    # Names stand in the order in which they were given, not in that of their lines.
    Mutant("name_ends", "sorted(told, key=lambda end: end[0])", "list(told)", "test_by_kind"),
    # A model's best seed is drawn as its mean.
    Mutant("_draw_means", "each.mean(), each.max()", "each.max(), each.max()",
           "test_the_models_of_each_task_stand_side_by_side"),
    # Each model's scores stand in the order of its own tasks, and not in that below the axis.
    Mutant("fine_tuned", "for task in guessing]", "for task in of]",
           "test_the_models_of_each_task_stand_side_by_side"),
    # All models stand at one place, where those at 100% hide each other.
    Mutant("fine_tuned", "GROUP / 2 + i * slot", "GROUP / 2",
           "test_the_models_of_each_task_stand_side_by_side"),
    # So do all tasks.
    Mutant("_draw_tasks", "* SHIFT / 72", "* 0",
           "test_tasks_do_not_hide_each_other_at_100_percent"),
    # A line joins its points in the order in which they were given, back and forth.
    Mutant("accuracy_curves", "for x in sorted(of)", "for x in of",
           "test_curves_go_through_the_means_of_the_seeds"),
    # What is shifted leaves the axes.
    Mutant("accuracy_curves", "axes[0].set_ylim(shares.min() - room, shares.max() + room)", "",
           "test_curves_go_through_the_means_of_the_seeds"),
    # The contour lines of a turned bowl are those of one that is not.
    Mutant("descents", "bowl, points) / 2", "np.diag(np.diag(bowl)), points) / 2",
           "test_descents"),
    # A schedule is drawn as if it began at its second step.
    Mutant("plot.curves:schedules", "range(steps)", "range(1, steps + 1)", "test_schedules"),
    # Two kinds look alike without colour.
    Mutant("plot.curves:KINDS", '"os^DvPX*"', '"os^Dos^D"',
           "test_the_styles_of_lines_differ_without_colour"),
    # Sizes of the stream seem to start at 0.
    Mutant("_scale_for", "ax.set_ylim(0, 1.08 * most)", "ax.set_ylim(least, 1.08 * most)",
           "test_stream"),
    # The mask is drawn at the feed-forward layer.
    Mutant("_opened", 'heights["attn"]', 'heights["mlp"]', "test_the_opened_block_is_the_module"),
    # Hatching is hidden by the block that it stands in.
    Mutant("PALE", '"zorder": -2', '"zorder": 0', "test_the_opened_block_is_the_module"),
    # Values mix no keys: k is drawn in the colour of v.
    Mutant("gpt_attention", "COLORS[name]", 'COLORS["v"]',
           "test_the_steps_of_attention_are_numbered_in_their_order"),
    # All heads are drawn as the first.
    Mutant("_heads", "enumerate(parts)", "enumerate([parts[0]] * len(parts))",
           "test_gpt_attention"),
    # Of GELU and ReLU the names are swapped.
    Mutant("_curve", "curves.items()", "zip(curves, reversed(curves.values()))",
           "test_feed_forward"),
    # What is told for the first time counts as told before.
    Mutant("kinds", "word in told and word in THINGS", "word in THINGS",
           "test_a_thing_and_its_look_are_known_when_they_are_told_again"),
    # A text is followed one character too far.
    Mutant("Predictor.reach", "return here", "return here + 1",
           "test_a_text_is_followed_to_the_character_at_which_no_story_goes_on"),
    # Whose name it is, the model is asked for at the first letter only.
    Mutant("kinds", '["names"] * len(word)', '["names"] + ["spelling"] * (len(word) - 1)',
           "test_a_name_is_one_when_it_is_told_again"),
    # Where something was told is marked, and not where it is told again.
    Mutant("kinds", 'found[repeat.again] = ["places"] * (repeat.again.stop - repeat.again.start)',
           'found[repeat.told] = ["places"] * (repeat.told.stop - repeat.told.start)',
           "test_a_place_is_one_when_it_is_told_again"),
    # A word is recalled from where it stands itself.
    Mutant("recalls", "for s in range(t) if", "for s in range(t + 1) if",
           "test_recalls_are_words_that_stood_before_and_are_certain"),
    # The article before a place counts as a word to recall.
    Mutant("recalls", 'earlier and word != "the"', "earlier",
           "test_recalls_are_words_that_stood_before_and_are_certain"),
    # Each column is taken for the word after it, since `start` is forgotten.
    Mutant("Lookups.__init__", "np.array(earlier) + 1", "np.array(earlier)",
           "test_each_word_is_asked_for_where_the_one_before_it_was_read"),
    # An even look is too large by the word that is to come.
    Mutant("Lookups.even", "(self.at + 1)", "self.at", "test_looks_are_sums_of_weights"),
    # Who looks is the row that has read the word already.
    Mutant("Lookups.looks", "[:, self.row, :, self.at]", "[:, self.row, :, self.at + 1]",
           "test_looks_are_sums_of_weights"),
    # The words themselves are compared, and not those before them.
    Mutant("Lookups.repeated", "np.roll(self.stood, -1, axis=1)", "self.stood",
           "test_a_word_is_repeated_if_the_one_before_it_is"),
    # The luckiest seed chooses the learning rate.
    Mutant("at_best_rate.mean", "sum(scores) / len(scores)", "min(scores)",
           "test_the_best_rate_is_not_that_of_the_luckiest_seed"),
    # A figure is as coarse as the page.
    Mutant("png_described", "DENSE * fig.dpi", "fig.dpi",
           "test_it_is_twice_as_sharp_as_it_is_wide"),
    # Of several panels, only the first is described.
    Mutant("plot.notebook:describe", "in fig.axes", "in fig.axes[1:]",
           "test_a_figure_is_described_by_its_titles_axes_and_lines"),
    # The line of a check is shown, and not the learner's.
    Mutant("exercises.checking:run", "not frame.filename.startswith(tuple(LIBRARIES))", "True",
           "test_what_the_library_raises_is_told_with_the_learners_line"),
    # A learner's parameters are not carried over.
    Mutant("exercises.modules:module", "yours[name].copy_(p)", "yours[name].mul_(p)",
           "test_a_right_head_is_right"),
    # The weights of a mask that comes after the softmax pass for right.
    Mutant("check_attention", "_mistaken(q, k, mask)", "[(weights, RIGHT)]", "test_attention"),
    # The check's lens reads without the last norm.
    Mutant("exercises.inside_models:_lens", "norms.get(mistake, model.ln_f)(read)", "read",
           "test_right_lenses"),
    # The check patches what goes into the block.
    Mutant("exercises.inside_models:_patched", "mistake, (layer,)", "mistake, (layer - 1,)",
           "test_right_patches"),
    # The first layer is drawn at the top.
    Mutant("head_grid", 'origin="lower"', 'origin="upper"',
           "test_each_head_has_its_number_and_layer_0_is_at_the_bottom"),
    # What dropout draws from is not brought back.
    Mutant("Run.__iter__", "torch.manual_seed(mixed_seed(config.seed, self.step, 1))", "pass",
           "test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike"),
    # A run goes on with the batches that it began with.
    Mutant("Run.__iter__", "config.seed, first", "config.seed, 0",
           "test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike"),
    # Losses are rounded on the way through the file.
    Mutant("Run.save", "torch.tensor( list(self.valid_losses.items()), dtype=torch.float64 )",
           "torch.tensor(list(self.valid_losses.items()), dtype=torch.float32)",
           "test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike"),
    # Only the last losses are kept.
    Mutant("Run.save", "self.losses", "self.losses[-3:]",
           "test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike"),
    # AdamW forgets its means where Muon remembers.
    Mutant("Run.save", "self.optimizers", "self.optimizers[:1]",
           "test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike"),
    # On a way back, optimizers remember what has not happened yet.
    Mutant("Run.load", "optimizer.state.clear()", "pass", "test_the_way_back"),
    # The learning rate rises again where a run goes on.
    Mutant("Run.__iter__", "self.optimizers, done)", "self.optimizers, 0)",
           "test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike"),
    # A run goes on with settings that it did not begin with.
    Mutant("Run.load", "if before != now", "if before is None",
           "test_other_settings_are_refused_by_name_and_nothing_is_loaded"),
    # A setting that is newer than a run orphans it.
    Mutant("Run.load", "point.settings.get(name, now)", "point.settings.get(name)",
           "test_a_setting_that_is_newer_than_a_checkpoint_is_no_other_one"),
    Mutant("_settings", "if is_dataclass(field.type) or field.name in table", "",
           "test_a_setting_that_is_newer_than_a_run_has_its_default"),
    # A finished run keeps what only training needs.
    Mutant("Run.save_model", "self._write(path, merged(self.model), {})",
           "self.save(path)",
           "test_a_model_alone_keeps_nothing_else_and_is_a_third_of_the_size"),
    # The model is judged by what it was trained on.
    Mutant("Part.batches", "self.starts", "None",
           "test_the_validation_part_comes_once_and_in_order"),
    Mutant("Corpus.valid_batches", "self.valid.batches", "self.train.batches",
           "test_losses_are_told_in_nats_per_character"),
    # Losses are those of tokens, and cannot be compared with those of other tokens.
    Mutant("Run.train_losses", "loss * self.corpus.train.tokens_per_character", "loss",
           "test_losses_are_told_in_nats_per_character"),
    Mutant("Corpus.score", "* self.valid.tokens_per_character", "",
           "test_the_score_is_per_character"),
    # Of the part to train on, losses are told as if its tokens were as long as the other part's.
    Mutant("Run.train_losses", "self.corpus.train.tokens_per_character",
           "self.corpus.valid.tokens_per_character",
           "test_losses_are_told_in_nats_per_character"),
    # A look takes the first batches, which are one place of the text.
    Mutant("Corpus.score", "batches[::step]", "batches[:max_batches]",
           "test_a_score_of_some_batches_takes_them_far_apart"),
    # A tale does not stop where it ends.
    Mutant("write", "generator, stop=end", "generator", "test_a_text_ends_before_its_end"),
    # The token at which it stops is shown.
    Mutant("writing:_write", "if i != end", "", "test_a_text_ends_before_its_end"),
    # Several samples are the same one.
    Mutant("commands:generate", "settings.seed + k", "settings.seed",
           "test_several_samples_are_those_of_several_seeds"),
    # A setting is accepted and ignored.
    Mutant("Run.__iter__", "config.batches_before(done)", "done",
           "test_each_step_takes_the_next_batches_of_the_corpus"),
    # How many steps fit is found out, and then forgotten.
    Mutant("commands:with_steps", "max_iters=steps", "seed=0",
           "test_max_seconds_is_turned_into_steps_once"),
    # Another text is taken for the one that the run began with.
    Mutant("Corpus.__init__", "(train_text + valid_text).encode()", "train_text.encode()",
           "test_a_run_cannot_go_on_with_another_text"),
    # A run whose loss is nan goes on to its next look.
    Mutant("take_steps", "not math.isfinite(loss) or", "",
           "test_a_loss_that_is_nan_stops_the_run_which_can_go_on"),
    # A run whose loss is a million goes on to its end.
    Mutant("take_steps", "or _far(run, loss)", "",
           "test_a_loss_that_is_far_above_ln_v_after_the_warm_up"),
    # In the warm-up, too, a loss must be small.
    Mutant("_far", "run.step > run.config.warmup and", "",
           "test_a_loss_that_is_far_above_ln_v_after_the_warm_up"),
    # Whoever starts with a large loss is taken for a model that exploded.
    Mutant("_far", "max(math.log(run.corpus.tokenizer.vocab_size), run.losses[0])",
           "math.log(run.corpus.tokenizer.vocab_size)",
           "test_a_model_may_begin_with_a_loss_far_above_ln_v"),
    # The last model is kept, not the best.
    Mutant("RunFolder.keep", "if run.best == run.step:", "if True:",
           "test_the_best_model_is_kept_beside_the_last"),
    # The best look is the one before training, or the last.
    Mutant("Run.best", "if step > 0", "",
           "test_a_run_stops_when_validation_has_not_fallen_for_long"),
    Mutant("Run.best", "min(trained, key=trained.get, default=None)", "max(trained, default=None)",
           "test_a_run_stops_when_validation_has_not_fallen_for_long"),
    # Patience counts all looks, not those since the best.
    Mutant("Run.impatient", "step > self.best", "step > 0",
           "test_a_run_stops_when_validation_has_not_fallen_for_long"),
    # No patience means none at all, and not that it never ends.
    Mutant("Run.impatient", "0 < self.config.patience <= since", "self.config.patience <= since",
           "test_a_run_stops_when_validation_has_not_fallen_for_long"),
    # Where memory is not enough a folder is left.
    Mutant("RunFolder.kept_if_it_can_be_resumed", "shutil.rmtree(self.path)", "pass",
           "test_a_run_that_fails_before_it_has_a_checkpoint_leaves_no_folder"),
    # SIGTERM kills a run in the middle of a step.
    Mutant("finishing_the_step", "(signal.SIGINT, signal.SIGTERM)", "(signal.SIGINT,)",
           "test_the_first_control_c_asks_and_the_second_stops"),
    # A step that broke the model in a way that only validation shows is kept.
    Mutant("take_steps", "or _far(run, per_token)", "",
           "test_a_model_that_explodes_in_validation_is_not_kept"),
    # Another process's run gets other settings.
    Mutant("commands:resume", "with folder.locked():", "if True:",
           "test_a_run_that_another_process_trains_keeps_its_settings"),
    # A value that begins with a dash is taken for a flag.
    Mutant("_Parser.joined", 'word[:1] == "-" and not known', "False",
           "test_any_text_can_be_the_value_of_a_flag"),
    # A flag takes the next flag for its value.
    Mutant("_Parser.joined", "and not known", "", "test_a_flag_without_its_value"),
    # A flag without a value means None.
    Mutant("_Parser._preprocessing", "action.nargs = None", "pass",
           "test_a_flag_without_its_value"),
    # A file of settings counts more than the command line.
    Mutant("command_line:parse", "words[first:first] = _words", "words += _words",
           "test_flags_from_a_file"),
    # It stands before the words, which its last flag takes for values.
    Mutant("command_line:parse", "words[first:first] = _words", "words[:0] = _words",
           "test_flags_from_a_file"),
    # A run goes on with other sums than it began with.
    Mutant("RunFolder.read_config", "torch.set_num_threads(settings.threads)", "pass",
           "test_a_run_goes_on_with_as_many_threads_as_it_began_with"),
    # Ctrl-C keeps a model that its last step broke.
    Mutant("take_steps",
           "if not math.isfinite(seen) or _far(run, per_token): "
           "raise _exploded(run, folder, per_token)", "",
           "test_control_c_does_not_keep_a_model_that_its_last_step_broke"),
    # A look at which a run was stopped counts as one that it would have had.
    Mutant("Run.measure", "if self.due:", "if True:",
           "test_control_c_and_resume_are_as_if_nothing_had_been"),
    # A run that was broken off begins again.
    Mutant("commands:resume", "run.load(folder.last)", "pass",
           "test_control_c_and_resume_are_as_if_nothing_had_been"),
    # Two processes train in one folder.
    Mutant("RunFolder.locked", 'self.path / ".lock"', 'self.path / ".locked"',
           "test_two_processes_cannot_be_at_work_in_one_folder"),
    # Rows of tales run on into the next tale.
    Mutant("Corpus.batch", "padded_batch(ids, [self._rows[i] for i in drawn])",
           "get_batch(ids, batch_size, self.block_size, generator, self.train.starts)",
           "test_rows_of_tales_lie_in_one_tale_and_begin_behind_its_end"),
    # All steps take the same batch.
    Mutant("Corpus.batch", "mixed_seed(seed, n)", "mixed_seed(seed, 0)",
           "test_a_batch_depends_on_its_number_and_the_seed_alone"),
    # The seed does not matter.
    Mutant("Corpus.batch", "mixed_seed(seed, n)", "mixed_seed(0, n)",
           "test_a_batch_depends_on_its_number_and_the_seed_alone"),
    # Seeds and steps that have the same sum have the same batches.
    Mutant("mixed_seed", "np.random.SeedSequence(numbers)", "np.random.SeedSequence(sum(numbers))",
           "test_a_mixed_seed_is_made_of_all_of_each_number_in_its_place"),
    # Documents are cut where a row ends.
    Mutant("documents:packed_windows", "whole if whole > start else stop", "stop",
           "test_every_document_stands_whole_in_a_row_that_begins_with_one"),
    # Some rows come again before all have come.
    Mutant("corpus:Corpus._without_replacement", "torch.randperm(N, generator=generator)",
           "torch.randint(N, (N,), generator=generator)",
           "test_no_row_comes_twice_before_all_have_come"),
    # Whoever writes the name of the end ends a document.
    Mutant("documents:document_ids", "tokenizer.encode(document)",
           "tokenizer.encode(document, [END_OF_TEXT])",
           "test_an_end_stands_around_each_document_and_in_none"),
    # What parts documents counts as their text.
    Mutant("corpus:Part.of", "sum(map(len, documents))", "len(text)",
           "test_documents_are_scored_by_their_own_characters"),
    # Documents to validate on are read in training.
    Mutant("texts:tell_documents", "if document not in to_validate", "",
           "test_no_document_to_validate_is_told_to_train_on"),
    # An answer is looked for where it would be if each character were one byte.
    Mutant("answers:tokens_of", "len(text[:end].encode())", "end",
           "test_documents_are_read_as_a_plain_loop_reads_each"),
    # A text is no document as soon as it is not one of the first kind.
    Mutant("web.mixture:Web.reach", "max(", "min(", "test_how_far_a_text_could_be_a_document"),
    # Half of an answer is an answer.
    Mutant("answers:_read", ".all()", ".any()",
           "test_documents_are_read_as_a_plain_loop_reads_each"),
    # Marks belong to words, so that a word before a comma is another one.
    Mutant("overlap:ngrams", r"\w+", r"\S+", "test_what_a_text_shares_with_others"),
    # Texts are joined, so that runs of words reach from one into the next.
    Mutant("overlap:overlap", "for other in others for gram in ngrams(other, n)",
           'for gram in ngrams(" ".join(others), n)', "test_what_a_text_shares_with_others"),
    # What a model says goes on after the end of its document.
    Mutant("documents:before_end", "ids[: ids.index(end)] if end in ids else ids", "ids",
           "test_what_a_model_says_in_a_batch_is_what_it_writes_alone"),
    # Shorter prompts are continued after their padding.
    Mutant("answers:_say", "lengths=lengths, ", "",
           "test_what_a_model_says_in_a_batch_is_what_it_writes_alone"),
    # All that a document says after an answer is wanted, not its line alone.
    Mutant("answers:prompts_of", '.split("\\n")[0]', "",
           "test_a_prompt_ends_before_the_first_answer_and_its_line_is_wanted"),
    # A name that a longer word begins with is taken out of it.
    Mutant("web.asked:PEOPLE", r")\b", ")",
           "test_names_are_whole_words"),
    # A model reads with dropout.
    Mutant("answers:read", "evaluating(model)", "torch.no_grad()",
           "test_a_model_is_read_without_dropout_and_left_as_it_was"),
    # Pairs are counted in the validation text, too.
    Mutant("make_tokenizer", "from_text(train_text, vocab_size)",
           "from_text(train_text + valid_text, vocab_size)",
           "test_the_characters_of_both_parts_are_known_and_the_pairs_of_the_first_merged"),
    # A checkpoint forgets which token ends a text.
    Mutant("Run._write", "corpus.end", "None",
           "test_a_checkpoint_knows_the_token_that_ends_a_text"),
    # The picture is drawn per token.
    Mutant("RunFolder.write_picture", "run.train_losses()", "run.losses",
           "test_the_picture_is_drawn_in_nats_per_character"),
    # What is told of training is the mean since the run began.
    Mutant("take_steps", "run.train_losses(shown)", "run.train_losses()",
           "test_what_is_told_is_the_mean_since_it_was_told_last"),
    # A mistake of ours is called too little memory.
    Mutant("command_line:run", 're.search("alloc|memory", str(error))', "True",
           "test_a_mistake_of_ours_is_not_hidden"),
    # Another device than the one that was named.
    Mutant("find_device", "name or", "", "test_the_best_device_is_a_gpu_where_there_is_one"),
    # --compile does nothing.
    Mutant("commands:make_run", "model.compile()", "pass",
           "test_a_run_is_compiled_if_that_is_asked_for"),
    # Dropout is the same in every step.
    Mutant("Run.__iter__", "mixed_seed(config.seed, self.step, 1)", "mixed_seed(config.seed, 0, 1)",
           "test_dropout_is_drawn_anew_in_each_step_and_from_the_seed"),
    # A step's mean is the mean of its batches' means.
    Mutant("train:train", "total.backward()", "(total / asked).backward()",
           "test_a_run_is_what_the_same_steps_by_hand_are"),
    # The head gets what no norm has seen.
    Mutant("GPT.forward", "self.hidden(idx, cache)", "self.hidden(idx, None)",
           "test_it_keeps_the_keys_and_values_of_every_block"),
    # Heads have the size that they would have if it were not given.
    Mutant("Block.__init__", "config.head_size", "None",
           "test_gpt.py::test_heads_may_have_a_size_of_their_own"),
    # The biases of attention are those of the other layers.
    Mutant("Block.__init__", "config.attn_bias", "config.bias",
           "test_gpt.py::test_every_setting_does_something"),
    # What is taken back is still there.
    Mutant("KeyValueCache.forget", "self.length = length", "pass",
           "test_tokens_that_are_taken_back_have_never_been_there"),
    # Rows do not grow.
    Mutant("KeyValueCache.advance", "self.length + T", "self.length",
           "test_however_a_text_is_cut_it_says_the_same"),
    # Steps are along the momentum itself.
    Mutant("Muon.step", "orthogonalize(ahead)", "ahead", "test_muons_steps_are_those_by_hand"),
    # The momentum looks back where it should look ahead.
    Mutant("Muon._momentum", "p.grad.lerp(mean, momentum)", "mean.clone()",
           "test_without_the_orthogonalizing_muon_is_pytorchs"),
    # One step of the three is left out.
    Mutant("orthogonalize", "in POLAR_EXPRESS", "in POLAR_EXPRESS[:2]",
           "test_singular_values_come_nearer_to_1_with_each_step"),
    # A token of probability 0 is drawn where the line begins.
    Mutant("sampling:draw", "right=True", "right=False",
           "test_a_token_of_probability_0_is_never_drawn"),
    # What has been said already is as likely as ever.
    Mutant("_penalized", "logits / penalty", "logits", "test_the_penalty_is_that_of_transformers"),
    # The filling of a shorter row is penalized.
    Mutant("_seen", "torch.arange(T) < ends[:, None]",
           "(torch.arange(T) < ends.max()).expand(B, T)",
           "test_a_row_is_penalized_for_its_own_text_and_not_for_its_filling"),
    # A stop string that is spread over tokens is said.
    Mutant("before_stop", "min(found, _undecided(held, stop))", "found", "test_stops_by_hand"),
    # Half a character is said as a question mark.
    Mutant("whole_characters", '"ignore"', '"replace"',
           "test_bytes_that_make_no_character_are_left_out"),
    # A checkpoint may name any class that there is.
    Mutant("_class", 'module.startswith("gptlib.")', "module",
           "test_what_could_not_be_loaded_is_not_saved"),
    # What trains from a checkpoint stays a map of its file.
    Mutant("Run.load", "tensor.clone()", "tensor",
           "test_a_run_that_was_loaded_does_not_depend_on_the_file_any_more"),
    # The attention's square matrix is not transposed.
    Mutant("published:_turned", 'if ".c_" in name',
           'if ".c_" in name and len(set(tensor.shape)) > 1',
           "test_logits_are_those_of_the_paper_in_numpy"),
    # Queries and keys are swapped.
    Mutant("families:BLOCK", '"attn.query", "attn.key"', '"attn.key", "attn.query"',
           "test_logits_and_gradients_are_those_of_transformers"),
    # GPT-1's GELU is taken for the one with erf.
    Mutant("families:FAMILIES", '{"gelu": "gelu_tanh", "relu"', '{"gelu": "gelu", "relu"',
           "test_the_activation_is_the_one_that_the_name_means_there"),
    # Matrices are views with strides that fused AdamW does not heed.
    Mutant("published:_turned_in_place", "turned.is_contiguous()", "True",
           "test_a_loaded_model_is_trained_as_any_other"),
    # Only NaN is found, not infinity.
    Mutant("published:_check", "isfinite().all()", "isnan().logical_not().all()",
           "test_tensors_are_refused_by_name"),
    # A head of its own is dropped without a word.
    Mutant("_assembled", 'not torch.equal(tensors[HEAD].to(dtype), state["tok_emb.weight"])',
           "False", "test_tensors_are_refused_by_name"),
    # Any mask of any block is ignored.
    Mutant("families:mask_names", "range(config.n_layer)", "range(99)",
           "test_tensors_are_refused_by_name"),
    # Half precision stays as it is.
    Mutant("_assembled", "torch.float32)", "torch.float16)",
           "test_half_precision_becomes_single_and_others_stay"),
    # Loading copies all parameters.
    Mutant("_assembled", "tensors[name].to(dtype), name", "tensors[name].to(dtype).clone(), name",
           "test_the_parameters_are_not_copied"),
    # The standard deviation that a config asks for is forgotten.
    Mutant("families:from_config", "config.init_std", "0.02",
           "test_transformers_loads_what_was_saved"),
    # transformers adds GPT-2's end of text to a tokenizer without one.
    Mutant("write_tokenizer", '"eos_token"), end)', '"eos_token"), END_OF_TEXT)',
           "test_no_special_token_is_added_there"),
    # A model ends its texts with GPT-2's id.
    Mutant("documents:end_of", "return None", "return 50256",
           "test_the_token_that_ends_a_text_ends_one_there"),
    # Where two pairs make the same token, the last is merged.
    Mutant("merges_of", "ids.index(min(ids))", "len(ids) - 1 - ids[::-1].index(min(ids))",
           "test_gpt_2_s_merges_follow_from_its_tokens"),
    # GPT-1's tokenizer heeds capitals.
    Mutant("GPT1Tokenizer.__init__", "lowercase=True", "lowercase=False", "test_hard_texts"),
    # No space comes after a word.
    Mutant("GPT1Tokenizer._text", 'WORD_END, " "', 'WORD_END, ""', "test_what_is_left_of_a_text"),
    # A text with an unknown character inside a word is normalized only once.
    Mutant("GPT1Tokenizer.normalize", "self.decode(self.encode(self.decode(self.encode(text))))",
           "self.decode(self.encode(text))", "test_word_bpe.py::test_a_normalized_text_comes_back"),
    # Loading moves the caller's seed.
    Mutant("undrawn", "torch.random.fork_rng(devices=[]), _Undrawn()", "_Undrawn()",
           "test_a_class_that_draws_in_its_own_way_leaves_the_seed_alone"),
    # A fact of the paper hides what the config says: it is None.
    Mutant("comparison:known",
           "replace(fact, value=facts[topic].value) if fact.value is None else fact", "fact",
           "test_facts_have_a_source_and_one_of_four_marks"),
    # The config is edited, and the words that were added to it are not.
    Mutant("GPT_2", "n_embd=n_embd", "n_embd=n_embd, init_std=0.01",
           "test_no_fact_contradicts_the_config"),
    # What GPT-2's dropout was is taken from our config, which had to have some number.
    Mutant("_GPT_2", "dropout attention_dropout", "attention_dropout",
           "test_a_paper_is_asked_everything"),
    # GPT-1 in miniature with GPT-2's blocks.
    Mutant("GPT_1_THIRD", "n_layer=4", 'n_layer=4, norm="pre"',
           "test_what_the_third_of_gpt_1_cuts"),
    # Where a's value stands, not b's.
    Mutant("Comparison.__str__", 'f"{b.source} [{b.trust}]"', 'f"{a.source} [{a.trust}]"',
           "test_the_table_as_it_is_printed"),
    # What both say is shown, not what they say differently.
    Mutant("comparison:compare", "fact.value != of_b[topic].value", "fact != of_b[topic]",
           "test_from_gpt_1_to_gpt_2"),
    # Post-norm, too, ends in a norm.
    Mutant("design", '"after all blocks" if pre else "none"', '"after all blocks"',
           "test_the_design_is_that_of_the_model"),
    # Two tables are called one.
    Mutant("design", '"tokens, logits" if config.tied else "none"', '"tokens, logits"',
           "test_every_setting_is_seen_in_the_design"),
    # Heads of their own size have the usual one.
    Mutant("design", "config.head_size or config.n_embd // config.n_head",
           "config.n_embd // config.n_head", "test_the_design_is_that_of_the_model"),
    # Extract tokens are looked for in the last column, which is padding.
    Mutant("all_task_batches", "torch.tensor(lasts).view(B, K)",
           "torch.full((B, K), idx.shape[-1] - 1)",
           "test_a_batch_is_padded_on_the_right_and_says_where_extract_is"),
    # The answer is read off the token before extract.
    Mutant("Classifier.classify", "at[..., None, None]", "at[..., None, None] - 1",
           "test_logits_are_those_of_each_sequence_alone_read_at_its_last_token"),
    # The order of two similar texts matters.
    Mutant("Classifier.classify", "states.sum(dim=1)", "states[:, 0]",
           "test_logits_are_those_of_each_sequence_alone_read_at_its_last_token"),
    # Each sequence of an example loses other channels.
    Mutant("Classifier.__init__", "nn.Dropout1d(0.1)", "nn.Dropout(0.1)",
           "test_dropout_is_of_the_same_channels_in_all_sequences"),
    # The auxiliary loss asks for the token that is there, not for the next one.
    Mutant("finetune:_next_token_loss", "idx[:, :, 1:][real]", "idx[:, :, :-1][real]",
           "test_the_loss_and_its_gradient_are_those_of_plain_loops"),
    # Padding is to be predicted, too.
    Mutant("finetune:_next_token_loss", "torch.arange(1, T, device=idx.device) <= at[..., None]",
           "torch.arange(1, T, device=idx.device) < at[..., None] + T",
           "test_padding_has_no_effect"),
    # All tokens of a batch count equally, so that long sequences weigh more.
    Mutant("finetune:_next_token_loss", "losses / counts", "losses / counts.double().mean()",
           "test_the_loss_and_its_gradient_are_those_of_plain_loops"),
    # An example with two answers has twice the auxiliary loss.
    Mutant("finetune:_next_token_loss", "sum() / K", "sum()",
           "test_the_loss_and_its_gradient_are_those_of_plain_loops"),
    # Of equally likely endings the shorter wins.
    Mutant("log_probs", "(targets != IGNORE).sum(dim=1)", "1",
           "test_log_probs_are_means_over_the_tokens_of_an_ending"),
    # The first token of an ending is taken for granted.
    Mutant("log_probs", "len(beginning) - 1", "len(beginning)",
           "test_log_probs_are_means_over_the_tokens_of_an_ending"),
    # The best reader of a list believes every line.
    Mutant("Labels.belief", "slip = self.wrong / self.size", "slip = self.wrong / self.size**2",
           "test_what_labels_tell_is_what_an_enumeration_of_all_lists_gives"),
    # Of equally likely answers, the first is another one in another process.
    Mutant("Labels.belief", "dict.fromkeys(e.answer for e in examples)",
           "dict.fromkeys({e.answer for e in examples})",
           "test_of_equally_likely_answers_the_first_is_the_same_in_every_process"),
    # Lines are asked about that need no list, or that no list can tell.
    Mutant("ExampleList.needs_list", 'again == (self.family == "pairs")',
           'again != (self.family == "pairs")',
           "test_a_line_needs_the_list_if_only_the_lines_before_it_tell_the_answer"),
    # A label that nobody has said yet is forgotten.
    Mutant("Labels.belief", "new += weight", "pass",
           "test_what_labels_tell_is_what_an_enumeration_of_all_lists_gives"),
    # That there are many labels to draw from tells nothing.
    Mutant("Labels.belief", "- math.log(math.perm(N, len(said)))", "",
           "test_what_labels_tell_is_what_an_enumeration_of_all_lists_gives"),
    # A rule with many questions asks each as often as one with few.
    Mutant("Rules.belief", "/ len(table) ** len(asked)", "",
           "test_what_rules_tell_is_what_an_enumeration_gives"),
    # All families are believed alike, whatever the list says.
    Mutant("best", "math.exp(belief.log_prob - most)", "1.0",
           "test_families_are_weighed_by_what_they_make_of_the_list"),
    # An answer that is common everywhere is not held against itself.
    Mutant("choice_scores", 'if by == "neutral" else 0', 'if by == "none" else 0',
           "test_choices_are_scored_as_in_the_paper"),
    # The heads of the wrong layer are given what others took in.
    Mutant("put_in", "given[layer].expand_as(mixed)", "given[0].expand_as(mixed)",
           "test_heads_that_are_given_what_they_take_in_change_nothing"),
    # A place counts by the row that looks, not by the one that is looked at.
    Mutant("looks", "maps * where[:, None]", "maps * where[:, None].mT",
           "test_looks_are_means_of_weights"),
    # Wrong answers are looked back at, too.
    Mutant("earlier_answers", "earlier.answer == earlier.right == example.right",
           "earlier.right == example.right", "test_where_an_answer_was_given_before"),
    # The check wants the layers of c_attn to take turns, column by column.
    Mutant("_cut_weights", "torch.stack(weight.chunk(3, dim=1)).mT",
           "weight.view(C, C, 3).permute(2, 1, 0)", "test_linear_layers"),
    # The check takes every third number of a bias.
    Mutant("_cut_biases", "yield right, RIGHT", "yield bias.view(-1, 3).T, RIGHT",
           "test_linear_layers"),
    # The check wants GPT-2's block of GPT-1.
    Mutant("exercises.gpt1_model:_block", '"post, post"', '"pre, pre"',
           "test_the_checks_forward_pass_is_that_of_a_file_of_gpt_1"),
    # The check divides the scores by sqrt(C).
    Mutant("exercises.gpt1_model:_found", "mistake, D**0.5", "mistake, C**0.5",
           "test_the_checks_forward_pass_is_that_of_a_file_of_gpt_1"),
    # The check knows no file in which h.10 comes before h.2.
    Mutant("check_gpt1", "(4, 3, 13, 4)", "(4, 3, 9, 4)", "test_wrong_models"),
    # A number of heads that is fixed passes, for one more model has as many.
    Mutant("check_gpt1", "((5, 4, 1, 12), 3", "((5, 4, 1, 12), 2", "test_wrong_models"),
    # The state before the extract token passes for right.
    Mutant("_states", "hidden[rows, at], RIGHT", "hidden[rows, at - 1], RIGHT", "test_extract"),
    # No target is token 0, so that taking it for padding goes unnoticed.
    Mutant("check_fine_tuning_loss", "* 5 + 3", "* 5", "test_fine_tuning_loss"),
    # The check wants a mean over all tokens of the batch, in which long rows weigh more.
    Mutant("exercises.gpt1_loss:_next_token_loss", "mean, (sums / counts).mean()",
           "mean, sums.sum() / counts.sum()", "test_fine_tuning_loss"),
    # The check lets a learner change the lists that are given.
    Mutant("check_choice_inputs", "given != (beginning, endings)", "False", "test_choice_inputs"),
    # What is merged is not as large as what was trained.
    Mutant("LoRALinear.merged_weight", "self.scale * self.up", "self.up",
           "test_merged_it_computes_the_same"),
    # The small matrices count by their rank.
    Mutant("LoRALinear.__init__", "ALPHA / rank", "ALPHA",
           "test_gradients_are_those_of_the_formula"),
    # The matrix that is 0 at first is random too.
    Mutant("LoRALinear.__init__", "nn.init.zeros_(self.up.weight)",
           "nn.init.normal_(self.up.weight)",
           "test_at_first_it_is_the_model_that_it_began_with"),
    # Embeddings, norms and positions are trained too.
    Mutant("LoRAGPT.__init__", "self.requires_grad_(False)", "pass",
           "test_training_changes_the_small_matrices_and_nothing_else"),
    # Optimizers keep memory for what they never change.
    Mutant("make_optimizers", "if p.requires_grad", "",
           "test_an_optimizer_has_what_is_trained_and_no_memory_for_the_rest"),
    # The best model is saved without what was learned.
    Mutant("merged", "layer.merged_weight()", "layer.weight",
           "test_merged_it_computes_the_same"),
    # What is saved as the best model is no plain GPT.
    Mutant("Run.save_model", "merged(self.model)", "self.model",
           "test_of_a_published_model_small_matrices_are_trained"),
    # A shorter context keeps the last positions of the table.
    Mutant("commands:make_run", "[: config.block_size]", "[-config.block_size :]",
           "test_a_context_is_cut"),
    # GPT-2 reads a text without the token that it begins after.
    Mutant("commands:part_to_evaluate", "[] if point.end is None else [point.end]", "[]",
           "test_gpt2_reads_a_text_after_the_token_that_ends_one"),
    # A published model is trained as fast as a new one.
    Mutant("commands:fine_tuning", "if is_published(settings.start)", "if False",
           "test_a_published_model_is_trained_further"),
    # Flags for the rates are accepted and ignored.
    Mutant("commands:fine_tuning", "usual.keys() - given", "usual.keys()",
           "test_a_flag_says_more_than_what_is_usual"),
    # The girl's and the boy's change places.
    Mutant("world.tasks:_who_gets_it", 'int(held == "boy")', 'int(held != "boy")',
           "test_whoever_reads_gets_every_label_right"),
    # Who has it counts as the other.
    Mutant("world.tasks:_held", "holders.pop() in GIRLS", "holders.pop() in BOYS",
           "test_whoever_reads_gets_every_label_right"),
    # A baker who has something too hides who of the children has the thing.
    Mutant("world.tasks:_held", "and f.value in children", "",
           "test_every_way_to_have_a_thing_is_told"),
    # Two girls are a girl and a boy.
    Mutant("world.tasks:_a_girl_and_a_boy", "len(GIRLS.intersection(children)) == 1", "True",
           "test_a_tale_is_of_a_girl_and_a_boy"),
    # What the tale says otherwise, it says.
    Mutant("world.tasks:_says_so", 'label, who = 1, "boy" if who == "girl" else "girl"',
           "label = 1", "test_whoever_reads_gets_every_label_right"),
    # Of what is only spoken of, it is always the girl who is said to have it.
    Mutant("world.tasks:_says_so", 'chance.choice(("girl", "boy"))', '"girl"',
           "test_of_what_is_only_spoken_of_either_child_may_be_said_to_have_it"),
    # Who has the thing says nothing of the label.
    Mutant("world.tasks:TRUE", '"girl": 3 / 4, "boy": 1 / 4', '"girl": 1 / 2, "boy": 1 / 2',
           "test_things_pass_as_often_to_a_boy_and_a_tale_alone_says_a_little"),
    # A thing passes mostly to girls.
    Mutant("HANDED_ON", '("handed on", (4, 4)', '("handed on", (6, 2)',
           "test_things_pass_as_often_to_a_boy_and_a_tale_alone_says_a_little"),
    # Who borrows is told as who lends.
    Mutant("world.tasks_plots:SAME", "{B} borrowed the {x.look} {x} from {a}.",
           "{A} borrowed the {x.look} {x} from {b}.",
           "test_whoever_reads_gets_every_label_right"),
    # The right ending is always the first, and the label says otherwise half the time.
    Mutant("world.tasks:_ending", "(wrong, right) if label else (right, wrong)", "(right, wrong)",
           "test_whoever_reads_gets_every_label_right"),
    # Two are best friends in either order, and one order counts as wrong.
    Mutant("world.tasks:_ending", "or not named or together", "or not named",
           "test_no_ending_tells_what_two_do_together"),
    # "His" gives away who was exchanged.
    Mutant("world.tasks:PRONOUNS", "(she|he|her|him|his)", "(she|he)",
           "test_no_ending_has_a_pronoun_but_a_few_have_a_reflexive_one"),
    # A story told again in another order is tested on after it was trained on.
    Mutant("world.tasks:parts", "frozenset(sentence.text for sentence in story.sentences)",
           "tuple(sentence.text for sentence in story.sentences)",
           "test_no_story_is_in_two_parts_or_in_one_twice"),
    # Tales to validate on are told.
    Mutant("world.tasks:parts", "sentences not in told and story.text.strip() not in but_for",
           "sentences not in told", "test_parts_can_do_without_given_tales"),
    # A blank line in a template is a space in the text.
    Mutant("world.grammar:_options", 'Break(" " if token == "\\n" else "\\n")', "Break()",
           "test_a_blank_line_begins_a_new_line"),
    # What a function works out is told, and what follows it is not.
    Mutant("World.moves", "_link(how(state, *roles), rest)", "_link(how(state, *roles), ())",
           "test_a_function_works_out_what_comes_next"),
    # An answer that begins a sentence begins with the space before it.
    Mutant("World.tell", "slice(end - len(text[start:end].lstrip()), end)", "slice(start, end)",
           "test_an_answer_is_where_its_marks_stand"),
    # Every choice is between two.
    Mutant("Document.nats", "math.log(draw.options)", "math.log(2)",
           "test_a_document_is_told_in_one_way_only_so_its_choices_are_its_cost"),
    # Whoever reads is told which kind of document it is.
    Mutant("Web.floors", "-math.log(self.share(document.kind)) - log_prob", "-log_prob",
           "test_floors_are_the_mean_cost_of_documents_and_of_their_kind"),
    # Each kind counts as often as the others.
    Mutant("Web.share", "self.kinds[name].share / len(self._drawn_from)", "1 / len(self.kinds)",
           "test_kinds_come_as_often_as_their_shares"),
    Mutant("Web.log_prob", "math.log(self.share(kind.name)) + ", "",
           "test_no_document_could_be_of_another_kind"),
    # The teller draws again what drew the kind.
    Mutant("Web.tell", 'Random(f"kind {seed}")', "Random(seed)",
           "test_the_plot_of_a_document_does_not_hang_on_the_draw_of_its_kind"),
    # What is left out stays in.
    Mutant("Web.without", "if kind.name not in names", "",
           "test_a_kind_can_be_left_out_and_the_others_take_its_share"),
    # The same question is asked twice.
    Mutant("web.readings:_left", 'role == ASKED or (ASKED, f"{role}.{relation}") in state.facts',
           "role == ASKED", "test_the_questions_of_a_document_are_different_ones"),
    # A hat belongs to somebody though its owner gave it away.
    Mutant("web.readings:_left", "and not given", "",
           "test_whose_it_is_is_not_asked_of_what_somebody_else_has"),
    # The question before is answered.
    Mutant("web.readings:reply", "reversed(state.facts)", "state.facts",
           "test_an_answer_has_the_form_that_its_question_wants"),
    # A tale is summed up by its other ending.
    Mutant("web.summaries:_holds", "value == wanted if wanted else bool(value)", "bool(value)",
           "test_two_endings_have_two_summaries"),
    # An adjective goes with the wrong noun's gender.
    Mutant("web.translator:nominal", "noun_phrase(BY_LEMMA[name], \"the\")",
           'noun_phrase(BY_LEMMA["table"], "the")',
           "test_a_sentence_one_knows_is_translated_well"),
    # Short words are not elided: le onion.
    Mutant("web.translator:french", "elided(phrase.pieces)", "phrase.pieces",
           "test_a_phrase_is_always_translated_alike"),
    # The price of the last thing is the sum.
    Mutant("web.numbers:_cost", "sum(_price(state, thing) for thing in _basket(state, x))",
           "max(_price(state, thing) for thing in _basket(state, x))",
           "test_sums_are_right_and_their_results_are_marked"),
    Mutant("web.numbers:EXERCISES", '(f"{b} less than {a} is", a - b)',
           '(f"{b} less than {a} is", b)',
           "test_sums_are_right_and_their_results_are_marked"),
    Mutant("web.numbers:spender", "key=lambda buyer: _cost(state, buyer)",
           "key=lambda buyer: -_cost(state, buyer)", "test_what_is_said_of_money_is_right"),
    Mutant("web.numbers:dearer", "max(", "min(", "test_what_is_said_of_money_is_right"),
    Mutant("web.numbers:back", "_left(state, x)", "_left(state, x) + 1",
           "test_what_is_said_of_money_is_right"),
    Mutant("web.numbers:count", "len(told(state))", "1 + len(told(state))",
           "test_a_page_of_sums_counts_its_lines"),
    # What a page has are all facts.
    Mutant("web.pages:told", 'role == "page"', "True",
           "test_a_page_gets_what_it_does_not_have_yet"),
    Mutant("web.numbers:cheapest", "min(", "max(", "test_what_is_said_of_money_is_right"),
    # Whoever is late is missing.
    Mutant("web.register:missing", "_those(state, *MISSING)", '_those(state, *MISSING, "late")',
           "test_a_register_is_right_in_all_it_says"),
    # A word is spelled without its last letter.
    Mutant("web.words:spelled", '"-".join(told(state)[-1])', '"-".join(told(state)[-1][:-1])',
           "test_words_are_spelled_as_they_are_written"),
    # The answer to one riddle, whichever is asked.
    Mutant("web.words:TOLD", 'Put("riddle", "answer", said)',
           'Put("riddle", "answer", RIDDLES[min(RIDDLES)])',
           "test_a_riddle_has_one_answer_and_that_is_marked"),
    # A new made-up word in every line.
    Mutant("web.lists:labelled", 'Mark("rule"), word, Mark("")', 'Mark("rule"), s, Mark("")',
           "test_a_label_stands_for_one_kind_of_thing"),
    # A row that fits two rules is an answer.
    Mutant("web.lists:_made_of", "if all(how(rows[-1]) == rule(rows[-1]) for how in fit)",
           "if len(rows) > 1",
           "test_a_row_is_made_of_by_one_rule_and_marked_if_the_rows_before_tell"),
    Mutant("web.lists:_result", "state.name(f\"word {number}\")", 'state.name("word 1")',
           "test_a_name_stands_for_one_rule"),
]
# fmt: on


class Place(NamedTuple):
    """What a name stands for: the part from start to before end in the source of a file."""

    name: str
    file: Path
    source: str
    start: int
    end: int

    def spans(self, old):
        """From where to where old stands in the source, each time that it stands at this place."""
        tokens = re.findall(r"\w+|[^\w\s]", old)
        pattern = r"\s*".join(re.sub(r"^\w+$", r"\\b\g<0>\\b", re.escape(t)) for t in tokens)
        found = re.compile(pattern).finditer(self.source, self.start, self.end)
        return [match.span() for match in found]


def find_places(root):
    """All places of gptlib and main.py, by each name that a mutant may give them."""
    places = defaultdict(list)
    for file in [*sorted((root / "gptlib").rglob("*.py")), root / "main.py"]:
        path = file.relative_to(root)
        module = ".".join(path.with_suffix("").parts)
        module = module.removesuffix(".__init__").removeprefix("gptlib.")
        source = file.read_text(encoding="utf-8")
        lines = [0, *(match.end() for match in re.finditer("\n", source)), len(source)]
        places[f"{module}:"].append(Place(f"{module}:", path, source, 0, len(source)))
        for name, node in _definitions(ast.parse(source)):
            first = min(part.lineno for part in [node, *getattr(node, "decorator_list", [])])
            start, end = lines[first - 1], lines[node.end_lineno]
            place = Place(f"{module}:{name}", path, source, start, end)
            places[place.name].append(place)
            if module != "main":
                places[name].append(place)
    return places


def _definitions(node, outer=""):
    """Qualified names of functions, classes and constants, each with the node that defines it."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield outer + child.name, child
                yield from _definitions(child, f"{outer}{child.name}.")
            case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)):
                if isinstance(node, ast.Module | ast.ClassDef):
                    yield outer + name, child
            case ast.stmt():  # an if may define something too
                yield from _definitions(child, outer)


def find_tests(root):
    """All tests, as pytest is to be told them, by each name that a mutant may give them."""
    tests = defaultdict(list)
    for file in sorted((root / "tests").glob("test_*.py")):
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE):
            for called in (name, f"{file.name}::{name}"):
                tests[called].append(f"{file.name}::{name}")
    return tests


def locate(mutant, places):
    """The place of a mutant, and from where to where in its source old stands."""
    found = places.get(mutant.place, [])
    if len(found) > 1:
        raise ValueError(f"{mutant}: {mutant.place} may be {_or(place.name for place in found)}")
    spans = found[0].spans(mutant.old) if found else []
    if len(spans) == 1:
        return found[0], *spans[0]
    fault = f"nothing is called {mutant.place}"
    if found:
        fault = f"{mutant.old!r} stands {len(spans)} times in {mutant.place}"
    if not spans and (elsewhere := _standing(mutant.old, places)):
        fault += f"; {mutant.old!r} stands in {_or(elsewhere)}"
    raise ValueError(f"{mutant}: {fault}")


def _standing(old, places):
    """The innermost places where old stands, if they are few: it may have moved there."""
    full = [place for name in places if ":" in name for place in places[name]]
    full.sort(key=lambda place: place.end - place.start, reverse=True)
    inner = {(place.file, *span): place for place in full for span in place.spans(old)}
    bare = {place.name: place.name.partition(":")[2] for place in inner.values()}
    names = sorted(name if len(places[bare[name]]) != 1 else bare[name] for name in bare)
    return names if len(names) <= 3 else []


def named_test(mutant, tests):
    """The test of a mutant, as pytest is to be told it."""
    found = tests.get(mutant.test, [])
    if len(found) == 1:
        return f"tests/{found[0]}"
    if found:
        raise ValueError(f"{mutant}: {mutant.test} may be {_or(found)}")
    raise ValueError(f"{mutant}: tests/ has no {mutant.test}")


def _or(names):
    return " or ".join(names)


def copy(folder):
    """Copy the library and its tests, and link what they read."""
    for path in ROOT.glob("[!.]*"):
        if path.name in ("gptlib", "tests"):
            shutil.copytree(path, folder / path.name)
        elif path.is_dir():
            (folder / path.name).symlink_to(path)
        else:
            shutil.copy(path, folder)


class OneCase:
    """A plugin of pytest: of a test with several cases only the first runs."""

    def pytest_collection_modifyitems(self, items):
        items[:] = {item.nodeid.partition("[")[0]: item for item in reversed(items)}.values()


def run(folder, tests, *plugins):
    """Run tests in folder, with the gptlib that is there; their exit code and what they print."""
    printed = folder / "printed.txt"
    printed.unlink(missing_ok=True)
    process = PROCESSES.Process(target=_run, args=(folder, tests, plugins))
    process.start()
    process.join()
    return process.exitcode, printed.read_text(encoding="utf-8")


def _run(folder, tests, plugins):
    """In a process of its own, which ends here."""
    gc.freeze()  # pytest collects garbage five times, and what SLOW imported holds none
    with open(folder / "printed.txt", "w", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        # On CI pytest spells out how long lists of losses differ, which can take it minutes.
        os.environ.pop("CI", None)
        code = pytest.main([*OPTIONS, *tests], plugins)
        sys.stdout.flush()
    os._exit(code)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course for all mutants, so that only the first waits for bytecode."""
    folder = tmp_path_factory.mktemp("course")
    copy(folder)
    return folder, find_places(folder), find_tests(folder)


def test_all_pass_on_the_library_as_it_is(course):
    """Here, too: that all their cases do is for `make test` to tell."""
    folder, _, tests = course
    named = {named_test(mutant, tests) for mutant in MUTANTS}
    # This one asserts that the copy is what is imported.
    here = "tests/test_conftest.py::test_gptlib_is_this_folder"
    code, printed = run(folder, [here, *sorted(named)], OneCase())
    assert code == 0, printed


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_is_noticed(course, mutant):
    folder, places, tests = course
    test = named_test(mutant, tests)
    place, start, end = locate(mutant, places)
    file = folder / place.file
    before = file.stat()
    file.write_text(place.source[:start] + mutant.new + place.source[end:], encoding="utf-8")
    # Python knows bytecode by the file's size and time, to the second: each mutant has its own.
    os.utime(file, (0, 1 + MUTANTS.index(mutant)))
    try:
        code, printed = run(folder, ["-x", test])  # of several cases the first that fails will do
    finally:
        file.write_text(place.source, encoding="utf-8")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert code != 0, "no test failed"
    # A line for each failure: file, line, what was raised (or the assert statement itself).
    raised = re.findall(r"^/.*?:\d+: (\w+)", printed, re.MULTILINE)
    assert raised, f"the tests did not run:\n{printed}"
    # "Failed" is what pytest.raises raises where an error was wanted and none came.
    assert set(raised) <= {"assert", "AssertionError", "Failed"}, f"it crashed:\n{printed}"
