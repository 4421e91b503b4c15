"""What changed from one model to the next."""

from dataclasses import dataclass, replace

from gptlib.config import GPTConfig, TransformerConfig
from gptlib.papers import Fact, Published, said

Model = Published | TransformerConfig | GPTConfig


@dataclass(frozen=True)
class Comparison:
    """What changed from a model a to a model b; printed, it is a table.

    a, b: names of the models
    rows: for each topic in which they differ, what is known of a and of b
    """

    a: str
    b: str
    rows: dict[str, tuple[Fact, Fact]]

    def __str__(self) -> str:
        lines = [("", self.a, self.b, "where")]
        for topic, (a, b) in self.rows.items():
            where = f"{b.source} [{b.trust}]"
            lines.append((topic.replace("_", " "), _shown(a.value), _shown(b.value), where))
        wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [
            "  ".join(f"{cell:{width}}" for cell, width in zip(line, wide, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([table[0], "-" * max(map(len, table)), *table[1:]])


def compare(a: Model, b: Model) -> Comparison:
    """What changed from a to b, in every topic of which something is known of both.

    Of a mere config only the design is known. ValueError for anything but a model of a paper and a
    config.

    >>> from gptlib.papers import GPT_2
    >>> print(compare(GPT_2["small"], GPT_2["medium"]))
                    GPT-2 small  GPT-2 medium  where
    --------------------------------------------------------------
    blocks          12           24            Table 2 [text]
    channels        768          1,024         Table 2 [text]
    heads           12           16            hparams.json [code]
    inner channels  3,072        4,096         model.py [code]
    parameters      124,439,808  354,823,168   config [counted]
    """
    of_a, of_b = known(a), known(b)
    names = (m.name if isinstance(m, Published) else type(m).__name__ for m in (a, b))
    rows = {
        topic: (fact, of_b[topic])
        for topic, fact in of_a.items()
        if topic in of_b and fact.value != of_b[topic].value
    }
    return Comparison(*names, rows)


def known(model: Model) -> dict[str, Fact]:
    """All facts of a model by topic, those of its config included. ValueError as in `compare`."""
    if isinstance(model, TransformerConfig | GPTConfig):
        return said("config", "code", **design(model))
    if not isinstance(model, Published):
        raise ValueError(f"model is {model!r}: give one of gptlib.papers, or a config")
    facts = known(model.config) | said("config", "counted", parameters=model.parameters)
    for topic, fact in model.facts.items():
        facts[topic] = replace(fact, value=facts[topic].value) if fact.value is None else fact
    return facts


def design(config: TransformerConfig | GPTConfig) -> dict[str, object]:
    """What a config says of a model, by topic."""
    two = isinstance(config, TransformerConfig)
    N, pre = config.n_layer, config.norm == "pre"
    band = None if two or config.band is None else f"a band of {config.band}"
    in_turn = f"dense and {band}" if two or config.first_band == 2 else f"{band} and dense"
    shared = "source, target, logits" if two else "tokens, logits" if config.tied else "none"
    return {
        "stack": "encoder and decoder" if two else "decoder only",
        "blocks": f"{N} + {N}" if two else N,
        "channels": config.n_embd,
        "heads": config.n_head,
        "head_channels": config.head_size or config.n_embd // config.n_head,
        "inner_channels": config.n_inner,
        "context": config.block_size,
        "vocabulary": config.vocab_size,
        "shared_table": shared,
        "embeddings_times": "sqrt(channels)" if two else 1,
        "positions": "sinusoidal" if two else config.positions,
        "norms": "before each layer" if pre else "after each sum",
        "last_norm": "after all blocks" if pre else "none",
        "attention": f"{in_turn} in turn" if band else "dense",
        "attention_biases": "all" if config.attn_bias else "none",
        "other_biases": "all" if config.bias else "none",
        "activation": config.activation,
        "dropout": config.dropout,
        "attention_dropout": config.attn_dropout,
        "initialization": "uniform (Xavier)" if two else f"normal, std {config.init_std}",
        "residual_scaling": "none" if two or not config.scale_residual else "1/sqrt(2 blocks)",
    }


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, float):
        return f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else value
