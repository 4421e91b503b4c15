"""What models write is cut where it becomes impossible, and its runs of words are looked up."""

import pytest
from experiments import EXPERIMENTS, rows, script

from gptlib import checkpoint
from gptlib.texts import load_documents
from gptlib.web import WEB


@pytest.fixture(scope="module")
def sampling():
    return script("samples")


def test_documents_end_where_the_model_ends_them(sampling):
    point = checkpoint.load(EXPERIMENTS / "ladder" / "1x32-1" / "model.safetensors")
    point.model.float()
    written = [*sampling.documents(point, 40, 4)]
    assert len(set(written)) == 4
    assert not any("<|endoftext|>" in text for text in written)
    assert written == [*sampling.documents(point, 40, 4)]
    assert written != [*sampling.documents(point, 40, 4, seed=2)]
    assert len(set(sampling.documents(point, 1, 3))) == 1


def test_a_row_says_how_far_a_text_is_possible_and_where_its_runs_of_words_stand(sampling):
    document = WEB.kinds["quiz"].tell(4).text
    cut = document[:200]
    sources = {"told": [document], "spoilt": [f"{cut}#"]}
    told, spoilt = sampling.table(sources, {"read": [document], "other": ["", cut]})
    grams = told["grams"]
    length = len(document)
    assert told == {
        "source": "told", "characters": length, "reach": length,
        "grams": grams, "read": grams, "other": spoilt["grams"],
    }  # fmt: skip
    assert (spoilt["characters"], spoilt["reach"]) == (201, 200)
    assert spoilt["grams"] == spoilt["read"] == spoilt["other"] < grams


def test_the_table_has_as_many_documents_from_each_source(sampling):
    table = rows("samples")
    sources = [row["source"] for row in table]
    number = sampling.NUMBER
    names = [*("all" if k is None else f"top {k}" for k in sampling.TOP_K), "validation"]
    assert sources == [name for name in names for _ in range(number)]
    valid = [row for row in table if row["source"] == "validation"]
    assert [int(row["characters"]) for row in valid] == [
        len(document) for document in load_documents("valid")[:number]
    ]
    assert all(row["reach"] == row["characters"] for row in valid)


def test_a_sentence_is_seen_if_its_french_was_read(sampling, monkeypatch):
    point = checkpoint.load(EXPERIMENTS / "ladder" / "2x64-1" / "model.safetensors")
    point.model.float()
    monkeypatch.setattr(sampling, "ASKED", sampling.ASKED[:8])
    documents = [sampling.ZERO_SHOT["translation"].tell(seed) for seed in sampling.ASKED]
    french = documents[3].text[documents[3].answers[0].place]
    table = list(sampling.translated(point, f"A page\n{french}\nand more"))
    assert [row["seen"] for row in table] == [int(french in d.text) for d in documents]
    sentences = [document.text.splitlines()[1] for document in documents]
    assert [row["words"] for row in table] == [s.count(" ") + 1 for s in sentences]


def test_as_many_are_right_as_in_the_table_of_zero_shot(sampling):
    table = rows("translated")
    assert len(table) == len(sampling.ASKED)
    (told,) = [
        row["right"]
        for row in rows("zero_shot")
        if (row["model"], row["task"], row["wording"]) == ("6x192", "translation", "new")
    ]
    assert sum(int(row["right"]) for row in table) == int(told)
