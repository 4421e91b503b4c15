"""Checks for the exercises of notebook 00."""

import math
from collections.abc import Callable, Sequence
from operator import index

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, named
from gptlib.world import surprisals, tell


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
    got = [index(i) for i in got]  # this accepts a tensor's elements too
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
