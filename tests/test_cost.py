"""What training costs is what our models really compute and keep, and what the papers say."""

from dataclasses import replace

import pytest
import torch
from test_gpt import SMALL
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from gptlib.cost import (
    H100,
    PETAFLOPS_DAY,
    Memory,
    activations,
    days,
    flops_per_token,
    memory,
    rule_of_six,
)
from gptlib.gpt import GPT
from gptlib.papers import GPT_3
from gptlib.summary import summary
from gptlib.train import next_token_loss

SIZES = [
    {},
    {"n_layer": 3, "n_head": 1, "n_embd": 24},
    {"n_head": 5, "head_size": 7},
    {"norm": "post", "n_embd": 24, "scale_residual": False},
]
sizes = pytest.mark.parametrize("settings", SIZES, ids=str)
pre_norm = pytest.mark.parametrize("settings", SIZES[:-1], ids=str)


def batch(config, B=2):
    idx = torch.randint(config.vocab_size, (B, config.block_size))
    return idx, idx.roll(-1, 1)


@sizes
def test_operations_are_those_that_pytorch_counts(settings):
    config = replace(SMALL, **settings)
    model, given = GPT(config), batch(config)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        total, _ = next_token_loss(model, given)
        total.backward()
    assert counter.get_total_flops() == flops_per_token(config) * given[0].numel()


@pytest.mark.parametrize("settings", [*SIZES, {"band": 3}, {"band": 99}], ids=str)
def test_operations_are_those_of_the_summary(settings):
    config = replace(SMALL, **settings)
    table = summary(GPT(config))
    assert flops_per_token(config) * config.block_size == 6 * (table.linear + table.attention)


@pre_norm
def test_activations_are_what_pytorch_keeps_for_the_backward_pass(settings):
    config = replace(SMALL, **settings)
    model, given = GPT(config), batch(config)
    own, kept = {p.untyped_storage().data_ptr() for p in model.parameters()}, {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        # Of each row of a norm or of attention, one or two numbers are kept besides.
        if storage.data_ptr() not in own and tensor.is_floating_point():
            if tensor.numel() > 2 * config.n_head * given[0].numel():
                kept[storage.data_ptr()] = tensor
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        next_token_loss(model, given)
    numbers = sum(tensor.untyped_storage().nbytes() // 4 for tensor in kept.values())
    assert numbers == activations(config) * given[0].numel()


def test_with_recomputation_one_block_is_kept_whole_and_of_the_others_the_input():
    config = replace(SMALL, n_layer=5)
    block = (activations(config) - activations(replace(config, n_layer=1))) // 4
    assert block == 16 * config.n_embd
    last = activations(config) - 5 * block
    assert activations(config, recompute=True) == 5 * config.n_embd + block + last


def test_gpt_3_took_what_its_paper_says():
    """Table D.1: 3.14e23 operations, 3.64e3 petaflop/s-days."""
    flops = rule_of_six(GPT_3["175b"].parameters, 300e9)
    assert f"{flops:.3g}" == "3.14e+23"
    assert f"{flops / PETAFLOPS_DAY:.3g}" == "3.64e+03"


def test_bytes_of_175_billion_parameters():
    config, n = GPT_3["175b"].config, GPT_3["175b"].parameters
    alone = memory(config)
    assert (alone.parameters, alone.gradients, alone.optimizer) == (2 * n, 2 * n, 12 * n)
    assert alone.activations == 2 * 2048 * activations(config)
    assert alone.total == 16 * n + alone.activations
    shared = memory(config, rows=3, machines=64, recompute=True)
    assert shared.optimizer == 12 * n / 64 and shared.parameters == shared.gradients == 2 * n / 64
    assert shared.activations == 3 * 2 * 2048 * activations(config, recompute=True)
    assert Memory(1, 2, 4, 8).total == 15


def test_days():
    assert days(H100.flops * 86_400, 1, share=1) == pytest.approx(1)
    assert days(3.14e23, 1000, share=0.5) == pytest.approx(7.35, abs=0.01)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: memory(SMALL, rows=0), "rows is 0: give a whole number, at least 1"),
        (lambda: memory(SMALL, machines=0), "machines is 0: give a whole number, at least 1"),
        (lambda: days(1e9, 0), "machines is 0: give a whole number, at least 1"),
        (lambda: days(1e9, 1, share=0), "share is 0: give a number above 0, at most 1"),
        (lambda: days(1e9, 1, share=1.5), "share is 1.5: give a number above 0, at most 1"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call()
