"""Ask the ladder of notebook 09 by prompt alone: part of `make runs`, after ladder.py, ten minutes.

It writes zero_shot.csv beside this file: for each model and task how many of ASKED answers are
right, in the wordings of two kinds of documents that the model has read, where the first answer in
a document counts, and in one that it has never seen (`web.asked`). An answer is right if each of
its tokens is the likeliest. Of two endings of a tale, the more probable one is the answer.
"""

from pathlib import Path

import torch

from gptlib import checkpoint
from gptlib.answers import prompts_of, read, say
from gptlib.atomic_files import write_csv
from gptlib.documents import end_of_text
from gptlib.finetune import log_probs
from gptlib.texts import documents_to_validate
from gptlib.web import WEB
from gptlib.web.asked import ZERO_SHOT, without_names
from gptlib.world import TASKS, parts

HERE = Path(__file__).resolve().parent
ASKED = 500
SEEDS = range(30_000_000, 31_000_000)  # of documents in no file, which no model has read
# Task -> two kinds of documents that it occurs in, and what it is called there.
OWN = {
    "reading": (("quiz", "bedtime"), "reading"),
    "summary": (("in short", "book list"), "summary"),
    "translation": (("phrase book", "two languages"), "translation"),
    "addition": (("shop", "sums"), "sum"),
}


def asked(kind, task):
    """Documents of a kind with the first answer to a task alone: those of SEEDS that have one."""
    found = []
    for document in map(kind.tell, SEEDS):
        answers = [answer for answer in document.answers if answer.task == task]
        found += [document._replace(answers=tuple(answers[:1]))] if answers else []
        if len(found) == ASKED:
            return found


def prompts():
    """All documents to complete: by task, and by the wording that it is asked in."""
    return {
        task: {name: asked(WEB.kinds[name], called) for name in kinds}
        | {"new": asked(ZERO_SHOT[task], called)}
        for task, (kinds, called) in OWN.items()
    }


def names_aside(model, tokenizer, documents):
    """How many lines a model writes that are those of the documents but for people's names."""
    prompts, wanted = prompts_of(documents)
    said = say(model, tokenizer, prompts)
    return sum(without_names(w) == without_names(s) for w, s in zip(wanted, said, strict=True))


def cloze(model, tokenizer, examples):
    """How many tales a model gives the ending that they have."""
    chosen = []
    for beginning, *endings in (example.texts for example in examples):
        start = [end_of_text(tokenizer), *tokenizer.encode(beginning)]
        ids = [tokenizer.encode(f" {ending}") for ending in endings]
        chosen.append(log_probs(model, start, ids).argmax().item())
    return sum(k == example.label for k, example in zip(chosen, examples, strict=True))


def score(path, documents, examples):
    """The rows of a model of the ladder."""
    point = checkpoint.load(path)
    model, tokenizer = point.model.float(), point.tokenizer
    start = {"out": ""} | point.settings | {"asked": ASKED}
    for task, of in documents.items():
        for wording, some in of.items():
            right = sum(one.right[0] for one in read(model, tokenizer, some))
            yield start | {"task": task, "wording": wording, "right": right}
            if task == "summary":
                right = names_aside(model, tokenizer, some)
                yield start | {"task": "names aside", "wording": wording, "right": right}
    right = cloze(model, tokenizer, examples)
    yield start | {"task": "cloze", "wording": "new", "right": right}


if __name__ == "__main__":
    torch.set_num_threads(1)
    documents, rows = prompts(), []
    known = {document.text for document in documents_to_validate()}
    (examples,) = parts(TASKS["choice"], [ASKED], known)
    for path in sorted((HERE / "ladder").glob("*/model.safetensors")):
        rows += score(path, documents, examples)
        print(path.parent.name, flush=True)
    write_csv(HERE / "zero_shot.csv", rows)
