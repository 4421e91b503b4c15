"""Make the files of this folder again, byte for byte, and its README: `make data`."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import snowballstemmer

from gptlib.world import LEXICON, Floor, Story, floor, tell

DATA = Path(__file__).parent
# Stories and first seed: the validation stories come from seeds that no training story has.
PARTS = {"tales-train.txt": (5700, 0), "tales-valid.txt": (380, 1_000_000)}

README = """\
# The texts of the course

| file | what | bytes | SHA-256 |
|---|---|---|---|
{rows}

The stories are told by the story world of this repository, [gptlib/world](../gptlib/world), and
under its licence (MIT); the two files share none. The command that makes all three again, byte for
byte, and this page with them:

    make data

`shakespeare.txt` joins them when somebody first asks for `load_text("shakespeare")`: Tiny
Shakespeare, 1,115,394 bytes of plays in the public domain, from the repository karpathy/char-rnn.
It is not part of this repository.

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
"""


def stories(name: str) -> list[Story]:
    """The stories of one of the files."""
    count, first = PARTS[name]
    return [tell(seed) for seed in range(first, first + count)]


def reaches_back(story: Story) -> int:
    """How many sentences repeat a fact that was told two or more sentences earlier."""
    return sum(
        any(i - fact.told >= 2 for fact in sentence.uses)
        for i, sentence in enumerate(story.sentences)
    )


def words(told: list[Story]) -> set[str]:
    """The different words of some stories; names are left out, and inflections are one word."""
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


def as_json(found: Floor) -> str:
    """The floor, a line for each number or list."""
    # The last digits of a logarithm differ between machines.
    numbers = json.loads(json.dumps(asdict(found)), parse_float=lambda x: round(float(x), 9))
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in numbers.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def spread(sizes: list[int]) -> str:
    return f"{min(sizes)} to {max(sizes)}, mean {sum(sizes) / len(sizes):.1f}"


def row(name: str, what: str, raw: bytes) -> str:
    return f"| `{name}` | {what} | {len(raw):,} | `{hashlib.sha256(raw).hexdigest()}` |"


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
    raw = as_json(found).encode()
    (DATA / "floor.json").write_bytes(raw)
    rows.append(row("floor.json", "how predictable the stories to validate are", raw))
    table = [f"| {line} | {' | '.join(c[line] for c in columns)} |" for line in columns[0]]
    names = " | ".join(f"`{name}`" for name in PARTS)
    readme = README.format(
        rows="\n".join(rows),
        names=names,
        statistics="\n".join(table),
        floor="\n".join(f"| {line} | {value} |" for line, value in surprise(found).items()),
    )
    (DATA / "README.md").write_text(readme, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
