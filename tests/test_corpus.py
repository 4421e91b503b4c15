"""A text becomes the same batches whoever asks for them, and a score per character."""

import hashlib
import math
import random
import unicodedata
from itertools import islice

import pytest
import torch

from gptlib.answers import read
from gptlib.bpe import BYTES, END_OF_TEXT, BPETokenizer, gpt2_tokenizer
from gptlib.config import GPTConfig
from gptlib.corpus import Corpus
from gptlib.data import IGNORE, WEB_BPE, load_floor, load_split, load_text
from gptlib.documents import joined
from gptlib.gpt import GPT
from gptlib.texts import load_documents
from gptlib.tokenizer import CharTokenizer
from gptlib.web import Document

TRAIN, VALID = (part[: part.index("\n\n", 4000) + 2] for part in load_split("tales"))
T = 16
KINDS = ["plain", "tales"]
TOKENIZERS = {
    "chars": CharTokenizer(TRAIN + VALID),
    "bpe": BPETokenizer.from_text(TRAIN, 400),
}
DOCUMENTS = {part: load_documents(part)[:30] for part in ("train", "valid")}
WEB = BPETokenizer.load(WEB_BPE)


def make(kind="plain", tokenizer="chars", block_size=T, train=TRAIN, valid=VALID):
    if kind == "documents":
        return Corpus.of_documents(*map(joined, DOCUMENTS.values()), WEB, block_size)
    tokenizer = TOKENIZERS[tokenizer]
    if kind == "tales":
        return Corpus.of_tales(train, valid, tokenizer, block_size)
    return Corpus(train, valid, tokenizer, block_size)


def windows_of(text, kind, tokenizer):
    """All rows that there can be, in order, each with the token after it; by plain slices."""
    if kind == "plain":
        wholes = [tokenizer.encode(text)]
    else:
        end = tokenizer.encode("\n")
        tales = text.removesuffix("\n\n").split("\n\n")
        wholes = [end + tokenizer.encode(f"{tale}\n") + end for tale in tales]
    return [ids[i : i + T + 1] for ids in wholes for i in range(0, len(ids) - 1, T)]


def rows_of(batch):
    """The rows of a batch, each with the token after it, without what fills it up."""
    for idx, targets in zip(*batch, strict=True):
        n = int((targets != IGNORE).sum())
        assert (targets[n:] == IGNORE).all()
        assert torch.equal(idx[1:n], targets[: n - 1])
        yield [*idx[:n].tolist(), int(targets[n - 1])]


def same(one, other):
    return len(one) == len(other) and all(map(torch.equal, one, other))


# Batches


@pytest.mark.parametrize("kind", [*KINDS, "documents"])
def test_a_batch_depends_on_its_number_and_the_seed_alone(kind):
    corpus = make(kind)
    wanted = [corpus.batch(n, 3, seed=5) for n in range(6)]
    for n in (4, 0, 5, 2, 1, 3):
        torch.manual_seed(n)
        assert same(corpus.batch(n, 3, seed=5), wanted[n])
        assert same(make(kind).batch(n, 3, seed=5), wanted[n])
    # Whatever else is asked for is another batch. Sums or products of the two would coincide,
    # and a generator looks at 32 bits of its seed.
    others = [(n, 5) for n in range(1, 6)] + [(0, seed) for seed in (0, 1, 6, 9 + 2**32, 2**63 - 1)]
    others += [(5, 0), (1, 4), (2**32, 5)]
    batches = [wanted[0]] + [corpus.batch(n, 3, seed) for n, seed in others]
    assert len({tuple(map(tuple, rows_of(batch))) for batch in batches}) == len(batches)


@pytest.mark.parametrize("kind", [*KINDS, "documents"])
@pytest.mark.parametrize("first", [0, 1, 7])
def test_whoever_goes_on_in_the_middle_sees_the_same_batches(kind, first):
    corpus = make(kind)
    skipped = islice(corpus.batches(2, 3), first, first + 4)
    for n, one, other in zip(range(4), skipped, corpus.batches(2, 3, first), strict=False):
        assert same(one, other)
        assert same(one, corpus.batch(first + n, 2, 3))


def test_rows_of_one_long_text_begin_anywhere_and_none_leaves_it():
    text = "abcdefghijklmnop"
    corpus = Corpus(text, text, CharTokenizer(text), block_size=4)
    idx, targets = corpus.batch(0, 400, seed=0)
    assert idx.shape == targets.shape == (400, 4)
    assert set(idx[:, 0].tolist()) == set(range(12))
    for row, after in zip(idx, targets, strict=True):
        assert row.tolist() == list(range(row[0], row[0] + 4))
        assert after.tolist() == list(range(row[0] + 1, row[0] + 5))


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_rows_of_tales_lie_in_one_tale_and_begin_behind_its_end(tokenizer):
    """Each is a tale from its start, or what a row of block_size left of it."""
    corpus = make("tales", tokenizer)
    wanted = windows_of(TRAIN, "tales", corpus.tokenizer)
    batches = list(islice(corpus.batches(16, seed=1), 100))
    drawn = [tuple(row) for batch in batches for row in rows_of(batch)]
    assert set(drawn) == set(map(tuple, wanted))
    starts = [row for row in drawn if row[0] == corpus.end]
    assert len(starts) / len(drawn) == pytest.approx(
        sum(row[0] == corpus.end for row in wanted) / len(wanted), abs=0.05
    )
    for idx, targets in batches:
        lengths = (targets != IGNORE).sum(1)
        assert idx.shape == targets.shape == (16, lengths.max())
        assert lengths.max() <= T
    assert min((targets != IGNORE).sum(1).min() for _, targets in batches) < T


def test_of_tales_a_batch_has_as_many_rows_as_were_asked_for():
    assert len(make("tales").batch(0, 5, seed=0)[0]) == 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_validation_part_comes_once_and_in_order(kind, tokenizer):
    corpus = make(kind, tokenizer)
    batches = list(corpus.valid_batches(3))
    rows = [row for batch in batches for row in rows_of(batch)]
    assert rows == windows_of(VALID, kind, corpus.tokenizer)
    assert {len(idx) for idx, _ in batches[:-1]} == {3}


# Documents


def laid(documents):
    """The tokens of each, with the end of a document before it and after it."""
    end = WEB.vocab_size - 1
    return [[end, *WEB.encode(document), end] for document in documents]


def drawn(corpus, batch_size, seed, n):
    """The first n rows, each with the token after it."""
    batches = corpus.batches(batch_size, seed)
    return list(islice((tuple(row) for batch in batches for row in rows_of(batch)), n))


def rows_in_all(corpus):
    """How many rows there are: so many come before one comes again."""
    rows = drawn(corpus, 50, 0, 200)
    return next(n for n, row in enumerate(rows) if row in rows[:n])


def stands_in(part, row):
    return any(row[i : i + len(part)] == part for i in range(len(row) - len(part) + 1))


def test_every_document_stands_whole_in_a_row_that_begins_with_one():
    corpus = make("documents", block_size=160)
    rows = [list(row) for row in drawn(corpus, 8, 0, rows_in_all(corpus))]
    texts = laid(DOCUMENTS["train"])
    assert all(any(stands_in(text, row) for row in rows) for text in texts)
    assert all(row[0] == corpus.end for row in rows)
    # Rows are full, and no two begin with the same document.
    assert sorted(map(len, rows))[1:] == [161] * (len(rows) - 1)
    assert len({tuple(row[: row.index(corpus.end, 1)]) for row in rows}) == len(rows)
    assert sum(map(len, rows)) < 1.5 * sum(map(len, texts))


def test_what_is_longer_than_a_row_goes_on_in_the_next():
    corpus = make("documents", block_size=60)
    rows = drawn(corpus, 8, 0, rows_in_all(corpus))
    texts = laid(DOCUMENTS["train"])
    assert min(map(len, texts)) < 61 < max(map(len, texts))
    for text in texts:
        cut = [text[i : i + 61] for i in range(0, len(text) - 1, 60)]
        whole, last = cut[:-1], cut[-1]
        assert all(tuple(part) in rows for part in whole)
        assert any(stands_in(last, list(row)) for row in rows)


@pytest.mark.parametrize("block_size", [60, 160])
def test_no_row_comes_twice_before_all_have_come(block_size):
    corpus = make("documents", block_size=block_size)
    N = rows_in_all(corpus)
    rows = drawn(corpus, 1, 5, 3 * N)
    times = [rows[:N], rows[N : 2 * N], rows[2 * N :]]
    assert len(set(rows)) == N and all(len(set(each)) == N for each in times)
    assert len(set(map(tuple, times))) == 3  # each time in another order
    for batch_size in (3, 16, N, 2 * N + 1):
        assert drawn(corpus, batch_size, 5, 3 * N) == rows
    orders = {tuple(drawn(corpus, N, seed, N)) for seed in (0, 1, 4, 5, 6, 5 + 2**32)}
    assert len(orders) == 6 and tuple(times[0]) in orders


def test_each_document_to_validate_is_read_alone_and_from_its_start():
    for block_size in (T, 160):
        corpus = make("documents", block_size=block_size)
        rows = [row for batch in corpus.valid_batches(3) for row in rows_of(batch)]
        assert rows == [
            text[i : i + block_size + 1]
            for text in laid(DOCUMENTS["valid"])
            for i in range(0, len(text) - 1, block_size)
        ]


def test_documents_are_scored_by_their_own_characters():
    corpus = make("documents", block_size=160)
    for part, documents in ((corpus.train, DOCUMENTS["train"]), (corpus.valid, DOCUMENTS["valid"])):
        characters = sum(map(len, documents))
        asked = sum(len(WEB.encode(document)) + 1 for document in documents)
        assert part.tokens_per_character == asked / characters
    model = a_model(WEB.vocab_size, 160)
    alone = read(model, WEB, [Document("", text, (), ()) for text in DOCUMENTS["valid"]])
    nats = sum(one.nats for one in alone) / sum(map(len, DOCUMENTS["valid"]))
    assert corpus.score(model, 4) == pytest.approx(nats, rel=1e-9)
    assert corpus.landmarks()["knows nothing"] == math.log(2048) * corpus.valid.tokens_per_character
    assert (corpus.end, corpus.floor) == (2047, None)
    texts = [joined(documents) for documents in DOCUMENTS.values()]
    assert corpus.sha256 == hashlib.sha256("".join(texts).encode()).hexdigest()
    assert Corpus.of_documents(*texts, WEB, T, floor=0.1).landmarks()["exact floor"] == 0.1


def test_text_that_looks_like_the_end_of_a_document_ends_none():
    document = f"The sign {END_OF_TEXT} ends a text, and{END_OF_TEXT}, too"
    corpus = Corpus.of_documents(joined([document] * 2), joined([document]), WEB, T)
    assert corpus.train.ids.tolist().count(corpus.end) == 3 == len(corpus.train.starts) + 1
    assert WEB.decode(corpus.valid.ids) == END_OF_TEXT + document + END_OF_TEXT
    assert corpus.valid.tokens_per_character == (len(corpus.valid.ids) - 1) / len(document)


def test_tales_are_tales_whatever_other_tokens_there_are():
    more = BPETokenizer(TOKENIZERS["bpe"].tokens, [END_OF_TEXT])
    corpora = make("tales", "bpe"), Corpus.of_tales(TRAIN, VALID, more, T)
    assert torch.equal(*(corpus.train.ids for corpus in corpora))
    for n in range(5):
        assert same(*(corpus.batch(n, 3, seed=0) for corpus in corpora))


def test_texts_that_are_no_documents():
    text = joined(DOCUMENTS["train"])
    for tokenizer in TOKENIZERS.values():
        with pytest.raises(ValueError, match="has no <.endoftext.>: make one with this special"):
            Corpus.of_documents(text, text, tokenizer, T)
    for short, n in (("", 1), ("A cat sat.", 2 + len(WEB.encode("A cat sat.")))):
        says = f"the validation part of the text has {n} tokens, fewer than block_size [+] 1 = 17"
        with pytest.raises(ValueError, match=says):
            Corpus.of_documents(text, short, WEB, T)


# The score


def a_model(V, block_size=T):
    torch.manual_seed(0)
    return GPT(GPTConfig(V, block_size, 1, 2, 8, dropout=0.5, init_std=0.5)).double()


def by_hand(model, rows, tokenizer):
    """-ln p of all that rows ask for, in nats per character of that."""
    total, characters = 0.0, 0
    model.eval()
    with torch.no_grad():
        for row in rows:
            log_probs = model(torch.tensor([row[:-1]]))[0].log_softmax(-1)
            total -= sum(log_probs[t, i].item() for t, i in enumerate(row[1:]))
            characters += len(tokenizer.decode(row[1:]))
    model.train()
    return total / characters


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_score_is_per_character(kind, tokenizer):
    corpus = make(kind, tokenizer)
    model = a_model(corpus.tokenizer.vocab_size)
    wanted = by_hand(model, windows_of(VALID, kind, corpus.tokenizer), corpus.tokenizer)
    for batch_size in (4, 7):
        assert corpus.score(model, batch_size) == pytest.approx(wanted, rel=1e-9)
    assert model.training


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_each_part_has_its_own_tokens_per_character(kind, tokenizer):
    corpus = make(kind, tokenizer)
    for part, text in ((corpus.train, TRAIN), (corpus.valid, VALID)):
        ids = corpus.tokenizer.encode(text) if kind == "plain" else part.ids.tolist()
        assert part.ids.tolist() == ids
        asked = text[len(corpus.tokenizer.decode(ids[:1])) :] if kind == "plain" else text
        assert part.tokens_per_character == (len(ids) - 1) / len(asked)
    if tokenizer == "chars":
        assert corpus.train.tokens_per_character == corpus.valid.tokens_per_character == 1
    else:
        assert corpus.train.tokens_per_character < corpus.valid.tokens_per_character < 0.7


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_score_of_some_batches_takes_them_far_apart(kind, most):
    corpus = make(kind, "chars")
    model = a_model(corpus.tokenizer.vocab_size)
    rows = windows_of(VALID, kind, corpus.tokenizer)
    batches = [rows[k : k + 4] for k in range(0, len(rows), 4)]
    some = [batches[k] for k in range(0, len(batches), math.ceil(len(batches) / most))]
    assert most / 2 < len(some) <= most
    # In characters a token is one, so those that some batches ask for are those that they hold.
    wanted = by_hand(model, [row for batch in some for row in batch], corpus.tokenizer)
    assert corpus.score(model, 4, most) == pytest.approx(wanted, rel=1e-9)
    assert corpus.score(model, 4, most) == corpus.score(model, 4, most)
    assert corpus.score(model, 4, most) != pytest.approx(corpus.score(model, 4), rel=1e-6)
    assert corpus.score(model, 4, 10**6) == corpus.score(model, 4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_landmarks(kind, tokenizer):
    corpus = make(kind, tokenizer)
    V = corpus.tokenizer.vocab_size
    rows = windows_of(VALID, kind, corpus.tokenizer)
    pairs = torch.full((V, V), 0.01)  # what was never seen is not impossible
    ids = corpus.train.ids.tolist()
    for one, other in zip(ids, ids[1:], strict=False):
        pairs[one, other] += 1
    log_probs = (pairs / pairs.sum(1, keepdim=True)).log()
    total = -sum(log_probs[i, j].item() for row in rows for i, j in zip(row, row[1:], strict=False))
    characters = sum(len(corpus.tokenizer.decode(row[1:])) for row in rows)
    marks = corpus.landmarks()
    names = ["knows nothing", "counted pairs"] + ["exact floor"] * (kind == "tales")
    assert list(marks) == names
    share = (sum(map(len, rows)) - len(rows)) / characters
    assert marks["knows nothing"] == pytest.approx(math.log(V) * share)
    assert marks["counted pairs"] == pytest.approx(total / characters, rel=1e-5)
    if kind == "tales":
        assert marks["exact floor"] == corpus.floor == load_floor().nats_per_character
    else:
        assert corpus.floor is corpus.end is None


def test_a_floor_that_is_known_is_a_landmark():
    corpus = Corpus(TRAIN, VALID, TOKENIZERS["chars"], T, floor=0.25)
    assert corpus.landmarks()["exact floor"] == 0.25


# What it is made from


def write(tmp_path, text):
    path = tmp_path / "my.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_text_of_ones_own_is_one_long_text(tmp_path):
    corpus = Corpus.load(write(tmp_path, TRAIN), 12)
    assert (corpus.block_size, corpus.end, corpus.floor) == (12, None, None)
    assert corpus.train.starts is corpus.valid.starts is None
    assert [shape[1] for shape in (t.shape for t in corpus.batch(0, 2, seed=0))] == [12, 12]
    cut = int(len(TRAIN) * 0.9)
    assert corpus.tokenizer.decode(corpus.train.ids) == TRAIN[:cut]
    assert corpus.tokenizer.decode(corpus.valid.ids) == TRAIN[cut:]
    assert corpus.sha256 == hashlib.sha256(TRAIN.encode()).hexdigest()


def test_the_tales_are_tales():
    corpus = Corpus.load("tales", 96, "chars")
    assert corpus.tokenizer.decode([corpus.end]) == "\n"
    assert corpus.floor == load_floor().nats_per_character
    assert corpus.tokenizer.decode(corpus.valid.ids) == "\n" + load_split("tales")[1]
    assert corpus.sha256 == hashlib.sha256(load_text("tales").encode()).hexdigest()
    for text, part in zip(load_split("tales"), (corpus.train, corpus.valid), strict=True):
        assert len(part.starts) == text.count("\n\n")
        assert (part.ids[part.starts] == corpus.end).all()


def test_the_characters_of_both_parts_are_known_and_the_pairs_of_the_first_merged(tmp_path):
    """The validation part is new to a model in every respect, or its loss would say too little."""
    often, rare = "a cat, a cat, a rat. " * 90, " zebra zebra!" * 30
    path = write(tmp_path, often + rare[: len(often) // 10])
    tokenizer = Corpus.load(path, 4, "bpe", 300).tokenizer
    assert b" cat" in tokenizer.tokens
    assert not any(b"ze" in token for token in tokenizer.tokens)
    assert tokenizer.decode(tokenizer.encode(rare)) == rare
    chars = Corpus.load(path, 4, "chars").tokenizer
    assert chars.chars == "".join(sorted(set(often + rare)))


def test_the_most_tokens(tmp_path):
    path = write(tmp_path, TRAIN)
    for V in (256, 300, 400):
        assert Corpus.load(path, 4, "bpe", V).tokenizer.vocab_size == V
    assert Corpus.load(path, 4, "bpe", 256).tokenizer == BPETokenizer(BYTES)
    assert 400 < Corpus.load(path, 4).tokenizer.vocab_size < 4096
    with pytest.raises(ValueError, match="vocab_size is 255: give a whole number, at least 256"):
        Corpus.load(path, 4, "bpe", 255)


@pytest.mark.parametrize("V", [4095, 4096])
def test_tokens_are_at_most_4096_unless_told_otherwise(tmp_path, V):
    words = [f" {word}" for word in map(hash_of, range(3000))]
    path = write(tmp_path, "".join(words * 3))
    told = {} if V == 4096 else {"vocab_size": V}
    tokenizer = Corpus.load(path, 4, **told).tokenizer
    assert tokenizer.vocab_size == V and isinstance(tokenizer, BPETokenizer)


def hash_of(n):
    """Four letters, nearly at random."""
    return (
        hashlib.sha256(str(n).encode())
        .hexdigest()[:4]
        .translate(str.maketrans("0123456789", "ghijklmnop"))
    )


def test_gpt2_s_tokens_need_no_training(tmp_path):
    path = write(tmp_path, TRAIN)
    corpus = Corpus.load(path, 4, "gpt2", 300)
    assert corpus.tokenizer == gpt2_tokenizer()
    ids = [*corpus.train.ids.tolist(), *corpus.valid.ids.tolist()]
    assert corpus.tokenizer.decode(ids) == TRAIN


def test_the_hash_tells_texts_apart():
    hashes = {
        make(train=train, valid=valid).sha256
        for train, valid in ((TRAIN, VALID), (TRAIN[:-1], VALID), (TRAIN, VALID[:-1]))
    }
    assert len(hashes) == 3
    assert make("tales").sha256 == make("plain").sha256 == make("plain", "bpe").sha256


@pytest.mark.parametrize("kind", [*KINDS, "documents"])
def test_to_a_device(kind):
    corpus, other = make(kind), make(kind)
    assert corpus.to("meta") is corpus
    for part, before in ((corpus.train, other.train), (corpus.valid, other.valid)):
        assert part.ids.device.type == "meta"
        assert part.tokens_per_character == before.tokens_per_character
        assert part.starts is None or part.starts.device.type == "cpu"
    batches = [corpus.batch(0, 2, seed=0), *islice(corpus.valid_batches(2), 2)]
    assert {t.device.type for batch in batches for t in batch} == {"meta"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["training", "validation"])
def test_a_part_that_is_too_short(kind, part):
    text = f"{TRAIN[:T]}\n\n"[-T:]  # in tales there is a line break before it
    longest = len(text) + (kind == "tales")
    texts = {"train": text} if part == "training" else {"valid": text}
    says = (
        f"the {part} part of the text has {longest} tokens, fewer than block_size [+] 1 = "
        f"{longest + 1}: give a longer text or a block_size of at most {longest - 1}"
    )
    with pytest.raises(ValueError, match=says):
        make(kind, block_size=longest, **texts)
    assert make(kind, block_size=longest - 1, **texts).batch(0, 1, seed=0)[0].shape[1] > 0


@pytest.mark.parametrize("tokenizer", ["words", "", None])
def test_a_tokenizer_that_is_none(tmp_path, tokenizer):
    with pytest.raises(
        ValueError, match=f"tokenizer is {tokenizer!r}: give 'bpe', 'gpt2' or 'chars'"
    ):
        Corpus.load(write(tmp_path, TRAIN), 4, tokenizer)


def test_a_text_of_characters_is_composed():
    """An accent that is a character of its own would give each word a second spelling."""
    composed = "un été, une forêt, un élève. " * 20
    decomposed = unicodedata.normalize("NFD", composed)
    assert len(decomposed) > len(composed)
    both = CharTokenizer(composed + decomposed)
    ids = [Corpus.of_texts(text, text, both, 8).train.ids for text in (composed, decomposed)]
    assert torch.equal(*ids)
    made = [Corpus.of_texts(text, text, "chars", 8) for text in (composed, decomposed)]
    assert made[0].tokenizer == made[1].tokenizer
    assert made[0].sha256 == made[1].sha256
    assert torch.equal(made[0].train.ids, made[1].train.ids)
    for tokenizer in ("bpe", "gpt2"):  # bytes come back as they were
        for text in (composed, decomposed):
            corpus = Corpus.of_texts(text, text, tokenizer, 8)
            assert corpus.tokenizer.decode(corpus.train.ids) == text


def test_a_text_of_many_characters():
    """10,000 of them, and no table of pairs is needed."""
    han = "".join(map(chr, range(0x4E00, 0x4E00 + 10_001))) * 2
    for tokenizer, V in (("bpe", 4096), ("chars", 10_001), ("gpt2", 50_257)):
        corpus = Corpus.of_texts(han, han[:500], tokenizer, 4)
        assert corpus.tokenizer.vocab_size == V
        marks = corpus.landmarks()
        each = len(corpus.tokenizer.encode(han[:500])) / 500
        assert marks["knows nothing"] == pytest.approx(math.log(V) * each, rel=0.01)
        assert 0 < marks["counted pairs"] < marks["knows nothing"]


def by_trying_all(text, known):
    """The length of the longest stretch of text that is in known."""
    stretches = (text[i:j] for i in range(len(text)) for j in range(i, len(text) + 1))
    return max((len(stretch) for stretch in stretches if stretch in known), default=0)


@pytest.mark.parametrize(
    "text", ["", "§", "xx", TRAIN[100:160], f"x{TRAIN[50:70]}§", VALID[:60]], ids=range(6)
)
def test_the_longest_copy(text):
    corpus = make()
    copy = corpus.longest_copy(text)
    assert copy in text and copy in TRAIN
    assert len(copy) == by_trying_all(text, TRAIN)


def test_the_longest_copy_anywhere():
    draw = random.Random(0)
    for _ in range(200):
        known, text = ("".join(draw.choices("ab", k=n)) for n in (30, 12))
        corpus = Corpus(known, known, CharTokenizer("ab"), 4)
        assert len(corpus.longest_copy(text)) == by_trying_all(text, known)


def test_a_part_elsewhere():
    part = make("tales").train
    assert (part.to("meta").ids.device.type, part.ids.device.type) == ("meta", "cpu")
    assert part.to("meta").starts is part.starts


def test_documents_may_have_rows_of_their_own():
    tokenizer = BPETokenizer([bytes([i]) for i in range(256)], special=(END_OF_TEXT,))
    documents = ["abc", "de", "fghijklmn", "o"]
    corpus = Corpus.of_documents(joined(documents), joined(documents), tokenizer, 8, packed=False)
    rows = {tuple(row.tolist()) for n in range(20) for row in corpus.batch(n, 4, seed=1)[0]}
    texts = {bytes(i for i in row if 0 < i < 256).decode() for row in rows}
    assert texts == {"abc", "de", "fghijkl", "mn", "o"}
