"""Files that are written completely or not at all."""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def read_file(path: str | Path) -> bytes:
    """The bytes of the file at path. OSError if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise OSError(
            f"could not read {str(path)!r} ({error.strerror}): make it a file that you may read"
        ) from error


def write_file(path: str | Path, raw: bytes) -> None:
    """Write raw to the file at path; if that fails, the file stays as it was.

    OSError if it cannot be written.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        try:
            with open(part, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())  # or a power cut could leave an empty file there
            part.replace(path)  # happens completely or not at all
        finally:
            part.unlink(missing_ok=True)  # it is there only if something went wrong
    except OSError as error:
        raise OSError(
            f"could not write {str(path)!r} ({error.strerror}): "
            "make room there, or choose a folder that you may write to"
        ) from error


def write_csv(path: str | Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as CSV, with the keys of the first as its header, as `write_file` does."""
    rows, text = list(rows), io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_file(path, text.getvalue().encode())
