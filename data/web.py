"""The files of the little web, for build.py: documents, their tokenizer, and their floor."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from statistics import fmean

from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.documents import joined
from gptlib.texts import WEB_VALID
from gptlib.web import WEB, Document, KindFloor

# Documents and first seed.
PARTS = {"web-train.txt": (5000, 0), "web-valid.txt": (len(WEB_VALID), WEB_VALID.start)}
VOCAB_SIZE = 2048  # with the token that parts documents


@cache
def documents(name: str) -> tuple[Document, ...]:
    """The documents of one of the files: to validate, none that is to train on."""
    count, first = PARTS[name]
    if name == "web-train.txt":
        return tuple(map(WEB.tell, range(first, first + count)))
    known = {document.text for document in documents("web-train.txt")}
    fresh = (document for document in _from(first) if document.text not in known)
    return tuple(next(fresh) for _ in range(count))


def _from(seed: int) -> Iterator[Document]:
    while True:
        yield WEB.tell(seed)
        seed += 1


def as_text(made: tuple[Document, ...]) -> str:
    """Documents as a file: after each stands the token that parts it from the next."""
    return joined(document.text for document in made)


def tokenizer() -> BPETokenizer:
    """The tokenizer that is learned from the documents to train on."""
    text = "\n".join(document.text for document in documents("web-train.txt"))
    return BPETokenizer.from_text(text, VOCAB_SIZE, [END_OF_TEXT])


def table(
    made: Mapping[str, tuple[Document, ...]],
    tokens: BPETokenizer,
    floors: Mapping[str, KindFloor],
) -> str:
    """What the README says of each kind: the rows of a table."""
    train, valid = made.values()
    counts = Counter(document.kind for document in train)
    rows = [
        "| kind | share | to train on | to validate | tokens | nats | nats per token | answers |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, floor in floors.items():
        mine = [document for document in valid if document.kind == name]
        size = fmean(len(tokens.encode(document.text)) + 1 for document in mine)
        tasks = sorted({answer.task for document in mine for answer in document.answers})
        rows.append(
            f"| {name} | {WEB.share(name):.0%} | {counts[name]:,} | {len(mine)} | {size:.0f} "
            f"| {floor.nats_per_document:.1f} ± {floor.nats_per_document_se:.1f} "
            f"| {floor.nats_per_document / size:.3f} | {', '.join(tasks)} |"
        )
    return "\n".join(rows)
