"""What notebooks 05 and 06 quote was trained as it says, and is what the log holds."""

import pytest
import torch
from experiments import EXPERIMENTS, rows, script
from torch import nn
from torch.testing import assert_close

from gptlib import checkpoint
from gptlib.corpus import Corpus
from gptlib.data import IGNORE, load_floor, load_split
from gptlib.lookups import Lookups
from gptlib.world import KINDS, TOLD, surprisals, tell


@pytest.fixture(scope="module")
def runs():
    return script("gpt")


def test_four_whole_blocks_are_the_finished_model(runs):
    stack = runs.Stack(61, [runs.Norming() for _ in range(4)], nn.LayerNorm(runs.C)).double()
    finished = runs.make("four blocks", 1).double().eval()
    finished.load_state_dict(stack.state_dict())
    idx = torch.randint(61, (2, 9))
    assert_close(stack(idx), finished(idx), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "left"), [("Plain", 0), ("Replacing", 0), ("Adding", 1), ("Norming", 1)]
)
def test_what_a_block_keeps_of_what_was_there(runs, kind, left):
    """With proj at 0 neither layer says anything: what comes out is what was kept."""
    block = getattr(runs, kind)()
    for part in (block.attn.proj, block.mlp.proj):
        nn.init.zeros_(part.weight)
        nn.init.zeros_(part.bias)
    x = torch.randn(2, 5, runs.C)
    assert torch.equal(block(x), left * x)


@pytest.mark.parametrize("kind", ["Adding", "Norming"])
def test_a_normed_layer_does_not_see_how_large_its_input_is(runs, kind):
    block = getattr(runs, kind)().double()
    nn.init.zeros_(block.mlp.proj.weight)  # so that only attention adds something
    x = torch.randn(1, 5, runs.C, dtype=torch.float64)
    added = [block(scale * x) - scale * x for scale in (1, 3)]
    assert torch.allclose(*added, rtol=0, atol=1e-4) == (kind == "Norming")


def test_the_other_models_are_what_their_names_say(runs):
    assert runs.make("four with post-norm", 1).config.norm == "post"
    assert runs.make("and dropout 0.1", 1).config.dropout == 0.1


def test_the_log_is_of_this_script(runs):
    log = [(row["what"], float(row["rate"]), int(row["seed"])) for row in rows("grown")]
    for name in [*runs.STACKS, *runs.GPTS]:
        mine = {
            (rate, seed): row
            for row, (what, rate, seed) in zip(rows("grown"), log, strict=True)
            if what == name
        }
        first = {rate: float(mine.pop((rate, 1))["loss"]) for rate in runs.RATES}
        best = min((rate for rate in first if first[rate] == first[rate]), key=first.get)  # not nan
        assert set(mine) == {(best, seed) for seed in runs.SEEDS[1:]}
    for row in rows("grown"):
        made = runs.make(row["what"], 1)
        assert int(row["parameters"]) == sum(p.numel() for p in made.parameters())
    assert [int(row["step"]) for row in rows("learned")] == list(runs.LOOKS)


def test_a_tale_is_read_from_its_first_character_to_its_last(runs):
    stories = [tell(1), tell(2)]
    _, targets = runs.read(stories)
    decode = runs.texts()[-1].decode
    assert [decode(row[row != IGNORE]) for row in targets] == [story.text for story in stories]


def test_the_saved_model_is_the_one_of_the_last_row(runs):
    point, last = checkpoint.load(EXPERIMENTS / "gpt.safetensors"), rows("learned")[-1]
    assert point.tokenizer == runs.texts()[-1] and point.step == runs.LONG_STEPS
    stories = [tell(seed) for seed in runs.STORIES]
    certain = [surprisals(story.text) for story in stories]
    excess, loss = runs.excess_by_kind(point.model, stories, certain)
    assert loss == pytest.approx(float(last["loss"]), abs=2e-4)
    for kind in KINDS:
        assert excess[kind] == pytest.approx(float(last[kind]), abs=2e-2)
    floor = load_floor()
    above = sum(excess.values()) / floor.characters * floor.stories
    assert loss == pytest.approx(floor.nats_per_character + above, abs=1e-4)


def test_the_saved_model_of_words_is_the_one_of_the_last_rows(runs):
    point, last = checkpoint.load(EXPERIMENTS / "gpt_words.safetensors"), rows("words")[-1]
    assert point.step == int(last["step"]) == runs.WORDS_STEPS
    stories = [tell(seed) for seed in runs.STORIES]
    every = Lookups(stories, point.tokenizer)
    others = Lookups(stories[runs.KNOWN : runs.OTHERS], point.tokenizer)
    row, heads = runs.scores_of_words(point.model, every, others)
    assert float(row["nats_per_tale"]) == pytest.approx(float(last["nats_per_tale"]), abs=2e-2)
    for kind in TOLD:
        assert float(row[kind]) == pytest.approx(float(last[kind]), abs=5e-3)
    logged = [row for row in rows("heads") if row["step"] == last["step"]]
    assert len(heads) == len(logged) == 3 * 16
    for mine, theirs in zip(heads, logged, strict=True):
        assert all(str(mine[name]) == theirs[name] for name in ("kind", "layer", "head"))
        assert float(mine["look"]) == pytest.approx(float(theirs["look"]), abs=2e-3)


def test_the_saved_model_of_pieces_is_the_one_of_the_last_row():
    runs, last = script("tales"), rows("tales")[-1]
    path = EXPERIMENTS / "tales" / "model.safetensors"
    point = checkpoint.load(path)
    assert path.stat().st_size < 5e6
    assert point.step == int(last["step"]) == runs.CONFIG.max_iters
    assert point.tokenizer.decode([point.end]) == "\n"
    corpus = Corpus.of_tales(*load_split("tales"), point.tokenizer, point.model.config.block_size)
    loss = corpus.score(point.model, runs.CONFIG.batch_size)
    assert loss == pytest.approx(float(last["loss"]), abs=2e-4)
    assert loss < 1.05 * load_floor().nats_per_character
