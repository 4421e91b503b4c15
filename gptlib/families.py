"""GPT-1 and GPT-2 as transformers describes them: its config.json, and its names of tensors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gptlib.config import GPTConfig


@dataclass(frozen=True)
class Family:
    """One of transformers' two classes: what it calls its parts, and what it can be."""

    model_type: str
    norm: Literal["post", "pre"]
    architecture: str
    tokenizer: str
    activation: str  # the setting's name
    activations: dict[str, str]  # its values, the usual one first -> ours
    tables: dict[str, str]  # tensors outside of the blocks -> ours
    masks: tuple[str, ...]  # which files of older versions hold in each block


FAMILIES = {
    "openai-gpt": Family(
        model_type="openai-gpt",
        norm="post",
        architecture="OpenAIGPTLMHeadModel",
        tokenizer="OpenAIGPTTokenizer",
        activation="afn",
        activations={"gelu": "gelu_tanh", "relu": "relu"},  # its gelu is the one with tanh
        tables={"tokens_embed.weight": "tok_emb.weight", "positions_embed.weight": "pos_emb.table"},
        masks=("attn.bias",),
    ),
    "gpt2": Family(
        model_type="gpt2",
        norm="pre",
        architecture="GPT2LMHeadModel",
        tokenizer="GPT2Tokenizer",
        activation="activation_function",
        activations={"gelu_new": "gelu_tanh", "gelu": "gelu", "relu": "relu"},
        tables={
            "wte.weight": "tok_emb.weight",
            "wpe.weight": "pos_emb.table",
            "ln_f.weight": "ln_f.weight",
            "ln_f.bias": "ln_f.bias",
        },
        masks=("attn.bias", "attn.masked_bias"),
    ),
}

# In both: the parts of a block -> ours, which the file holds one below the other. Those called c_
# are of the class Conv1D, which has the matrix of nn.Linear transposed.
BLOCK = {
    "attn.c_attn": ("attn.query", "attn.key", "attn.value"),
    "attn.c_proj": ("attn.proj",),
    "mlp.c_fc": ("mlp.fc",),
    "mlp.c_proj": ("mlp.proj",),
    "ln_1": ("ln_1",),
    "ln_2": ("ln_2",),
}

SIZES = {
    "vocab_size": "vocab_size",
    "n_positions": "block_size",
    "n_layer": "n_layer",
    "n_head": "n_head",
    "n_embd": "n_embd",
}
DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
# What a config of theirs may say, with the only value that a `GPT` can have.
FIXED = {
    "layer_norm_epsilon": 1e-5,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
    "tie_word_embeddings": True,
}


def family_of(config: GPTConfig) -> Family:
    """The family of a model of ours, by the place of its norms."""
    return next(family for family in FAMILIES.values() if family.norm == config.norm)


def tensor_names(config: GPTConfig) -> dict[str, list[str]]:
    """For each tensor of a file, the names of the parameters of a `GPT` that it holds.

    >>> names = tensor_names(GPTConfig(vocab_size=9, n_layer=1))
    >>> names["wte.weight"], names["h.0.mlp.c_fc.bias"]
    (['tok_emb.weight'], ['blocks.0.mlp.fc.bias'])
    >>> names["h.0.attn.c_attn.bias"]
    ['blocks.0.attn.query.bias', 'blocks.0.attn.key.bias', 'blocks.0.attn.value.bias']
    """
    held = {theirs: [ours] for theirs, ours in family_of(config).tables.items()}
    for n in range(config.n_layer):
        for theirs, parts in BLOCK.items():
            for kind in ("weight", "bias"):
                held[f"h.{n}.{theirs}.{kind}"] = [f"blocks.{n}.{part}.{kind}" for part in parts]
    return held


def mask_names(config: GPTConfig) -> set[str]:
    """The names of the masks that a file may hold, which follow from the sizes."""
    return {f"h.{n}.{mask}" for n in range(config.n_layer) for mask in family_of(config).masks}


def to_config(table: Mapping[str, object]) -> GPTConfig:
    """The config that a config.json describes; ValueError if a `GPT` cannot be what it asks for.

    It does not tell scale_residual, which is as in `papers`.
    """
    family = FAMILIES.get(str(table.get("model_type")))
    if family is None:
        kind, known = table.get("model_type"), " or ".join(FAMILIES)
        raise ValueError(f"its model_type is {kind!r}: give a model whose model_type is {known}")
    if missing := [name for name in SIZES if name not in table]:
        raise ValueError(f"it does not say {missing[0]}: take a copy of the whole file")
    usual, *_ = family.activations
    activation = table.get(family.activation, usual)
    if activation not in [*family.activations]:
        known = " or ".join(family.activations)
        raise ValueError(f"{family.activation} is {activation!r}: give a model with {known}")
    dropouts = [table.get(name, 0.1) for name in DROPOUTS]
    if dropouts != 3 * dropouts[:1]:
        raise ValueError(
            f"{', '.join(DROPOUTS)} are {dropouts}, and a GPT has one dropout for all: "
            "make them equal, which changes no output but in training"
        )
    config = GPTConfig(
        **{ours: table[name] for name, ours in SIZES.items()},
        dropout=dropouts[0],
        norm=family.norm,
        activation=family.activations[activation],
        init_std=table.get("initializer_range", 0.02),
        scale_residual=family.norm == "pre",
    )
    for name, value in (FIXED | {"n_inner": config.n_inner}).items():
        if table.get(name, value) not in (value, None):  # null is the usual value of n_inner
            raise ValueError(f"{name} is {table[name]!r}: give a model in which it is {value!r}")
    return config


def from_config(config: GPTConfig) -> dict[str, object]:
    """The config.json of a model of ours; ValueError if transformers has none like it."""
    family = family_of(config)
    theirs = {ours: name for name, ours in family.activations.items()}
    can_be = {
        "activation": [*theirs],
        "positions": ["learned"],
        "tied": [True],
        "attn_bias": [True],
        "bias": [True],
        "band": [None],
        "head_size": [None, config.n_embd // config.n_head],
    }
    for name, values in can_be.items():
        if (value := getattr(config, name)) not in values:
            raise ValueError(
                f"{name} is {value!r}, and in transformers' {family.model_type} it can only be "
                f"{' or '.join(map(repr, values))}: save this model with gptlib.checkpoint"
            )
    return {
        "model_type": family.model_type,
        "architectures": [family.architecture],
        **{name: getattr(config, ours) for name, ours in SIZES.items()},
        family.activation: theirs[config.activation],
        **dict.fromkeys(DROPOUTS, config.dropout),
        "initializer_range": config.init_std,
        **FIXED,
    }
