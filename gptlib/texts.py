"""The texts to train on and to validate on: from one file or many, and how they are parted."""

import glob
import json
import os
import random
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from gptlib.data import WEB_FLOOR, WEB_TEXTS, load_split, load_text, split
from gptlib.documents import joined, parted
from gptlib.web import WEB, Document, KindFloor, Web
from gptlib.world import tell

SEEDS = range(10_000_000, 10_020_000)  # of tales that are in no file
WEB_VALID = range(1_000_000, 1_001_000)  # of the documents of the little web to validate on
NAMES = ("tales", "shakespeare", "-")  # what `load_text` knows besides paths


def load_texts(sources: Sequence[str]) -> str:
    """The texts of several sources, one after the other, each ending with a line break.

    sources: what `load_text` takes, and patterns of paths such as "notes/**/*.txt", whose files
        follow in the order of their names

    One text alone is left as it is. ValueError for no source, a folder and a pattern that no file
    matches; other errors as in `load_text`.
    """
    if not sources:
        raise ValueError("no text is named: give the path of a file")
    texts = [load_text(path) for source in sources for path in _paths(source)]
    if len(texts) == 1:
        return texts[0]
    return "".join(text if text.endswith("\n") else f"{text}\n" for text in texts)


def load_parts(
    sources: Sequence[str],
    valid: Sequence[str] = (),
    how: Literal["end", "paragraphs"] = "end",
    seed: int = 0,
) -> tuple[str, str]:
    """The texts to train on and to validate on.

    valid: the sources to validate on. If there are none, a tenth of the other text is kept for
        that: its last (how="end", `split`), or paragraphs that seed draws (`split_paragraphs`).
        The tales bring others (`load_split`), and to train on there are more of them than in data/,
        told from SEEDS: a model that reads a tale often learns it by heart

    Errors as in `load_texts` and of these.
    """
    if valid:
        return load_texts(sources), load_texts(valid)
    if list(sources) == ["tales"]:
        train_text, valid_text = load_split("tales")
        return train_text + tell_tales(SEEDS), valid_text
    if how not in ("end", "paragraphs"):
        raise ValueError(f"split is {how!r}: give 'end' or 'paragraphs'")
    text = load_texts(sources)
    return split(text) if how == "end" else split_paragraphs(text, seed)


def load_documents(part: Literal["train", "valid"]) -> list[str]:
    """The documents of the little web in data/, to train on or to validate on.

    gptlib.web.WEB tells any number more. ValueError if data/ lacks them.

    >>> len(load_documents("valid"))
    1000
    """
    return parted(load_text(WEB_TEXTS[part]))


def documents_to_validate() -> list[Document]:
    """The documents of `load_documents("valid")`, with their kinds and their answers."""
    return [WEB.tell(seed) for seed in WEB_VALID]


def load_web_floor() -> dict[str, KindFloor]:
    """The floor of each kind of those documents, as `WEB.floors` has measured it for data/.

    ValueError if data/ lacks it.
    """
    return {kind: KindFloor(**floor) for kind, floor in json.loads(load_text(WEB_FLOOR)).items()}


def tell_tales(seeds: Iterable[int]) -> str:
    """The tales told from seeds, but for those to validate on, as in the files of data/."""
    to_validate = set(load_split("tales")[1].split("\n\n"))
    tales = (tell(seed).text for seed in seeds)
    return "".join(tale for tale in tales if tale.strip() not in to_validate)


def tell_documents(seeds: Iterable[int], web: Web = WEB) -> str:
    """The documents that a web tells from seeds, as one text, but for those to validate on."""
    to_validate = set(load_documents("valid"))
    documents = (web.tell(seed).text for seed in seeds)
    return joined(document for document in documents if document not in to_validate)


def split_paragraphs(text: str, seed: int = 0, valid_fraction: float = 0.1) -> tuple[str, str]:
    r"""Part a text into paragraphs, some to train on and, drawn by seed, some to validate on.

    Blank lines separate paragraphs. They are drawn until they hold valid_fraction of all
    characters, and both parts keep them in their order.

    >>> split_paragraphs("one\n\ntwo\n\n\nthree\n", seed=1)
    ('one\n\nthree\n', 'two\n')

    ValueError for a text with fewer than two paragraphs.
    """
    paragraphs = re.split(r"\n(?:[^\S\n]*\n)+", text.strip("\n"))
    if len(paragraphs) < 2:
        raise ValueError(
            "the text is one paragraph, since no blank line is in it: "
            "split it at the end, or give another text to validate on"
        )
    order = random.Random(seed).sample(range(len(paragraphs)), len(paragraphs))
    wanted = valid_fraction * sum(map(len, paragraphs))
    valid, have = set(), 0
    while order[1:] and have < wanted:
        valid.add(i := order.pop())
        have += len(paragraphs[i])
    parts = [
        "\n\n".join(p for i, p in enumerate(paragraphs) if (i in valid) == asked) + "\n"
        for asked in (False, True)
    ]
    return parts[0], parts[1]


def absolute(sources: Sequence[str]) -> tuple[str, ...]:
    """The full paths of all files that the sources name, so that they are found from any folder.

    A pattern would one day match other files, such as a sample that a run wrote.
    """
    paths = [path for source in sources for path in _paths(source)]
    return tuple(p if p in NAMES else os.path.abspath(os.path.expanduser(p)) for p in paths)


def _paths(source: str) -> list[str]:
    """The files that a source names, or the source itself if it names one only."""
    path = os.path.expanduser(source)
    if source in NAMES or os.path.isfile(path):
        return [source]
    if os.path.isdir(path):
        raise ValueError(
            f"{source!r} is a folder: give a pattern for its files, "
            f"such as {os.path.join(source, '**', '*.txt')!r}"
        )
    if not glob.has_magic(path):
        return [source]
    found = sorted(p for p in glob.glob(path, recursive=True) if os.path.isfile(p))
    if not found:
        raise ValueError(f"no file matches {source!r}: give another pattern")
    return found
