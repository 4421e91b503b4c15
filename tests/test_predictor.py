"""The perfect predictor: its probabilities are those of the teller, and they add up."""

import math
from collections import Counter, defaultdict
from functools import cache
from time import process_time

import pytest

from gptlib.data import load_split, story_starts
from gptlib.world import (
    EVENTS,
    LEXICON,
    PERFECT,
    PLOTS,
    TALES,
    Predictor,
    State,
    World,
    log_prob,
    next_char_probs,
    reach,
    surprisals,
    tell,
)
from gptlib.world.entry import Entry, names, table
from gptlib.world.grammar import plot


def all_stories(world):
    """Every story of a world and its probability, found without reading any text."""
    found = defaultdict(float)
    todo = [("", 1.0, world.start, State())]
    while todo:
        said, p, rest, state = todo.pop()
        if not rest:
            found[said] += p
            continue
        moves = world.moves(rest, state)
        todo += [(said + m.text, p / len(moves), m.todo, m.state) for m in moves]
    return found


def small(*templates):
    """A world of little more than these templates."""
    lexicon = {
        "child": names("Ada, Eve, Zoe", "she") + names("Al, Ed", "he"),
        "thing": table("name|look*\negg|red, raw\nkey|red, old\nkeg|old, new\nbag|big, new"),
        "place": table("name|in|spots*\nthe hut|in|by the door, by the fire\nthe sea|by|on a rock"),
    }
    cast = "a b: child, x: thing, p: place, s: p.spots"
    return World(lexicon, EVENTS, [plot(t, cast, t) for t in templates])


# It has all that the tales have, and besides two ways of telling the same.
MIDDLE = small(
    "{A} had {a x.look} {x}.\n[{A} lost it{a.misses=x}|{A} put it {s} {in p}{x.at=s}].\nPoor {x}!",
    "{A} met {b} {in p}.\n{He a} [smiled|waved].\n[{He b} [smiled|waved|ran].|]",
    "It rained[ hard| hard|], and [{a} sat {s}|{a} ran|{b} ran].",
    "{A} [had|saw] {a x}, and {b} {a x.look} one.",
)


@cache
def cut_down():
    """Six plots of the tales with two entries in each table and two words in each column."""
    six = {"the riddle", "the window", "the swap", "the bet", "the painting", "the confession"}
    lexicon = {
        category: [
            Entry(name, {c: w if isinstance(w, str) else w[:2] for c, w in words.items()})
            for name, words in entries[:2]
        ]
        for category, entries in LEXICON.items()
    }
    world = World(lexicon, EVENTS, [line for line in PLOTS if line.name in six])
    return world, all_stories(world)


# log_prob


def test_the_stories_of_a_cut_down_world_have_all_the_probability():
    world, stories = cut_down()
    assert len(stories) > 2000
    read = {text: Predictor(world).log_prob(text) for text in stories}
    assert math.fsum(map(math.exp, read.values())) == pytest.approx(1, abs=1e-12)
    for text, p in stories.items():
        assert read[text] == pytest.approx(math.log(p), abs=1e-12)


def chi_square(counts, p):
    """How far counts are from what the probabilities p predict: about one for each text of p."""
    n = counts.total()
    return sum((counts[text] - n * p[text]) ** 2 / (n * p[text]) for text in p)


def test_a_hundred_thousand_stories_come_as_often_as_predicted():
    n = 100_000
    counts = Counter(MIDDLE.tell(seed).text for seed in range(n))
    predictor = Predictor(MIDDLE)
    p = {text: math.exp(predictor.log_prob(text)) for text in all_stories(MIDDLE)}
    likely = sorted(p, key=p.get, reverse=True)[:50]
    assert len(p) > 600 and p[likely[0]] > 5 * p[likely[-1]]
    errors = [(counts[t] - n * p[t]) / math.sqrt(n * p[t] * (1 - p[t])) for t in likely]
    squares = sum(error**2 for error in errors)
    print(f"50 stories: largest error {max(map(abs, errors)):.2f} sigma, chi-square {squares:.1f}")
    assert max(map(abs, errors)) < 4
    assert 20 < squares < 90
    print(f"all {len(p)} stories: chi-square {chi_square(counts, p):.1f}")
    assert abs(chi_square(counts, p) - len(p)) < 4 * math.sqrt(2 * len(p))


def test_two_ways_of_telling_the_same_are_added():
    silent = Predictor(small("It rained[ hard| hard|]."))
    assert silent.log_prob("It rained hard.\n\n") == pytest.approx(math.log(2 / 3), abs=1e-15)
    # The same words from two roles, so that the ways end in different states.
    others = Predictor(small("[{a}|{b}] ran."))
    assert others.log_prob("Ada ran.\n\n") == pytest.approx(math.log(1 / 5), abs=1e-15)


def test_a_role_and_a_word_that_is_spelled_like_it_are_told_apart():
    """Of ways that differ in what the key is like, each goes on as it began."""
    key, child = table("name|look*\nkey|old, new"), names("Ada")
    template = "{New} ran.\nThe [new{x.look=new}|{x.look}] {x} is {x.look}."
    world = World({"thing": key, "child": child}, {}, [plot("", "x: thing, new: child", template)])
    predictor = Predictor(world)
    for text, p in all_stories(world).items():
        assert math.exp(predictor.log_prob(text)) == pytest.approx(p)


def test_ways_that_meet_go_on_as_one():
    """Ten choices that leave no trace are 1,024 ways, and no more work than ten."""
    predictor = Predictor(small("It rained" + "[ hard| hard]" * 10 + "."))
    moves, calls = predictor.world.moves, []
    predictor.world.moves = lambda *given: calls.append(given) or moves(*given)
    assert predictor.log_prob("It rained" + " hard" * 10 + ".\n\n") == pytest.approx(0, abs=1e-15)
    assert len(calls) < 100


def test_the_teller_and_the_reader_count_the_same_choices():
    for seed in range(60):
        story = tell(seed)
        drawn = -sum(math.log(draw.options) for draw in story.draws)
        assert log_prob(story.text) == pytest.approx(drawn, abs=1e-12)


def test_a_draw_says_where_it_was_made_and_from_what():
    world = small("{A} has {a x.look} {x}.")
    story = world.tell(0)
    (at, kind, options), (here, noun, things), (there, column, looks) = story.draws
    assert (at, kind, options) == (0, "child", 5)
    # The thing is drawn first, for its looks are drawn from its own.
    assert (noun, things, column, looks) == ("thing", 4, "thing.look", 2)
    assert story.text[here:].split()[0] in ("a", "an") and here == there


def test_the_tales_begin_as_often_as_predicted():
    text = load_split("tales")[0]
    begun = Counter(text[start] for start in story_starts(text))
    p = next_char_probs("")
    assert begun.keys() <= p.keys()
    assert chi_square(begun, p) < 2.5 * len(p)


@pytest.mark.parametrize("ask", [log_prob, next_char_probs, surprisals])
def test_only_text_is_read(ask):
    with pytest.raises(ValueError, match=r"type Story: give a str, such as tell\(7\).text"):
        ask(tell(7))


@pytest.mark.parametrize("text", ["", "Mia", "Ada has an egg.", "xyz\n\n"])
def test_what_is_no_story_of_the_world_is_impossible(text):
    assert log_prob(text) == -math.inf


def test_a_changed_story_is_impossible():
    text = tell(3).text
    assert log_prob(text) > -math.inf
    for other in (text[:-1], text.strip(), text + "x", text + text, text.replace(" ", "  ", 1)):
        assert log_prob(other) == -math.inf


def test_a_story_is_read_in_fifty_milliseconds():
    times = []
    for seed in range(20):
        text = tell(seed).text
        start = process_time()
        log_prob(text)
        times.append(process_time() - start)
    assert sorted(times)[10] < 0.05


# next_char_probs


def test_what_comes_next_is_the_share_of_the_stories_that_go_on_so():
    """By hand: of all stories that begin so, how probable are those with this character next?"""
    stories, predictor = all_stories(MIDDLE), Predictor(MIDDLE)
    mass = defaultdict(float)
    for text, p in stories.items():
        for i in range(len(text) + 1):
            mass[text[:i]] += p
    for text in list(stories)[::25]:
        for i in range(len(text)):
            probs = predictor.next_char_probs(text[:i])
            assert list(probs.values()) == sorted(probs.values(), reverse=True)
            begun = {s[i] for s in stories if s.startswith(text[:i])}
            want = {char: mass[text[:i] + char] / mass[text[:i]] for char in begun}
            assert probs == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("seed", [0, 8395])
def test_along_a_story_the_probabilities_multiply_to_that_of_the_story(seed):
    text = tell(seed).text
    total = 0.0
    for i, char in enumerate(text):
        probs = next_char_probs(text[:i])
        assert math.fsum(probs.values()) == pytest.approx(1, abs=1e-12)
        total += math.log(probs[char])
    assert total == pytest.approx(log_prob(text), abs=1e-11)
    assert next_char_probs(text) == {"": 1.0}


def test_one_reading_says_the_same_as_one_for_each_place():
    text = tell(5).text
    along = PERFECT.distributions(text)
    assert len(along) == len(text) + 1
    for i in range(0, len(text) + 1, 7):
        assert along[i] == pytest.approx(next_char_probs(text[:i]), abs=1e-12)
    surprise = surprisals(text)
    assert surprise == [math.log(1 / p[char]) for p, char in zip(along, text, strict=False)]
    assert math.fsum(surprise) == pytest.approx(-log_prob(text), abs=1e-11)


def test_what_was_told_is_certain_and_what_was_not_is_open():
    story = tell(8395)
    place = story.text.rindex("behind the barrels")
    assert next_char_probs(story.text[:place]) == {"b": 1.0}
    assert surprisals(story.text)[place : place + len("behind the barrels")] == [0.0] * 18
    first = story.text.index("behind the barrels")
    assert surprisals(story.text)[first] > 0.1


@pytest.mark.parametrize("ask", [next_char_probs, surprisals, PERFECT.distributions])
def test_a_beginning_of_no_story_is_refused(ask):
    with pytest.raises(ValueError, match=r"no story goes on with 'q' after 'Mia ': .*, 'h', .*"):
        ask("Mia quarrelled")
    with pytest.raises(ValueError, match="no story goes on with 'x' after"):
        ask(tell(0).text + "x")


def test_asking_changes_nothing():
    text = tell(11).text
    before = log_prob(text)
    next_char_probs(text[:50])
    surprisals(text)
    assert log_prob(text) == before
    assert tell(11).text == text
    assert TALES is PERFECT.world


def test_a_text_is_followed_to_the_character_at_which_no_story_goes_on():
    story = tell(1_000_001).text
    assert reach(story) == len(story)
    for n in (0, 1, 40, len(story) - 1):
        assert reach(story[:n]) == n
        other = next(c for c in "~XQ" if c != story[n])
        assert reach(story[:n] + other + story[n + 1 :]) == n
    doll = story.replace("the smiling rag doll were", "the smiling robot were")
    assert story[: reach(doll)].endswith("Soon Leo and the smiling r")
