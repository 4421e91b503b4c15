"""A checkpoint comes back bit for bit, or not at all and with one sentence."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from experiments import EXPERIMENTS
from safetensors.torch import save_file
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from gptlib import checkpoint
from gptlib.bigram import Bigram
from gptlib.bpe import BYTES, END_OF_TEXT, BPETokenizer
from gptlib.config import GPTConfig, TransformerConfig
from gptlib.gpt import GPT
from gptlib.tokenizer import CharTokenizer, WordTokenizer
from gptlib.transformer import Transformer

TOKENIZER = CharTokenizer('a"\\\n é猫🙂')
# What the facts of a checkpoint say of `a_model` and its tokenizer.
DESCRIBED = {
    "model": {"class": "gptlib.bigram.Bigram", "state": {"vocab_size": TOKENIZER.vocab_size}},
    "tokenizer": {"class": "gptlib.tokenizer.CharTokenizer", "state": TOKENIZER.chars},
}


def a_model(V=TOKENIZER.vocab_size):
    model = Bigram(V)
    nn.init.normal_(model.table, generator=torch.Generator().manual_seed(1))
    return model


@pytest.fixture
def path(tmp_path):
    checkpoint.save(tmp_path / "model.safetensors", a_model(), TOKENIZER, step=17)
    return tmp_path / "model.safetensors"


def test_it_comes_back_as_it_was(path):
    point = checkpoint.load(path)
    assert torch.equal(point.model.table, a_model().table)
    assert isinstance(point.model.table, nn.Parameter) and point.model.table.requires_grad
    assert isinstance(point.model, Bigram) and not point.model.training
    assert point.tokenizer == TOKENIZER
    assert (point.step, point.end, point.training, point.settings) == (17, None, {}, {})
    idx = torch.arange(3)[None]
    assert torch.equal(point.model(idx), a_model()(idx))


def test_a_transformer_comes_back_with_its_words(tmp_path):
    tokenizer = WordTokenizer("the bird's egg. l'oeuf de l'oiseau.")
    sizes = TransformerConfig(tokenizer.vocab_size, 9, n_layer=1, n_head=2, n_embd=4, norm="pre")
    model = Transformer(sizes)
    checkpoint.save(tmp_path / "model", model, tokenizer, step=3)
    point = checkpoint.load(tmp_path / "model")
    assert point.model.config == sizes and point.tokenizer == tokenizer
    src, idx = torch.tensor([[3, 4, 5]]), torch.tensor([[1, 7]])
    assert torch.equal(point.model(src, idx), model.eval()(src, idx))


SWITCHES = {
    "as GPT-2": {},
    "untied": {"tied": False},
    "all others": {
        "head_size": 3,
        "norm": "post",
        "activation": "relu",
        "attn_bias": False,
        "bias": False,
        "positions": "sinusoidal",
        "band": 2,
        "first_band": 1,
        "init_std": 0.3,
        "scale_residual": False,
        "dropout": 0.2,
    },
}


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_a_gpt_comes_back_with_every_switch(tmp_path, switches):
    V = TOKENIZER.vocab_size
    sizes = GPTConfig(V, block_size=9, n_layer=2, n_head=2, n_embd=4, **switches)
    assert sizes != GPTConfig(V) and all(getattr(sizes, name) == x for name, x in switches.items())
    model = GPT(sizes)
    checkpoint.save(tmp_path / "model", model, TOKENIZER, step=3)
    again = checkpoint.load(tmp_path / "model").model
    assert isinstance(again, GPT) and again.config == sizes and not again.training
    assert again.num_parameters() == model.num_parameters()
    assert all(p.device.type == "cpu" for p in [*again.parameters(), *again.buffers()])
    idx = torch.tensor([[3, 4, 5, 0], [1, 7, 2, 2]])
    assert torch.equal(again(idx), model.eval()(idx))


def test_tokens_of_bytes_come_back_in_their_order(tmp_path):
    tokenizer = BPETokenizer([*BYTES[::-1], b" a", b"ab", "é".encode()], [END_OF_TEXT])
    model = GPT(GPTConfig(tokenizer.vocab_size, block_size=9, n_layer=1, n_head=2, n_embd=4))
    checkpoint.save(tmp_path / "model", model, tokenizer, step=3, end=259)
    again = checkpoint.load(tmp_path / "model").tokenizer
    assert isinstance(again, BPETokenizer) and again == tokenizer
    assert again.tokens == tokenizer.tokens and again.special == [END_OF_TEXT]
    text = f"ab a{END_OF_TEXT}é"
    ids = again.encode(text, allowed_special=[END_OF_TEXT])
    assert ids == tokenizer.encode(text, allowed_special=[END_OF_TEXT]) == [257, 256, 259, 258]


@pytest.mark.parametrize("end", [0, TOKENIZER.vocab_size - 1, None])
def test_the_token_that_ends_a_text_comes_back(path, end):
    checkpoint.save(path, a_model(), TOKENIZER, 17, end)
    assert checkpoint.load(path).end == end


# Classes: any of gptlib's that can be made again, and no other


class Parrot(nn.Module):
    """Says each token again, as loud as it has learned to."""

    def __init__(self, vocab_size):
        super().__init__()
        self.vocab_size, self.volume = vocab_size, nn.Parameter(torch.tensor(2.5))

    def forward(self, idx):
        return self.volume * nn.functional.one_hot(idx, self.vocab_size)

    def state(self):
        return {"vocab_size": self.vocab_size}

    @classmethod
    def from_state(cls, state):
        return cls(**state)


@pytest.fixture
def parrot(monkeypatch):
    """The class, in a module of gptlib; beside it what the module imports and defines."""
    module = ModuleType("gptlib.parrot")
    kind = type("Parrot", (Parrot,), {"__module__": "gptlib.parrot"})
    module.Parrot, module.Alias, module.Foreign = kind, kind, Parrot
    module.parrot = lambda: None
    module.parrot.from_state = Parrot.from_state
    module.parrot.__module__, module.parrot.__qualname__ = "gptlib.parrot", "parrot"
    module.instance = kind(3)
    monkeypatch.setitem(sys.modules, "gptlib.parrot", module)
    return kind


def test_a_class_that_came_later_is_saved_and_loaded(path, parrot):
    model = parrot(TOKENIZER.vocab_size)
    checkpoint.save(path, model, TOKENIZER, 4)
    again = checkpoint.load(path).model
    assert type(again) is parrot and again.volume == 2.5
    assert torch.equal(again(torch.arange(3)), model(torch.arange(3)))


class Spelling(CharTokenizer):
    """A tokenizer that stands outside of gptlib."""


@pytest.mark.parametrize(
    ("model", "tokenizer", "says"),
    [
        (Bigram(3), TOKENIZER, "the model has 3 tokens, which does not fit the tokenizer"),
        (Parrot(TOKENIZER.vocab_size), TOKENIZER, "Parrot' is no Module of gptlib"),
        (nn.Linear(2, 2), TOKENIZER, "a Linear has no state: save a model of gptlib"),
        (a_model(), Spelling(TOKENIZER.chars), "Spelling' is no Tokenizer of gptlib"),
        (a_model(), "abc", "a str has no state: save a model of gptlib"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_could_not_be_loaded_is_not_saved(path, model, tokenizer, says):
    before = path.read_bytes()
    with pytest.raises(ValueError, match=says):
        checkpoint.save(path, model, tokenizer, step=1)
    assert path.read_bytes() == before


def test_a_class_inside_a_function_is_not_saved(path, parrot):
    hidden = type("Hidden", (parrot,), {"__qualname__": "make.<locals>.Hidden"})
    with pytest.raises(ValueError, match="is no Module of gptlib that can be made again"):
        checkpoint.save(path, hidden(TOKENIZER.vocab_size), TOKENIZER, step=1)


class Distributed(nn.parallel.DistributedDataParallel):
    """One that needs no other processes."""

    def __init__(self, model):
        nn.Module.__init__(self)
        self.module = model


WRAPPERS = {
    "compiled": torch.compile,
    "parallel": nn.DataParallel,
    "distributed": Distributed,
    "both": lambda model: torch.compile(Distributed(model)),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_a_wrapped_model_is_saved_as_what_it_wraps(path, tmp_path, wrap):
    checkpoint.save(tmp_path / "wrapped", wrap(a_model()), TOKENIZER, step=17)
    assert (tmp_path / "wrapped").read_bytes() == path.read_bytes()


# A model without numbers first, then those of the file


class Watch(TorchDispatchMode):
    """Notes each operation that draws numbers, on whatever device."""

    def __init__(self):
        super().__init__()
        self.drawn = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.drawn.append(str(func))
        return func(*args, **(kwargs or {}))


WORDS = WordTokenizer("the bird's egg. l'oeuf de l'oiseau.")
SMALL = {"block_size": 9, "n_layer": 2, "n_head": 2, "n_embd": 4}
MAKERS = {
    "learned positions": lambda: GPT(GPTConfig(WORDS.vocab_size, **SMALL, tied=False)),
    "waves": lambda: GPT(GPTConfig(WORDS.vocab_size, **SMALL, positions="sinusoidal")),
    "of 2017": lambda: Transformer(TransformerConfig(WORDS.vocab_size, **SMALL)),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_loading_draws_no_numbers_and_leaves_none_out(tmp_path, make):
    with Watch() as watch:
        model = make()
    assert watch.drawn
    checkpoint.save(tmp_path / "model", model, WORDS, step=3)
    before, watch.drawn = torch.get_rng_state(), []
    with watch:
        again = checkpoint.load(tmp_path / "model").model
    assert watch.drawn == []
    assert torch.equal(torch.get_rng_state(), before)
    assert [name for name, _ in again.named_parameters()] == [
        n for n, _ in model.named_parameters()
    ]
    for (name, t), (_, want) in zip(
        again.state_dict().items(), model.state_dict().items(), strict=True
    ):
        assert t.device.type == "cpu" and torch.equal(t, want), name
    assert all(p.requires_grad for p in again.parameters())


def test_a_class_that_draws_in_its_own_way_leaves_the_seed_alone(path, parrot, monkeypatch):
    """Nobody can foresee how a class draws, but that its numbers are not the caller's."""
    checkpoint.save(path, parrot(TOKENIZER.vocab_size), TOKENIZER, 4)
    monkeypatch.setattr(parrot, "__init__", lambda self, vocab_size: init(self, vocab_size))

    def init(self, vocab_size):
        Parrot.__init__(self, vocab_size)
        self.volume.data.fill_(torch.rand(3).sum()).exponential_()

    before = torch.get_rng_state()
    assert checkpoint.load(path).model.volume == 2.5
    assert torch.equal(torch.get_rng_state(), before)


def test_loading_imports_no_compiler(tmp_path):
    """What takes seconds to import, and is of no use here."""
    for name, make in MAKERS.items():
        checkpoint.save(tmp_path / name, make(), WORDS, step=3)
    code = """
import sys
from gptlib import checkpoint
for path in sys.argv[1:]:
    checkpoint.load(path)
assert "gptlib.gpt" in sys.modules and "gptlib.transformer" in sys.modules
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, *tmp_path.iterdir()], check=True)


INPUTS = {
    "learned positions": (torch.tensor([[3, 4, 5, 0], [1, 7, 2, 2]]),),
    "waves": (torch.tensor([[3, 4, 5, 0], [1, 7, 2, 2]]),),
    "of 2017": (torch.tensor([[3, 4, 5], [6, 7, 0]]), torch.tensor([[1, 7], [1, 3]])),
}
DTYPES = [torch.float32, torch.bfloat16, torch.float16, torch.float64]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_model_of_any_precision_comes_back_in_it(tmp_path, name, dtype):
    model = MAKERS[name]().to(dtype).eval()
    checkpoint.save(tmp_path / "model", model, WORDS, step=3)
    again = checkpoint.load(tmp_path / "model").model
    assert {t.dtype for t in again.state_dict().values()} == {dtype}
    logits = again(*INPUTS[name])
    assert logits.dtype == dtype and torch.isfinite(logits).all()
    assert torch.equal(logits, model(*INPUTS[name]))


def test_parts_of_other_precision_keep_it(tmp_path):
    model = MAKERS["learned positions"]()
    model.lm_head.to(torch.bfloat16)
    checkpoint.save(tmp_path / "model", model, WORDS, step=3)
    again = checkpoint.load(tmp_path / "model").model
    assert again.lm_head.weight.dtype == torch.bfloat16
    assert again.tok_emb.weight.dtype == torch.float32


# A map of the file


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what is mapped")
def test_parameters_are_a_map_of_the_file(path):
    point = checkpoint.load(path)
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    [(places, rights)] = [(m[0], m[1]) for m in maps if m[-1] == str(path)]
    start, end = (int(place, 16) for place in places.split("-"))
    assert start <= point.model.table.data_ptr() < end
    assert rights == "rw-p"  # p: what is written is nobody else's to see


def test_what_is_written_to_a_loaded_model_stays_out_of_the_file(path):
    raw = path.read_bytes()
    one, other = checkpoint.load(path).model, checkpoint.load(path).model
    with torch.no_grad():
        one.table.zero_()
    assert path.read_bytes() == raw
    for model in (other, checkpoint.load(path).model):
        assert torch.equal(model.table, a_model().table)


@pytest.mark.parametrize("lost", [False, True])
def test_a_loaded_model_outlives_its_file(path, lost):
    model = checkpoint.load(path).model
    if lost:
        path.unlink()
    else:
        checkpoint.save(path, Bigram(TOKENIZER.vocab_size), TOKENIZER, step=18)
        assert not checkpoint.load(path).model.table.any()
    assert torch.equal(model.table, a_model().table)


def test_a_loaded_model_can_be_trained_and_saved_over_its_own_file(path):
    point = checkpoint.load(path)
    model, before = point.model, path.read_bytes()
    checkpoint.save(path, model, TOKENIZER, step=17)
    assert path.read_bytes() == before
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.arange(3)[None]).square().sum().backward()
    optimizer.step()
    want = model.table.detach().clone()
    checkpoint.save(path, model, TOKENIZER, step=18)
    assert torch.equal(model.table, want) and not torch.equal(want, a_model().table)
    assert torch.equal(checkpoint.load(path).model.table, want)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_loaded_model_is_saved_as_the_same_bytes(tmp_path, make):
    checkpoint.save(tmp_path / "one", make(), WORDS, step=3)
    checkpoint.save(tmp_path / "two", checkpoint.load(tmp_path / "one").model, WORDS, step=3)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# What training remembers

TRAINING = {
    "exp_avg.table": torch.tensor([[torch.nan, -torch.inf, -0.0], [1e-45, 0.1, 3.0]]),
    "momentum_buffer.blocks.0.mlp.fc.weight": torch.tensor([1 / 3, 1e-310]).double(),
    "step.table": torch.tensor(7.0),
    "losses": torch.rand(5, dtype=torch.float64),
    "looks": torch.empty(0, 2, dtype=torch.float64),
    "batches": torch.Generator().manual_seed(3).get_state(),
    "count": torch.tensor([2**62 + 1, -1]),
    "low": torch.tensor([0.1, -2.5]).bfloat16(),
    "turned": torch.arange(6.0).view(2, 3).mT,
    "table": torch.zeros(2),  # a parameter is called so too
}
SETTINGS = {
    "text": 'a"\\\n é猫🙂',
    "max_iters": 2000,
    "learning_rate": 0.1 + 0.2,
    "max_seconds": None,
    "compile": False,
    "sizes": [1, {"n": 2}],
}


def bits(tensor):
    return tensor.contiguous().flatten().view(torch.uint8)


def test_what_training_remembers_comes_back_bit_for_bit(path):
    before = {name: bits(tensor).clone() for name, tensor in TRAINING.items()}
    checkpoint.save(path, a_model(), TOKENIZER, 17, 0, TRAINING, SETTINGS)
    point = checkpoint.load(path)
    assert set(point.training) == set(TRAINING)
    for name, tensor in TRAINING.items():
        again = point.training[name]
        assert (again.dtype, again.shape) == (tensor.dtype, tensor.shape), name
        assert torch.equal(bits(again), before[name]), name
    assert point.settings == SETTINGS
    assert (point.tokenizer, point.step, point.end) == (TOKENIZER, 17, 0)
    assert torch.equal(point.model.table, a_model().table)


def test_without_training_there_is_none_and_the_file_is_so_much_smaller(path, tmp_path):
    point = checkpoint.load(path)
    assert point.training == {} and point.settings == {}
    training = {"exp_avg.table": torch.ones(300, 7), "exp_avg_sq.table": torch.ones(300, 7)}
    checkpoint.save(tmp_path / "more", a_model(), TOKENIZER, 17, training=training)
    more = (tmp_path / "more").stat().st_size - path.stat().st_size
    assert 0 < more - 2 * 300 * 7 * 4 < 300  # their numbers, and their names in the header
    checkpoint.save(tmp_path / "more", checkpoint.load(tmp_path / "more").model, TOKENIZER, 17)
    assert (tmp_path / "more").read_bytes() == path.read_bytes()


def test_training_and_settings_are_under_the_checksum(path):
    training = {"exp_avg.table": torch.ones(3), "step.table": torch.tensor(7.0)}
    checkpoint.save(path, a_model(), TOKENIZER, 17, None, training, {"seed": 1})
    raw = path.read_bytes()
    assert not refused(path, raw)
    for old, new in (
        (b"training/step.table", b"training/stop.table"),
        (b'\\"seed\\": 1', b'\\"seed\\": 2'),
        (torch.tensor(7.0).numpy().tobytes(), torch.tensor(8.0).numpy().tobytes()),
    ):
        assert raw.count(old) == 1
        assert refused(path, raw.replace(old, new))


def test_what_json_cannot_say_is_not_saved(path):
    before = path.read_bytes()
    with pytest.raises(TypeError, match="not JSON serializable"):
        checkpoint.save(path, a_model(), TOKENIZER, 1, settings={"loss": torch.zeros(1)})
    assert path.read_bytes() == before


def test_facts_and_tensors_can_be_read_whatever_they_are_of(path):
    training, tensors = {"count": torch.tensor([3])}, {"table": torch.arange(3.0)}
    checkpoint.save(path, a_model(), TOKENIZER, 17, 2, training, {"seed": 1})
    facts, found = checkpoint.read(path)
    assert facts == DESCRIBED | {
        "step": 17,
        "end": 2,
        "settings": {"seed": 1},
    }
    assert set(found) == {"table", "training/count"}
    assert torch.equal(found["table"], a_model().table)
    forged(path, {"model": "of another time"}, tensors)
    facts, found = checkpoint.read(path)
    assert facts == {"model": "of another time"} and torch.equal(found["table"], tensors["table"])
    assert refused(path, path.read_bytes())


# Those of fine-tuning hold parameters alone; test_experiments_fine_tuning.py loads them.
MODELS = {f for f in EXPERIMENTS.rglob("*.safetensors") if f.stem not in ("entailment", "lstm")}


@pytest.mark.parametrize("file", sorted(MODELS), ids=lambda f: f.stem)
def test_the_models_of_the_course_load(file):
    point = checkpoint.load(file)
    assert point.training == {} and point.step > 1000
    assert all(torch.isfinite(t).all() for t in point.model.state_dict().values())
    if file.parent.name == "tales":
        assert point.tokenizer.decode([point.end]) == "\n"


def test_special_numbers_survive(path):
    model = a_model()
    with torch.no_grad():
        model.table[0, :3] = torch.tensor([-torch.inf, torch.nan, 1e-45])
    checkpoint.save(path, model, TOKENIZER, step=0)
    again = checkpoint.load(path).model.table
    assert torch.equal(again.view(torch.int32), model.table.view(torch.int32))


def test_the_same_model_gives_the_same_bytes(path, tmp_path):
    for _ in range(20):
        checkpoint.save(tmp_path / "again", a_model(), TOKENIZER, step=17)
        assert (tmp_path / "again").read_bytes() == path.read_bytes()


def refused(path, raw):
    """Whether load refuses raw with one sentence that names the file."""
    path.write_bytes(raw)
    try:
        checkpoint.load(path)
    except ValueError as error:
        assert str(error).startswith(repr(str(path)))
        assert "\n" not in str(error) and len(str(error)) < 500
        return True
    return False


def test_one_cut_short_anywhere_is_refused(path):
    raw = path.read_bytes()
    assert not refused(path, raw)
    for length in range(len(raw)):
        assert refused(path, raw[:length]), length
    assert refused(path, raw + b"\0")


def test_one_with_any_byte_changed_is_refused_or_the_same(path):
    checkpoint.save(path, a_model(), TOKENIZER, 17, 2, {"count": torch.tensor(3)}, {"seed": 1})
    raw = path.read_bytes()
    for i in range(len(raw)):
        for change in (1, 128):
            wrong = bytearray(raw)
            wrong[i] ^= change
            if not refused(path, wrong):  # a space between two parts of the header, say
                point = checkpoint.load(path)
                assert torch.equal(point.model.table, a_model().table)
                assert (point.tokenizer, point.step, point.end) == (TOKENIZER, 17, 2)
                assert (point.training, point.settings) == ({"count": 3}, {"seed": 1})


def test_a_changed_parameter_is_noticed(path):
    raw = path.read_bytes()
    assert refused(path, raw[:-1] + bytes([raw[-1] ^ 1]))


def test_a_pickle_is_refused_unopened(path, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "opened"), "w"))

    torch.save({"table": Trap()}, path)
    assert refused(path, path.read_bytes())
    assert refused(path, pickle.dumps(Trap()))
    assert not (tmp_path / "opened").exists()


def test_foreign_files_are_refused(path, tmp_path):
    save_file({"table": torch.zeros(3, 3)}, path)
    with pytest.raises(ValueError, match="was not written by gptlib: give a checkpoint"):
        checkpoint.load(path)
    for raw in (b"", b"some text", b"\x89PNG\r\n\x1a\n", bytes(100)):
        assert refused(path, raw)
    for name in ("none", "."):
        with pytest.raises(ValueError, match="is not a file: give a checkpoint's path"):
            checkpoint.load(tmp_path / name)


def test_a_file_that_may_not_be_read(path, monkeypatch):
    def fail(*args):
        raise FileNotFoundError("No such file or directory")  # so says safetensors, too

    monkeypatch.setattr(checkpoint, "safe_open", fail)
    with pytest.raises(OSError, match=f"could not read '{path}': make it a file that you may read"):
        checkpoint.load(path)


def forged(path, facts, tensors):
    """A file of which all is right but what it says: its checksum is anybody's to make."""
    facts = dict(facts, sha256=checkpoint._sha256(facts, tensors))
    save_file(tensors, path, {"gptlib": json.dumps(facts)})


FACTS = {
    "model": {"class": "gptlib.bigram.Bigram", "state": {"vocab_size": 3}},
    "tokenizer": {"class": "gptlib.tokenizer.CharTokenizer", "state": "abc"},
    "step": 1,
    "end": None,
    "settings": {},
}


def of(name, state):
    return {"class": f"gptlib.{name}", "state": state}


@pytest.mark.parametrize(
    "change",
    [
        {"model": of("bigram.Trigram", {"vocab_size": 3})},
        {"model": ["gptlib.bigram.Bigram"]},
        {"model": "Bigram"},
        {"model": None},
        {"model": {"class": "gptlib.bigram.Bigram"}},
        {"model": {"state": {"vocab_size": 3}}},
        {"model": of("bigram.Bigram", {"vocab_size": 4})},
        {"model": of("bigram.Bigram", {"vocab_size": "3"})},
        {"model": of("bigram.Bigram", {"vocab_size": -1})},
        {"model": of("bigram.Bigram", {"vocab_size": 10**30})},
        {"model": of("bigram.Bigram", {"vocab_size": 3, "n_layer": 2})},
        {"model": of("bigram.Bigram", {})},
        {"model": of("bigram.Bigram", 3)},
        {"model": of("gpt.GPT", {"vocab_size": 3, "n_embd": 2**31 - 4, "n_head": 4})},
        {"tokenizer": of("bigram.Bigram", {"vocab_size": 3})},
        {"tokenizer": ["gptlib.tokenizer.CharTokenizer"]},
        {"tokenizer": "CharTokenizer"},
        {"tokenizer": {"class": "gptlib.tokenizer.CharTokenizer"}},
        {"tokenizer": of("tokenizer.Tokenizer", "abc")},
        {"tokenizer": of("tokenizer.WordTokenizer", "abc")},
        {"tokenizer": of("tokenizer.CharTokenizer", "ab")},
        {"tokenizer": of("tokenizer.CharTokenizer", "cba")},
        {"tokenizer": of("tokenizer.CharTokenizer", "aab")},
        {"tokenizer": of("tokenizer.CharTokenizer", "")},
        {"tokenizer": of("tokenizer.CharTokenizer", 5)},
        {"tokenizer": of("tokenizer.PieceTokenizer", ["a", "b", "c"])},
        {"tokenizer": of("bpe.BPETokenizer", "abc")},
        {"tokenizer": of("bpe.BPETokenizer", {"tokens": ["a", "b", "c"], "special": []})},
        {"tokenizer": of("bpe.BPETokenizer", {"tokens": [10**15, 5, None], "special": []})},
        {"tokenizer": of("bpe.BPETokenizer", {"tokens": []})},
        {"step": "x"},
        {"step": None},
        {"step": -1},
        {"step": 1.5},
        {"end": 3},
        {"end": -1},
        {"end": "a"},
        {"end": 1.0},
        {"settings": None},
        {"settings": []},
    ],
    ids=str,
)
def test_facts_that_make_no_sense(path, change):
    forged(path, FACTS, {"table": torch.zeros(3, 3)})
    assert not refused(path, path.read_bytes())
    forged(path, FACTS | change, {"table": torch.zeros(3, 3)})
    assert refused(path, path.read_bytes())


@pytest.mark.parametrize(
    "change",
    [{"step": -1}, {"step": 1.5}, {"end": 10**6}, {"end": -1}, {"end": "a"}],
    ids=str,
)
def test_facts_that_make_no_sense_are_not_saved_either(path, change):
    before = path.read_bytes()
    [(name, value)] = change.items()
    with pytest.raises(ValueError, match=f"the {name} is {value!r}, not a whole number from 0 to"):
        checkpoint.save(path, a_model(), TOKENIZER, **{"step": 1} | change)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "name",
    [
        # Not gptlib's.
        "os.system",
        "subprocess.Popen",
        "builtins.eval",
        "torch.nn.Linear",
        "safetensors.torch.load_file",
        "gptlibrary.bigram.Bigram",
        "test_checkpoint.Parrot",
        # What modules of gptlib import, and what those hold.
        "gptlib.checkpoint.os",
        "gptlib.checkpoint.os.system",
        "gptlib.checkpoint.importlib.import_module",
        "gptlib.checkpoint.json",
        "gptlib.checkpoint.Path",
        "gptlib.checkpoint.Tokenizer",
        "gptlib.checkpoint.nn.Linear",
        "gptlib.gpt.GPTConfig",
        "gptlib.gpt.nn.Linear",
        "gptlib.parrot.Foreign",
        "gptlib.parrot.Alias",
        # Gptlib's, but no class of a model that can be made again.
        "gptlib.checkpoint.load",
        "gptlib.checkpoint.Checkpoint",
        "gptlib.config.GPTConfig",
        "gptlib.gpt.GPT.from_state",
        "gptlib.gpt.GPT.forward",
        "gptlib.layers.Block",
        "gptlib.tokenizer.CharTokenizer",
        "gptlib.parrot.parrot",
        "gptlib.parrot.instance",
        "gptlib.bigram.__dict__",
        "gptlib.bigram",
        "gptlib.no_module.Bigram",
        "gptlib.no.module.Bigram",
        "gptlib..bigram.Bigram",
        ".gptlib.bigram.Bigram",
        "gptlib/bigram.Bigram",
        "gptlib.bigram.",
        "gptlib.",
        "gptlib",
        "Bigram",
        ".",
        "",
        5,
        None,
        ["gptlib.bigram.Bigram"],
        {"gptlib.bigram.Bigram": 1},
    ],
)
def test_a_file_chooses_no_other_class(path, parrot, monkeypatch, name):
    called = []
    monkeypatch.setattr(Parrot, "from_state", lambda state: called.append(state))
    loaded = set(sys.modules)
    for part, kind in (("model", "Module"), ("tokenizer", "Tokenizer")):
        if part == "tokenizer" and name == "gptlib.tokenizer.CharTokenizer":
            continue
        changed = {part: {"class": name, "state": FACTS[part]["state"]}}
        forged(path, FACTS | changed, {"table": torch.zeros(3, 3)})
        with pytest.raises(ValueError, match=f"is no {kind} of gptlib that can be made again"):
            checkpoint.load(path)
    assert called == []
    assert set(sys.modules) == loaded or name.startswith("gptlib.")


@pytest.mark.parametrize("missing", FACTS)
def test_facts_that_are_missing(path, missing):
    forged(path, {k: v for k, v in FACTS.items() if k != missing}, {"table": torch.zeros(3, 3)})
    assert refused(path, path.read_bytes())


@pytest.mark.parametrize(
    "tensors",
    [
        {"table": torch.zeros(3, 4)},
        {"tables": torch.zeros(3, 3)},
        {"table": torch.zeros(3, 3), "more": torch.zeros(1)},
        {"table": torch.zeros(3, 3, dtype=torch.int64)},
    ],
)
def test_tensors_of_another_model(path, tensors):
    forged(path, FACTS, tensors)
    assert refused(path, path.read_bytes())


@pytest.mark.parametrize("entry", ["5", '"x"', "true", "[]", "[1]", "null", "no JSON", "{}"])
def test_another_program_s_entry(path, entry):
    save_file({"table": torch.zeros(3, 3)}, path, {"gptlib": entry})
    assert refused(path, path.read_bytes())


def test_the_facts_can_be_read_without_gptlib(path):
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    facts = json.loads(header["__metadata__"]["gptlib"])
    assert len(facts.pop("sha256")) == 64
    assert facts == DESCRIBED | {
        "step": 17,
        "end": None,
        "settings": {},
    }


def test_a_failure_leaves_the_old_checkpoint(path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="could not write"):
        checkpoint.save(path, Bigram(TOKENIZER.vocab_size), TOKENIZER, step=18)
    assert path.read_bytes() == before
