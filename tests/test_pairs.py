"""Every pair comes once, beside others of its length, and asks for each of its words."""

from collections import Counter
from itertools import islice

import pytest
import torch

from gptlib import data, pairs
from gptlib.data import IGNORE
from gptlib.pairs import Pair, all_pair_batches, encode_pairs, load_pairs, pair_batches
from gptlib.tokenizer import WordTokenizer, split_words

PAD, START, END = WordTokenizer.pad, WordTokenizer.start, WordTokenizer.end
BY_HAND = [
    Pair("the red ball.", "la balle rouge.", ((0, 0), (1, 2), (2, 1), (3, 3))),
    Pair("Anna sees it.", "Anna la voit.", ((0, 0), (1, 2), (2, 1), (3, 3))),
    Pair("no.", "non.", ()),
]
PARTS = {"train": 20_000, "valid": 1000, "test": 1000}


def some_pairs(n=300, seed=0, longest=20):
    """Encoded pairs of 1 to longest words, of about a length on both sides, all different."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for i in range(n):
        S = int(torch.randint(1, longest + 1, (), generator=generator))
        T = max(1, S + int(torch.randint(-3, 4, (), generator=generator)))
        words = [torch.randint(3, 99, (k,), generator=generator) for k in (S, T)]
        words[0][0] = 100 + i
        made.append((words[0], torch.tensor([START, *words[1].tolist(), END])))
    return made


def rows(batch):
    """The pairs of a batch, as they were before it."""
    for src, idx, targets in zip(*batch, strict=True):
        said = [*idx[:1].tolist(), *targets[targets != IGNORE].tolist()]
        yield tuple(src[src != PAD].tolist()), tuple(said)


def as_tuples(some):
    return Counter((tuple(src.tolist()), tuple(target.tolist())) for src, target in some)


def test_every_pair_comes_once():
    some = some_pairs()
    for max_tokens in (24, 100, 10_000):
        assert Counter(r for b in all_pair_batches(some, max_tokens) for r in rows(b)) == as_tuples(
            some
        )


def test_no_batch_is_larger_than_it_may_be_and_none_is_smaller_than_it_must():
    max_tokens = 200
    cut = list(all_pair_batches(some_pairs(), max_tokens))
    for batch, after in zip(cut, [*cut[1:], None], strict=True):
        (B, S), (B_idx, T) = batch[0].shape, batch[1].shape
        assert B == B_idx and batch[2].shape == (B, T)
        assert max(B * S, B * T) <= max_tokens
        if after is not None:  # its first pair would not have fitted in
            S_next, T_next = int((after[0][0] != PAD).sum()), int((after[1][0] != PAD).sum())
            assert (B + 1) * max(S, T, S_next, T_next) > max_tokens


def filling(batches):
    ids = torch.cat([part.flatten() for batch in batches for part in batch[:2]])
    return (ids == PAD).double().mean().item()


def test_pairs_of_a_length_come_together():
    some = some_pairs(1000)
    cut = list(all_pair_batches(some, 400))
    drawn = torch.randperm(len(some), generator=torch.Generator().manual_seed(0)).tolist()
    mixed, at = [], 0
    for batch in cut:
        mixed.append(pairs._batch([some[i] for i in drawn[at : at + len(batch[0])]]))
        at += len(batch[0])
    assert filling(cut) < 0.11 < 0.3 < filling(mixed)
    lengths = [int((batch[1] != PAD).sum(1).max()) for batch in cut]
    assert lengths == sorted(lengths)


def test_targets_are_what_comes_next_with_the_end_last():
    tokenizer = WordTokenizer(" ".join(f"{pair.english} {pair.french}" for pair in BY_HAND))
    [(src, idx, targets)] = all_pair_batches(encode_pairs(BY_HAND, tokenizer), 100)

    def ids(text):
        return tokenizer.encode(text)

    # From short to long; those of a length stay in order.
    assert src.tolist() == [
        [*ids("no."), PAD, PAD],
        ids("the red ball."),
        ids("Anna sees it."),
    ]
    assert idx.tolist() == [
        [START, *ids("non."), PAD, PAD],
        [START, *ids("la balle rouge.")],
        [START, *ids("Anna la voit.")],
    ]
    assert targets.tolist() == [
        [*ids("non."), END, IGNORE, IGNORE],
        [*ids("la balle rouge."), END],
        [*ids("Anna la voit."), END],
    ]


def epochs(some, seed, n):
    """The batches of n epochs of a stream."""
    k = len(list(all_pair_batches(some, 100)))
    return list(islice(pair_batches(some, 100, seed), n * k)), k


def same(one, other):
    return len(one) == len(other) and all(
        torch.equal(a, b)
        for x, y in zip(one, other, strict=True)
        for a, b in zip(x, y, strict=True)
    )


def test_batches_without_end_bring_each_pair_once_and_then_each_again():
    some = some_pairs(200, longest=3)
    several, k = epochs(some, 0, 3)
    ends = [several[i * k : (i + 1) * k] for i in range(3)]
    for epoch in ends:
        assert Counter(row for batch in epoch for row in rows(batch)) == as_tuples(some)
    assert not same(ends[0], ends[1]) and not same(ends[1], ends[2])
    lengths = [batch[1].shape[1] for batch in ends[0]]
    assert lengths != sorted(lengths)
    # Pairs of a length do not always meet the same others.
    company = [{frozenset(rows(batch)) for batch in epoch} for epoch in ends]
    assert company[0] != company[1] != company[2]


def test_the_seed_alone_decides():
    some = some_pairs(60)
    one, _ = epochs(some, 7, 2)
    torch.manual_seed(123)
    before = torch.get_rng_state()
    assert same(epochs(some, 7, 2)[0], one)
    assert not same(epochs(some, 8, 2)[0], one)
    assert torch.equal(torch.get_rng_state(), before)


def test_batches_are_drawn_as_they_always_were():
    """Pairs are shuffled, then batches, by one generator: what old runs have seen can be seen."""
    some, generator = some_pairs(60), torch.Generator().manual_seed(7)
    got, k = epochs(some, 7, 3)
    want = []
    for _ in range(3):
        shuffled = [some[i] for i in torch.randperm(60, generator=generator)]
        cut = list(all_pair_batches(shuffled, 100))
        want += [cut[i] for i in torch.randperm(k, generator=generator)]
    assert same(got, want)


@pytest.mark.parametrize("epoch", [0, 1, 2])
@pytest.mark.parametrize("more", [0, 1, 2, -1])
def test_what_was_stopped_goes_on_with_the_batch_that_was_next(epoch, more):
    some = some_pairs(60)
    all_of_them, k = epochs(some, 7, 4)
    assert k > 4
    first = max(0, epoch * k + more)
    rest = list(islice(pair_batches(some, 100, 7, first), len(all_of_them) - first))
    assert same(rest, all_of_them[first:])


def test_pairs_are_left_as_they_were():
    some = some_pairs(20)
    before = as_tuples(some)
    first = some[0][0]
    list(islice(pair_batches(some, 50, 0), 9))
    assert as_tuples(some) == before and some[0][0] is first


def test_a_pair_that_fits_into_no_batch():
    some = [(torch.arange(3, 9), torch.tensor([START, 4, END])), some_pairs(1)[0]]
    with pytest.raises(ValueError, match="a pair has 6 tokens, max_tokens is 5: give more"):
        list(all_pair_batches(some[:1], 5))
    long = [(torch.tensor([3]), torch.tensor([START, 4, 5, 6, END]))]
    with pytest.raises(ValueError, match="a pair has 4 tokens, max_tokens is 3: give more"):
        next(pair_batches(long, 3, 0))
    assert [idx.shape for _, idx, _ in all_pair_batches(long, 4)] == [(1, 4)]


def test_no_pairs():
    for cut in (all_pair_batches([], 100), pair_batches([], 100, 0)):
        with pytest.raises(ValueError, match="pairs is empty: give at least one"):
            next(cut)


def test_unknown_words():
    with pytest.raises(ValueError, match="word 'balle' is not among the"):
        encode_pairs(BY_HAND, WordTokenizer("the red ball. la rouge"))


def test_a_pair_is_a_line_with_its_alignment(tmp_path, monkeypatch):
    monkeypatch.setitem(data.PAIRS, "valid", tmp_path / "pairs-valid.tsv")
    lines = ["\t".join([p.english, p.french, links(p.alignment)]) for p in BY_HAND]
    (tmp_path / "pairs-valid.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert load_pairs("valid") == BY_HAND


def links(alignment):
    return " ".join(f"{s}-{t}" for s, t in alignment)


def test_missing_pairs(tmp_path, monkeypatch):
    monkeypatch.setitem(data.PAIRS, "train", tmp_path / "pairs-train.tsv")
    with pytest.raises(ValueError, match="the course's data folder lacks it, so run `make data`"):
        load_pairs("train")


@pytest.mark.parametrize("part", PARTS)
def test_the_pairs_of_the_course(part):
    some = load_pairs(part)
    assert len(some) == PARTS[part]
    for pair in some:
        S, T = len(split_words(pair.english)), len(split_words(pair.french))
        assert all(0 <= s < S and 0 <= t < T for s, t in pair.alignment)
        assert list(pair.alignment) == sorted(set(pair.alignment))
