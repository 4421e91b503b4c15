"""The commands of `main.py`: train, resume, generate, evaluate, summary."""

import math
import os
import re
from dataclasses import replace
from pathlib import Path

import torch

from gptlib.board import find_writer
from gptlib.bpe import BYTES, BPETokenizer, gpt2_tokenizer
from gptlib.checkpoint import Checkpoint
from gptlib.config import check_whole
from gptlib.corpus import Corpus, Part
from gptlib.data import load_text
from gptlib.device import check_compile, find_device
from gptlib.fit import fit
from gptlib.gpt import GPT
from gptlib.inference import lay_out, quantize
from gptlib.optim import learning_rate
from gptlib.pace import find_pace
from gptlib.papers import GPTS
from gptlib.run import Run, check_seconds, steps_within
from gptlib.run_folder import RunFolder, facts, identity
from gptlib.settings import Evaluate, Generate, Resume, Summarize, Train
from gptlib.summary import summary
from gptlib.texts import absolute, load_parts, load_texts
from gptlib.tokenizer import CharTokenizer, TextTokenizer, Tokenizer
from gptlib.trial import decide, is_short
from gptlib.writing import write


def begin(settings: Train, given: frozenset[str] = frozenset()) -> None:
    """Train a model, saving everything in a new folder, and write a sample.

    given: names of the settings that are not to be changed by a trial
    """
    check_alone()
    check_whole("threads", settings.threads, 0, 1024)
    if settings.tokenizer == "bpe":
        check_whole("vocab_size", settings.model.vocab_size, len(BYTES))
    timed = settings.max_seconds is not None
    if timed:
        check_seconds(settings.max_seconds)
    writer = find_writer() if settings.tensorboard else None
    settings = replace(settings, device=find_device(settings.device))
    if settings.start:
        settings = started(settings, given)
        given |= {"tokenizer"}
    texts = read(settings)
    corpus = make_corpus(settings, texts)
    folder = RunFolder.new(settings.out, name_of(settings.text))
    with folder.kept_if_it_can_be_resumed(), folder.locked():
        # To compile a model for each choice would take longer than the trial is worth.
        settings = find_pace(
            settings, given, lambda tried: make_run(replace(tried, compile=False), corpus)
        )
        if timed:
            steps = steps_within(settings.max_seconds, make_run(settings, corpus))
            settings = replace(with_steps(settings, steps), max_seconds=None)
        free = not {"tokenizer", "dropout", "max_iters"} <= given
        if free and is_short(corpus, settings.train):
            if timed:  # the trial takes half of the time at most
                settings = with_steps(settings, max(1, settings.train.max_iters // 2))
            settings = decide(settings, given, texts[0], trial_run)
            corpus = make_corpus(settings, texts)
        run = make_run(settings, corpus)
        run.measure()
        settings = with_files(settings, folder)
        folder.write_config(facts(replace(settings, out=""), corpus.sha256))
        fit(run, folder, corpus.landmarks(), writer)


def resume(asked: Resume) -> None:
    """Take the remaining steps of a run, or more of them, in its folder."""
    check_alone()
    folder = RunFolder(asked.run)
    before, sha256 = folder.read_config(Train)
    longer = {"max_iters": asked.max_iters, "patience": asked.patience}
    longer = {name: value for name, value in longer.items() if value is not None}
    settings = replace(
        before,
        text=asked.text or before.text,
        valid=asked.valid or before.valid,
        device=find_device(asked.device or before.device),
        train=replace(before.train, **longer),
    )
    writer = find_writer() if settings.tensorboard else None
    with folder.locked():
        if folder.last.exists():
            corpus = read_again(settings, sha256, folder.read_last().tokenizer)
            run = make_run(replace(settings, start=""), corpus)
            run.load(folder.last)
        elif folder.log.exists():
            raise ValueError(
                f"{asked.run!r} holds no {folder.last.name} to resume from: train its model on "
                "with --start"
            )
        else:  # interrupted before the first checkpoint
            run = make_run(settings, read_again(settings, sha256))
            run.measure()
        check_steps(run, folder)
        if run.config.max_iters != before.train.max_iters:
            share = learning_rate(run.step, run.config) / run.config.learning_rate
            print(
                f"{run.step:,} of now {run.config.max_iters:,} steps are done. From here on the "
                f"learning rates are those of a run of that length: {share:.0%} of their peak"
            )
        settings = with_files(settings, folder)
        if settings != before:
            folder.write_config(facts(settings, sha256))
        fit(run, folder, run.corpus.landmarks(), writer)


def check_steps(run: Run, folder: RunFolder) -> None:
    """ValueError if a run has no step left to take, and its score is known."""
    if run.step > run.config.max_iters:
        raise ValueError(
            f"max_iters is {run.config.max_iters}, and {run.step} steps are done: give more"
        )
    if run.over and folder.finished:
        more = ["a larger --max-iters"] * (run.step == run.config.max_iters)
        more += ["--patience 0"] * run.impatient
        raise ValueError(
            f"the run in {str(folder.path)!r} is finished, after {run.step} steps: "
            f"go on with {' and '.join(more)}, or start a new run"
        )


def started(settings: Train, given: frozenset[str]) -> Train:
    """The settings with those of the model to start from. ValueError if a flag says otherwise."""
    path = os.path.abspath(Path(settings.start).expanduser())
    point = read_gpt(path)
    model = point.model.config
    if "dropout" in given:  # it belongs to training, not to the model's shape
        model = replace(model, dropout=settings.model.dropout)
    new = replace(settings, model=model, tokenizer=kind_of(point.tokenizer), start=path)
    wanted, found = facts(settings, ""), facts(new, "")
    for name in sorted(given & found.keys() - {"start", "vocab_size"}):
        if wanted[name] != found[name]:
            raise ValueError(
                f"{name} is {wanted[name]!r}, and the model in {settings.start!r} has "
                f"{found[name]!r}: leave it out, or train a new model"
            )
    return new


def kind_of(tokenizer: Tokenizer) -> str:
    """What `--tokenizer` calls this one. ValueError for one of another kind."""
    if isinstance(tokenizer, CharTokenizer):
        return "chars"
    if isinstance(tokenizer, BPETokenizer):
        return "gpt2" if tokenizer == gpt2_tokenizer() else "bpe"
    raise ValueError(
        f"the model's tokenizer is a {type(tokenizer).__name__}: give a model that main.py trained"
    )


def read_gpt(path: str) -> Checkpoint:
    """The best model of a run. ValueError if it is not a GPT."""
    point = RunFolder(path).read_model()
    if not isinstance(point.model, GPT):
        raise ValueError(f"the model in {path!r} is a {type(point.model).__name__}: give a GPT")
    return point


def with_files(settings: Train, folder: RunFolder) -> Train:
    """The settings with the full paths of all texts; what came from standard input is kept."""
    for name in ("text", "valid"):
        sources = getattr(settings, name)
        paths = absolute(sources)
        if "-" in sources:
            paths = (folder.write_text(f"{name}.txt", load_texts(sources)),)
        settings = replace(settings, **{name: paths})
    return settings


def read_again(settings: Train, sha256: str, tokenizer: TextTokenizer | None = None) -> Corpus:
    """The corpus that a run began with. ValueError if its text has moved or has changed."""
    try:
        texts = read(settings)
    except ValueError as error:
        raise ValueError(f"{error} (if the text has moved, say where it is with --text)") from None
    corpus = make_corpus(settings, texts, tokenizer)
    if corpus.sha256 != sha256:
        raise ValueError(
            f"{' '.join(settings.text)!r} is not the text that the run began with: "
            "bring that back, or start a new run"
        )
    return corpus


def check_alone() -> None:
    """ValueError if this is one of several processes that were started to train together."""
    if "RANK" in os.environ:
        raise ValueError(
            f"RANK is {os.environ['RANK']}, as torchrun sets it, and training in several processes "
            "is not supported: start main.py without torchrun"
        )


def name_of(sources: tuple[str, ...]) -> str:
    """A name for the run of a text: that of its first file."""
    return re.sub(r"[^\w. -]", "", Path(sources[0]).stem).strip("-. ") or "text"


def read(settings: Train) -> tuple[str, str]:
    """The texts to train on and to validate on."""
    if "-" in settings.text and "-" in settings.valid:
        raise ValueError("standard input is one text: give a file to validate on, or leave it out")
    return load_parts(settings.text, settings.valid, settings.split, settings.train.seed)


def make_corpus(
    settings: Train, texts: tuple[str, str], tokenizer: TextTokenizer | None = None
) -> Corpus:
    """The corpus of the texts to train and to validate on; a new tokenizer unless one is given."""
    if settings.start and tokenizer is None:
        tokenizer = RunFolder(settings.start).read_model().tokenizer
    tokenizer = tokenizer or settings.tokenizer
    model, tales = settings.model, settings.text == ("tales",) and not settings.valid
    make = Corpus.of_tales if tales else Corpus.of_texts
    corpus = make(*texts, tokenizer, model.block_size, model.vocab_size)
    return corpus.to(settings.device)


def make_run(settings: Train, corpus: Corpus) -> Run:
    """A run with these settings, before its first step."""
    torch.manual_seed(settings.train.seed)
    model = GPT(replace(settings.model, vocab_size=corpus.tokenizer.vocab_size))
    if settings.start:
        model.load_state_dict(RunFolder(settings.start).read_model().model.state_dict())
    model.to(settings.device)
    if settings.compile:
        check_compile(settings.device)
        model.compile()
    return Run(model, corpus, settings.train, identity(settings, corpus.sha256))


def trial_run(settings: Train, texts: tuple[str, str]) -> Run:
    """A run on other texts than those that the settings name."""
    return make_run(settings, make_corpus(settings, texts))


def with_steps(settings: Train, steps: int) -> Train:
    return replace(settings, train=replace(settings.train, max_iters=steps))


def generate(settings: Generate) -> None:
    """Print texts as a model writes them, each token as soon as it is drawn."""
    check_whole("num_samples", settings.num_samples, 1)
    device = find_device(settings.device or ("cpu" if settings.int8 else ""))
    cpu = torch.device(device).type == "cpu"
    if settings.int8 and not cpu:
        raise ValueError(f"int8 is for a CPU, and device is {device!r}: leave one of them out")
    point = read_gpt(settings.run) if settings.int8 else RunFolder(settings.run).read_model()
    model = point.model.to(device)
    if cpu:
        model = quantize(model) if settings.int8 else lay_out(model)
    prompt = load_text("-").rstrip("\n") if settings.prompt == "-" else settings.prompt
    for k in range(settings.num_samples):
        if k > 0:
            print("\n---")
        how = settings.max_new_tokens, settings.sampling, settings.seed + k, point.end
        for part in write(model, point.tokenizer, prompt, *how):
            print(part, end="", flush=True)
        print()


def evaluate(settings: Evaluate) -> None:
    """Print a model's loss on a text in three units."""
    check_whole("batch_size", settings.batch_size, 1)
    point = read_gpt(settings.run)
    tokenizer, device = point.tokenizer, find_device(settings.device)
    if settings.text:
        text = tokenizer.normalize(load_texts(settings.text))
        part = Part.of(text, tokenizer, point.end)
    else:
        part = read_again(*RunFolder(settings.run).read_config(Train), tokenizer).valid
    if len(part.ids) < 2:
        raise ValueError("the text has 1 token: give a longer one")
    model, block_size = point.model.to(device), point.model.config.block_size
    nats = part.to(device).score(model, settings.batch_size, block_size)
    tokens, text = len(part.ids) - 1, tokenizer.decode(part.ids[1:])  # the first is not predicted
    print(f"{nats * tokens / len(text):.4f} nats per character")
    print(f"{nats * tokens / math.log(2) / len(text.encode()):.4f} bits per byte")
    print(f"{math.exp(nats):.4f} perplexity per token")
    print(f"over {len(text):,} characters in {tokens:,} tokens")


def show(settings: Summarize) -> None:
    """Print the table of a model's layers."""
    run = settings.run
    if run in GPTS:
        with torch.device("meta"):  # only shapes are needed, not gigabytes of parameters
            model = GPT(GPTS[run].config)
    elif RunFolder(run).model.is_file():
        model = RunFolder(run).read_model().model
    else:
        raise ValueError(f"{run!r} is not a run: give the folder of one, or {', '.join(GPTS)}")
    print(summary(model, settings.tokens))
