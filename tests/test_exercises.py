"""The exercises: the solutions pass, and each wrong answer that a check knows is told apart."""

import math
import re
import runpy
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from exercise_checks import assert_refused

from gptlib import exercises
from gptlib.config import GPTConfig
from gptlib.exercises import NOT_YET, RIGHT
from gptlib.gpt import GPT
from gptlib.papers import GPT_2

ROOT = Path(__file__).parent.parent
SOLUTIONS = ROOT / "notebooks" / "solutions"


def windows(shift, length):
    """Windows whose targets are shifted by shift and as long as length says."""
    return lambda data, starts, T: (
        [data[s : s + T] for s in starts],
        [data[s + shift : s + shift + length(T)] for s in starts],
    )


@pytest.mark.parametrize("path", sorted(SOLUTIONS.glob("*.py")), ids=lambda path: path.name)
def test_every_check_has_a_solution_that_passes(path):
    answers = {n: mine for n, mine in runpy.run_path(path).items() if re.match("my_|My[A-Z]", n)}
    notebook = (ROOT / "notebooks" / f"{path.stem}.ipynb").read_text(encoding="utf-8")
    for name, mine in answers.items():
        # my_attention is checked by check_attention, and a class MyHead by check_head.
        check = re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("my_", "check_", 1)
        assert f"print(exercises.{check}({name}))" in notebook
        assert getattr(exercises, check)(mine) == RIGHT


CHECKS = [name for name in vars(exercises) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS)
def test_a_stub_is_told_not_yet(check):
    assert getattr(exercises, check)(lambda *_: None) == NOT_YET


@pytest.mark.parametrize("check", CHECKS)
def test_a_function_that_stops_is_told_why(check):
    def mine(*given):
        return 1 / 0

    says = getattr(exercises, check)(mine)
    line = mine.__code__.co_firstlineno + 1
    what = "`return 1 / 0`, with ZeroDivisionError: division by zero."
    assert says == f"Your code stops at line {line}, {what}"
    assert "takes 0 positional arguments" in getattr(exercises, check)(lambda: None)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("answer", [3, "ab", [1, 2], [[1], [2]], object(), torch.zeros(2, 2)])
def test_an_answer_of_the_wrong_type_is_told_so(check, answer):
    says = getattr(exercises, check)(lambda *_: answer)
    assert says not in (NOT_YET, RIGHT)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda text, chars: [chars.index(c) + 1 for c in text], "one too large"),
        (lambda text, chars: [ord(c) for c in text], "code points"),
        (lambda text, chars: list(text), "still characters"),
        (lambda text, chars: [sorted(set(text)).index(c) for c in text], "alphabet of your own"),
        (lambda text, chars: [0], "one id for each of the 10 characters, not 1"),
        (lambda text, chars: [0] * len(text), "should give [6, 3, 0, 4, 6, 1, 2, 0, 1, 7]"),
    ],
)
def test_encode(mine, says):
    assert says in exercises.check_encode(mine)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (windows(0, lambda T: T), "only learn to repeat"),
        (windows(-1, lambda T: T), "wrong way"),
        (lambda *given: windows(1, lambda T: T)(*given)[::-1], "wrong order"),
        (windows(3, lambda T: T), "begin where idx ends"),
        (windows(1, lambda T: T - 1), "as long as its row of idx"),
        (windows(2, lambda T: T), "two places later"),
        (lambda data, starts, T: ([data[s : s + T + 1] for s in starts], []), "one too long"),
        (lambda data, starts, T: ([[0] * T] * 3, []), "The rows of idx for starts [1, 5, 3]"),
        (lambda data, starts, T: [data], "two lists"),
        (lambda data, starts, T: (data, data), "yours contains single ids"),
    ],
)
def test_windows(mine, says):
    assert says in exercises.check_windows(mine)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda probs: sum(map(math.log, probs)) / len(probs), "sign is wrong"),
        (lambda probs: -sum(map(math.log, probs)), "This is the sum"),
        (lambda probs: -sum(map(math.log2, probs)) / len(probs), "base 2"),
        (lambda probs: -sum(map(math.log10, probs)) / len(probs), "base 10"),
        (lambda probs: math.prod(probs) ** (-1 / len(probs)), "perplexity"),
        (lambda probs: -math.log(sum(probs) / len(probs)), "averaged before the logarithm"),
        (lambda probs: sum(probs) / len(probs), "mean probability"),
        (lambda probs: -math.log(probs[0]), "first token alone"),
        (lambda probs: [-math.log(p) for p in probs], "Return one number"),
        (lambda probs: 7.0, "should be 0.6912, but yours is 7.0000"),
    ],
)
def test_loss(mine, says):
    assert says in exercises.check_loss(mine)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda text: [0, 16], "three different places"),
        (lambda text: [0, 16, 16], "three different places"),
        (lambda text: [0, 16, -5], "numbers from 0 to 198"),
        (lambda text: [0, 16, len(text)], "numbers from 0 to 198"),
        (lambda text: [0, 16, 53], "Your three hold 8.8 nats, the best three 9.4."),
        (lambda text: [0, 16, 53], "The least of yours is 'r' after 'the farmyard with a ': its"),
        (lambda text: [0, 16, 53], "its probability was 11%."),
        (lambda text: [16, 25, 26], "a word's surprise is in its first letter"),
        (lambda text: [16, 25, text.rindex("Jack")], "nothing else could have come"),
    ],
)
def test_places(mine, says):
    assert says in exercises.check_places(mine)


def test_a_loss_in_float32_is_right():
    assert exercises.check_loss(lambda probs: -torch.tensor(probs).log().mean()) == RIGHT


def table(ids, V, pairs=pairwise):
    counts = [[0] * V for _ in range(V)]
    for before, after in pairs(ids):
        counts[before][after] += 1
    return counts


def shares(ids, V):
    return [[n / max(1, sum(row)) for n in row] for row in table(ids, V)]


def one_row(ids, V):
    counts = [[0] * V] * V
    while len(ids) > 1:  # and ids are ours to use up
        counts[ids[-2]][ids.pop()] += 1
    return counts


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (table, "Right!"),
        (lambda ids, V: torch.tensor(table(ids, V)), "Right!"),
        (lambda ids, V: list(zip(*table(ids, V), strict=True)), "Rows and columns are swapped"),
        (lambda ids, V: table([*ids, ids[0]], V), "You pair the last id with the first"),
        (lambda ids, V: table(ids[:-1], V), "8 ids make 7 pairs; your counts sum to 6."),
        (lambda ids, V: table(ids, max(ids) + 1), "Return 4 rows of 4 counts"),
        (shares, "These are fractions"),
        (one_row, "[[0] * V] * V repeats it"),
        (lambda ids, V: table(ids, V, lambda ids: pairwise(sorted(ids))), "the table should be"),
        (lambda ids, V: (torch.tensor(table(ids, V)) > 0).int(), "not how often"),
        (lambda ids, V: table(ids, 4), "Right, but not for ids [1, 1, 1, 0] and V = 2."),
    ],
)
def test_counts(mine, says):
    assert says in exercises.check_counts(mine)


def softmax(logits):
    exps = [math.exp(z) for z in logits]
    return [e / sum(exps) for e in exps]


def less_1(values, came):
    return [x - (i == came) for i, x in enumerate(values)]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda logits, came: less_1(softmax(logits), came), "Right!"),
        (lambda logits, came: torch.tensor(less_1(softmax(logits), came)), "Right!"),
        (lambda logits, came: [-x for x in less_1(softmax(logits), came)], "sign is wrong"),
        (lambda logits, came: softmax(logits), "take 1 away at the place"),
        (
            lambda logits, came: [abs(x) for x in less_1(softmax(logits), came)],
            "it is p - 1, not 1 - p",
        ),
        (
            lambda logits, came: [p + (i == came) for i, p in enumerate(softmax(logits))],
            "Take 1 away, do not add it",
        ),
        (
            lambda logits, came: [
                p - 1 if i == came else -p for i, p in enumerate(softmax(logits))
            ],
            "have the wrong sign: it is p, not -p",
        ),
        (lambda logits, came: [p - 1 for p in softmax(logits)], "at the place of what came alone"),
        (
            lambda logits, came: less_1([softmax(logits)[came]] * len(logits), came),
            "Each logit has its own probability",
        ),
        (
            lambda logits, came: [
                -softmax(logits)[came] * x for x in less_1(softmax(logits), came)
            ],
            "This is the derivative of p[came]",
        ),
        (lambda logits, came: (less_1(softmax(logits), came) * 4)[:4], "Right, but not for three"),
        (lambda logits, came: less_1([math.exp(z) for z in logits], came), "Divide the exponent"),
        (lambda logits, came: less_1(logits, came), "Turn the logits into probabilities"),
        (
            lambda logits, came: [(p - 1) * (i == came) for i, p in enumerate(softmax(logits))],
            "what did not come have a gradient too",
        ),
        (
            lambda logits, came: [-(i == came) / p for i, p in enumerate(softmax(logits))],
            "by the chain rule",
        ),
        (
            lambda logits, came: [round(x, 3) for x in less_1(softmax(logits), came)],
            "Nearly, but not to five digits",
        ),
        (lambda logits, came: less_1(softmax(logits), 3), "but yours is"),  # whatever came
        (lambda logits, came: [0.0], "Return one number for each of the 4 logits, not 1."),
        (
            lambda logits, came: [1.0] * 4,
            "came = 1 is 0.158, -0.904, 0.710, 0.035, but yours is 1.000",
        ),
    ],
)
def test_gradient(mine, says):
    assert says in exercises.check_gradient(mine)


def nucleus(probs, p, reached=lambda together, p: together >= p, scale=True):
    kept = [0.0] * len(probs)
    for i in sorted(range(len(probs)), key=lambda i: -probs[i]):
        kept[i] = probs[i]
        if reached(sum(kept), p):
            break
    return [x / sum(kept) for x in kept] if scale else kept


def by_value(probs, p):
    least = min(x for x in nucleus(probs, p, scale=False) if x)
    kept = [x if x >= least else 0 for x in probs]
    return [x / sum(kept) for x in kept]


def unsorted(probs, p, scale=True):
    kept = [x if sum(probs[:i]) < p else 0 for i, x in enumerate(probs)]
    return [x / sum(kept) for x in kept] if scale else kept


def single(probs, p, divisor=None):
    kept = [x if x >= p else 0.0 for x in probs]
    return [x / (divisor or sum(kept)) for x in kept]


def tensors(probs, p):
    kept = torch.tensor(probs) * (torch.tensor(probs) >= p)
    return kept / kept.sum()


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (nucleus, "Right!"),
        (lambda probs, p: torch.tensor(nucleus(probs, p)), "Right!"),
        (lambda probs, p: nucleus(probs, p, scale=False), "now scale them"),
        (lambda probs, p: sorted(nucleus(probs, p), reverse=True), "but sorted"),
        (lambda probs, p: [0, 1, 0, 0], "The token with which p is reached is kept too"),
        (lambda probs, p: [0, 0.4, 0, 0], "The token with which p is reached is kept too"),
        (lambda probs, p: nucleus(probs, p + 0.1), "one too many"),
        (lambda probs, p: [1 / 3, 0, 2 / 3, 0], "begin with the highest probability"),
        (lambda probs, p: [1 / 6, 0, 2 / 6, 3 / 6], "You begin with the unlikeliest"),
        (lambda probs, p: unsorted(probs, p), "You add up in the order given"),
        (lambda probs, p: unsorted(probs, p, scale=False), "You add up in the order given"),
        (lambda probs, p: [1 / 5, 4 / 5, 0, 0], "You add up in the order given"),
        (lambda probs, p: probs, "Nothing is cut"),
        (lambda probs, p: [0, 0.5, 0, 0.5], "What is kept becomes equal"),
        (
            lambda probs, p: [x / max(probs) for x in nucleus(probs, p, scale=False)],
            "You divide by the likeliest",
        ),
        (lambda probs, p: [x / p for x in nucleus(probs, p, scale=False)], "which is 0.7 here"),
        (single, "You compare each probability with p"),
        (lambda probs, p: single(probs, p, divisor=1), "You compare each probability with p"),
        (
            lambda probs, p: torch.tensor(single(probs, p, divisor=1)) / torch.tensor(0.0),
            "it should be 0, 4/7, 0, 3/7, but yours is nan",
        ),
        (tensors, "You compare each probability with p"),
        (lambda probs, p: [0, 4 / 7, 3 / 7], "for each of the 4 tokens"),
        (lambda probs, p: [0.25] * 4, "it should be 0, 4/7, 0, 3/7, but yours is 0.250"),
        (lambda probs, p: nucleus(probs, p, lambda a, b: a > b), "exactly p here: keep no other"),
        (by_value, "keep only as many as you need"),
        (lambda probs, p: [0] * 2 if p < 0.1 else nucleus(probs, p), "the likeliest token, alone"),
        (lambda probs, p: nucleus(probs, min(p, 0.7)), "For p = 1 every token should be kept"),
    ],
)
def test_top_p(mine, says):
    assert says in exercises.check_top_p(mine)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda losses, sizes: sum(losses) / len(losses), "one with 2 targets counts as much as"),
        (lambda losses, sizes: sum(map(math.prod, zip(losses, sizes, strict=True))), "the sum"),
        (
            lambda losses, sizes: sum(map(math.prod, zip(losses, sizes, strict=True))) / 3,
            "not by the number of batches",
        ),
        (lambda losses, sizes: losses[0], "it is 2.7188, but yours is 2.5000"),
        (lambda losses, sizes: sum(losses) / sum(sizes), "Multiply each mean by its size"),
        (lambda losses, sizes: 7.0, "it is 2.7188, but yours is 7.0000"),
        (lambda losses, sizes: sum(losses), "multiply each by its size before"),
        (lambda losses, sizes: 2.71875, "Right, but not for a single batch."),
    ],
)
def test_score(mine, says):
    assert says in exercises.check_score(mine)


def averaged(span):
    """Row t is the sum of the rows that span names, by the number that it names."""

    def mine(x):
        spans = [span(t, len(x)) for t in range(len(x))]
        return [[sum(c) / n for c in zip(*x[a:b], strict=True)] or [0, 0] for a, b, n in spans]

    return mine


def running(x):
    return torch.tensor(x).cumsum(0) / torch.arange(1, len(x) + 1)[:, None]  # float32


def in_one_list(x):
    sums, rows = [0.0] * len(x[0]), []
    for row in x:
        for c, value in enumerate(row):
            sums[c] += value
        rows.append(sums)
    return rows


def one_off(rows):
    rows = torch.as_tensor(rows)
    rows[-1, -1] = math.nan
    return rows.tolist()


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (averaged(lambda t, T: (0, t + 1, t + 1)), "Right!"),
        (running, "Right!"),
        (lambda x: tuple(map(tuple, running(x).tolist())), "Right!"),
        (lambda x: list(running(x)), "Right!"),  # a list of tensors
        (averaged(lambda t, T: (0, T, T)), "the mean of all rows"),
        (averaged(lambda t, T: (0, t, max(1, t))), "leaves itself out"),
        (averaged(lambda t, T: (0, t, t + 1)), "leaves itself out"),
        (lambda x: [torch.tensor(x)[:t].mean(0) for t in range(4)], "leaves itself out"),
        (averaged(lambda t, T: (0, t + 1, T)), "You divide by the number of rows in x"),
        (averaged(lambda t, T: (0, t + 1, 2)), "You divide by the number of channels"),
        (averaged(lambda t, T: (0, t + 1, max(1, t))), "You divide by t:"),
        (averaged(lambda t, T: (0, t + 1, 1)), "These are sums"),
        (averaged(lambda t, T: (t, T, T - t)), "the wrong way, from row t to the end"),
        (lambda x: x, "These are the rows of x"),
        (
            lambda x: [row[0] for row in running(x)],
            "single values: return 4 rows, each a list of 2",
        ),
        (lambda x: running(x)[:, 0].tolist(), "single values: return 4 rows, each a list of 2"),
        (lambda x: running(x)[:, :1], "Each row has 2 values, one for each channel, not 1."),
        (lambda x: running(x).T, "Return 4 rows, one for each position, not 2."),
        (
            lambda x: [torch.tensor(x)[: t + 1].mean(1).tolist() for t in range(4)],
            "Each row has 2 values, one for each channel, not 1.",
        ),
        (in_one_list, "All your rows are the same"),
        (lambda x: one_off(running(x).tolist()), "row 3 should be 1, 3.75, but yours is 1, nan."),
    ],
)
def test_average(mine, says):
    assert says in exercises.check_average(mine)


def scaled(q, k, by=None):
    return torch.tensor(q) @ torch.tensor(k).T / (by or math.sqrt(len(q[0])))


def attends(scale=scaled, fill=-math.inf, hidden=lambda ones: ones.triu(1), dim=-1):
    """Weights with one thing done in its own way."""

    def mine(q, k):
        scores = scale(q, k)
        mask = hidden(torch.ones_like(scores)).bool()
        return scores.masked_fill(mask, fill).softmax(dim)

    return mine


open_to_all = attends(hidden=torch.zeros_like)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (attends(), "Right!"),
        (attends(fill=-1e9), "Right!"),
        (attends(lambda q, k: scaled(q, k, 1)), "Divide the scores by sqrt(D)"),
        (attends(lambda q, k: scaled(q, k, 2)), "You divide by D"),
        (attends(lambda q, k: scaled(q, k, math.sqrt(3))), "You divide by sqrt(T)"),
        (open_to_all, "There is no mask"),
        (lambda q, k: open_to_all(q, k).tril(), "You mask after the softmax"),
        (attends(dim=0), "down the columns"),
        (attends(dim=0, fill=0), "down the columns"),
        (attends(dim=0, hidden=torch.zeros_like), "down the columns"),
        (lambda q, k: scaled(q, k).softmax(0).tril(), "down the columns"),
        (attends(hidden=lambda ones: ones.tril(-1)), "The wrong side is masked"),
        (attends(hidden=lambda ones: ones.tril()), "The wrong side is masked"),  # row 2 is nan
        (attends(hidden=lambda ones: ones.triu()), "looks at itself too"),  # row 0 is nan
        (attends(hidden=lambda ones: ones.triu(), fill=-1e9), "looks at itself too"),
        (attends(lambda q, k: scaled(k, q)), "q and k are swapped"),
        (attends(fill=0), "so a score of 0 takes part"),
        (lambda q, k: scaled(q, k).exp().tril(), "Your weights are exponentials"),
        (lambda q, k: attends()(q, k).log(), "These are the logarithms"),
        (lambda q, k: scaled(q, k).log_softmax(-1).tril(), "as scores may be"),
        (lambda q, k: scaled(q, k).tril() / scaled(q, k).tril().sum(1, True), "You divide scores"),
        (lambda q, k: attends()(q, k).T, "Rows and columns are swapped"),
        (lambda q, k: attends()(q, q), "queries with queries"),
        (lambda q, k: attends()(k, k), "keys with keys"),
        (lambda q, k: scaled(q, k), "as scores may be"),
        (lambda q, k: scaled(q, k).tril(), "as scores may be"),
        (lambda q, k: scaled(q, k, 1).tril(), "as scores may be"),
        (
            lambda q, k: scaled(q, k).exp(),
            "Each row of weights sums to 1, and your row 0 to 6.44876.",
        ),
        (lambda q, k: attends()(q, k) * math.nan, "and your row 0 to nan"),
        (
            lambda q, k: [row[: t + 1] for t, row in enumerate(attends()(q, k).tolist())],
            "Your row t ends at position t: pad it with 0",
        ),
        (
            lambda q, k: attends()(q, k)[:, :2],
            "Each row has 3 values, one for each position, not 2.",
        ),
        (lambda q, k: attends()(q, k)[1:], "Return 3 rows, one for each position, not 2."),
        (lambda q, k: attends()(q, k)[2], "single values: return 3 rows, each a list of 3"),
        (lambda q, k: [attends()(q, k).tolist()[2]] * 3, "All your rows are the same"),
        (lambda q, k: torch.eye(3), "row 1 should be 0.587479, 0.412521, 0, but yours is 0, 1, 0."),
    ],
)
def test_weights(mine, says):
    assert says in exercises.check_weights(mine)


def band(may):
    """A mask from what may says of how far back s is."""
    return lambda T, width: [[may(t - s, width) for s in range(T)] for t in range(T)]


last = band(lambda back, width: 0 <= back < width)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (last, "Right!"),
        (lambda T, width: torch.tensor(last(T, width)), "Right!"),
        (band(lambda back, width: int(0 <= back < width)), "Right!"),
        (band(lambda back, width: not 0 <= back < width), "True and False are swapped"),
        (band(lambda back, width: 0 <= -back < width), "Rows and columns are swapped"),
        (band(lambda back, width: 0 <= back <= width), "One too wide"),
        (band(lambda back, width: 0 <= back < width - 1), "One too narrow"),
        (band(lambda back, width: 0 < back <= width), "looks at itself too"),
        (band(lambda back, width: 0 < back < width), "looks at itself too"),
        (band(lambda back, width: abs(back) <= width), "on both sides"),
        (band(lambda back, width: 0 <= back), "back without a limit"),
        (band(lambda back, width: back < width), "no limit ahead"),
        (band(lambda back, width: abs(back) < width), "on both sides"),
        (band(lambda back, width: abs(back) <= width // 2), "around t"),
        (band(lambda back, width: 0 if 0 <= back < width else -math.inf), "one of yours is -inf."),
        (band(lambda back, width: math.nan), "one of yours is nan."),
        (band(lambda back, width: True), "All your rows are the same"),
        (
            band(lambda back, width: back == 0),
            "row 1 should be 1, 1, 0, 0, 0, 0, but yours is 0, 1",
        ),
        (lambda T, width: [[True] * (t + 1) for t in range(T)], "Your row t ends at position t"),
        (
            lambda T, width: [[True] * width] * T,
            "Each row has 6 values, one for each position, not",
        ),
        (lambda T, width: last(T + 1, width), "Return 6 rows, one for each position, not 7."),
        (lambda T, width: last(T, width)[0], "single values: return 6 rows, each a list of 6"),
        (band(lambda back, width: 0 <= back < max(2, width)), "For width = 1"),
        (lambda T, width: last(T, width if width <= T else 1), "For a width above T"),
    ],
)
def test_band(mine, says):
    assert says in exercises.check_band(mine)


def waves(exponent=lambda c, C: c // 2 * 2 / C, even=math.sin, odd=math.cos, begin=0, base=1e4):
    """A table of positions with one thing done in its own way."""
    return lambda T, C: [
        [(odd if c % 2 else even)(t / base ** exponent(c, C)) for c in range(C)]
        for t in range(begin, begin + T)
    ]


def in_halves(T, C):
    return [row[::2] + row[1::2] for row in waves()(T, C)]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (waves(), "Right!"),
        (lambda T, C: torch.tensor(waves()(T, C)), "Right!"),
        (waves(lambda c, C: c // 2 / C), "Your exponent is i / C"),
        (waves(lambda c, C: c / C), "A cosine has the wave of the sine before it"),
        (waves(lambda c, C: 2 * c / C), "You use the channel as i"),
        (waves(lambda c, C: 4 * (c // 2) / C), "You use the channel as i"),
        (waves(even=math.cos, odd=math.sin), "Sines and cosines are swapped"),
        (waves(odd=math.sin), "All are sines"),
        (waves(even=math.cos), "All are cosines"),
        (in_halves, "The sines come first, then the cosines"),
        (waves(begin=1), "You count positions from 1"),
        (waves(base=1e-4), "You multiply by the power of 10,000"),
        (
            waves(
                even=lambda x: math.sin(x * math.pi / 180), odd=lambda x: math.cos(math.radians(x))
            ),
            "The angle is in radians",
        ),
        (
            waves(
                even=lambda x: math.sin(x / math.pi * 180), odd=lambda x: math.cos(math.degrees(x))
            ),
            "The angle is in radians",
        ),
        (waves(even=float, odd=float), "These are angles"),
        (waves(base=1e3), "row 1 should be 0.841471, 0.540302, 0.0463992, 0.998923"),
        (lambda T, C: one_off(waves()(T, C)), "For T = 4 and C = 6 row 3 should be 0.14112, "),
        (lambda T, C: waves()(C, T), "Return 4 rows, one for each position, not 6."),
        (lambda T, C: waves()(T, C // 2), "Each row has 6 values, one for each channel, not 3."),
        (lambda T, C: waves()(T, C)[0], "single values: return 4 rows, each a list of 6"),
        (lambda T, C: waves()(1, C) * T, "All your rows are the same"),
    ],
)
def test_positions(mine, says):
    assert says in exercises.check_positions(mine)


def cut(rows, H):
    rows = torch.tensor(rows)
    return rows.view(len(rows), H, -1).transpose(0, 1)  # (H, T, D)


def in_one_head(rows, H):
    """All heads are one list, since [[]] * H is."""
    heads = [[]] * H
    for row in cut(rows, H).transpose(0, 1).tolist():
        for h, part in enumerate(row):
            heads[h].append(part)
    return heads


def cut_at(place):
    """Head h has the D channels from place(h, D) on."""

    def mine(rows, H):
        D = len(rows[0]) // H
        return [[row[place(h, D) : place(h, D) + D] for row in rows] for h in range(H)]

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (cut, "Right!"),
        (lambda rows, H: list(cut(rows, H)), "Right!"),
        (lambda rows, H: tuple(map(tuple, cut(rows, H).tolist())), "Right!"),
        (cut_at(lambda h, D: h * D), "Right!"),
        (
            lambda rows, H: torch.tensor(rows).view(H, len(rows), -1),
            "You cut between positions, as view(H, T, D) does",
        ),
        (
            lambda rows, H: torch.tensor(rows).view(H, -1, len(rows[0])),
            "You cut between positions: a head has D channels of them all",
        ),
        (lambda rows, H: torch.tensor(rows).chunk(H), "You cut between positions: a head has D"),
        (lambda rows, H: [[row[h::H] for row in rows] for h in range(H)], "every H-th channel"),
        (lambda rows, H: cut(rows, H).transpose(0, 1), "(T, H, D) to (H, T, D)"),
        (lambda rows, H: cut(rows, H).flip(0), "in reverse order"),
        (lambda rows, H: cut(rows, H).transpose(1, 2), "Each head is transposed"),
        (lambda rows, H: cut(rows, len(rows[0]) // H), "make 2 of 3, not 3 of 2"),
        (lambda rows, H: cut(rows, H).flatten(0, 1), "Your heads are one list"),
        (lambda rows, H: cut(rows, H).transpose(0, 1).flatten(0, 1), "Your heads are one list"),
        (in_one_head, "[[]] * H is one list"),
        (cut_at(lambda h, D: h), "Your head h begins at channel h"),
        (cut_at(lambda h, D: 0), "All your heads are head 0"),
        (lambda rows, H: rows, "These are the rows, as they were"),
        (lambda rows, H: cut(rows, H)[:1], "Return 2 heads, as many as n_head says, not 1."),
        (lambda rows, H: [*cut(rows, H), []], "Return 2 heads, as many as n_head says, not 3."),
        (lambda rows, H: cut(rows, H).flatten(), "single values: return 2 heads, each a list of 4"),
        (lambda rows, H: cut(rows, H)[:, 0], "Of head 0: Yours is a list of single values"),
        (lambda rows, H: cut(rows, H)[:, 1:], "Of head 0: Return 4 rows, one for each position"),
        (lambda rows, H: cut(rows, H)[:, :, 1:], "3 values, one for each channel of a head, not 2"),
        (
            lambda rows, H: [rows] * H,
            "Each row has 3 values, one for each channel of a head, not 6",
        ),
        (lambda rows, H: [cut(rows, H)[0], [[1, 2, 3]] * 4], "All your rows are the same"),
        (
            lambda rows, H: [cut(rows, H)[0], one_off(cut(rows, H)[1])],
            "n_head = 2 in head 1 row 3 should be 33, 34, 35, but yours is 33, 34, nan.",
        ),
        (lambda rows, H: cut(rows, 2), "Right, but not for T = 5, C = 6 and H = 3"),
        (
            lambda rows, H: cut(rows, 1 if H == 4 else H),
            "Right, but not for T = 2, C = 4 and H = 4",
        ),
    ],
)
def test_split(mine, says):
    assert says in exercises.check_split(mine)


def laid(heads):
    return torch.tensor(heads).transpose(0, 1).flatten(1)  # (T, C)


def in_one_row(heads, outer=0):
    """All rows are one list, since [[]] * T is."""
    rows = [[]] * len(heads[0])
    for parts in torch.tensor(heads).transpose(0, outer).tolist():
        for t, part in enumerate(parts):
            rows[t if outer == 0 else 0] += part
    return rows


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (laid, "Right!"),
        (lambda heads: laid(heads).tolist(), "Right!"),
        (lambda heads: torch.cat(list(torch.tensor(heads)), dim=-1), "Right!"),
        (
            lambda heads: torch.tensor(heads).reshape(len(heads[0]), -1),
            "You read head after head, as reshape(T, C) does",
        ),
        (lambda heads: torch.tensor(heads).permute(1, 2, 0).flatten(1), "The heads take turns"),
        (lambda heads: laid(heads[::-1]), "in reverse order"),
        (lambda heads: torch.tensor(heads).sum(0), "These are sums over the heads"),
        (lambda heads: torch.tensor(heads).mean(0), "These are means over the heads"),
        (lambda heads: heads, "These are the heads, still apart"),
        (lambda heads: torch.tensor(heads).flatten(0, 1), "one below the other"),
        (lambda heads: torch.tensor(heads).transpose(0, 1), "make them one list, of C"),
        (lambda heads: laid(heads).T, "Rows and columns are swapped"),
        (lambda heads: heads[0], "This is head 0 alone"),
        (lambda heads: heads[-1], "This is the last head alone"),
        (in_one_row, "[[]] * T is one list"),
        (lambda heads: in_one_row(heads, outer=1), "[[]] * T is one list"),
        (lambda heads: laid(heads).flatten(), "single values: return 4 rows, each a list of 6"),
        (lambda heads: laid(heads)[1:], "Return 4 rows, one for each position, not 3."),
        (
            lambda heads: laid(heads)[:, 1:],
            "Each row has 6 values, one for each channel of all heads together, not 5.",
        ),
        (
            lambda heads: laid(heads)[:, :, None],
            "Your rows contain lists: each row is one list, of 6 single values.",
        ),
        (lambda heads: [[0] * 6] * 4, "All your rows are the same"),
        (
            lambda heads: one_off(laid(heads)),
            "row 3 should be 30, 31, 32, 33, 34, 35, but yours is 30, 31, 32, 33, 34, nan.",
        ),
        (
            lambda heads: [a + b for a, b in zip(heads[0], heads[-1], strict=True)],
            "Right, but not for T = 5, C = 6 and H = 3",
        ),
    ],
)
def test_join(mine, says):
    assert says in exercises.check_join(mine)


causal = attends()


def heads_that(weigh=causal, split=cut, join=laid):
    """Multi-head attention with one thing done in its own way."""

    def mine(q, k, v, H):
        heads = zip(*(torch.as_tensor(split(rows, H)).tolist() for rows in (q, k, v)), strict=True)
        mixed = [
            torch.as_tensor(weigh(q, k)) @ torch.tensor(v, dtype=torch.float) for q, k, v in heads
        ]
        return join(torch.stack(mixed).tolist())

    return mine


def weights_of(q, k, H):
    heads = zip(cut(q, H).tolist(), cut(k, H).tolist(), strict=True)
    return torch.stack([causal(*head) for head in heads])  # (H, T, T)


def one_weighting(choose):
    """All heads have the weights that choose makes of theirs."""

    def mine(q, k, v, H):
        weights = choose(weights_of(q, k, H))
        return laid((weights @ cut(v, H).float()).tolist())

    return mine


def pytorchs(q, k, v, H):
    q, k, v = (cut(rows, H).double() for rows in (q, k, v))
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return mixed.transpose(0, 1).flatten(1)  # (T, C)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (pytorchs, "Right!"),
        (heads_that(), "Right!"),
        (heads_that(attends(fill=-1e9)), "Right!"),
        (heads_that(split=cut_at(lambda h, D: h * D)), "Right!"),
        (lambda *given: heads_that()(*given).tolist(), "Right!"),
        (
            heads_that(attends(lambda q, k: scaled(q, k, math.sqrt(6)))),
            "Your scores are sqrt(H) = 1.41 times too small: did you divide by sqrt(C)? A head's "
            "queries have D channels.",
        ),
        (heads_that(attends(lambda q, k: scaled(q, k, 1))), "Divide the scores by sqrt(D)"),
        (heads_that(attends(lambda q, k: scaled(q, k, 3))), "You divide by D"),
        (heads_that(attends(lambda q, k: scaled(q, k, 2))), "You divide by sqrt(T)"),
        (heads_that(open_to_all), "There is no mask"),
        (heads_that(lambda q, k: open_to_all(q, k).tril()), "You mask after the softmax"),
        (heads_that(attends(hidden=lambda ones: ones.tril(-1))), "The wrong side is masked"),
        (
            heads_that(attends(hidden=lambda ones: ones.tril())),  # row 3 is nan
            "The wrong side is masked",
        ),
        (heads_that(attends(hidden=lambda ones: ones.tril(), fill=-1e9)), "The wrong side"),
        (heads_that(attends(hidden=lambda ones: ones.triu())), "looks at itself too"),
        (heads_that(attends(fill=0)), "so a score of 0 takes part"),
        (heads_that(attends(dim=0)), "down the columns"),
        (heads_that(attends(dim=0, fill=0)), "down the columns"),
        (heads_that(lambda q, k: scaled(q, k).softmax(0)), "down the columns"),
        (heads_that(lambda q, k: scaled(q, k).softmax(0).tril()), "down the columns"),
        (heads_that(attends(lambda q, k: scaled(k, q))), "q and k are swapped"),
        (heads_that(lambda q, k: scaled(q, k).exp().tril()), "Your weights are exponentials"),
        (heads_that(lambda q, k: scaled(q, k).tril()), "There is no softmax"),
        (heads_that(lambda q, k: scaled(q, k, 1).tril()), "There is no softmax"),
        (heads_that(lambda q, k: scaled(q, k, 6**0.5).tril()), "There is no softmax"),
        (heads_that(attends(lambda q, k: scaled(q, k, 3**-0.5))), "You multiply by sqrt(D)"),
        (lambda q, k, v, H: heads_that()(q, k, k, H), "yours mixes the keys"),
        (lambda q, k, v, H: heads_that()(q, k, q, H), "yours mixes the queries"),
        (lambda q, k, v, H: heads_that()(q, k, v, 1), "This is one head with all C channels"),
        (
            lambda q, k, v, H: heads_that(attends(lambda q, k: scaled(q, k, 3**0.5)))(q, k, v, 1),
            "This is one head with all C channels",
        ),
        (
            lambda q, k, v, H: heads_that(attends(lambda q, k: scaled(q, k, 1)))(q, k, v, 1),
            "This is one head with all C channels",
        ),
        (heads_that(attends(lambda q, k: scaled(q, k, 2**0.5))), "You divide by sqrt(H)"),
        (
            heads_that(lambda q, k: (s := scaled(q, k).tril()) / s.sum(1, keepdim=True)),
            "You divide scores by their sum",
        ),
        (lambda q, k, v, H: heads_that()(q, k, [2 * row[:3] for row in v], H), "of head 0: each"),
        (heads_that(join=lambda heads: heads), "These are the heads, still apart"),
        (heads_that(join=lambda heads: torch.tensor(heads).mean(0)), "means over the heads"),
        (heads_that(join=lambda heads: torch.tensor(heads).sum(0)), "sums over the heads"),
        (heads_that(join=lambda heads: torch.tensor(heads).flatten(0, 1)), "one below the other"),
        (heads_that(join=lambda heads: torch.tensor(heads).reshape(4, 6)), "head after head"),
        (
            heads_that(join=lambda heads: torch.tensor(heads).permute(1, 2, 0).flatten(1)),
            "The heads take turns",
        ),
        (heads_that(join=lambda heads: laid(heads[::-1])), "in reverse order"),
        (heads_that(join=lambda heads: heads[0]), "This is head 0 alone"),
        (one_weighting(lambda weights: weights.mean(0)), "Your heads share their weights"),
        (one_weighting(lambda weights: weights[0]), "Your heads share their weights"),
        (heads_that(split=cut_at(lambda h, D: 0)), "All your heads are head 0"),
        (
            heads_that(split=lambda rows, H: torch.tensor(rows).view(H, 4, 3)),
            "You cut between positions",
        ),
        (
            heads_that(
                split=lambda rows, H: torch.tensor(rows).view(H, 4, 3),
                join=lambda heads: torch.tensor(heads).reshape(4, 6),
            ),
            "You cut between positions",
        ),
        (
            heads_that(split=lambda rows, H: [[row[h::H] for row in rows] for h in range(H)]),
            "every H-th channel",
        ),
        (
            heads_that(
                split=lambda rows, H: [[row[h::H] for row in rows] for h in range(H)],
                join=lambda heads: torch.tensor(heads).permute(1, 2, 0).flatten(1),
            ),
            "every H-th channel",
        ),
        (
            heads_that(
                split=lambda rows, H: torch.tensor(rows).view(4, H, 3),
                join=lambda heads: torch.tensor(heads).flatten(1),
            ),
            "Your heads look at each other",
        ),
        (
            heads_that(
                open_to_all,
                split=lambda rows, H: torch.tensor(rows).view(4, H, 3),
                join=lambda heads: torch.tensor(heads).flatten(1),
            ),
            "Your heads look at each other",
        ),
        (lambda q, k, v, H: v, "These are the values, as they came"),
        (lambda *given: heads_that()(*given)[1:], "Return 4 rows, one for each position, not 3."),
        (
            lambda *given: heads_that()(*given)[:, 1:],
            "Each row has 6 values, one for each channel of all heads together, not 5.",
        ),
        (lambda *given: heads_that()(*given)[0], "single values: return 4 rows, each a list of 6"),
        (
            lambda *given: one_off(heads_that()(*given)),
            "and n_head = 2 row 3 should be 4.07004, 4.10941, 2.55573, 0.876542, 3.53526, 3.38059, "
            "but yours is 4.07004, 4.10941, 2.55573, 0.876542, 3.53526, nan.",
        ),
        (lambda q, k, v, H: heads_that()(q, k, v, 2), "Right, but not for T = 5, C = 6 and H = 3"),
        (
            heads_that(attends(fill=-16)),
            "Right, but not for T = 2, C = 2, H = 2 and scores of -20",
        ),
    ],
)
def test_heads(mine, says):
    assert says in exercises.check_heads(mine)


def dropping(scale, drop=lambda keep: not keep):
    """Weights by scale, but 0 where drop says so."""

    def mine(weights, kept, p):
        stays = [not drop(keep) for keep in kept]
        by = scale(weights, stays, p)
        return [w * by if stay else 0 for w, stay in zip(weights, stays, strict=True)]

    return mine


def to_sum_1(weights, stays, p):
    return 1 / sum(w for w, stay in zip(weights, stays, strict=True) if stay)


def rightly(weights, stays, p):
    return 1 / (1 - p)


def none(keep):
    return False


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (dropping(rightly), "Right!"),
        (lambda w, kept, p: torch.tensor(w) * torch.tensor(kept) / (1 - p), "Right!"),
        (dropping(lambda weights, stays, p: 1), "now divide the others by 1 - p"),
        (dropping(to_sum_1), "You make the row sum to 1 again"),
        (
            dropping(lambda weights, stays, p: len(stays) / sum(stays)),
            "You divide by the share kept this time",
        ),
        (dropping(lambda weights, stays, p: 1 / p), "You divide by p"),
        (dropping(lambda weights, stays, p: 1 - p), "You multiply by 1 - p"),
        (dropping(lambda weights, stays, p: p), "You multiply by p"),
        (dropping(lambda weights, stays, p: 1 + p), "You multiply by 1 + p"),
        (dropping(rightly, bool), "The mask is the wrong way round"),
        (dropping(lambda weights, stays, p: 1, bool), "The mask is the wrong way round"),
        (dropping(to_sum_1, bool), "The mask is the wrong way round"),
        (dropping(rightly, none), "Nothing is dropped"),
        (lambda weights, kept, p: weights, "Nothing is dropped"),
        (
            lambda weights, kept, p: torch.tensor(weights).masked_fill(
                ~torch.tensor(kept), -math.inf
            ),
            "You put -inf where a weight is dropped",
        ),
        (
            lambda weights, kept, p: [w / (1 - p) for w in weights if w != 0.1],
            "Return 4 numbers, one for each weight (0 for those dropped), not 3.",
        ),
        (lambda *given: [dropping(rightly)(*given)], "Yours contains lists: return one row, of 4"),
        (
            lambda weights, kept, p: [math.nan, 0, 1, 1],
            "it should be 0.5, 0, 0.375, 0.25, but yours is nan, 0, 1, 1.",
        ),
        (
            lambda *given: dropping(rightly)(*given) if any(given[1]) else given[0],
            "If kept is False everywhere",
        ),
        (
            lambda weights, kept, p: (
                torch.tensor(weights).masked_fill(~torch.tensor(kept), -math.inf).softmax(0)
            ),
            "You take a second softmax",
        ),
        (
            lambda weights, kept, p: dropping(rightly)(weights, kept, p or 0.5),
            "For p = 0 nothing is dropped",
        ),
        (
            lambda weights, kept, p: dropping(rightly)(weights, kept, min(p, 0.5)),
            "Right, but not for S = 3 and p = 0.75",
        ),
    ],
)
def test_dropout(mine, says):
    assert says in exercises.check_dropout(mine)


def normed(row, root=lambda var: math.sqrt(var + 1e-5), less=lambda C: 0, centre=None):
    """A row less its mean, or centre, divided by what root makes of the variance."""
    mean = sum(row) / len(row)
    var = sum((x - mean) ** 2 for x in row) / (len(row) - less(len(row)))
    return [(x - (mean if centre is None else centre)) / root(var) for x in row]


def norms(end=lambda x, g, b: x * g + b, **ways):
    """Layer normalisation with one thing done in its own way."""
    return lambda row, gain, bias: list(map(end, normed(row, **ways), gain, bias))


def pytorchs_norm(row, gain, bias):
    return F.layer_norm(torch.tensor(row), (len(row),), torch.tensor(gain), torch.tensor(bias))


def by_root_mean_square(subtract):
    def mine(row, gain, bias):
        mean = sum(row) / len(row) * subtract
        root = math.sqrt(sum(x * x for x in row) / len(row))
        return [(x - mean) / root * g + b for x, g, b in zip(row, gain, bias, strict=True)]

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (norms(), "Right!"),
        (pytorchs_norm, "Right!"),
        (norms(root=lambda var: var + 1e-5), "You divide by the variance"),
        (norms(root=lambda var: var), "You divide by the variance"),
        (norms(less=lambda C: 1), "You divide the squares by C - 1: divide them by C."),
        (
            norms(lambda x, g, b: x, less=lambda C: 1),
            "You divide the squares by C - 1: divide them by C.",
        ),
        (norms(root=lambda var: math.sqrt(4 * var)), "The variance is a mean"),
        (norms(root=lambda var: 1 / math.sqrt(var)), "You multiply by the root"),
        (norms(root=lambda var: 1), "Nothing is divided"),
        (norms(centre=0), "The mean is not subtracted"),
        (by_root_mean_square(subtract=0), "The mean is not subtracted"),
        (by_root_mean_square(subtract=1), "Your squares are those of the row itself"),
        (norms(centre=0, root=lambda var: 1), "The row is as it was"),
        (lambda row, gain, bias: row, "The row is as it was"),
        (norms(lambda x, g, b: x + b), "The gain is missing"),
        (norms(lambda x, g, b: x * g), "The bias is missing"),
        (norms(lambda x, g, b: x), "now multiply by the gain and add the bias"),
        (norms(lambda x, g, b: (x + b) * g), "You add the bias first"),
        (norms(lambda x, g, b: b - x * g), "You take each number from the mean"),
        (norms(lambda x, g, b: x * b + g), "Swapped: multiply by the gain"),
        (lambda row, gain, bias: norms()(row, gain[:1] * 4, bias[:1] * 4), "the first of them for"),
        (
            lambda row, gain, bias: normed(
                [x * g + b for x, g, b in zip(row, gain, bias, strict=True)]
            ),
            "Gain and bias come last",
        ),
        (lambda *given: [norms()(*given)], "Yours contains lists: return one row, of 4 numbers."),
        (lambda *given: norms()(*given)[1:], "Return 4 numbers, one for each channel, not 3."),
        (
            lambda row, gain, bias: [0.0, 1.0, math.nan, 2.0],
            "it should be 0.806803, 1.64195, 0.838097, 0.221587, but yours is 0, 1, nan, 2.",
        ),
        (norms(less=lambda C: C - 4), "Right, but not for C = 2"),
        (norms(root=math.sqrt), "A row of equal numbers has variance 0"),
        (
            lambda *given: torch.tensor(norms(root=lambda var: math.sqrt(var) or math.nan)(*given)),
            "A row of equal numbers has variance 0",
        ),
        (norms(root=lambda var: math.sqrt(var) + 1e-5), "You add 1e-5 to the root"),
        (norms(root=lambda var: math.sqrt(var) or 1), "yours is not right for one of 1e-6"),
        (norms(root=lambda var: math.sqrt(var + 1e-6)), "yours is not right for one of 1e-6"),
    ],
)
def test_layer_norm(mine, says):
    assert says in exercises.check_layer_norm(mine)


def spread(own, others, log=math.log):
    """The loss where the target has own, of V and share, and each other token others."""

    def mine(probs, target, share):
        targets = [others(len(probs), share)] * len(probs)
        targets[target] = own(len(probs), share)
        return -sum(t * log(p) for t, p in zip(targets, probs, strict=True))

    return mine


def own(V, share):
    return 1 - share + share / V


def alike(V, share):
    return share / V


smoothed = spread(own, alike)


def pytorchs_smoothed(probs, target, share):
    logits = torch.tensor(probs).log()
    return F.cross_entropy(logits, torch.tensor(target), label_smoothing=share)


def divergence(probs, target, share):
    targets = [alike(len(probs), share)] * len(probs)
    targets[target] = own(len(probs), share)
    return sum(t * math.log(t / p) for t, p in zip(targets, probs, strict=True))


def turned_round(probs, target, share):
    targets = [alike(len(probs), share)] * len(probs)
    targets[target] = own(len(probs), share)
    return -sum(p * math.log(t) for t, p in zip(targets, probs, strict=True))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (smoothed, "Right!"),
        (pytorchs_smoothed, "Right!"),
        (lambda *given: pytorchs_smoothed(*given)[None], "Right!"),
        (
            lambda probs, *given: pytorchs_smoothed(torch.tensor(probs).exp(), *given),
            "F.cross_entropy wants logits",
        ),
        (spread(lambda V, s: 1 - s, lambda V, s: s / (V - 1)), "over the V - 1 others"),
        (spread(lambda V, s: 1 - s, lambda V, s: 0), "taken away and given to nobody"),
        (spread(lambda V, s: 1 - s, alike), "Your targets sum to less than 1"),
        (spread(lambda V, s: 1, lambda V, s: s), "You give every token the whole share"),
        (spread(lambda V, s: 1 - s, lambda V, s: s), "You give every token the whole share"),
        (spread(lambda V, s: 1, alike), "The target keeps the share"),
        (spread(lambda V, s: 1 + s / V, alike), "The target keeps the share"),
        (spread(alike, alike), "This is the share that is spread, alone"),
        (lambda probs, target, share: -math.log(probs[target]), "This is the plain loss"),
        (spread(lambda V, s: 1 / V, lambda V, s: 1 / V), "All tokens count alike"),
        (lambda probs, target, share: smoothed(probs, target, 1 - share), "Swapped: the share"),
        (spread(own, alike, math.log2), "base 2"),
        (spread(own, alike, math.log10), "base 10"),
        (lambda *given: -smoothed(*given), "The sign is wrong"),
        (lambda *given: smoothed(*given) / 4, "This is a mean over the tokens"),
        (
            lambda probs, target, share: -math.log((1 - share) * probs[target] + share / 4),
            "You smooth the model's probability",
        ),
        (lambda *given: -spread(own, alike, float)(*given), "These are probabilities"),
        (turned_round, "take the logarithm of the probabilities, not of the target"),
        (divergence, "This is the divergence"),
        (lambda *given: math.exp(smoothed(*given)), "This is the exponential of the loss"),
        (lambda probs, target, share: [0.1] * 4, "Return one number"),
        (lambda probs, target, share: smoothed(probs, 0, share), "The loss for probs [0.15, 0.3"),
        (lambda *given: math.nan, "target 1 and share 0.2 should be 1.3027, but yours is nan."),
        (
            lambda probs, target, share: smoothed(probs, target, share or 0.1),
            "Right, but not for V = 2, target = 0 and share = 0",
        ),
        (
            lambda probs, target, share: smoothed(probs, target, min(share, 0.5)),
            "Right, but not for V = 2, target = 0 and share = 1",
        ),
        (
            lambda probs, target, share: smoothed(probs, min(target, 1), share),
            "Right, but not for V = 3, target = 2 and share = 0.3",
        ),
    ],
)
def test_smoothed(mine, says):
    assert says in exercises.check_smoothed(mine)


def rate(power=-0.5, falls=lambda s, w: s**-0.5, rises=lambda s, w: s * w**-1.5, choose=min):
    """The learning rate with one thing done in its own way."""
    return lambda step, n, w: n**power * choose(falls(step, w), rises(step, w))


def at(step, mine):
    """The rate of another step than was asked for."""
    return lambda s, n, w: mine(step(s), n, w)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (rate(), "Right!"),
        (lambda *given: torch.tensor(rate()(*given)), "Right!"),
        (lambda *given: torch.tensor([rate()(*given)]), "Right!"),
        (rate(choose=max), "You take the larger"),
        (rate(power=0), "n_embd is missing"),
        (rate(power=-1), "You divide by n_embd"),
        (rate(power=0.5), "You multiply by sqrt(n_embd)"),
        (at(lambda step: step + 1, rate()), "You count steps from 0"),
        (lambda s, n, w: rate()(s - 1, n, w) if s > 1 else 0.0, "You count steps from 0"),
        (rate(falls=lambda s, w: 1 / s), "It falls too fast"),
        (rate(falls=lambda s, w: w**0.5 / s), "It falls too fast"),
        (rate(rises=lambda s, w: s * w**-0.5), "The rise is step * warmup ** -1.5"),
        (rate(rises=lambda s, w: s / w), "The rise is step * warmup ** -1.5"),
        (rate(rises=lambda s, w: math.inf), "There is no warm-up"),
        (rate(rises=lambda s, w: s * w**1.5), "There is no warm-up"),
        (rate(falls=lambda s, w: math.inf), "It never falls"),
        (rate(falls=lambda s, w: s**0.5), "It never falls"),
        (rate(falls=lambda s, w: w**-0.5), "It never falls"),
        (rate(rises=lambda s, w: w**-1.5), "It does not rise"),
        (rate(rises=lambda s, w: w**-0.5), "It does not rise"),
        (
            lambda s, n, w: rate()(s, n, w) if s <= w else None,
            "For step = 30 and warmup = 25 your function returns None.",
        ),
        (lambda s, n, w: [rate()(s, n, w)], "Return one number, the rate of this step"),
        (
            lambda s, n, w: rate()(s, n, w) * (1 if s < w else 2),
            "step = 25, n_embd = 64 and warmup = 25 should be 0.025000, but yours is 0.050000.",
        ),
        (lambda s, n, w: math.nan, "should be 0.001000, but yours is nan."),
        (lambda s, n, w: rate()(s, 64, 25), "Right, but not for step = 1,000, n_embd = 512"),
        (
            lambda s, n, w: rate()(min(s, 9999), n, w),
            "Right, but not for step = 100,000, n_embd = 512 and warmup = 4,000",
        ),
    ],
)
def test_rate(mine, says):
    assert says in exercises.check_rate(mine)


def penalised(n):
    return ((5 + n) / 6) ** 0.6


def worth_of(words, p):
    return math.log(p) / penalised(len(words))


def likeliest(found, width):
    return sorted(found, key=lambda b: -b[1])[:width]


def beam(
    keep=likeliest,
    worth=worth_of,
    grow=lambda p, q: p * q,
    stop=all,
    each=None,
    room=0,
):
    """Beam search with one thing done in its own way."""

    def mine(next_probs, width, end, longest):
        beginnings = [([], 1.0)]

        def done(words):
            return words[-1:] == [end] or len(words) == longest + room

        while beginnings and not stop([done(words) for words, _ in beginnings]):
            longer = []
            for words, p in beginnings:
                found = [([*words, word], grow(p, q)) for word, q in next_probs(words).items()]
                found.sort(key=lambda beginning: -beginning[1])
                longer += [(words, p)] if done(words) else found[: each and width]
            beginnings = keep(longer, width)
        return max(beginnings, key=lambda b: worth(*b), default=[[]])[0]

    return mine


def ended(beginning):
    return beginning[0][-1] in (".", "stop")


def aside(found, width):
    """All that have ended, and the likeliest of those that have not."""
    return list(filter(ended, found)) + likeliest([b for b in found if not ended(b)], width)


def collected(places):
    """The likeliest of those that have just grown, however many, by places, had ended before."""

    def keep(found, width):
        step = max(len(words) for words, _ in found)
        before = [b for b in found if len(b[0]) < step]
        return before + likeliest([b for b in found if len(b[0]) == step], places(width, before))

    return keep


def on_after_end(next_probs, width, end, longest):
    return beam()(next_probs, width, "no such word", longest)


def shares_a_list(next_probs, width, end, longest):
    beginnings = [([], 1.0)]
    for _ in range(longest):
        longer = []
        for words, p in beginnings:
            for word, q in next_probs(words).items():
                words.append(word)
                longer.append((words, p * q))
        beginnings = likeliest(longer, width)[:1]
    return beginnings[0][0][:longest]


def without_longest(next_probs, width, end, longest):
    return beam()(
        lambda words: {word: 0.5 for word in next_probs(words) if word != end}, 1, end, 99
    )


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (beam(), "Right!"),
        (lambda *given: tuple(beam()(*given)), "Right!"),
        (lambda *given: iter(beam()(*given)), "Right!"),
        (beam(grow=lambda p, q: math.exp(math.log(p) + math.log(q))), "Right!"),
        (beam(worth=lambda words, p: math.log2(p) / (5 + len(words)) ** 0.6), "Right!"),
        (lambda probs, width, *given: beam()(probs, 1, *given), "This is greedy"),
        (beam(lambda found, width: found), "You keep every beginning"),
        (beam(lambda found, width: found, each=True), "continuations of each beginning"),
        (beam(lambda found, width: likeliest(found, 99)[-width:]), "You keep the least probable"),
        (beam(grow=lambda p, q: q), "You rank by the last word's probability"),
        (
            beam(lambda found, width: sorted(found, key=lambda b: -worth_of(*b))[:width]),
            "You use the length penalty at each step",
        ),
        (beam(lambda found, width: [b for b in likeliest(found, width) if not ended(b)]), "lost"),
        (beam(lambda found, width: likeliest([b for b in found if not ended(b)], width)), "lost"),
        (beam(aside), "You set complete ones aside"),
        (beam(collected(lambda width, before: width)), "You set complete ones aside"),
        (beam(collected(lambda width, before: width - len(before))), "You set complete ones aside"),
        (beam(stop=any), "You stop at the first complete one"),
        (beam(stop=lambda done: done[0]), "You stop at the first complete one"),
        (beam(room=-1), "You stop one word too early"),
        (beam(worth=lambda words, p: p), "There is no length penalty"),
        (beam(worth=lambda words, p: math.log(p) * penalised(len(words))), "You multiply by"),
        (
            beam(worth=lambda words, p: math.log(p) / penalised(len(words) - words.count("."))),
            "You leave end out when you count n",
        ),
        (beam(worth=lambda words, p: math.log(p) / len(words)), "You divide ln p by n"),
        (beam(worth=lambda words, p: math.log(p) / (5 + len(words))), "The exponent is missing"),
        (beam(worth=lambda words, p: math.log(p) / (len(words) / 6) ** 0.6), "The 5 is missing"),
        (
            beam(worth=lambda words, p: math.log(p) / penalised(len(words) + 1)),
            "Your n is one too many",
        ),
        (beam(worth=lambda words, p: -worth_of(words, p)), "You return the worst of the beam"),
        (
            beam(lambda found, width: sorted(found, key=lambda b: math.log(b[1]))[:width]),
            "You keep the least probable",
        ),
        (beam(worth=lambda words, p: p / penalised(len(words))), "You divide p by the length"),
        (
            beam(worth=lambda words, p: worth_of(words, p) - 99 * (words[-1] != ".")),
            "A beginning that reaches `longest` words",
        ),
        (
            lambda *given: [word for word in beam()(*given) if word != given[2]],
            "Right, but end is missing",
        ),
        (on_after_end, "Yours goes on after end, ['a', 'small', 'cats', '.', '.', '.']"),
        (beam(room=1), "Yours has 5 words where longest is 4: end is counted too."),
        (shares_a_list, "does each beginning have its own list"),
        (without_longest, "a beginning has 9 words, and longest is 4"),
        (
            lambda probs, *given: beam()(lambda words: probs(words[-1:]), *given),
            "no beginning is ['small']: give all its words, from the first",
        ),
        (lambda *given: " ".join(beam()(*given)), "Return a list of words, not a string."),
        (lambda *given: (beam()(*given), 0.1), "one list of them and nothing else"),
        (lambda *given: [beam()(*given)], "one list of them and nothing else"),
        (
            lambda *given: ["a", "cat"],
            "it should be ['a', 'small', 'cat', '.'], but yours is ['a', 'cat'].",
        ),
        (lambda *given: [], "but yours is []."),
        (
            lambda probs, width, end, longest: beam()(probs, width, ".", longest),
            "Right, but not where end is another word than '.'",
        ),
    ],
)
def test_beam(mine, says):
    assert says in exercises.check_beam(mine)


def in_attention(C, maps=4, biases=4):
    return maps * C * C + biases * C


def in_feed_forward(C, inner=4, biases=5):
    return 2 * inner * C * C + biases * C


def all_parameters(
    attention=in_attention,
    mlp=in_feed_forward,
    norm=2,
    tables=lambda V, T, C: (V + T) * C,
    head=lambda V, C, tied: 0 if tied else V * C,
    norms=2,
    last=1,
):
    """The number of parameters with one thing counted in its own way."""

    def mine(V, T, n_layer, C, tied):
        block = attention(C) + mlp(C) + norms * norm * C
        return tables(V, T, C) + n_layer * block + last * norm * C + head(V, C, tied)

    return mine


def attention(*sizes):
    return all_parameters(attention=lambda C: in_attention(C, *sizes))


def feed_forward(*sizes):
    return all_parameters(mlp=lambda C: in_feed_forward(C, *sizes))


def head(count):
    return all_parameters(head=count)


def more(extra):
    """All, and something besides."""
    return lambda *given: all_parameters()(*given) + extra(*given)


def right_for_tied(V, T, n_layer, C, tied):
    return all_parameters()(V, T, n_layer, C, tied) if tied else None


def no_bias_and_no_positions(V, T, n_layer, C, tied):
    return feed_forward(4, 0)(V, T, n_layer, C, tied) - T * C


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (all_parameters(), "Right!"),
        (lambda *given: float(all_parameters()(*given)), "Right!"),
        (lambda *given: torch.tensor(all_parameters()(*given)), "Right!"),
        (head(lambda V, C, tied: V * C), "A tied table counts once"),
        (head(lambda V, C, tied: 0), "Without tied the head is a table of its own"),
        (head(lambda V, C, tied: V * C if tied else 0), "Swapped: with tied the head costs"),
        (head(lambda V, C, tied: V if tied else V * C + V), "The head has no bias"),
        (head(lambda V, C, tied: 0 if tied else V * C + V), "The head has no bias"),
        (all_parameters(tables=lambda V, T, C: T * C), "The table of embeddings is missing"),
        (lambda *given: all_parameters()(*given) - given[0] * given[3] * given[4], "The table of"),
        (all_parameters(tables=lambda V, T, C: V * C), "The positions are missing"),
        (attention(4, 0), "the biases of attention's four linear"),
        (attention(4, 1), "query, key and value have a bias of C each"),
        (attention(4, 3), "do both layers called proj have their bias?"),
        (attention(3, 3), "Attention's fourth linear layer is missing"),
        (attention(3, 4), "Attention's fourth linear layer is missing"),
        (attention(3, 0), "Attention's fourth linear layer is missing"),
        (attention(1, 1), "Attention has four linear layers"),
        (attention(2, 0), "Attention has four linear layers"),
        (attention(0, 0), "Attention has four linear layers"),
        (feed_forward(4, 0), "The biases of the feed-forward layer are missing"),
        (feed_forward(4, 2), "the first bias of the feed-forward layer has 4C numbers, not C"),
        (feed_forward(4, 4), "do both layers called proj have their bias?"),
        (feed_forward(4, 8), "The second bias of the feed-forward layer has C numbers"),
        (feed_forward(1, 2), "The feed-forward layer has 4C channels inside"),
        (feed_forward(2, 3), "The feed-forward layer has 4C channels inside"),
        (feed_forward(3, 0), "The feed-forward layer has 4C channels inside"),
        (feed_forward(2, 4), "The feed-forward layer has 4C channels inside, and two"),
        (feed_forward(0, 0), "The feed-forward layer has 4C channels inside, and two"),
        (
            all_parameters(lambda C: in_attention(C, 4, 0), lambda C: in_feed_forward(C, 4, 0)),
            "The biases of all linear layers are missing",
        ),
        (
            all_parameters(
                lambda C: in_attention(C, 4, 0), lambda C: in_feed_forward(C, 4, 0), norm=1
            ),
            "Each norm has a gain and a bias",  # the first of two, see below
        ),
        (all_parameters(norm=0), "All norms are missing"),
        (all_parameters(norm=1), "Each norm has a gain and a bias"),
        (all_parameters(norms=1), "it has two norms, each with a gain and a bias"),
        (all_parameters(norms=0), "(or else both norms"),
        (all_parameters(last=0), "The last norm is missing"),
        (all_parameters(last=0.5), "The last norm has a gain and a bias"),
        (lambda V, T, n, C, tied: all_parameters(last=n)(V, T, n, C, tied), "not one in each"),
        (lambda V, T, n, C, tied: all_parameters()(V, T, 1, C, tied), "You count only one block"),
        (
            lambda V, T, n, C, tied: n * all_parameters()(V, T, 1, C, tied),
            "You take n_layer times everything",
        ),
        (more(lambda V, T, *_: T * T), "A mask is not learned"),
        (more(lambda V, T, n, *_: n * T * T), "A mask is not learned"),
        # Of two mistakes one is told, and then the other.
        (no_bias_and_no_positions, "The positions are missing"),
        (
            all_parameters(last=0, head=lambda V, C, tied: V * C),
            "A tied table counts once",
        ),
        (right_for_tied, "tied = False your function returns None."),
        (lambda *given: [all_parameters()(*given)], "Return one number"),
        (
            lambda *given: 7,
            "For V = 97, T = 16, n_layer = 3, C = 8, tied = True it should be 3,536, but yours "
            "is 7.",
        ),
        (lambda *given: math.nan, "but yours is nan."),
        (more(lambda *given: 1e-4), "it should be 3,536, but yours is 3,536.0001."),
        (
            lambda V, *given: all_parameters()(min(V, 9999), *given),
            "Right, but not for GPT-2 small, V = 50257, T = 1024",
        ),
    ],
)
def test_parameters(mine, says):
    assert says in exercises.check_parameters(mine)


@pytest.mark.parametrize("tied", [True, False])
def test_parameters_are_counted_as_models_have_them(tied):
    solution = runpy.run_path(SOLUTIONS / "05_decoder_only.py")["my_parameters"]
    for V, T, n_layer, H, C in [(97, 16, 3, 2, 8), (13, 6, 1, 3, 12)]:
        model = GPT(GPTConfig(V, T, n_layer, H, C, tied=tied))
        assert solution(V, T, n_layer, C, tied) == model.num_parameters()
    for published in GPT_2.values():
        config = published.config
        sizes = config.vocab_size, config.block_size, config.n_layer, config.n_embd
        assert solution(*sizes, config.tied) == published.parameters


def step_with(
    keeps=lambda q, k, v, keys, values: (keys.append(k), values.append(v)),
    root=math.sqrt,
    weigh=softmax,
    mix=lambda weights, rows: [sum(map(math.prod, zip(weights, c, strict=True))) for c in rows],
    late=False,
):
    """A cached step with one thing done in its own way."""

    def mine(q, k, v, keys, values):
        late or keeps(q, k, v, keys, values)
        scores = [sum(map(math.prod, zip(q, key, strict=True))) / root(len(q)) for key in keys]
        mixed = mix(weigh(scores), list(zip(*values, strict=True)))
        late and keeps(q, k, v, keys, values)
        return mixed

    return mine


def keeps(append):
    """A step that takes in what it should, and keeps what append says."""

    def mine(q, k, v, keys, values):
        mixed = step_with()(q, k, v, list(keys), list(values))
        append(q, k, v, keys, values)
        return mixed

    return mine


def asks(choose):
    """A step whose query, keys and values are those that choose names."""

    def mine(q, k, v, keys, values):
        keys.append(k)
        values.append(v)
        q, keys, values = choose(q, keys, values)
        return step_with(lambda *_: None)(q, k, v, keys, values)

    return mine


def pytorchs_step(dtype):
    def mine(q, k, v, keys, values):
        keys.append(k)
        values.append(v)
        q, keys, values = (torch.tensor(rows, dtype=dtype) for rows in ([q], keys, values))
        return F.scaled_dot_product_attention(q, keys, values)[0]

    return mine


def scores_alone(scores):
    return scores


def exponentials(scores):
    return [math.exp(score) for score in scores]


def first_column_alone(q, k, v, keys, values):
    return step_with()(q, k, v, keys, values)[:1]


def by_their_sum(q, k, v, keys, values):
    keys.append(k)
    values.append(v)
    scores = torch.tensor(keys) @ torch.tensor(q)
    return scores / scores.sum() @ torch.tensor(values)


def looks_at_first(q, k, v, keys, values):
    """Takes D from the keys before it."""
    assert len(q) == len(keys[0])
    return step_with()(q, k, v, keys, values)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (step_with(), "Right!"),
        (lambda *given: tuple(step_with()(*given)), "Right!"),
        (pytorchs_step(torch.float64), "Right!"),
        (pytorchs_step(torch.float32), "Right!"),
        (by_their_sum, "You divide scores by their sum"),
        (step_with(late=True), "The token does not see itself"),
        (step_with(late=True, root=lambda D: 1), "The token does not see itself"),
        (step_with(lambda *_: None), "Nothing is kept"),
        (keeps(lambda *_: None), "Rightly mixed, but the lists stay as they were"),
        (
            keeps(lambda q, k, v, keys, values: (keys.extend([k, k]), values.extend([v, v]))),
            "You append to keys twice",
        ),
        (
            step_with(lambda q, k, v, keys, values: (keys.extend([k, k]), values.extend([v, v]))),
            "You append to keys twice",
        ),
        (
            keeps(lambda q, k, v, keys, values: (keys.append(k), values.extend([v, v]))),
            "You append to values twice",
        ),
        (
            keeps(lambda q, k, v, keys, values: (keys.extend([k, v]), values.extend([k, v]))),
            "You append to keys twice",
        ),
        (
            keeps(lambda q, k, v, keys, values: keys.append(k)),
            "values stays as it was",
        ),
        (
            keeps(lambda q, k, v, keys, values: values.append(v)),
            "keys stays as it was",
        ),
        (
            step_with(lambda q, k, v, keys, values: (keys.append(v), values.append(k))),
            "Swapped: what you append to keys belongs to values.",
        ),
        (
            keeps(lambda q, k, v, keys, values: (keys.append(k), values.append(k))),
            "Swapped: what you append to values belongs to keys.",
        ),
        (
            step_with(lambda q, k, v, keys, values: (keys.append(q), values.append(v))),
            "You keep the query",
        ),
        (
            step_with(lambda q, k, v, keys, values: (keys.insert(0, k), values.insert(0, v))),
            "You put the token's key in front",
        ),
        (
            keeps(lambda q, k, v, keys, values: (keys.extend(k), values.extend(v))),
            "You add single numbers to keys",
        ),
        (
            keeps(lambda q, k, v, keys, values: (keys.append([k]), values.append([v]))),
            "You append a list that holds the key",
        ),
        (
            keeps(lambda q, k, v, keys, values: keys.__setitem__(slice(None), [k])),
            "keys holds only the new token's",
        ),
        (
            keeps(lambda q, k, v, keys, values: (keys.append(k), values.append([0, 0, 0]))),
            "[4.0, -3.0, 7.0]], and is [[2.0, 5.0, 1.0], [8.0, 0.0, -6.0], [1.0, -4.0, 3.0], [0.0",
        ),
        (keeps(lambda q, k, v, keys, values: keys.append("k")), "Return a list of D numbers"),
        (step_with(root=lambda D: 1), "Divide the scores by sqrt(D)"),
        (step_with(root=lambda D: D), "You divide by D"),
        (step_with(root=lambda D: 1 / math.sqrt(D)), "You multiply by sqrt(D)"),
        (
            step_with(weigh=lambda xs: softmax([x * math.sqrt(3 / len(xs)) for x in xs])),
            "You divide by the root of how many keys there are",
        ),
        (step_with(weigh=scores_alone), "There is no softmax"),
        (step_with(weigh=scores_alone, root=lambda D: 1), "There is no softmax"),
        (step_with(weigh=exponentials), "Divide the exponentials by their sum"),
        (step_with(mix=lambda weights, rows: weights), "These are the weights"),
        (
            step_with(mix=lambda weights, rows: weights, root=lambda D: 1),
            "These are the weights",
        ),
        (step_with(mix=lambda weights, rows: weights, late=True), "These are the weights"),
        (
            step_with(mix=lambda weights, rows: weights, weigh=scores_alone),
            "These are scores",
        ),
        (asks(lambda q, keys, values: (q, keys, keys)), "You mix the keys"),
        (
            asks(lambda q, keys, values: (keys[-1], keys, values)),
            "You use the token's key where its query belongs",
        ),
        (asks(lambda q, keys, values: (q, values, values)), "You match the query with the values"),
        (asks(lambda q, keys, values: (q, values, keys)), "Keys and values are swapped"),
        (asks(lambda q, keys, values: ([0, 0, 0], keys, values)), "All have the same weight"),
        (asks(lambda q, keys, values: (q, keys[-1:], values[-1:])), "the token's own value alone"),
        (lambda *given: [step_with()(*given)], "Yours contains lists: return one row, of 3"),
        (first_column_alone, "Return 3 numbers, one for each channel of the values, not 1."),
        (step_with(mix=lambda weights, rows: [math.nan] * 3), "but yours is nan, nan, nan."),
        (looks_at_first, "for D = 3 and lists of length 0. Your code stops at line"),
        (step_with(root=lambda D: math.sqrt(3)), "Right, but not for D = 2 and lists of length 1"),
        (
            lambda *given: (step_with()(*given) * 3)[:3],
            "Right, but not for D = 2 and lists of length 0",
        ),
    ],
)
def test_cached_step(mine, says):
    assert says in exercises.check_cached_step(mine)


def likely(stays=lambda p, share, highest: p >= share * highest, end=lambda p, row: p / sum(row)):
    """Min-p with one thing done in its own way."""

    def mine(probs, share):
        row = [p if stays(p, share, max(probs)) else 0 for p in probs]
        return [end(p, row) for p in row]

    return mine


def softmaxed(row):
    """The softmax of those that are not 0."""
    return torch.tensor([p or -math.inf for p in row]).softmax(-1)


def in_place(probs, share):
    """The right answer, in the list that was given."""
    probs[:] = likely()(probs, share)
    return probs


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (likely(), "Right!"),
        (likely(lambda p, share, highest: p / highest >= share), "Right!"),
        (lambda *given: tuple(likely()(*given)), "Right!"),
        (lambda *given: torch.tensor(likely()(*given), dtype=torch.float64), "Right!"),
        (in_place, "Right!"),
        (lambda *given: torch.tensor(likely()(*given)), "Right!"),
        (likely(lambda p, share, highest: p >= share), "You compare with share itself"),
        (likely(lambda p, share, highest: p > share), "You compare with share itself"),
        (
            likely(lambda p, share, highest: p >= share, lambda p, row: p),
            "You compare with share itself: a token has to have share times the highest, 0.25 * "
            "0.4 = 0.1, or more.",
        ),
        (likely(lambda p, share, highest: p > share * highest), "0.1 itself is kept too"),
        (likely(lambda p, share, highest: p < share * highest), "You keep the unlikely"),
        (likely(lambda p, share, highest: p <= share * highest), "You keep the unlikely"),
        (likely(lambda p, share, highest: p < share), "You keep the unlikely"),
        (lambda probs, share: probs, "Nothing is cut"),
        (likely(end=lambda p, row: p), "now scale them so that they sum to 1"),
        (likely(end=lambda p, row: p / max(row)), "You divide by the highest"),
        (likely(end=lambda p, row: p / 5), "You divide by how many are kept"),
        (likely(end=lambda p, row: 0.2 * (p > 0)), "All that are kept become equal"),
        (likely(lambda p, share, highest: p >= highest - share), "You subtract share"),
        (lambda *given: softmaxed(likely(end=lambda p, row: p)(*given)), "without a softmax"),
        (lambda *given: sorted(likely()(*given), reverse=True), "Right, but sorted"),
        (lambda *given: sorted(likely()(*given)), "Right, but sorted"),
        (
            lambda *given: [p for p in likely()(*given) if p],
            "Return 6 numbers, one for each token (0 for those cut off), not 5.",
        ),
        (lambda *given: [likely()(*given)], "Yours contains lists: return one row, of 6 numbers."),
        (
            lambda *given: [math.nan] * 6,
            "0.210526, 0.136842, but yours is nan, nan, nan, nan, nan, nan.",
        ),
        (lambda probs, share: likely()(probs, share or 0.5), "For share = 0 every token is kept"),
        (
            lambda probs, share: likely(lambda p, *_: p >= min(share, 0.5) * max(probs))(probs, 0),
            "For share = 1 only the likeliest",
        ),
        (
            lambda probs, share: likely()(probs, 0.25 if share == 0.5 else share),
            "share = 0.5 it should be 0, 0, 0.333333, 0, 0, 0.666667, but yours",
        ),
        (
            lambda probs, share: likely()(probs, 0.25 if share == 0.125 else share),
            "share = 0.125 it should be 0.133333, 0.0666667, 0.266667, 0, 0, 0.533333, but yours",
        ),
    ],
)
def test_min_p(mine, says):
    assert says in exercises.check_min_p(mine)


def rotated(angle=lambda i, t, D: t / 10_000 ** (2 * i / D), pairs=None, in_place=False):
    """A rotation, with one thing done in its own way."""

    def mine(row, t):
        D, out = len(row), list(row)
        for i in range(D // 2):
            m, n = (i, i + D // 2) if pairs == "halves" else (2 * i, 2 * i + 1)
            cos, sin = math.cos(angle(i, t, D)), math.sin(angle(i, t, D))
            out[m] = row[m] * cos - row[n] * sin
            out[n] = (out if in_place else row)[m] * sin + row[n] * cos
        return out

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (rotated(), "Right!"),
        (lambda row, t: torch.tensor(rotated()(row, t)), "Right!"),
        (lambda row, t: rotated()(row, -t), "You turn the wrong way"),
        (rotated(lambda i, t, D: t / 10_000 ** (4 * i / D)), "The angle of pair j is t / 10,000"),
        (rotated(lambda i, t, D: t / 10_000 ** (i / D)), "The angle of pair j is t / 10,000"),
        (rotated(lambda i, t, D: t), "All pairs turn alike"),
        (rotated(lambda i, t, D: t * 10_000 ** (2 * i / D)), "Divide t by the power"),
        (lambda row, t: rotated()(row, t + 1), "You count from 1"),
        (rotated(lambda i, t, D: math.radians(t / 10_000 ** (2 * i / D))), "already in radians"),
        (rotated(pairs="halves"), "here neighbours are a pair"),
        (rotated(in_place=True), "the first one's old value"),
        (lambda row, t: row, "Nothing is turned."),
        (lambda row, t: rotated()(row, t or 1), "At t = 0 nothing is turned."),
        (rotated(lambda i, t, D: t / 10_000 ** (2 * i / 6)), "Right, but not for D = 4 and t = 2"),
        (lambda row, t: row[:4], "Return 6 numbers, one for each channel, not 4."),
        (lambda row, t: [math.nan] * 6, "but yours is nan"),
    ],
)
def test_rotated(mine, says):
    assert says in exercises.check_rotated(mine)


def rms(divisor, less=lambda row: 0.0, tiny=1e-5):
    def mine(row):
        return [(x - less(row)) / (divisor(row) + tiny) for x in row]

    return mine


def root(row, n=0):
    return math.sqrt(sum(x * x for x in row) / (len(row) - n))


def average(row):
    return sum(row) / len(row)


def deviation(row):
    return math.sqrt(sum((x - average(row)) ** 2 for x in row) / len(row))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda row: [x / math.sqrt(root(row) ** 2 + 1e-5) for x in row], "Right!"),
        (lambda row: F.rms_norm(torch.tensor(row), (len(row),)), "Right!"),
        (rms(deviation, average), "That is a LayerNorm"),
        (rms(deviation), "That is the standard deviation"),
        (rms(root, average), "The mean stays in"),
        (rms(lambda row: math.hypot(*row)), "That is the length"),
        (rms(lambda row: root(row) ** 2), "Take the root"),
        (rms(lambda row: sum(x * x for x in row)), "That is the sum of squares"),
        (rms(lambda row: sum(map(abs, row)) / len(row)), "square them first"),
        (rms(lambda row: root(row, 1)), "not C - 1"),
        (rms(root, tiny=0.0), "A row of zeros should stay zeros"),
        (lambda row: rms(root)(row) if len(row) > 2 else row, "Right, but not for C = 2"),
        (lambda row: [1.0, 2.0], "Return 4 numbers"),
        (lambda row: [7.0] * 4, "but yours is 7, 7, 7, 7"),
    ],
)
def test_rms_norm(mine, says):
    assert says in exercises.check_rms_norm(mine)


def shifted(back=lambda t, n: t - n, own=1.0, order=1):
    def mine(rows, shares):
        out = []
        for t, row in enumerate(rows):
            mixed = [own * x for x in row]
            for n, share in enumerate(shares[::order], start=1):
                if 0 <= back(t, n) < len(rows):
                    mixed = [x + share * y for x, y in zip(mixed, rows[back(t, n)], strict=True)]
            out.append(mixed)
        return out

    return mine


def shifted_in_place(rows, shares):
    for t in range(len(rows)):
        for n, share in enumerate(shares[:t], start=1):
            rows[t] = [x + share * y for x, y in zip(rows[t], rows[t - n], strict=True)]
    return rows


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (shifted(), "Right!"),
        (lambda *given: torch.tensor(shifted()(*given)), "Right!"),
        (shifted(lambda t, n: t + n), "You look ahead"),
        (shifted(lambda t, n: (t - n) % 4), "The first rows get some of the last"),
        (shifted(order=-1), "Swapped"),
        (shifted_in_place, "without what was added"),
        (shifted(own=0.0), "The row itself is missing"),
        (lambda rows, shares: rows, "Nothing is added."),
        (lambda rows, shares: shifted()(rows, [0.5, 0.25]), "Right, but not for one share"),
        (lambda rows, shares: shifted()(rows[:3], shares), "Return 4 rows"),
        (lambda rows, shares: [[7.0, row[0]] for row in rows], "row 0 should be 1, 2"),
    ],
)
def test_shifted(mine, says):
    assert says in exercises.check_shifted(mine)


@pytest.mark.parametrize(
    "check",
    [
        *("split", "join", "heads", "dropout", "layer_norm", "smoothed", "rate", "beam"),
        *(
            "block",
            "gpt",
            "generate",
            "parameters",
            "cached_step",
            "min_p",
            "rotated",
            "rms_norm",
            "shifted",
        ),
        *("adam_step", "schedule", "stretched"),
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        *([], [[]], [[], []], [[[]]], [[[1]]], [[[[1]]]], [None] * 4, [[None] * 6] * 4),
        *([[math.nan] * 6] * 4, [[math.inf] * 6] * 4, [["a"] * 6] * 4, {1: 2}, [[1] * 6, 2, 3, 4]),
        *([[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]], torch.zeros(4, 6), torch.zeros(2, 4, 3)),
    ],
)
def test_no_answer_stops_a_check(check, answer):
    assert_refused(check, answer)


def two_channels(x):
    return [[sum(row[c] for row in x[: t + 1]) / (t + 1) for c in (0, 1)] for t in range(len(x))]


def for_three(q, k):
    """Right for T = 3 and D = 2, and for nothing else."""
    exps = [[math.exp((a[0] * b[0] + a[1] * b[1]) / 2**0.5) for b in k] for a in q]
    sums = [sum(row[: t + 1]) for t, row in enumerate(exps)]
    return [[e / sums[t] * (s <= t) for s, e in enumerate(row)] for t, row in enumerate(exps)]


def filled_with_minus_12(q, k):
    rows = []
    for t, a in enumerate(q):
        dots = [sum(x * y for x, y in zip(a, b, strict=True)) / len(a) ** 0.5 for b in k]
        exps = [math.exp(x if s <= t else -12) for s, x in enumerate(dots)]
        rows.append([e / sum(exps) for e in exps])
    return rows


def four_by_six(T, C):
    angles = [[t / 10_000 ** (c // 2 * 2 / 6) for c in range(6)] for t in range(4)]
    return [[(math.cos if c % 2 else math.sin)(a) for c, a in enumerate(row)] for row in angles]


@pytest.mark.parametrize(
    ("check", "mine"),
    [
        ("average", two_channels),
        ("weights", for_three),
        ("weights", filled_with_minus_12),
        ("positions", four_by_six),
    ],
)
def test_right_for_one_size_alone(check, mine):
    assert "Right, but not for T = 2" in getattr(exercises, f"check_{check}")(mine)
