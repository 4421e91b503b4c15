"""Are the models that OpenAI published, as the hub has them, computed here as they are elsewhere?

python tests/verify_published.py [NAME ...]     (gpt-1 and gpt-2-small, unless others are named)

Needs a network, for a download of 1 GB for these two. Random models, as in test_published.py, show
that names and formulas agree; only this shows it of the files themselves.
"""

import argparse
from dataclasses import dataclass, field

import torch
from transformers import AutoModelForCausalLM

from gptlib import papers, published
from gptlib.bpe import gpt2_tokenizer
from gptlib.sampling import Sampling, generate


@dataclass(frozen=True)
class Record:
    """What somebody else's program computed from the same file.

    text: what the prompt says
    logits: by position, of the tokens with these ids
    likeliest: the token after each position
    greedy: the prompt and the tokens with which it goes on
    """

    source: str
    text: str
    prompt: list[int]
    logits: dict[int, dict[int, float]] = field(default_factory=dict)
    mean: float | None = None  # of all logits
    likeliest: list[int] = field(default_factory=list)
    greedy: list[int] = field(default_factory=list)


RECORDS = {
    "gpt-1": [
        Record(
            "huggingface/transformers, tests/models/openai/test_modeling_openai.py",
            "the president is",
            [481, 4735, 544],
            greedy=[481, 4735, 544, 246, 963, 870, 762, 239, 244, 40477]
            + [244, 249, 719, 881, 487, 544, 240, 244, 603, 481],
        ),
    ],
    "gpt-2-small": [
        Record(
            "huggingface/transformers, tests/models/gpt2/test_modeling_gpt2.py",
            "The dog",
            [464, 3290],
            greedy=[464, 3290, 373, 1043, 287, 257, 2214, 1474, 262, 16246]
            + [286, 2688, 290, 2688, 27262, 13, 198, 198, 464, 3290],
        ),
        Record(
            "hemantsingh443/GPT2-inference, runtime/tests/test_runner.cu",
            "Hello<|endoftext|> put",
            [15496, 50256, 1234],
            logits={
                0: dict(enumerate([-35.236275, -35.326614, -38.975384, -39.390717, -37.65322])),
                2: dict(enumerate([-76.941086, -79.28483, -80.43526, -80.43415, -80.22852])),
            },
            likeliest=[11, 464, 262],
        ),
        Record(
            "Lokad/Onnx, GraphExecutionGpt2Tests.cs",
            "Hello, I am",
            [15496, 11, 314, 716],
            logits={
                0: {
                    0: -35.23624420,
                    1: -35.32659531,
                    2: -38.97534943,
                    3: -39.39067459,
                    4: -37.65318298,
                    5: -38.67243576,
                    6: -36.02489090,
                    7: -36.48415375,
                    100: -43.31263733,
                    384: -40.13024902,
                    385: -38.99939346,
                    1000: -40.74980927,
                    10000: -41.98722839,
                    50000: -44.11378098,
                }
            },
            mean=-111.89471436,
        ),
    ],
}
CLOSE = 1e-3  # the records are of single precision, and two of them differ by 4e-5


@torch.no_grad()
def verify(name):
    """Yield a line for each thing that is right; AssertionError at the first that is not."""
    model, tokenizer = published.load(name), published.load_tokenizer(name)
    count = model.num_parameters()
    assert count == papers.GPTS[name].parameters, f"{count:,} parameters"
    assert model.config == papers.GPTS[name].config, f"{model.config}"
    yield f"{count:,} parameters"
    if name != "gpt-1":
        assert tokenizer == gpt2_tokenizer(), "the tokenizer is another one"
        yield "the tokenizer of this course"
    for record in RECORDS.get(name, []):
        check(record, model, tokenizer)
        yield f"{record.text!r} as in {record.source}"
    # In double precision nothing but a mistake differs.
    yield f"{difference(name, model.double()):.0e} from transformers at most, in float64"


def check(record, model, tokenizer):
    special = {"allowed_special": tokenizer.special} if hasattr(tokenizer, "special") else {}
    ids = tokenizer.encode(record.text, **special)
    assert ids == record.prompt, f"{record.text!r} has the ids {ids}"
    idx = torch.tensor([record.prompt])
    logits = model(idx)[0]
    for t, values in record.logits.items():
        for i, value in values.items():
            assert abs(logits[t, i] - value) < CLOSE, f"logit {i} at {t} is {logits[t, i]}"
    if record.mean is not None:
        assert abs(logits.double().mean() - record.mean) < CLOSE, f"mean {logits.mean()}"
    if record.likeliest:
        assert logits.argmax(-1).tolist() == record.likeliest, f"{logits.argmax(-1).tolist()}"
    if record.greedy:
        more = len(record.greedy) - len(record.prompt)
        row = generate(model, idx, more, Sampling(temperature=0))[0].tolist()
        assert row == record.greedy, f"it goes on with {row}"


def difference(name, model):
    """The largest difference of logits from transformers', for random tokens; below 1e-8."""
    theirs = AutoModelForCausalLM.from_pretrained(published.NAMES[name], dtype=torch.float64).eval()
    V, T = model.config.vocab_size, min(64, model.config.block_size)
    idx = torch.randint(V, (2, T), generator=torch.Generator().manual_seed(0))
    most = float((model(idx) - theirs(idx).logits).abs().max())
    assert most < 1e-8, f"logits differ by {most}"
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=[*RECORDS], help=", ".join(published.NAMES))
    for name in parser.parse_args().names:
        for line in verify(name):
            print(f"{name}: {line}", flush=True)


if __name__ == "__main__":
    main()
