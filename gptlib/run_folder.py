"""The folder of a run: its settings, its losses, a picture of them, the models and a sample."""

import json
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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

MAY_CHANGE = {
    *("text", "valid", "start", "out", "device", "tensorboard"),
    *("max_iters", "max_seconds", "patience"),
}


class RunFolder:
    """The files of one run, each of which is complete at any moment.

    model.safetensors is the model with the lowest validation loss so far, last.safetensors the one
    from which the run can be resumed, with its training state.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self._made: list[Path] = []  # the folder, if it is new, and the new ones around it
        self.config = self.path / "config.json"
        self.model = self.path / "model.safetensors"
        self.last = self.path / "last.safetensors"
        self.log = self.path / "log.json"

    @classmethod
    def new(cls, path: str, name: str) -> "RunFolder":
        """Make the folder `path`; if that is empty, one in runs/, named by name and a number.

        ValueError if the folder `path` exists already, OSError if none can be made.
        """
        # Normalized, or making the parents of "none/.." would make "none".
        numbered = (f"runs/{name}-{n}" for n in count(1))
        for candidate in [os.path.normpath(path)] if path else numbered:
            folder = cls(candidate)
            there = folder.path.absolute()
            folder._made = [path for path in (there, *there.parents) if not path.exists()]
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

    @contextmanager
    def kept_if_it_can_be_resumed(self) -> Iterator[None]:
        """Remove the new folder if an error comes before its first checkpoint.

        After Ctrl-C it is enough to have the settings.
        """
        try:
            yield
        except BaseException as error:
            settled = isinstance(error, KeyboardInterrupt) and self.config.exists()
            if not (self.last.exists() or settled):
                shutil.rmtree(self.path)
                with suppress(OSError):  # another run may be in there by now
                    for parent in self._made[1:]:
                        parent.rmdir()
            raise

    def write_text(self, name: str, text: str) -> str:
        """Write text to a file of this name; returns its full path."""
        path = self.path / name
        write_file(path, text.encode())
        return str(path.absolute())

    def write_config(self, settings: dict) -> None:
        self._write_json("config.json", settings)

    def read_config(self, kind: type) -> tuple[object, str]:
        """The settings that the run began with, a dataclass kind, and the SHA-256 of its text.

        It also sets the number of threads, which is one of the settings, since the last digits of
        sums depend on it. ValueError if config.json does not hold what `facts` returned.
        """
        if not self.config.is_file():
            raise ValueError(
                f"{str(self.path)!r} is not a run, it holds no config.json: give the folder of one"
            )
        raw = read_file(self.config)
        try:
            table = json.loads(raw)
            sha256 = table.pop("sha256")
            settings = _settings(kind, table)
            torch.set_num_threads(settings.threads)
            return settings, sha256
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"config.json in {str(self.path)!r} does not hold the settings of a run ({error}): "
                "start a new run"
            ) from None

    @property
    def finished(self) -> bool:
        """Whether log.json has the score of a run that ended."""
        try:
            return self.log.is_file() and "score" in json.loads(read_file(self.log))
        except ValueError:
            return False

    def read_model(self) -> Checkpoint:
        """The best model of the run, or its last if none is evaluated yet. ValueError without one.

        A model in a folder need not come from a run.
        """
        path = self.model if self.model.is_file() else self.last
        if not path.is_file():
            raise ValueError(
                f"{str(self.path)!r} is not a run, it holds no {self.model.name}: "
                "give the folder of one"
            )
        return checkpoint.load(path)

    def read_last(self) -> Checkpoint:
        """The checkpoint from which the run can be resumed."""
        return checkpoint.load(self.last)

    def keep(self, run: Run, marks: dict[str, float]) -> None:
        """Write the model if it is the best so far, the checkpoint, and the losses beside them.

        In this order a run that is killed between two of them comes to the same files when resumed.
        """
        if run.best == run.step:
            run.save_model(self.model)
        run.save(self.last)
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
    """All settings of a run and the checksum of its text, in one table that JSON can hold.

    settings: a dataclass; the fields of dataclasses inside it stand in the table beside its own
    sha256: the text's, as in `Corpus`
    """
    return _flat(settings) | {"sha256": sha256}


def identity(settings: object, sha256: str) -> dict:
    """The `facts` that must stay as they are while a run lasts: not where it is, nor how long."""
    return {name: fact for name, fact in facts(settings, sha256).items() if name not in MAY_CHANGE}


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
            if is_dataclass(field.type) or field.name in table
        }

    with warnings.catch_warnings(action="ignore"):  # what it warns of is an error below
        settings = from_dict(kind, nested(kind))
    flat = _flat(settings)
    for name, value in table.items():
        if name not in flat or flat[name] != value:  # "2" became 2
            raise TypeError(f"{name} is {value!r}")
    return settings
