"""What the papers print, as data, and the sizes that their models have by our count."""

from dataclasses import dataclass

from gptlib.config import TransformerConfig


@dataclass(frozen=True)
class Published:
    """A model of a paper: how to build it, and its number of parameters as printed and counted."""

    config: TransformerConfig
    printed: str
    parameters: int
    source: str


# The paper says "about 37,000" tokens. No one vocabulary gives both of its numbers: 65M is
# what 39,841 to 41,793 entries make, 213M what 35,368 to 36,344 make.
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
