"""What stands in papers.py is what the papers say, and what our models have."""

from dataclasses import fields, replace
from typing import get_args

import pytest
import torch

from gptlib.comparison import compare, design, known
from gptlib.config import GPTConfig, TransformerConfig
from gptlib.gpt import GPT
from gptlib.papers import (
    GPT_1,
    GPT_1_FINE_TUNING,
    GPT_1_THIRD,
    GPT_2,
    GPT_2_THIRD,
    GPT_3,
    GPT_3_THIRD,
    GPTS,
    LADDER,
    NOT_PUBLISHED,
    TRANSFORMER,
    Trust,
    said,
)
from gptlib.transformer import Transformer

PAPERS = [*TRANSFORMER.values(), GPT_1, *GPT_2.values(), *GPT_3.values()]
MINIATURES = [GPT_1_THIRD, *LADDER.values(), GPT_2_THIRD, GPT_3_THIRD]
each = pytest.mark.parametrize("model", [*PAPERS, *MINIATURES], ids=lambda model: model.name)
# As in notebook 05, on text of 61 characters.
EARLIER = GPTConfig(61, block_size=64, n_layer=4, n_head=8, n_embd=64, dropout=0.0)


def made(config):
    with torch.device("meta"):
        return (Transformer if isinstance(config, TransformerConfig) else GPT)(config)


def size(part):
    return sum(p.numel() for p in part.parameters())


@each
def test_parameters_are_counted_as_the_config_has_them(model):
    assert size(made(model.config)) == model.parameters == known(model)["parameters"].value


def test_parameters_to_the_last_digit():
    assert {model.name: model.parameters for model in (*PAPERS, *MINIATURES)} == {
        "Transformer base": 63_045_632,
        "Transformer big": 214_171_648,
        "GPT-1": 116_534_784,
        "GPT-2 small": 124_439_808,
        "GPT-2 medium": 354_823_168,
        "GPT-2 large": 774_030_080,
        "GPT-2 xl": 1_557_611_200,
        "GPT-3 small": 125_226_240,
        "GPT-3 medium": 355_871_744,
        "GPT-3 large": 760_300_032,
        "GPT-3 xl": 1_517_123_584,
        "GPT-3 2.7b": 2_651_553_280,
        "GPT-3 6.7b": 6_658_404_352,
        "GPT-3 13b": 12_936_488_380,
        "GPT-3 175b": 174_604_259_328,
        "gpt-1-third": 1_220_096,
        "1 × 32": 86_496,
        "2 × 64": 247_552,
        "4 × 128": 1_088_256,
        "6 × 192": 3_111_936,
        "gpt-2-third": 947_328,
        "gpt-3-third": 1_656_128,
    }


def test_where_the_parameters_of_gpt_1_are():
    model = made(GPT_1.config)
    assert [size(block) for block in model.blocks] == [7_087_872] * 12
    assert size(model.tok_emb) == 40_478 * 768 and size(model.pos_emb) == 512 * 768
    three_more = replace(GPT_1.config, vocab_size=40_478 + len(GPT_1_FINE_TUNING["tokens"].value))
    assert size(made(three_more)) == 116_537_088


@each
def test_facts_have_a_source_and_one_of_four_marks(model):
    assert get_args(Trust) == ("code", "text", "counted", "memory")
    for fact in [*known(model).values(), *model.results.values(), *GPT_1_FINE_TUNING.values()]:
        assert fact.trust in get_args(Trust)
        assert fact.source and fact.value is not None
        if NOT_PUBLISHED in str(fact.value):
            assert not any(sign.isdigit() for sign in fact.value)


@pytest.mark.parametrize("model", PAPERS, ids=lambda model: model.name)
def test_a_paper_is_asked_everything(model):
    """Otherwise a row could be missing from a comparison because somebody forgot it."""
    facts = known(model)
    assert set(facts) == set(known(GPT_1))
    assert {topic for topic, fact in facts.items() if fact.source == "config"} == {"parameters"}


@each
def test_no_fact_contradicts_the_config(model):
    """It may only add words to what the config says, or say that our number is not the paper's."""
    for topic, of_config in design(model.config).items():
        fact = known(model)[topic]
        if fact.value != of_config:
            assert fact.value.startswith(str(of_config)) or fact.value.endswith(NOT_PUBLISHED)


def fields_of(config):
    return {field.name for field in fields(config)}


@pytest.mark.parametrize(
    ("config", "others"),
    [
        (
            GPTConfig(61, band=6),
            {
                "vocab_size": 62,
                "block_size": 64,
                "n_layer": 3,
                "n_head": 6,
                "n_embd": 24,
                "head_size": 7,
                "dropout": 0.2,
                "norm": "post",
                "activation": "relu",
                "attn_bias": False,
                "bias": False,
                "tied": False,
                "positions": "rotary",
                "band": 5,
                "first_band": 1,
                "init_std": 0.05,
                "scale_residual": False,
            },
        ),
        (
            TransformerConfig(61),
            {
                "vocab_size": 62,
                "block_size": 64,
                "n_layer": 3,
                "n_head": 4,
                "n_embd": 24,
                "head_size": 7,
                "dropout": 0.2,
                "attn_dropout": 0.2,
                "norm": "pre",
                "activation": "gelu",
                "attn_bias": True,
                "bias": False,
            },
        ),
    ],
    ids=["GPT", "Transformer"],
)
def test_every_setting_is_seen_in_the_design(config, others):
    assert set(others) == fields_of(config) - {"pad"}
    for name, other in others.items():
        assert compare(config, replace(config, **{name: other})).rows, f"{name} changes no row"


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_the_design_is_that_of_the_model(norm, tied, bias):
    config = replace(EARLIER, norm=norm, tied=tied, bias=bias, attn_bias=not bias, head_size=5)
    model, says = made(config), design(config)
    assert (says["stack"], says["blocks"]) == ("decoder only", len(model.blocks))
    assert says["heads"] * says["head_channels"] == model.blocks[0].attn.proj.in_features
    assert says["inner_channels"] == model.blocks[0].mlp.fc.out_features
    assert says["norms"] == {"pre": "before each layer", "post": "after each sum"}[norm]
    assert (says["last_norm"] == "none") == isinstance(model.ln_f, torch.nn.Identity)
    assert (says["shared_table"] == "none") == (model.lm_head is not None)
    assert (says["attention_biases"] == "none") == (model.blocks[0].attn.proj.bias is None)
    assert (says["other_biases"] == "none") == (model.blocks[0].mlp.proj.bias is None)


def rows(a, b):
    """What a comparison says: topic, value in a, value in b, and where b's stands."""
    return {
        topic: (of_a.value, of_b.value, of_b.source)
        for topic, (of_a, of_b) in compare(a, b).rows.items()
    }


def test_from_the_transformer_to_gpt_1():
    found = rows(TRANSFORMER["base"], GPT_1)
    rate = found.pop("peak_rate")
    assert rate == (pytest.approx(6.98771e-4, rel=1e-5), 2.5e-4, "section 4.1")
    assert found == {
        "stack": ("encoder and decoder", "decoder only", "section 4.1"),
        "blocks": ("6 + 6", 12, "section 4.1"),
        "channels": (512, 768, "section 4.1"),
        "heads": (8, 12, "section 4.1"),
        "inner_channels": (2048, 3072, "section 4.1"),
        "context": ("not published", 512, "section 4.1"),
        "vocabulary": (37_000, 40_478, "released files"),
        "shared_table": ("source, target, logits", "tokens, logits", "train.py"),
        "embeddings_times": ("sqrt(channels)", 1, "train.py"),
        "positions": ("sinusoidal", "learned, in the tokens' table", "train.py"),
        "attention_biases": ("none", "all", "train.py"),
        "activation": ("relu", "gelu_tanh", "train.py"),
        "dropout": (0.1, "0.1, also of the tokens' table", "train.py"),
        "attention_dropout": ("not published", 0.1, "section 4.1"),
        "initialization": ("uniform (Xavier)", "normal, std 0.02", "section 4.1"),
        "parameters": (63_045_632, 116_534_784, "config"),
        "tokens": ("BPE of both languages", "BPE of lower-case words", "section 4.1"),
        "training_text": (
            "WMT 2014, 4.5M pairs of sentences",
            "BooksCorpus, over 7,000 books",
            "section 4.1",
        ),
        "batch": ("about 25,000 + 25,000 tokens", "64 × 512 tokens", "section 4.1"),
        "trained_for": ("100,000 steps", "100 epochs", "section 4.1"),
        "betas": ((0.9, 0.98), "not published", "section 4.1"),
        "eps": (1e-9, "not published", "section 4.1"),
        "warm_up": ("4,000 steps", "2,000 steps", "section 4.1"),
        "decay": ("as 1/sqrt(step)", "cosine to 0", "section 4.1"),
        "weight_decay": ("none", 0.01, "section 4.1"),
        "clipping": ("none", "not published", "section 4.1"),
        "objective": ("next token, labels smoothed 0.1", "next token", "equation 1"),
    }


def test_from_gpt_1_to_gpt_2():
    assert rows(GPT_1, GPT_2["small"]) == {
        "context": (512, 1024, "section 2.3"),
        "vocabulary": (40_478, 50_257, "section 2.3"),
        "positions": ("learned, in the tokens' table", "learned, in their own table", "model.py"),
        "norms": ("after each sum", "before each layer", "section 2.3"),
        "last_norm": ("none", "after all blocks", "section 2.3"),
        "dropout": ("0.1, also of the tokens' table", "not published", "section 2.3"),
        "attention_dropout": (0.1, "not published", "section 2.3"),
        "initialization": ("normal, std 0.02", "normal, std 0.02; positions 0.01", "model.py"),
        "residual_scaling": ("none", "1/sqrt(2 blocks)", "section 2.3"),
        "parameters": (116_534_784, 124_439_808, "config"),
        "tokens": ("BPE of lower-case words", "BPE of bytes", "section 2.2"),
        "training_text": (
            "BooksCorpus, over 7,000 books",
            "WebText, 8M documents, 40 GB",
            "section 2.1",
        ),
        "batch": ("64 × 512 tokens", "512 × 1,024 tokens", "section 2.3"),
        "trained_for": ("100 epochs", "not published", "section 2.3"),
        "optimizer": ("Adam", "not published", "section 2.3"),
        "peak_rate": (2.5e-4, "not published", "section 3"),
        "warm_up": ("2,000 steps", "not published", "section 3"),
        "decay": ("cosine to 0", "not published", "section 3"),
        "weight_decay": (0.01, "not published", "section 3"),
    }


def test_from_gpt_2_to_gpt_3():
    assert rows(GPT_2["small"], GPT_3["small"]) == {
        "context": (1024, 2048, "section 2.1"),
        "attention": ("dense", "dense and banded, band not published", "section 2.1"),
        "parameters": (124_439_808, 125_226_240, "config"),
        "training_text": (
            "WebText, 8M documents, 40 GB",
            "Common Crawl and 4 others, 499B",
            "Table 2.2",
        ),
        "batch": ("512 × 1,024 tokens", "0.5M tokens", "Table 2.1"),
        "trained_for": ("not published", "300B tokens", "Table 2.1"),
        "optimizer": ("not published", "Adam", "Appendix B"),
        "betas": ("not published", (0.9, 0.95), "Appendix B"),
        "eps": ("not published", 1e-8, "Appendix B"),
        "peak_rate": ("not published", 6e-4, "Table 2.1"),
        "warm_up": ("not published", "375M tokens", "Appendix B"),
        "decay": ("not published", "cosine to a tenth at 260B", "Appendix B"),
        "weight_decay": ("not published", 0.1, "Appendix B"),
        "clipping": ("not published", 1, "Appendix B"),
    }


def test_the_sizes_of_gpt_3_are_those_of_table_2_1():
    table = {
        "small": (12, 768, 12, 64, "0.5M tokens", 6.0e-4),
        "medium": (24, 1024, 16, 64, "0.5M tokens", 3.0e-4),
        "large": (24, 1536, 16, 96, "0.5M tokens", 2.5e-4),
        "xl": (24, 2048, 24, 128, "1M tokens", 2.0e-4),
        "2.7b": (32, 2560, 32, 80, "1M tokens", 1.6e-4),
        "6.7b": (32, 4096, 32, 128, "2M tokens", 1.2e-4),
        "13b": (40, 5140, 40, 128, "2M tokens", 1.0e-4),
        "175b": (96, 12_288, 96, 128, "3.2M tokens", 0.6e-4),
    }
    topics = ("blocks", "channels", "heads", "head_channels", "batch", "peak_rate")
    found = {
        name: tuple(known(model)[topic].value for topic in topics) for name, model in GPT_3.items()
    }
    assert found == table


def test_two_sizes_of_gpt_3_contradict_themselves():
    """As printed they have heads that do not fill the channels; no reading gives all numbers."""
    for name, model in GPT_3.items():
        c = model.config
        assert (c.n_head * c.head_size == c.n_embd) == (name not in ("xl", "13b"))
    xl, b13 = GPT_3["xl"].config, GPT_3["13b"].config
    assert size(made(replace(xl, n_head=16))) == 1_315_723_264
    assert size(made(replace(b13, n_embd=5120))) == 12_853_386_240
    assert size(made(replace(b13, n_head=20, head_size=257))) == 12_952_938_780  # 5,140 in all


def test_from_notebook_05_to_gpt_1_only_the_design_is_compared():
    assert rows(EARLIER, GPT_1) == {
        "blocks": (4, 12, "section 4.1"),
        "channels": (64, 768, "section 4.1"),
        "heads": (8, 12, "section 4.1"),
        "head_channels": (8, 64, "section 4.1"),
        "inner_channels": (256, 3072, "section 4.1"),
        "context": (64, 512, "section 4.1"),
        "vocabulary": (61, 40_478, "released files"),
        "positions": ("learned", "learned, in the tokens' table", "train.py"),
        "norms": ("before each layer", "after each sum", "train.py"),
        "last_norm": ("after all blocks", "none", "train.py"),
        "dropout": (0.0, "0.1, also of the tokens' table", "train.py"),
        "attention_dropout": (0.0, 0.1, "section 4.1"),
        "residual_scaling": ("1/sqrt(2 blocks)", "none", "train.py"),
    }


def test_what_the_third_of_gpt_1_cuts():
    cut = {"blocks", "channels", "heads", "inner_channels", "context", "vocabulary", "parameters"}
    cut |= {"dropout", "attention_dropout", "positions", "tokens", "training_text"}
    cut |= {"initialization", "batch", "trained_for", "peak_rate", "warm_up"}
    found = rows(GPT_1, GPT_1_THIRD)
    assert set(found) == cut
    # Sums over the channels are as large at first.
    stds = GPT_1_THIRD.config.init_std, GPT_1.config.init_std
    assert stds[0] * 128**0.5 == pytest.approx(stds[1] * 768**0.5, rel=0.03)
    assert found["blocks"][:2] == (12, 4) and 3 * 4 == 12
    assert found["channels"][:2] == (768, 128) and found["heads"][:2] == (12, 2)
    assert found["context"][:2] == (512, 128) and found["vocabulary"][:2] == (40_478, 3_208)
    assert found["dropout"][1] == found["attention_dropout"][1] == 0
    assert known(GPT_1_THIRD)["head_channels"].value == 64
    assert GPT_1_THIRD.name == "gpt-1-third" and GPT_1_THIRD not in GPTS.values()


def test_the_ladder_grows_in_depth_and_width_at_once_as_gpt_2_does():
    for some in (LADDER, GPT_2):
        sizes = [(model.config.n_layer, model.config.n_embd) for model in some.values()]
        for each in zip(*sizes, strict=True):
            assert len(set(each)) == 4 and list(each) == sorted(each)
    for name, model in LADDER.items():
        config = model.config
        assert name == f"{config.n_layer}x{config.n_embd}" == model.name.replace(" × ", "x")
        assert (config.n_embd, config.n_head) == (32 * config.n_layer, config.n_layer)
    first, *_, last = LADDER.values()
    assert round(last.parameters / first.parameters) == 36
    assert GPT_2_THIRD.config.n_layer * 3 == GPT_2["xl"].config.n_layer
    assert GPT_2_THIRD.config.n_embd == LADDER["2x64"].config.n_embd
    assert GPT_3_THIRD.config.n_layer * 3 == GPT_3["175b"].config.n_layer
    assert GPT_3_THIRD.config.n_embd == LADDER["2x64"].config.n_embd


@pytest.mark.parametrize("model", [*LADDER.values(), GPT_2_THIRD], ids=lambda model: model.name)
def test_what_miniatures_of_gpt_2_cut(model):
    cut = {"blocks", "channels", "heads", "head_channels", "inner_channels", "context"}
    cut |= {"vocabulary", "dropout", "attention_dropout", "initialization", "parameters"}
    found = rows(GPT_2["small"], model)
    said_here = {"optimizer", "peak_rate", "warm_up", "decay", "weight_decay"}
    assert set(found) == cut | said_here | {"positions", "training_text", "batch", "trained_for"}
    assert all(found[topic][0] == NOT_PUBLISHED for topic in said_here)
    assert found["context"][:2] == (1024, 256) and found["vocabulary"][:2] == (50_257, 2048)
    assert found["head_channels"][:2] == (64, 32)
    assert found["dropout"][1] == found["attention_dropout"][1] == 0
    # Sums over the channels are as large at first.
    stds = model.config.init_std, GPT_2["small"].config.init_std
    assert stds[0] * model.config.n_embd**0.5 == pytest.approx(stds[1] * 768**0.5)
    assert model not in GPTS.values()


def test_how_gpt_1_was_tuned_and_what_it_reached():
    assert {topic: fact.value for topic, fact in GPT_1_FINE_TUNING.items()} == {
        "peak_rate": 6.25e-5,
        "batch": 32,
        "epochs": 3,
        "decay": "linear to 0",
        "warm_up_share": 0.002,
        "lm_weight": 0.5,
        "classifier_dropout": 0.1,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0.01,
        "clipping": 1,
        "tokens": ("_start_", "_delimiter_", "_classify_"),
    }
    of = {topic: fact.value for topic, fact in GPT_1.results.items()}
    assert (of["full"], of["without_auxiliary_loss"], of["perplexity"]) == (74.7, 75.0, 18.4)
    # The two drops that the text of section 5 names.
    assert round(of["full"] - of["lstm"], 1) == 5.6
    assert round(of["full"] - of["without_pretraining"], 1) == 14.8


def test_larger_gpt_2_are_better_at_everything():
    for topic in ("lambada_perplexity", "lambada_accuracy", "wikitext_2_perplexity"):
        found = [model.results[topic].value for model in GPT_2.values()]
        assert found == sorted(found, reverse="perplexity" in topic)
    last = GPT_2["xl"].results
    assert (last["lambada_perplexity"].value, last["lambada_accuracy"].value) == (8.63, 63.24)


def test_nothing_changed():
    for model in (GPT_1, EARLIER):
        assert compare(model, model).rows == {}


def test_the_table_as_it_is_printed():
    a = replace(GPT_1, name="one", facts=said("section 1", "text", rate=0.00025, betas=(0.9, 1)))
    b = replace(GPT_1, name="the other", facts=said("memo", "memory", rate=6e-5, betas=12_000))
    assert str(compare(a, b)).splitlines() == [
        "       one      the other  where",
        "----------------------------------------",
        "rate   0.00025  6e-05      memo [memory]",
        "betas  0.9, 1   12,000     memo [memory]",
    ]
    header = str(compare(EARLIER, GPT_1)).splitlines()[0]
    assert header.split() == ["GPTConfig", "GPT-1", "where"]


@pytest.mark.parametrize("model", ["gpt-1", None])
def test_what_cannot_be_compared(model):
    for pair in ((model, GPT_1), (GPT_1, model)):
        with pytest.raises(ValueError, match=f"model is {model!r}: give one of gptlib.papers"):
            compare(*pair)


def test_tables_are_not_too_wide_for_a_notebook():
    pairs = [(TRANSFORMER["base"], GPT_1), (GPT_1, GPT_2["small"]), (GPT_2["xl"], GPT_3["175b"])]
    for a, b in pairs:
        assert max(map(len, str(compare(a, b)).splitlines())) <= 110
