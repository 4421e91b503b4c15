"""What the token explorer shows is what the tokenizers say, and a token is never but text."""

import base64
import io
import re
import time

import matplotlib
import matplotlib.pyplot as plt
import pytest
import tokens_html
from hypothesis import given, settings
from hypothesis import strategies as st
from test_explorer import HOSTILE, described, html
from test_plot import assert_legible, style, texts  # noqa: F401

from gptlib import plot
from gptlib.bpe import END_OF_TEXT, BPETokenizer, gpt2_tokenizer
from gptlib.explorer import TokenExplorer
from gptlib.plot.tokens import Cut, cut
from gptlib.tokenizer import CharTokenizer, WordTokenizer

matplotlib.use("Agg")

TEXT = "The red kite was in the shed.\n\tThe red kite! "
CHARS = CharTokenizer(TEXT)
GPT2 = gpt2_tokenizer()
TOKENIZERS = {
    "characters": CHARS,
    "our BPE": BPETokenizer.from_text(TEXT, 270, [END_OF_TEXT]),
    "GPT-2": GPT2,
}


def expected(text, tokenizers=TOKENIZERS):
    """For each name the ids with their bytes, or why there are none."""
    found = {}
    for name, tokenizer in tokenizers.items():
        try:
            found[name] = [(i, tokenizer.token_bytes(i)) for i in tokenizer.encode(text)]
        except ValueError as error:
            found[name] = str(error)
    return found


def shown(explorer, name):
    """The texts in the boxes of a tokenizer."""
    (listed,) = re.findall(f'aria-label="{name}">(.*?)</ol>', html(explorer))
    return [re.sub("<.*?>", "", box) for box in re.findall("<span>(.*?)</span>", listed)]


@pytest.mark.parametrize(
    "text", [TEXT, "", "T", "  \n\n\t", "Zoë has 12345 kites", "<|endoftext|>", "🙂 猫 é"]
)
def test_boxes_are_the_tokens(text):
    explorer = TokenExplorer(TOKENIZERS, "The shed")
    tokens_html.check(html(explorer), expected("The shed"))
    explorer.text.value = text
    tokens_html.check(html(explorer), expected(text))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text(text):
    explorer = TokenExplorer({"GPT-2": GPT2, "characters": CHARS}, text)
    tokens_html.check(html(explorer), expected(text, explorer.tokenizers))


def test_what_cannot_be_seen_is_shown():
    text = " a\n\t\0\u200f\u202e\xa0\u0301\ufe0f"
    explorer = TokenExplorer({"all": CharTokenizer(text)}, text)
    codes = ["\\x00", "\\u200f", "\\u202e", "\\xa0"]
    assert shown(explorer, "all") == ["␣", "a", "↵", "→", *codes, "◌\u0301", "◌\ufe0f"]


def test_a_part_of_a_character_is_shown_as_its_bytes():
    explorer = TokenExplorer({"GPT-2": GPT2}, "hi 🙃")
    assert shown(explorer, "GPT-2") == ["hi", "␣f0 9f", "99", "83"]
    assert "<span>␣<i>f0 9f</i></span>" in html(explorer)
    # Unlike the same numbers in the text.
    explorer.text.value = "f0 9f"
    assert "<i>" not in html(explorer) and 'class="part"' not in html(explorer)


def test_the_name_of_a_special_token_is_plain_text():
    explorer = TokenExplorer({"GPT-2": GPT2}, END_OF_TEXT)
    assert shown(explorer, "GPT-2") == ["&lt;", "|", "end", "of", "text", "|", "&gt;"]


def test_one_that_refuses_says_why_and_the_others_go_on():
    explorer = TokenExplorer(TOKENIZERS, "The <b>")
    characters, ours, gpt2 = explorer.cuts
    assert characters.refused.startswith("character '<' at position 4 is not among the 17 this")
    assert (ours.ids, gpt2.ids) == (TOKENIZERS["our BPE"].encode("The <b>"), GPT2.encode("The <b>"))
    tokens_html.check(html(explorer), expected("The <b>"))
    explorer.text.value = "half \ud83d"
    assert all("'\\ud83d' at position 5" in cut.refused for cut in explorer.cuts[1:])
    html(explorer).encode()  # no half is left


def test_an_error_that_is_no_refusal_is_not_hidden():
    class Broken(CharTokenizer):
        def encode(self, text):
            raise TypeError("broken")

    with pytest.raises(TypeError, match="broken"):
        TokenExplorer({"broken": Broken("a")}, "a")


@pytest.mark.parametrize("n", [199, 200, 201, 1434])
def test_the_first_200_tokens_are_drawn(n):
    tokenizers = {"characters": CHARS, "GPT-2": GPT2}
    explorer = TokenExplorer(tokenizers, " T" * n)
    tokens_html.check(html(explorer), expected(" T" * n, tokenizers))
    assert len(shown(explorer, "GPT-2")) == min(n, 200)
    assert ("and 1,234 more" in html(explorer)) == (n == 1434)


def test_a_long_paste_is_quick():
    explorer = TokenExplorer(TOKENIZERS)
    began = time.process_time()
    explorer.text.value = TEXT * 5000
    assert time.process_time() - began < 2
    assert len(html(explorer)) < 60_000


class Whole:
    """Each line is a token."""

    def encode(self, text):
        self.lines = text.splitlines()
        return list(range(len(self.lines)))

    def token_bytes(self, i):
        return self.lines[i].encode()


OURS = set("style div p b ol li span i small".split())


@pytest.mark.parametrize("name", ["characters", *HOSTILE])
def test_no_token_and_no_name_is_html(name):
    """Whatever stands between < and > is an element of ours."""
    text = "\n".join([*HOSTILE, "</li></ol></div>", "$x$"])

    class Refuses(Whole):
        def encode(self, text):
            raise ValueError(text)

    explorer = TokenExplorer({name: Whole(), "refuses": Refuses()}, text)
    page = html(explorer)
    assert set(re.findall(r"<[!/]?(\w*)", page)) <= OURS
    assert not re.search(r"<[^>]*\son\w+=", re.sub('"[^"<>]*"', "", page))
    lines = [(i, line.encode()) for i, line in enumerate(text.splitlines())]
    tokens_html.check(page, {name: lines, "refuses": text})
    assert not any(child.description_allow_html for child in described(explorer))


def test_the_field():
    explorer = TokenExplorer(TOKENIZERS, TEXT)
    assert explorer.text.value == TEXT
    assert explorer.text.description == "text"  # its name for screen readers
    assert explorer.text.continuous_update


def test_the_tokenizers_are_the_explorers_own():
    given = {"GPT-2": GPT2}
    explorer = TokenExplorer(given, "a")
    given["characters"] = CHARS
    explorer.text.value = "b"
    tokens_html.check(html(explorer), expected("b", {"GPT-2": GPT2}))


ERRORS = {
    "none": ({}, "", "tokenizers are none: give at least one, with its name"),
    "words": (
        {"words": WordTokenizer("a kite")},
        "",
        "tokenizer 'words' is WordTokenizer('a kite'): give one that has encode and token_bytes",
    ),
    "text": ({"GPT-2": GPT2}, 3, "text is 3: give a str"),
}


@pytest.mark.parametrize("tokenizers, text, message", ERRORS.values(), ids=ERRORS)
def test_mistakes(tokenizers, text, message):
    with pytest.raises(ValueError) as error:
        TokenExplorer(tokenizers, text)
    assert str(error.value) == message


def test_repr():
    explorer = TokenExplorer({"characters": CHARS, "GPT-2": GPT2}, "The ")
    assert repr(explorer) == "TokenExplorer(characters: 4 tokens, GPT-2: 2 tokens)"
    explorer.text.value = "?"
    assert repr(explorer) == "TokenExplorer(characters: refused, GPT-2: 1 token)"


def test_a_picture_stands_in():
    explorer, pictures = TokenExplorer(TOKENIZERS), set()
    before = dict(plt.rcParams)
    for text in ("", "The red kite"):
        explorer.text.value = text
        data, about = explorer._repr_mimebundle_()
        assert data["text/plain"] == repr(explorer)
        assert "application/vnd.jupyter.widget-view+json" in data
        assert data["image/png"] == explorer._repr_mimebundle_()[0]["image/png"]
        pictures.add(data["image/png"])
    assert len(pictures) == 2 and dict(plt.rcParams) == before
    _, width, _ = plt.imread(io.BytesIO(base64.b64decode(data["image/png"]))).shape
    assert width // 2 == about["image/png"]["width"] < 1000
    assert about["image/png"]["alt"].startswith("characters, 12 tokens: T | h | e | ␣ | r | e | d")
    assert about["image/png"]["alt"].endswith("GPT-2, 4 tokens: The | ␣red | ␣k | ite.")
    assert not plt.get_fignums()


PICTURES = ["", TEXT, "Zoë 🙂 سلام 猫 $x$ <b>", "-" * 70 + " a" * 300, "x" * 500]


@pytest.mark.parametrize("text", PICTURES)
def test_the_picture(text):
    cuts = [cut(name, tokenizer, text) for name, tokenizer in TOKENIZERS.items()]
    fig = plot.tokens(cuts)
    assert_legible(fig)
    (ax,) = fig.axes
    ids = [i for cut in cuts for i in cut.ids[:200]]
    small = [t.get_text() for t in ax.texts if t.get_size() == 9]
    assert small == [str(i) for i in ids]
    assert len(ax.patches) == len(ids)
    heads = [t.get_text() for t in ax.texts if t.get_weight() == "bold"]
    assert heads == [c.name if c.refused else f"{c.name}: {c.count}" for c in cuts]
    more = [t.get_text() for t in ax.texts if t.get_text().startswith("and ")]
    assert more == [c.more for c in cuts if c.more]


def test_the_picture_of_bytes_and_of_what_its_font_has_not():
    fig = plot.tokens([cut("GPT-2", GPT2, "ab 🙃"), Cut("one", [7, 8], ["🙃".encode(), b"-" * 99])])
    assert_legible(fig)
    (ax,) = fig.axes
    drawn = [(t.get_text(), t.get_style()) for t in ax.texts if t.get_size() == 13.5]
    assert drawn == [
        ("ab", "normal"),
        ("␣", "normal"),
        ("f0 9f", "italic"),
        ("99", "italic"),
        ("83", "italic"),
        ("\\U0001f643", "normal"),
        ("-" * 76 + "…", "normal"),
    ]
    dashed = [patch.get_linestyle() for patch in ax.patches]
    assert dashed == ["-", "--", "--", "--", "-", "-"]
    shades = [patch.get_facecolor() for patch in ax.patches[:4]]
    assert shades[0] == shades[2] != shades[1] == shades[3]
