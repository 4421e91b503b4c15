"""Telling a story: one small machine that tells a world's stories from left to right.

The rule that keeps all probabilities exact: **a choice is drawn just before the text shows it, and
looked up from then on; what is never shown is never drawn.** Nobody plays a role, and a kite has
no colour, until the sentence that says so. So whoever has read a sentence knows which choices were
made in it, and `World.moves` lists what could have come instead.
"""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gptlib.world.entry import Entry
from gptlib.world.grammar import Break, Choice, Events, Mark, Need, Plot, Put, Slot, Worked, parse
from gptlib.world.story import Answer, Draw, Fact, Sentence, Story


class Role(NamedTuple):
    """A role as the value of a fact: plain words can be spelled like roles (new, one, place)."""

    name: str


class State(NamedTuple):
    """All that the story so far has fixed; never changed in place, a move makes a new one."""

    plot: Plot | None = None
    players: Mapping[str, Entry] = {}  # role -> who or what plays it
    # (role, relation) -> (value, told)
    facts: Mapping[tuple[str, str], tuple[Role | str, int]] = {}
    named: Mapping[str, int] = {}  # role -> the last sentence that spoke of this person
    sentence: int = -1  # the last one begun
    fresh: bool = True  # the next text begins a new one
    space: str = ""  # what stands before a new one

    @property
    def now(self) -> int:
        """The sentence that the next text belongs to."""
        return self.sentence + self.fresh

    def name(self, role: str) -> str:
        """Who or what plays a role; a subject outside the cast (the snowman) is its own name."""
        return self.players[role].name if role in self.players else role

    def fact(self, role: str, relation: str) -> Fact:
        """A fact with the names of those who play its roles; KeyError if it is not told."""
        value, told = self.facts[role, relation]
        return Fact(
            self.name(role),
            relation,
            self.name(value.name) if isinstance(value, Role) else value,
            told,
        )


# What is still to be told, as a linked list of parts: (part, (part, (... ()))). It is built with
# the world, each option of a choice linked to what follows the choice; only what is worked out is
# added while a story is told.
Todo = tuple


class Move(NamedTuple):
    """One thing that can happen next: what it says, often nothing, and what it leads to."""

    text: str
    uses: tuple[Fact, ...]
    todo: Todo
    state: State
    kind: str = ""  # of the choice that this is one option of


class World:
    """Words, events and plots: which stories can be told, and how likely each of them is.

    end: what ends a story
    """

    def __init__(
        self,
        lexicon: Mapping[str, Sequence[Entry]],
        events: Events,
        plots: Sequence[Plot],
        end: str = "\n\n",
    ) -> None:
        if not plots:
            raise ValueError("a world without plots has nothing to tell: give at least one")
        self.lexicon = lexicon
        openings = tuple((plot, *parse(plot.template, events), end) for plot in plots)
        self.start = _link((Choice("plot", openings),), ())

    def tell(self, seed: int) -> Story:
        """Tell the story of a seed, the same one on every machine; ValueError below 0."""
        if seed < 0:
            raise ValueError(f"seed is {seed}: choose 0 or more")  # Random would drop the sign
        draw = random.Random(seed).random
        todo, state, text = self.start, State(), ""
        sentences: list[tuple[str, tuple[Fact, ...]]] = []
        draws, marks = [], []
        while todo:
            if isinstance(todo[0], Mark):
                marks.append((todo[0].task, len(text)))
            moves = self.moves(todo, state)
            move = moves[0]
            if len(moves) > 1:
                move = moves[int(draw() * len(moves))]
                draws.append(Draw(len(text), move.kind, len(moves)))
            todo, state, text = move.todo, move.state, text + move.text
            if state.sentence == len(sentences):
                sentences.append(("", ()))
            if move.text:
                said, uses = sentences[-1]
                sentences[-1] = said + move.text, uses + move.uses
        return Story(
            state.plot.name,
            tuple(Sentence(said.strip(), tuple(dict.fromkeys(uses))) for said, uses in sentences),
            tuple(state.fact(*key) for key in state.facts),
            tuple(draws),
            text,
            tuple(
                # Not with the space before a sentence that begins with it.
                Answer(task, slice(end - len(text[start:end].lstrip()), end))
                for (task, start), (_, end) in zip(marks[::2], marks[1::2], strict=True)
            ),
        )

    def moves(self, todo: Todo, state: State) -> list[Move]:
        """All that can happen next, each as likely as the others; a single move is forced."""
        part, rest = todo
        match part:
            case str():
                return [_say(part, (), rest, state)]
            case Slot():
                return self._fill(part, todo, state)
            case Choice(kind, options):
                return [Move("", (), option, state, kind) for option in options]
            case Plot():
                return [Move("", (), rest, state._replace(plot=part))]
            case Break(space):
                return [Move("", (), rest, state._replace(fresh=True, space=space))]
            case Mark():
                return [Move("", (), rest, state)]
            case Worked(how, roles):
                return [Move("", (), _link(how(state, *roles), rest), state)]
            case Put(role, relation, value):
                if value in state.plot.cast:
                    if value not in state.players:
                        raise ValueError(
                            f"{state.plot.name}: {role}.{relation}={value} before {value} was shown"
                        )
                    value = Role(value)
                return [Move("", (), rest, _put(state, role, relation, value))]
            case Need(role, relation, value):
                held, _ = state.facts.get((role, relation), ("not told", 0))
                held = held.name if isinstance(held, Role) else held
                if held != value:
                    raise ValueError(
                        f"{state.plot.name}: {role}.{relation} must be {value}, and is {held}"
                    )
                return [Move("", (), rest, state)]

    def _fill(self, slot: Slot, todo: Todo, state: State) -> list[Move]:
        """Say what a slot stands for; where it is shown for the first time, draw it first."""
        role, *steps = slot.path
        if role not in state.players and (role, *steps[:1]) not in state.facts:
            role, category, entries = self._candidates(role, state)
            return [Move("", (), todo, _cast(state, role, entry), category) for entry in entries]
        word, uses = state.name(role), []
        for step in steps:
            if (role, step) in state.facts:
                fact = state.fact(role, step)
                if fact.told < state.now:
                    uses.append(fact)
                word, value = fact.value, state.facts[role, step][0]
                role = value.name if isinstance(value, Role) else ""
            else:
                word = state.players[role].words[step]
                if isinstance(word, tuple):
                    kind = f"{state.plot.cast.get(role, role)}.{step}"
                    return [Move("", (), todo, _put(state, role, step, one), kind) for one in word]
        text = _dress(slot, role, word, state)
        if role in state.players and "he" in state.players[role].words:
            state = state._replace(named={**state.named, role: state.now})
        return [_say(text, tuple(uses), todo[1], state)]

    def _candidates(self, role: str, state: State) -> tuple[str, str, list[Entry]]:
        """The role to draw first, its category and who may play it: nobody plays two roles.

        A spot's place is drawn before the spot.
        """
        category = state.plot.cast.get(role, role)
        owner, _, words = category.partition(".")
        if not words:
            entries = self.lexicon[category]
        elif owner in state.players:
            entries = [Entry(name, {}) for name in state.players[owner].words[words]]
        else:
            return self._candidates(owner, state)
        taken = {entry.name for entry in state.players.values()}
        left = [entry for entry in entries if entry.name not in taken]
        if not left:
            raise ValueError(f"{state.plot.name}: no {category} is left to play {role}")
        return role, category, left


def _link(parts: tuple, rest: Todo) -> Todo:
    """Parts as a linked list that ends in rest, as does each option of a choice among them."""
    for part in reversed(parts):
        if isinstance(part, Choice):
            part = Choice(part.kind, tuple(_link(option, rest) for option in part.options))
        rest = (part, rest)
    return rest


def _say(text: str, uses: tuple[Fact, ...], rest: Todo, state: State) -> Move:
    if state.fresh and text.strip():  # the blank line at the end begins no sentence
        text = text if state.sentence < 0 else state.space + text
        state = state._replace(sentence=state.now, fresh=False)
    return Move(text, uses, rest, state)


def _dress(slot: Slot, role: str, word: str, state: State) -> str:
    """Give a word its article, preposition, pronoun and capital letter."""
    if slot.prefix == "a":
        word = f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
    elif slot.prefix == "in":
        word = f"{state.players[role].words['in']} {word}"
    elif slot.prefix:
        # "She" is clear if this sentence and the last spoke of her, and of no other "she".
        me = state.players[role].words
        recent = [name for name, told in state.named.items() if told >= state.now - 1]
        if [n for n in recent if state.players[n].words["he"] == me["he"]] == [role]:
            word = me[slot.prefix]
    return word[0].upper() + word[1:] if slot.capital else word


def _cast(state: State, role: str, entry: Entry) -> State:
    return state._replace(players={**state.players, role: entry})


def _put(state: State, role: str, relation: str, value: str) -> State:
    facts = {key: fact for key, fact in state.facts.items() if key != (role, relation)}
    if value:
        facts[role, relation] = value, state.now
    return state._replace(facts=facts)
