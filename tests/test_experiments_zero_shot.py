"""What the ladder of notebook 09 answers is asked as the table says."""

import re

import pytest
from experiments import EXPERIMENTS, rows, script

from gptlib import checkpoint
from gptlib.answers import read
from gptlib.texts import load_documents


@pytest.fixture(scope="module")
def asking():
    made = script("zero_shot")
    made.ASKED = 12
    return made


@pytest.fixture(scope="module")
def prompts(asking):
    return asking.prompts()


def test_each_task_is_asked_in_two_wordings_of_the_web_and_in_a_new_one(asking, prompts):
    for task, (kinds, called) in asking.OWN.items():
        assert list(prompts[task]) == [*kinds, "new"]
        for documents in prompts[task].values():
            assert len({document.text for document in documents}) == asking.ASKED
            assert all([answer.task for answer in d.answers] == [called] for d in documents)


def test_only_the_first_answer_in_a_document_counts(prompts):
    """Whoever has seen others before it has been shown examples."""
    for document in prompts["translation"]["phrase book"]:
        (answer,) = document.answers
        assert " = " not in document.text[: answer.place.start].removesuffix(" = ")
    for document in prompts["addition"]["sums"]:
        (answer,) = document.answers
        line = document.text[: document.text.index("\n", answer.place.stop)].split("\n")[-1]
        numbers = [int(n) for n in re.findall(r"\d+", line)]
        assert numbers[-1] == int(document.text[answer.place])


def test_a_summary_may_be_about_others_but_not_of_something_else(asking, prompts, monkeypatch):
    documents = prompts["summary"]["new"]
    wanted = [document.text[document.answers[0].place] for document in documents]
    assert any("Mia" in line or "Tom" in line for line in wanted)
    others = [line.replace("Mia", "Grandma").replace("Tom", "Uncle Bert") for line in wanted]
    for said, right in (
        (wanted, asking.ASKED),
        (others, asking.ASKED),
        ([f"{others[0]} Then it rained.", *others[1:]], asking.ASKED - 1),
        (["", *others[1:]], asking.ASKED - 1),
    ):
        monkeypatch.setattr(asking, "say", lambda *_, said=said: said)
        assert asking.names_aside(None, None, documents) == right


def test_none_is_a_document_that_the_models_are_validated_on(prompts):
    known = set(load_documents("valid"))
    assert not any(d.text in known for of in prompts.values() for some in of.values() for d in some)


def test_the_table_is_of_all_models_that_were_trained():
    table = rows("zero_shot")
    trained = {path.parent.name for path in (EXPERIMENTS / "ladder").glob("*/log.csv")}
    folder = {(r["model"], r["seed"], r["out"]) for r in table}
    assert {"-no-".join(filter(None, (f"{m}-{s}", out))) for m, s, out in folder} == trained
    assert {row["asked"] for row in table} == {"500"}
    asked = [tuple(row[n] for n in ("model", "seed", "out", "task", "wording")) for row in table]
    assert len(set(asked)) == len(asked) == 16 * len(trained)


def test_a_row_of_the_table_comes_out_again():
    asking = script("zero_shot")
    point = checkpoint.load(EXPERIMENTS / "ladder" / "1x32-1" / "model.safetensors")
    kinds, called = asking.OWN["addition"]
    documents = asking.asked(asking.WEB.kinds[kinds[1]], called)
    right = sum(one.right[0] for one in read(point.model.float(), point.tokenizer, documents))
    (row,) = [
        row
        for row in rows("zero_shot")
        if (row["model"], row["task"], row["wording"]) == ("1x32", "addition", kinds[1])
        and row["seed"] == "1"
    ]
    assert abs(int(row["right"]) - right) <= 2  # the last digits differ from CPU to CPU
