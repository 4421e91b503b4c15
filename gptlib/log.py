"""Logs of experiments: CSV files with a row for each training, or for each look at one."""

import csv
import math
from collections.abc import Iterable
from operator import itemgetter
from os import PathLike

Row = dict[str, str | float]


def read_log(path: str | PathLike) -> list[Row]:
    """The rows of a CSV file, each by the names in its first line; numbers are int or float.

    FileNotFoundError if there is none: `make experiments` writes them.
    """
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _value(text: str) -> str | float:
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def at_best_rate(rows: Iterable[Row], score: str = "loss") -> list[float]:
    """The scores of all seeds at the best learning rate (`rate`): lowest in the mean.

    Rates are compared by the seeds that all of them have, so that none wins by a lucky one more.

    >>> tried = [(0.1, 1, 1.3), (0.3, 1, 1.1), (1.0, 1, math.nan), (0.3, 2, 1.4)]
    >>> names = ("rate", "seed", "loss")
    >>> at_best_rate(dict(zip(names, values, strict=True)) for values in tried)
    [1.1, 1.4]

    ValueError if there are no rows, or no seed that all rates have.
    """
    rates = {}
    for row in rows:
        rates.setdefault(row["rate"], {})[row["seed"]] = row[score]
    shared = set.intersection(*map(set, rates.values())) if rates else set()
    if not shared:
        raise ValueError("no seed has a row at every rate: give the rows of one training")

    def mean(rate: float) -> float:
        scores = [rates[rate][seed] for seed in shared]
        return sum(scores) / len(scores) if all(map(math.isfinite, scores)) else math.inf

    return list(rates[min(rates, key=mean)].values())


def scores_by(
    rows: Iterable[Row], *names: str, score: str = "loss"
) -> dict[str | float | tuple[str | float, ...], list[float]]:
    """The scores of all seeds, for each training that rows tell apart in the columns names.

    A key is the value in that column, or a tuple if there are several names.

    >>> tried = [(1, 0.1, 1.3), (1, 0.2, 1.1), (2, 0.1, 1.4), (2, 0.2, 1.2)]
    >>> rows = [{"seed": seed, "rate": rate, "loss": loss} for seed, rate, loss in tried]
    >>> scores_by(rows, "rate")
    {0.1: [1.3, 1.4], 0.2: [1.1, 1.2]}
    """
    found = {}
    for row in rows:
        found.setdefault(itemgetter(*names)(row), []).append(row[score])
    return found
