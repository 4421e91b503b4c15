"""A command line made of dataclasses: fields become flags, and errors are one sentence."""

import argparse
import json
import re
import signal
import sys
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from simple_parsing import ArgumentParser, DashVariant
from simple_parsing.helpers.custom_actions import BooleanOptionalAction

from gptlib.atomic_files import read_file


class Parsed(NamedTuple):
    """The settings that a command line says, and the names of those that it says itself."""

    settings: object
    given: frozenset[str]


def start(main: Callable[[], int]) -> NoReturn:
    """Exit with what main returns.

    In it, Ctrl-C and SIGTERM raise KeyboardInterrupt; standard input and output are UTF-8.
    """
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.default_int_handler)
    if sys.stdout is not None:  # or some texts on Windows, and odd file names, could not be printed
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdin is not None:
        sys.stdin.reconfigure(encoding="utf-8")
    sys.exit(main())


def run(prog: str, command: Callable[[], None]) -> int:
    """Call command and return the exit code of the program prog.

    The code is 0 for success, 130 after Ctrl-C, 1 if the reader of the output is gone, and 2 for a
    ValueError, an OSError or too little memory, reported in one sentence.
    """
    try:
        command()
        print(end="", flush=True)  # at Python's exit it would be too late to catch errors
        return 0
    except BrokenPipeError:  # the reader of our output is gone, as with `| head`
        sys.stdout = None
        return 1
    except KeyboardInterrupt as interrupt:
        says, code = str(interrupt) or "stopped", 130
    except (ValueError, OSError) as error:
        says, code = str(error), 2
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RuntimeError) and not re.search("alloc|memory", str(error)):
            raise
        says = "not enough memory: try a smaller batch_size, block_size or n_embd"
        code = 2
    print(f"{prog}: {says}", file=sys.stderr)
    return code


def parse(
    argv: list[str],
    prog: str,
    description: str,
    commands: Mapping[str, object],
    no_flags: Collection[str] = (),
) -> Parsed:
    """The settings of the command that argv begins with, or else of the command called "".

    commands: for each command a dataclass, or an instance of one whose values are the defaults.
        Its fields are flags, those of dataclasses inside it too, and its docstring is what --help
        says of it. description is what it says of ""
    no_flags: names that --config may find in its file, and that are no settings

    `--config FILE` reads more flags from a TOML or JSON file; those in argv count more. SystemExit
    after --help, and after one sentence on what is wrong with argv or the settings.
    """
    name = argv[0] if argv and argv[0] in commands and argv[0] else ""
    words = argv[1:] if name else list(argv)
    parser = _Parser(
        prog=f"{prog} {name}".strip(),
        description=None if name else description,
        allow_abbrev=False,
        add_option_string_dash_variants=DashVariant.DASH,
    )
    parser.add_arguments(commands[name], "settings")
    parser.add_argument("--config", metavar="FILE", help="read flags from a TOML or JSON file")
    try:
        config = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        config.add_argument("--config")
        if path := config.parse_known_args(parser.joined(words))[0].config:
            # Behind the words that are no flags, or a flag with several values would take them.
            first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
            words[first:first] = _words(path, parser.flags, no_flags)
        words = parser.joined(words)
        settings = parser.parse_args(words).settings
    except (ValueError, OSError) as error:
        parser.exit(2, f"{prog}: {error}\n")
    said = (parser.flags.get(word.split("=")[0]) for word in words)
    return Parsed(settings, frozenset(a.dest.rsplit(".", 1)[-1] for a in said if a is not None))


class _Parser(ArgumentParser):
    """A parser whose flags, if they take a value, are wrong without it."""

    def error(self, message: str) -> NoReturn:
        message = re.sub("(are required: .*)", r"\1, before the flags", message)
        self.exit(2, f"{self.prog.split()[0]}: {message}: see python {self.prog} --help\n")

    @property
    def flags(self) -> Mapping:
        """The action of each flag."""
        self._preprocessing()
        return self._option_string_actions

    def _preprocessing(self, args: object = (), namespace: object = None) -> None:
        super()._preprocessing(args, namespace)
        for action in self._actions:
            if action.nargs == "?" and not isinstance(action, BooleanOptionalAction):
                action.nargs = None  # it may be None, and simple_parsing would take None for it
                action.metavar = action.metavar and action.metavar.strip("[]")
            if action.nargs == "*":
                action.nargs = "+"
        for group in self._action_groups:
            group.title = group.title.split(" ['")[0]

    def joined(self, words: list[str]) -> list[str]:
        """The words, with a value that begins with a dash joined to its flag, as argparse asks."""
        joined = []
        for word in words:
            before = self.flags.get(joined[-1]) if joined else None
            known = word.split("=")[0] in self.flags
            if before is not None and before.nargs is None and word[:1] == "-" and not known:
                joined[-1] += f"={word}"
            else:
                joined.append(word)
        return joined


def _words(path: str, flags: Collection[str], no_flags: Collection[str]) -> list[str]:
    """The flags that a TOML or JSON file says. ValueError or OSError if it cannot be read."""
    raw = read_file(Path(path).expanduser())
    try:
        read = json.loads if path.endswith(".json") else tomllib.loads
        table = dict(read(raw.decode()))
    except (TypeError, ValueError) as error:
        kind = "JSON" if path.endswith(".json") else "TOML"
        raise ValueError(f"{path!r} is not a table in {kind} ({error}): mend it") from None
    for name in [name for name, value in table.items() if isinstance(value, dict)]:
        table |= table.pop(name)  # a section, such as [model]
    words = []
    for name, value in table.items():
        flag = f"--{name.replace('_', '-')}"
        if name in no_flags or value is None:
            continue
        if flag not in flags:
            raise ValueError(f"{name} in {path!r} is not a setting: remove it, or correct its name")
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no"))
        elif isinstance(value, list):
            words += [flag, *map(str, value)] if value else []
        else:
            words.append(f"{flag}={value}")
    return words
