"""What the checks share: how an answer is read, and how it is compared."""

import math
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from numbers import Real
from pathlib import Path

import numpy as np

NOT_YET = "Not yet: your function returns None."
RIGHT = "Right!"
EXACT = 1e-9  # the tolerance for answers that are a few sums, without approximations

Table = list[list[float]]

# What stands here is not the learner's.
LIBRARIES = [str(Path(__file__).parent.parent), *map(sysconfig.get_path, ("stdlib", "purelib"))]


class Stopped(Exception):  # noqa: N818  (it carries a sentence, and is no error of ours)
    """The learner's function raised something; the message says what, and in which line."""


def in_words(wanted: str) -> Callable[[Callable[[Callable], str]], Callable[[Callable], str]]:
    """Wrap a check so that it says in a sentence what it would otherwise raise.

    wanted: what the learner's function should return, to complete "Return ..."
    """

    def decorated(check: Callable[[Callable], str]) -> Callable[[Callable], str]:
        @wraps(check)
        def wrapped(mine: Callable) -> str:
            answers = [None]

            def called(*given: object) -> object:
                answers.append(run(mine, *given))
                return answers[-1]

            try:
                return check(called)
            except Stopped as stopped:
                return str(stopped)
            except Exception:
                return f"Return {wanted}: yours is {described(answers[-1])}."

        return wrapped

    return decorated


def run(mine: Callable, *given: object) -> object:
    """mine(*given), as a list if it is a generator, which would else stop later.

    Stopped, with the line in which it happened, for whatever it raises.
    """
    try:
        got = mine(*given)
        return list(got) if isinstance(got, Iterator) else got
    except Exception as error:
        message = " ".join(str(error).split())
        what = f"{type(error).__name__}: {message}".removesuffix(".")
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(tuple(LIBRARIES))]
        if own and own[-1].line:
            where = f"line {own[-1].lineno}, `{own[-1].line}`"
            raise Stopped(f"Your code stops at {where}, with {what}.") from error
        raise Stopped(f"Your code cannot be called as the exercise says: {what}.") from error


def described(got: object) -> str:
    """What an answer is, to complete "Yours is ...".

    >>> described([3, None]), described(2.5), described("a b")
    ('a list with None in it', 'the number 2.5', 'a string')
    """
    if got is None or isinstance(got, bool):
        return str(got)
    if isinstance(got, str):
        return "a string"
    if isinstance(got, bytes):
        return "bytes"
    if getattr(got, "ndim", 0):
        kind = "an array" if isinstance(got, np.ndarray) else "a tensor"
        return f"{kind} of shape {tuple(got.shape)}"
    if isinstance(got, Real) or hasattr(got, "ndim"):
        return f"the number {float(got):g}"
    if isinstance(got, list | tuple):
        kind = type(got).__name__
        if odd := sorted({described(x) for x in _single_values(got) if not isinstance(x, Real)}):
            return f"a {kind} with {odd[0]} in it"
        inside = "numbers" if all(isinstance(x, Real) for x in got) else "lists"
        return f"a {kind} of {len(got)} {inside}" if got else f"an empty {kind}"
    if callable(got) and not hasattr(got, "forward"):  # as a module has
        return "a function, not what it returns"
    return f"a {type(got).__name__}"


def _single_values(got: object) -> list:
    """What lists in lists in got hold."""
    if not isinstance(got, list | tuple):
        return [got]
    return [value for x in got for value in _single_values(x)]


def numbers(got: Iterable) -> list:
    """The numbers in got as floats, in lists nested as they are in got."""

    def single(x: object) -> bool:
        # A string counts as single, so that float refuses it: its letters are strings again.
        return isinstance(x, Real | str) or getattr(x, "ndim", 1) == 0

    rows = got.detach() if hasattr(got, "detach") else got
    return [float(x) if single(x) else numbers(x) for x in rows]


def near(got: float | list, values: float | list, tolerance: float = 1e-5) -> bool:
    """Whether got has the shape of values, and no number in it is further off than tolerance."""
    if isinstance(got, list) and isinstance(values, list):
        return len(got) == len(values) and all(
            near(x, y, tolerance) for x, y in zip(got, values, strict=True)
        )
    if isinstance(got, list) or isinstance(values, list):
        return False
    return math.isclose(got, values, abs_tol=tolerance)


def named(got: float, diagnoses: Sequence[tuple[float, str]]) -> str | None:
    """The diagnosis for the value got, if there is one; the accuracy of float32 is enough."""
    for value, diagnosis in diagnoses:
        if math.isclose(got, value, rel_tol=1e-5):
            return diagnosis
    return None


def named_list(got: list, diagnoses: Iterable[tuple[list, str]], begin: int = 0) -> str | None:
    """The diagnosis for got, if there is one; mistakes are compared from row begin on."""
    for values, diagnosis in diagnoses:
        first = 0 if diagnosis == RIGHT else begin
        if near(got[first:], values[first:]):
            return diagnosis
    return None


def misshapen(got: list, T: int, C: int, column: str) -> str | None:
    """What is wrong with the shape of got, if it is not T rows of C columns."""
    if not all(isinstance(row, list) for row in got):
        return f"Yours is a list of single values: return {T} rows, each a list of {C} values."
    if len(got) != T:
        return f"Return {T} rows, one for each position, not {len(got)}."
    if any(isinstance(x, list) for row in got for x in row):
        return f"Your rows contain lists: each row is one list, of {C} single values."
    if C == T and [len(row) for row in got] == list(range(1, T + 1)):
        return "Your row t ends at position t: pad it with 0 for the later positions."
    for row in got:
        if len(row) != C:
            return f"Each row has {C} values, one for each {column}, not {len(row)}."
    return None


def differs(got: Table, want: Table, given: str) -> str:
    """Say which row of got is the first to differ from want, or that all its rows are the same."""
    if all(row == got[0] for row in got):
        return "All your rows are the same: give each position its own list, with its own values."
    t = next(t for t, row in enumerate(want) if not near(got[t], row))
    right, yours = (", ".join(f"{x:.6g}" for x in table[t]) for table in (want, got))
    return f"For {given} row {t} should be {right}, but yours is {yours}."


def row_differs(got: list, want: Sequence[float], each: str, given: str) -> str:
    """What is wrong with a row that no diagnosis fits; each: what one number in it stands for."""
    if any(isinstance(x, list) for x in got):
        return f"Yours contains lists: return one row, of {len(want)} numbers."
    if len(got) != len(want):
        return f"Return {len(want)} numbers, one for each {each}, not {len(got)}."
    right, yours = (", ".join(f"{x:.6g}" for x in row) for row in (want, got))
    return f"For {given} it should be {right}, but yours is {yours}."


def also(got: Iterable, want: list, sizes: str, tolerance: float = 1e-5) -> str:
    """RIGHT if a right function is also right for other sizes, else what is wrong."""
    if not near(numbers(got), want, tolerance):
        return f"Right, but not for {sizes}: take every size from the arguments."
    return RIGHT
