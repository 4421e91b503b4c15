"""A command line made of functions: parameters become flags, and errors are one sentence."""

import re
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import NoReturn, get_type_hints

from simple_parsing import ArgumentParser, DashVariant


def start(main: Callable[[list[str]], int]) -> NoReturn:
    """Run main, with UTF-8 in and out and Ctrl-C as KeyboardInterrupt, and exit with its code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.stdout is not None:  # or some texts on Windows, and odd file names, could not be printed
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdin is not None:
        sys.stdin.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))


def run(
    argv: list[str],
    prog: str,
    description: str,
    default: Callable[..., None],
    commands: Mapping[str, Callable[..., None]],
) -> int:
    """Call the command that argv begins with, or else the default one; return the exit code.

    A command's parameter that is a dataclass becomes one flag for each field; any other becomes a
    required argument. The code is 0 for success, 130 after Ctrl-C, 1 if the reader of the output
    is gone, and 2 for a ValueError, an OSError or too little memory, reported in one sentence.
    """
    try:
        name = argv[0] if argv and argv[0] in commands else None
        command, words = (default, argv) if name is None else (commands[name], argv[1:])
        command(**_parsed(command, words, prog, description))
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


def _parsed(
    command: Callable[..., None], words: list[str], prog: str, description: str
) -> dict[str, object]:
    """Parse words into the arguments of command. SystemExit, with one sentence, if that fails."""
    parser = _Parser(
        prog=prog,
        description=description,
        allow_abbrev=False,
        add_option_string_dash_variants=DashVariant.DASH,
    )
    for name, kind in get_type_hints(command).items():
        if is_dataclass(kind):
            parser.add_arguments(kind, name)
        elif name != "return":
            parser.add_argument(name, metavar=name.upper())
    return vars(parser.parse_args(words))


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}: see python {self.prog} --help\n")
