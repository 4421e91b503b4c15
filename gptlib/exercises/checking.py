"""What the checks share: how an answer is read, and how it is compared."""

import math
from collections.abc import Callable, Sequence
from functools import wraps

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
