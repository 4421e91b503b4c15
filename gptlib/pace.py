"""A trial before a run: with how many threads, and in which precision, a step is fastest here."""

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from itertools import product
from statistics import median
from time import perf_counter
from typing import TypeVar

import torch

from gptlib.device import has_bfloat16
from gptlib.run import Run

Settings = TypeVar("Settings")  # a dataclass with the fields threads, train, device and max_seconds
Choice = tuple[int, str]  # threads and dtype

TURNS = 11  # of each choice; the first, which may be slow, counts only if time allows no other
SHARE = 0.05  # of a run's steps, or of max_seconds, that the trial may take
WORTH = 1.05  # times as fast as the usual choice is what another one has to be


def find_pace(
    settings: Settings, given: frozenset[str], make_run: Callable[[Settings], Run]
) -> Settings:
    """The settings with the threads and the dtype whose steps take the least time.

    given: names of settings; a dtype is kept if it is among them or not float32. Threads are kept
        unless 0
    make_run: makes a run with settings, of which some steps are taken to time them

    Without a choice, or if the run is too short for a trial, the dtype is kept, and threads of 0
    become PyTorch's usual number.
    """
    train, cpu = settings.train, torch.device(settings.device).type == "cpu"
    usual = settings.threads or torch.get_num_threads(), train.dtype
    threads, dtypes = [usual[0]], [train.dtype]
    if settings.threads == 0 and cpu:
        threads = sorted({usual[0], max(1, usual[0] // 2), 1})
    if "dtype" not in given and train.dtype == "float32" and has_bfloat16(settings.device):
        dtypes = ["float32", "bfloat16"]
    choices = list(product(threads, dtypes))
    long = settings.max_seconds is not None or len(choices) * TURNS <= SHARE * train.max_iters
    best = usual
    if long and len(choices) > 1:
        print("ms per step:", end=" ", flush=True)
        run = make_run(replace(settings, train=replace(train, max_iters=10**6)))
        ms = _ms_per_step(run, choices, SHARE * (settings.max_seconds or math.inf))
        fastest = min(ms, key=ms.get)
        best = fastest if WORTH * ms[fastest] < ms[usual] else usual
        for n, dtype in choices:
            print(f"{ms[n, dtype]:.1f} with {n} thread{'s' * (n > 1)} in {dtype}", end=", ")
        print(f"so this run uses --threads {best[0]} --dtype {best[1]}")
    torch.set_num_threads(best[0])
    return replace(settings, threads=best[0], train=replace(train, dtype=best[1]))


def _ms_per_step(run: Run, choices: Sequence[Choice], seconds: float) -> dict[Choice, float]:
    """The median milliseconds of a step of run, for each choice.

    seconds: the trial ends after the turn in which so many have passed

    Choices take turns, so that a slow spell of the machine slows all of them, each with the same
    batches.
    """
    until = perf_counter() + seconds
    steps = {(threads, dtype): iter(_in(dtype, run)) for threads, dtype in choices}
    taken = {choice: [] for choice in choices}
    for _ in range(TURNS):
        for choice in choices:
            torch.set_num_threads(choice[0])
            start = perf_counter()
            next(steps[choice])
            taken[choice].append(perf_counter() - start)
        if perf_counter() > until:
            break
    return {choice: 1000 * median(times[1:] or times) for choice, times in taken.items()}


def _in(dtype: str, run: Run) -> Run:
    """A run like another, in a precision of its own, that trains the same model."""
    other = copy(run)
    other.config = replace(run.config, dtype=dtype)
    other.losses = list(run.losses)
    return other
