"""What the checks share: how an answer is read, and how it is compared."""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from numbers import Real

NOT_YET = "Not yet: your function returns None."
RIGHT = "Right!"
EXACT = 1e-9  # the tolerance for answers that are a few sums, without approximations

Table = list[list[float]]


def in_words(check: Callable[[Callable], str]) -> Callable[[Callable], str]:
    """Wrap a check so that it describes an exception in words instead of raising it."""

    @wraps(check)
    def wrapped(mine: Callable) -> str:
        try:
            return check(mine)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            return f"Your function stops, or returns what the check cannot read ({what})."

    return wrapped


def numbers(got: Iterable) -> list:
    """The numbers in got as floats, in lists nested as they are in got."""

    def single(x: object) -> bool:
        # A string counts as single, so that float refuses it: its letters are strings again.
        return isinstance(x, Real | str) or getattr(x, "ndim", 1) == 0

    return [float(x) if single(x) else numbers(x) for x in got]


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


def named_exactly(got: list, diagnoses: Sequence[tuple[list, str]]) -> str | None:
    """The diagnosis for got, if there is one; the first is right, and must match to nine digits."""
    says = named_list(got, diagnoses)
    if says == RIGHT and not near(got, diagnoses[0][0], EXACT):
        return "Right to five digits, but not to nine: compute in float64, as Python's floats are."
    return says


def misshapen(got: list, T: int, C: int, column: str) -> str | None:
    """What is wrong with the shape of got, if it is not T rows of C columns."""
    if not all(isinstance(row, list) for row in got):
        return f"Yours is a list of single values: return {T} rows, each a list of {C} values."
    if len(got) != T:
        return f"Return {T} rows, one for each position, not {len(got)}."
    if any(isinstance(x, list) for row in got for x in row):
        return f"Your rows hold lists: each row is one list, of {C} single values."
    if [len(row) for row in got] == list(range(1, T + 1)):
        return "Your row t ends at position t: fill it up with 0 for the positions that follow."
    for row in got:
        if len(row) != C:
            return f"Each row has {C} values, one for each {column}, not {len(row)}."
    return None


def differs(got: Table, want: Table, given: str) -> str:
    """Say which row of got is the first to differ from want, or that all its rows are the same."""
    if all(row == got[0] for row in got):
        return "All your rows are the same: make them different, and each a list of its own."
    t = next(t for t, row in enumerate(want) if not near(got[t], row))
    right, yours = (", ".join(f"{x:.6g}" for x in table[t]) for table in (want, got))
    return f"For {given} row {t} should be {right}, and yours is {yours}."


def row_differs(got: list, want: Sequence[float], each: str, given: str) -> str:
    """What is wrong with a row that no diagnosis fits; each: what one number in it stands for."""
    if any(isinstance(x, list) for x in got):
        return f"Yours holds lists: return one row, of {len(want)} numbers."
    if len(got) != len(want):
        return f"Return {len(want)} numbers, one for each {each}, not {len(got)}."
    right, yours = (", ".join(f"{x:.6g}" for x in row) for row in (want, got))
    return f"For {given} it should be {right}, and yours is {yours}."


def also(got: Iterable, want: list, sizes: str, tolerance: float = 1e-5) -> str:
    """RIGHT if a right function is also right for other sizes, else what is wrong."""
    if not near(numbers(got), want, tolerance):
        return f"Right, but not for {sizes}: take every size from what your function is given."
    return RIGHT
