"""What the documents of the little web answer is right: worked out once more, from the text."""

import operator
import re
from collections import defaultdict
from functools import cache

import pytest

from gptlib.web import WEB
from gptlib.web.languages import LEMMAS, noun_in_french
from gptlib.web.lists import MADE_UP, NAMED_RULES
from gptlib.web.summaries import OF_PLOTS
from gptlib.web.words import RIDDLES
from gptlib.world import LEXICON, PLOTS, tell


@cache
def many(kind, n=400):
    return [WEB.kinds[kind].tell(seed) for seed in range(n)]


def answers(document, task):
    """The answers to one task, each with the text before it."""
    for found in document.answers:
        if found.task == task:
            yield document.text[: found.place.start], document.text[found.place]


def test_every_task_is_answered_in_documents_of_two_kinds_or_more():
    where = defaultdict(set)
    for kind in WEB.kinds:
        for document in many(kind):
            for answer in document.answers:
                where[answer.task].add(kind)
    for task, kinds in {
        "reading": {"quiz", "bedtime", "talk"},
        "summary": {"in short", "book list"},
        "translation": {"phrase book", "two languages", "vocabulary"},
        "sum": {"shop", "sums"},
        "rule": {"labels", "named rules", "rows"},
    }.items():
        assert where[task] == kinds


@pytest.mark.parametrize("kind", WEB.kinds)
def test_an_answer_is_a_stretch_of_its_text_without_spaces_around_it(kind):
    for document in many(kind):
        for _, place in document.answers:
            said = document.text[place]
            assert said and said == said.strip(), document.text


# Reading


@pytest.mark.parametrize("kind", ["quiz", "bedtime"])
def test_the_words_of_an_answer_stand_in_the_tale_or_in_its_question(kind):
    for document in many(kind):
        for before, said in answers(document, "reading"):
            known = before.lower()
            words = re.sub(r"^(to|in|on|by|at|the|because) |'s$", "", said.lower())
            words = re.sub(r"^(the|because the) | (was lost|broke|told the secret)$", "", words)
            assert words in known, (said, document.text)


@pytest.mark.parametrize("kind", ["quiz", "bedtime"])
def test_the_questions_of_a_document_are_different_ones(kind):
    for document in many(kind):
        asked = re.findall(r'^Question: .*|^"[^"]*\?" asked', document.text, re.MULTILINE)
        asked = asked[-sum(1 for _ in answers(document, "reading")) :]
        assert len(asked) == len(set(asked)) == sum(1 for _ in answers(document, "reading"))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (r"Where is the (?:bracelet|ring|coin)", r"(?:in|on|by|at|behind|under|beside|inside) .*"),
        (r"Whose is the \w+", r"[A-Z].*'s"),
        (r"Where should \w+ go", r"to .*"),
        (r"What did \w+ bet", r"the .*"),
        (r"What is the (?:kitten|puppy|dog|spaniel) called", r"[A-Z]\w+"),
        (r"Which way should the stranger turn", r"left|right"),
    ],
)
def test_an_answer_has_the_form_that_its_question_wants(question, answer):
    found = [
        said
        for document in many("quiz", 3000)
        for said in re.findall(rf"Question: {question}\?\nAnswer: (.*)", document.text)
    ]
    assert len(found) > 3
    for said in found:
        assert re.fullmatch(answer, said), said


def test_what_a_talk_answers_was_said_before():
    asked = 0
    for document in many("talk"):
        for before, said in answers(document, "reading"):
            asked += 1
            assert said.lower() in before.lower(), document.text
    assert asked > 300


# Summaries


def test_every_plot_has_summaries_and_the_last_of_them_always_holds():
    assert OF_PLOTS.keys() == {plot.name for plot in PLOTS}
    for told in OF_PLOTS.values():
        conditions = [condition for condition, _ in told]
        assert conditions[-1] == "" and "" not in conditions[:-1]


def test_a_summary_says_nothing_new_and_costs_nothing():
    """All its names stand in the tale, and each of its conditions holds now and then."""
    lengths, said = [], defaultdict(set)
    for seed, document in enumerate(many("in short", 3000)):
        tale, summary = document.text.split("\nIn short: ")
        assert document.draws == tell(seed).draws and tale == tell(seed).text.strip()
        for name in re.findall(r"(?<!^)\b(?:M\w+ )?[A-Z]\w+|^[A-Z]\w+(?=')", summary):
            assert name in tale, document.text
        lengths.append(len(summary.split()))
        said[tell(seed).plot].add(re.sub(r"\b[A-Z][\w' ]*?\b", "", summary)[:200])
    assert 6 <= min(lengths) and max(lengths) <= 18


def test_two_endings_have_two_summaries():
    ends = {}
    for seed in range(3000):
        story = tell(seed)
        if story.plot == "the thief":
            summary = many("in short", 3000)[seed].text.split("In short: ")[1]
            ends["let them keep" in story.text] = summary.split(" ", 1)[1][:7]
    assert ends == {True: "let the", False: "climbed"}


# English and French


def test_a_phrase_is_always_translated_alike():
    french = defaultdict(set)
    for kind in ("phrase book", "two languages", "vocabulary"):
        for document in many(kind, 1500):
            for before, said in answers(document, "translation"):
                english = re.search(r"([^\n]*?)( = |: |\nIn French: )$", before)[1]
                french[english].add(said)
    assert len(french) > 5000
    assert all(len(ways) == 1 for ways in french.values())
    known = {
        "the apple": "la pomme",
        "the onion": "l'oignon",
        "the egg": "l'œuf",
        "two boats": "deux bateaux",
        "red": "rouge",
        "he sees": "il voit",
        "some cheese, please": "du fromage, s'il vous plaît",
    }
    for english, said in known.items():
        assert french[english] == {said}


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (r"The (\w+) does not eat the (\w+)\.", r"L[ea' ].* ne mange pas l[ea' ].*\."),
        (r"(\w+) is thirsty and drinks some water\.", r"\1 a soif et boit de l'eau\."),
        (r"(\w+) is thirsty and drinks some milk\.", r"\1 a soif et boit du lait\."),
        (r"This is (\w+)'s black hat\.", r"C'est le chapeau noir d(e |')\1\."),
    ],
)
def test_a_sentence_one_knows_is_translated_well(english, french):
    found = 0
    for document in many("two languages", 1500):
        for said, translated in re.findall(r"(.*)\nIn French: (.*)", document.text):
            if match := re.fullmatch(english, said):
                found += 1
                assert re.fullmatch(match.expand(french), translated), (said, translated)
    assert found


# Numbers

SIGNS = {"+": operator.add, "-": operator.sub, "and": operator.add, "take away": operator.sub}
SIGNS |= {"more than": operator.add, "less than": lambda a, b: b - a, "less": operator.sub}


@pytest.mark.parametrize("kind", ["shop", "sums"])
def test_sums_are_right(kind):
    found = 0
    for document in many(kind):
        for text in re.findall(
            r"(\d+) (\+|-|and|take away|more than|less than) (\d+) (?:=|make|leaves|is) (\d+)",
            document.text,
        ):
            a, sign, b, result = text
            assert SIGNS[sign](int(a), int(b)) == int(result) >= 0, text
            found += 1
        for twice, result in re.findall(r"Twice (\d+) is (\d+)", document.text):
            assert int(result) == 2 * int(twice)
        for whole, half in re.findall(r"Half of (\d+) is (\d+)", document.text):
            assert int(whole) == 2 * int(half)
    assert found > 400


def test_prices_add_up():
    """A shop's sums are of the prices on its list, and what is dearest costs most."""
    for document in many("shop"):
        prices = {
            name: int(price)
            for name, price in re.findall(r"^([a-z ]+): (\d) \w+$", document.text, re.MULTILINE)
        }
        assert 3 <= len(prices) <= 5 and len(set(prices.values())) == len(prices)
        for one, other, a, b in re.findall(
            r"(?:bought|took|asked for) an? ([a-z ]+) and an? ([a-z ]+?)"
            r"(?::|, which made) (\d) \+ (\d) =",
            document.text,
        ):
            assert (prices[one], prices[other]) == (int(a), int(b))
        asked = r'"What is (?:the )?(cheapest|dearest).*?"The ([a-z ]+), for'
        for which, said in re.findall(asked, document.text, re.DOTALL):
            assert prices[said] == (min if which == "cheapest" else max)(prices.values())


def test_a_register_is_counted_right():
    for document in many("register"):
        listed = r"^(\w+): (here(?:, but late)?|ill|away)"
        children = dict(re.findall(listed, document.text, re.MULTILINE))
        missing = [name for name, how in children.items() if how in ("ill", "away")]
        assert 0 < len(missing) < len(children)
        if found := re.search(r"Here: (\d+)\. Missing: (\d+)", document.text):
            assert list(map(int, found.groups())) == [len(children) - len(missing), len(missing)]
        if found := re.search(r"Missing today: (.*?)\.", document.text):
            assert re.split(", | and ", found[1]) == missing
        if found := re.search(r"(\d+) less (\d+) leaves (\d+)", document.text):
            assert int(found[1]) - int(found[2]) == int(found[3]) == len(children) - len(missing)


# Words


def test_words_are_spelled_as_they_are_written():
    pages = 0
    for document in many("alphabet"):
        shown = r"(\w+)(?:: | is spelled |, \w+\.\n\w+: )((?:\w-)+\w)"
        for word, letters in re.findall(shown, document.text):
            assert letters == "-".join(word)
            pages += 1
        for word, n, first, last in re.findall(
            r"(\w+) has (\d+) letters: it begins with (\w) and ends with (\w)", document.text
        ):
            assert (int(n), first, last) == (len(word), word[0], word[-1])
        initials = re.findall(r"^([A-Z]) is for (\w)", document.text, re.MULTILINE)
        assert initials == sorted(set(initials)) and all(a == b.upper() for a, b in initials)
    assert pages > 1000


def test_a_riddle_has_one_answer():
    everything = [riddle for riddles in RIDDLES.values() for riddle in riddles]
    questions = [question for question, _ in everything]
    assert len(set(questions)) == len(questions) > 200
    assert ("Who works at the mill?", "Mr Grist") in everything


# Lists


def lines(document):
    return [line.split(" -> ") for line in document.text.split("\n")]


def sort_of(word):
    """The kind of a thing in a list of labels; no word has two."""
    sorts = ("food", "toy", "instrument", "pet", "beast", "household", "treasure", "child")
    (sort,) = (s for s in sorts if word in {entry.name for entry in LEXICON[s]})
    return sort


def test_a_label_stands_for_one_kind_of_thing():
    two = 0
    for document in many("labels"):
        label_of, answered = {}, [said for _, said in answers(document, "rule")]
        for thing, label in lines(document):
            if sort_of(thing) in label_of:
                assert label == answered.pop(0)
            assert label_of.setdefault(sort_of(thing), label) == label
        assert not answered and len(set(label_of.values())) == len(label_of) <= 2
        two += len(label_of) == 2
    assert two > 300


def test_a_name_stands_for_one_rule():
    for document in many("named rules"):
        can = defaultdict(lambda: set(NAMED_RULES))
        for asked, said in lines(document):
            name, word = asked.split()
            can[name] &= {rule for rule, how in NAMED_RULES.items() if how(word) == said}
            assert can[name], document.text
        assert len(can) <= 2
    assert {how("kite") for how in NAMED_RULES.values()} == {
        *("k-i-t-e", "a kite", "le cerf-volant", "k", "e", "4")
    }


def test_a_row_is_made_of_by_one_rule():
    reverse, seen = operator.itemgetter(slice(None, None, -1)), set()
    rules = {
        "copied": list, "turned round": reverse, "first": lambda row: row[:1],
        "last": lambda row: row[-1:], "sorted": sorted, "least": lambda row: [min(row)],
    }  # fmt: skip
    for document in many("rows"):
        can = set(rules)
        for row, said in lines(document):
            assert len(set(row.split())) == 3
            can = {rule for rule in can if rules[rule](row.split()) == said.split()}
        assert len(can) == 1, document.text
        seen |= can
    assert seen == set(rules)


@pytest.mark.parametrize("kind", ["labels", "named rules", "rows"])
def test_lists_have_five_to_eight_lines_and_no_word_stands_in_two(kind):
    sizes = set()
    for document in many(kind):
        sizes.add(len(lines(document)))
        words = [word for asked, _ in lines(document) for word in asked.split()]
        words = [word for word in words if word not in MADE_UP]
        assert len(words) == len(set(words))
    assert sizes == {5, 6, 7, 8}


def test_made_up_words_are_no_words_of_any_document():
    """Of no kind but the lists that explain them."""
    assert len(set(MADE_UP)) == len(MADE_UP) == 800
    assert not set(MADE_UP) & set(LEMMAS)
    for kind in WEB.kinds.keys() - {"labels", "named rules"}:
        for document in many(kind):
            assert not set(MADE_UP) & set(re.findall(r"\w+", document.text))


def test_a_noun_in_french():
    assert noun_in_french("hedge") == "la haie" and noun_in_french("hedge", article=False) == "haie"
