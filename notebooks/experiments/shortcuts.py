"""Attack the tasks of gptlib/world/tasks.py without reading: part of `make experiments`.

A task shows that a model reads only if there is no other way to its labels. So a logistic
regression is shown views of 8,000 examples: words without their order, the last text without the
others, what two texts share, and lengths. Words, and a hypothesis or an ending alone, should stay
at least 15 points below the ceiling. What knows something of order may do better: pairs of
neighbouring words, and of a tale alone what its last sentence has.
This writes, beside this file, shortcuts.csv: for each task and view, the accuracy on 2,000 other
examples, at the penalty that was best on a third part. Some minutes on one core.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn

from gptlib.atomic_files import write_csv
from gptlib.world import CEILING, TASKS, Example, parts

HERE = Path(__file__).resolve().parent
TEST, VALID, TRAIN = 2_000, 1_000, 8_000
PENALTIES = (1e-5, 1e-4, 1e-3)
EPOCHS, BATCH, RATE = 10, 250, 0.05
RARE = 3  # features of so few examples are left out

View = Callable[[Sequence[str]], Mapping[str, float]]  # the features of an example's texts


def words(text: str) -> list[str]:
    """The words and marks of a text."""
    return re.findall(r"[\w'-]+|[^\w\s]", text.lower())


def pairs(text: str) -> list[str]:
    """The words of a text, and each two that are neighbours."""
    return words(text) + [f"{a} {b}" for a, b in pairwise(words(text))]


def bag(texts: Sequence[str], cut: Callable[[str], list[str]]) -> Counter[str]:
    """How often each text has each word or pair of words."""
    return Counter(f"{i}: {word}" for i, text in enumerate(texts) for word in cut(text))


def last(texts: Sequence[str]) -> str:
    """The hypothesis, the second sentence or the ending; of a tale alone, its last sentence."""
    return texts[-1] if texts[1:] else texts[0].split(". ")[-1]


def shared(texts: Sequence[str]) -> Counter[str]:
    """What the first text and the last both have, what one of them has, and how much that is."""
    one, other = Counter(words(texts[0])), Counter(words(last(texts)))
    found = Counter(f"{'both' if w in one and w in other else 'one'}: {w}" for w in one | other)
    found["shared"] = sum(word in one for word in other)
    found["how often"] = sum(one[word] for word in other)
    return found


def lengths(texts: Sequence[str]) -> Counter[str]:
    """How long each text is, in letters and in words."""
    letters = {f"{i}, letters": len(text) for i, text in enumerate(texts)}
    return Counter(letters | {f"{i}, words": len(words(text)) for i, text in enumerate(texts)})


VIEWS: dict[str, View] = {
    "words": lambda texts: bag(texts, words),
    "pairs": lambda texts: bag(texts, pairs),
    "last text": lambda texts: bag([last(texts)], pairs),
    "shared": shared,
    "lengths": lengths,
    "all words": lambda texts: bag(texts, words) + shared(texts) + lengths(texts),
}


def features(example: Example, view: View) -> dict[str, float]:
    """What a view shows of an example; of two endings, what only the second shows."""
    beginning, *others = example.texts
    if len(others) < 2:
        return {"": 1, **view(example.texts)}  # the first is the bias
    first, second = (Counter(view((beginning, ending))) for ending in others)
    second.subtract(first)
    return {"": 1, **{name: n for name, n in second.items() if n}}


def accuracy(found: Sequence[Sequence[Example]], view: View) -> float:
    """The share of found[0] that a logistic regression gets right.

    found: examples to test on, to choose the penalty on, and to train on
    """
    rows = [[features(example, view) for example in part] for part in found]
    often, most = Counter(), {}
    for row in rows[-1]:
        often.update(row.keys())
        most |= {name: max(abs(n), most.get(name, 0)) for name, n in row.items()}
    ids = {name: i for i, name in enumerate(n for n in most if often[n] > RARE)}
    data = []
    for part, examples in zip(rows, found, strict=True):
        # Scaled to be at most 1, all features are learned at the same rate.
        scaled = [{ids[k]: n / most[k] for k, n in row.items() if k in ids} for row in part]
        labels = [example.label for example in examples]
        cuts = [slice(i, i + BATCH) for i in range(0, len(part), BATCH)]
        data.append([_batch(scaled[cut], labels[cut]) for cut in cuts])
    tries = [_fit(*data, F=len(ids), penalty=penalty) for penalty in PENALTIES]
    return max(tries)[1]


def _batch(rows: list[dict[int, float]], labels: list[int]) -> tuple[Tensor, ...]:
    """Features of all rows in one line, where each row begins, their values, and the labels."""
    sizes = torch.tensor([len(row) for row in rows])
    ids = torch.tensor([i for row in rows for i in row])
    values = torch.tensor([n for row in rows for n in row.values()], dtype=torch.float)
    return ids, sizes.cumsum(0) - sizes, values, torch.tensor(labels)


def _fit(test: list, valid: list, train: list, F: int, penalty: float) -> tuple[float, float]:
    """Train on batches; the shares of valid and of test that are then right."""
    K = 1 + max(int(labels.max()) for *_, labels in train)
    model = nn.EmbeddingBag(F, K, mode="sum")
    nn.init.zeros_(model.weight)
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    slower = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, EPOCHS * len(train))
    for ids, starts, values, labels in train * EPOCHS:
        loss = nn.functional.cross_entropy(model(ids, starts, values), labels)
        optimizer.zero_grad()
        (loss + penalty * model.weight.square().sum()).backward()
        optimizer.step()
        slower.step()
    return _share(model, valid), _share(model, test)


@torch.no_grad()
def _share(model: nn.Module, batches: list) -> float:
    right = torch.cat([model(*shown).argmax(-1) == labels for *shown, labels in batches])
    return right.float().mean().item()


if __name__ == "__main__":
    torch.set_num_threads(1)
    rows = []
    for name, task in TASKS.items():
        found = parts(task, (TEST, VALID, TRAIN))
        majority = max(Counter(example.label for example in found[0]).values()) / TEST
        rows.append({"task": name, "ceiling": CEILING, "majority": f"{majority:.3f}"})
        for shortcut, view in VIEWS.items():
            rows[-1][shortcut] = f"{accuracy(found, view):.3f}"
        print(rows[-1], flush=True)
    write_csv(HERE / "shortcuts.csv", rows)
