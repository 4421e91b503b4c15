"""What the papers publish of their models, as data."""

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from gptlib.config import GPTConfig, TransformerConfig

Trust = Literal["code", "text", "counted", "memory"]
NOT_PUBLISHED = "not published"


@dataclass(frozen=True)
class Fact:
    """A published value, where it stands, and how sure we are of it.

    value: None if it is in the model's config, so that it is written only once
    source: a section or table of the paper, or a file of the released code
    trust: code or text, read there; counted from other numbers; memory, not looked up
    """

    value: object
    source: str
    trust: Trust


@dataclass(frozen=True)
class Published:
    """A model of a paper: how to build it, what is said of its training, and how well it did.

    parameters: as we count them; printed: as the paper does
    facts, results: by topic
    """

    name: str
    paper: str
    config: TransformerConfig | GPTConfig
    parameters: int
    printed: str | None = None
    facts: dict[str, Fact] = field(default_factory=dict)
    results: dict[str, Fact] = field(default_factory=dict)


def said(source: str, trust: Trust, in_config: str = "", **values: object) -> dict[str, Fact]:
    """The facts of one source: topics whose values are in the config, and others with values.

    >>> said("section 4.1", "text", "blocks", epochs=100)["epochs"]
    Fact(value=100, source='section 4.1', trust='text')
    """
    topics = dict.fromkeys(in_config.split()) | values
    return {topic: Fact(value, source, trust) for topic, value in topics.items()}


def unsaid(source: str, topics: str) -> dict[str, Fact]:
    """Topics of which the paper says nothing where one would look for it, in source."""
    return said(source, "text", **dict.fromkeys(topics.split(), NOT_PUBLISHED))


# The paper says "about 37,000" tokens. No single vocabulary gives both of its parameter counts:
# 65M takes 39,841 to 41,793 entries, 213M takes 35,368 to 36,344. It names no context, since its
# positions go on for ever; 512 in our config is where the table of them ends.
_TRANSFORMER = (
    said("section 3.1", "text", "stack norms last_norm")
    | said("Table 3", "text", "blocks channels heads head_channels inner_channels dropout")
    | said("section 3.2", "text", "attention attention_biases")
    | said("section 3.3", "text", "activation other_biases")
    | said("section 3.4", "text", "shared_table embeddings_times")
    | said("section 3.5", "text", "positions")
    | unsaid("section 3.5", "context")
    | said("section 5.1", "text", "vocabulary", tokens="BPE of both languages")
    | said("section 5.1", "text", training_text="WMT 2014, 4.5M pairs of sentences")
    | said("section 5.1", "text", batch="about 25,000 + 25,000 tokens")
    | said("section 5.3", "text", optimizer="Adam", betas=(0.9, 0.98), eps=1e-9)
    | said("section 5.3", "text", warm_up="4,000 steps", decay="as 1/sqrt(step)")
    | said("section 5.4", "text", objective="next token, labels smoothed 0.1")
    | unsaid("section 5.4", "attention_dropout")
    | said("tensor2tensor", "code", "initialization residual_scaling")
    | said("tensor2tensor", "code", weight_decay="none", clipping="none")
)
TRANSFORMER = {
    size: Published(
        f"Transformer {size}",
        "Vaswani et al. (2017)",
        TransformerConfig(vocab_size=37_000, n_head=n_head, n_embd=n_embd, dropout=dropout),
        parameters,
        printed,
        _TRANSFORMER
        | said("section 5.2", "text", trained_for=f"{steps:,} steps")
        | said("equation 3", "counted", peak_rate=(n_embd * 4000) ** -0.5),
        said("Table 2", trust, bleu_english_german=german, bleu_english_french=french),
    )
    for size, printed, n_head, n_embd, dropout, parameters, steps, german, french, trust in (
        ("base", "65M", 8, 512, 0.1, 63_045_632, 100_000, 27.3, 38.1, "memory"),
        ("big", "213M", 16, 1024, 0.3, 214_171_648, 300_000, 28.4, 41.8, "text"),
    )
}

# 478 symbols and 40,000 merges; the three tokens that fine-tuning adds are not counted. In the
# released code positions are rows of the tokens' table, and dropout is applied to all of that table
# before it is read and before it makes the logits; ours is applied to what was read.
GPT_1 = Published(
    "GPT-1",
    "Radford et al. (2018)",
    GPTConfig(vocab_size=40_478, block_size=512, norm="post", scale_residual=False),
    116_534_784,
    facts=said("section 4.1", "text", "stack blocks channels heads head_channels inner_channels")
    | said("section 4.1", "text", "context attention_dropout initialization")
    | said("released files", "code", "vocabulary")
    | said("train.py", "code", "shared_table embeddings_times norms last_norm attention")
    | said("train.py", "code", "attention_biases other_biases activation residual_scaling")
    | said("train.py", "code", positions="learned, in the tokens' table")
    | said("train.py", "code", dropout="0.1, also of the tokens' table")
    | said("section 4.1", "text", tokens="BPE of lower-case words")
    | said("section 4.1", "text", training_text="BooksCorpus, over 7,000 books")
    | said("section 4.1", "text", batch="64 × 512 tokens", trained_for="100 epochs")
    | said("section 4.1", "text", optimizer="Adam", weight_decay=0.01)
    | said("section 4.1", "text", peak_rate=2.5e-4, warm_up="2,000 steps", decay="cosine to 0")
    | unsaid("section 4.1", "betas eps clipping")
    | said("equation 1", "text", objective="next token"),
    results=said("section 4.1", "text", perplexity=18.4)
    | said("abstract", "text", best_of_12_data_sets=9, story_cloze_gain=8.9)
    | said("abstract", "text", race_gain=5.7, multinli_gain=1.5)
    | said("Table 5", "text", full=74.7, without_auxiliary_loss=75.0)
    | said("Table 5", "text", without_pretraining=59.9, lstm=69.1)
    | said("section 5", "text", multinli_gain_of_all_layers=9),
)

# How it was fine-tuned on most tasks.
GPT_1_FINE_TUNING = (
    said("section 4.1", "text", peak_rate=6.25e-5, batch=32, epochs=3, decay="linear to 0")
    | said("section 4.1", "text", warm_up_share=0.002, lm_weight=0.5, classifier_dropout=0.1)
    | said("train.py", "code", betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, clipping=1)
    | said("train.py", "code", tokens=("_start_", "_delimiter_", "_classify_"))
)

# The parameter counts in the paper's table are wrong, as its authors have said since. Heads are
# those of the released models; their code only runs them, and has no dropout. What the paper does
# not say is often filled in from GPT-1 or GPT-3; here it stays open.
_GPT_2 = (
    said("section 2.3", "text", "stack norms last_norm residual_scaling context vocabulary")
    | said("Table 2", "text", "blocks channels")
    | said("hparams.json", "code", "heads head_channels")
    | said("model.py", "code", "inner_channels shared_table embeddings_times attention")
    | said("model.py", "code", "attention_biases other_biases activation")
    | said("model.py", "code", positions="learned, in their own table")
    | said("model.py", "code", initialization="normal, std 0.02; positions 0.01")
    | unsaid("section 2.3", "dropout attention_dropout optimizer betas eps trained_for")
    | unsaid("section 3", "peak_rate warm_up decay weight_decay clipping")
    | said("section 2.2", "text", tokens="BPE of bytes")
    | said("section 2.1", "text", training_text="WebText, 8M documents, 40 GB")
    | said("section 2.3", "text", batch="512 × 1,024 tokens")
    | said("section 2", "text", objective="next token")
)
GPT_2 = {
    size: Published(
        f"GPT-2 {size}",
        "Radford et al. (2019)",
        GPTConfig(vocab_size=50_257, n_layer=n_layer, n_head=n_head, n_embd=n_embd),
        parameters,
        printed,
        _GPT_2,
        said("Table 3", "text", lambada_perplexity=ppl, lambada_accuracy=accuracy)
        | said("Table 3", "text", wikitext_2_perplexity=wikitext),
    )
    for size, printed, n_layer, n_head, n_embd, parameters, ppl, accuracy, wikitext in (
        ("small", "117M", 12, 12, 768, 124_439_808, 35.13, 45.99, 29.41),
        ("medium", "345M", 24, 16, 1024, 354_823_168, 15.60, 55.48, 22.76),
        ("large", "762M", 36, 20, 1280, 774_030_080, 10.87, 60.12, 19.93),
        ("xl", "1542M", 48, 25, 1600, 1_557_611_200, 8.63, 63.24, 18.34),
    )
}

# "The same model and architecture as GPT-2", but for a longer context, and for blocks that see all
# tokens and a band of the last ones in turn. How wide the band is and which blocks have it was not
# published, so these configs have none, which changes no count. Table 2.1 contradicts itself for
# two sizes: 24 heads of 128 channels do not make the 2,048 channels of XL, nor do 40 of them the
# 5,140 of 13B. Both are here as printed, with heads of a size of their own. Table D.1 has 1,320 and
# 12,850 million parameters for them, which are those of 16 heads, and of 5,120 channels.
_AS_IN_GPT_2 = """
    stack inner_channels vocabulary tokens shared_table embeddings_times positions norms last_norm
    attention_biases other_biases activation initialization residual_scaling objective
"""
_GPT_3 = (
    {
        topic: replace(_GPT_2[topic], source="section 2.1", trust="text")
        for topic in _AS_IN_GPT_2.split()
    }
    | said("section 2.1", "text", "context")
    | said("section 2.1", "text", attention=f"dense and banded, band {NOT_PUBLISHED}")
    | said("Table 2.1", "text", "blocks channels heads head_channels", trained_for="300B tokens")
    | said("Table 2.2", "text", training_text="Common Crawl and 4 others, 499B")
    | said("Appendix B", "text", optimizer="Adam", betas=(0.9, 0.95), eps=1e-8)
    | said("Appendix B", "text", warm_up="375M tokens", decay="cosine to a tenth at 260B")
    | said("Appendix B", "text", weight_decay=0.1, clipping=1)
    | unsaid("Appendix B", "dropout attention_dropout")
)
GPT_3 = {
    size: Published(
        f"GPT-3 {size}",
        "Brown et al. (2020)",
        GPTConfig(50_257, 2048, n_layer, n_head, n_embd, head_size),
        parameters,
        printed,
        _GPT_3 | said("Table 2.1", "text", batch=f"{batch}M tokens", peak_rate=rate),
    )
    for size, printed, n_layer, n_embd, n_head, head_size, batch, rate, parameters in (
        ("small", "125M", 12, 768, 12, 64, 0.5, 6.0e-4, 125_226_240),
        ("medium", "350M", 24, 1024, 16, 64, 0.5, 3.0e-4, 355_871_744),
        ("large", "760M", 24, 1536, 16, 96, 0.5, 2.5e-4, 760_300_032),
        ("xl", "1.3B", 24, 2048, 24, 128, 1, 2.0e-4, 1_517_123_584),
        ("2.7b", "2.7B", 32, 2560, 32, 80, 1, 1.6e-4, 2_651_553_280),
        ("6.7b", "6.7B", 32, 4096, 32, 128, 2, 1.2e-4, 6_658_404_352),
        ("13b", "13.0B", 40, 5140, 40, 128, 2, 1.0e-4, 12_936_488_380),
        ("175b", "175.0B", 96, 12_288, 96, 128, 3.2, 0.6e-4, 174_604_259_328),
    )
}

# By the names that `main.py summary` takes.
GPTS = {"gpt-1": GPT_1} | {f"gpt-2-{size}": paper for size, paper in GPT_2.items()}

# GPT-1 for a laptop, trained in notebook 08: a third of its blocks, a sixth of its channels and so
# of its heads, which keep their 64 channels each, a quarter of its context, 3,208 of 40,478 tokens,
# those of the tales, and no dropout, since the story world tells as many tales as are needed. The
# first matrices are larger by sqrt(6), so that sums over fewer channels are as large.
GPT_1_THIRD = Published(
    "gpt-1-third",
    "notebook 08",
    replace(
        GPT_1.config,
        vocab_size=3_208,
        block_size=128,
        n_layer=4,
        n_head=2,
        n_embd=128,
        dropout=0.0,
        init_std=0.05,
    ),
    1_220_096,
    facts=said("notebook 08", "code", tokens="BPE of bytes", training_text="the tales")
    | said("notebook 08", "code", batch="32 tales", trained_for="3,000 steps")
    | said("notebook 08", "code", peak_rate=0.006, warm_up="100 steps"),
)


def miniature(n_layer: int, n_embd: int) -> GPTConfig:
    """A GPT-2 for a laptop and the little web: a quarter of the context, heads of 32 channels."""
    return GPTConfig(
        vocab_size=2048,
        block_size=256,
        n_layer=n_layer,
        n_head=n_embd // 32,
        n_embd=n_embd,
        dropout=0.0,
        init_std=0.02 * math.sqrt(768 / n_embd),  # so that sums over fewer channels are as large
    )


def _miniature(name: str, n_layer: int, n_embd: int, parameters: int) -> Published:
    """A GPT-2 that was trained on the little web."""
    return Published(
        name,
        "notebook 09",
        miniature(n_layer, n_embd),
        parameters,
        facts=said("notebook 09", "code", tokens="BPE of bytes", training_text="the little web")
        | said("notebook 09", "code", batch="16 × 256 tokens", trained_for="2,000 steps")
        | said("notebook 09", "code", optimizer="Muon, and AdamW for the rest", weight_decay=0.0)
        | said("notebook 09", "code", peak_rate="0.04, and 0.02", warm_up="20 steps")
        | said("notebook 09", "code", decay="linear to 0"),
    )


# Four sizes, deeper and wider at once as GPT-2's four are, the largest with 36 times the parameters
# of the smallest; and a third of the blocks of the largest GPT-2, at the width of our second.
LADDER = {
    f"{n}x{32 * n}": _miniature(f"{n} × {32 * n}", n, 32 * n, parameters)
    for n, parameters in ((1, 86_496), (2, 247_552), (4, 1_088_256), (6, 3_111_936))
}
GPT_2_THIRD = _miniature("gpt-2-third", 16, 64, 947_328)

# A third of the blocks of the largest GPT-3, at the width of our second size. How wide its bands
# are and which blocks have them GPT-3's authors did not publish: here they begin with the first.
GPT_3_THIRD = Published(
    "gpt-3-third",
    "notebook 10",
    replace(miniature(32, 64), vocab_size=643, block_size=240, band=4, first_band=1),
    1_656_128,
    facts=said("notebook 10", "code", tokens="BPE of bytes", training_text="lists of examples")
    | said("notebook 10", "code", batch="10 lists", trained_for="2,000 steps")
    | said("notebook 10", "code", optimizer="Muon, and AdamW for the rest", weight_decay=0.0)
    | said("notebook 10", "code", peak_rate="0.003", warm_up="20 steps")
    | said("notebook 10", "code", decay="linear to 0 over the last 500 steps"),
)
