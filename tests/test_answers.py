"""What a model makes of a document is what it makes of it alone, token by token."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gptlib.answers import Read, prompts_of, read, say, tokens_of
from gptlib.bigram import Bigram, count
from gptlib.bpe import END_OF_TEXT, BPETokenizer
from gptlib.config import GPTConfig, Sampling
from gptlib.data import WEB_BPE
from gptlib.documents import document_ids, joined
from gptlib.gpt import GPT
from gptlib.web import WEB, Document
from gptlib.world.story import Answer
from gptlib.writing import write

PLACES = {  # texts, and what in them are answers
    "The boy = le garçon\nthe school = l'école\na girl = une élève": ["garçon", "école", "élève"],
    "Où est le bébé ? Là, à côté.": ["Où", "bébé", "Là", "à côté", "."],
    "2 + 3 = 5\n5 + 7 = 12": ["5", "12", "2"],
    "A tale of two cats, and no answer at all, which is longer than the others are here.": [],
    "é": ["é"],
    "": [],
    "the cat\nthe cat\nthe cat": ["at\nth", "e cat", "the cat\nthe cat\nthe cat"],
    f"He wrote {END_OF_TEXT} and read 5.": [END_OF_TEXT, "5"],
}
DOCUMENTS = [
    Document(
        "some",
        text,
        tuple(
            Answer("some", slice(at, at + len(answer)))
            for answer in answers
            for at in sorted({text.index(answer), text.rindex(answer)})
        ),
        (),
    )
    for text, answers in PLACES.items()
]
TOKENIZER = BPETokenizer.from_text(joined(PLACES) * 2, 300, [END_OF_TEXT])
END = TOKENIZER.vocab_size - 1


class Knowing(nn.Module):
    """A GPT that also knows which tokens follow each other here, so that it is often right."""

    def __init__(self, dropout=0.0):
        super().__init__()
        V = TOKENIZER.vocab_size
        torch.manual_seed(0)
        self.gpt = GPT(GPTConfig(V, 96, 1, 2, 8, dropout=dropout, init_std=0.5))
        self.pairs = Bigram.counted(count(document_ids(PLACES, TOKENIZER)[0], V))

    def forward(self, idx):
        return self.gpt(idx) + 2 * self.pairs(idx)


def by_hand(model, document):
    """A document's nats, and which tokens are the likeliest, asked for one after the other."""
    ids, nats, likeliest = TOKENIZER.encode(document.text), 0.0, []
    for k, i in enumerate([*ids, END]):
        log_probs = model(torch.tensor([[END, *ids[:k]]]))[0, -1].log_softmax(-1)
        nats -= log_probs[i].item()
        likeliest.append(int(log_probs.argmax()) == i)
    return nats, likeliest


def held_by_hand(place, text, tokenizer):
    """The tokens that have a byte of the text at this place."""
    owners = [k for k, i in enumerate(tokenizer.encode(text)) for _ in tokenizer.token_bytes(i)]
    before, within = text[: place.start].encode(), text[place].encode()
    return sorted(set(owners[len(before) : len(before) + len(within)]))


@pytest.fixture(scope="module")
def model():
    return Knowing().double().eval()


@pytest.fixture(scope="module")
def wanted(model):
    """For each document its nats, and for each of its answers which tokens are right."""
    found = []
    for document in DOCUMENTS:
        with torch.no_grad():
            nats, likeliest = by_hand(model, document)
        held = [held_by_hand(a.place, document.text, TOKENIZER) for a in document.answers]
        found.append((nats, [[likeliest[k] for k in tokens] for tokens in held]))
    return found


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_documents_are_read_as_a_plain_loop_reads_each(model, wanted, batch_size):
    found = read(model, TOKENIZER, DOCUMENTS, batch_size)
    assert all(isinstance(one, Read) for one in found)
    assert [one.right for one in found] == [tuple(map(all, answers)) for _, answers in wanted]
    assert [one.nats for one in found] == pytest.approx([n for n, _ in wanted], rel=0, abs=1e-9)
    assert read(model, TOKENIZER, []) == []


def test_answers_here_are_right_and_wrong_and_right_in_part(wanted):
    """And some begin in a token, and elsewhere in bytes than in characters."""
    answers = [answer for _, each in wanted for answer in each]
    right, partly = sum(map(all, answers)), sum(any(a) and not all(a) for a in answers)
    assert min(right, partly, sum(not any(a) for a in answers)) > 2
    places = [(a.place, d.text) for d in DOCUMENTS for a in d.answers]
    held = [held_by_hand(place, text, TOKENIZER) for place, text in places]
    ends = [held_by_hand(slice(0, place.start), text, TOKENIZER)[-1:] for place, text in places]
    assert sum(a[:1] == b for a, b in zip(held, ends, strict=True)) > 4
    assert sum(not text[: place.start].isascii() for place, text in places) > 4


def test_a_model_is_read_without_dropout_and_left_as_it_was(wanted):
    model = Knowing(dropout=0.5).double().train()
    model.gpt.blocks[0].eval()
    before = {name: part.training for name, part in model.named_modules()}
    found = read(model, TOKENIZER, DOCUMENTS)
    assert [one.nats for one in found] == pytest.approx([n for n, _ in wanted], rel=0, abs=1e-9)
    assert all(p.grad is None for p in model.parameters())
    too_long = Document("some", "cat " * 96, (), ())
    with pytest.raises(ValueError, match="block_size"):
        read(model, TOKENIZER, [too_long])
    assert {name: part.training for name, part in model.named_modules()} == before


def test_nats_of_a_model_in_half_precision_are_summed_in_more():
    """Between 64 and 128 the numbers of bfloat16 are half a nat apart."""
    found = read(Knowing().bfloat16().eval(), TOKENIZER, DOCUMENTS)
    large = [one.nats for one in found if 64 < one.nats < 128]
    assert large and all(2 * nats % 1 for nats in large)


@given(st.text("ab é猫\n", min_size=1, max_size=12), st.data())
def test_the_tokens_of_a_place_are_those_of_its_bytes(text, data):
    """Of bytes there are more than characters, and a character may be of several tokens."""
    start = data.draw(st.integers(0, len(text) - 1))
    place = slice(start, data.draw(st.integers(start + 1, len(text))))
    held = tokens_of(place, text, TOKENIZER.encode(text), TOKENIZER)
    assert list(held) == held_by_hand(place, text, TOKENIZER)


def test_answers_of_the_web_are_tokens_with_at_most_a_mark_more():
    """A space or a quotation mark before it, say, or the full stop after it."""
    tokenizer, answers = BPETokenizer.load(WEB_BPE), 0
    for document in map(WEB.tell, range(80)):
        ids = tokenizer.encode(document.text)
        for answer in document.answers:
            held = tokens_of(answer.place, document.text, ids, tokenizer)
            said, wanted = tokenizer.decode([ids[k] for k in held]), document.text[answer.place]
            before, _, after = said.partition(wanted)
            assert before + wanted + after == said
            assert before.strip(' "(-') == after.strip('".,!?)') == "", (said, wanted)
            answers += 1
    assert answers > 100


def test_what_a_model_says_in_a_batch_is_what_it_writes_alone():
    model = Knowing()
    prompts = ["The boy = ", "a girl", "", "2 + 3 = 5\n5 + 7", "the cat\nthe", "é"]
    alone = []
    for prompt in prompts:
        words = write(model, TOKENIZER, prompt, 12, Sampling(temperature=0), end=END)
        said = "".join(words).removeprefix(prompt.rstrip(" "))
        alone.append(said.split("\n")[0].strip())
    assert say(model, TOKENIZER, prompts, 12, batch_size=4) == alone
    assert len(set(alone)) > 2
    assert say(model, TOKENIZER, []) == []


def test_a_prompt_ends_before_the_first_answer_and_its_line_is_wanted():
    prompts, wanted = prompts_of([d for d in DOCUMENTS if d.answers])
    assert prompts[:3] == ["The boy = le ", "", "2 + 3 = "]
    assert wanted[:3] == ["garçon", "Où est le bébé ? Là, à côté.", "5"]
    with pytest.raises(ValueError, match="'' has no answer: give documents that have one"):
        prompts_of([DOCUMENTS[5]])
