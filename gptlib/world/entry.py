"""Entries of the lexicon, and the tables that they are written in."""

from typing import NamedTuple


class Entry(NamedTuple):
    """Somebody or something: its name, and the words that go with it."""

    name: str
    words: dict[str, str | tuple[str, ...]]


HE = {"he": "he", "him": "him", "his": "his", "himself": "himself", "boy": "boy"}
SHE = {"he": "she", "him": "her", "his": "her", "himself": "herself", "boy": "girl"}
PRONOUNS = {"he": HE, "she": SHE}


def table(rows: str) -> tuple[Entry, ...]:
    """Entries from lines of cells: the first line names the columns, the first column the entries.

    A column with a star holds several words, and "gender" (he or she) stands for the pronouns.
    """
    header, *lines = (
        [cell.strip() for cell in line.split("|")] for line in rows.strip().splitlines()
    )
    entries = []
    for name, *cells in lines:
        words = {}
        for column, cell in zip(header[1:], cells, strict=True):
            if column == "gender":
                words |= PRONOUNS[cell]
            elif column.endswith("*"):
                words[column[:-1]] = tuple(word.strip() for word in cell.split(","))
            else:
                words[column] = cell
        entries.append(Entry(name, words))
    return tuple(entries)


def names(words: str, gender: str | None = None) -> tuple[Entry, ...]:
    """Entries that are no more than their names, with pronouns if they are people."""
    more = PRONOUNS[gender] if gender else {}
    return tuple(Entry(word.strip(), dict(more)) for word in words.split(","))


def only(entries: tuple[Entry, ...], words: str) -> tuple[Entry, ...]:
    """The entries with these names; ValueError for a name that none of them has."""
    wanted = {word.strip() for word in words.split(",")}
    if strays := wanted - {entry.name for entry in entries}:
        raise ValueError(f"{', '.join(sorted(strays))}: no entry of the table has this name")
    return tuple(entry for entry in entries if entry.name in wanted)


def all_but(entries: tuple[Entry, ...], words: str) -> tuple[Entry, ...]:
    """The entries except those with these names; ValueError as in `only`."""
    left_out = only(entries, words)
    return tuple(entry for entry in entries if entry not in left_out)
