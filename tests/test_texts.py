"""Many files become one text, and one text becomes two parts that have nothing in common."""

import io
import re
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gptlib import data, texts
from gptlib.data import load_split, load_text, split
from gptlib.documents import joined
from gptlib.texts import (
    absolute,
    documents_to_validate,
    load_documents,
    load_parts,
    load_texts,
    load_web_floor,
    split_paragraphs,
    tell_documents,
    tell_tales,
)
from gptlib.web import WEB
from gptlib.world import tell


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    for name, text in (
        ("one.txt", "one"),
        ("two.txt", "two\r\n"),
        ("src/b.py", "b\n"),
        ("src/a.py", "a"),
        ("src/deep/c.py", "c"),
        ("src/deep/no.md", "no"),
        ("odd[1].txt", "odd"),
    ):
        (tmp_path / name).write_text(text, newline="")
    return tmp_path


def test_one_text_is_left_as_it_is():
    assert load_texts(["one.txt"]) == "one"
    assert load_texts(["two.txt"]) == "two\n"
    assert load_texts(["odd[1].txt"]) == "odd"  # a name, and not a pattern
    assert load_texts(["tales"]) == load_text("tales")


def test_texts_of_several_files():
    assert load_texts(["two.txt", "one.txt"]) == "two\none\n"
    assert load_texts(["one.txt", "src/*.py", "two.txt"]) == "one\na\nb\ntwo\n"


def test_a_pattern_names_files_in_order(here, monkeypatch):
    (here / "src" / "folder.py").mkdir()
    assert load_texts(["src/**/*.py"]) == "a\nb\nc\n"
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("USERPROFILE", str(here))
    assert load_texts(["~/src/*.py"]) == "a\nb\n"


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ([], "no text is named: give the path of a file"),
        (["src"], "'src' is a folder: give a pattern for its files, such as 'src/**/*.txt'"),
        (["*.doc"], "no file matches '*.doc': give another pattern"),
        (["one.txt", "none.txt"], "'none.txt' is not a file: give the path of one"),
    ],
)
def test_what_is_no_text(sources, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        load_texts(sources)


def test_standard_input_can_be_read_twice(monkeypatch):
    """Once for its size, say, and once more to be kept."""
    data._standard_input.cache_clear()
    raw = io.BytesIO("\ufeffein\r\nText".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    try:
        assert load_texts(["-"]) == load_texts(["-"]) == "ein\nText"
    finally:
        data._standard_input.cache_clear()


def test_the_parts():
    text = load_text("tales")[:3000]
    for name, part in (("my.txt", text), ("other.txt", text[:100])):
        with open(name, "w", encoding="utf-8") as file:
            file.write(part)
    assert load_parts(["my.txt"]) == split(text)
    assert load_parts(["my.txt"], ["other.txt"]) == (text, text[:100])
    assert load_parts(["my.txt"], ["other.txt", "one.txt"])[1] == f"{text[:100]}\none\n"
    assert load_parts(["my.txt"], how="paragraphs", seed=3) == split_paragraphs(text, 3)
    assert load_parts(["tales"], ["one.txt"]) == (load_text("tales"), "one")
    with pytest.raises(ValueError, match="split is 'middle': give 'end' or 'paragraphs'"):
        load_parts(["my.txt"], how="middle")


def test_the_tales_to_train_on_are_those_of_a_file_and_many_more(monkeypatch):
    assert texts.SEEDS[0] == 10_000_000 and len(texts.SEEDS) == 20_000
    monkeypatch.setattr(texts, "SEEDS", range(10_000_000, 10_000_004))
    train_text, valid_text = load_split("tales")
    more = "".join(tell(seed).text for seed in texts.SEEDS)
    assert load_parts(["tales"]) == (train_text + more, valid_text)
    assert train_text.endswith(".\n\n") and more.endswith("\n\n")


def test_no_tale_to_validate_on_is_told():
    assert tell_tales(range(1_000_000, 1_000_020)) == ""  # those to validate on begin so
    assert tell_tales([*range(3), 1_000_000, 3]) == "".join(tell(seed).text for seed in range(4))


def test_the_documents_of_the_web_are_those_of_its_first_seeds(monkeypatch, tmp_path):
    assert load_documents("train")[:5] == [WEB.tell(seed).text for seed in range(5)]
    valid = load_documents("valid")
    assert valid[:5] == [WEB.tell(seed).text for seed in range(1_000_000, 1_000_005)]
    assert len(valid) == 1000 and all(text and "<|" not in text for text in valid)
    monkeypatch.setitem(texts.WEB_TEXTS, "valid", tmp_path / "gone.txt")
    with pytest.raises(ValueError, match="run `make data`"):
        load_documents("valid")


@pytest.fixture(scope="module")
def to_validate():
    return documents_to_validate()


def test_the_documents_to_validate_are_those_of_data_with_all_that_is_known_of_them(to_validate):
    assert [document.text for document in to_validate] == load_documents("valid")
    assert to_validate[7] == WEB.tell(1_000_007)
    counts = Counter(document.kind for document in to_validate)
    assert counts == {kind: floor.documents for kind, floor in load_web_floor().items()}
    assert sum(len(document.answers) for document in to_validate) > 2000


def test_the_floor_of_the_web_is_that_of_the_documents_to_validate(to_validate, monkeypatch, here):
    floors = load_web_floor()
    assert list(floors) == list(WEB.kinds)
    some = ("vocabulary", "labels")
    measured = WEB.floors(document for document in to_validate if document.kind in some)
    assert list(measured) == list(some)
    for kind, floor in measured.items():
        assert type(floors[kind]) is type(floor)
        assert floors[kind] == pytest.approx(floor, abs=1e-8)
    for module in (data, texts):
        monkeypatch.setattr(module, "WEB_FLOOR", here / "gone.json")
    with pytest.raises(ValueError, match="run `make data`"):
        load_web_floor()


def test_no_document_to_validate_is_told_to_train_on():
    assert tell_documents(range(1_000_000, 1_000_010)) == tell_documents([]) == ""
    wanted = [WEB.tell(seed).text for seed in range(20_000_000, 20_000_004)]
    seeds = [20_000_000, 1_000_000, 20_000_001, 20_000_002, 1_000_999, 20_000_003]
    assert tell_documents(seeds) == joined(wanted)


def test_documents_of_another_web():
    web = WEB.without("tale", "quiz")
    seeds = range(8)
    assert tell_documents(seeds, web) == joined(web.tell(seed).text for seed in seeds)
    assert tell_documents(seeds, web) != tell_documents(seeds)


paragraphs = st.lists(st.text("ab \n", min_size=1).filter(lambda p: p.strip()), min_size=2)


def blocks(text):
    return [block.strip("\n") for block in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n"))]


@given(st.lists(st.sampled_from(["a", "b b", "c\nc", "dd" * 20]), min_size=2), st.integers(0, 99))
def test_each_paragraph_is_in_one_part(written, seed):
    written = [f"{n} {paragraph}" for n, paragraph in enumerate(written)]
    text = "\n\n".join(written) + "\n"
    train, valid = split_paragraphs(text, seed)
    assert train.endswith("\n") and valid.endswith("\n")
    kept, drawn = blocks(train), blocks(valid)
    assert sorted(kept + drawn, key=written.index) == written
    for part in (kept, drawn):
        assert part and part == sorted(part, key=written.index)
    # A tenth of the characters, or what is more by one paragraph.
    size = sum(map(len, written)) / 10
    assert sum(map(len, drawn)) >= size or len(kept) == 1
    assert sum(map(len, drawn)) - max(map(len, drawn)) < size


def test_the_seed_draws_the_paragraphs():
    text = "\n \n".join(f"paragraph {n}" for n in range(40))
    drawn = {seed: split_paragraphs(text, seed)[1] for seed in range(5)}
    assert len(set(drawn.values())) == 5
    assert drawn[2] == split_paragraphs(text, 2)[1]
    assert all(len(blocks(valid)) == 4 or len(blocks(valid)) == 5 for valid in drawn.values())


@pytest.mark.parametrize("text", ["one", "one\ntwo\n", "\n\none\n\n"])
def test_one_paragraph(text):
    with pytest.raises(ValueError, match="the text is one paragraph, since no blank line is in it"):
        split_paragraphs(text)


def test_full_paths(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here / "home"))
    monkeypatch.setenv("USERPROFILE", str(here / "home"))
    sources = ("tales", "one.txt", "src/**/*.py", "-", "~/x")
    there = [str(here / name) for name in ("one.txt", "src/a.py", "src/b.py", "src/deep/c.py")]
    assert absolute(sources) == ("tales", *there, "-", str(here / "home" / "x"))
    assert absolute(()) == ()
