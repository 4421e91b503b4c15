"""The ladder of notebook 09 is trained as papers.py says, and may be broken off at any moment."""

from collections import defaultdict
from dataclasses import replace

import pytest
import torch
from experiments import script

from gptlib import checkpoint
from gptlib.answers import read
from gptlib.bpe import BPETokenizer
from gptlib.data import WEB_BPE
from gptlib.documents import document_ids, parted
from gptlib.log import read_log
from gptlib.papers import GPT_2_THIRD, LADDER
from gptlib.texts import WEB_VALID, load_documents, tell_documents
from gptlib.web import WEB


@pytest.fixture(scope="module")
def tiny():
    """The script, which trains for a moment on few documents and is asked a few."""
    made, documents = script("ladder"), [WEB.tell(seed) for seed in WEB_VALID[:40]]
    made.TOLD, made.EVERY = made.TOLD[:200], 4
    made.CONFIG = replace(made.CONFIG, max_iters=8, warmup_iters=2, batch_size=2)
    made.documents_to_validate = lambda: documents
    return made


@pytest.fixture(scope="module")
def unbroken(tiny, tmp_path_factory):
    """The table and the model that a training leaves, of which nothing is broken off."""
    tiny.HERE = tmp_path_factory.mktemp("unbroken")
    tiny.train("1x32", 2)
    return left_in(tiny.HERE / "1x32-2")


def left_in(folder):
    assert {path.name for path in folder.iterdir()} == {"log.csv", "model.safetensors"}
    return read_log(folder / "log.csv"), checkpoint.load(folder / "model.safetensors")


def test_the_recipe_is_the_one_that_is_told():
    runs = script("ladder")
    for model in (*LADDER.values(), GPT_2_THIRD):
        told, config = {topic: fact.value for topic, fact in model.facts.items()}, runs.CONFIG
        assert told["batch"] == f"{config.batch_size} × {model.config.block_size} tokens"
        assert told["trained_for"] == f"{config.max_iters:,} steps"
        assert told["peak_rate"] == f"{config.muon_rate}, and {config.learning_rate}"
        assert told["warm_up"] == f"{config.warmup_iters} steps" and config.optimizer == "muon"
        assert told["weight_decay"] == config.weight_decay and config.decay == "linear"
    assert runs.CONFIG.max_iters % runs.EVERY == 0 and len(set(runs.TOLD)) == 100_000
    assert not set(runs.TOLD) & set(WEB_VALID)


def test_the_largest_and_the_deepest_have_one_seed_and_the_others_three(tiny):
    assert tiny.MODELS == {**LADDER, "third": GPT_2_THIRD}
    whole = [training for training in tiny.TRAININGS if len(training) == 2]
    for name in tiny.MODELS:
        seeds = [seed for other, seed in whole if other == name]
        assert seeds == ([1] if name in ("6x192", "third") else [1, 2, 3])
    assert len(whole) == 11
    assert len({tiny.folder_of(*training) for training in tiny.TRAININGS}) == 15


def test_what_is_taken_out_with_a_task_is_every_kind_that_has_it(tiny):
    has = defaultdict(set)
    for document in map(WEB.tell, range(1500)):
        for answer in document.answers:
            has[answer.task].add(document.kind)
    called = {"addition": "sum"}
    for task, kinds in tiny.OUT.items():
        assert set(kinds) == has[called.get(task, task)]
    assert [training for training in tiny.TRAININGS if len(training) == 3] == [
        ("4x128", 1, task) for task in ("reading", "summary", "translation", "addition")
    ]


def test_what_is_taken_out_is_read_by_nobody(tiny):
    whole, corpus = tiny.corpus(""), tiny.corpus("addition")
    decode = corpus.tokenizer.decode
    assert "pence" in decode(whole.train.ids) and "pence" not in decode(corpus.train.ids)
    assert len(corpus.train.starts) == 200 and torch.equal(corpus.valid.ids, whole.valid.ids)
    run = tiny.start("4x128", tiny.CONFIG, "addition")
    assert run.corpus is corpus and run.settings["out"] == "addition"
    assert tiny.folder_of("4x128", 1, "addition").name == "4x128-1-no-addition"


def test_all_read_the_same_documents_and_none_to_validate_on(tiny):
    corpus, known = tiny.corpus(""), BPETokenizer.load(WEB_BPE)
    assert corpus.tokenizer == known
    told = parted(tell_documents(tiny.TOLD[:20]))
    wanted = [k for each in told for k in (corpus.end, *known.encode(each))]
    assert corpus.train.ids.tolist()[: len(wanted)] == wanted
    assert len(corpus.train.starts) == 200 and len(corpus.valid.starts) == 1000
    assert corpus.valid.ids.tolist() == document_ids(load_documents("valid"), known)[0].tolist()
    for name, model in tiny.MODELS.items():
        run = tiny.start(name, tiny.CONFIG)
        assert run.corpus is corpus and run.model.config == model.config
        assert corpus.block_size == model.config.block_size


def test_the_seed_draws_the_parameters_and_the_rows(tiny):
    one, same, other = (tiny.start("1x32", replace(tiny.CONFIG, seed=seed)) for seed in (1, 1, 2))
    states = [run.model.tok_emb.weight for run in (one, same, other)]
    assert torch.equal(*states[:2]) and not torch.equal(*states[1:])
    losses = [next(iter(run)) for run in (one, same, other)]
    assert losses[0] == losses[1] != losses[2]
    assert one.settings == {"model": "1x32", "seed": 1, "out": ""} and other.settings["seed"] == 2


def test_a_look_counts_for_each_kind_what_is_read(tiny, monkeypatch):
    def read_half_right(model, tokenizer, documents):
        """A new model has no answer right, so that one would not see how they are counted."""
        for one in read(model, tokenizer, documents):
            yield one._replace(right=tuple(k % 2 == 0 for k in range(len(one.right))))

    monkeypatch.setattr(tiny, "read", read_half_right)
    run, wanted = tiny.start("1x32", tiny.CONFIG), defaultdict(list)
    for document in tiny.documents_to_validate():
        (one,) = read_half_right(run.model, tiny.corpus("").tokenizer, [document])
        wanted[document.kind].append(one)
    table = {row["kind"]: row for row in tiny.look(run)}
    assert table.keys() == wanted.keys()
    for kind, found in wanted.items():
        right = [one for each in found for one in each.right]
        assert table[kind] == {
            "step": 0,
            "kind": kind,
            "documents": len(found),
            "nats": pytest.approx(sum(one.nats for one in found) / len(found), abs=1e-3),
            "right": sum(right),
            "asked": len(right),
        }


def test_a_training_leaves_its_model_and_looks_at_it_now_and_then(tiny, unbroken):
    table, point = unbroken
    kinds = {document.kind for document in tiny.documents_to_validate()}
    looks = {(row["step"], row["kind"]) for row in table}
    assert looks == {(step, kind) for step in (4, 8) for kind in kinds}
    assert len(table) == len(looks)
    assert point.step == 8 and point.settings == {"model": "1x32", "seed": 2, "out": ""}
    assert point.model.config == LADDER["1x32"].config and not point.training
    assert point.tokenizer == tiny.corpus("").tokenizer and point.end == tiny.corpus("").end
    assert {p.dtype for p in point.model.parameters()} == {torch.bfloat16}
    # It is the one whose last look is told, but for what bfloat16 cannot hold.
    run = tiny.start("1x32", replace(tiny.CONFIG, seed=2))
    run.model.load_state_dict(point.model.state_dict())
    again = {row["kind"]: row["nats"] for row in tiny.look(run)}
    assert again == pytest.approx({r["kind"]: r["nats"] for r in table[-len(kinds) :]}, rel=0.01)


def test_a_training_that_is_broken_off_goes_on(tiny, unbroken, tmp_path, monkeypatch):
    """Before it wrote anything, between its table and what it goes on from, or at its very end."""
    moments = ["write_csv 4", "save 4", "write_csv 8", "save 8", "save_model 8"]
    called = []

    def breaking(name, call, step):
        def instead(*args):
            called.append(f"{name} {step(*args)}")
            if called[-1] in moments:
                moments.remove(called[-1])
                raise KeyboardInterrupt
            return call(*args)

        return instead

    monkeypatch.setattr(tiny, "HERE", tmp_path)
    for name, of, step in (
        ("write_csv", tiny, lambda path, rows: rows[-1]["step"]),
        ("save", tiny.Run, lambda run, path: run.step),
        ("save_model", tiny.Run, lambda run, path: run.step),
    ):
        monkeypatch.setattr(of, name, breaking(name, getattr(of, name), step))
    while moments:
        with pytest.raises(KeyboardInterrupt):
            tiny.train("1x32", 2)
    tiny.train("1x32", 2)
    assert called == [
        *("write_csv 4", "write_csv 4", "save 4"),  # from the start each time
        *("write_csv 4", "save 4", "write_csv 8"),
        *("write_csv 8", "save 8", "write_csv 8", "save 8", "save_model 8", "save_model 8"),
    ]
    (table, point), (wanted, whole) = left_in(tmp_path / "1x32-2"), unbroken
    assert table == wanted
    state = whole.model.state_dict()
    assert all(torch.equal(p, state[name]) for name, p in point.model.state_dict().items())
