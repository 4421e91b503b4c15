"""Make the files of this folder again, byte for byte, and its README: `make data`."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from itertools import chain, count
from pathlib import Path
from time import perf_counter

import snowballstemmer

from data import web
from gptlib.french import Pair, held_out, pair, small_red_ball
from gptlib.world import LEXICON, Floor, Story, floor, tell

DATA = Path(__file__).parent
# Stories and first seed: the validation stories come from seeds that no training story has.
PARTS = {"tales-train.txt": (5700, 0), "tales-valid.txt": (380, 1_000_000)}
# Pairs and first seed. Each word of the other files is in the first one at least ten times.
PAIRS = {
    "pairs-train.tsv": (20_000, 0),
    "pairs-valid.tsv": (1_000, 1_000_000),
    "pairs-test.tsv": (1_000, 2_000_000),
}
MET = 10

README = """\
# The texts of the course

| file | what | bytes | SHA-256 |
|---|---|---|---|
{rows}

The stories are told by the story world of this repository, [gptlib/world](../gptlib/world), and
under its licence (MIT); the two files share none. The pairs of sentences come from the grammar
in [gptlib/french](../gptlib/french), and all of them differ. The command that makes these files
again, byte for byte, and this page with them:

    make data

`shakespeare.txt` joins them when somebody first asks for `load_text("shakespeare")`: Tiny
Shakespeare, 1,115,394 bytes of plays in the public domain, from the repository karpathy/char-rnn.
It is not part of this repository.

`gpt2.tiktoken` is not made here either: the 50,256 tokens of GPT-2, in base64, each with its id. It
is `whisper/assets/gpt2.tiktoken` of OpenAI's package openai-whisper 20250625 on PyPI, the same
bytes as the `r50k_base.tiktoken` that tiktoken downloads: 835,554 bytes, SHA-256
`306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930`, which is checked whenever it is
read. OpenAI's licence (MIT) stands beside it, in [gpt2.LICENSE](gpt2.LICENSE).

## What is in the stories

| | {names} |
|---|---|---|
{statistics}

## How surprising the stories to validate are

To a reader who knows every probability of the story world, and of a story what has been read so
far. No model can expect a smaller loss on stories that it has never seen: this is the course's
*floor*. Each story is read whole and from its start, its end counts too, and ± is one standard
error, that of stories drawn anew.

| | |
|---|---|
{floor}

`floor.json` has the same with more digits, and the mean for the first character, the second, and
so on.

## What is in the little web

Documents of many kinds, as on the web, in which tasks and their answers occur by the way: told by
[gptlib/web](../gptlib/web), which can tell any number more. No document is in both files, and
`<|endoftext|>` stands after each. `web.bpe.json` is the tokenizer learned from those to train on.

The choices that were made tell exactly how likely a document is, since it can be told in one way
only (but for a few rows that fit two rules, which are read in both ways). *Nats* are what a
document to validate costs a reader who knows all odds, but not which kind it is going to read,
with ± one standard error: no model can expect less. `web-floor.json` has them with more digits.

{web}

## What is in the pairs

A line is an English sentence, the same in French, and which words say each other: `1-3` is the
English word 1 and the French word 3, counted from 0. The columns are divided by tabs, and a mark
is a word.

One in eight of the ways to put an adjective with a noun, red with ball for instance, is held out:
it is in every sentence to test and in none to train on or to validate, though its two words are in
many.

| | {pair_names} |
|---|---|---|---|
{pair_statistics}
"""


def stories(name: str) -> list[Story]:
    """The stories of one of the files."""
    count, first = PARTS[name]
    return [tell(seed) for seed in range(first, first + count)]


def pairs() -> dict[str, list[Pair]]:
    """The pairs of each file: no English sentence twice, held-out combinations only for testing."""
    files, told, met = {}, set(), Counter()
    for name, (wanted, first) in PAIRS.items():
        files[name] = []
        # The pair that pictures show has an unseen combination: it begins the test file.
        for made in chain([small_red_ball()], map(pair, count(first))):
            unseen = any(held_out(*combination) for combination in made.combinations)
            strange = met and any(met[word] < MET for word in made.source + made.target)
            if unseen == (name == "pairs-test.tsv") and not strange and made.source not in told:
                told.add(made.source)
                files[name].append(made)
                if len(files[name]) == wanted:
                    break
        if not met:
            met.update(chain.from_iterable(made.source + made.target for made in files[name]))
    return files


def as_tsv(made: list[Pair]) -> str:
    """A line for each pair: English, French, and the alignment in the Pharaoh format."""
    lines = []
    for each in made:
        links = " ".join(f"{i}-{j}" for i, j in each.alignment)
        lines.append(f"{each.english}\t{each.french}\t{links}\n")
    return "".join(lines)


def crosses(made: Pair) -> bool:
    """Whether any two words are in the opposite order in French."""
    return any(i < k and j > m for i, j in made.alignment for k, m in made.alignment)


def pair_statistics(made: list[Pair]) -> dict[str, str]:
    """What the README says of the pairs of one file."""
    combinations = set().union(*(each.combinations for each in made))
    unseen = sum(held_out(*combination) for combination in combinations)
    english, french = ([each[side] for each in made] for side in (0, 1))
    return {
        "pairs": f"{len(made):,}",
        "different English words": f"{len(set(chain.from_iterable(english))):,}",
        "different French words": f"{len(set(chain.from_iterable(french))):,}",
        "English words in a sentence": spread([len(tokens) for tokens in english]),
        "French words in a sentence": spread([len(tokens) for tokens in french]),
        "adjective with noun, not held out": f"{len(combinations) - unseen:,}",
        "adjective with noun, held out": f"{unseen:,}",
        "pairs in which words change their order": f"{sum(map(crosses, made)) / len(made):.1%}",
    }


def reaches_back(story: Story) -> int:
    """How many sentences repeat a fact that was told two or more sentences earlier."""
    return sum(
        any(i - fact.told >= 2 for fact in sentence.uses)
        for i, sentence in enumerate(story.sentences)
    )


def words(told: list[Story]) -> set[str]:
    """The different words of some stories, without names, and with inflections as one word."""
    text = " ".join(story.text for story in told).lower()
    people = [entry.name for kind in ("child", "family", "worker") for entry in LEXICON[kind]]
    names = " ".join(people) + str(LEXICON["called"]) + str(LEXICON["dog"])
    word = re.compile(r"[a-z]+(?:-[a-z]+)*")
    found = set(word.findall(text)) - set(word.findall(names.lower()))
    return set(snowballstemmer.stemmer("english").stemWords(found))


def statistics(told: list[Story]) -> dict[str, str]:
    """What the README says of the stories of one file."""
    characters = [len(story.text) for story in told]
    sentences = [len(story.sentences) for story in told]
    shares = [count / len(told) for count in Counter(story.plot for story in told).values()]
    return {
        "stories": f"{len(told):,}",
        "of them told twice": f"{len(told) - len({story.text for story in told})}",
        "characters in a story": spread(characters),
        "sentences in a story": spread(sentences),
        "plots": f"{len(shares)}, each {min(shares):.1%} to {max(shares):.1%} of the stories",
        "different words, without names and inflections": f"{len(words(told)):,}",
        "sentences that repeat a fact from two or more sentences back": (
            f"{sum(map(reaches_back, told)) / sum(sentences):.1%}"
        ),
    }


def surprise(found: Floor) -> dict[str, str]:
    """What the README says of the floor."""
    choices = {
        f"nats per story in choices of {kind}": f"{nats:.2f}, {nats / found.nats_per_story:.1%}"
        for kind, nats in found.by_choice.items()
    }
    sentences = ", ".join(f"{nats:.2f}" for nats in found.by_sentence)
    return {
        "nats per character": f"{found.nats_per_character:.4f} ± {found.nats_per_character_se:.4f}",
        "bits per byte": f"{found.bits_per_byte:.4f} ± {found.bits_per_byte_se:.4f}",
        "nats per story": f"{found.nats_per_story:.2f} ± {found.nats_per_story_se:.2f}",
        **choices,
        "nats in the first sentence, the second and so on": sentences,
    }


def as_json(found: Mapping[str, object]) -> str:
    """A floor as JSON, a line for each of its parts."""
    # The last digits of a logarithm differ between machines.
    numbers = json.loads(json.dumps(found), parse_float=lambda x: round(float(x), 9))
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in numbers.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def spread(sizes: list[int]) -> str:
    return f"{min(sizes)} to {max(sizes)}, mean {sum(sizes) / len(sizes):.1f}"


def row(name: str, what: str, raw: bytes) -> str:
    return f"| `{name}` | {what} | {len(raw):,} | `{hashlib.sha256(raw).hexdigest()}` |"


def table(columns: list[dict[str, str]]) -> str:
    return "\n".join(f"| {line} | {' | '.join(c[line] for c in columns)} |" for line in columns[0])


def main() -> None:
    rows, columns = [], []
    for name in PARTS:
        start = perf_counter()
        told = stories(name)
        seconds = perf_counter() - start
        raw = "".join(story.text for story in told).encode()
        (DATA / name).write_bytes(raw)
        use = "stories to train on" if "train" in name else "stories to validate"
        rows.append(row(name, use, raw))
        columns.append(statistics(told))
        print(f"{name}: {len(raw):,} bytes told in {seconds:.1f} s")
    start = perf_counter()
    found = floor(stories("tales-valid.txt"))
    seconds = perf_counter() - start
    each = 1000 * seconds / found.stories
    print(f"floor.json: {found.nats_per_character:.4f} nats, read in {each:.1f} ms a story")
    raw = as_json(asdict(found)).encode()
    (DATA / "floor.json").write_bytes(raw)
    rows.append(row("floor.json", "how predictable the stories to validate are", raw))
    start = perf_counter()
    files = pairs()
    print(f"{len(files)} files of pairs, made in {perf_counter() - start:.1f} s")
    for name, made in files.items():
        raw = as_tsv(made).encode()
        (DATA / name).write_bytes(raw)
        use = {"train": "to train on", "valid": "to validate", "test": "to test"}
        rows.append(row(name, f"pairs {use[name[6:-4]]}", raw))
    start = perf_counter()
    documents = {name: web.documents(name) for name in web.PARTS}
    seconds = perf_counter() - start
    tokens = web.tokenizer()
    told = sum(len(tokens.encode(each.text)) for made in documents.values() for each in made)
    print(f"the little web: {told:,} tokens, {told / seconds:,.0f} of them told in a second")
    start = perf_counter()
    floors = web.WEB.floors(documents["web-valid.txt"])
    each = 1000 * (perf_counter() - start) / len(documents["web-valid.txt"])
    print(f"web-floor.json: read in {each:.1f} ms a document")
    for name, made in documents.items():
        raw = web.as_text(made).encode()
        (DATA / name).write_bytes(raw)
        use = "to train on" if "train" in name else "to validate"
        rows.append(row(name, f"documents of the little web {use}", raw))
    tokens.save(DATA / "web.bpe.json")
    raw = (DATA / "web.bpe.json").read_bytes()
    rows.append(row("web.bpe.json", "the tokenizer of the little web", raw))
    raw = as_json({name: floor._asdict() for name, floor in floors.items()}).encode()
    (DATA / "web-floor.json").write_bytes(raw)
    rows.append(row("web-floor.json", "how predictable its documents to validate are", raw))
    readme = README.format(
        rows="\n".join(rows),
        names=" | ".join(f"`{name}`" for name in PARTS),
        statistics=table(columns),
        pair_names=" | ".join(f"`{name}`" for name in PAIRS),
        pair_statistics=table([pair_statistics(made) for made in files.values()]),
        web=web.table(documents, tokens, floors),
        floor="\n".join(f"| {line} | {value} |" for line, value in surprise(found).items()),
    )
    (DATA / "README.md").write_text(readme, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
