"""The little web: documents that are told in one way only, each kind as often as its share says."""

import hashlib
import json
import math
import re
from collections import Counter
from functools import cache

import pytest
from test_predictor import all_stories

from data import web as files
from data.build import DATA
from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.web import WEB, Web
from gptlib.web.pages import new, told
from gptlib.world import EVENTS, LEXICON, PLOTS, Predictor, State, World, tell
from gptlib.world.entry import names
from gptlib.world.grammar import Choice, Put, plot

KINDS = list(WEB.kinds)


@cache
def many(kind, n=300):
    return [WEB.kinds[kind].tell(seed) for seed in range(n)]


# What a document costs is known exactly


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_is_told_in_one_way_only_so_its_choices_are_its_cost(kind):
    for document in many(kind)[:8]:
        read = WEB.kinds[kind].perfect.log_prob(document.text)
        assert document.nats == pytest.approx(-read, abs=1e-9), document.text


@pytest.mark.parametrize("kind", KINDS)
def test_no_document_could_be_of_another_kind(kind):
    for document in many(kind)[:2]:
        for other in WEB.kinds.values():
            can = other.perfect.log_prob(document.text) > -math.inf
            assert can == (other.name == kind), (other.name, document.text)
        cost = document.nats - math.log(WEB.share(kind))
        assert WEB.log_prob(document.text) == pytest.approx(-cost, abs=1e-9)


def test_a_list_that_fits_two_rules_is_likelier_than_its_choices():
    """Of three words each the first is the first of the alphabet: two rules, in every line."""
    rows = WEB.kinds["rows"]
    document = next(
        document
        for document in map(rows.tell, range(2000))
        if all(
            len(said.split()) == 1 and min(asked.split()) == asked.split()[0] == said
            for asked, said in (line.split(" -> ") for line in document.text.split("\n"))
        )
    )
    read = rows.perfect.log_prob(document.text)
    assert document.nats + read == pytest.approx(math.log(2), abs=1e-9)


def test_what_is_no_document_has_no_probability():
    assert WEB.log_prob("Buy gold now!") == -math.inf


def test_how_far_a_text_could_be_a_document():
    for document in (many("shop")[0], many("riddles")[0]):
        text = document.text
        assert WEB.reach(text) == len(text)
        assert WEB.reach(f"{text[:50]}#{text[51:]}") == 50
    assert WEB.reach("Xylophone") == 0


def test_a_kind_that_asks_about_what_it_told_has_all_the_probability():
    """Each text of a small kind, found without reading, is read with the probability it has."""
    children = {"child": names("Ada", "she") + names("Bob", "he")}
    quiz = WEB.kinds["quiz"]
    told = "{Hero} put {a thing} {spot}.{thing.at=spot}{thing.owner=hero}\n\n<rounds>"
    cast = "hero: child, thing: thing, spot: spot"
    words = {"thing": names("egg, key"), "spot": names("in a box, by the sea")}
    world = World(LEXICON | children | words, EVENTS | quiz.events, [plot("t", cast, told)], "")
    found = all_stories(world)
    assert len(found) == 2 * 2 * 2 * 2
    asked = (
        "Ada put a key by the sea.\nQuestion: Where was the key?\nAnswer: by the sea\nQuestion: "
    )
    rest = [text.removeprefix(asked) for text in found if text.startswith(asked)]
    assert rest == ["Whose was the key?\nAnswer: Ada's"]
    for text, p in found.items():
        assert Predictor(world).log_prob(text) == pytest.approx(math.log(p), abs=1e-12)


# The mixture


def test_a_seed_makes_the_same_document_and_another_seed_another():
    assert WEB.tell(7) == WEB.tell(7)
    assert WEB.tell(7).text != WEB.tell(8).text
    with pytest.raises(ValueError, match="seed is -8"):
        WEB.tell(-8)


def test_kinds_come_as_often_as_their_shares():
    assert sum(kind.share for kind in WEB.kinds.values()) == 100
    told = files.documents("web-train.txt")
    n, counts = len(told), Counter(document.kind for document in told)
    squares = [(counts[k] - n * WEB.share(k)) ** 2 / (n * WEB.share(k)) for k in KINDS]
    assert sum(squares) < len(KINDS) + 4 * math.sqrt(2 * len(KINDS))


def test_the_plot_of_a_document_does_not_hang_on_the_draw_of_its_kind():
    told = enumerate(files.documents("web-train.txt"))  # its seeds begin at 0
    tales = {seed: document for seed, document in told if document.kind == "tale"}
    assert all(tell(seed).text.strip() == document.text for seed, document in tales.items())
    assert len({tell(seed).plot for seed in tales}) == len(PLOTS)


def test_a_kind_can_be_left_out_and_the_others_take_its_share():
    less = WEB.without("quiz", "tale")
    assert less.kinds.keys() == WEB.kinds.keys() - {"quiz", "tale"}
    assert less.share("bedtime") == pytest.approx(WEB.share("bedtime") / 0.81)
    assert {less.tell(seed).kind for seed in range(600)} == set(less.kinds)
    assert math.isinf(less.log_prob(many("tale")[0].text))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WEB.without("quizz"), "there is no kind 'quizz': give some of"),
        (lambda: WEB.without(*KINDS), "give one or more"),
        (lambda: Web([WEB.kinds["tale"]] * 2), "none twice"),
    ],
)
def test_a_web_that_cannot_be_says_why(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


def test_floors_are_the_mean_cost_of_documents_and_of_their_kind():
    documents = many("shop")[:10] + many("talk")[:10]
    floors = WEB.floors(documents)
    assert list(floors) == ["talk", "shop"]  # in the order of the web
    costs = [document.nats - math.log(WEB.share("shop")) for document in many("shop")[:10]]
    floor = floors["shop"]
    assert floor.documents == 10
    assert floor.characters == sum(len(document.text) for document in many("shop")[:10])
    assert floor.nats_per_document == pytest.approx(sum(costs) / 10)
    assert floor.nats_per_character == pytest.approx(sum(costs) / floor.characters)
    mean = sum(costs) / 10
    deviation = math.sqrt(sum((cost - mean) ** 2 for cost in costs) / 9 / 10)
    assert floor.nats_per_document_se == pytest.approx(deviation)


def test_a_page_gets_what_it_does_not_have_yet():
    state = State(facts={("page", "kite"): ("told", 0), ("alphabet", "letter"): ("k", 0)})
    assert told(state) == ["kite"]
    (choice,) = new("word", {"kite": ("kite",), "egg": ("an ", "egg")}, state)
    assert choice == Choice("word", ((Put("page", "egg", "told"), "an ", "egg"),))


# Sizes and slips


@pytest.mark.parametrize("kind", ["phrase book", "two languages", "shop", "sums", "register"])
def test_no_page_ever_runs_out_of_words(kind):
    """Nobody plays two roles, so a page could have more lines than its words can fill."""
    for seed in range(300, 1200):
        WEB.kinds[kind].tell(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_documents_are_short_and_seldom_told_twice(kind):
    sizes = [len(tokenizer().encode(document.text)) for document in many(kind)]
    assert max(sizes) + 1 <= 256
    assert sum(sizes) / len(sizes) > 20
    assert len({document.text for document in many(kind)}) >= len(many(kind)) - 1


FRENCH = {"phrase book", "two languages", "vocabulary", "named rules"}
SPELLED = {"alphabet", "named rules"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_document_shows_a_slip(kind):
    wrong = [r"\b(\w+) \1\b", r"  | [.,!?]|[,;:][.,!?]|\n\n", r"[][{}<|_]|^\s|\s$|\s\n|\n\s"]
    if kind not in FRENCH | SPELLED:
        wrong += [r"\b[Aa] [aeiou]", r"\b[Aa]n (?!hour|ABC)[^aeiou]", r"\b[Aa]n? [A-Z](?!BC)"]
    if kind not in FRENCH:
        wrong += [r"[^\n -~]"]
    for document in many(kind):
        for slip in wrong:
            assert not re.search(slip, document.text), (slip, document.text)
        assert document.text.count('"') % 2 == 0


# The files


@cache
def tokenizer():
    return BPETokenizer.load(DATA / "web.bpe.json")


@pytest.mark.parametrize("name", files.PARTS)
def test_the_documents_in_data_are_made_again_byte_for_byte(name):
    assert files.as_text(files.documents(name)).encode() == (DATA / name).read_bytes()


def test_the_tokenizer_is_learned_again():
    assert tokenizer().state() == files.tokenizer().state()
    assert tokenizer().vocab_size == files.VOCAB_SIZE
    assert tokenizer().special == [END_OF_TEXT]


def test_training_and_validation_share_no_document():
    train, valid = ({d.text for d in files.documents(name)} for name in files.PARTS)
    assert not train & valid


def test_the_readme_of_data_tells_the_truth_about_the_web():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for name in (*files.PARTS, "web.bpe.json", "web-floor.json"):
        raw = (DATA / name).read_bytes()
        assert f"| {len(raw):,} | `{hashlib.sha256(raw).hexdigest()}` |" in readme


def test_the_floors_in_data_are_those_of_the_documents_to_validate():
    floors = json.loads((DATA / "web-floor.json").read_text())
    assert list(floors) == KINDS
    valid = files.documents("web-valid.txt")
    for kind in KINDS:
        mine = [document for document in valid if document.kind == kind]
        costs = [document.nats - math.log(WEB.share(kind)) for document in mine]
        if kind == "rows":  # of which some fit two rules
            costs = [-WEB.log_prob(document.text) for document in mine]
        assert floors[kind]["documents"] == len(mine)
        assert floors[kind]["nats_per_document"] == pytest.approx(sum(costs) / len(mine), abs=1e-8)
