"""The numbers that the papers print, as data, and our own count of each model's parameters."""

from dataclasses import dataclass

from gptlib.config import GPTConfig, TransformerConfig


@dataclass(frozen=True)
class Published:
    """A model of a paper: how to build it, and its number of parameters as printed and counted."""

    config: TransformerConfig | GPTConfig
    printed: str | None
    parameters: int
    source: str


# The paper says "about 37,000" tokens. No single vocabulary gives both of its parameter counts:
# 65M takes 39,841 to 41,793 entries, 213M takes 35,368 to 36,344.
TRANSFORMER = {
    "base": Published(
        TransformerConfig(vocab_size=37_000),
        printed="65M",
        parameters=63_045_632,
        source="Vaswani et al. (2017), section 5.1 and Table 3",
    ),
    "big": Published(
        TransformerConfig(vocab_size=37_000, n_head=16, n_embd=1024, dropout=0.3),
        printed="213M",
        parameters=214_171_648,
        source="Vaswani et al. (2017), section 5.1 and Table 3",
    ),
}

# 478 characters and 40,000 merges; the three tokens that fine-tuning adds are not counted. The
# released code applies dropout to the embedding table itself, which also makes the logits; ours
# applies it to what is looked up.
GPT_1 = Published(
    GPTConfig(vocab_size=40_478, block_size=512, norm="post", scale_residual=False),
    printed=None,
    parameters=116_534_784,
    source="Radford et al. (2018), section 4.1, and the released code",
)

# The parameter counts in the paper's table are wrong, as its authors have said since. Heads are
# those of the released models, whose code initializes positions with std 0.01, not 0.02.
GPT_2 = {
    name: Published(
        GPTConfig(vocab_size=50_257, n_layer=n_layer, n_head=n_head, n_embd=n_embd),
        printed=printed,
        parameters=parameters,
        source="Radford et al. (2019), section 2.3 and Table 2, and the released code",
    )
    for name, printed, n_layer, n_head, n_embd, parameters in (
        ("small", "117M", 12, 12, 768, 124_439_808),
        ("medium", "345M", 24, 16, 1024, 354_823_168),
        ("large", "762M", 36, 20, 1280, 774_030_080),
        ("xl", "1542M", 48, 25, 1600, 1_557_611_200),
    )
}

# By the names that `main.py summary` takes.
GPTS = {"gpt-1": GPT_1} | {f"gpt-2-{size}": paper for size, paper in GPT_2.items()}
