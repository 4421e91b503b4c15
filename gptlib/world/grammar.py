"""Templates: the notation in which the tales are written, and the parts it is parsed into.

    Mia hid {hero.his} {thing.look} {thing} {spot}.{thing.at=spot}

    {role}          the one who plays it: "Mia", "kite", "behind the shed"
    {role.word}     a word that goes with it ("her"), or a fact about it ("red")
    {a x} {in x}    with its article, or its preposition: "an egg", "by the pond"
    {he x} {him x}  its pronoun, or its name where the pronoun could mean two people
    {x.fact=y}      says nothing; from here on the fact holds
    {x.fact=}       says nothing; it no longer holds
    {x.fact==y}     says nothing; the fact must hold, or the plot is wrong
    [this|that|]    one of these, all equally likely
    <event x y>     one of the event's ways of being told, or what the event's function works out
    {?task} {?}     say nothing; what is told between them answers a question, or a task

A slot's capital letter is kept: {Hero.he} is "She". Each line begins a sentence, and a blank line
before it a new line of the text.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Slot(NamedTuple):
    """A place where a word is filled in."""

    prefix: str  # "", "a", "in", "he" or "him"
    path: tuple[str, ...]  # a role, then the facts or words to follow from it
    capital: bool


class Put(NamedTuple):
    """A fact that starts to hold, or with the value "" a fact that no longer does."""

    role: str
    relation: str
    value: str  # a role, or a plain word


class Need(NamedTuple):
    """A fact that the story must have told by now."""

    role: str
    relation: str
    value: str


class Choice(NamedTuple):
    """One of several continuations, all equally likely."""

    kind: str  # "wording", or the event that is told
    options: tuple[tuple, ...]


class Break(NamedTuple):
    """The next text begins a sentence."""

    space: str = " "  # what stands before it, unless it is the first


class Mark(NamedTuple):
    """An answer begins here; with the name "" it ends."""

    task: str


class Worked(NamedTuple):
    """Parts that a function works out from the state: from all that the story has told so far."""

    how: Callable[..., tuple]  # of the state and the names of some roles
    roles: tuple[str, ...]


class Event(NamedTuple):
    """Something that happens, and the ways in which it can be told."""

    roles: tuple[str, ...]
    ways: tuple[str, ...]
    needs: str  # facts that must hold before, as {x.fact==y}
    then: str  # facts that hold afterwards, as {x.fact=y}


def event(roles: str, *ways: str, needs: str = "", then: str = "") -> Event:
    """An event over some roles: event("a b x", "{a} gave {b} the {x}.", then="{x.holder=b}")."""
    return Event(tuple(roles.split()), ways, needs, then)


class Plot(NamedTuple):
    """A story line: its name, who and what take part, and the template that tells it.

    cast gives each role a category of the lexicon, or, as "place.spots", a list of words
    that belongs to whoever or whatever plays another role.
    """

    name: str
    cast: Mapping[str, str]
    template: str


def plot(name: str, cast: str, template: str) -> Plot:
    """A plot whose cast is written "hero friend: child, place: place, spot: place.spots"."""
    roles = {}
    for group in cast.split(","):
        names, category = group.split(":")
        roles |= dict.fromkeys(names.split(), category.strip())
    return Plot(name, roles, template)


TOKEN = re.compile(r"\{[^{}]*\}|<[^<>]*>|\n\n|[][|\n]|[^][|\n{}<>]+")
FACT = re.compile(r"(\w+)\.(\w+)(==?)(\w*)")
SLOT = re.compile(r"(?:(a|in|he|him) )?(\w+(?:\.\w+)*)", re.IGNORECASE)


Events = Mapping[str, Event | Callable[..., tuple]]
Names = Mapping[str, str]  # inside an event: its own role -> the role of the plot that fills it


def parse(template: str, events: Events, names: Names = MappingProxyType({})) -> tuple:
    """Read a template into the parts that telling.py tells one after the other.

    ValueError for a bracket or brace without its partner, a slot of no known form, or an event
    that is unknown or given the wrong number of roles.
    """
    text = "\n".join(line.strip() for line in template.strip().splitlines())
    tokens = TOKEN.findall(text)
    whole = "".join(tokens) == text and text.count("[") == text.count("]")
    options = _options(tokens, events, names)
    if tokens or len(options) != 1 or not whole:
        raise ValueError(f"a bracket, brace or bar stands alone in the template {text!r}")
    return options[0]


def _options(tokens: list[str], events: Events, names: Names) -> list[tuple]:
    """Read tokens up to a closing bracket; return the alternatives between the bars."""
    options, parts = [], []
    while tokens:
        token = tokens.pop(0)
        if token == "[":
            parts.append(Choice("wording", tuple(_options(tokens, events, names))))
        elif token == "|":
            options.append(tuple(parts))
            parts = []
        elif token == "]":
            break
        elif token.startswith("\n"):
            parts.append(Break(" " if token == "\n" else "\n"))
        elif token.startswith("{?"):
            parts.append(Mark(token[2:-1]))
        elif token[0] == "{":
            parts.append(_slot(token[1:-1], names))
        elif token[0] == "<":
            parts += _call(token[1:-1], events, names)
        else:
            parts.append(token)
    return [*options, tuple(parts)]


def _slot(text: str, names: Names) -> Slot | Put | Need:
    if fact := FACT.fullmatch(text):
        role, relation, sign, value = fact.groups()
        kind = Put if sign == "=" else Need
        return kind(names.get(role, role), relation, names.get(value, value))
    if not (slot := SLOT.fullmatch(text)):
        raise ValueError(f"{{{text}}} is neither a slot nor a fact; grammar.py lists the forms")
    prefix, path = slot[1] or "", slot[2].split(".")
    # {A thing}, {Thing} and {hero.He} all ask for a capital letter.
    capital = (prefix or path[0])[0].isupper() or path[-1][0].isupper()
    path = [word[0].lower() + word[1:] for word in path]
    return Slot(prefix.lower(), (names.get(path[0], path[0]), *path[1:]), capital)


def _call(text: str, events: Events, names: Names) -> tuple:
    name, *players = text.split()
    if name not in events:
        raise ValueError(f"<{text}>: there is no event {name!r}")
    happening = events[name]
    if callable(happening):
        return (Worked(happening, tuple(names.get(p, p) for p in players)),)
    if len(players) != len(happening.roles):
        raise ValueError(f"<{text}>: {name!r} takes the roles {' '.join(happening.roles)!r}")
    inner = dict(zip(happening.roles, (names.get(p, p) for p in players), strict=True))
    ways = tuple(parse(way + happening.then, events, inner) for way in happening.ways)
    return (*parse(happening.needs, events, inner), Choice(name, ways))
