"""Timing contestants in turns, so that a slow spell of the machine slows all of them."""

from statistics import median
from time import perf_counter


def take_turns(contestants, turns, each=1, clock=perf_counter):
    """Seconds that a call of each contestant takes, for every turn the mean of `each` calls.

    contestants: name -> what to call
    """
    taken = {name: [] for name in contestants}
    for turn in range(turns + 1):
        for name, call in contestants.items():
            start = clock()
            for _ in range(each):
                call()
            if turn > 0:  # the first warms up
                taken[name].append((clock() - start) / each)
    return taken


def ratios(slower, faster):
    """How many times faster the faster one was, turn by turn.

    >>> ratios([3.0, 8.0], [1.0, 2.0])
    [3.0, 4.0]
    """
    return [slow / fast for slow, fast in zip(slower, faster, strict=True)]


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
