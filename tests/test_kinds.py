"""What a character asks of whoever guesses it: checked on a tale that can be read along."""

import pytest

from gptlib.tokenizer import split_words
from gptlib.world import KINDS, TOLD, kinds, recalls, surprisals, tell

DEN = tell(1_000_000)  # Omar and Ravi built a den of branches in the playground. ...
ROOM = tell(1_000_001)  # Leo built a den in the shed and left his smiling rag doll ...


def kinds_of(story, words, nth=0):
    """The kinds of the characters of words where they occur for the nth time, from 0."""
    at = -1
    for _ in range(nth + 1):
        at = story.text.index(words, at + 1)
    return kinds(story, surprisals(story.text))[at : at + len(words)]


@pytest.mark.parametrize("seed", range(1_000_000, 1_000_040))
def test_each_character_has_a_kind_and_what_costs_the_perfect_predictor_is_new(seed):
    story = tell(seed)
    nats = surprisals(story.text)
    found = kinds(story, nats)
    assert len(found) == len(story.text)
    assert set(found) <= set(KINDS)
    assert [kind == "something new" for kind in found] == [n > 1e-9 for n in nats]


def test_a_name_is_one_when_it_is_told_again():
    assert "names" not in kinds_of(DEN, "Ravi", 0)
    assert kinds_of(DEN, "Ravi", 1) == ["names"] * 4


def test_a_place_is_one_when_it_is_told_again():
    assert "places" not in kinds_of(DEN, "the playground", 0)
    assert kinds_of(DEN, "the playground", 1) == ["places"] * 14
    assert kinds_of(ROOM, "under the old blanket", 1) == ["places"] * 21


def test_a_thing_and_its_look_are_known_when_they_are_told_again():
    assert "things" not in kinds_of(ROOM, "smiling", 0)
    thing = kinds_of(ROOM, "smiling rag doll", 1)
    assert thing == ["things"] * 7 + ["grammar"] + ["things"] * 3 + ["grammar"] + ["things"] * 4


def test_other_words_have_a_first_letter_and_their_spelling():
    assert kinds_of(DEN, "branches") == ["phrases"] + ["spelling"] * 7
    assert kinds_of(ROOM, "went") == ["phrases"] + ["spelling"] * 3


def test_pronouns_articles_spaces_and_marks_are_grammar():
    assert kinds_of(ROOM, " he") == ["grammar"] * 3
    assert kinds_of(ROOM, ' "') == ["grammar"] * 2
    assert kinds_of(ROOM, ".\n\n")[-2:] == ["grammar"] * 2


def test_recalls_are_words_that_stood_before_and_are_certain():
    for seed in range(8):
        story = tell(seed)
        nats, words = surprisals(story.text), split_words(story.text)
        found, kind_of = recalls(story, words, nats), kinds(story, nats)
        starts, at = [], 0
        for word in words:
            starts.append(story.text.index(word, at))
            at = starts[-1] + len(word)
        wanted = [
            t
            for t, word in enumerate(words)
            if word != "the" and word in words[:t] and kind_of[starts[t]] in TOLD
        ]
        assert [word.at for word in found] == wanted
        for t, kind, earlier in found:
            assert kind == kind_of[starts[t]] and nats[starts[t]] < 1e-9
            assert earlier == [s for s, word in enumerate(words[:t]) if word == words[t]]


def test_a_name_that_is_drawn_again_is_no_recall():
    story = tell(2_000_387)  # "June gave Rex a crust": Rex, or her dog
    words = split_words(story.text)
    found = recalls(story, words, surprisals(story.text))
    assert [words[word.at] for word in found] == ["lake", "frilly", "bonnet", "Omar"]
