"""What the tests of all exercises ask of a check."""

from gptlib import exercises
from gptlib.exercises import NOT_YET, RIGHT


def assert_refused(check, answer):
    """A check does not stop at an answer, nor find it right or missing: it says why in a line."""
    says = getattr(exercises, f"check_{check}")(lambda *_: answer)
    assert says not in (NOT_YET, RIGHT)
    assert "\n" not in says
