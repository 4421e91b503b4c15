"""LoRA: what is trained is small, what is saved is a plain GPT, and both compute the same."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from gptlib import checkpoint
from gptlib.config import GPTConfig, TrainConfig
from gptlib.gpt import GPT
from gptlib.lora import LoRAGPT, LoRALinear, merged
from gptlib.optim import make_optimizers
from gptlib.papers import GPT_2
from gptlib.tokenizer import CharTokenizer
from gptlib.train import next_token_loss, train
from gptlib.undrawn import undrawn

SIZES = GPTConfig(11, block_size=6, n_layer=2, n_head=2, n_embd=8, dropout=0.0, init_std=0.3)
CONFIGS = {
    "as GPT-2": SIZES,
    "as GPT-1": GPTConfig(11, 6, 2, 2, 8, norm="post", dropout=0.0, init_std=0.3),
    "others": GPTConfig(
        11, 6, 2, 2, 8, head_size=6, bias=False, attn_bias=False, tied=False, positions="rotary"
    ),
}
IDX = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
TARGETS = IDX.roll(-1, 1)


def adapted(config=SIZES, rank=3, seed=0):
    """A LoRAGPT, in float64, that has learned something: its matrices B are not 0."""
    torch.manual_seed(seed)
    model = LoRAGPT(config, rank).double().eval()
    for name, p in model.named_parameters():
        if name.endswith("up.weight"):
            nn.init.normal_(p, std=0.3)
        elif name.endswith("bias"):
            nn.init.normal_(p)
    return model


def loss(model):
    total, asked = next_token_loss(model, (IDX, TARGETS))
    return total / asked


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("rank", [1, 4])
def test_merged_it_computes_the_same(config, rank):
    model = adapted(config, rank)
    plain = merged(model)
    assert type(plain) is GPT and plain.config == config and not plain.training
    assert plain.state_dict().keys() == GPT(config).state_dict().keys()
    assert all(p.requires_grad for p in plain.parameters())
    torch.testing.assert_close(plain(IDX), model(IDX), rtol=0, atol=1e-10)
    unchanged = GPT(config).double().eval()
    unchanged.load_state_dict({name: model.state_dict()[name] for name in plain.state_dict()})
    assert (unchanged(IDX) - model(IDX)).abs().max() > 0.1


def test_merging_leaves_the_model_the_rest_of_its_memory_and_the_random_numbers_alone():
    model = adapted()
    before, drawn = {n: t.clone() for n, t in model.state_dict().items()}, torch.get_rng_state()
    plain = merged(model)
    assert torch.equal(torch.get_rng_state(), drawn)
    assert all(torch.equal(t, before[n]) for n, t in model.state_dict().items())
    assert plain.tok_emb.weight.data_ptr() == model.tok_emb.weight.data_ptr()
    assert merged(plain) is plain
    assert merged(model.train()).training


def test_at_first_it_is_the_model_that_it_began_with():
    torch.manual_seed(1)
    base = GPT(SIZES).eval()
    model = LoRAGPT(SIZES, 3).eval()
    model.load_state_dict(model.state_dict() | base.state_dict())
    assert torch.equal(model(IDX), base(IDX))


def test_a_is_random_and_as_large_as_leaves_a_vector_of_ones_its_size():
    torch.manual_seed(0)
    layer = LoRALinear(nn.Linear(500, 300), 200)
    assert layer.down.weight.std().item() == pytest.approx(500**-0.5, rel=0.02)
    assert not layer.up.weight.any()


def test_gradients_are_those_of_the_formula():
    """W + (32 / R) B A in the place of each weight, and autograd."""
    model, rank = adapted(), 3
    loss(model).backward()
    plain, low = GPT(SIZES).double().eval(), {}
    weights = dict(merged(model).state_dict())
    names = [
        n for n, part in plain.blocks.named_modules(prefix="blocks") if type(part) is nn.Linear
    ]
    assert len(names) == 2 * 6
    state = model.state_dict()
    for name in names:
        A, B = (state[f"{name}.{which}.weight"].clone() for which in ("down", "up"))
        low[name] = A.requires_grad_(), B.requires_grad_()
        weights[f"{name}.weight"] = state[f"{name}.weight"] + 32 / rank * (B @ A)
    logits = functional_call(plain, weights, IDX)
    F.cross_entropy(logits.flatten(0, 1), TARGETS.flatten()).backward()
    for name in names:
        layer = model.get_submodule(name)
        for matrix, wanted in zip((layer.down, layer.up), low[name], strict=True):
            got = matrix.weight.grad
            assert got.abs().max() > 1e-3
            torch.testing.assert_close(got, wanted.grad, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_training_changes_the_small_matrices_and_nothing_else(dtype):
    torch.manual_seed(0)
    model = LoRAGPT(SIZES, 3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    config = TrainConfig(max_iters=20, learning_rate=0.02, weight_decay=0.1, dtype=dtype)
    losses = list(train(model, [(IDX, TARGETS)] * 20, next_token_loss, config))
    assert losses[-1] < losses[0] - 0.3
    changed = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    small = {n for n in before if n.endswith((".down.weight", ".up.weight"))}
    assert changed == small and len(small) == 2 * 2 * 6


def test_an_optimizer_has_what_is_trained_and_no_memory_for_the_rest():
    model = LoRAGPT(SIZES, 3)
    for optimizer in ("adamw", "muon"):
        groups = [
            group["params"]
            for made in make_optimizers(model, TrainConfig(optimizer=optimizer))
            for group in made.param_groups
        ]
        held = [p for params in groups for p in params]
        assert len(held) == 2 * 2 * 6 and all(p.requires_grad for p in held)


def test_how_many_parameters_are_trained():
    """Of GPT-2 small with rank 8: in each block 8 * (4 * (768 + 768) + 2 * (768 + 3072))."""
    with undrawn():
        model = LoRAGPT(GPT_2["small"].config, 8)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trained == 12 * 8 * 13_824 == 1_327_104
    assert model.num_parameters() == GPT_2["small"].parameters + trained


def test_a_checkpoint_of_it_comes_back(tmp_path):
    tokenizer = CharTokenizer("abcdefghijk")
    model = adapted()
    checkpoint.save(tmp_path / "last", model, tokenizer, step=3)
    again = checkpoint.load(tmp_path / "last").model
    assert type(again) is LoRAGPT and again.rank == 3
    state = model.state_dict()
    assert all(torch.equal(tensor, state[n]) for n, tensor in again.state_dict().items())
    torch.testing.assert_close(again(IDX), model(IDX), rtol=0, atol=1e-12)
    trained = [[p.requires_grad for p in m.parameters()] for m in (model, again)]
    assert trained[0] == trained[1]


@pytest.mark.parametrize(
    ("rank", "says"),
    [
        (0, "lora is 0: give a whole number, at least 1"),
        (2.0, "lora is 2.0: give a whole number, at least 1"),
        (8, "lora is 8, and the smallest matrix has a side of 8: give a smaller rank, or train"),
    ],
)
def test_a_rank_that_cannot_be(rank, says):
    with pytest.raises(ValueError, match=f"^{says}"):
        LoRAGPT(SIZES, rank)
