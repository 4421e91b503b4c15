"""The folder of a run: its settings, its losses, a picture of them, the model and a sample."""

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, is_dataclass
from itertools import count
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from simple_parsing.helpers.serialization import from_dict

from gptlib import checkpoint, plot
from gptlib.atomic_files import read_file, write_file
from gptlib.checkpoint import Checkpoint
from gptlib.run import Run


class RunFolder:
    """The files of one run, each of which is complete at any moment."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.model = self.path / "model.safetensors"

    @classmethod
    def new(cls, path: str, name: str) -> "RunFolder":
        """Make the folder `path`; if that is empty, one in runs/, named by name and a number.

        ValueError if the folder `path` exists already, OSError if none can be made.
        """
        # Normalized, or making the parents of "none/.." would make "none".
        numbered = (f"runs/{name}-{n}" for n in count(1))
        for candidate in [os.path.normpath(path)] if path else numbered:
            folder = cls(candidate)
            try:
                folder.path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    folder.path.mkdir()
                except FileExistsError:
                    continue
                return folder
            except OSError as error:
                raise OSError(
                    f"could not make the folder {str(folder.path)!r} ({error.strerror}): "
                    "name one with --out where you may write"
                ) from None
        raise ValueError(f"{path!r} exists already: name a new folder, or delete this one")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder. ValueError if one is using it already."""
        try:
            with FileLock(self.path / ".lock", timeout=0):
                yield
        except Timeout:
            raise ValueError(
                f"another process is using {str(self.path)!r}: wait for it, or stop it"
            ) from None

    def write_config(self, settings: dict) -> None:
        self._write_json("config.json", settings)

    def read_config(self, kind: type) -> tuple[object, str]:
        """The settings that the run began with, a dataclass kind, and the SHA-256 of its text.

        It also sets the number of threads that the run began with, on which the last digits of
        sums depend. ValueError if config.json does not hold what `facts` returned.
        """
        path = self.path / "config.json"
        if not path.is_file():
            raise ValueError(
                f"{str(self.path)!r} is not a run, it holds no config.json: give the folder of one"
            )
        raw = read_file(path)
        try:
            table = json.loads(raw)
            sha256 = table.pop("sha256")
            torch.set_num_threads(table.pop("threads"))
            return _settings(kind, table), sha256
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"config.json in {str(self.path)!r} does not hold the settings of a run ({error}): "
                "start a new run"
            ) from None

    def read_model(self) -> Checkpoint:
        """The checkpoint of the run. ValueError if there is none."""
        if not self.model.is_file():
            raise ValueError(
                f"{str(self.path)!r} is not a run, it holds no {self.model.name}: "
                "give the folder of one"
            )
        return checkpoint.load(self.model)

    def keep(self, run: Run, marks: dict[str, float]) -> None:
        """Write the checkpoint, and the losses beside it."""
        run.save(self.model)
        self.write_log(run, marks)

    def write_log(self, run: Run, marks: dict[str, float], **more: float) -> None:
        """Write log.json: landmarks, losses and `more`, in nats per character."""
        losses = {"train": run.train_losses(), "valid": run.valid_losses}
        self._write_json("log.json", {"landmarks": marks} | losses | more)

    def write_picture(self, run: Run, marks: dict[str, float]) -> None:
        plot.use_style()
        curve = plot.loss_curve(run.train_losses(), run.valid_losses, marks, "character")
        write_file(self.path / "loss.png", plot.png(curve))

    def write_sample(self, text: str) -> None:
        write_file(self.path / "sample.txt", text.encode())

    def _write_json(self, name: str, content: object) -> None:
        write_file(self.path / name, json.dumps(content, indent=1).encode())


def facts(settings: object, sha256: str) -> dict:
    """What identifies a run, in one table that JSON can hold.

    settings: a dataclass; the fields of dataclasses inside it stand in the table beside its own
    sha256: the text's, as in `Corpus`
    """
    return _flat(settings) | {"sha256": sha256, "threads": torch.get_num_threads()}


def _flat(settings: object) -> dict:
    values = json.loads(json.dumps(asdict(settings)))  # tuples become lists, as in the file
    inner = [values.pop(name) for name in list(values) if isinstance(values[name], dict)]
    return {name: value for table in (values, *inner) for name, value in table.items()}


def _settings(kind: type, table: dict) -> object:
    """The settings that `_flat` turned into table. KeyError, TypeError or ValueError for others."""

    def nested(kind: type) -> dict:
        return {
            field.name: nested(field.type) if is_dataclass(field.type) else table[field.name]
            for field in fields(kind)
        }

    with warnings.catch_warnings(action="ignore"):  # what it warns of is an error below
        settings = from_dict(kind, nested(kind))
    flat = _flat(settings)
    for name, value in table.items():
        if name not in flat or flat[name] != value:  # "2" became 2
            raise TypeError(f"{name} is {value!r}")
    return settings
