"""Notebook 09's exercises: right forms pass, and each wrong answer that a check knows is told."""

import copy
import math
import re
import runpy
from bisect import bisect_right
from collections import Counter
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from exercise_checks import assert_refused
from torch import nn

from gptlib import exercises
from gptlib.config import GPTConfig
from gptlib.documents import packed_windows
from gptlib.exercises import (
    NOT_YET,
    RIGHT,
    gpt2,
    gpt2_answered,
    gpt2_overlap,
    gpt2_packing,
)
from gptlib.gpt import GPT

SOLUTIONS = Path(__file__).parent.parent / "notebooks" / "solutions"
ANSWERS = runpy.run_path(str(SOLUTIONS / "09_gpt2.py"))
NAMES = ["residual_scaling", "packed_rows", "answered", "overlap"]


@pytest.mark.parametrize("name", NAMES)
def test_the_solutions_are_right_and_stubs_are_not_yet(name):
    check = getattr(exercises, f"check_{name}")
    assert check(ANSWERS[f"my_{name}"]) == RIGHT
    assert check(lambda *_: None) == NOT_YET


@pytest.mark.parametrize("name", NAMES)
def test_code_that_stops_is_shown_with_its_line(name):
    def mine(*given):
        return given[9]

    says = getattr(exercises, f"check_{name}")(mine)
    line = mine.__code__.co_firstlineno + 1
    assert says.startswith(f"Your code stops at line {line}, `return given[9]`, with IndexError")


# The matrices that write into the stream.


def scaled(
    chosen=lambda name: name.endswith("proj.weight"),
    factor=lambda N, n: 1 / math.sqrt(2 * N),
    times=1,
):
    """Multiply the chosen parameters, those of block n by a factor of it and of n_layer."""

    @torch.no_grad()
    def mine(model):
        N = model.config.n_layer
        for _ in range(times):
            for name, p in model.named_parameters():
                n = int(name.split(".")[1]) if "blocks" in name else 0
                if chosen(name):
                    p.mul_(factor(N, n))
        return model

    return mine


def with_bias(name):
    return "proj" in name


def matrices(name):
    return name.endswith("weight") and "ln_" not in name


def a_copy(model):
    return scaled()(copy.deepcopy(model))


def both(model):
    scaled()(model)
    return copy.deepcopy(model)


def new_names(model):
    for p in model.parameters():
        p = p * 0.4
    return model


def no_return(model):
    scaled()(model)


def with_gradients(model):
    for block in model.blocks:
        block.attn.proj.weight *= 0.4
    return model


def tensors(model):
    for block in model.blocks:
        block.attn.proj.weight = block.attn.proj.weight * 0.4
    return model


def new_parameters(model):
    for block in model.blocks:
        for layer in (block.attn.proj, block.mlp.proj):
            layer.weight = nn.Parameter(layer.weight / (2 * model.config.n_layer) ** 0.5)
    return model


def by_data(model):
    for block in model.blocks:
        block.attn.proj.weight.data /= math.sqrt(2 * len(model.blocks))
        block.mlp.proj.weight.data /= math.sqrt(2 * len(model.blocks))
    return model


def by_state(model):
    state = model.state_dict()
    for name, p in state.items():
        if name.endswith(("attn.proj.weight", "mlp.proj.weight")):
            state[name] = p * (2 * model.config.n_layer) ** -0.5
    model.load_state_dict(state)
    return model


def drawn(model):
    for block in model.blocks:
        for layer in (block.attn.proj, block.mlp.proj):
            nn.init.normal_(layer.weight, std=0.02 / math.sqrt(2 * len(model.blocks)))
    return model


def frozen(model):
    for name, p in scaled()(model).named_parameters():
        p.requires_grad_(not name.endswith("proj.weight"))
    return model


def without_mlp(model):
    for block in scaled()(model).blocks:
        block.mlp = nn.Identity()
    return model


def turned(model):
    for block in model.blocks:
        block.mlp.proj.weight = nn.Parameter(block.mlp.proj.weight.T)
    return model


def once_for_each_block(model):
    with torch.no_grad():
        for _ in model.blocks:
            scaled()(model)
    return model


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (scaled(), RIGHT),
        (by_data, RIGHT),
        (by_state, RIGHT),
        (new_parameters, RIGHT),
        (lambda model: scaled()(model.float()), RIGHT),
        (scaled(factor=lambda N, n: N**-0.5), "You divide by sqrt(n_layer): two layers"),
        (scaled(factor=lambda N, n: 1 / (2 * N)), "is sqrt missing, or is each matrix multiplied"),
        (scaled(times=2), "is sqrt missing, or is each matrix multiplied twice?"),
        (scaled(factor=lambda N, n: 1 / N), "You divide by n_layer"),
        (scaled(factor=lambda N, n: (2 * N) ** 0.5), "Your matrices grow"),
        (scaled(factor=lambda N, n: N**0.5), "Your matrices grow"),
        (scaled(factor=lambda N, n: 2 * N), "Your matrices grow"),
        (scaled(factor=lambda N, n: 0.5**0.5), "You divide by sqrt(2)"),
        (scaled(factor=lambda N, n: math.sqrt(2 / N)), "The 2 belongs below"),
        (scaled(factor=lambda N, n: 1 / (2 * math.sqrt(N))), "The 2 belongs under the root"),
        (scaled(factor=lambda N, n: 24**-0.5), "You count 12 blocks"),
        (scaled(factor=lambda N, n: 12**-0.5), "You count 12 blocks"),
        (scaled(factor=lambda N, n: 0.02 / math.sqrt(2 * N)), "You multiply by init_std once more"),
        (scaled(factor=lambda N, n: (2 * n + 2) ** -0.5), "each block by its own number"),
        (once_for_each_block, "once for each block"),
        (scaled(factor=lambda N, n: 10**-0.5), "For n_layer = 3 the factor should be 0.408248"),
        (scaled(factor=lambda N, n: 0.3), "attn.proj.weight is multiplied by 0.3."),
        (
            scaled(lambda name: name.endswith("attn.proj.weight")),
            "You scale attn.proj alone: mlp.proj writes",
        ),
        (
            scaled(lambda name: name.endswith("mlp.proj.weight")),
            "You scale mlp.proj alone: attn.proj writes",
        ),
        (scaled(with_bias), "You scale biases, too"),
        (scaled(matrices), "You scale every matrix of a block"),
        (scaled(lambda name: "blocks" in name and matrices(name)), "every matrix of a block"),
        (scaled(lambda name: True), "You scale every matrix of a block"),
        (
            scaled(lambda name: name.endswith("attn.proj.weight") or "mlp" in name),
            "You scale mlp.fc, too",
        ),
        (scaled(lambda name: "mlp" in name), "You scale mlp.fc, too"),
        (scaled(lambda name: "attn" in name and matrices(name)), "queries, keys or values, too"),
        (
            scaled(lambda name: "emb" in name or name.endswith("proj.weight")),
            "You scale an embedding",
        ),
        (
            scaled(lambda name: "lm_head" in name or name.endswith("proj.weight")),
            "You scale lm_head",
        ),
        (scaled(lambda name: "ln_" in name or "proj.weight" in name), "You scale norms"),
        (scaled(lambda name: name.endswith("fc.bias")), "You change blocks.0.mlp.fc.bias, too"),
        (
            scaled(lambda name: "blocks.0" in name and "proj.weight" in name),
            "blocks.1.attn.proj.weight is as it was",
        ),
        (
            scaled(lambda name: name[7] in "01234" and "proj.weight" in name, times=0),
            "Nothing is changed",
        ),
        (new_names, "Nothing is changed. (p = p * factor makes a new tensor"),
        (lambda model: model, "Nothing is changed"),
        (a_copy, "You return another model, such as a copy"),
        (both, "You change the model, but return another"),
        (no_return, "Return the model: yours is None."),
        (lambda model: scaled()(model).state_dict(), "Return the model: yours is a OrderedDict"),
        (with_gradients, "Change a parameter in place, as in p.mul_(factor), under torch.no_grad"),
        (tensors, "Change a parameter in place, as in p.mul_(factor), under torch.no_grad"),
        (drawn, "blocks.0.attn.proj.weight is no multiple of what it was"),
        (frozen, "A parameter will not learn any more"),
        (without_mlp, "The model has no parameter blocks.0.mlp.fc.weight any more"),
        (turned, "blocks.0.mlp.proj.weight has another shape than before"),
    ],
)
def test_residual_scaling(mine, says):
    assert says in exercises.check_residual_scaling(mine)


def test_a_scaled_model_is_drawn_like_one_of_the_library():
    sizes = {"n_layer": 3, "n_head": 2, "n_embd": 8, "block_size": 4}
    torch.manual_seed(0)
    mine = ANSWERS["my_residual_scaling"](GPT(GPTConfig(11, **sizes, scale_residual=False)))
    torch.manual_seed(0)
    theirs = GPT(GPTConfig(11, **sizes))
    for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-6, atol=0)


def test_no_two_factors_are_the_same():
    found = [[by(5, n) for n in range(5)] for by, _ in gpt2.FACTORS] + [[10**-0.5] * 5]
    for one, other in combinations(found, 2):
        assert any(abs(x / y - 1) > 1e-3 for x, y in zip(one, other, strict=True))


# Documents packed into rows.


def joined(documents, end):
    ids = [end, *chain.from_iterable([*document, end] for document in documents)]
    return ids, [i for i, x in enumerate(ids) if x == end]


def packed(
    follow=lambda edges, start, stop: edges[bisect_right(edges, stop) - 1],
    first=0,
    size=lambda T: T + 1,
    step=lambda T: T,
    stream=joined,
    finish=lambda rows, rest, T, end, ids: rows,
):
    """Rows with one thing done in its own way."""

    def mine(documents, T, end):
        ids, edges = stream(documents, end)
        rows, start = [], first if isinstance(first, int) else first(edges)
        while start + step(T) < len(ids):
            rows.append(ids[start : start + size(T)])
            start = follow(edges, start, start + step(T))
        rows = finish(rows, ids[start:], T, end, ids)
        try:
            return torch.tensor(rows)
        except ValueError:  # of different lengths
            return rows

    return mine


def later(edges, place):
    return next((edge for edge in edges if edge >= place), edges[-1] + 1)


def whole(edges, start, stop):
    return edges[bisect_right(edges, stop) - 1]


def without_first_end(documents, end):
    ids, edges = joined(documents, end)
    return ids[1:], [0, *(edge - 1 for edge in edges[1:])]


def pad(row, T, value):
    return row + [value] * (T + 1 - len(row))


def padded(value=None):
    def finish(rows, rest, T, end, ids):
        value_ = end if value is None else value
        return rows + ([pad(rest, T, value_)] if len(rest) > 1 else [])

    return packed(finish=finish)


def holed(value, last):
    """As many whole documents in a row as fit, and then padding."""

    def mine(documents, T, end):
        rows, row = [], [end]
        for document in documents:
            if len(row) + len(document) + 1 > T + 1:
                rows.append(pad(row, T, value))
                row = [end]
            row = [*row, *document, end]
        return torch.tensor(rows + [pad(row, T, value)] if last else rows)

    return mine


def alone(documents, T, end):
    return torch.tensor([pad([end, *document, end], T, end) for document in documents])


def two_ends(documents, T, end):
    ids = [x for document in documents for x in (end, *document, end)]
    return torch.tensor([ids[i : i + T + 1] for i in range(0, len(ids) - T, T)])


def no_ends(documents, T, end):
    ids = [end, *chain.from_iterable(documents)]
    return torch.tensor([[end, *ids[i : i + T]] for i in range(1, len(ids) - T, T)])


def changing(documents, T, end):
    rows = packed()(documents, T, end)
    documents[0].append(end)
    return rows


def by_windows(documents, T, end):
    ids, edges = joined(documents, end)
    rows = [ids[start : stop + 1] for start, stop in packed_windows(edges, T)]
    return torch.tensor([row for row in rows if len(row) == T + 1])


def for_six(documents, T, end):
    return packed()(documents, min(T, 6), end)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (packed(), RIGHT),
        (by_windows, RIGHT),
        (lambda *given: packed()(*given).int(), RIGHT),
        (packed(lambda edges, start, stop: stop), "You cut in the middle of documents"),
        (packed(lambda edges, start, stop: stop + 1), "You cut in the middle of documents"),
        (
            packed(
                lambda edges, start, stop: stop,
                finish=lambda rows, rest, T, end, ids: [*rows, pad(rest, T, 0)],
            ),
            "You cut in the middle of documents",
        ),
        (packed(lambda *given: whole(*given) + 1, 1), "begin with a document's first token"),
        (
            packed(lambda *given: whole(*given) + 1),
            "All your rows but the first begin with a document's first token",
        ),
        (packed(stream=without_first_end), "Your first row begins without an end token"),
        (packed(first=lambda edges: edges[1]), "The first document is missing"),
        (packed(lambda edges, start, stop: later(edges, stop)), "A document is lost"),
        (packed(lambda edges, start, stop: later(edges, stop + 1)), "A document is lost"),
        (
            packed(lambda edges, start, stop: whole(edges, start, stop - 1)),
            "You repeat a document that a row holds whole",
        ),
        (
            packed(lambda edges, start, stop: whole(edges, start, stop + 1)),
            "You take a document for whole without its end token",
        ),
        (
            packed(lambda edges, start, stop: later(edges, start + 1)),
            "A row begins with each of your documents",
        ),
        (packed(size=lambda T: T), "Your rows have T tokens"),
        (packed(size=lambda T: T, step=lambda T: T - 1), "Your rows have T tokens"),
        (packed(size=lambda T: T + 2, step=lambda T: T + 1), "Your rows have T + 2 tokens"),
        (lambda *given: packed()(*given)[:1], "That is the first row alone"),
        (
            packed(finish=lambda rows, rest, *given: rows[:-1] if len(rest) == 1 else rows),
            "Your last row is missing",
        ),
        (
            packed(finish=lambda rows, rest, *given: rows + [rest] * (len(rest) > 1)),
            "Your last row has fewer than T + 1 tokens",
        ),
        (
            packed(finish=lambda rows, rest, T, end, ids: rows + [ids[-T - 1 :]] * (len(rest) > 1)),
            "Your last row is moved back",
        ),
        (padded(), "You pad the last row"),
        (padded(0), "You pad the last row"),
        (padded(-100), "You pad the last row"),
        (padded(-1), "You pad the last row"),
        (holed(0, True), "You pad rows after their last whole document"),
        (holed(-100, False), "You pad rows after their last whole document"),
        (alone, "Each of your rows holds one document"),
        (two_ends, "Two end tokens stand side by side"),
        (no_ends, "The end tokens between the documents are missing"),
        (changing, "You change the documents that you are given"),
        (lambda *given: packed()(*given).tolist(), "Your rows are right: now make a tensor"),
        (lambda *given: list(packed()(*given)), "Your rows are right: now make a tensor"),
        (lambda *given: packed()(*given).float(), "Yours holds torch.float32"),
        (lambda *given: packed()(*given).flatten(), "Return rows, a tensor of shape (N, T + 1)"),
        (lambda *given: packed()(*given).tolist()[0], "Return rows, a tensor of shape (N, T + 1)"),
        (
            lambda *given: (packed()(*given)[:, :-1], packed()(*given)[:, 1:]),
            "Return the rows alone",
        ),
        (lambda *given: packed()(*given).numpy(), "yours is an array of shape (4, 7)"),
        (lambda *given: packed()(*given).mT, "One of your rows has 4 tokens: for T = 6 each has 7"),
        (lambda *given: packed()(*given).roll(1, 1), "One of your rows begins with 5, not with"),
        (lambda *given: packed()(*given).flip(0), "it should be [[9, 1, 2, 9, 3, 4, 5], "),
        (lambda *given: torch.zeros(0, 7).long(), "it should be [[9, 1, 2, 9, 3, 4, 5], "),
        (lambda *given: [], "it should be [[9, 1, 2, 9, 3, 4, 5], "),
        (for_six, "One of your rows has 7 tokens: for T = 7 each has 8"),
    ],
)
def test_packed_rows(mine, says):
    assert says in exercises.check_packed_rows(mine)


def test_the_checks_rows_are_the_librarys_windows():
    for case in [*gpt2_packing.PACKED, gpt2_packing.FULL]:
        assert gpt2_packing._packed(*case) == by_windows(*case).tolist()


def test_the_cases_of_rows_tell_all_mistakes_apart():
    named = [({}, RIGHT)]
    named += [({"cut": name}, says) for name, says in gpt2_packing.CUTS.items()]
    named += [({"made": name}, says) for name, says in gpt2_packing.ROWS.items()]
    apart(
        ([gpt2_packing._packed(*case, **how) for case in gpt2_packing.PACKED], says)
        for how, says in named
    )


def apart(found):
    """No two mistakes give the same, or else the same is said of both."""
    for (one, says), (other, others) in combinations(found, 2):
        assert one != other or says == others


# Answers that a model would have written.


def compared(row=-1, place=0, over=lambda answer, ids: answer, judged=all):
    """Compare what rows say with what stands at places, over some range."""

    def mine(logits, ids, answer):
        said = logits.argmax(dim=1)
        places = over(answer, ids)
        return judged([bool(said[t + row] == ids[t + place]) for t in places])

    return mine


def probable(judged):
    def mine(logits, ids, answer):
        probs = logits.softmax(dim=1)
        return judged([probs[t - 1, ids[t]] for t in answer])

    return mine


def sliced(logits, ids, answer):
    said = logits[answer.start - 1 : answer.stop - 1].argmax(dim=1)
    return torch.equal(said, ids[answer.start : answer.stop])


def likeliest(logits, ids, answer):
    return (logits[:-1].argmax(-1) == ids[1:])[[t - 1 for t in answer]]


def at_the_end(logits, ids, answer):
    return compared()(logits, ids, answer) and answer.stop < len(ids)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (compared(), RIGHT),
        (sliced, RIGHT),
        (lambda *given: likeliest(*given).all(), RIGHT),
        (lambda *given: likeliest(*given).all()[None], RIGHT),
        (lambda *given: np.all(likeliest(*given).numpy()), RIGHT),
        (compared(row=0), "You compare each token with what the model says after it"),
        (compared(place=-1), "You compare each token with what the model says after it"),
        (compared(row=1), "You look the wrong way"),
        (compared(row=-2), "You go back too far"),
        (compared(0, 1), "Your places are one too late"),
        (compared(-2, -1), "Your places are one too early"),
        (compared(judged=lambda right: right[0]), "You look at the first token alone"),
        (compared(judged=lambda right: right[-1]), "You look at the last token alone"),
        (compared(judged=any), "One right token is enough for yours"),
        (compared(judged=lambda right: sum(right) > len(right) / 2), "Most are enough"),
        (probable(lambda probs: all(p > 0.5 for p in probs)), "may have less than 1/2"),
        (probable(lambda probs: all(p >= 0.5 for p in probs)), "may have less than 1/2"),
        (probable(lambda probs: bool(math.prod(probs) > 0.5)), "may have less than 1/2"),
        (compared(over=lambda a, ids: range(a.start, a.stop + 1)), "the token after the answer"),
        (compared(over=lambda a, ids: range(a.start - 1, a.stop)), "the token before the answer"),
        (compared(over=lambda a, ids: a[:-1]), "You leave out the answer's last token"),
        (compared(over=lambda a, ids: a[1:]), "You leave out the answer's first token"),
        (compared(over=lambda a, ids: range(1, len(ids))), "You compare all of ids"),
        (lambda *given: not compared()(*given), "Yours is the wrong way round"),
        (lambda *given: True, "Yours is always True"),
        (lambda *given: False, "Yours is always False"),
        (likeliest, "Return one value, not one for each token"),
        (lambda *given: likeliest(*given).tolist(), "Return one value, not one for each token"),
        (lambda *given: likeliest(*given).sum(), "Return True or False: yours is the number 3."),
        (lambda *given: 1, "Return True or False: yours is the number 1."),
        (lambda *given: "True", "Return True or False: yours is a string."),
        (at_the_end, "For ids = [1, 3, 2, 0] and answer = range(2, 4), if the likeliest after"),
        (lambda x, ids, a: len(a) == 3, "it should be False, but yours is True."),
    ],
)
def test_answered(mine, says):
    assert says in exercises.check_answered(mine)


def test_the_cases_of_answers_are_what_they_say_and_tell_all_mistakes_apart():
    given = []
    for ids, said, p, answer in gpt2_answered.ASKED:
        logits = gpt2_answered._logits(said, p)
        assert logits.argmax(1).tolist() == said
        torch.testing.assert_close(
            logits.softmax(1).amax(1), torch.full((len(ids),), p, dtype=torch.float64)
        )
        given.append((logits, torch.tensor(ids), answer))
    mistakes = [(gpt2_answered._answered, RIGHT), *gpt2_answered.ANSWERED_WRONGLY]
    apart(([by(*one) for one in given], says) for by, says in mistakes)


# The share of n-grams.


def words_of(text):
    return re.findall(r"\w+", text.lower())


def grams_of(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def overlap(
    words=words_of,
    grams=grams_of,
    known=lambda per_text: set(chain.from_iterable(per_text)),
    share=lambda own, known: sum(gram in known for gram in own) / len(own),
    texts_words=None,
    joined=lambda texts: texts,
):
    """The share with one thing done in its own way."""

    def mine(text, texts, n=8):
        own = grams(words(text), n)
        per_text = [grams((texts_words or words)(other), n) for other in joined(texts)]
        return share(own, known(per_text)) if own else 0.0

    return mine


right = overlap()


def per_text(mean):
    def mine(text, texts, n=8):
        return mean([right(text, [other], n) for other in texts]) if texts else 0.0

    return mine


def inside(text, texts, n=8):
    own = grams_of(words_of(text), n)
    strings = [" ".join(words_of(other)) for other in texts]
    found = [any(" ".join(gram) in string for string in strings) for gram in own]
    return sum(found) / max(1, len(found))


def across(text, texts, n=8):
    return right(text, [" ".join(texts)], n)


def undivided(text, texts, n=8):
    own, known = grams_of(words_of(text), n), {g for t in texts for g in grams_of(words_of(t), n)}
    return sum(gram in known for gram in own) / len(own)


def one_for_short(text, texts, n=8):
    return right(text, texts, n) if len(words_of(text)) >= n else 1.0


def one_short(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n)]


def fixed(text, texts, n=5):
    return right(text, texts, n)


def must_have_n(text, texts, n):
    return right(text, texts, n)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (right, RIGHT),
        (lambda text, texts, n=8: torch.tensor(right(text, texts, n)), RIGHT),
        (lambda text, texts, n=8: np.float32(right(text, texts, n)), RIGHT),
        (overlap(grams=lambda w, n: [" ".join(gram) for gram in grams_of(w, n)]), RIGHT),
        (overlap(grams=lambda w, n: list(zip(*(w[i:] for i in range(n)), strict=False))), RIGHT),
        (overlap(lambda text: text.lower().split()), "Marks stay on your words"),
        (overlap(lambda text: text.split()), "Marks stay on your words"),
        (overlap(lambda text: re.findall(r"\w+", text)), "Capitals count in yours"),
        (
            overlap(lambda text: re.findall(r"\w+", text), texts_words=words_of),
            "Capitals count in yours",
        ),
        (
            overlap(texts_words=lambda text: re.findall(r"\w+", text)),
            "Capitals count in yours",
        ),
        (overlap(lambda text: text.lower()), "Your n-grams are of characters"),
        (overlap(lambda text: re.findall("[a-z]+", text.lower())), "Digits belong to words"),
        (overlap(lambda text: re.findall(r"[\w']+", text.lower())), "An apostrophe ends a word"),
        (overlap(lambda text: [*dict.fromkeys(words_of(text))]), "You keep each word once"),
        (overlap(grams=lambda w, n: grams_of(w, n - 1)), "Your n-grams have n - 1 words"),
        (overlap(grams=lambda w, n: grams_of(w, n + 1)), "Your n-grams have n + 1 words"),
        (overlap(grams=lambda w, n: grams_of(w, 8)), "Your n-grams always have 8 words"),
        (overlap(grams=lambda w, n: grams_of(w, 1)), "You compare single words"),
        (across, "You join the texts"),
        (lambda text, texts, n=8: right(text, texts[:1], n), "You look into the first text alone"),
        (overlap(known=lambda per: per[-1] if per else []), "You look into the last text alone"),
        (
            overlap(known=lambda per: set.intersection(*map(set, per)) if per else []),
            "Yours has to be in all texts",
        ),
        (inside, "so inside other words, too"),
        (
            overlap(grams=lambda w, n: [tuple(sorted(gram)) for gram in grams_of(w, n)]),
            "The order of words counts",
        ),
        (
            overlap(share=lambda own, known: len({*own} & {*known}) / len({*own})),
            "You count each n-gram once",
        ),
        (
            overlap(share=lambda own, known: len({*own} & {*known}) / len(own)),
            "You count each n-gram once",
        ),
        (
            overlap(
                known=lambda per: Counter(chain.from_iterable(per)),
                share=lambda own, known: (Counter(own) & known).total() / len(own),
            ),
            "even if the texts have it less often",
        ),
        (overlap(grams=one_short), "You leave out the last n-gram"),
        (
            overlap(share=lambda own, known: sum(gram in known for gram in own[:-1]) / len(own)),
            "You leave out the last n-gram",
        ),
        (
            lambda text, texts, n=8: (
                right(text, texts, n) * (len(words_of(text)) - n + 1) / len(words_of(text))
            ),
            "You divide by len(words):",
        ),
        (
            overlap(share=lambda own, known: sum(g in known for g in own) / (len(own) - 1)),
            "You divide by len(words) - n:",
        ),
        (
            overlap(share=lambda own, known: sum(g in known for g in own) / len({*own})),
            "You divide by the number of different n-grams",
        ),
        (
            overlap(grams=lambda w, n: [tuple(w[i : i + n]) for i in range(len(w))]),
            "Your last n-grams have fewer than n words",
        ),
        (
            overlap(grams=lambda w, n: [tuple(w[i : i + n]) for i in range(0, len(w) - n + 1, n)]),
            "Your n-grams do not overlap",
        ),
        (
            overlap(
                known=lambda per: list(chain.from_iterable(per)),
                share=lambda own, known: sum(g in own for g in known) / max(1, len(known)),
            ),
            "That is the share of the texts' n-grams",
        ),
        (
            overlap(share=lambda own, known: len({*own} & known) / max(1, len(known))),
            "That is the share of the texts' n-grams",
        ),
        (
            overlap(share=lambda own, known: len({*own} & known) / len({*own} | known)),
            "You divide by the n-grams of all texts together",
        ),
        (per_text(lambda shares: sum(shares) / len(shares)), "You take the mean over texts"),
        (per_text(max), "You take the largest share in one text"),
        (per_text(sum), "You add up the shares in each text"),
        (overlap(share=lambda own, known: sum(g in known for g in own)), "That is a number of"),
        (lambda *given: 100 * right(*given), "That is a percentage"),
        (lambda *given: 1 - right(*given), "That is the share that is in none of texts"),
        # Of two mistakes, one is told.
        (
            overlap(
                lambda text: text.lower().split(),
                share=lambda own, known: len({*own} & {*known}) / len({*own}),
            ),
            "Marks stay on your words",
        ),
        (lambda *given: 100 * across(*given), "You join the texts"),
        (undivided, "ZeroDivisionError: division by zero. Without any n-grams, return 0.0."),
        (one_for_short, "and n = 4 it should be 0.0, and yours is 1."),
        (lambda text, texts, n=8: right(text, texts, n) if texts[0] else 0, "IndexError"),
        (fixed, "Right, but not without n: it is 8 then"),
        (must_have_n, "missing 1 required positional argument: 'n'"),
        (lambda *given: 7.0, "and n = 2 it should be 0.4615, but yours is 7.0000."),
        (lambda *given: math.nan, "but yours is nan."),
        (lambda *given: [1.0], "Return one number: yours is a list of 1 numbers."),
    ],
)
def test_overlap(mine, says):
    assert says in exercises.check_overlap(mine)


def test_the_checks_overlap_is_the_solutions():
    for case in gpt2_overlap.COMPARED:
        assert gpt2_overlap._overlap(*case) == ANSWERS["my_overlap"](*case)


def test_the_texts_tell_all_mistakes_apart():
    named = [({}, RIGHT)]
    named += [
        ({about: name}, says)
        for about, of in gpt2_overlap.MISTAKES.items()
        for name, says in of.items()
    ]
    apart(
        ([round(gpt2_overlap._overlap(*case, **how), 4) for case in gpt2_overlap.COMPARED], says)
        for how, says in named
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "answer",
    [
        *([], [[]], [[[1]]], [None] * 3, [[math.nan] * 6] * 3, [["a"] * 6] * 3, {1: 2}, {3}),
        *("", b"", [("ab", "c")] * 3, (1.5, 2.5), torch.zeros(3, 2), math.nan, [""], True),
        *(nn.Linear(2, 2), [torch.zeros(2)] * 2, torch.zeros(2, dtype=torch.bool)),
        *(torch.zeros(3, 5, dtype=torch.bool), torch.zeros(2, 5, dtype=torch.complex64)),
        *(torch.tensor(3), torch.zeros(4, 7, 1).long(), np.zeros((4, 7), dtype=int)),
    ],
)
def test_no_answer_stops_a_check(name, answer):
    assert_refused(name, answer)
