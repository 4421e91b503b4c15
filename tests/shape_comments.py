"""Shape comments, such as `# (B, T, C)`, held against the shapes that occur at run time.

A comment in round brackets at the end of a statement is a shape, and nothing else. It holds for
each name that the statement assigns, or for what it returns or yields (each part, if a tuple).
Its letters mean what the code around it says: B, T = idx.shape.
"""

import ast
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

SHAPE = re.compile(r"#\s*\(([^()]*)\)\s*")
HIDDEN = re.compile(r"\((\.\.\.|[A-Z])\s*,")  # with words around it, a shape would not be seen


@dataclass(frozen=True)
class Note:
    """A statement with a shape comment; without targets, it returns or yields."""

    path: Path
    first: int
    last: int
    targets: tuple[str, ...]
    shape: str

    def __str__(self):
        return f"{self.path.name}:{self.last} ({self.shape})"

    def check(self, frame: FrameType, result: object) -> None:
        """Compare the shapes of the targets in frame, or of result, with the comment."""
        if self.targets:
            values = {name: eval(name, frame.f_globals, frame.f_locals) for name in self.targets}
        else:
            parts = result if isinstance(result, tuple) else (result,)
            values = {f"result {i}": part for i, part in enumerate(parts)}
        try:
            shape = eval(f"[{self.shape}]", frame.f_globals, frame.f_locals)
        except NameError as error:
            raise AssertionError(f"{self}: {error}") from None
        for name, value in values.items():
            want, got = list(shape), list(value.shape)
            if ... in want:  # stands for any number of dimensions
                at = want.index(...)
                want[at : at + 1] = got[at : len(got) - len(want[at + 1 :])]
            assert got == want, f"{self}: {name} is {got}, not {want}"


def shape_notes(path: Path) -> list[Note]:
    """Find a file's shape comments; ValueError for one that cannot be checked."""
    source = path.read_text(encoding="utf-8")
    shapes = {}  # by line
    for token in tokenize.generate_tokens(iter(source.splitlines(keepends=True)).__next__):
        if token.type != tokenize.COMMENT or token.line.lstrip().startswith("#"):
            continue
        line = token.start[0]
        if found := SHAPE.fullmatch(token.string):
            shapes[line] = found[1]
        elif HIDDEN.search(token.string):
            raise ValueError(f"{path.name}:{line} is not a shape and nothing else: {token.string}")

    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    statements = {
        node.end_lineno: (node, targets)
        for function in functions
        for node in ast.walk(function)
        if (targets := assigned(node)) is not None
    }
    notes = []
    for line, shape in shapes.items():
        if line not in statements:
            raise ValueError(f"{path.name}:{line} ends no assignment or return: ({shape})")
        node, targets = statements[line]
        notes.append(Note(path, node.lineno, line, targets, shape))
    return notes


def assigned(node: ast.AST) -> tuple[str, ...] | None:
    """The names that a statement assigns; none if it returns or yields; None for another."""
    match node:
        case ast.Return() | ast.Expr(ast.Yield()):
            return ()
        case ast.Assign(targets=[target]) | ast.AugAssign(target) | ast.AnnAssign(target):
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            return tuple(ast.unparse(part) for part in parts)


@contextmanager
def checking(notes: Iterable[Note]) -> Iterator[set[Note]]:
    """Check each of notes whenever it runs in this block; yields the set of those that have run."""
    at = {(str(n.path), line): n for n in notes for line in range(n.first, n.last + 1)}
    files = {file for file, _ in at}
    reached = set()

    def enter(frame: FrameType, event: str, arg: object) -> Callable | None:
        if frame.f_code.co_filename not in files:
            return None
        running = None  # the note whose statement this frame is in

        def step(frame: FrameType, event: str, arg: object) -> Callable:
            nonlocal running
            here = at.get((frame.f_code.co_filename, frame.f_lineno))
            if event == "exception" and arg[0] is not StopIteration:
                running = None
            # An assignment is over when another line begins; a return when the function ends.
            over = event == "line" and here is not running and running and running.targets
            if running and (over or event == "return"):
                running.check(frame, arg)
                reached.add(running)
                running = None
            if event == "line" and here:
                running = here
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield reached
    finally:
        sys.settrace(before)
