"""A checkpoint comes back bit for bit, or not at all and with one sentence."""

import json
import pickle

import pytest
import torch
from logs import LOGS
from safetensors.torch import save_file
from torch import nn

from gptlib import checkpoint
from gptlib.bigram import Bigram
from gptlib.config import GPTConfig, TransformerConfig
from gptlib.gpt import GPT
from gptlib.tokenizer import CharTokenizer, PieceTokenizer, WordTokenizer
from gptlib.transformer import Transformer

TOKENIZER = CharTokenizer('a"\\\n é猫🙂')


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
    assert point.step == 17
    idx = torch.arange(3)[None]
    assert torch.equal(point.model(idx), a_model()(idx))


def test_a_transformer_comes_back_with_its_words(tmp_path):
    tokenizer = WordTokenizer("the bird's egg. l'oeuf de l'oiseau.")
    sizes = TransformerConfig(tokenizer.vocab_size, 9, n_layer=1, n_head=2, n_embd=4, norm="pre")
    model = Transformer(sizes)
    checkpoint.save(tmp_path / "model", model, tokenizer, step=3)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    point = checkpoint.load(tmp_path / "model")
    assert torch.equal(torch.rand(3), expected)  # no random number was used up
    assert point.model.config == sizes and point.tokenizer == tokenizer
    src, idx = torch.tensor([[3, 4, 5]]), torch.tensor([[1, 7]])
    assert torch.equal(point.model(src, idx), model.eval()(src, idx))


SWITCHES = {
    "as GPT-2": {},
    "untied": {"tied": False},
    "all others": {
        "norm": "post",
        "activation": "relu",
        "bias": False,
        "positions": "sinusoidal",
        "band": 2,
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
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    again = checkpoint.load(tmp_path / "model").model
    assert torch.equal(torch.rand(3), expected)  # no random number was used up
    assert isinstance(again, GPT) and again.config == sizes and not again.training
    assert again.num_parameters() == model.num_parameters()
    assert all(p.device.type == "cpu" for p in [*again.parameters(), *again.buffers()])
    idx = torch.tensor([[3, 4, 5, 0], [1, 7, 2, 2]])
    assert torch.equal(again(idx), model.eval()(idx))


def test_pieces_come_back_in_their_order(tmp_path):
    tokenizer = PieceTokenizer(["b", "a", " ", "é", "\n", " ab", "🙂", " é"])
    model = GPT(GPTConfig(tokenizer.vocab_size, block_size=9, n_layer=1, n_head=2, n_embd=4))
    checkpoint.save(tmp_path / "model", model, tokenizer, step=3)
    again = checkpoint.load(tmp_path / "model").tokenizer
    assert isinstance(again, PieceTokenizer) and again == tokenizer
    assert again.pieces == tokenizer.pieces
    text = "a ab é🙂\n"
    assert again.encode(text) == tokenizer.encode(text) == [1, 5, 7, 6, 4]


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
    checkpoint.save(path, a_model(), TOKENIZER, 17, TRAINING, SETTINGS)
    point = checkpoint.load(path)
    assert set(point.training) == set(TRAINING)
    for name, tensor in TRAINING.items():
        again = point.training[name]
        assert (again.dtype, again.shape) == (tensor.dtype, tensor.shape), name
        assert torch.equal(bits(again), before[name]), name
    assert point.settings == SETTINGS
    assert (point.tokenizer, point.step) == (TOKENIZER, 17)
    assert torch.equal(point.model.table, a_model().table)


def test_without_training_there_is_none_and_the_file_is_so_much_smaller(path, tmp_path):
    point = checkpoint.load(path)
    assert point.training == {} and point.settings == {}
    training = {"exp_avg.table": torch.ones(300, 7), "exp_avg_sq.table": torch.ones(300, 7)}
    checkpoint.save(tmp_path / "more", a_model(), TOKENIZER, 17, training)
    more = (tmp_path / "more").stat().st_size - path.stat().st_size
    assert 0 < more - 2 * 300 * 7 * 4 < 300  # their numbers, and their names in the header
    checkpoint.save(tmp_path / "more", checkpoint.load(tmp_path / "more").model, TOKENIZER, 17)
    assert (tmp_path / "more").read_bytes() == path.read_bytes()


def test_training_and_settings_are_under_the_checksum(path):
    training = {"exp_avg.table": torch.ones(3), "step.table": torch.tensor(7.0)}
    checkpoint.save(path, a_model(), TOKENIZER, 17, training, {"seed": 1})
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


@pytest.mark.parametrize("name", ["gpt", "gpt_words", "transformer"])
def test_files_from_before_there_was_training_still_load(name):
    path = LOGS / f"{name}.safetensors"
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert "settings" not in json.loads(header["__metadata__"]["gptlib"])
    point = checkpoint.load(path)
    assert point.training == {} and point.settings == {}
    assert set(point.model.state_dict()) == set(header) - {"__metadata__"}


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
        assert "\n" not in str(error)
        return True
    return False


def test_one_cut_short_anywhere_is_refused(path):
    raw = path.read_bytes()
    assert not refused(path, raw)
    for length in range(len(raw)):
        assert refused(path, raw[:length]), length
    assert refused(path, raw + b"\0")


def test_one_with_any_byte_changed_is_refused_or_the_same(path):
    raw = path.read_bytes()
    for i in range(len(raw)):
        for change in (1, 128):
            wrong = bytearray(raw)
            wrong[i] ^= change
            if not refused(path, wrong):  # a space between two parts of the header, say
                assert torch.equal(checkpoint.load(path).model.table, a_model().table)
                assert checkpoint.load(path).tokenizer == TOKENIZER


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


def forged(path, facts, tensors):
    """A file of which all is right but what it says: its checksum is anybody's to make."""
    facts = dict(facts, sha256=checkpoint._sha256(facts, tensors))
    save_file(tensors, path, {"gptlib": json.dumps(facts)})


FACTS = {
    "model": "Bigram",
    "sizes": {"vocab_size": 3},
    "tokenizer": "CharTokenizer",
    "text": "abc",
    "step": 1,
}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "Trigram"},
        {"model": ["Bigram"]},
        {"sizes": {"vocab_size": 4}},
        {"sizes": {"vocab_size": "3"}},
        {"sizes": {"vocab_size": -1}},
        {"sizes": {"vocab_size": 3, "n_layer": 2}},
        {"sizes": {}},
        {"sizes": 3},
        {"tokenizer": "Bigram"},
        {"tokenizer": ["CharTokenizer"]},
        {"tokenizer": "WordTokenizer"},
        {"text": "ab"},
        {"text": "cba"},
        {"text": "aab"},
        {"text": ""},
        {"text": 5},
        {"tokenizer": "PieceTokenizer"},
        {"tokenizer": "PieceTokenizer", "text": ["a", "b", "bc"]},
        {"tokenizer": "PieceTokenizer", "text": ["a", "b", "b"]},
        {"tokenizer": "PieceTokenizer", "text": ["a", "b", 5]},
        {"tokenizer": "PieceTokenizer", "text": ["a", "b"]},
        {"tokenizer": "PieceTokenizer", "text": []},
        {"step": "x"},
        {"step": None},
    ],
)
def test_facts_that_make_no_sense(path, change):
    forged(path, FACTS, {"table": torch.zeros(3, 3)})
    assert not refused(path, path.read_bytes())
    forged(path, FACTS | change, {"table": torch.zeros(3, 3)})
    assert refused(path, path.read_bytes())


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


def test_what_could_not_be_loaded_is_not_saved(path):
    class Other(Bigram):
        pass

    before = path.read_bytes()
    for model in (Bigram(3), Other(TOKENIZER.vocab_size)):
        with pytest.raises(ValueError, match="the model (knows 3 tokens|is a 'Other')"):
            checkpoint.save(path, model, TOKENIZER, step=1)
    assert path.read_bytes() == before


def test_a_loaded_model_does_not_depend_on_the_file(path):
    model = checkpoint.load(path).model
    with open(path, "r+b") as file:
        file.write(bytes(len(path.read_bytes())))
        file.truncate(10)
    assert torch.equal(model.table, a_model().table)


def test_the_facts_can_be_read_without_gptlib(path):
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    facts = json.loads(header["__metadata__"]["gptlib"])
    assert len(facts.pop("sha256")) == 64
    assert facts == {
        "model": "Bigram",
        "sizes": {"vocab_size": TOKENIZER.vocab_size},
        "tokenizer": "CharTokenizer",
        "text": TOKENIZER.chars,
        "step": 17,
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
