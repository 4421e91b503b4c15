"""The story world: good English, true bookkeeping, and choices that can be read back."""

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from functools import cache
from itertools import accumulate

import pytest

from data import build
from data.build import DATA, PARTS, reaches_back, statistics, words
from gptlib.world import EVENTS, LEXICON, PLOTS, TALES, State, World, tell
from gptlib.world.entry import all_but, names, only, table
from gptlib.world.grammar import Break, Choice, Put, Slot, event, parse, plot
from gptlib.world.questions import ANSWERS, QUESTIONS, questions
from gptlib.world.story import Fact, Sentence, Story
from gptlib.world.telling import Role

many = cache(lambda n=3000: [tell(seed) for seed in range(n)])
stories = cache(build.stories)  # 6,080 are told once, not by each test that reads them


def derivations(world, text):
    """Tell text in every possible way, each choice branching: the state at the end of each."""
    todo = [(0, world.start, State())]
    while todo:
        position, rest, state = todo.pop()
        if not rest:
            if position == len(text):
                yield state
            continue
        for move in world.moves(rest, state):
            if text.startswith(move.text, position):
                todo.append((position + len(move.text), move.todo, move.state))


# The stories in data/


@pytest.mark.parametrize("name", PARTS)
def test_the_stories_in_data_are_told_again_byte_for_byte(name):
    assert "".join(story.text for story in stories(name)).encode() == (DATA / name).read_bytes()


def test_the_readme_of_data_tells_the_truth():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for name in PARTS:
        raw = (DATA / name).read_bytes()
        assert f"| {len(raw):,} | `{hashlib.sha256(raw).hexdigest()}` |" in readme
        for line, value in statistics(stories(name)).items():
            assert re.search(rf"^\| {line} \|.*{re.escape(value)} \|", readme, re.MULTILINE)


def test_training_and_validation_share_no_story():
    train, valid = ({story.text for story in stories(name)} for name in PARTS)
    assert not train & valid


def test_a_seed_tells_the_same_story_and_another_seed_another():
    assert tell(7) == tell(7)
    assert tell(7).text != tell(8).text


# What was asked of them


def test_plots_are_many_and_none_is_common():
    counts = Counter(story.plot for story in many())
    assert len(counts) == len(PLOTS) >= 20
    assert max(counts.values()) < 0.1 * len(many())


def test_sizes():
    assert all(4 <= len(story.sentences) <= 10 for story in many())
    assert 230 < sum(len(story.text) for story in many()) / len(many()) < 280


def test_no_story_can_exceed_512_characters():
    """An upper bound: of every choice the longest option, in every slot the longest word."""

    def longest(parts, cast, facts):
        return sum(size(part, cast, facts) for part in parts)

    def size(part, cast, facts):
        match part:
            case str():
                return len(part)
            case Choice(options=options):
                return max(longest(option, cast, facts) for option in options)
            case Slot(path=(role, *steps)):
                words = entry_words(role, steps, cast, facts)
                before = {"a": len("an "), "in": len("on ")}.get(part.prefix, 0)
                return max(map(len, words)) + before
        return len(" ") if isinstance(part, Break) else 0

    def entries(role, cast):
        category = cast.get(role, role)
        owner, _, column = category.partition(".")
        if column:
            return names(",".join(w for e in entries(owner, cast) for w in e.words[column]))
        return LEXICON.get(category, ())

    def entry_words(role, steps, cast, facts):
        if not steps:
            return [entry.name for entry in entries(role, cast)] or [role]
        first, *rest = steps
        found = []
        for value in facts.get((role, first), ()):
            known = value in cast or value in LEXICON
            found += entry_words(value, rest, cast, facts) if known else [value]
        for entry in entries(role, cast):
            words = entry.words.get(first, ())
            found += [words] if isinstance(words, str) else words
        return found

    def puts(parts):
        for part in parts:
            if isinstance(part, Put):
                yield part
            elif isinstance(part, Choice):
                for option in part.options:
                    yield from puts(option)

    for line in PLOTS:
        parts, facts = parse(line.template, EVENTS), {}
        for put in puts(parts):
            facts.setdefault((put.role, put.relation), set()).add(put.value)
        assert longest(parts, line.cast, facts) + len("\n\n") <= 512, line.name


def test_a_third_of_the_sentences_repeat_what_was_told_two_or_more_back():
    sentences = sum(len(story.sentences) for story in many())
    assert sum(map(reaches_back, many())) >= sentences / 3


def test_six_hundred_words_besides_names_and_inflections():
    assert len(words(many())) >= 600


# Good English


@pytest.mark.parametrize(
    "wrong",
    [
        r"\b[Aa] [aeiou]",  # a egg
        r"\b[Aa]n (?!hour)[^aeiou]",  # an kite
        r"\b(\w+) \1\b",  # the the
        r"\b[Aa]n? [A-Z]",  # a Tom scooter
        r"  | [.,!?]|[,;:][.,!?]",  # loose or doubled punctuation
        r"[^\n -~]",  # nothing beyond ASCII
        r"[][{}<>|=_]",  # notation of the templates
    ],
)
def test_no_story_shows_a_slip(wrong):
    for story in many():
        assert not re.search(wrong, story.text.strip("\n")), story.text


def test_every_sentence_begins_and_ends_as_one():
    for story in many():
        for sentence in story.sentences:
            assert re.fullmatch(r'("?[A-Z].*)([.!?]"?)', sentence.text), story.text
        assert story.text.count('"') % 2 == 0


def test_a_story_is_its_sentences_and_a_blank_line():
    for story in many(100):
        assert story.text == " ".join(s.text for s in story.sentences) + "\n\n"
        assert "\n" not in story.text[:-2]


# The rule: a choice is drawn when it is shown, so that the text tells which one it was


def test_every_story_can_be_told_in_one_way_only_and_reading_it_gives_its_facts():
    for story in many(200):
        states = list(derivations(TALES, story.text))
        assert len(states) == 1
        state = states[0]
        assert state.plot.name == story.plot
        cast = {role: entry.name for role, entry in state.players.items()}
        read = [
            (
                cast.get(role, role),
                relation,
                cast[value.name] if isinstance(value, Role) else value,
                told,
            )
            for (role, relation), (value, told) in state.facts.items()
        ]
        assert read == [tuple(fact) for fact in story.facts]


def test_the_plot_is_known_after_a_hundred_characters():
    for story in many(100):
        assert {state.plot.name for state in beginnings(TALES, story.text[:100])} == {story.plot}


def beginnings(world, prefix):
    """The states in which a telling can be once it has said prefix."""
    todo = [("", world.start, State())]
    while todo:
        said, rest, state = todo.pop()
        for move in world.moves(rest, state):
            now = said + move.text
            if now.startswith(prefix):
                yield move.state
            elif prefix.startswith(now):
                todo.append((now, move.todo, move.state))


def test_the_rule_is_seen_to_be_broken():
    silent = World({}, {}, [plot("silent", "x: x", "It rained[ hard| hard].")])
    assert len(list(derivations(silent, silent.tell(0).text))) == 2


# Facts


def test_a_fact_that_a_sentence_repeats_was_told_before_and_stands_in_it():
    for story in many():
        for i, sentence in enumerate(story.sentences):
            for fact in sentence.uses:
                assert fact.told < i
                assert fact.value.lower() in sentence.text.lower()


def test_a_fact_is_told_in_a_sentence_that_speaks_of_it():
    for story in many():
        for fact in story.facts:
            told = story.sentences[fact.told].text.lower()
            names = (fact.subject.lower(), fact.value.lower(), "they swapped")
            assert any(name in told for name in names), (fact, story.text)


@pytest.mark.parametrize(
    ("plot", "phrase", "relation", "holds"),
    [
        ("the sleepless night", "", "at", None),
        ("the sleepless night", "", "misses", None),
        ("the forgotten toy", "", "misses", None),
        ("the thief", "Since then", "holder", "owner"),
        ("the thief", "let them keep", "at", "at"),
        ("the quarrel", "down from", "at", None),
        ("the quarrel", "until supper", "at", "at"),
        ("the borrowed hat", "let", "holder", "holder"),
        ("the birthday surprise", "", "wants", None),
        ("the hat in the water", "", "at", None),
        ("baking day", "without", "wants", "wants"),
        ("baking day", "a plate of it", "wants", None),
    ],
)
def test_what_holds_at_the_end(plot, phrase, relation, holds):
    """A fact that the story ended is gone: nobody looks any more for what was found."""
    ends = [story for story in many() if story.plot == plot and phrase in story.text]
    assert ends
    for story in ends:
        facts = {fact.relation: fact.value for fact in story.facts}
        assert facts.get(relation) == (facts[holds] if holds else None), story.text


# Questions. That the text alone tells the facts, and so the answers, is the rule's test above.


def test_every_story_answers_questions_and_none_in_two_ways():
    for story in many():
        asked = [text for text, *_ in questions(story)]
        assert asked and len(asked) == len(set(asked)), (asked, story.text)
        assert [fact.told for *_, fact in questions(story)] == sorted(f.told for f in story.facts)


def test_the_words_of_an_answer_stand_in_the_story_or_in_the_question():
    for story in many():
        for text, answer, fact in questions(story):
            assert fact.value in answer
            assert fact.value.lower() in f"{story.text} {text}".lower(), (text, answer, story.text)


@pytest.mark.parametrize(
    ("seed", "text", "answer"),
    [
        (8395, "Who has the toy rabbit?", "Anna"),
        (8395, "Why was Anna sad?", "because the toy rabbit was lost"),
    ],
)
def test_a_question_of_a_story_one_knows(seed, text, answer):
    assert (text, answer) in [asked[:2] for asked in questions(tell(seed))]


@pytest.mark.parametrize(
    ("plot", "phrase", "answer"),
    [
        ("the forgotten toy", "", r"because the (\w.*) was lost"),
        ("the lost pet", "", r"because the (\w+) was lost"),
        ("the broken toy", "eyes", r"because the (\w.*) broke"),
        ("the confession", "began to cry", r"because the (\w.*) broke"),
        ("the secret", "cried all evening", r"because (\w+) told the secret"),
    ],
)
def test_who_was_sad_had_a_reason(plot, phrase, answer):
    stories = [story for story in many() if story.plot == plot and phrase in story.text]
    assert stories
    for story in stories:
        whys = [asked for asked in questions(story) if asked.text.startswith("Why")]
        assert len(whys) == 1, story.text
        assert re.fullmatch(answer, whys[0].answer)[1] in story.text


def test_nobody_is_sad_without_crying_or_being_unable_to_sleep():
    for story in many():
        for asked in questions(story):
            if asked.fact.relation in ANSWERS:
                sad = r"cr(y|ied)|wail|sob|groan|wiped|could not sleep|lay wide|tossed"
                assert re.search(sad, story.text), story.text


# The machine, on small worlds


def small(template, cast="x: thing", events=EVENTS, **lexicon):
    lexicon = {"thing": names("egg, kite")} | lexicon
    return World(lexicon, events, [plot("small", cast, template)])


def told(world):
    """All the texts that a small world tells."""
    return {world.tell(seed).text.strip() for seed in range(60)}


def test_a_slot_is_drawn_once_and_then_repeated():
    assert told(small("See {a x}.\nTake the {x}.")) == {
        "See an egg. Take the egg.",
        "See a kite. Take the kite.",
    }


def test_a_colour_is_drawn_once_and_then_repeated():
    kites = table("name | look*\nkite | red, blue")
    story = "{A x.look} {x} flew.\nIt rained.\nThe {x.look} {x} fell."
    assert told(small(story, thing=kites)) == {
        "A red kite flew. It rained. The red kite fell.",
        "A blue kite flew. It rained. The blue kite fell.",
    }


def test_a_fact_ends_where_the_story_says_so():
    story = small("{X} here.{x.at=hand}\nNow {x.at}.\nGone.{x.at=}").tell(0)
    assert story.sentences[1].uses[0].value == "hand"
    assert story.facts == ()


def test_a_word_that_is_spelled_like_a_role_stays_a_word():
    new = table("name | look*\nscooter | new")
    world = small("{New} has {a x.look} {x}.", "new: girl, x: toy", girl=names("Ida"), toy=new)
    assert told(world) == {"Ida has a new scooter."}


def test_a_seed_below_zero_is_refused():
    with pytest.raises(ValueError, match="seed is -8: choose 0 or more"):
        tell(-8)


def test_a_world_that_cannot_go_on_says_so():
    alone = small("{X} {y}.", "x y: thing", thing=names("egg"))
    with pytest.raises(ValueError, match="small: no thing is left to play y"):
        alone.tell(0)
    with pytest.raises(ValueError, match="without plots"):
        World({}, {}, [])


def test_a_blank_line_begins_a_new_line():
    story = small("One.\nTwo.\n\nThree {x}.", thing=names("egg")).tell(0)
    assert story.text == "One. Two.\nThree egg.\n\n"
    assert [sentence.text for sentence in story.sentences] == ["One.", "Two.", "Three egg."]


def test_a_world_can_end_its_stories_as_it_likes():
    world = World({}, {}, [plot("short", "x: x", "One.")], end="")
    assert world.tell(0).text == "One."


def test_an_answer_is_where_its_marks_stand():
    story = small("Look: {?fruit}{a x}{?}.\n{?what}{X}{?}?").tell(0)
    assert [task for task, _ in story.answers] == ["fruit", "what"]
    found = [story.text[place] for _, place in story.answers]
    assert found in (["an egg", "Egg"], ["a kite", "Kite"])  # without the space before it


def test_a_function_works_out_what_comes_next():
    def twice(state, role):
        name = state.name(role)
        return (Choice("way", ((f"{name} and {name}",), (f"two {name}s",))),)

    world = small("See {a x}.\nThen <twice x>.", events={"twice": twice})
    assert told(world) == {
        "See an egg. Then egg and egg.",
        "See an egg. Then two eggs.",
        "See a kite. Then kite and kite.",
        "See a kite. Then two kites.",
    }


def test_what_is_worked_out_costs_nothing_and_its_choices_do():
    def fact(state, role):
        return (state.fact(role, "at").value, Choice("end", (("!",), ("?",))))

    story = small("{X} here.{x.at=hand}\nNow <fact x>", events={"fact": fact}).tell(0)
    assert story.text.strip()[:-1] in ("Egg here. Now hand", "Kite here. Now hand")
    assert [draw.options for draw in story.draws] == [2, 2]


def test_nobody_plays_two_roles():
    assert told(small("{X} {y}.", "x y: thing")) == {"Egg kite.", "Kite egg."}


def test_an_empty_line_is_no_sentence():
    world = small("One.\n[Two.|]\nThree {x}.", thing=names("egg"))
    assert told(world) == {"One. Two. Three egg.", "One. Three egg."}
    assert {len(world.tell(seed).sentences) for seed in range(60)} == {2, 3}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{X} met {y}.\n{He x} saw {him y}.", "Ada met Ian. She saw him."),
        ("{X} met {z}.\n{He x} saw {him z}.", "Ada met Eve. Ada saw Eve."),
        ("{X} met {z}.\nIt rained.\n{He x} left.", "Ada met Eve. It rained. Ada left."),
        (
            "{X} met {z}.\n{Y} came.\n{X} sat.\n{He x} left.",
            "Ada met Eve. Ian came. Ada sat. She left.",
        ),
    ],
)
def test_a_pronoun_stands_where_it_can_mean_only_one(template, text):
    cast = {"x": names("Ada", "she"), "y": names("Ian", "he"), "z": names("Eve", "she")}
    assert told(small(template, "x: x, y: y, z: z", **cast)) == {text}


def test_an_event_changes_who_has_what():
    people = {"a": names("Ada", "she"), "b": names("Bob", "he")}
    hand = event("p q t", "{p} gave {q} the {t}.", needs="{t.holder==p}", then="{t.holder=q}")
    line = "{A} had {a x}.{x.holder=a}\n<hand a b x>\n{X.holder} was glad."
    world = small(line, "a: a, b: b, x: thing", {"hand": hand}, thing=names("egg"), **people)
    story = world.tell(0)
    assert story.sentences[2].text == "Bob was glad."
    assert story.sentences[2].uses == (("egg", "holder", "Bob", 1),)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{X} is here.{x.holder==y}", "x.holder must be y, and is not told"),
        ("Here.{x.at=y}\n{X}", "x.at=y before y was shown"),
    ],
)
def test_a_plot_that_contradicts_itself_says_so(template, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        small(template, "x y: thing").tell(0)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("a [b", "stands alone"),
        ("a ]b", "stands alone"),
        ("a | b", "stands alone"),
        ("a {b", "stands alone"),
        ("{the thing}", "neither a slot nor a fact"),
        ("<fly x>", "no event 'fly'"),
        ("<thank x>", "takes the roles 'a b'"),
    ],
)
def test_a_template_that_cannot_be_read_says_why(template, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(template, EVENTS)


# Nothing lies idle


def test_every_word_of_the_lexicon_can_be_shown():
    used = {category for line in PLOTS for category in line.cast.values()}
    templates = " ".join(line.template for line in PLOTS) + str(EVENTS)
    roles = set(re.findall(r"\{(?:(?:a|in|he|him) )?(\w+)[.}]", templates, re.IGNORECASE))
    assert set(LEXICON) == {category for category in used if "." not in category} | (
        {role.lower() for role in roles} & set(LEXICON)
    )
    columns = {column for kind in LEXICON.values() for entry in kind for column in entry.words}
    shown = set(re.findall(r"\.(\w+)", templates.lower() + " ".join(used)))
    prefixes = {
        prefix.lower() for prefix in re.findall(r"\{(a|in|he|him) ", templates, re.IGNORECASE)
    }
    assert columns <= shown | prefixes


def test_a_part_of_a_table_knows_its_names():
    food = names("egg, bun, pie")
    assert only(food, "pie, egg") == names("egg, pie")
    assert all_but(food, "pie") == names("egg, bun")
    with pytest.raises(ValueError, match="buun: no entry of the table has this name"):
        all_but(food, "buun, pie")


def test_a_list_names_nobody_twice():
    for category, entries in LEXICON.items():
        assert len({entry.name for entry in entries}) == len(entries), category
        for entry in entries:
            for options in entry.words.values():
                if isinstance(options, tuple):
                    assert len(set(options)) == len(options), entry


def test_every_role_of_a_cast_plays_and_every_event_happens():
    for line in PLOTS:
        for role in line.cast:
            assert re.search(rf"\b{role}\b", line.template, re.IGNORECASE), line.name
    everything = " ".join(line.template for line in PLOTS)
    assert all(f"<{name}" in everything for name in EVENTS)


def test_every_fact_answers_a_question():
    told = re.findall(r"\{\w+\.(\w+)=\w", str(PLOTS) + str(EVENTS))
    drawn = {
        column
        for kind in LEXICON.values()
        for entry in kind
        for column, words in entry.words.items()
        if isinstance(words, tuple)
    }
    asked = set(told) | drawn - {"spots", "shelves", "corners"}
    assert asked == set(QUESTIONS)


def test_where_facts_are_told_again():
    found = 0
    for seed in range(200):
        story = tell(seed)
        ends = list(accumulate(len(sentence.text) + 1 for sentence in story.sentences))
        for fact, told, again in story.repeats(back=2):
            assert story.text[told] == story.text[again] == fact.value
            i = bisect_right(ends, again.start)
            assert bisect_right(ends, told.start) == fact.told <= i - 2
            assert again.stop < ends[i]
            assert fact in story.sentences[i].uses
            found += 1
        assert len(story.repeats(back=1)) >= len(story.repeats(back=2))
    assert found > 300
    fact = Fact("Mia", "has", "red kite", told=0)
    told = Sentence("Mia had a red kite.", ())
    again = Sentence("The red kite flew.", (fact,)), Sentence("It fell.", (fact,))
    story = Story("kite", (told, *again), (), ())
    old = Fact("hat", "look", "old", told=0)
    inside = Sentence("Dad told of an old hat.", ()), Sentence("The old hat fell.", (old,))
    assert Story("hat", inside, (), ()).repeats(back=1) == [(old, slice(15, 18), slice(28, 31))]
    assert story.repeats(back=1) == [(fact, slice(10, 18), slice(24, 32))]
    assert story.repeats(back=2) == []
