"""Train models that learn from their prompts: part of `make runs`, an hour on two cores.

They read lists of examples (`gptlib.web.examples`) and nothing else, each list in a row of its own.
The first four of MODELS are the same from small to large, with bands of 4 in blocks 1, 3, 5, ...
The others differ from 4 × 128 in one thing: a single block, which has no band; no bands at all; and
texts whose lines come from as many different lists.

It writes three tables beside this file. prompts.csv says every EVERY steps how many answers a model
has right after MANY or more examples, how much of its weight the best head then has on the lines
above with the same answer, and the same for random tokens that come twice. prompts_right.csv says
for all but "no bands" how many it has right in the end after K examples, and how many the best
possible reader. prompts_heads.csv says where the heads of 4 × 128 look, and how many answers are
right without each. Its first seed is in prompts.safetensors, in bfloat16.

An answer is right if each of its tokens is the likeliest. Losses are reproducible on the same
machine. Each training has one thread, and two go on at once.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import torch

from gptlib.atomic_files import write_csv
from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.documents import joined
from gptlib.gpt import GPT
from gptlib.heads import looks, means_of, put_in, repeated
from gptlib.papers import GPT_3_THIRD, miniature
from gptlib.prompts import earlier_answers, own_questions, right_by_examples, shares_right
from gptlib.run import Run
from gptlib.web.examples import LINES, LISTS

HERE = Path(__file__).resolve().parent
TOLD = range(40_000)  # the seeds of the lists to train on
VALID = range(1_000_000, 1_000_200)  # to validate on
ASKED = range(2_000_540, 2_000_600)  # to ask about during training
AT_LAST = range(2_000_000, 2_000_240)  # and in the end
MANY = 8  # examples
POOLED = {**{k: (k,) for k in range(5)}, 8: range(5, 9), 16: range(9, 17), 32: range(17, LINES)}
BLOCK_SIZE = 240  # tokens; no list is longer
CONFIG = RunConfig(
    max_iters=2_000,
    warmup_iters=20,
    decay="linear",
    decay_iters=500,
    weight_decay=0.0,
    optimizer="muon",
    muon_rate=0.003,
    learning_rate=0.003,
    batch_size=10,
)
EVERY = 100  # steps between two looks
SEEDS = (1, 2, 3)
BANDS = {"band": 4, "first_band": 1}  # blocks 1, 3, 5, ... see 4 tokens
MODELS = {
    "2 × 32": replace(miniature(2, 32), **BANDS),
    "2 × 64": replace(miniature(2, 64), **BANDS),
    "4 × 128": replace(miniature(4, 128), **BANDS),
    "32 × 64": GPT_3_THIRD.config,
    "one dense block": miniature(1, 128),
    "no bands": miniature(4, 128),
    "mixed lines": replace(miniature(4, 128), **BANDS),
}
ONCE = {"32 × 64", "one dense block", "mixed lines"}  # all others are trained with all SEEDS
FOLLOWED, BORN_LATE = "4 × 128", "no bands"


def mixed(lists):
    """Texts with as many lines, of which each comes from another list."""
    texts = []
    for at in range(0, len(lists) - LINES + 1, LINES):
        some = [told.text.split("\n")[-LINES:] for told in lists[at : at + LINES]]
        texts += ["\n".join(some[i - k][k] for k in range(LINES)) for i in range(LINES)]
    return texts


@cache
def corpus(name=FOLLOWED):
    """The lists to train on and to validate on. Nearly all their words are single tokens."""
    lists = [[LISTS.tell(seed) for seed in seeds] for seeds in (TOLD, VALID)]
    told = [[each.text for each in of] for of in lists]
    tokenizer = BPETokenizer.from_text(joined(told[0][:2_000]), 1024, special=(END_OF_TEXT,))
    texts = map(joined, map(mixed, lists) if name == "mixed lines" else told)
    return Corpus.of_documents(*texts, tokenizer, BLOCK_SIZE, packed=False)


def start(name, seed):
    """The run of a model and a seed before its first step."""
    torch.manual_seed(seed)
    sizes = {"vocab_size": corpus(name).tokenizer.vocab_size, "block_size": BLOCK_SIZE}
    return Run(GPT(replace(MODELS[name], **sizes)), corpus(name), replace(CONFIG, seed=seed))


def look(run):
    """A row of prompts.csv."""
    model, tokenizer = run.model, run.corpus.tokenizer
    lists = [LISTS.tell(seed) for seed in ASKED]
    row = {"step": run.step} | shares_right(model, tokenizer, lists, MANY)
    for family in ("kinds", "pairs"):
        these = [told for told in lists[:30] if told.family == family]
        row[f"look_{family}"] = looks(model, *earlier_answers(these, tokenizer)).max().item()
    end = run.corpus.end
    row["look_twice"] = looks(model, *repeated(20, 40, end, start=end, seed=0)).max().item()
    return rounded(row)


def rights(model, tokenizer):
    """Rows of prompts_right.csv: the shares of right answers, and of the best reader's."""
    lists = [LISTS.tell(seed) for seed in AT_LAST]
    for family, by_k in sorted(right_by_examples(model, tokenizer, lists).items()):
        for most, ks in POOLED.items():
            if each := [one for k in ks for one in by_k.get(k, [])]:
                ours, best = (sum(of) / len(each) for of in zip(*each, strict=True))
                row = {"family": family, "examples": most, "questions": len(each)}
                yield rounded(row | {"right": ours, "best": best})


def heads(model, tokenizer):
    """Rows of prompts_heads.csv, the first of them without a head that is silenced."""
    lists = [LISTS.tell(seed) for seed in AT_LAST]
    pairs = [told for told in lists if told.family == "pairs"][:40]
    idx, from_separators, from_answers = own_questions(pairs, tokenizer)
    where = (from_separators, from_answers, earlier_answers(pairs, tokenizer)[1])
    grids = [looks(model, idx, mask) for mask in where]
    everything, _ = earlier_answers(lists[:60], tokenizer)
    means = means_of(model, everything, everything != everything[0, 0])
    names = ("layer", "head", "separator", "answer", "earlier")
    yield dict.fromkeys(names) | rounded(shares_right(model, tokenizer, lists[:60], MANY))
    for layer, head in product(range(model.config.n_layer), range(model.config.n_head)):
        with put_in(model, [(layer, head)], means):
            left = shares_right(model, tokenizer, lists[:60], MANY)
        seen = (grid[layer, head].item() for grid in grids)
        yield rounded(dict(zip(names, (layer, head, *seen), strict=True)) | left)


def rounded(row):
    """A row whose numbers have at most 4 digits."""
    return {name: round(value, 4) if type(value) is float else value for name, value in row.items()}


def train(job):
    """Train the model of a name and a seed, and return it and the rows of the three tables."""
    torch.set_num_threads(1)
    run, rows = start(*job), []
    for _ in run:
        if run.step % EVERY == 0:
            rows.append(look(run))
    model, tokenizer = run.model, run.corpus.tokenizer
    at_last = rights(model, tokenizer) if job[0] != BORN_LATE else ()
    tables = [rows, at_last, heads(model, tokenizer) if job[0] == FOLLOWED else ()]
    told = dict(zip(("model", "seed"), job, strict=True))
    return run, [[told | row for row in table] for table in tables]


if __name__ == "__main__":
    jobs = [(name, seed) for name in MODELS for seed in (SEEDS[:1] if name in ONCE else SEEDS)]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        trained = dict(zip(jobs, pool.map(train, jobs), strict=True))
    for i, name in enumerate(("prompts", "prompts_right", "prompts_heads")):
        rows = [row for _, tables in trained.values() for row in tables[i]]
        write_csv(HERE / f"{name}.csv", rows)
    run, _ = trained[FOLLOWED, SEEDS[0]]
    run.model.bfloat16()
    run.save_model(HERE / "prompts.safetensors")
