"""Count smoothed n-grams of the tales: part of `make experiments`, half a minute on one core.

It writes, beside this file, ngrams.csv: for each n, the loss on the validation tales as notebook 01
scores them: every character is asked for once, after the n - 1 that stand before it in the file.
"""

from pathlib import Path

import torch

from gptlib.atomic_files import write_csv
from gptlib.data import load_split, story_ids
from gptlib.ngram import NGram
from gptlib.tokenizer import CharTokenizer

HERE = Path(__file__).resolve().parent
LENGTHS = range(2, 15)


def score(model: NGram, data: torch.Tensor) -> float:
    """The mean loss of a model on data, (N,), in nats; its first token is given."""
    return -model.probs(data)[1:].log().mean().item()


if __name__ == "__main__":
    torch.set_num_threads(1)
    train_text, valid_text = load_split("tales")
    tokenizer = CharTokenizer(train_text)
    data, valid_data = (story_ids(text, tokenizer)[0] for text in (train_text, valid_text))
    rows = []
    for n in LENGTHS:
        loss = score(NGram(data, tokenizer.vocab_size, n), valid_data)
        rows.append({"n": n, "loss": f"{loss:.4f}"})
        print(n, rows[-1]["loss"], flush=True)
    write_csv(HERE / "ngrams.csv", rows)
