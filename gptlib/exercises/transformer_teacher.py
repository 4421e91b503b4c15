"""The check of notebook 04's exercise on teacher forcing."""

from collections.abc import Callable, Sequence

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words

Ids = list[int]


@in_words("two lists of ids, what is read and what is asked for")
def check_teacher_forcing(mine: Callable[[Ids, int, int], Sequence[Sequence[int]]]) -> str:
    """Notebook 04: mine(ids, start, end) gives the ids that are read, and those asked for."""
    ids, start, end = [31, 7, 18, 7], 1, 2
    got = mine(list(ids), start, end)
    if got is None:
        return NOT_YET
    parts = list(got)
    if len(parts) != 2:
        return f"Return two lists, what is read and what is asked for: yours is {described(got)}."
    read, asked = ([int(i) for i in part] for part in parts)
    right = [start, *ids], [*ids, end]
    if (read, asked) == right:
        return _more(mine)
    if says := _mistake(read, asked, ids, start, end):
        return says
    return f"For the ids {ids}, start 1 and end 2 it should be {right}, but yours is {read, asked}."


def _mistake(read: Ids, asked: Ids, ids: Ids, start: int, end: int) -> str | None:
    """What the answer does wrong, if it is one of the usual mistakes."""
    whole = [start, *ids, end]
    shifted = "Each position is asked for what it reads: shift one of them, or it learns to repeat."
    turned = "Swapped: what is read begins with start, and what is asked for ends with end."
    back = "The shift goes the wrong way: what is read comes before what is asked for."
    mistakes = [
        (whole[1:], whole[:-1], turned),
        (whole, whole, shifted),
        (ids, ids, shifted),
        (whole[:-1], whole[:-1], shifted),
        (whole[1:], whole[1:], shifted),
        ([end, *ids], [*ids, start], "start and end are swapped: start comes first, end last."),
        (whole[:-1], [*ids, start], "The last word is followed by end, not by start."),
        ([end, *ids], [*ids, end], "What is read begins with start, not with end."),
        (whole[:-1], ids, "After the last word, end is asked for: one is missing."),
        (ids, whole[2:], "The first word is asked for, too: start is read before it."),
        (whole[:-2], ids, "After the last word, end is asked for: read the last word, too."),
        (ids[:-1], ids[1:], "start and end are missing: the first word follows start."),
        (whole, whole[1:], "Nothing follows end, so it is not read: leave it out of what is read."),
        (whole, ids, "Nothing follows end, so it is not read; but it is asked for."),
        (whole[:-1], whole, "Nothing asks for start: leave it out of what is asked for."),
        (whole[:-2], whole[2:], "Asked for is the word after the next: shift by one, not by two."),
        ([start, start, *ids], whole, back),
        (whole[1:], [start, start, *ids], back),
    ]
    return next((says for *both, says in mistakes if both == [read, asked]), None)


def _more(mine: Callable) -> str:
    """RIGHT if a right function is also right for other ids, else what is wrong."""
    for ids, start, end in [([5], 0, 3), ([], 8, 9), ([4, 4, 6, 9, 8], 11, 10)]:
        read, asked = (list(map(int, part)) for part in mine(list(ids), start, end))
        if (read, asked) != ([start, *ids], [*ids, end]):
            return f"Right, but not for the ids {ids} with start = {start} and end = {end}."
    given = [3, 4]
    mine(given, 1, 2)
    if given != [3, 4]:
        return "Right, but it changes the list it is given: make new ones."
    return RIGHT
