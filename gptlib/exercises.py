"""Checks for the exercises: each says what is right or wrong with a reader's function."""

import math
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import pairwise
from operator import index

from gptlib.world import surprisals, tell

NOT_YET = "Not yet: your function returns None."
RIGHT = "Right!"


def in_words(check: Callable[[Callable], str]) -> Callable[[Callable], str]:
    """Make a check that says what went wrong where the plain one would raise it."""

    @wraps(check)
    def wrapped(mine: Callable) -> str:
        try:
            return check(mine)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            return f"Your function stops, or returns what the check cannot read ({what})."

    return wrapped


def named(got: float, diagnoses: Sequence[tuple[float, str]]) -> str | None:
    """What diagnoses say of the value got, if it is one of theirs; float32 will do."""
    for value, diagnosis in diagnoses:
        if math.isclose(got, value, rel_tol=1e-5):
            return diagnosis
    return None


def near(got: Sequence[float], values: Sequence[float], tolerance: float = 1e-5) -> bool:
    """Whether got is as long as values, and nowhere further off than tolerance."""
    return len(got) == len(values) and all(
        math.isclose(x, y, abs_tol=tolerance) for x, y in zip(got, values, strict=True)
    )


@in_words
def check_encode(mine: Callable[[str, str], Sequence[int]]) -> str:
    """Notebook 00: mine(text, chars) gives for each character of text its place in chars."""
    text, chars = "bad cab", "abcdz "  # neither sorted nor all of them used
    want = [chars.index(char) for char in text]
    got = mine(text, chars)
    if got is None:
        return NOT_YET
    got = list(got)
    if got == want:
        return RIGHT
    if got == [i + 1 for i in want]:
        return "Every id is one too large: places are counted from 0."
    if got == [ord(char) for char in text]:
        return "These are the characters' code points: we want their places in chars."
    alphabet = sorted(set(text))
    if got == [alphabet.index(char) for char in text]:
        return "These are places in an alphabet of your own: look the characters up in chars."
    if got == list(text):
        return "These are still characters: we want numbers, their places in chars."
    if len(got) != len(want):
        return f"There should be one id for each of the {len(want)} characters, not {len(got)}."
    return f"{text!r} with chars {chars!r} should give {want}, and yours gives {got}."


@in_words
def check_windows(mine: Callable[[list[int], list[int], int], Sequence]) -> str:
    """Notebook 00: mine(data, starts, block_size) gives the windows at starts and their targets."""
    data, starts, T = list(range(10, 22)), [1, 5, 3], 3

    def cut(shift: int) -> list[list[int]]:
        return [data[s + shift : s + shift + T] for s in starts]

    got = mine(data, starts, T)
    if got is None:
        return NOT_YET
    if len(got) != 2:
        return "Return two lists, idx and targets, with a row in each for every start."
    if any(isinstance(row, int) for rows in got for row in rows):
        return "Each row must be a list of ids, one row for each start: yours holds single ids."
    idx, targets = ([list(row) for row in rows] for rows in got)
    if idx == cut(1) and targets == cut(0):
        return "These are the right windows in the wrong order: return idx first, then targets."
    if idx != cut(0):
        if any(len(row) == T + 1 for row in idx):
            return "The rows of idx are one too long: like the targets they have block_size ids."
        return f"The rows of idx for starts {starts} should be {cut(0)}, and yours are {idx}."
    if any(len(row) != T for row in targets):
        return "Each row of targets is as long as its row of idx: the last id has a target too."
    diagnoses = [
        (1, RIGHT),
        (0, "Your targets are idx itself: a model would only learn to repeat what it sees."),
        (-1, "Your targets are shifted the wrong way: they come before, and not next."),
        (T, "Your targets begin where idx ends, but each id of idx has a target: the next one."),
    ]
    for shift, diagnosis in diagnoses:
        if targets == cut(shift):
            return diagnosis
    return f"The targets for starts {starts} should be {cut(1)}, and yours are {targets}."


@in_words
def check_loss(mine: Callable[[list[float]], float]) -> str:
    """Notebook 00: mine(probs) is the mean of -ln p over the probabilities of what really came."""
    probs = [0.9, 0.2, 0.5, 0.7]
    mean = sum(probs) / len(probs)
    want = -sum(map(math.log, probs)) / len(probs)
    got = mine(probs)
    if got is None:
        return NOT_YET
    if isinstance(got, list | tuple):
        return "Return one number, the mean of the losses, and not a list of them."
    diagnoses = [
        (want, RIGHT),
        (-math.log(probs[0]), "This is the loss of the first token alone: return after the loop."),
        (-want, "The sign is wrong: the logarithm of a probability is negative, a loss is not."),
        (want * len(probs), "This is the sum: divide it by how many there are."),
        (math.exp(want), "This is the exponential of the loss, its perplexity: leave out the exp."),
        (want / math.log(10), "You took the logarithm to base 10: use math.log."),
        (want / math.log(2), "This is in bits, by the logarithm to base 2: use math.log."),
        (-math.log(mean), "You averaged before the logarithm: take -ln p of each, then the mean."),
        (mean, "This is the mean probability: take -ln p of each, then the mean."),
    ]
    if diagnosis := named(got, diagnoses):
        return diagnosis
    return f"The loss of the probabilities {probs} should be {want:.4f}, and yours is {got:.4f}."


@in_words
def check_places(mine: Callable[[str], Sequence[int]]) -> str:
    """Notebook 00: mine(text) gives the places of the three most surprising characters."""
    text = tell(seed=394).text
    nats = surprisals(text)
    got = mine(text)
    if got is None:
        return NOT_YET
    got = [index(i) for i in got]  # of a tensor's elements too
    if len(set(got)) != 3 or not all(0 <= i < len(text) for i in got):
        return f"Return three different places in the text, numbers from 0 to {len(text) - 1}."
    best = sorted(range(len(text)), key=lambda i: -nats[i])[:3]
    if set(got) == set(best):
        return RIGHT
    worst = min(got, key=lambda i: nats[i])
    sums = [sum(nats[i] for i in places) for places in (got, best)]
    says = f"Your three hold {sums[0]:.1f} nats, the best three {sums[1]:.1f}. "
    says += f"The least of yours is {text[worst]!r} after {text[max(0, worst - 20) : worst]!r}: "
    if nats[worst] == 0:
        return says + "nothing else could have come."
    if text[worst - 1 : worst].isalpha():
        return says + "most of a word's surprise is in its first letter."
    return says + f"its probability was {math.exp(-nats[worst]):.0%}."


@in_words
def check_counts(mine: Callable[[list[int], int], Sequence[Sequence[int]]]) -> str:
    """Notebook 01: mine(ids, V) counts in row a, column b how often b came right after a."""
    ids, V = [0, 2, 1, 2, 2, 2, 0, 2], 4
    want = [[0] * V for _ in range(V)]
    for before, after in pairwise(ids):
        want[before][after] += 1
    got = mine(list(ids), V)
    if got is None:
        return NOT_YET
    got = [[float(n) for n in row] for row in got]
    if got == want:
        return RIGHT
    if len(got) != V or any(len(row) != V for row in got):
        return f"Return {V} rows of {V} counts: id 3 never comes, and has its row and column too."
    if got == [[sum(column) for column in zip(*want, strict=True)]] * V:
        return "All rows are the same: [[0] * V] * V is one list, V times; make V different ones."
    if got == [list(column) for column in zip(*want, strict=True)]:
        return "Rows and columns are exchanged: row a has what came after a, not before it."
    if got == [[n / max(1, sum(row)) for n in row] for row in want]:
        return "These are fractions: return the counts themselves."
    around = [list(row) for row in want]
    around[ids[-1]][ids[0]] += 1
    if got == around:
        return "You count the last id with the first: nothing came after the last."
    if sum(map(sum, got)) != len(ids) - 1:
        return (
            f"{len(ids)} ids make {len(ids) - 1} pairs; your counts sum to {sum(map(sum, got)):g}."
        )
    return f"For ids {ids} the table should be {want}, and yours is {got}."


@in_words
def check_gradient(mine: Callable[[list[float], int], Sequence[float]]) -> str:
    """Notebook 01: mine(logits, came) is the gradient of -ln softmax(logits)[came]."""
    logits, came = [0.5, 0.0, 2.0, -1.0], 1
    exps = [math.exp(z) for z in logits]
    probs = [e / sum(exps) for e in exps]
    once = [float(i == came) for i in range(len(logits))]
    got = mine(logits, came)
    if got is None:
        return NOT_YET
    got = [float(x) for x in got]
    if len(got) != len(logits):
        return f"Return one number for each of the {len(logits)} logits, not {len(got)}."
    diagnoses = [
        ([p - o for p, o in zip(probs, once, strict=True)], RIGHT),
        ([o - p for p, o in zip(probs, once, strict=True)], "The sign is wrong: this is downhill."),
        (probs, "These are the probabilities: take 1 away at the place of what came."),
        (
            [e - o for e, o in zip(exps, once, strict=True)],
            "Divide the exponentials by their sum before you take 1 away.",
        ),
        (
            [z - o for z, o in zip(logits, once, strict=True)],
            "Turn the logits into probabilities by a softmax before you take 1 away.",
        ),
        (
            [(p - 1) * o for p, o in zip(probs, once, strict=True)],
            "The logits of what did not come have a gradient too: their probabilities.",
        ),
        (
            [-o / p for p, o in zip(probs, once, strict=True)],
            "This is the derivative by the probabilities: go on to the logits, by the chain rule.",
        ),
    ]
    for tolerance in (1e-5, 1e-2):
        for values, diagnosis in diagnoses:
            if near(got, values, tolerance):
                inexact = diagnosis == RIGHT and tolerance > 1e-5
                return "Nearly, but not to five digits: find a formula." if inexact else diagnosis
    want = ", ".join(f"{x:.3f}" for x in diagnoses[0][0])
    yours = ", ".join(f"{x:.3f}" for x in got)
    return f"The gradient for logits {logits} and came = {came} is {want}, and yours is {yours}."


@in_words
def check_top_p(mine: Callable[[list[float], float], Sequence[float]]) -> str:
    """Notebook 01: mine(probs, p) keeps the likeliest that together have at least p."""
    probs, p = [0.1, 0.4, 0.2, 0.3], 0.65
    got = mine(probs, p)
    if got is None:
        return NOT_YET
    got = [float(x) for x in got]
    diagnoses = [
        ([0, 4 / 7, 0, 3 / 7], RIGHT),
        ([4 / 7, 3 / 7, 0, 0], "Right, but sorted: put each probability back in its place."),
        ([0, 0.4, 0, 0.3], "The right ones are kept: now scale them so that they sum to 1."),
        ([0, 1, 0, 0], "The token with which p is reached is kept too: 0.4 is less than 0.65."),
        ([0, 0.4, 0, 0], "The token with which p is reached is kept too: 0.4 is less than 0.65."),
        ([0, 4 / 9, 2 / 9, 3 / 9], "You keep one too many: 0.4 and 0.3 are enough for 0.65."),
        ([1 / 3, 0, 2 / 3, 0], "You keep the unlikeliest: begin with the highest probability."),
    ]
    for values, diagnosis in diagnoses:
        if near(got, values):
            return diagnosis if diagnosis != RIGHT else _edges_of_top_p(mine)
    if len(got) != len(probs):
        return f"Return a probability for each of the {len(probs)} tokens, 0 for those cut off."
    yours = ", ".join(f"{x:.3f}" for x in got)
    return f"For probs {probs} and p = {p} it should be 0, 4/7, 0, 3/7, and yours is {yours}."


def _edges_of_top_p(mine: Callable[[list[float], float], Sequence[float]]) -> str:
    """RIGHT, or what goes wrong where p is very small, or is reached exactly, or is 1."""
    if list(mine([0.25, 0.75], 0.01)) != [0, 1]:
        return "For a very small p the likeliest token should still be kept, alone."
    if list(mine([0.5, 0.25, 0.25], 0.5)) != [1, 0, 0]:
        return "Where the likeliest has exactly p, it is enough: keep no other."
    if list(mine([0.5, 0.25, 0.25], 1.0)) != [0.5, 0.25, 0.25]:
        return (
            "For p = 1 every token should be kept, in its own place and with its own probability."
        )
    tied = mine([0.25, 0.25, 0.25, 0.25], 0.5)
    if sorted(float(x) for x in tied) != [0, 0, 0.5, 0.5]:
        return "Of equally likely tokens keep only as many as are needed: 2 of 4 for p = 0.5."
    return RIGHT


@in_words
def check_score(mine: Callable[[list[float], list[int]], float]) -> str:
    """Notebook 01: mine(losses, sizes) is the mean over all targets of all batches."""
    losses, sizes = [2.5, 3.0, 1.0], [10, 20, 2]
    total = sum(loss * n for loss, n in zip(losses, sizes, strict=True))
    got = mine(losses, sizes)
    if got is None:
        return NOT_YET
    diagnoses = [
        (total / sum(sizes), RIGHT),
        (sum(losses) / len(losses), "This is the mean over batches: a batch of 2 counts as 20 do."),
        (total, "This is the sum over all targets: divide it by how many there are."),
        (total / len(losses), "Divide by the number of targets, not by that of batches."),
        (sum(losses) / sum(sizes), "Multiply each mean by its size first: that undoes its mean."),
    ]
    if diagnosis := named(got, diagnoses):
        return diagnosis
    return f"For {losses} and {sizes} it is {total / sum(sizes):.4f}, and yours is {got:.4f}."
