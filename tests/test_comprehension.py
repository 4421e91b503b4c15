"""Questions about tales: each answer is the teller's, and stands in the tale."""

from gptlib.comprehension import ARTICLES, asked
from gptlib.tokenizer import split_words
from gptlib.world import questions, tell

SEEDS = range(40)


def test_each_answer_is_the_tellers_and_stands_in_its_tale():
    stories = {tell(seed).text: tell(seed) for seed in SEEDS}
    known = {
        (text, question.text): question.fact.value
        for text, story in stories.items()
        for question in questions(story)
    }
    for question, tale, answer in asked(SEEDS):
        assert answer in split_words(tale) and answer not in ARTICLES
        value = split_words(known[tale, question])
        assert value[value[0] in ARTICLES] == answer


def test_hardly_a_question_is_left_out():
    total = sum(len(questions(tell(seed))) for seed in SEEDS)
    assert 0.95 * total < len(asked(SEEDS)) <= total
