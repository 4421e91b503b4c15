"""What the ladder's largest model writes, true or not, new or copied: part of `make runs`.

It takes fifteen minutes, after ladder.py, and writes two tables beside this file. In samples.csv
rows are documents, those that the model writes from nothing, choosing among all tokens or the top_k
likeliest, and some of those to validate on. Each row has a document's characters; its reach, how
many of them some document of the web begins with, so that the next one is the first that is
impossible; its runs of 8 words; and how many of these occur in the web of which the model has read
four fifths, and in two webs of as many documents that it has not read.

Then translated.csv, a row for each of ASKED sentences that it is asked to translate by prompt: the
words of the sentence, how many of them are names, whether its French occurs in the web of which the
model has read four fifths, and whether the answer is right.
"""

from pathlib import Path

import torch

from gptlib import checkpoint
from gptlib.answers import read
from gptlib.atomic_files import write_csv
from gptlib.config import Sampling
from gptlib.documents import before_end, end_of_text, parted
from gptlib.overlap import ngrams
from gptlib.sampling import generate
from gptlib.texts import load_documents, tell_documents
from gptlib.web import WEB
from gptlib.web.asked import ZERO_SHOT, names_in

HERE = Path(__file__).resolve().parent
NUMBER = 300  # of documents from each source
ASKED = range(30_000_000, 30_000_500)  # seeds of sentences to translate
TOP_K = (None, 40, 10, 2)
TOLD = 100_000  # documents in a web
WEBS = {"read": 20_000_000, "other": 40_000_000, "third": 50_000_000}  # -> their first seeds


def documents(point, top_k, number, seed=1):
    """Documents that a model writes, each cut where its context ends."""
    end = end_of_text(point.tokenizer)
    start, generator = torch.full((number, 1), end), torch.Generator().manual_seed(seed)
    new = point.model.config.block_size - 1
    rows = generate(point.model, start, new, Sampling(top_k=top_k), generator, stop=end)
    for _, *row in rows.tolist():
        yield point.tokenizer.decode(before_end(row, end))


def table(sources, webs):
    """The rows, for documents by their source and, by its name, for what each web tells."""
    own = {gram for texts in sources.values() for text in texts for gram in ngrams(text)}
    held = {
        name: {gram for text in texts for gram in ngrams(text) if gram in own}
        for name, texts in webs.items()
    }
    for source, texts in sources.items():
        for text in texts:
            grams = ngrams(text)
            row = {"source": source, "characters": len(text), "reach": WEB.reach(text)}
            row |= {"grams": len(grams)}
            yield row | {name: sum(map(of.__contains__, grams)) for name, of in held.items()}


def translated(point, told):
    """The rows of the sentences to translate, for the documents that were read as one text."""
    documents = [ZERO_SHOT["translation"].tell(seed) for seed in ASKED]
    for document, reading in zip(
        documents, read(point.model, point.tokenizer, documents), strict=True
    ):
        (answer,), (right,) = document.answers, reading.right
        sentence = document.text.splitlines()[1]
        words, names = len(sentence.split()), len(names_in(sentence))
        seen = document.text[answer.place] in told
        yield {"words": words, "names": names, "seen": int(seen), "right": int(right)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    point = checkpoint.load(HERE / "ladder/6x192-1/model.safetensors")
    point.model.float()
    sources = {f"top {k}" if k else "all": [*documents(point, k, NUMBER)] for k in TOP_K}
    sources["validation"] = load_documents("valid")[:NUMBER]
    told = {name: tell_documents(range(first, first + TOLD)) for name, first in WEBS.items()}
    webs = {name: parted(text) for name, text in told.items()}
    write_csv(HERE / "samples.csv", list(table(sources, webs)))
    write_csv(HERE / "translated.csv", list(translated(point, told["read"])))
