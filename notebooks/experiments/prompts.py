"""Train models on lists of examples alone, and ask them: part of `make runs`, half an hour.

Trained are three sizes of the ladder with three seeds each, a GPT with a third of GPT-3's blocks,
and one with a single block, all by the same recipe on the same lists of `gptlib.web.examples`. Each
training has one thread, and two go on at once.

It writes, beside this file,

- prompts.csv: for each model, each family of lists and each number of examples before the question,
  how many answers the model has right, and how many the best possible reader;
- prompts_changed.csv: the same for lists unlike all that were read, for wrong examples, and by how
  long ago the answer was shown, each time after at least MANY examples;
- prompts_steps.csv: how few-shot answers and the heads that look for them came about;
- prompts_heads.csv: the answers with heads silenced;
- prompts/: the models of seed 1, in bfloat16, and the tables of each training.

An answer is right if each of its tokens is the likeliest. Losses are reproducible on the same
machine.
"""

from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from random import Random

import torch

from gptlib.answers import read
from gptlib.atomic_files import write_csv
from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.config import RunConfig
from gptlib.corpus import Corpus
from gptlib.documents import end_of_text, joined
from gptlib.gpt import GPT
from gptlib.heads import copying, looks, prefix_matching, put_in, repeated, taken_in
from gptlib.log import read_log
from gptlib.papers import GPT_3_THIRD, miniature
from gptlib.prompts import earlier_answers
from gptlib.run import Run
from gptlib.train import token_losses
from gptlib.web.examples import (
    LINES,
    LISTS,
    NEW_ANSWERS,
    NEW_LABELS,
    NEW_NAMES,
    NEW_RULES,
    UNUSUAL_FORMS,
    best,
)

HERE = Path(__file__).resolve().parent
TOLD = range(40_000)  # the seeds of the lists to train on
VALID = range(1_000_000, 1_000_200)  # to validate on
ASKED = range(2_000_000, 2_000_600)  # and to ask about
MANY = 8  # examples
BLOCK_SIZE = 240  # tokens; no list is longer
# Blocks and channels.
SHAPES = {"1x32": (1, 32), "2x64": (2, 64), "4x128": (4, 128), "1x128": (1, 128)}
SHAPES["third"] = GPT_3_THIRD.config.n_layer, GPT_3_THIRD.config.n_embd
# The longest first.
TRAININGS = [("third", 1), *product(["4x128", "2x64"], (1, 2, 3)), ("1x128", 1)]
TRAININGS += product(["1x32"], (1, 2, 3))
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
MODEL = "model.safetensors"
TABLES = ("prompts", "prompts_changed", "prompts_steps", "prompts_heads")


@cache
def corpus():
    """The lists to train on, each in a row of its own, and those to validate on."""
    texts = [joined(LISTS.tell(seed).text for seed in seeds) for seeds in (TOLD, VALID)]
    words = joined(LISTS.tell(seed).text for seed in TOLD[:2_000])
    tokenizer = BPETokenizer.from_text(words, 1024, special=(END_OF_TEXT,))  # nearly all are whole
    return Corpus.of_documents(*texts, tokenizer, BLOCK_SIZE, packed=False)


def model_of(name):
    """A model before its first step."""
    sizes = {"vocab_size": corpus().tokenizer.vocab_size, "block_size": BLOCK_SIZE}
    return GPT(replace(miniature(*SHAPES[name]), **sizes))


def folder_of(name, seed):
    """Where a training has its model and its tables."""
    return HERE / "prompts" / f"{name}-{seed}"


def lists_of(lists, tokenizer, seeds=ASKED):
    """The lists of some seeds that fit into a model; those in an unusual form may not."""
    told = map(lists.tell, seeds)
    return [each for each in told if len(tokenizer.encode(each.text)) < BLOCK_SIZE]


def answered(model, tokenizer, told, families=LISTS.families):
    """For each line that is right: its list, k, whether the model knew it, and the best reader."""
    for each, found in zip(told, read(model, tokenizer, told), strict=True):
        for k, (example, right) in enumerate(zip(each.examples, found.right, strict=True)):
            if example.answer == example.right:
                known = best(families, each.named, each.examples[:k], example.question)
                yield each, k, right, max(known, key=known.get, default="") == example.right


def counted(each, k):
    """Pairs are asked for again, and everything else about what the list has not shown."""
    before = {example.question for example in each.examples[:k]}
    return (each.examples[k].question in before) == (each.family == "pairs")


class Counts:
    """How many answers were asked for, and how many a model and the best reader had right."""

    def __init__(self):
        self.rows = defaultdict(lambda: [0, 0, 0, 0, 0])

    def add(self, key, right, best):
        both = (1, right, best, right and not best, best and not right)
        self.rows[key] = [a + int(b) for a, b in zip(self.rows[key], both, strict=True)]

    def table(self, names, **constant):
        columns = ("asked", "right", "best", "only_model", "only_best")
        for key, row in sorted(self.rows.items()):
            yield constant | dict(zip((*names, *columns), (*key, *row), strict=True))


def by_examples(model, tokenizer):
    """The rows of prompts.csv for a model, but for its name."""
    counts = Counts()
    for each, k, right, best_right in answered(model, tokenizer, lists_of(LISTS, tokenizer)):
        if counted(each, k):
            counts.add((each.family, int(bool(each.named)), k), right, best_right)
    return counts.table(("family", "named", "examples"))


def changed(model, tokenizer):
    """The rows of prompts_changed.csv for a model, but for its name."""
    counts = Counts()

    def ask(lists, variant, families=LISTS.families):
        for each, k, *right in answered(
            model, tokenizer, lists_of(lists, tokenizer, ASKED[:200]), families
        ):
            if k >= MANY and counted(each, k) and (name := variant(each, k)):
                counts.add((each.family, name), *right)

    def since(each, k):
        right = each.examples[k].right
        shown = [k - i for i in range(k) if each.examples[i].answer == right]
        if each.family == "rules" or not shown:
            return None
        return {1: "shown in the line before"}.get(shown[-1], shown[-1] > 5 and "not in the last 5")

    def new_rule(each, k):
        shown = each.examples[0]
        return "Twice" if shown.right.split() == [shown.question] * 2 else "The second word"

    ask(LISTS, lambda each, k: "as in training")
    ask(LISTS, since)
    for name, family in (
        ("names that were in no pairs", NEW_NAMES),
        ("made-up words in pairs", NEW_ANSWERS),
        ("known words for kinds", NEW_LABELS),
    ):
        ask(replace(LISTS, families=(family,)), lambda each, k, name=name: name, (family,))
    ask(replace(LISTS, families=(NEW_RULES,)), new_rule, (NEW_RULES,))
    for form in UNUSUAL_FORMS:
        ask(replace(LISTS, forms=(form,)), lambda each, k: f"form {each.form}")
    for share in (0.25, 0.5, 1.0):
        wrong = replace(LISTS, families=[replace(one, wrong=share) for one in LISTS.families])
        ask(wrong, lambda each, k, share=share: f"wrong {share:g}")
    return counts.table(("family", "change"))


def look(run):
    """A row of prompts_steps.csv, but for the model's name."""
    model, tokenizer = run.model, run.corpus.tokenizer
    told, right = lists_of(LISTS, tokenizer, ASKED[-60:]), defaultdict(list)
    for each, found in zip(told, read(model, tokenizer, told), strict=True):
        for k in range(MANY, LINES):
            if counted(each, k) and each.examples[k].answer == each.examples[k].right:
                right[each.family].append(found.right[k])
    row = {"step": run.step, "loss": sum(run.losses[-EVERY:]) / EVERY}
    row |= {family: sum(each) / len(each) for family, each in sorted(right.items())}
    end = end_of_text(tokenizer)
    for family in ("kinds", "pairs"):
        row[f"look_{family}"] = best_look(model, tokenizer, told[:30], family).max().item()
    idx = repeated(20, 40, end, start=end, seed=0)
    matching = prefix_matching(model, idx).flatten()
    row |= {"matching": matching.max().item()}
    row |= {"copying": copying(model, idx).flatten()[matching.argmax()].item()}
    with torch.no_grad():
        nats = token_losses(model, (idx[:, :-1], idx[:, 1:]))
    row |= {"first_time": nats[:, :40].mean().item(), "again": nats[:, 41:].mean().item()}
    return {name: round(value, 4) for name, value in row.items()}


def best_look(model, tokenizer, told, family):
    """The weight of each head on earlier lines with the answer, (N, H)."""
    idx, where = earlier_answers([each for each in told if each.family == family], tokenizer)
    return looks(model, idx, where)


def silenced(model, tokenizer):
    """The rows of prompts_heads.csv for a model, but for its name."""
    told = lists_of(LISTS, tokenizer, ASKED[-60:])
    idx, _ = earlier_answers(told, tokenizer)
    means = taken_in(model, idx).mean((1, 3), keepdim=True)
    rows = []

    def ask(how, draw, heads):
        right = defaultdict(list)
        with put_in(model, heads, means):
            for each, k, known, _ in answered(model, tokenizer, told):
                if k >= MANY and counted(each, k):
                    right[each.family].append(known)
        share = {family: round(sum(x) / len(x), 4) for family, x in sorted(right.items())}
        named = " ".join(f"{layer}.{head}" for layer, head in sorted(heads))
        rows.append({"how": how, "n": len(heads), "draw": draw, "heads": named} | share)

    each = sum(best_look(model, tokenizer, told, family) for family in ("kinds", "pairs"))
    everyone = list(product(range(each.shape[0]), range(each.shape[1])))
    ordered = sorted(everyone, key=lambda head: -each[head].item())
    ask("none", 0, [])
    for head in everyone:
        ask("one", 0, [head])
    for n in (2, 3, 4):
        ask("those that look", 0, ordered[:n])
        for draw in range(5):
            ask("others", draw, Random(draw).sample(ordered[4:], n))
    return rows


def train(name, seed):
    """Train a model, look at it now and then, ask it, and write what was found."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    folder, who = folder_of(name, seed), {"model": name, "seed": seed}
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(model_of(name), corpus(), replace(CONFIG, seed=seed), who)
    tables = {name: [] for name in TABLES}
    for _ in run:
        if run.step % EVERY == 0:
            tables["prompts_steps"].append(who | look(run))
            write_csv(folder / "prompts_steps.csv", tables["prompts_steps"])
    run.model.bfloat16()
    run.save_model(folder / MODEL)
    model, tokenizer = run.model.float(), run.corpus.tokenizer
    tables["prompts"] = [who | row for row in by_examples(model, tokenizer)]
    if name == "4x128":
        tables["prompts_changed"] = [who | row for row in changed(model, tokenizer)]
        tables["prompts_heads"] = [who | row for row in silenced(model, tokenizer)]
    for table, rows in tables.items():
        if rows:
            write_csv(folder / f"{table}.csv", rows)


def written(table):
    """The rows that all trainings have written for a table."""
    files = [folder_of(*one) / f"{table}.csv" for one in TRAININGS]
    return [row for file in files if file.exists() for row in read_log(file)]


if __name__ == "__main__":
    left = [one for one in TRAININGS if not (folder_of(*one) / "prompts.csv").exists()]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for one, trained in [(one, pool.submit(train, *one)) for one in left]:
            trained.result()
            print(folder_of(*one).name, flush=True)
    for table in TABLES:
        write_csv(HERE / f"{table}.csv", written(table))
