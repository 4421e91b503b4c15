"""Train the GPT of the later notebooks: `make runs`, a quarter of an hour on two cores.

It is what `python main.py` trains, with one block more, batches twice as large, more than twice
the steps, and more tales, so that few of them come often. It writes tales.csv (what it knows, and
when) and tales/model.safetensors, beside this file; `python main.py generate notebooks/logs/tales`
writes more. Losses come back the same on the same machine; times never do.
"""

from pathlib import Path
from time import perf_counter

import torch

from gptlib import checkpoint
from gptlib.config import GPTConfig, TrainConfig
from gptlib.data import all_batches, load_split, story_batches, story_ids
from gptlib.files import write_table
from gptlib.gpt import GPT
from gptlib.tokenizer import PieceTokenizer
from gptlib.train import evaluate, next_token_loss, train
from gptlib.world import tell

HERE = Path(__file__).resolve().parent
SEEDS = range(10_000_000, 10_120_000)  # no other part of the course reads these
SIZES = {"block_size": 96, "n_layer": 4, "n_head": 2, "n_embd": 128, "dropout": 0.0}
B = 32
CONFIG = TrainConfig(
    max_iters=4_800,
    learning_rate=0.01,
    warmup_iters=50,
    decay="linear",
    weight_decay=0,
    optimizer="muon",
    muon_rate=0.03,
)
EVERY = 400  # steps between two rows


def texts():
    """New tales to train on, in one text, none of which is to validate; and those that are."""
    _, valid_text = load_split("tales")
    to_validate = set(valid_text.split("\n\n"))
    tales = [tale.text for tale in map(tell, SEEDS)]
    return "".join(tale for tale in tales if tale.strip() not in to_validate), valid_text


def score(model, tokenizer, valid_text):
    """The loss on all of the validation split, in nats per character, as main.py tells it."""
    ids, starts = story_ids(valid_text, tokenizer)
    windows = all_batches(ids, B, SIZES["block_size"], starts)
    return evaluate(model, windows) * (len(ids) - 1) / len(valid_text)


if __name__ == "__main__":
    torch.set_num_threads(2)
    train_text, valid_text = texts()
    tokenizer = PieceTokenizer.from_text(train_text, vocab_size=4096, more=valid_text)
    drawn = story_batches(
        *story_ids(train_text, tokenizer),
        B,
        SIZES["block_size"],
        torch.Generator().manual_seed(0),
    )
    torch.manual_seed(0)
    model = GPT(GPTConfig(tokenizer.vocab_size, init_std=0.05, **SIZES))
    rows, seconds, start = [], 0.0, perf_counter()
    for step, _ in enumerate(train(model, drawn, next_token_loss, CONFIG), start=1):
        if step % EVERY == 0:
            seconds += perf_counter() - start
            loss = score(model, tokenizer, valid_text)
            rows.append({"step": step, "seconds": f"{seconds:.0f}", "loss": f"{loss:.4f}"})
            print(*rows[-1].values(), sep=", ", flush=True)
            start = perf_counter()
    (HERE / "tales").mkdir(exist_ok=True)
    path = HERE / "tales" / "model.safetensors"
    checkpoint.save(path, model, tokenizer, CONFIG.max_iters, settings={"text": "tales"})
    write_table(HERE / "tales.csv", rows)
