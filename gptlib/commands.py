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
from gptlib.config import RunConfig, check_whole
from gptlib.corpus import Corpus, Part
from gptlib.data import load_text
from gptlib.device import check_compile, find_device
from gptlib.documents import end_of
from gptlib.fit import fit
from gptlib.gpt import GPT
from gptlib.inference import lay_out, quantize
from gptlib.lora import LoRAGPT, merged
from gptlib.optim import learning_rate
from gptlib.pace import find_pace
from gptlib.papers import GPTS
from gptlib.published import NAMES, is_published, load, load_tokenizer
from gptlib.run import Run, check_seconds, steps_within
from gptlib.run_folder import RunFolder, facts, identity
from gptlib.settings import Evaluate, Generate, Resume, Summarize, Train
from gptlib.summary import summary
from gptlib.texts import absolute, load_parts, load_texts
from gptlib.tokenizer import CharTokenizer, TextTokenizer, Tokenizer
from gptlib.trial import decide, is_short
from gptlib.word_bpe import GPT1Tokenizer
from gptlib.writing import write

RATES = "optimizer", "learning_rate", "muon_rate"
SHARE = 0.5  # of a run's rates; in short trials more suited another kind of text, less the same
PUBLISHED_RATE = 6.25e-5  # of AdamW, GPT-1's for fine-tuning (Radford et al., 2018, section 4.1)
LORA_FACTOR = 3  # in a short trial so many times the rate was best for matrices of low rank


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
    start = find_start(settings)
    if start:
        settings = started(settings, given, start)
        given |= {"tokenizer"}

    def trial_run(settings: Train, texts: tuple[str, str]) -> Run:
        return make_run(settings, make_corpus(settings, texts, start), start)

    texts = read(settings)
    corpus = make_corpus(settings, texts, start)
    folder = RunFolder.new(settings.out, name_of(settings.text))
    if start:
        print(told_rates(settings.train))
    with folder.kept_if_it_can_be_resumed(), folder.locked():
        # To compile a model for each choice would take longer than the trial is worth.
        settings = find_pace(
            settings, given, lambda tried: make_run(replace(tried, compile=False), corpus, start)
        )
        if timed:
            steps = steps_within(settings.max_seconds, make_run(settings, corpus, start))
            settings = replace(with_steps(settings, steps), max_seconds=None)
        free = not {"tokenizer", "dropout", "max_iters"} <= given
        if free and is_short(corpus, settings.train):
            if timed:  # the trial takes half of the time at most
                settings = with_steps(settings, max(1, settings.train.max_iters // 2))
            settings = decide(settings, given, texts[0], trial_run)
            corpus = make_corpus(settings, texts, start)
        run = make_run(settings, corpus, start)
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
            corpus = read_again(settings, sha256, folder.read_last())
            run = make_run(settings, corpus)
            run.load(folder.last)
        elif folder.log.exists():
            raise ValueError(
                f"{asked.run!r} holds no {folder.last.name} to resume from: train its model on "
                "with --start"
            )
        else:  # interrupted before the first checkpoint
            start = find_start(settings)
            run = make_run(settings, read_again(settings, sha256, start), start)
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


def find_start(settings: Train) -> Checkpoint | None:
    """The model to start from; None if a new one is to be made.

    ValueError if there is none, and small matrices are to be trained beside its own.
    """
    if settings.start:
        return read_gpt(settings.start)
    if settings.lora is not None:
        raise ValueError(
            f"lora is {settings.lora}, but for a new model all is to be learned: "
            "leave it out, or name a trained model with --start"
        )
    return None


def started(settings: Train, given: frozenset[str], start: Checkpoint) -> Train:
    """The settings with those of the model to start from. ValueError if a flag says otherwise."""
    asked, model = settings.model, start.model.config
    if "dropout" in given:  # it belongs to training, not to the model's shape
        model = replace(model, dropout=asked.dropout)
    if "block_size" in given and asked.block_size < model.block_size:
        model = replace(model, block_size=asked.block_size)
    where = settings.start
    new = replace(
        settings,
        model=model,
        tokenizer=kind_of(start.tokenizer),
        start=where if where in NAMES else os.path.abspath(Path(where).expanduser()),
        train=fine_tuning(settings, given, start),
    )
    wanted, found = facts(settings, ""), facts(new, "")
    for name in sorted(given & found.keys() - {"start", "vocab_size"}):
        if wanted[name] != found[name]:
            raise ValueError(
                f"{name} is {wanted[name]!r}, and the model in {where!r} has "
                f"{found[name]!r}: leave it out, or train a new model"
            )
    return new


def fine_tuning(settings: Train, given: frozenset[str], start: Checkpoint) -> RunConfig:
    """How to train a trained model, as far as no flag says it: at lower rates than it was trained.

    ValueError for Muon with matrices of low rank.
    """
    train, before = settings.train, start.settings
    if is_published(settings.start):
        usual = {"optimizer": "adamw", "learning_rate": PUBLISHED_RATE}
    else:
        usual = {name: before.get(name, getattr(train, name)) for name in RATES}
        if before.get("lora"):
            usual["learning_rate"] /= LORA_FACTOR
        for name in ("learning_rate", "muon_rate"):
            usual[name] *= SHARE
    if settings.lora is not None:
        if "optimizer" in given and train.optimizer == "muon":
            raise ValueError("optimizer is 'muon', and --lora trains with 'adamw': leave one out")
        usual |= {"optimizer": "adamw", "learning_rate": LORA_FACTOR * usual["learning_rate"]}
    return replace(train, **{name: usual[name] for name in usual.keys() - given})


def told_rates(train: RunConfig) -> str:
    """A sentence on how fast a run trains."""
    muon = f" --muon-rate {train.muon_rate:.4g}" if train.optimizer == "muon" else ""
    return (
        f"this run uses --optimizer {train.optimizer} --learning-rate {train.learning_rate:.4g}"
        f"{muon}"
    )


def kind_of(tokenizer: Tokenizer) -> str:
    """What `--tokenizer` calls this one. ValueError for one of another kind."""
    if isinstance(tokenizer, CharTokenizer):
        return "chars"
    if isinstance(tokenizer, BPETokenizer):
        return "gpt2" if tokenizer == gpt2_tokenizer() else "bpe"
    if isinstance(tokenizer, GPT1Tokenizer):
        return "bpe"
    raise ValueError(
        f"the model's tokenizer is a {type(tokenizer).__name__}: give a model that main.py trained"
    )


def read_model(source: str) -> Checkpoint:
    """The best model of a run, or a published model: of a name in `NAMES`, or in a folder.

    A published model has taken 0 steps here, and its end is GPT-2's, if its tokenizer has that.
    ValueError if source is neither.
    """
    if is_published(source):
        tokenizer = load_tokenizer(source)
        return Checkpoint(load(source), tokenizer, 0, end_of(tokenizer))
    point = RunFolder(source).read_model()
    return replace(point, model=merged(point.model))


def read_gpt(source: str) -> Checkpoint:
    """The model of `read_model`. ValueError if it is not a GPT."""
    point = read_model(source)
    if not isinstance(point.model, GPT):
        raise ValueError(f"the model in {source!r} is a {type(point.model).__name__}: give a GPT")
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


def read_again(settings: Train, sha256: str, start: Checkpoint | None = None) -> Corpus:
    """The corpus that a run began with. ValueError if its text has moved or has changed."""
    try:
        texts = read(settings)
    except ValueError as error:
        raise ValueError(f"{error} (if the text has moved, say where it is with --text)") from None
    corpus = make_corpus(settings, texts, start)
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


def make_corpus(settings: Train, texts: tuple[str, str], start: Checkpoint | None = None) -> Corpus:
    """The corpus of the texts to train and to validate on, with the tokenizer of start if given."""
    tokenizer = start.tokenizer if start else settings.tokenizer
    model, tales = settings.model, settings.text == ("tales",) and not settings.valid
    # The tales have line breaks as tokens, and their floor is that of their exact letters.
    make = Corpus.of_tales if tales and is_exact(tokenizer) else Corpus.of_texts
    corpus = make(*texts, tokenizer, model.block_size, model.vocab_size)
    return corpus.to(settings.device)


def is_exact(tokenizer: str | TextTokenizer) -> bool:
    """Whether a tokenizer keeps capitals and line breaks, as all do but GPT-1's."""
    return isinstance(tokenizer, str) or tokenizer.normalize("A\n") == "A\n"


def make_run(settings: Train, corpus: Corpus, start: Checkpoint | None = None) -> Run:
    """A run with these settings, before its first step, with the parameters of start if given."""
    torch.manual_seed(settings.train.seed)
    config = replace(settings.model, vocab_size=corpus.tokenizer.vocab_size)
    model = GPT(config) if settings.lora is None else LoRAGPT(config, settings.lora)
    if start:
        tensors = start.model.state_dict()
        tensors["pos_emb.table"] = tensors["pos_emb.table"][: config.block_size]
        model.load_state_dict(model.state_dict() | tensors)
    model.to(settings.device)
    if settings.compile:
        check_compile(settings.device)
        model.compile()
    return Run(model, corpus, settings.train, identity(settings, corpus.sha256))


def with_steps(settings: Train, steps: int) -> Train:
    return replace(settings, train=replace(settings.train, max_iters=steps))


def generate(settings: Generate) -> None:
    """Print texts as a model writes them, each token as soon as it is drawn."""
    check_whole("num_samples", settings.num_samples, 1)
    device = find_device(settings.device or ("cpu" if settings.int8 else ""))
    cpu = torch.device(device).type == "cpu"
    if settings.int8 and not cpu:
        raise ValueError(f"int8 is for a CPU, and device is {device!r}: leave one of them out")
    point = read_gpt(settings.run) if settings.int8 else read_model(settings.run)
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
    part = part_to_evaluate(settings, point)
    if len(part.ids) < 2:
        raise ValueError("the text has 1 token: give a longer one")
    model, block_size = point.model.to(device), point.model.config.block_size
    nats = part.to(device).score(model, settings.batch_size, block_size)
    predicted, end = part.ids[1:].tolist(), end_of(tokenizer)  # the first is not predicted
    # What parts documents is predicted, and no part of their text.
    tokens, text = len(predicted), tokenizer.decode([i for i in predicted if i != end])
    read = "" if is_exact(tokenizer) else " of the text as it reads it, unlike other models"
    print(f"{nats * tokens / len(text):.4f} nats per character{read}")
    print(f"{nats * tokens / math.log(2) / len(text.encode()):.4f} bits per byte{read}")
    print(f"{math.exp(nats):.4f} perplexity per token")
    print(f"over {len(text):,} characters in {tokens:,} tokens")


def part_to_evaluate(settings: Evaluate, point: Checkpoint) -> Part:
    """The text that the settings name, as tokens; that on which the run was validated if none."""
    published = is_published(settings.run)
    if settings.text:
        text = point.tokenizer.normalize(load_texts(settings.text))
        if not published:
            return Part.of(text, point.tokenizer, point.end)
        part = Part.of(text, point.tokenizer)
        # A text began after this token when GPT-2 was trained, but had none inside.
        led = [] if point.end is None else [point.end]
        return replace(part, ids=torch.cat([torch.tensor(led, dtype=torch.int64), part.ids]))
    if published:
        raise ValueError(f"{settings.run!r} has no validation text here: name a text with --text")
    return read_again(*RunFolder(settings.run).read_config(Train), point).valid


def show(settings: Summarize) -> None:
    """Print the table of a model's layers."""
    run = settings.run
    if run in GPTS:
        with torch.device("meta"):  # only shapes are needed, not gigabytes of parameters
            model = GPT(GPTS[run].config)
    elif is_published(run) or RunFolder(run).model.is_file():
        model = read_model(run).model
    else:
        raise ValueError(f"{run!r} is not a run: give the folder of one, or {', '.join(GPTS)}")
    print(summary(model, settings.tokens))
