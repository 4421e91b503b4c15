"""Timing contestants in turns, so that a slow spell of the machine slows all of them."""

import random
from statistics import median
from time import perf_counter


def take_turns(contestants, turns, each=1, clock=perf_counter):
    """Seconds that a call of each contestant takes, for every turn the mean of `each` calls.

    contestants: name -> what to call. Within a turn, too, they are called one after the other
    """
    taken = {name: [] for name in contestants}
    for turn in range(turns + 1):
        seconds = dict.fromkeys(contestants, 0.0)
        for _ in range(each):
            for name, call in contestants.items():
                start = clock()
                call()
                seconds[name] += clock() - start
        if turn > 0:  # the first warms up
            for name in contestants:
                taken[name].append(seconds[name] / each)
    return taken


def ratios(slower, faster):
    """How many times faster the faster one was, turn by turn.

    >>> ratios([3.0, 8.0], [1.0, 2.0])
    [3.0, 4.0]
    """
    return [slow / fast for slow, fast in zip(slower, faster, strict=True)]


def interval(values, draws=2000):
    """The 95% interval of the median: the bootstrap's percentiles, from a fixed seed.

    It takes values for independent: a slow spell that lasts for several turns makes it too narrow.

    >>> interval([2.0] * 9)
    (2.0, 2.0)
    """
    rng = random.Random(0)
    medians = sorted(median(rng.choices(values, k=len(values))) for _ in range(draws))
    return medians[round(0.025 * draws)], medians[round(0.975 * draws) - 1]


def between(values):
    """Their `interval`, as a cell of a table."""
    return "{:.2f} to {:.2f}".format(*interval(values))


def spread(values, digits=2):
    """The median, and the lowest and the highest.

    >>> spread([1, 2.5, 2.25])
    '2.25 (1.00 to 2.50)'
    """
    middle, low, high = (f"{f(values):.{digits}f}" for f in (median, min, max))
    return f"{middle} ({low} to {high})"


def show(title, *rows):
    """Print a table whose first row names the columns."""
    print(f"\n{title}")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        print("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
