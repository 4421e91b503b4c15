"""Does a test notice when the library is wrong? One line is broken at a time (`make mutants`).

A mutant is a mistake that a learner makes and that still runs: right shapes, wrong values. The test
that is named must fail, and by an assertion; one that crashes would have shown itself anyway.
"""

import multiprocessing
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What tests import, and what takes longer than most of them. None of it imports gptlib.
SLOW = [
    "hypothesis",
    "matplotlib.pyplot",
    "nbval.plugin",
    "pytest",
    "simple_parsing",
    "torch._dynamo",  # an optimizer's first step does
    "transformers.models.gpt2.modeling_gpt2",
]
if "forkserver" in multiprocessing.get_all_start_methods():
    PROCESSES = multiprocessing.get_context("forkserver")
    PROCESSES.set_forkserver_preload(SLOW)  # once for all mutants
else:
    PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Mutant:
    """Replace old, which stands once in gptlib/file, by new; then this test must fail."""

    file: str
    old: str
    new: str
    test: str

    def __str__(self):
        return f"{self.file}: {self.old} -> {self.new}"


DATA, TOKENIZER, WORLD, PLOT = "data.py", "tokenizer.py", "world/telling.py", "plot/tales.py"
PREDICTOR, ENTROPY = "world/predictor.py", "world/entropy.py"
BIGRAM, SAMPLING, TRAIN, FILES = "bigram.py", "sampling.py", "train.py", "files.py"
ATTENTION, NARROW, POSITIONS = "attention.py", "narrow.py", "positions.py"
LAYERS, TRANSFORMER = "layers.py", "transformer.py"
GPT, CACHE, SUMMARY, CONFIG = "gpt.py", "cache.py", "summary.py", "config.py"
PAIRS, TRANSLATION = "pairs.py", "translation.py"
EXPLORER, MARKUP = "explorer/attention.py", "plot/markup.py"

MUTANTS = [
    # The targets are the inputs: the model learns to repeat what it is given.
    Mutant(
        DATA,
        "return data[at], data[at + 1]",
        "return data[at], data[at]",
        "test_data.py::test_a_batch_is_what_a_plain_loop_cuts",
    ),
    # The last target of a row is its own first token.
    Mutant(
        DATA,
        "return data[at], data[at + 1]",
        "return data[at], data[at].roll(-1, 1)",
        "test_data.py::test_a_batch_is_what_a_plain_loop_cuts",
    ),
    # The last window of a text is never drawn.
    Mutant(
        DATA,
        "windows = len(data) - T",
        "windows = len(data) - T - 1",
        "test_data.py::test_first_and_last_window_are_reached_and_none_beyond",
    ),
    # Windows of the tales begin anywhere.
    Mutant(
        DATA,
        "first = starts[torch.randint(len(starts), (B,), generator=generator)]",
        "first = torch.randint(windows, (B,), generator=generator)",
        "test_data.py::test_windows_of_tales_begin_with_a_story",
    ),
    # The seed has no effect.
    Mutant(
        DATA,
        "torch.randint(windows, (B,), generator=generator)",
        "torch.randint(windows, (B,))",
        "test_data.py::test_the_generator_alone_decides",
    ),
    # Validation text leaks into training.
    Mutant(
        DATA,
        "return text[:cut], text[cut:]",
        "return text, text[cut:]",
        "test_data.py::test_split_loses_nothing_and_leaks_nothing",
    ),
    Mutant(
        DATA,
        "return _read(TALES_TRAIN), _read(TALES_VALID)",
        'return load_text("tales"), _read(TALES_VALID)',
        "test_data.py::test_the_tales_bring_their_own_validation_stories",
    ),
    # Any bytes will do for Tiny Shakespeare.
    Mutant(
        DATA,
        ".hexdigest()) != sha256:",
        '.hexdigest()) == "":',
        "test_data.py::test_wrong_bytes_are_not_kept",
    ),
    # An id of -1 is the last character.
    Mutant(
        TOKENIZER,
        "if not 0 <= i < vocab_size:",
        "if not i < vocab_size:",
        "test_tokenizer.py::test_unknown_id",
    ),
    # The ids depend on the order in which characters come, so no two texts agree.
    Mutant(
        TOKENIZER,
        "sorted(set(text))",
        "dict.fromkeys(text)",
        "test_tokenizer.py::test_ids_are_the_places_in_the_sorted_vocabulary",
    ),
    # A fact counts as told before, in the very sentence that tells it.
    Mutant(
        WORLD,
        "if fact.told < state.now:",
        "if fact.told <= state.now:",
        "test_world.py::test_a_fact_that_a_sentence_repeats_was_told_before_and_stands_in_it",
    ),
    # A fact is put down to the sentence before the one that tells it.
    Mutant(
        WORLD,
        "facts[role, relation] = value, state.now",
        "facts[role, relation] = value, max(state.now - 1, 0)",
        "test_world.py::test_a_fact_is_told_in_a_sentence_that_speaks_of_it",
    ),
    # What was found is still missed.
    Mutant(
        WORLD,
        "if key != (role, relation)}",
        "if not value or key != (role, relation)}",
        "test_world.py::test_what_holds_at_the_end",
    ),
    # What was told once may be drawn again: the kite is red, then blue.
    Mutant(
        WORLD,
        'return [Move("", (), todo, _put(state, role, step, one), kind) for one in word]',
        "word = word[len(state.facts) % len(word)]",
        "test_world.py::test_a_colour_is_drawn_once_and_then_repeated",
    ),
    # Somebody plays two roles, and hands a thing to herself.
    Mutant(
        WORLD,
        "entry for entry in entries if entry.name not in taken",
        "entry for entry in entries",
        "test_world.py::test_nobody_plays_two_roles",
    ),
    # "She" where two girls were just named.
    Mutant(
        WORLD,
        'state.players[n].words["he"] == me["he"]] == [role]:',
        'state.players[n].words["he"] == me["he"]]:',
        "test_world.py::test_a_pronoun_stands_where_it_can_mean_only_one",
    ),
    # A choice is drawn before it is shown, so that two stories read the same.
    Mutant(
        WORLD,
        'return [Move("", (), rest, state._replace(plot=part))]',
        'return [Move("", (), rest, state._replace(plot=part))] * 2',
        "test_world.py::test_every_story_can_be_told_in_one_way_only_and_reading_it_gives_its_facts",
    ),
    # Of two ways to tell the same, the second replaces the first.
    Mutant(
        PREDICTOR,
        "alike[i] = way._replace(p=way.p + other.p)",
        "alike[i] = way",
        "test_predictor.py::test_two_ways_of_telling_the_same_are_added",
    ),
    # Two ways are one though they stand in different states: a red kite and a blue one.
    Mutant(
        PREDICTOR,
        "if other.state == way.state:",
        "if other.todo is way.todo:",
        "test_predictor.py::test_what_comes_next_is_the_share_of_the_stories_that_go_on_so",
    ),
    # Every option is certain.
    Mutant(
        PREDICTOR,
        "share = p / len(moves)",
        "share = p",
        "test_predictor.py::test_two_ways_of_telling_the_same_are_added",
    ),
    # A beginning counts as a story.
    Mutant(
        PREDICTOR,
        'self._read(text)[-1].get("", 0.0)',
        "sum(self._read(text)[-1].values())",
        "test_predictor.py::test_what_is_no_story_of_the_world_is_impossible",
    ),
    # What comes next is not asked of the text so far, but of all stories.
    Mutant(
        PREDICTOR,
        "{char: p / total for char, p in following.items()}",
        "{char: p for char, p in following.items()}",
        "test_predictor.py::test_one_reading_says_the_same_as_one_for_each_place",
    ),
    # The end of a story costs nothing.
    Mutant(
        ENTROPY,
        "PERFECT.surprisals(story.text)",
        "PERFECT.surprisals(story.text.strip())",
        "test_entropy.py::test_the_floor_that_is_stored_is_found_again",
    ),
    # Characters are taken for independent of each other.
    Mutant(
        ENTROPY,
        "math.sqrt(squares / (n - 1) / n) / fmean(sizes)",
        "math.sqrt(squares / (n - 1) / sum(sizes)) / fmean(sizes)",
        "test_entropy.py::test_the_standard_error_is_the_jackknife_s",
    ),
    # The picture shows the inputs where it says targets.
    Mutant(
        PLOT,
        "decode_one(int(ids[b, t]))",
        "decode_one(int(idx[b, t]))",
        "test_plot.py::test_batch",
    ),
    # The table is transposed: it says what came before.
    Mutant(
        BIGRAM,
        "torch.arange(n - 1, -1, -1)",
        "torch.arange(n)",
        "test_bigram.py::test_counts_are_those_of_a_loop",
    ),
    # The counts themselves are the logits.
    Mutant(
        BIGRAM,
        "(counts + pseudo).log()",
        "(counts + pseudo)",
        "test_bigram.py::test_a_counted_model_gives_the_fractions",
    ),
    # A column is read instead of a row.
    Mutant(
        BIGRAM,
        "F.embedding(idx, self.table)",
        "F.embedding(idx, self.table.T)",
        "test_bigram.py::test_each_token_has_a_row_of_its_own",
    ),
    # Low temperatures make the text wilder.
    Mutant(
        SAMPLING,
        "(logits / temperature)",
        "(logits * temperature)",
        "test_sampling.py::test_the_probabilities_are_those_of_transformers",
    ),
    # One token too many is kept.
    Mutant(
        SAMPLING,
        "ordered[:, top_k:] = 0",
        "ordered[:, top_k + 1 :] = 0",
        "test_sampling.py::test_the_probabilities_are_those_of_transformers",
    ),
    # The token with which top_p is reached is cut off too.
    Mutant(
        SAMPLING,
        "before[:, 1:] >= top_p",
        "(before + ordered)[:, 1:] >= top_p",
        "test_sampling.py::test_by_hand",
    ),
    # Probabilities stay sorted and belong to the wrong tokens.
    Mutant(
        SAMPLING,
        "torch.zeros_like(probs).scatter(-1, token, ordered)",
        "ordered",
        "test_sampling.py::test_by_hand",
    ),
    # The text goes on from its first token.
    Mutant(
        SAMPLING,
        "[rows, ends - 1]",
        "[rows, 0 * ends]",
        "test_sampling.py::test_text_grows_from_the_right_and_each_row_on_its_own",
    ),
    # The seed has no effect on what is written.
    Mutant(
        SAMPLING,
        "torch.multinomial(probs.cpu(), 1, generator=generator)",
        "torch.multinomial(probs.cpu(), 1)",
        "test_sampling.py::test_the_generator_alone_decides",
    ),
    # Gradients add up from step to step.
    Mutant(
        TRAIN,
        "optimizer.zero_grad()",
        "None",
        "test_train.py::test_a_run_is_what_the_same_steps_by_hand_are",
    ),
    # Gradients are as long as they like.
    Mutant(
        TRAIN,
        "model.parameters(), config.grad_clip)",
        "model.parameters(), math.inf)",
        "test_train.py::test_a_run_is_what_the_same_steps_by_hand_are",
    ),
    # Biases decay.
    Mutant(
        TRAIN,
        '"weight_decay": 0.0',
        '"weight_decay": config.weight_decay',
        "test_train.py::test_only_matrices_decay",
    ),
    # The rate is made and not used.
    Mutant(
        TRAIN,
        'group["lr"] = learning_rate(step, config',
        'group["rate"] = learning_rate(step, config',
        "test_train.py::test_a_run_is_what_the_same_steps_by_hand_are",
    ),
    # The rate does not reach 0.
    Mutant(
        TRAIN,
        "/ (config.max_iters - config.warmup_iters)",
        "/ config.max_iters",
        "test_train.py::test_the_rates_are_those_of_transformers",
    ),
    # A short batch counts as much as a long one.
    Mutant(
        TRAIN,
        "n = int((batch[-1] != IGNORE).sum())",
        "n = 1",
        "test_train.py::test_a_score_is_the_mean_over_all_tokens_however_they_are_cut",
    ),
    # The score is taken with dropout.
    Mutant(
        "modes.py",
        "model.eval()",
        "model.train()",
        "test_train.py::test_a_score_is_taken_in_evaluation_mode_without_gradients",
    ),
    # Padding is asked for.
    Mutant(
        DATA,
        "for i, j in windows], True, IGNORE)",
        "for i, j in windows], True, 0)",
        "test_data.py::test_all_batches_ask_for_each_token_but_the_first_once",
    ),
    # A score does not ask for the first character.
    Mutant(
        DATA,
        'text = "\\n" + text',
        "text = text",
        "test_data.py::test_the_ids_of_stories_begin_with_a_line_break",
    ),
    # A piece begins in one story and ends in the next.
    Mutant(
        DATA,
        "torch.tensor([*head, *itertools.chain(*parts)])",
        "torch.tensor(tokenizer.encode(text))",
        "test_data.py::test_the_ids_of_a_story_are_the_same_between_any_others",
    ),
    # Stories of pieces begin where they would if pieces were characters.
    Mutant(
        DATA,
        "*itertools.chain(*parts)]), starts",
        "*itertools.chain(*parts)]), story_starts(text[1:])",
        "test_data.py::test_each_story_begins_at_the_line_break_before_it_in_pieces_too",
    ),
    # What training remembers loses half of its digits.
    Mutant(
        "checkpoint.py",
        "{TRAINING + name: t for",
        "{TRAINING + name: t.float() for",
        "test_checkpoint.py::test_what_training_remembers_comes_back_bit_for_bit",
    ),
    # How it was trained is forgotten.
    Mutant(
        "checkpoint.py",
        '"settings": dict(settings or {}),',
        '"settings": {},',
        "test_checkpoint.py::test_what_training_remembers_comes_back_bit_for_bit",
    ),
    # A window goes on into the next story.
    Mutant(
        DATA,
        "(i, min(i + block_size, end))",
        "(i, min(i + block_size, edges[-1]))",
        "test_data.py::test_batches_of_stories_hold_each_from_its_start_and_nothing_else",
    ),
    # A damaged checkpoint is loaded.
    Mutant(
        "checkpoint.py",
        'facts.pop("sha256", None) != _sha256(facts, tensors)',
        'facts.pop("sha256", None) is None',
        "test_checkpoint.py::test_a_changed_parameter_is_noticed",
    ),
    # A file is overwritten where it stands.
    Mutant(
        FILES,
        'path.with_name(path.name + ".part")',
        "path",
        "test_files.py::test_a_failure_leaves_the_old_file_and_nothing_else",
    ),
    # Scores are not scaled.
    Mutant(
        ATTENTION,
        "q @ k.mT / math.sqrt(D)",
        "q @ k.mT",
        "test_attention.py::test_the_readable_form_is_equation_1",
    ),
    # Scores are divided by D, not by its root.
    Mutant(
        ATTENTION,
        "/ math.sqrt(D)",
        "/ D",
        "test_attention.py::test_the_readable_form_is_equation_1",
    ),
    # Keys are reshaped where they should be transposed.
    Mutant(
        ATTENTION,
        "q @ k.mT",
        "q @ k.reshape(*k.shape[:-2], D, S)",
        "test_attention.py::test_the_readable_form_is_equation_1",
    ),
    # Weights sum to 1 over the queries.
    Mutant(
        ATTENTION,
        "weights = scores.softmax(dim=-1).masked_fill",
        "weights = scores.softmax(dim=-2).masked_fill",
        "test_attention.py::test_the_readable_form_is_equation_1",
    ),
    # The mask is the other way round, as in nn.MultiheadAttention.
    Mutant(
        ATTENTION,
        "scores.masked_fill(~mask,",
        "scores.masked_fill(mask,",
        "test_attention.py::test_the_readable_form_is_equation_1",
    ),
    # Everybody sees the future, and nobody the past.
    Mutant(
        ATTENTION,
        "device=device).tril()",
        "device=device).triu()",
        "test_attention.py::test_masks_by_loops",
    ),
    # A position does not see itself.
    Mutant(
        ATTENTION,
        "device=device).tril()",
        "device=device).tril(-1)",
        "test_attention.py::test_masks_by_loops",
    ),
    # A band is one too wide.
    Mutant(
        ATTENTION,
        ".triu(1 - width)",
        ".triu(-width)",
        "test_attention.py::test_masks_by_loops",
    ),
    # Only the filling is looked at.
    Mutant(
        ATTENTION,
        "(idx != pad)[:, None]",
        "(idx == pad)[:, None]",
        "test_attention.py::test_a_padded_sequence_gives_what_it_gives_alone",
    ),
    # Who may look at nothing looks at everything.
    Mutant(
        ATTENTION,
        "scores.softmax(dim=-1).masked_fill(~mask, 0)",
        "scores.softmax(dim=-1)",
        "test_attention.py::test_who_may_look_at_nothing_takes_in_nothing",
    ),
    # Who may look at nothing becomes nan.
    Mutant(
        ATTENTION,
        "torch.finfo(scores.dtype).min",
        "-math.inf",
        "test_attention.py::test_nan_never_comes_up_on_the_way_back",
    ),
    # The fused path sees the future.
    Mutant(
        ATTENTION,
        "is_causal=causal)",
        "is_causal=False)",
        "test_attention.py::test_causal_is_a_mask_like_any_other",
    ),
    # A causal head forgets the padding.
    Mutant(
        ATTENTION,
        "past if mask is None else mask & past",
        "past",
        "test_attention.py::test_causal_is_a_mask_like_any_other",
    ),
    # What is recorded is not what was computed.
    Mutant(
        ATTENTION,
        "mask = _in_the_past(mask, q)",
        "mask = _in_the_past(None, q)",
        "test_attention.py::test_what_is_recorded_is_what_was_computed",
    ),
    # Queries and keys are exchanged.
    Mutant(
        ATTENTION,
        "self.query(x), self.key(memory)",
        "self.key(x), self.query(memory)",
        "test_attention.py::test_a_head_is_its_three_projections_and_attention",
    ),
    # Cross-attention hands over keys for values.
    Mutant(
        ATTENTION,
        "self.key(memory), self.value(memory)\n",
        "self.key(memory), self.key(memory)\n",
        "test_attention.py::test_a_head_is_its_three_projections_and_attention",
    ),
    # Maps are drawn with dropout.
    Mutant(
        ATTENTION,
        "with evaluating(model), record_attention",
        "with record_attention",
        "test_attention.py::test_maps_are_arrays_of_the_last_call_without_dropout",
    ),
    # A model goes on recording.
    Mutant(
        ATTENTION,
        "part.record = before[name]",
        "pass",
        "test_attention.py::test_recording_ends_when_something_goes_wrong",
    ),
    # Heads are torn out of the row as it lies, and hold pieces of other positions.
    Mutant(
        ATTENTION,
        "self.query(x).view(B, T, H, D).transpose(1, 2)",
        "self.query(x).view(B, H, T, D)",
        "test_multi_head.py::test_it_is_a_loop_over_heads",
    ),
    # Heads are joined without being swapped back.
    Mutant(
        ATTENTION,
        "mixed.transpose(1, 2).flatten(2)",
        "mixed.reshape(B, T, H * D)",
        "test_multi_head.py::test_it_is_pytorchs",
    ),
    # Every head looks with the channels of another.
    Mutant(
        ATTENTION,
        "self.key(memory).view(B, S, H, D).transpose(1, 2)",
        "self.key(memory).view(B, S, H, D).transpose(1, 2).flip(1)",
        "test_multi_head.py::test_it_is_a_loop_over_heads",
    ),
    # All heads of cross-attention hand over keys for values.
    Mutant(
        ATTENTION,
        "self.value(memory).view",
        "self.key(memory).view",
        "test_multi_head.py::test_maps_have_every_head_and_what_it_did",
    ),
    # What the heads found is not mixed.
    Mutant(
        ATTENTION,
        "return self.proj(mixed.transpose(1, 2).flatten(2))",
        "return mixed.transpose(1, 2).flatten(2)",
        "test_multi_head.py::test_maps_have_every_head_and_what_it_did",
    ),
    # All rows of a batch have the filling of the first.
    Mutant(
        ATTENTION,
        "mask.unsqueeze(-3)",
        "mask.unsqueeze(-3)[:1]",
        "test_multi_head.py::test_a_padded_sequence_gives_what_it_gives_alone",
    ),
    # Wide attention is no wider than any other.
    Mutant(
        ATTENTION,
        "n_embd // n_head if head_size is None else head_size",
        "n_embd // n_head",
        "test_multi_head.py::test_parameters_by_head_size",
    ),
    # The readable path drops nothing.
    Mutant(
        ATTENTION,
        "F.dropout(weights, dropout) @ v",
        "weights @ v",
        "test_multi_head.py::test_both_paths_drop_the_same_weights",
    ),
    # The rest of a row is scaled up to 1.
    Mutant(
        ATTENTION,
        "F.dropout(weights, dropout) @ v",
        "F.normalize(F.dropout(weights, dropout), p=1, dim=-1) @ v",
        "test_multi_head.py::test_dropout_comes_after_the_softmax",
    ),
    # What is dropped is scores: a softmax follows.
    Mutant(
        ATTENTION,
        "weights = scores.softmax(dim=-1)  # (..., T, S)\n    else:",
        "weights = F.dropout(scores, dropout).softmax(dim=-1)\n        dropout = 0.0\n    else:",
        "test_multi_head.py::test_dropout_comes_after_the_softmax",
    ),
    # The fused path drops nothing.
    Mutant(
        ATTENTION,
        "fused_attention(q, k, v, mask, causal, dropout)",
        "fused_attention(q, k, v, mask, causal)",
        "test_multi_head.py::test_dropout_comes_after_the_softmax",
    ),
    # It goes on dropping when it is used.
    Mutant(
        ATTENTION,
        "self.dropout if self.training else 0.0",
        "self.dropout",
        "test_multi_head.py::test_without_training_nothing_is_dropped",
    ),
    # Where a mask is given, the readable path drops nothing.
    Mutant(
        ATTENTION,
        "F.dropout(weights, dropout) @ v",
        "(weights if mask is not None else F.dropout(weights, dropout)) @ v",
        "test_multi_head.py::test_dropout_comes_after_the_softmax",
    ),
    # Where a mask is given, the fused path drops nothing.
    Mutant(
        ATTENTION,
        "F.scaled_dot_product_attention(q, k, v, mask, dropout,",
        "F.scaled_dot_product_attention(q, k, v, mask, dropout if mask is None else 0.0,",
        "test_multi_head.py::test_dropout_comes_after_the_softmax",
    ),
    # One head without others drops nothing.
    Mutant(
        ATTENTION,
        "v[:, None], mask, causal, dropout)",
        "v[:, None], mask, causal)",
        "test_multi_head.py::test_dropout_comes_after_the_softmax",
    ),
    # Narrow values are made by the map for keys.
    Mutant(
        NARROW,
        "self.value = SliceMaps(n_head, self.head_size, shared)",
        "self.value = self.key",
        "test_narrow.py::test_parameters",
    ),
    # Every head gets each H-th channel, not a slice.
    Mutant(
        NARROW,
        "x.view(B, T, H, D).transpose(1, 2)",
        "x.view(B, T, D, H).permute(0, 3, 1, 2)",
        "test_narrow.py::test_each_head_sees_its_slice",
    ),
    # Maps are applied the other way round than nn.Linear's.
    Mutant(
        NARROW,
        "self.weight.mT",
        "self.weight",
        "test_narrow.py::test_it_has_blocks_along_a_diagonal",
    ),
    # Nothing is shared.
    Mutant(
        NARROW,
        "1 if shared else n_head",
        "n_head",
        "test_narrow.py::test_parameters",
    ),
    # Narrow maps begin as if each saw all channels.
    Mutant(
        NARROW,
        "1 / math.sqrt(head_size)",
        "1 / math.sqrt(head_size * n_head)",
        "test_narrow.py::test_it_begins_as_linear_maps_of_its_size_begin",
    ),
    # The reader forgets what it has just read.
    Mutant(
        "reader.py",
        "self.lm_head(x + self.look(x))",
        "self.lm_head(self.look(x))",
        "test_reader.py::test_it_adds_what_it_found_to_what_it_has",
    ),
    # Each wave is as long as the square root of the right one.
    Mutant(
        POSITIONS,
        "** (torch.arange(0, C, 2",
        "** (0.5 * torch.arange(0, C, 2",
        "test_positions.py::test_waves_are_the_papers",
    ),
    # First all sines, then all cosines.
    Mutant(
        POSITIONS,
        "torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)",
        "torch.cat([angles.sin(), angles.cos()], dim=-1)",
        "test_positions.py::test_waves_are_the_papers",
    ),
    # The norms stand before the layers where they should stand after the sums.
    Mutant(
        LAYERS,
        "return norm(x + self.dropout(layer(x)))",
        "return x + self.dropout(layer(norm(x)))",
        "test_layers.py::test_a_block_is_pytorchs_layer",
    ),
    # What was there is normed, too, where only the layer's input should be.
    Mutant(
        LAYERS,
        "return x + self.dropout(layer(norm(x)))",
        "return norm(x) + self.dropout(layer(norm(x)))",
        "test_layers.py::test_a_block_is_pytorchs_layer",
    ),
    # A layer's output is normed, and then added.
    Mutant(
        LAYERS,
        "return norm(x + self.dropout(layer(x)))",
        "return x + norm(self.dropout(layer(x)))",
        "test_layers.py::test_a_block_is_pytorchs_layer",
    ),
    # Nothing is added to what was there.
    Mutant(
        LAYERS,
        "return norm(x + self.dropout(layer(x)))",
        "return norm(self.dropout(layer(x)))",
        "test_layers.py::test_a_block_is_pytorchs_layer",
    ),
    # Dropout falls on the sum.
    Mutant(
        LAYERS,
        "norm(x + self.dropout(layer(x)))",
        "norm(self.dropout(x + layer(x)))",
        "test_layers.py::test_dropout_falls_on_what_a_layer_adds_and_spares_what_was_there",
    ),
    # One norm serves both attentions.
    Mutant(
        LAYERS,
        "self.add(x, self.ln_cross,",
        "self.add(x, self.ln_1,",
        "test_layers.py::test_dropout_falls_on_what_a_layer_adds_and_spares_what_was_there",
    ),
    # Attention weights are dropped, too, as in PyTorch's layers.
    Mutant(
        LAYERS,
        "MultiHeadAttention(C, H, causal, config.attn_dropout, bias=bias)",
        "MultiHeadAttention(C, H, causal, config.dropout, bias=bias)",
        "test_transformer.py::test_dropout_falls_where_the_paper_has_it",
    ),
    # Something is dropped inside the feed-forward layer.
    Mutant(
        LAYERS,
        "self.proj(self.activation(self.fc(x)))",
        "self.proj(F.dropout(self.activation(self.fc(x)), 0.1, self.training))",
        "test_transformer.py::test_dropout_falls_where_the_paper_has_it",
    ),
    # The decoder looks at itself twice and never at memory.
    Mutant(
        LAYERS,
        "self.cross(inner, memory, memory_mask)",
        "self.cross(inner)",
        "test_layers.py::test_every_position_of_a_decoder_looks_at_all_of_memory_that_the_mask_leaves",
    ),
    # The decoder looks at the filling of the source.
    Mutant(
        LAYERS,
        "self.cross(inner, memory, memory_mask)",
        "self.cross(inner, memory)",
        "test_transformer.py::test_a_pair_gives_what_it_gives_alone_however_it_is_filled_up",
    ),
    # Two maps with nothing between them are one.
    Mutant(
        LAYERS,
        "self.activation(self.fc(x))",
        "self.fc(x)",
        "test_layers.py::test_feed_forward_is_equation_2",
    ),
    # The feed-forward layer is as narrow as the rest.
    Mutant(
        "config.py",
        "return 4 * self.n_embd",
        "return self.n_embd",
        "test_transformer.py::test_the_papers_models_have_the_sizes_that_are_written_down",
    ),
    # The encoder looks at the filling of the source.
    Mutant(
        TRANSFORMER,
        "x = block(x, mask)",
        "x = block(x)",
        "test_transformer.py::test_a_pair_gives_what_it_gives_alone_however_it_is_filled_up",
    ),
    # The encoder reads as if it had to write.
    Mutant(
        TRANSFORMER,
        "Block(config) for",
        "Block(config, causal=True) for",
        "test_transformer.py::test_a_word_of_the_source_is_read_with_those_after_it",
    ),
    # The decoder sees the words that it should find.
    Mutant(
        TRANSFORMER,
        "causal=True, cross=True",
        "cross=True",
        "test_transformer.py::test_later_words_change_nothing_that_was_said_before",
    ),
    # Embeddings drown in the waves of the positions.
    Mutant(
        TRANSFORMER,
        "math.sqrt(C) * x + self.pos_emb(T)",
        "x + self.pos_emb(T)",
        "test_transformer.py::test_embeddings_are_scaled_and_positions_are_not",
    ),
    # Positions are scaled as well.
    Mutant(
        TRANSFORMER,
        "math.sqrt(C) * x + self.pos_emb(T)",
        "math.sqrt(C) * (x + self.pos_emb(T))",
        "test_transformer.py::test_embeddings_are_scaled_and_positions_are_not",
    ),
    # No word knows where it stands.
    Mutant(
        TRANSFORMER,
        "math.sqrt(C) * x + self.pos_emb(T)",
        "math.sqrt(C) * x",
        "test_transformer.py::test_only_positions_tell_the_order_of_the_source",
    ),
    # Embeddings are not dropped.
    Mutant(
        TRANSFORMER,
        "self.dropout(math.sqrt(C) * x + self.pos_emb(T))",
        "math.sqrt(C) * x + self.pos_emb(T)",
        "test_transformer.py::test_dropout_falls_where_the_paper_has_it",
    ),
    # With norms before the layers, what the stacks end in is not normed.
    Mutant(
        TRANSFORMER,
        "F.linear(self.ln_f(x),",
        "F.linear(x,",
        "test_transformer.py::test_it_is_pytorchs",
    ),
    # Nor is the memory.
    Mutant(
        TRANSFORMER,
        "return self.ln_memory(x), mask",
        "return x, mask",
        "test_transformer.py::test_stacks_end_in_a_norm",
    ),
    # The output reads a copy of the table, which learns nothing from it.
    Mutant(
        TRANSFORMER,
        "self.tok_emb.weight)",
        "self.tok_emb.weight.detach())",
        "test_transformer.py::test_it_is_pytorchs",
    ),
    # Embeddings begin as large as PyTorch makes them.
    Mutant(
        TRANSFORMER,
        "std=C**-0.5",
        "std=1.0",
        "test_transformer.py::test_the_first_parameters",
    ),
    # Targets are as hard as ever.
    Mutant(
        TRAIN,
        "label_smoothing=label_smoothing,",
        "label_smoothing=0.0,",
        "test_train.py::test_label_smoothing_is_its_definition",
    ),
    # The fall is a step late.
    Mutant(
        TRAIN,
        "math.sqrt(config.warmup_iters / (step + 1))",
        "math.sqrt(config.warmup_iters / step)",
        "test_train.py::test_inverse_sqrt_is_equation_3",
    ),
    # It falls like 1 / step.
    Mutant(
        TRAIN,
        "math.sqrt(config.warmup_iters / (step + 1))",
        "(config.warmup_iters / (step + 1))",
        "test_train.py::test_inverse_sqrt_is_equation_3",
    ),
    # The optimizer keeps its own eps.
    Mutant(
        TRAIN,
        "betas=config.betas, eps=config.eps,",
        "betas=config.betas,",
        "test_train.py::test_without_decay_the_steps_are_those_of_adam",
    ),
    # The optimizer keeps its own betas.
    Mutant(
        TRAIN,
        "betas=config.betas, eps=config.eps,",
        "eps=config.eps,",
        "test_train.py::test_without_decay_the_steps_are_those_of_adam",
    ),
    # Muon's matrices decay, as PyTorch lets them unless told otherwise.
    Mutant(
        TRAIN,
        "[group], weight_decay=0,",
        "[group],",
        "test_train.py::test_with_muon_only_tables_decay",
    ),
    # Muon has the table of tokens too.
    Mutant(
        TRAIN,
        "for block in blocks for p in block.parameters() if p.dim() == 2}",
        "for p in model.parameters() if p.dim() == 2}",
        "test_train.py::test_muon_has_the_matrices_in_blocks_and_adamw_all_else",
    ),
    # AdamW has no matrix, and nobody the table of tokens.
    Mutant(
        TRAIN,
        "[p for p in matrices if p not in inside]",
        "[]",
        "test_train.py::test_muon_has_the_matrices_in_blocks_and_adamw_all_else",
    ),
    # Muon's steps are as long as AdamW's would be.
    Mutant(
        TRAIN,
        'adjust_lr_fn="original"',
        'adjust_lr_fn="match_rms_adamw"',
        "test_train.py::test_muons_steps_are_those_by_hand",
    ),
    # Muon has AdamW's rate.
    Mutant(
        TRAIN,
        'learning_rate(step, config, group["highest"])',
        "learning_rate(step, config)",
        "test_train.py::test_muons_steps_are_those_by_hand",
    ),
    # Muon's rate does not rise.
    Mutant(
        TRAIN,
        "if step < config.warmup_iters:",
        "if step < config.warmup_iters and highest == config.learning_rate:",
        "test_train.py::test_muons_steps_are_those_by_hand",
    ),
    # Gradients of a step's batches are added up, and their mean is not taken.
    Mutant(
        TRAIN,
        "loss(model, batch) / config.accumulate",
        "loss(model, batch)",
        "test_train.py::test_a_step_on_some_batches_is_one_on_all_their_rows",
    ),
    # Each batch wipes out the gradient of those before it.
    Mutant(
        TRAIN,
        "            part.backward()\n",
        "            model.zero_grad()\n            part.backward()\n",
        "test_train.py::test_a_step_on_some_batches_is_one_on_all_their_rows",
    ),
    # The last step is taken on too few batches.
    Mutant(
        TRAIN,
        "if len(parts) < config.accumulate:",
        "if not parts:",
        "test_train.py::test_no_step_is_taken_on_fewer_batches_than_it_needs",
    ),
    # The type is accepted and ignored.
    Mutant(
        TRAIN,
        "enabled=low",
        "enabled=False",
        "test_train.py::test_bfloat16_changes_the_losses_a_little_and_no_type",
    ),
    # What was broken off goes on with new memories.
    Mutant(
        TRAIN,
        " if optimizers is None else optimizers",
        "",
        "test_train.py::test_what_was_broken_off_goes_on_as_if_it_had_not_been",
    ),
    Mutant(
        TRAIN,
        "[key] = tensor.to(p.device)",
        "[key] = 0 * tensor.to(p.device)",
        "test_train.py::test_what_was_broken_off_goes_on_as_if_it_had_not_been",
    ),
    # The rate rises a second time.
    Mutant(
        TRAIN,
        "range(done, config.max_iters)",
        "range(config.max_iters - done)",
        "test_train.py::test_what_was_broken_off_goes_on_as_if_it_had_not_been",
    ),
    # The average is the latest state.
    Mutant(
        TRAIN,
        "torch.stack([s[name] for s in states]).mean(0)",
        "states[-1][name].clone()",
        "test_train.py::test_an_average_is_the_mean_of_each_parameter",
    ),
    # What has ended is forgotten.
    Mutant(
        SAMPLING,
        "following[..., end][done] = 0",
        "pass",
        "test_sampling.py::test_as_wide_as_all_there_is_it_finds_the_best",
    ),
    # What has ended pays on.
    Mutant(
        SAMPLING,
        "following[done] = -math.inf\n        following[..., end][done] = 0",
        "following[..., :end][done] = following[..., end + 1 :][done] = -math.inf",
        "test_sampling.py::test_what_has_ended_pays_no_more_and_grows_no_longer",
    ),
    # What has ended grows on, by its filling.
    Mutant(
        SAMPLING,
        "(length + ~done)",
        "(length + 1)",
        "test_sampling.py::test_what_has_ended_pays_no_more_and_grows_no_longer",
    ),
    # Length makes a row worse.
    Mutant(
        SAMPLING,
        "log_p / ((5 + length) / 6)",
        "log_p * ((5 + length) / 6)",
        "test_sampling.py::test_as_wide_as_all_there_is_it_finds_the_best",
    ),
    # The likeliest is taken, whatever its length.
    Mutant(
        SAMPLING,
        "idx[score.argmax(1) +",
        "idx[log_p.argmax(1) +",
        "test_sampling.py::test_a_longer_row_may_be_less_likely",
    ),
    # A beginning goes on from one that it is not.
    Mutant(
        SAMPLING,
        "idx[rows], token",
        "idx, token",
        "test_sampling.py::test_as_wide_as_all_there_is_it_finds_the_best",
    ),
    # It is as long as what stood in its place.
    Mutant(
        SAMPLING,
        "(length + ~done).gather(1, parent)",
        "length + ~done",
        "test_sampling.py::test_as_wide_as_all_there_is_it_finds_the_best",
    ),
    # All beginnings are the same, and the beam is as narrow as greed.
    Mutant(
        SAMPLING,
        "log_p[:, 0] = 0",
        "log_p[:] = 0",
        "test_sampling.py::test_a_beam_finds_what_greed_misses",
    ),
    # Rows go on from beginnings of other rows.
    Mutant(
        SAMPLING,
        "(parent + K * torch.arange",
        "(parent + torch.arange",
        "test_sampling.py::test_a_row_finds_in_a_batch_what_it_finds_alone",
    ),
    # Logits are added where logarithms of probabilities should be.
    Mutant(
        SAMPLING,
        ".log_softmax(-1)",
        "",
        "test_sampling.py::test_as_wide_as_all_there_is_it_finds_the_best",
    ),
    # Each word says itself.
    Mutant(
        PAIRS,
        "target[1:] for",
        "target[:-1] for",
        "test_pairs.py::test_targets_are_what_comes_next_with_the_end_last",
    ),
    # The filling is asked for.
    Mutant(
        PAIRS,
        "in rows], True, IGNORE)",
        "in rows], True, WordTokenizer.pad)",
        "test_pairs.py::test_targets_are_what_comes_next_with_the_end_last",
    ),
    # Short pairs are filled up to the longest of all.
    Mutant(
        PAIRS,
        "sorted(pairs, key=lambda pair: (len(pair[1]), len(pair[0])))",
        "pairs",
        "test_pairs.py::test_pairs_of_a_length_come_together",
    ),
    # A batch is as large as its last pair lets it be.
    Mutant(
        PAIRS,
        "longest = max(longest, size)",
        "longest = size",
        "test_pairs.py::test_no_batch_is_larger_than_it_may_be_and_none_is_smaller_than_it_must",
    ),
    # The longest pairs are left over.
    Mutant(
        PAIRS,
        "rows.append(pair)\n    yield _batch(rows)",
        "rows.append(pair)",
        "test_pairs.py::test_every_pair_comes_once",
    ),
    # The same pairs always come together.
    Mutant(
        PAIRS,
        "shuffled = [pairs[i] for i in torch.randperm(len(pairs), generator=generator)]",
        "shuffled = pairs",
        "test_pairs.py::test_batches_without_end_bring_each_pair_once_and_then_each_again",
    ),
    # Every epoch goes from short to long.
    Mutant(
        PAIRS,
        "(cut[i] for i in torch.randperm(len(cut), generator=generator))",
        "cut",
        "test_pairs.py::test_batches_without_end_bring_each_pair_once_and_then_each_again",
    ),
    # A space follows an elision.
    Mutant(
        TOKENIZER,
        "|(?<=') ",
        "",
        "test_tokenizer.py::test_words_and_marks_by_hand",
    ),
    # Two spaces are none.
    Mutant(
        TOKENIZER,
        '|\\s+", text)',
        '|[^\\S ]+", text)',
        "test_tokenizer.py::test_pieces_by_hand",
    ),
    # A word and the space before it are two pieces.
    Mutant(
        TOKENIZER,
        """r" ?[\\w']+| ?""",
        """r"[\\w']+| ?""",
        "test_tokenizer.py::test_pieces_by_hand",
    ),
    # What comes once has an id, about which nothing can be learned.
    Mutant(
        TOKENIZER,
        "if n > 1]",
        "if n > 0]",
        "test_tokenizer.py::test_frequent_pieces_have_an_id_and_the_others_are_spelled",
    ),
    # The characters come on top of the size that was asked for.
    Mutant(
        TOKENIZER,
        "counts.most_common(vocab_size - len(chars))",
        "counts.most_common(vocab_size)",
        "test_tokenizer.py::test_a_vocabulary_is_as_large_as_it_may_be_and_can_be",
    ),
    # The vocabulary is made from validation text too.
    Mutant(
        TOKENIZER,
        "in split_pieces(text) if len(piece) > 1)",
        "in split_pieces(text + more) if len(piece) > 1)",
        "test_tokenizer.py::test_characters_of_another_text_are_known_and_its_pieces_are_not",
    ),
    # A tokenizer that is made again has other ids.
    Mutant(
        TOKENIZER,
        "self.pieces = list(pieces)",
        "self.pieces = sorted(pieces)",
        "test_tokenizer.py::test_the_order_of_pieces_counts",
    ),
    # The first words have the ids that mean none.
    Mutant(
        TOKENIZER,
        "enumerate(self.words, self.end + 1)",
        "enumerate(self.words)",
        "test_tokenizer.py::test_ids_of_words_come_after_those_that_mean_no_word",
    ),
    # A beginning looks at the source of another.
    Mutant(
        TRANSLATION,
        "memory.repeat_interleave(K, dim=0)",
        "memory.repeat(K, 1, 1)",
        "test_translation.py::test_a_text_becomes_what_it_becomes_alone",
    ),
    # Translations stay sorted by length.
    Mutant(
        TRANSLATION,
        "for i, row in zip(rows, idx, strict=True):",
        "for i, row in enumerate(idx, k):",
        "test_translation.py::test_a_text_becomes_what_it_becomes_alone",
    ),
    # The first word is found again and again.
    Mutant(
        TRANSLATION,
        "[:, -1]",
        "[:, 0]",
        "test_translation.py::test_a_beam_of_1_is_a_greedy_loop",
    ),
    # A short text may become as long as the longest beside it.
    Mutant(
        TRANSLATION,
        "mask.sum((1, 2)) + 50",
        "0 * mask.sum((1, 2)) + src.shape[1] + 50",
        "test_translation.py::test_it_has_at_most_50_tokens_more_than_its_source",
    ),
    # It is translated with dropout.
    Mutant(
        TRANSLATION,
        "with evaluating(model):",
        "with evaluating(model.tok_emb):",
        "test_translation.py::test_it_translates_in_evaluation_mode_and_leaves_the_mode_as_it_was",
    ),
    # Explorer: the map is transposed, and keys ask.
    Mutant(
        EXPLORER,
        "self._map.value = markup.heat_map(looks, mask, t,",
        "self._map.value = markup.heat_map(looks.T, mask.T, t,",
        "test_explorer.py::test_self_attention",
    ),
    # What is masked is shown, and the rest hatched.
    Mutant(
        MARKUP,
        "alpha=mask.astype(float)",
        "alpha=1.0 - mask",
        "test_explorer.py::test_self_attention",
    ),
    # The strip hatches what may be looked at.
    Mutant(
        MARKUP,
        "if looks is not None and mask[s]:",
        "if looks is not None and not mask[s]:",
        "test_explorer.py::test_self_attention",
    ),
    # The sentence tells the weakest.
    Mutant(
        MARKUP,
        "np.argsort(-looks, kind",
        "np.argsort(looks, kind",
        "test_explorer.py::test_the_sentence",
    ),
    # The frame is a row too low.
    Mutant(
        MARKUP,
        'y="{asks * cell - 1}"',
        'y="{(asks + 1) * cell - 1}"',
        "test_explorer.py::test_self_attention",
    ),
    # The strip and the sentence are those of the first token.
    Mutant(
        EXPLORER,
        "layer, head, t = self.layer.value, self.head.value, self.token.value\n        looks",
        "layer, head, t = self.layer.value, self.head.value, 0\n        looks",
        "test_explorer.py::test_self_attention",
    ),
    # A token is taken for HTML, in the strip or under the mouse.
    Mutant(
        MARKUP,
        "{style}>{escape(shown)}</span>",
        "{style}>{shown}</span>",
        "test_explorer.py::test_tokens_are_text",
    ),
    Mutant(
        MARKUP,
        'answer = [f"“{escape(visible(name))}”',
        'answer = [f"“{visible(name)}”',
        "test_explorer.py::test_tokens_are_text",
    ),
    # Another head is chosen, and the first one shown.
    Mutant(
        EXPLORER,
        "looks, mask = self.weights[layer, head], self.mask[layer, head]",
        "looks, mask = self.weights[layer, 0], self.mask[layer, 0]",
        "test_explorer.py::test_self_attention",
    ),
    # Another layer is chosen, and the first one shown.
    Mutant(
        EXPLORER,
        "looks, mask = self.weights[layer, head], self.mask[layer, head]",
        "looks, mask = self.weights[0, head], self.mask[0, head]",
        "test_explorer.py::test_self_attention",
    ),
    # The picture that stands in is always that of the first head.
    Mutant(
        EXPLORER,
        'panel = {"": (self.weights[layer, head], self.mask[layer, head])}',
        'panel = {"": (self.weights[0, 0], self.mask[0, 0])}',
        "test_explorer.py::test_the_picture_shows_the_chosen_head",
    ),
    # Each map has a colour scale of its own.
    Mutant(
        MARKUP,
        "colours = LOOKS(looks,",
        "colours = LOOKS(looks / looks.max(),",
        "test_explorer.py::test_the_colour_scale_is_the_same_in_every_map",
    ),
    # The widget looks into the caller's array, which changes.
    Mutant(
        EXPLORER,
        "np.asarray(weights).astype(float)",
        "np.asarray(weights, dtype=float)",
        "test_explorer.py::test_the_arrays_are_the_explorers_own",
    ),
    # A mask that is transposed goes unnoticed.
    Mutant(
        EXPLORER,
        "np.argwhere((weights > 0) & ~mask)",
        "np.argwhere((weights > 1) & ~mask)",
        "test_explorer.py::test_mistakes",
    ),
    # In a picture for print, what is masked is white, as if it were zero.
    Mutant(
        "plot/attention.py",
        "np.ma.array(shown, mask=~mask)",
        "np.ma.array(np.where(mask, shown, 0), mask=False)",
        "test_plot.py::test_weights",
    ),
    # De le is not contracted.
    Mutant(
        "french/grammar.py",
        '        ("de", "le"): "du",\n',
        '        ("de", "le"): "de le",\n',
        "test_french.py::test_possession",
    ),
    # L'hibou: an aspirated h is taken for a mute one.
    Mutant(
        "french/grammar.py",
        "not word.startswith(ASPIRATED)",
        "True",
        "test_french.py::test_no_vowel_sounds",
    ),
    # Sa horloge: no son before a feminine vowel sound.
    Mutant(
        "french/grammar.py",
        '"sa" if gender == "f" and not vowel_sound(following) else "son"',
        '"sa" if gender == "f" else "son"',
        "test_french.py::test_noun_phrases",
    ),
    # Ce oiseau.
    Mutant(
        "french/grammar.py",
        '"cet" if vowel_sound(following) else "ce"',
        '"ce"',
        "test_french.py::test_noun_phrases",
    ),
    # Des chevals.
    Mutant(
        "french/grammar.py",
        'return word[:-1] + "ux"',
        'return word + "s"',
        "test_french.py::test_plurals_of_nouns",
    ),
    # Des petites balles.
    Mutant(
        "french/phrases.py",
        "if denied or (many and short):",
        "if denied:",
        "test_french.py::test_noun_phrases",
    ),
    # Du says 's, and nothing says the.
    Mutant(
        "french/phrases.py",
        "Piece(contracted, last.says + first.says)",
        "Piece(contracted, last.says)",
        "test_french.py::test_alignment_of_possession",
    ),
    # Il l'a donné, of a key: the participle does not agree.
    Mutant(
        "french/clauses.py",
        "participle = grammar.agree(participle, what.gender, what.many)",
        "pass",
        "test_french.py::test_object_pronouns",
    ),
    # Le n'a pas vu: the pronoun stands before ne.
    Mutant(
        "french/clauses.py",
        "around(denying, (*before, auxiliary), second)",
        "(*before, *around(denying, (auxiliary,), second))",
        "test_french.py::test_object_pronouns",
    ),
    # Veut ouvrir la: the pronoun stands after the infinitive.
    Mutant(
        "french/clauses.py",
        "return Phrase(main + it, before + said)",
        "return Phrase(main + it, said + before)",
        "test_french.py::test_the_pronoun_stands_before_an_infinitive",
    ),
    # Anna and Tom are elles.
    Mutant(
        "french/draw.py",
        'gender = "f" if first.gender == second.gender == "f" else "m"',
        "gender = first.gender",
        "test_french.py::test_two_people_are_masculine_unless_both_are_feminine",
    ),
    # Other combinations are held out than the data's.
    Mutant(
        "french/pairs.py",
        "digest[0] % 8 == 1",
        "digest[0] % 8 == 2",
        "test_french.py::test_held_out_combinations",
    ),
    # Keys and values change their colours.
    Mutant(
        "plot/transformer.py",
        '(("k", KEY, 0.08, -0.03), ("v", VALUE, 0.19, 0.31))',
        '(("k", VALUE, 0.08, -0.03), ("v", KEY, 0.19, 0.31))',
        "test_diagrams.py::test_keys_and_values_come_from_memory_and_queries_from_below",
    ),
    # Cross-attention is drawn with the causal mask.
    Mutant(
        "plot/transformer.py",
        'masks["cross"], (near,',
        'masks["decoder"], (near,',
        "test_diagrams.py::test_masks_stand_where_they_act",
    ),
    # Post-norm is drawn with its norms on the branches.
    Mutant(
        "plot/norms.py",
        'at = cut.index("dropout") + 1',
        "at = len(cut)",
        "test_plot_transformer.py::test_block_orders",
    ),
    # Source and target of a link change places.
    Mutant(
        "plot/translation.py",
        "corner = left + s * cell + inset, top + t * cell + inset",
        "corner = left + t * cell + inset, top + s * cell + inset",
        "test_plot_transformer.py::test_alignment",
    ),
    # What has ended is dropped, and the check calls that right.
    Mutant(
        "exercises/beam.py",
        "longer += [b] if done(b) else",
        "longer += [] if done(b) else",
        "test_exercises.py::test_beam",
    ),
    # The check wants a variance divided by C - 1.
    Mutant(
        "exercises/transformer.py",
        "    root = math.sqrt(var + 1e-5)\n",
        "    root = math.sqrt(var * C / (C - 1) + 1e-5)\n",
        "test_exercises.py::test_layer_norm",
    ),
    # The check spreads over the other words only.
    Mutant(
        "exercises/transformer.py",
        "    own = rest + each\n",
        "    own = rest\n",
        "test_exercises.py::test_smoothed",
    ),
    # The check wants another rise.
    Mutant(
        "exercises/transformer.py",
        "return n**-0.5 * min(step**-0.5, step * w**-1.5)",
        "return n**-0.5 * min(step**-0.5, step * w**-0.5)",
        "test_exercises.py::test_rate",
    ),
    # A decoder's block that was given no memory looks at itself instead, and at its future.
    Mutant(
        "layers.py",
        "if (memory is None) != (self.cross is None):",
        "if False:",
        "test_layers.py::test_memory_and_cross_attention_come_together",
    ),
    # What comes after others stands where the first tokens stand.
    Mutant(
        POSITIONS,
        "past[:, None] + torch.arange(T)",
        "0 * past[:, None] + torch.arange(T)",
        "test_cache.py::test_however_a_text_is_cut_it_says_the_same",
    ),
    # And one place too early.
    Mutant(
        POSITIONS,
        "past[:, None] + torch.arange(T)",
        "(past[:, None] - 1).clamp(min=0) + torch.arange(T)",
        "test_positions.py::test_what_comes_after_others_has_the_rows_after_theirs",
    ),
    # All rows go on from where the longest does.
    Mutant(
        POSITIONS,
        "past[:, None] + torch.arange(T)",
        "past.max().expand(len(past), 1) + torch.arange(T)",
        "test_cache.py::test_rows_of_unequal_length_say_what_they_say_alone",
    ),
    # New keys leave a gap behind those kept.
    Mutant(
        CACHE,
        "return self.length[:, None] + torch.arange(T)",
        "return self.length[:, None] + torch.arange(T) + 1",
        "test_cache.py::test_places_and_mask_are_those_of_loops",
    ),
    # Values are kept where keys should be.
    Mutant(
        CACHE,
        "kept_k[rows, :, places] = k.transpose(1, 2)",
        "kept_k[rows, :, places] = v.transpose(1, 2)",
        "test_cache.py::test_however_a_text_is_cut_it_says_the_same",
    ),
    # All layers share the room of the first.
    Mutant(
        CACHE,
        "self.keys[layer], self.values[layer]",
        "self.keys[0], self.values[0]",
        "test_cache.py::test_however_a_text_is_cut_it_says_the_same",
    ),
    # Of tokens read together, each sees one that follows it.
    Mutant(
        CACHE,
        "mask = back >= 0 if",
        "mask = back >= -1 if",
        "test_cache.py::test_however_a_text_is_cut_it_says_the_same",
    ),
    # In a cached step the band is one too wide.
    Mutant(
        CACHE,
        "(back < band)",
        "(back <= band)",
        "test_cache.py::test_however_a_text_is_cut_it_says_the_same",
    ),
    # The room for values is what happened to be there.
    Mutant(
        CACHE,
        "self.values = torch.zeros(shape",
        "self.values = torch.empty(shape",
        "test_cache.py::test_room_that_nobody_has_filled_spoils_nothing",
    ),
    # With a cache there is no mask: a prompt sees its own future.
    Mutant(
        GPT,
        "{band: cache.mask(T, band) for",
        "{band: None for",
        "test_cache.py::test_each_token_looks_at_those_kept_and_not_at_those_after_it",
    ),
    # With a cache every block looks at all.
    Mutant(
        GPT,
        "cache.mask(T, band)",
        "cache.mask(T)",
        "test_cache.py::test_however_a_text_is_cut_it_says_the_same",
    ),
    # What is kept has fewer bits than the model.
    Mutant(
        GPT,
        "            table.dtype,\n",
        "            None,\n",
        "test_cache.py::test_it_has_room_for_two_vectors_a_token_and_layer",
    ),
    # The window is one token short.
    Mutant(
        SAMPLING,
        "(ends - block_size).clamp(min=0)",
        "(ends - block_size + 1).clamp(min=0)",
        "test_cache.py::test_generate_writes_what_a_plain_loop_writes",
    ),
    # A shorter row goes on from the filling behind it, with a cache ...
    Mutant(
        SAMPLING,
        "logits[rows, unread - 1]",
        "logits[:, -1]",
        "test_cache.py::test_a_row_writes_in_a_batch_what_it_writes_alone",
    ),
    # ... and without.
    Mutant(
        SAMPLING,
        "[rows, ends - 1]",
        "[:, -1]",
        "test_sampling.py::test_a_row_with_filling_goes_on_from_its_own_end",
    ),
    # A row that has ended goes on.
    Mutant(
        SAMPLING,
        "            new[done] = stop\n",
        "",
        "test_sampling.py::test_a_row_that_has_ended_waits_for_the_others",
    ),
    # All end with the first.
    Mutant(
        SAMPLING,
        "if done.all():\n            return",
        "if done.any():\n            return",
        "test_sampling.py::test_a_row_that_has_ended_waits_for_the_others",
    ),
    # A stop in what is given ends the row.
    Mutant(
        SAMPLING,
        "done = torch.zeros(B, dtype=torch.bool, device=idx.device)\n    cache",
        "done = (idx == stop).any(dim=1)\n    cache",
        "test_sampling.py::test_a_stop_in_what_is_given_ends_nothing",
    ),
    # While it writes, a model that is training is not.
    Mutant(
        SAMPLING,
        "with evaluating(model):  # between",
        "if model.eval():  # between",
        "test_sampling.py::test_between_tokens_the_model_is_the_callers",
    ),
    # The band is that of the other blocks.
    Mutant(
        CONFIG,
        "self.band if n % 2 else None",
        "None if n % 2 else self.band",
        "test_gpt.py::test_a_token_is_heard_as_far_as_the_band",
    ),
    # All blocks have the band.
    Mutant(
        CONFIG,
        "self.band if n % 2 else None for",
        "self.band for",
        "test_gpt.py::test_a_token_is_heard_as_far_as_the_band",
    ),
    # Blocks look one further back than the band says.
    Mutant(
        GPT,
        "banded_mask(T, band, idx.device)",
        "banded_mask(T, band + 1, idx.device)",
        "test_gpt.py::test_a_token_is_heard_as_far_as_the_band",
    ),
    # The head does not teach the table that it shares.
    Mutant(
        GPT,
        "F.linear(x, self.tok_emb.weight)",
        "F.linear(x, self.tok_emb.weight.detach())",
        "test_gpt.py::test_a_tied_table_learns_from_both_uses",
    ),
    # A head of its own is there and not used.
    Mutant(
        GPT,
        "self.tok_emb.weight) if self.lm_head is None else self.lm_head(x)",
        "self.tok_emb.weight)",
        "test_gpt.py::test_an_untied_model_has_a_table_for_each_use",
    ),
    # The sum of all blocks is not normed.
    Mutant(
        GPT,
        "x = self.ln_f(x)",
        "x = 1 * x",
        "test_gpt.py::test_it_writes_what_transformers_write",
    ),
    # GPT-1 has a norm at its end, too.
    Mutant(
        GPT,
        "bias=config.other_bias) if pre else nn.Identity()",
        "bias=config.other_bias)",
        "test_gpt.py::test_the_published_models_have_the_sizes_that_are_written_down",
    ),
    # Embeddings are not dropped.
    Mutant(
        GPT,
        "self.dropout(self.tok_emb(idx) + self.pos_emb(T, past))",
        "self.tok_emb(idx) + self.pos_emb(T, past)",
        "test_gpt.py::test_dropout_falls_where_gpts_have_it",
    ),
    # Embeddings are scaled as in the Transformer of 2017.
    Mutant(
        GPT,
        "self.tok_emb(idx) + self",
        "math.sqrt(self.config.n_embd) * self.tok_emb(idx) + self",
        "test_gpt.py::test_it_is_that_of_transformers",
    ),
    # Attention weights are not dropped.
    Mutant(
        LAYERS,
        "config.attn_dropout, bias=bias)",
        "0.0, bias=bias)",
        "test_gpt.py::test_dropout_falls_where_gpts_have_it",
    ),
    # GELU is the exact one, which differs in the fourth digit.
    Mutant(
        LAYERS,
        'partial(F.gelu, approximate="tanh")',
        "F.gelu",
        "test_gpt.py::test_it_is_that_of_transformers",
    ),
    # The activation is accepted and ignored.
    Mutant(
        LAYERS,
        "ACTIVATIONS[config.activation]",
        'ACTIVATIONS["gelu_tanh"]',
        "test_gpt.py::test_with_each_activation_a_model_says_something_else",
    ),
    # Without biases, norms and feed-forward layers have them still.
    Mutant(
        CONFIG,
        "return self.bias\n",
        "return True\n",
        "test_gpt.py::test_without_biases_there_is_none",
    ),
    # What writes to the stream starts as large as the rest.
    Mutant(
        GPT,
        "std=std / math.sqrt(writers))",
        "std=std)",
        "test_gpt.py::test_the_first_parameters",
    ),
    # What writes to the stream is counted once a block, not twice.
    Mutant(
        GPT,
        "2 * self.config.n_layer",
        "self.config.n_layer",
        "test_gpt.py::test_the_first_parameters",
    ),
    # Other matrices than those that write are made smaller.
    Mutant(
        GPT,
        'name.endswith("proj.weight")',
        'name.endswith("fc.weight")',
        "test_gpt.py::test_the_first_parameters",
    ),
    # Of the two that write in a block one is forgotten.
    Mutant(
        GPT,
        'name.endswith("proj.weight")',
        'name.endswith("attn.proj.weight")',
        "test_gpt.py::test_the_first_parameters",
    ),
    # The switch is ignored.
    Mutant(
        GPT,
        " and self.config.scale_residual:",
        ":",
        "test_gpt.py::test_the_first_parameters",
    ),
    # Biases start as PyTorch draws them.
    Mutant(
        GPT,
        "nn.init.zeros_(p)",
        "pass",
        "test_gpt.py::test_the_first_parameters",
    ),
    # The tables start as nn.Embedding draws them, and the first loss is enormous.
    Mutant(
        GPT,
        "elif p.dim() > 1:",
        'elif p.dim() > 1 and "emb" not in name:',
        "test_gpt.py::test_at_first_it_knows_nothing_and_does_not_claim_to",
    ),
    # Of attention's two products one is counted.
    Mutant(
        SUMMARY,
        "2 * q.numel() * k.shape[-2]",
        "q.numel() * k.shape[-2]",
        "test_summary.py::test_costs_are_those_by_hand",
    ),
    # The logits cost nothing where they share the table.
    Mutant(
        SUMMARY,
        'costs["linear"] += model.config.n_embd * logits.numel()',
        'costs["linear"] += 0',
        "test_summary.py::test_costs_are_those_by_hand",
    ),
    # A model goes on being counted.
    Mutant(
        SUMMARY,
        "hook.remove()",
        "pass",
        "test_summary.py::test_it_leaves_everything_as_it_was",
    ),
    # A broken model's translations are words all the same.
    Mutant(
        SAMPLING,
        "        _check_nan(logits)\n",
        "",
        "test_sampling.py::test_a_broken_model_has_no_beam",
    ),
    # Sampling explorer: what is cut is drawn as if it were kept.
    Mutant(
        "plot/sampling.py",
        "return self.before > 0 and self.after == 0",
        "return False",
        "test_explorer_sampling.py::test_bars_are_the_probabilities",
    ),
    # What is kept is drawn at its old height.
    Mutant(
        "plot/bars.py",
        'drawn = _rect("kept", left, after) + _rect("before", left, before)',
        'drawn = _rect("kept", left, before) + _rect("before", left, before)',
        "test_explorer_sampling.py::test_bars_are_the_probabilities",
    ),
    # The bars that stand for many tokens lose those that are cut.
    Mutant(
        "plot/sampling.py",
        "for others in (left, gone):",
        "for others in (left,):",
        "test_explorer_sampling.py::test_no_bar_is_lost_and_none_leaves_the_scale",
    ),
    # The first 20 tokens are drawn, and not the likeliest.
    Mutant(
        "plot/sampling.py",
        'order = np.argsort(-probs, kind="stable")',
        "order = np.arange(len(probs))",
        "test_explorer_sampling.py::test_bars_are_the_probabilities",
    ),
    # The sentence tells what is kept after the rest is scaled: always 100%.
    Mutant(
        "plot/sampling.py",
        "had = 100 * float(probs[kept > 0].sum())",
        "had = 100 * float(kept[kept > 0].sum())",
        "test_explorer_sampling.py::test_the_sentence",
    ),
    # Nearly all is called all.
    Mutant(
        "plot/sampling.py",
        "round(had) in (0, 100)",
        "had in (0, 100)",
        "test_explorer_sampling.py::test_a_share_is_not_rounded_to_all_or_nothing",
    ),
    # A token that can be kept, but was not possible, goes unnoticed.
    Mutant(
        "plot/sampling.py",
        'np.flatnonzero((arrays["kept"] > 0) & (arrays["probs"] == 0))',
        'np.flatnonzero((arrays["kept"] > 1) & (arrays["probs"] == 0))',
        "test_explorer_sampling.py::test_mistakes",
    ),
    # The explorer keeps the caller's array, which changes.
    Mutant(
        "plot/sampling.py",
        "array = np.asarray(given).astype(float)",
        "array = np.asarray(given, dtype=float)",
        "test_explorer_sampling.py::test_the_arrays_are_the_explorers_own",
    ),
    # What was there before the cut is what is there after it.
    Mutant(
        "explorer/sampling.py",
        "self._distribution(temperature, None, None),",
        "self._distribution(temperature, top_k, top_p),",
        "test_explorer_sampling.py::test_bars_are_the_probabilities",
    ),
    # The slider of top_p cuts nothing.
    Mutant(
        "explorer/sampling.py",
        "return temperature, top_k, None if top_p == 1 else top_p",
        "return temperature, top_k, None",
        "test_explorer_sampling.py::test_it_asks_for_what_the_sliders_say",
    ),
    # The text is that of a temperature of 1.
    Mutant(
        "explorer/sampling.py",
        "self.text = self._write(temperature, top_k, top_p)",
        "self.text = self._write(1.0, top_k, top_p)",
        "test_explorer_sampling.py::test_the_text_is_that_of_the_settings",
    ),
    # A token, or a text, is taken for HTML.
    Mutant(
        "plot/bars.py",
        "<title>{escape(told)}</title>",
        "<title>{told}</title>",
        "test_explorer_sampling.py::test_no_token_is_html",
    ),
    Mutant(
        "explorer/sampling.py",
        '<div class="sampling-text">{escape(self.text)}</div>',
        '<div class="sampling-text">{self.text}</div>',
        "test_explorer_sampling.py::test_no_token_is_html",
    ),
    # In a figure, the outline is as high as the new bar.
    Mutant(
        "plot/sampling.py",
        "ax.bar(x, bar.before, width=0.8, **outline)",
        "ax.bar(x, bar.after, width=0.8, **outline)",
        "test_plot_lines.py::test_distribution",
    ),
    # The lens has the top of the model below.
    Mutant(
        "plot/lens.py",
        "probs[::-1], (cell, high)",
        "probs, (cell, high)",
        "test_plot_lines.py::test_lens",
    ),
    # A guess is right if it repeats what was read.
    Mutant(
        "plot/lens.py",
        "right = left + t * cell, probs[row, t] > 0.6, guess == chars[t + 1]",
        "right = left + t * cell, probs[row, t] > 0.6, guess == chars[t]",
        "test_plot_lines.py::test_lens",
    ),
    # Names stand in the order in which they were given, not in that of their lines.
    Mutant(
        "plot/lines.py",
        "told = sorted(told, key=lambda end: end[0])",
        "told = list(told)",
        "test_plot_lines.py::test_by_kind",
    ),
    # Two kinds look alike without colour.
    Mutant(
        "plot/lines.py",
        '"os^DvPX*"',
        '"os^Dos^D"',
        "test_plot_lines.py::test_the_styles_of_lines_differ_without_colour",
    ),
    # Sizes of the stream seem to start at 0.
    Mutant(
        "plot/lines.py",
        "ax.set_ylim(0, 1.08 * most)",
        "ax.set_ylim(least, 1.08 * most)",
        "test_plot_lines.py::test_stream",
    ),
    # The mask is drawn at the feed-forward layer.
    Mutant(
        "plot/gpt.py",
        'heights["attn"]',
        'heights["mlp"]',
        "test_plot_gpt.py::test_the_opened_block_is_the_module",
    ),
    # Hatching is hidden by the block that it stands in.
    Mutant(
        "plot/gpt.py",
        '"zorder": -2}',
        '"zorder": 0}',
        "test_plot_gpt.py::test_the_opened_block_is_the_module",
    ),
    # Values mix no keys: k is drawn in the colour of v.
    Mutant(
        "plot/block.py",
        "way(ax, [(ends, lanes[name]), (6.3, at)], COLORS[name]",
        'way(ax, [(ends, lanes[name]), (6.3, at)], COLORS["v"]',
        "test_plot_gpt.py::test_the_steps_of_attention_are_numbered_in_their_order",
    ),
    # All heads are drawn as the first.
    Mutant(
        "plot/block.py",
        "for h, part in enumerate(parts):",
        "for h, part in enumerate([parts[0]] * len(parts)):",
        "test_plot_gpt.py::test_gpt_attention",
    ),
    # Of GELU and ReLU the names are exchanged.
    Mutant(
        "plot/block.py",
        "zip(curves.items(), styles, strict=True)",
        "zip(zip(curves, reversed(curves.values())), styles, strict=True)",
        "test_plot_gpt.py::test_feed_forward",
    ),
    # What is told for the first time counts as told before.
    Mutant(
        "world/kinds.py",
        "elif word in told and word in THINGS:",
        "elif word in THINGS:",
        "test_kinds.py::test_a_thing_and_its_look_are_known_when_they_are_told_again",
    ),
    # A text is followed one character too far.
    Mutant(
        PREDICTOR,
        "            if char not in following:\n                return here\n",
        "            if char not in following:\n                return here + 1\n",
        "test_predictor.py::test_a_text_is_followed_to_the_character_at_which_no_story_goes_on",
    ),
    # Whose name it is, the model is asked for at the first letter only.
    Mutant(
        "world/kinds.py",
        'found[where] = ["names"] * len(word)',
        'found[where] = ["names"] + ["spelling"] * (len(word) - 1)',
        "test_kinds.py::test_a_name_is_one_when_it_is_told_again",
    ),
    # Where something was told is marked, and not where it is told again.
    Mutant(
        "world/kinds.py",
        'found[repeat.again] = ["places"] * (repeat.again.stop - repeat.again.start)',
        'found[repeat.told] = ["places"] * (repeat.told.stop - repeat.told.start)',
        "test_kinds.py::test_a_place_is_one_when_it_is_told_again",
    ),
    # What dropout draws from is not brought back.
    Mutant(
        "run.py",
        'torch.set_rng_state(training.pop("random"))',
        'training.pop("random")',
        "test_run.py::test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike",
    ),
    # A run goes on with the batches that it began with.
    Mutant(
        "run.py",
        'self.generator.set_state(training.pop("batches"))',
        'training.pop("batches")',
        "test_run.py::test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike",
    ),
    # Losses are rounded on the way through the file.
    Mutant(
        "run.py",
        "torch.tensor(list(self.looks.items()), dtype=torch.float64)",
        "torch.tensor(list(self.looks.items()), dtype=torch.float32)",
        "test_run.py::test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike",
    ),
    # Only the last losses are kept.
    Mutant(
        "run.py",
        "torch.tensor(self.losses, dtype=torch.float64)",
        "torch.tensor(self.losses[-3:], dtype=torch.float64)",
        "test_run.py::test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike",
    ),
    # AdamW forgets its means where Muon remembers.
    Mutant(
        "run.py",
        "optimizer_state(self.model, self.optimizers)",
        "optimizer_state(self.model, self.optimizers[:1])",
        "test_run.py::test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike",
    ),
    # On a way back, optimizers remember what has not happened yet.
    Mutant(
        "run.py",
        "optimizer.state.clear()",
        "pass",
        "test_run.py::test_the_way_back",
    ),
    # The learning rate rises again where a run goes on.
    Mutant(
        "run.py",
        "done = self.step",
        "done = 0",
        "test_run.py::test_a_run_that_is_loaded_is_where_the_saved_one_was_and_goes_on_alike",
    ),
    # A run goes on with settings that it did not begin with.
    Mutant(
        "run.py",
        "if (before := point.settings.get(name)) != now:",
        "if (before := point.settings.get(name)) != now and before is None:",
        "test_run.py::test_other_settings_are_refused_by_name_and_nothing_is_loaded",
    ),
    # A finished run keeps what only training needs.
    Mutant(
        "run.py",
        "self._write(path, {})",
        "self.save(path)",
        "test_run.py::test_a_finished_run_keeps_its_model_and_is_a_third_of_the_size",
    ),
    # The model is judged by what it was trained on.
    Mutant(
        "../main.py",
        "settings.batch_size, settings.block_size, text.valid_starts",
        "settings.batch_size, settings.block_size, text.train_starts",
        "test_main.py::test_the_tales_are_scored_story_by_story_beside_their_floor",
    ),
    Mutant(
        "../main.py",
        "return all_batches(text.valid, ",
        "return all_batches(text.train, ",
        "test_main.py::test_losses_are_told_in_nats_per_character",
    ),
    # Losses are those of tokens, and cannot be compared with those of other tokens.
    Mutant(
        "../main.py",
        "return [loss * text.train_per_character for loss in run.losses]",
        "return list(run.losses)",
        "test_main.py::test_losses_are_told_in_nats_per_character",
    ),
    Mutant(
        "../main.py",
        "return evaluate(run.model, text.some_windows) * text.per_character",
        "return evaluate(run.model, text.some_windows)",
        "test_main.py::test_losses_are_told_in_nats_per_character",
    ),
    # Of the part to train on, losses are told as if its tokens were as long as the other part's.
    Mutant(
        "../main.py",
        "self.train_per_character = self.tokens_per_character(self.train)",
        "self.train_per_character = self.per_character",
        "test_main.py::test_losses_are_told_in_nats_per_character",
    ),
    # A look takes the first batches, which are one place of the text.
    Mutant(
        "../main.py",
        "windows[:: math.ceil(len(windows) / settings.eval_iters)]",
        "windows[: settings.eval_iters]",
        "test_main.py::test_losses_are_told_in_nats_per_character",
    ),
    # A tale does not stop where it ends.
    Mutant(
        "../main.py",
        "stop=tokenizer.encode(line_break)[0] if tales else None",
        "stop=None",
        "test_main.py::test_a_tale_stops_where_it_ends_and_another_text_goes_on",
    ),
    # The token at which it stops is shown.
    Mutant(
        "../main.py",
        "if not (tales and part == line_break):",
        "if part:",
        "test_main.py::test_a_tale_stops_where_it_ends_and_another_text_goes_on",
    ),
    # Several samples are the same one.
    Mutant(
        "../main.py",
        "seed=settings.seed + k",
        "seed=settings.seed",
        "test_main.py::test_several_samples_are_those_of_several_seeds",
    ),
    # A setting is accepted and ignored.
    Mutant(
        "../main.py",
        '"optimizer", "muon_rate", "accumulate", "dtype")',
        '"optimizer", "muon_rate", "dtype")',
        "test_main.py::test_every_setting_of_training_arrives",
    ),
    # How many steps fit is found out, and then forgotten.
    Mutant(
        "../main.py",
        "settings = replace(settings, max_iters=steps_within(settings, text))",
        "steps_within(settings, text)",
        "test_main.py::test_max_seconds_is_turned_into_steps_once",
    ),
    # Another text is taken for the one that the run began with.
    Mutant(
        "../main.py",
        "hashlib.sha256((train_text + valid_text).encode())",
        "hashlib.sha256(train_text.encode())",
        "test_main.py::test_a_run_cannot_go_on_with_another_text",
    ),
    # A run whose loss is nan goes on to its next look.
    Mutant(
        "../main.py",
        "if not math.isfinite(loss + seen):",
        "if not math.isfinite(seen):",
        "test_main.py::test_a_loss_that_is_nan_stops_the_run_which_can_go_on",
    ),
    # A run goes on with other sums than it began with.
    Mutant(
        "../main.py",
        'torch.set_num_threads(config.pop("threads"))',
        'config.pop("threads")',
        "test_main.py::test_a_run_goes_on_with_as_many_threads_as_it_began_with",
    ),
    # Ctrl-C keeps a model that its last step broke.
    Mutant(
        "../main.py",
        "seen = look(run, text) if looking or stopping else 0.0",
        "seen = look(run, text) if looking else 0.0",
        "test_main.py::test_control_c_does_not_keep_a_model_that_its_last_step_broke",
    ),
    # A look at which a run was stopped counts as one that it would have had.
    Mutant(
        "../main.py",
        "            if looking:\n                run.looks",
        "            if looking or stopping:\n                run.looks",
        "test_main.py::test_control_c_and_resume_are_as_if_nothing_had_been",
    ),
    # A run that was broken off begins again.
    Mutant(
        "../main.py",
        "going.load(folder / CHECKPOINT)",
        "pass",
        "test_main.py::test_control_c_and_resume_are_as_if_nothing_had_been",
    ),
    # Two processes train in one folder.
    Mutant(
        "../main.py",
        'with FileLock(folder / ".lock", timeout=0):',
        'with FileLock(folder / ".locked", timeout=0):',
        "test_main.py::test_two_processes_cannot_be_at_work_in_one_folder",
    ),
]


def copy(folder):
    """Copy the library and its tests, and link what they read."""
    for path in ROOT.glob("[!.]*"):
        if path.name in ("gptlib", "tests"):
            shutil.copytree(path, folder / path.name)
        elif path.is_dir():
            (folder / path.name).symlink_to(path)
        else:
            shutil.copy(path, folder)


def run(folder, tests):
    """Run tests in folder, with the gptlib that is there; their exit code and what they print."""
    process = PROCESSES.Process(target=_run, args=(folder, tests))
    process.start()
    process.join()
    return process.exitcode, (folder / "printed.txt").read_text(encoding="utf-8")


def _run(folder, tests):
    """In a process of its own, which ends here."""
    with open(folder / "printed.txt", "w", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        options = ["-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line"]
        code = pytest.main([*options, *tests])
        sys.stdout.flush()
    os._exit(code)


def test_all_pass_on_the_library_as_it_is(tmp_path):
    copy(tmp_path)
    tests = {f"tests/{mutant.test}" for mutant in MUTANTS}
    # This one asserts that the copy is what is imported.
    here = "tests/test_conftest.py::test_gptlib_is_this_folder"
    code, printed = run(tmp_path, [here, *sorted(tests)])
    assert code == 0, printed


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_is_noticed(tmp_path, mutant):
    copy(tmp_path)
    file = tmp_path / "gptlib" / mutant.file
    source = file.read_text(encoding="utf-8")
    assert source.count(mutant.old) == 1, f"{mutant.old!r} stands {source.count(mutant.old)} times"
    file.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")

    code, printed = run(tmp_path, [f"tests/{mutant.test}"])
    assert code != 0, "no test failed"
    # A line for each failure: file, line, what was raised (or the assert statement itself).
    raised = re.findall(r"^/.*?:\d+: (\w+)", printed, re.MULTILINE)
    assert raised, f"the tests did not run:\n{printed}"
    # "Failed" is what pytest.raises raises where an error was wanted and none came.
    assert set(raised) <= {"assert", "AssertionError", "Failed"}, f"it crashed:\n{printed}"
