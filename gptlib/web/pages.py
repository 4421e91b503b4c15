"""What pages are made with: lines as often as one likes, and each of them new."""

from collections.abc import Callable, Mapping, Sequence

from gptlib.world.grammar import Choice, Put
from gptlib.world.telling import State


def at_least(least: int, lines: Sequence[str]) -> str:
    """A template: the first of the lines, and then one more as often as none, to the last.

    >>> print(at_least(1, ["one", "two"]))
    one[|
    <BLANKLINE>
    two]
    """
    more = ""
    for line in reversed(lines[least:]):
        more = f"[|\n\n{line}{more}]"
    return "\n\n".join(lines[:least]) + more


def new(kind: str, options: Mapping[str, tuple], state: State) -> tuple:
    """One of the options that the page does not have yet; from here on it has it.

    kind: of the choice
    options: what is told, by a name for each
    """
    left = (name for name in options if ("page", name) not in state.facts)
    return (Choice(kind, tuple((Put("page", name, "told"), *options[name]) for name in left)),)


def told(state: State) -> list[str]:
    """The names of the options that the page has, in their order."""
    return [name for role, name in state.facts if role == "page"]


def capital(how: Callable[..., tuple]) -> Callable[..., tuple]:
    """The same event, at the beginning of a sentence."""

    def beginning(state: State, *roles: str) -> tuple:
        (said,) = how(state, *roles)
        return (said[0].upper() + said[1:],)

    return beginning
