"""Notebook 00: each right form of an answer passes, and each mistake is named."""

import math
import random
import re
from collections import Counter

import pytest
import torch

from gptlib import exercises
from gptlib.exercises import RIGHT


def ids(text, chars):
    return [chars.index(char) for char in text]


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (ids, RIGHT),
        (lambda text, chars: tuple(ids(text, chars)), RIGHT),
        (lambda text, chars: torch.tensor(ids(text, chars)), RIGHT),
        (lambda text, chars: map(chars.index, text), RIGHT),
        (lambda text, chars: ids(text.lower(), chars), "leave out the lower()"),
        (lambda text, chars: ids(text.strip(), chars), "leave out the strip()"),
        (lambda text, chars: ids("".join(text.split()), chars), "every space and line break"),
        (lambda text, chars: [i for i, _ in enumerate(text)], "places in text"),
        (lambda text, chars: ids(text, chars)[::-1], "keep the order"),
        (lambda text, chars: set(ids(text, chars)), "A set keeps each character once"),
        (lambda text, chars: ids(text, chars)[:1], "return the whole list, after the loop"),
        (lambda text, chars: ids(text, chars)[:4], "one id for each of the 10 characters, not 4"),
        (lambda text, chars: [*map(text.index, text)], "You look in text"),
        (lambda text, chars: [*text], "still characters"),
        (lambda text, chars: [*map(str, ids(text, chars))], "yours is a list with a string in it"),
        (lambda text, chars: [*map(float, ids(text, chars))], "Return a list of whole numbers"),
        (lambda text, chars: [[i] for i in ids(text, chars)], "yours is a list of 10 lists"),
        (lambda text, chars: " ".join(map(str, ids(text, chars))), "yours is a string"),
        (lambda text, chars: sorted(ids(text, chars)), "should give [6, 3, 0, 4"),
        (lambda text, chars: {c: chars.index(c) for c in text}, "A dict keeps each character once"),
        (lambda text, chars: ids(text, [*"abcBdz \n"]), "in an alphabet of your own"),
        (lambda text, chars: chars.find(text), "with AttributeError: 'list' object has no"),
        (
            lambda text, chars: 3,
            "Return a list of whole numbers, one for each character: yours is the number",
        ),
    ],
)
def test_encode(mine, says):
    assert says in exercises.check_encode(mine)


def cut(data, starts, T, shift=0):
    return [data[s + shift : s + shift + T] for s in starts]


def both(data, starts, T):
    return cut(data, starts, T), cut(data, starts, T, 1)


def added(data, starts, T):
    idx = cut(data, starts, T)
    return idx, [[i + 1 for i in row] for row in idx]


def with_targets(make):
    return lambda data, starts, T: (
        cut(data, starts, T),
        [make(data[s : s + T], data, s) for s in starts],
    )


def in_order(data, starts, T):
    starts = range(0, T * len(starts), T)
    return both(data, starts, T)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (both, RIGHT),
        (lambda *given: list(both(*given)), RIGHT),
        (lambda *given: torch.tensor(both(*given)), RIGHT),
        (lambda *given: [torch.tensor(rows) for rows in both(*given)], RIGHT),
        (lambda *given: zip(*zip(*both(*given), strict=True), strict=True), RIGHT),
        (lambda *given: (rows for rows in both(*given)), RIGHT),
        (added, "You added 1 to the ids"),
        (lambda data, starts, T: both(data, [s + 1 for s in starts], T), "one place too late"),
        (lambda *given: zip(*both(*given), strict=True), "You return a pair for each start"),
        (in_order, "begin them at starts"),
        (lambda data, starts, T: (cut(data, starts, T), cut(data, starts, T, 2)), "two places"),
        (lambda data, starts, T: both(data, starts[:1], T), "each of the 3 starts: your idx has 1"),
        (lambda data, starts, T: both(data, starts, 3), "block_size = 4 ids: one of yours has 3"),
        (
            lambda data, starts, T: both(data, starts, T - 1),
            "block_size = 3 ids: one of yours has 2",
        ),
        (lambda data, starts, T: both(data, starts, T + 1), "The rows of idx are one too long"),
        (
            lambda data, starts, T: both(data, sorted(starts), T),
            "yours are [[3, 27, 8], [8, 14, 31]",
        ),
        (lambda data, starts, T: both(data, range(len(starts)), T), "the start itself, starts[i]"),
        (lambda data, starts, T: both(range(99), starts, T), "Your idx contains positions in data"),
        (lambda data, starts, T: ([data[s:T] for s in starts], []), "end at block_size"),
        (lambda data, starts, T: both(data, starts, T)[::-1], "wrong order"),
        (with_targets(lambda row, data, s: row), "repeat what it sees"),
        (with_targets(lambda row, data, s: row[1:]), "the last id has a target too"),
        (with_targets(lambda row, data, s: data[s + len(row)]), "the last id has a target too"),
        (with_targets(lambda row, data, s: [*row[1:], 0]), "Only the last target"),
        (with_targets(lambda row, data, s: row[1:] + row[:1]), "Only the last target"),
        (with_targets(lambda row, data, s: row[::-1]), "but yours are [[8, 27, 3], [22, 5, 31]"),
        (lambda data, starts, T: cut(data, starts, T), "Return two lists, idx and targets"),
        (lambda data, starts, T: None if T == 3 else 1, "Not yet"),
        (lambda data, starts, T: 7, "Return two lists of rows, idx and targets: yours is the num"),
    ],
)
def test_windows(mine, says):
    assert says in exercises.check_windows(mine)


def batch(data, starts, B, T, shift=1, column=None):
    if column is None:
        column = starts[torch.randint(len(starts), (B,))][:, None]
    at = column + torch.arange(T)
    return data[at], data[at + shift]


def with_loops(data, starts, B, T):
    chosen = [random.choice(starts.tolist()) for _ in range(B)]
    idx = torch.stack([data[s : s + T] for s in chosen])
    return idx, torch.stack([data[s + 1 : s + T + 1] for s in chosen])


def one_cut(data, starts, B, T):
    column = starts[torch.randperm(len(starts))[:B]][:, None]
    return batch(data, starts, B, T + 1, shift=0, column=column)[0]


def halves(data, starts, B, T):
    taken = one_cut(data, starts, B, T)
    return taken[:, :-1], taken[:, 1:]


def seeded(data, starts, B, T):
    torch.manual_seed(0)
    return batch(data, starts, B, T)


def column_of(make):
    return lambda data, starts, B, T: batch(
        data, starts, B, T, column=torch.as_tensor(make(data, starts, B, T))[:, None]
    )


def changed(change):
    return lambda *given: change(*batch(*given))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (batch, RIGHT),
        (with_loops, RIGHT),
        (halves, RIGHT),
        (changed(lambda *both: list(both)), RIGHT),
        (changed(lambda *both: torch.stack(both)), RIGHT),
        (changed(lambda idx, targets: (idx,)), "Return two tensors, idx and targets, not 1"),
        (changed(lambda idx, targets: idx), "Return two tensors, idx and targets, not 4"),
        (changed(lambda idx, targets: (idx.tolist(), targets)), "Make idx a tensor"),
        (changed(lambda idx, targets: (idx, targets.tolist())), "Make targets a tensor"),
        (changed(lambda idx, targets: (idx.T, targets.T)), "rows and columns are swapped"),
        (lambda *given: (one_cut(*given), one_cut(*given)), "idx takes the first T"),
        (changed(lambda idx, targets: (idx[:, 1:], targets[:, 1:])), "one more id from data"),
        (changed(lambda idx, targets: (idx[:, :1], targets)), "add torch.arange(T)"),
        (changed(lambda idx, targets: (idx[0], targets[0])), "you cut one window"),
        (changed(lambda idx, targets: (idx.flatten(), targets.flatten())), "keep the rows apart"),
        (lambda data, starts, B, T: batch(data, starts, B, 3), "but yours is (4, 3)"),
        (lambda data, starts, B, T: batch(data, starts, 4, T), "should be (2, 7), but yours"),
        (changed(lambda idx, targets: (idx.float(), targets.float())), "torch.float32"),
        (lambda data, *rest: batch(torch.arange(60), *rest), "idx holds places in data"),
        (lambda data, *rest: batch(-data, *rest), "numbers that are not in data"),
        (changed(lambda idx, targets: (idx.flip(1), targets)), "not one stretch of data"),
        (changed(lambda idx, targets: (targets, idx)), "wrong order"),
        (lambda data, starts, *rest: batch(data, starts + 1, *rest[:1], rest[1]), "one place too"),
        (
            column_of(lambda data, starts, B, T: torch.randint(len(starts), (B,))),
            "an index into starts",
        ),
        (column_of(lambda data, starts, B, T: torch.randint(50, (B,))), "none of the starts"),
        (changed(lambda idx, targets: (idx, idx)), "repeat what it sees"),
        (changed(lambda idx, targets: (idx, idx + 1)), "You added 1 to the ids"),
        (lambda *given: batch(*given, shift=-1), "wrong way"),
        (lambda data, starts, B, T: batch(data, starts[:5], B, T, shift=2), "two places later"),
        (lambda data, starts, B, T: batch(data, starts[:5], B, T, shift=T), "begin where idx ends"),
        (changed(lambda idx, targets: (idx, targets.flip(1))), "not the ids that come one place"),
        (changed(lambda idx, targets: (idx, idx.roll(-1, 1))), "Only the last target"),
        (lambda *given: (batch(*given)[0], batch(*given)[1]), "come from different windows"),
        (seeded, "Every call gives the same batch"),
        (column_of(lambda data, starts, B, T: starts[:B]), "Every call gives the same batch"),
        (
            column_of(lambda data, starts, B, T: starts[torch.randint(6, (1,))].expand(B)),
            "A single draw decides all rows",
        ),
        (
            column_of(
                lambda data, starts, B, T: starts[torch.randint(6 - B, (1,)) + torch.arange(B)]
            ),
            "A single draw decides all rows",
        ),
        (lambda data, starts, *sizes: batch(data, starts[:-1], *sizes), "no window begins at 52"),
        (lambda data, starts, *sizes: batch(data, starts[1:], *sizes), "no window begins at 3"),
        (
            lambda *given: 3,
            "Return two tensors of shape (B, T), idx and targets: yours is the numb",
        ),
    ],
)
def test_get_batch_of_ones_own(mine, says):
    assert says in exercises.check_batch(mine)


def test_batch_leaves_the_readers_draws_as_they_are():
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    assert exercises.check_batch(batch) == RIGHT
    assert torch.equal(torch.rand(2), wanted)


def shares(chars):
    counts = Counter(chars)
    return {char: times / counts.total() for char, times in counts.items()}


def follow(text, context, shift=None, keep=lambda char: True, whole=None):
    n = len(context)
    shift = n if shift is None else shift
    found = (i for i in range(len(text) - n) if text[i : i + n] == context)
    counts = Counter(text[i + shift] for i in found if i + shift >= 0 and keep(text[i + shift]))
    return {char: times / (whole or counts.total()) for char, times in counts.items()}


def found_by(pattern, flags=re.DOTALL, escape=re.escape):
    return lambda text, context: shares(re.findall(pattern.format(escape(context)), text, flags))


def with_end(text, context):
    n = len(context)
    places = [i for i in range(len(text)) if text.startswith(context, i)]
    return shares(text[i + n : i + n + 1] for i in places)


def over_all_found(text, context):
    whole = sum(text.startswith(context, i) for i in range(len(text)))
    return follow(text, context, whole=whole)


def one_too_far(text, context):
    n = len(context) + 1
    return shares(text[i + n] for i in range(len(text) - n) if text.startswith(context, i))


def before(text, context):
    return shares(a for a, b in zip(text, after_each(text), strict=False) if b.startswith(context))


def after_each(text):
    return [text[i:] for i in range(1, len(text))]


def by_count(text, context):
    counts = Counter({char: text.count(context + char) for char in text})
    return shares(counts.elements())


def by_split(text, context):
    return shares(part[0] for part in text.split(context)[1:] if part)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (follow, RIGHT),
        (lambda *given: Counter(follow(*given)), RIGHT),
        (lambda *given: list(follow(*given).items()), RIGHT),
        (lambda *given: {c: torch.tensor(p) for c, p in follow(*given).items()}, RIGHT),
        (found_by("(?={}(.))"), RIGHT),
        (found_by("{}(?=(.))"), "Occurrences may overlap"),
        (found_by("{}(.)"), "Occurrences may overlap"),
        (by_split, "Occurrences may overlap"),
        (found_by("(?={}(.))", escape=str), "use re.escape(context)"),
        (found_by("(?={}(.))", flags=0), "A line break is a character too"),
        (lambda text, context: follow(text, context, whole=1), "These are counts"),
        (lambda text, context: follow(text, context, whole=len(text)), "the length of the text"),
        (over_all_found, "The last occurrence has nothing after it"),
        (
            lambda *given: follow(*given, whole=given[0].count(given[1])),
            "text.count skips overlaps",
        ),
        (lambda *given: {c: 100 * p for c, p in follow(*given).items()}, "These are percentages"),
        (with_end, "leave out the ''"),
        (lambda text, context: follow(text, context, shift=-1), "before the context"),
        (before, "before the context"),
        (lambda text, context: follow(text, context, shift=len(context) - 1), "one place short"),
        (one_too_far, "too far"),
        (lambda text, context: follow(text, context[-1:]), "compare all of it"),
        (lambda *given: follow(*given, keep=str.isalpha), "count whatever follows"),
        (lambda *given: dict([max(follow(*given).items(), key=lambda x: x[1])]), "most frequent"),
        (
            lambda text, context: follow(text[4:], context),
            "'banas, ananana\\nanaB anana anab Ana, ana' a",
        ),
        (
            lambda text, context: follow(text, context) if context else {},
            "empty for an empty context",
        ),
        (
            lambda text, context: follow(text, context) if len(context) < 2 else {},
            "text[i : i + 3]",
        ),
        (lambda text, context: follow(text.lower(), context), "leave out the lower()"),
        (lambda text, context: follow(text, context, shift=1), "text[i + 1]"),
        (lambda text, context: follow(text[:-1], context), "one place too early"),
        (
            lambda text, context: {text[text.index(context) + len(context)]: 1.0},
            "You stop at the first occurrence",
        ),
        (by_count, "text.count skips overlaps"),
        (lambda *given: dict.fromkeys(given[0], 0) | follow(*given), "that never follow"),
        (lambda *given: shares([*follow(*given)]), "All shares are the same"),
        (
            lambda text, context: {text[text.find(context) + len(context) + 40]: 1.0},
            "Your code stop",
        ),
        (lambda text, context: [1, 2], "Return a dictionary of fractions, one for each character"),
    ],
)
def test_followers(mine, says):
    assert says in exercises.check_followers(mine)


def costs(probs):
    return [-math.log(p) for p in probs]


def mean(values):
    return sum(values) / len(values)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (lambda probs: mean(costs(probs)), RIGHT),
        (lambda probs: -torch.tensor(probs).log().mean(), RIGHT),
        (lambda probs: -math.log(math.prod(probs)) / len(probs), RIGHT),
        (lambda probs: sum(costs(probs)) / 4, "You divide by 4 here too"),
        (lambda probs: sum(costs(probs)) / (len(probs) - 1), "one less than how many"),
        (lambda probs: sum(p * c for p, c in zip(probs, costs(probs), strict=True)), "weighted"),
        (lambda probs: mean([p * -math.log(p) for p in probs]), "You weighted each -ln p by p"),
        (lambda probs: mean([1 - p for p in probs]), "the mean of 1 - p"),
        (lambda probs: mean([-math.log(1 - p) for p in probs]), "You took 1 - p"),
        (lambda probs: -math.log(sum(probs)), "the logarithm of the sum"),
        (lambda probs: math.prod(probs) ** (1 / len(probs)), "e to minus the loss"),
        (lambda probs: costs(probs)[-1], "the last token alone"),
        (lambda probs: math.prod(probs), "the product of them all"),
        (
            lambda probs: costs([0.9, 0.2, 0.5, 0.7]) and mean(costs([0.9, 0.2, 0.5, 0.7])),
            "[0.8, 0.3, 0.6] should be",
        ),
        (lambda probs: torch.tensor(probs), "Return one number: yours is a tensor of shape (4,)"),
    ],
)
def test_loss(mine, says):
    assert says in exercises.check_loss(mine)


def terms(p, q, entropy=lambda a: -a * math.log(a), kl=lambda a, b: a * math.log(a / b)):
    pairs = [(a, b) for a, b in zip(p, q, strict=True) if a > 0]
    return sum(entropy(a) for a, _ in pairs), sum(kl(a, b) for a, b in pairs)


def with_tensors(p, q):
    p, q = torch.tensor(p), torch.tensor(q)
    return -torch.xlogy(p, p).sum(), (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def with_nan(p, q):
    p, q = torch.tensor(p), torch.tensor(q)
    return -(p * p.log()).sum(), (p * (p / q).log()).sum()


def with_zeros(p, q):
    entropy = -sum(a * math.log(a) for a in p)
    return entropy, sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


def unpaired(p, q):
    pairs = zip([a for a in p if a > 0], q, strict=False)
    return terms(p, q)[0], sum(a * math.log(a / b) for a, b in pairs)


def weighed_by_q(p, q):
    pairs = zip(p, q, strict=True)
    return -sum(b * math.log(a) for a, b in pairs), 0


def of(entropy=None, kl=None):
    given = {"entropy": entropy, "kl": kl}
    return lambda p, q: terms(p, q, **{name: f for name, f in given.items() if f})


def combined(change):
    return lambda p, q: change(*terms(p, q))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (terms, RIGHT),
        (combined(lambda h, kl: [h, kl]), RIGHT),
        (combined(lambda h, kl: torch.tensor([h, kl])), RIGHT),
        (with_tensors, RIGHT),
        (with_nan, "Yours contains nan"),
        (with_zeros, "adds nothing, so skip it. Your code stops at line"),
        (combined(lambda h, kl: (kl, h)), "wrong order"),
        (combined(lambda h, kl: (h + kl, kl)), "Your first number is the cross-entropy"),
        (combined(lambda h, kl: (h, h + kl)), "Your second number is the cross-entropy"),
        (combined(lambda h, kl: (h, h)), "the entropy again"),
        (combined(lambda h, kl: (-h, kl)), "The sign of the entropy"),
        (combined(lambda h, kl: (h, -kl)), "The sign of the KL divergence"),
        (combined(lambda h, kl: (math.exp(h), kl)), "e to the entropy"),
        (combined(lambda h, kl: (h, kl, h + kl)), "not 3"),
        (
            combined(lambda h, kl: h + kl),
            "Return two numbers, the entropy of p and the KL divergenc",
        ),
        (combined(lambda h, kl: (h, 2 * kl)), "they should be 1.0297"),
        (of(entropy=lambda a: -a * math.log2(a)), "Your entropy is in bits"),
        (of(entropy=lambda a: -a * math.log10(a)), "base 10"),
        (of(entropy=lambda a: -a * math.log(a) / 3), "Your entropy is a mean"),
        (of(entropy=lambda a: -math.log(a)), "In the entropy, weigh each -ln p"),
        (lambda p, q: (terms(q, p)[0], 0), "the entropy of q"),
        (
            lambda p, q: (terms(p, q)[0], terms(q, q)[0] - terms(p, q)[0]),
            "the difference of two entropies",
        ),
        (unpaired, "Skip the 0 in p together with its q"),
        (weighed_by_q, "In the entropy you weigh by q"),
        (of(kl=lambda a, b: a * math.log2(a / b)), "Your KL divergence is in bits"),
        (of(kl=lambda a, b: a * math.log(a / b) / 3), "Your KL divergence is a mean"),
        (of(kl=lambda a, b: b * math.log(b / a)), "has p and q exchanged"),
        (of(kl=lambda a, b: b * math.log(a / b)), "In the KL divergence you weigh by q"),
        (of(kl=lambda a, b: math.log(a / b)), "weigh each term by its p"),
        (of(kl=lambda a, b: a * abs(math.log(a / b))), "leave out abs"),
        (of(kl=lambda a, b: a * a / b), "take the logarithm of p / q"),
        (of(kl=lambda a, b: a * math.log(a) / math.log(b)), "not ln p divided by ln q"),
    ],
)
def test_entropy_and_kl(mine, says):
    assert says in exercises.check_entropy_and_kl(mine)


def test_places_in_any_order_and_container():
    text = "From the window Emma saw Jack"
    right = [text.index(name) for name in ("Jack", "From", "Emma")]
    for answer in (right, tuple(right), set(right), torch.tensor(right)):
        assert exercises.check_places(lambda _, answer=answer: answer) == RIGHT
    assert "Return a list of three places" in exercises.check_places(lambda _: 16)
