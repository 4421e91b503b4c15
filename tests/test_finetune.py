"""One model, any task: the losses of GPT-1's fine-tuning, its answers, and what is kept."""

from dataclasses import replace
from math import log

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from gptlib.config import GPTConfig
from gptlib.finetune import (
    FINE_TUNING,
    Classifier,
    accuracy,
    fine_tuning_loss,
    log_probs,
    probabilities,
    transferred,
    with_special_tokens,
)
from gptlib.gpt import GPT
from gptlib.lstm import LSTM
from gptlib.task_inputs import (
    Special,
    all_task_batches,
    choice,
    classification,
    entailment,
    similarity,
    task_batches,
)
from gptlib.train import train

V, C, T = 13, 12, 16
SPECIAL = Special(V, V + 1, V + 2)
KINDS = ("post", "pre", "untied", "lstm")
TASKS = {classification: 3, entailment: 2, similarity: 2, choice: 1}  # and their classes


def pretrained(kind="post", seed=0, n_layer=3):
    """A language model of V tokens, in float64 and evaluation mode, with ordinary parameters."""
    torch.manual_seed(seed)
    if kind == "lstm":
        model = LSTM(V, C).double()
        layers, noise = model.lstm.parameters(), 0.5
    else:
        norm = "post" if kind == "post" else "pre"
        config = GPTConfig(V, T, n_layer, 2, C, norm=norm, tied=kind != "untied", init_std=0.3)
        model = GPT(config).double()
        layers, noise = model.parameters(), 0.1
    with torch.no_grad():
        for p in layers:
            p.add_(torch.randn_like(p) * noise)
    return model.eval()


def classifier(kind="post", classes=1, seed=0):
    """A classifier with a head of ordinary size, in evaluation mode."""
    model = Classifier(with_special_tokens(pretrained(kind, seed)), classes).double()
    with torch.no_grad():
        model.head.weight.normal_(std=0.5)
        model.head.bias.normal_(std=0.5)
    return model.eval()


def encoded(transformation=choice, n=5, texts=3, lengths=(1, 6), seed=0):
    """Examples of random texts, of lengths from the first to below the second."""
    generator = torch.Generator().manual_seed(seed)
    texts = {classification: 1, entailment: 2, similarity: 2, choice: texts}[transformation]
    made = []
    for i in range(n):
        sizes = torch.randint(*lengths, (texts,), generator=generator).tolist()
        ids = [torch.randint(V, (size,), generator=generator).tolist() for size in sizes]
        made.append(([torch.tensor(s) for s in transformation(SPECIAL, *ids)], i % 2))
    return made


def batch(*args, **kwargs):
    some = encoded(*args, **kwargs)
    return next(all_task_batches(some, len(some)))


# What is copied


@pytest.mark.parametrize("kind", KINDS)
def test_new_tokens_change_nothing_about_the_old_ones(kind):
    model = pretrained(kind)
    grown = with_special_tokens(model)
    idx = torch.randint(V, (2, 7))
    assert grown(idx).shape == (2, 7, V + 3)
    assert_close(grown(idx)[..., :V], model(idx), rtol=0, atol=1e-12)
    assert grown(idx).dtype == torch.float64 and not grown.training
    with torch.no_grad():
        grown.tok_emb.weight.zero_()
    assert model.tok_emb.weight.abs().max() > 0.1


def test_new_rows_are_drawn_like_the_others_were():
    model = GPT(GPTConfig(5, 4, 1, 2, 64, init_std=0.3))
    grown = with_special_tokens(model, 200)
    assert abs(grown.tok_emb.weight[5:].std() - 0.3) < 0.01
    assert torch.equal(grown.tok_emb.weight[:5], model.tok_emb.weight)
    assert grown.config == replace(model.config, vocab_size=205)


def test_gpt_1_with_three_tokens_has_as_many_parameters_as_published():
    with torch.device("meta"):
        model = GPT(GPTConfig(40_478, 512, norm="post"))
        grown = with_special_tokens(model)
    assert model.num_parameters() == 116_534_784
    assert grown.num_parameters() == 116_537_088


@pytest.mark.parametrize("kind", ["post", "pre", "untied"])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_transferred_keeps_the_first_blocks_and_what_is_outside_of_them(kind, n):
    model = pretrained(kind)
    torch.manual_seed(99)
    copy = transferred(model, n)
    drawn = tuple(f"blocks.{i}." for i in range(n, 3))
    for name, p in model.state_dict().items():
        new = copy.state_dict()[name]
        assert new.data_ptr() != p.data_ptr() and new.dtype == torch.float64
        assert torch.equal(new, p) == (not name.startswith(drawn)), name
    gains = [copy.blocks[i].ln_1.weight for i in range(n, 3)]
    assert all((gain == 1).all() for gain in gains)
    assert not any(part.training for part in copy.modules())


def test_transferred_blocks_are_drawn_as_deep_models_draw_them():
    model = GPT(GPTConfig(V, T, 8, 2, 64))
    mlp = transferred(model, 2).blocks[5].mlp
    assert abs(mlp.fc.weight.std() - 0.02) < 0.001
    assert abs(mlp.proj.weight.std() - 0.02 / 4) < 0.0002


@pytest.mark.parametrize("n", [-1, 4])
def test_more_blocks_than_there_are(n):
    with pytest.raises(ValueError, match=f"n is {n}: give a number of blocks from 0 to 3"):
        transferred(pretrained(), n)


# The answer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("transformation", TASKS)
def test_logits_are_those_of_each_sequence_alone_read_at_its_last_token(kind, transformation):
    model, some = classifier(kind, TASKS[transformation]), encoded(transformation)
    idx, at, _ = next(all_task_batches(some, len(some)))
    assert len(at.unique()) > 2
    got = model(idx, at)
    for row, (sequences, _) in zip(got, some, strict=True):
        states = [model.gpt.hidden(sequence[None])[0, -1] for sequence in sequences]
        W, b = model.head.weight, model.head.bias
        if transformation is choice:
            want = torch.stack([W[0] @ state + b[0] for state in states])
        else:
            want = W @ sum(states) + b
        assert_close(row, want, rtol=0, atol=1e-12)


def test_two_texts_are_as_similar_in_either_order():
    model, ids = classifier(classes=2), ([1, 2, 3, 4], [5, 6])
    pairs = [
        ([torch.tensor(s) for s in similarity(SPECIAL, *order)], 0) for order in (ids, ids[::-1])
    ]
    one, other = model(*next(all_task_batches(pairs, 2))[:2])
    assert torch.equal(one, other)
    for order, logits in ((ids, one), (ids[::-1], other)):
        [sequences] = [[torch.tensor(s) for s in entailment(SPECIAL, *order)]]
        alone = model(*next(all_task_batches([(sequences, 0)], 1))[:2])
        assert (alone[0] - logits).abs().max() > 0.1


def test_dropout_is_of_the_same_channels_in_all_sequences():
    torch.manual_seed(0)
    model = classifier()
    model.train()
    model.gpt.eval()
    hidden, at = torch.ones(500, 2, 4, C, dtype=torch.float64), torch.ones(500, 2).long()
    one, other = model.classify(hidden, at).T
    assert torch.equal(one, other)
    assert len(one.unique()) > 20  # but not in all examples
    assert abs(one.mean() - (model.head.weight.sum() + model.head.bias).item()) < 0.2


def test_a_new_head_says_nothing_yet():
    model = Classifier(GPT(GPTConfig(V + 3, T, 1, 2, 256)), 40)
    assert abs(model.head.weight.std() - 0.02) < 0.001
    assert not model.head.bias.any()


@pytest.mark.parametrize("classes", [0, 1.5])
def test_a_number_of_classes_that_is_none(classes):
    with pytest.raises(ValueError, match=f"classes is {classes}: give a whole number"):
        Classifier(pretrained(), classes)


# The loss


def plain_loss(model, some, lm_weight):
    """L2 + lm_weight * L1, one sequence and one token at a time."""
    total = 0
    for sequences, label in some:
        states, losses = [], []
        for sequence in sequences:
            states.append(model.gpt.hidden(sequence[None])[0, -1])
            logits = model.gpt(sequence[None])[0]
            each = [-logits[t].log_softmax(0)[sequence[t + 1]] for t in range(len(sequence) - 1)]
            losses.append(sum(each) / len(each))
        if model.head.out_features == 1:
            logits = torch.cat([model.head(state) for state in states])
        else:
            logits = model.head(sum(states))
        total = total - logits.log_softmax(0)[label] + lm_weight * sum(losses) / len(losses)
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("transformation", TASKS)
@pytest.mark.parametrize("lm_weight", [0.0, 0.5, 2.0])
def test_the_loss_and_its_gradient_are_those_of_plain_loops(kind, transformation, lm_weight):
    model, some = classifier(kind, TASKS[transformation]), encoded(transformation)
    parameters = list(model.parameters())
    total, n = fine_tuning_loss(model, next(all_task_batches(some, len(some))), lm_weight)
    want = plain_loss(model, some, lm_weight)
    assert n == len(some)
    assert_close(total, want, rtol=0, atol=1e-11)
    got = torch.autograd.grad(total, parameters, materialize_grads=True, allow_unused=True)
    want = torch.autograd.grad(want, parameters, materialize_grads=True, allow_unused=True)
    assert max(p.abs().max() for p in want) > 0.3
    for a, b in zip(got, want, strict=True):
        assert_close(a, b, rtol=0, atol=1e-10)


def test_the_auxiliary_loss_counts_half_unless_said_otherwise():
    model, some = classifier(), batch()
    half, _ = fine_tuning_loss(model, some)
    assert half == fine_tuning_loss(model, some, 0.5)[0]
    none, full = (fine_tuning_loss(model, some, weight)[0] for weight in (0.0, 1.0))
    assert_close(half, (none + full) / 2, rtol=0, atol=1e-12)


def test_both_losses_come_from_one_forward_pass():
    model, calls = classifier(), []
    model.gpt.blocks[0].register_forward_hook(lambda *_: calls.append(1))
    fine_tuning_loss(model, batch())
    assert len(calls) == 1


def test_padding_has_no_effect():
    model = classifier()
    idx, at, labels = batch()
    garbage = torch.arange(idx.shape[-1]) > at[..., None]
    other = torch.where(garbage, 5, idx)
    assert not torch.equal(idx, other)
    one, two = (fine_tuning_loss(model, (ids, at, labels))[0] for ids in (idx, other))
    assert_close(one, two, rtol=0, atol=1e-12)


def double_heads(model):
    """The model of transformers with two heads that has the parameters of ours."""
    from transformers import OpenAIGPTConfig, OpenAIGPTDoubleHeadsModel

    sizes = model.gpt.config
    config = OpenAIGPTConfig(
        vocab_size=sizes.vocab_size,
        n_positions=sizes.block_size,
        n_embd=sizes.n_embd,
        n_layer=sizes.n_layer,
        n_head=sizes.n_head,
    )
    theirs = OpenAIGPTDoubleHeadsModel(config).double().eval()
    parts = {
        "tokens_embed.weight": model.gpt.tok_emb.weight,
        "positions_embed.weight": model.gpt.pos_emb.table,
    }
    for i, block in enumerate(model.gpt.blocks):
        attn, mlp = block.attn, block.mlp
        for kind in ("weight", "bias"):
            c_attn = [getattr(part, kind) for part in (attn.query, attn.key, attn.value)]
            parts |= {
                f"h.{i}.attn.c_attn.{kind}": torch.cat(c_attn).T,
                f"h.{i}.attn.c_proj.{kind}": getattr(attn.proj, kind).T,
                f"h.{i}.mlp.c_fc.{kind}": getattr(mlp.fc, kind).T,
                f"h.{i}.mlp.c_proj.{kind}": getattr(mlp.proj, kind).T,
                f"h.{i}.ln_1.{kind}": getattr(block.ln_1, kind),
                f"h.{i}.ln_2.{kind}": getattr(block.ln_2, kind),
            }
    theirs.transformer.load_state_dict({name: p.detach() for name, p in parts.items()}, strict=True)
    theirs.multiple_choice_head.summary.load_state_dict(model.head.state_dict())
    assert theirs.lm_head.weight is theirs.transformer.tokens_embed.weight
    return theirs


@pytest.mark.filterwarnings("ignore")
def test_choices_and_losses_are_those_of_transformers_with_two_heads():
    model = classifier()
    theirs = double_heads(model)
    idx, at, labels = batch(lengths=(2, 6))
    assert len(at.unique()) > 2
    want = theirs(idx, mc_token_ids=at)
    assert_close(model(idx, at), want.mc_logits, rtol=0, atol=1e-10)

    # They take the mean over all tokens of a batch, which is ours where sequences are equally long.
    idx, at, labels = batch(lengths=(4, 5))
    want = theirs(idx, mc_token_ids=at, labels=idx, mc_labels=labels)
    total, n = fine_tuning_loss(model, (idx, at, labels))
    assert_close(total / n, want.mc_loss + 0.5 * want.loss, rtol=0, atol=1e-10)
    (total / n).backward()
    (want.mc_loss + 0.5 * want.loss).backward()
    ours = model.gpt.blocks[1].mlp.fc.weight.grad
    assert_close(ours.T, theirs.transformer.h[1].mlp.c_fc.weight.grad, rtol=0, atol=1e-10)
    table = theirs.transformer.tokens_embed.weight.grad
    assert_close(model.gpt.tok_emb.weight.grad, table, rtol=0, atol=1e-10)
    assert table[V:].abs().max() > 0.1


# Training


def toy(n, seed):
    """Beginnings with two answers, a low token and a high one, which is right."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for _ in range(n):
        first, low, high, label = torch.randint(6, (4,), generator=generator).tolist()
        answers = [[low], [high + 7]] if label % 2 else [[high + 7], [low]]
        sequences = choice(SPECIAL, [first], *answers)
        made.append(([torch.tensor(s) for s in sequences], label % 2))
    return made


def fine_tuned(seed=0, steps=80):
    torch.manual_seed(seed)
    gpt = GPT(GPTConfig(V, T, 2, 2, 32, dropout=0.1, norm="post", init_std=0.1))
    model = Classifier(with_special_tokens(gpt), 1)
    config = replace(FINE_TUNING, max_iters=steps, learning_rate=5e-3)
    losses = list(train(model, task_batches(toy(400, 1), 32, seed), fine_tuning_loss, config))
    return model, losses


def test_a_rule_is_learned_from_examples():
    model, losses = fine_tuned()
    assert accuracy(model, all_task_batches(toy(200, 2), 64)) == 1
    assert losses[0] > log(2) + 0.5 * 2 and model.training


def test_same_seed_same_losses():
    (_, one), (_, again), (_, other) = (fine_tuned(seed, steps=4) for seed in (0, 0, 1))
    assert one == again != other


def test_fine_tuning_is_that_of_the_paper():
    assert FINE_TUNING.learning_rate == 6.25e-5 and FINE_TUNING.decay == "linear"
    assert FINE_TUNING.warmup_iters == 0.002 * FINE_TUNING.max_iters
    assert FINE_TUNING.betas == (0.9, 0.999) and FINE_TUNING.weight_decay == 0.01
    assert FINE_TUNING.grad_clip == 1 and FINE_TUNING.optimizer == "adamw"


# What it answers


def test_accuracy_and_probabilities_are_in_the_order_of_the_examples():
    model, some = classifier(classes=3), encoded(classification, n=7)
    model.train()
    model.gpt.blocks[0].eval()
    probs = probabilities(model, all_task_batches(some, 2))
    assert model.training and not model.gpt.blocks[0].training
    model.eval()
    one_by_one = [model(*next(all_task_batches([example], 1))[:2]) for example in some]
    assert_close(probs, torch.cat(one_by_one).softmax(1), rtol=0, atol=1e-12)
    assert not probs.requires_grad
    found = probs.argmax(1).tolist()
    right = sum(answer == label for answer, (_, label) in zip(found, some, strict=True))
    assert 0 < right < 7
    assert accuracy(model, all_task_batches(some, 2)) == right / 7


@pytest.mark.parametrize("kind", KINDS)
def test_log_probs_are_means_over_the_tokens_of_an_ending(kind):
    model, beginning, endings = pretrained(kind).train(), [1, 2, 3], [[4, 5, 6, 7], [8], [9, 10]]
    got = log_probs(model, beginning, endings)
    assert model.training
    model.eval()
    for score, ending in zip(got, endings, strict=True):
        known, each = list(beginning), []
        for token in ending:
            each.append(F.log_softmax(model(torch.tensor([known]))[0, -1], 0)[token].item())
            known.append(token)
        assert abs(score - sum(each) / len(each)) < 1e-12


@pytest.mark.parametrize("beginning, endings", [([], [[1]]), ([1], []), ([1], [[2], []])])
def test_nothing_to_go_on_from_or_with(beginning, endings):
    with pytest.raises(
        ValueError, match=f"beginning has {len(beginning)} tokens, endings .*: give"
    ):
        log_probs(pretrained(), beginning, endings)
