"""Text comes in whole or with one clear sentence; batches are what a plain loop would cut."""

import hashlib
import itertools
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gptlib import data
from gptlib.bpe import BPETokenizer, train
from gptlib.data import (
    IGNORE,
    all_batches,
    batches,
    cut_windows,
    get_batch,
    load_split,
    load_text,
    mixed_seed,
    padded_batch,
    split,
    story_ids,
    story_starts,
)
from gptlib.tokenizer import CharTokenizer

# Not every reader has this copy of Tiny Shakespeare; those who do test the real download's bytes.
REAL_SHAKESPEARE = data.DATA.parent.parent / "shared" / "data" / "tinyshakespeare.txt"


# Reading


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"one\ntwo\n", "one\ntwo\n"),
        (b"\xef\xbb\xbfone", "one"),
        (b"one\r\ntwo\rthree\n\r\n", "one\ntwo\nthree\n\n"),
        ("猫在睡觉 🙂 café\r\n".encode(), "猫在睡觉 🙂 café\n"),
    ],
    ids=["plain", "byte order mark", "line ends", "emoji and Chinese"],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_read(tmp_path, raw, text, kind):
    path = tmp_path / "text.txt"
    path.write_bytes(raw)
    assert load_text(kind(path)) == text


@pytest.mark.parametrize("source", ["tale", "no/such/file.txt", Path("tales"), ".", "a\0b"])
def test_not_a_file(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = f"{str(source)!r} is not a file: give the path of one, 'tales' or 'shakespeare'"
    with pytest.raises(ValueError, match=re.escape(message)):
        load_text(source)


def test_a_path_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # what Windows calls it
    (tmp_path / "text.txt").write_text("one\n")
    assert load_text("~/text.txt") == "one\n"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "holds no text: give a file with something to learn from"),
        (b"\xef\xbb\xbf \r\n\t\n", "holds no text: give a file with something to learn from"),
        (b"caf\xe9 au lait", "is not UTF-8 (byte 0xe9 at offset 3): save it as UTF-8"),
        (b"\xef\xbb\xbfcaf\xe9", "is not UTF-8 (byte 0xe9 at offset 6): save it as UTF-8"),
        ("text".encode("utf-16"), "is not UTF-8 (byte 0xff at offset 0): save it as UTF-8"),
        (b"cut short \xe7\x8c", "is not UTF-8 (byte 0xe7 at offset 10): save it as UTF-8"),
        (
            "\nmy text".encode("utf-16-le"),
            "holds a NUL character (offset 1, in line 2), so it is probably not UTF-8 text",
        ),
    ],
    ids=[
        "empty",
        "white space",
        "Latin-1",
        "mark and Latin-1",
        "UTF-16",
        "half a character",
        "UTF-16 without its mark",
    ],
)
def test_not_a_text(tmp_path, raw, message):
    path = tmp_path / "text.txt"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=re.escape(f"{str(path)!r} {message}")):
        load_text(path)


def test_the_tales_bring_their_own_validation_stories(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "TALES_TRAIN", tmp_path / "train.txt")
    monkeypatch.setattr(data, "TALES_VALID", tmp_path / "valid.txt")
    data.TALES_TRAIN.write_text("A cat sat.\n\nA dog ran.\n\n")
    data.TALES_VALID.write_text("A hen hid.\n\n")
    assert load_split("tales") == ("A cat sat.\n\nA dog ran.\n\n", "A hen hid.\n\n")
    assert load_text("tales") == "A cat sat.\n\nA dog ran.\n\nA hen hid.\n\n"


@pytest.mark.parametrize("load", [load_text, load_split])
@pytest.mark.parametrize("missing", ["TALES_TRAIN", "TALES_VALID"])
def test_the_tales_are_gone(tmp_path, monkeypatch, load, missing):
    path = tmp_path / "tales.txt"
    monkeypatch.setattr(data, missing, path)
    message = f"{str(path)!r} is not a file: the course's data folder lacks it, so run `make data`"
    with pytest.raises(ValueError, match=re.escape(message)):
        load("tales")


def test_any_other_text_is_cut(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("0123456789" * 2)
    assert load_split(path) == ("0123456789" + "01234567", "89")


# Cutting


@given(st.text(min_size=2), st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_split_loses_nothing_and_leaks_nothing(text, fraction):
    try:
        train, valid = split(text, fraction)
    except ValueError:
        assert not 1 <= int(len(text) * (1 - fraction)) < len(text)
        return
    assert train
    assert valid
    assert train + valid == text
    assert abs(len(valid) - fraction * len(text)) <= 1


def test_split_of_shakespeare_is_the_usual_one():
    train, valid = split("x" * 1_115_394)
    assert (len(train), len(valid)) == (1_003_854, 111_540)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 10, float("nan")])
def test_fraction_out_of_range(fraction):
    with pytest.raises(ValueError, match=f"valid_fraction is {fraction}: choose one between"):
        split("some text", fraction)


@pytest.mark.parametrize(("text", "fraction"), [("", 0.5), ("a", 0.1), ("abc", 0.9)])
def test_a_part_would_be_empty(text, fraction):
    message = f"valid_fraction {fraction} of {len(text)} characters leaves one part empty"
    with pytest.raises(ValueError, match=re.escape(message)):
        split(text, fraction)


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("A.\n\nB.\n\n", [0, 4]),
        ("A.\n\nB.\n\nC", [0, 4, 8]),  # not ended yet, but begun
        ("one\nline each\n", [0]),
        ("A\n\n\n\nB\n\n\nC", [0, 5, 9]),
        ("\n\n\nA\nB", [3]),
        ("\nA", [1]),
    ],
)
def test_story_starts(text, starts):
    found = story_starts(text)
    assert found.dtype == torch.int64
    assert found.tolist() == starts


@pytest.mark.parametrize("text", ["", "\n\n\n"])
def test_no_story_starts(text):
    with pytest.raises(ValueError, match=re.escape(f"text {text!r} holds no story")):
        story_starts(text)


# Batches


def seed(n):
    return torch.Generator().manual_seed(n)


def first_offsets(n, block_size, draws=200, **options):
    """Where windows begin: on ids 0, 1, 2 ... each id is its own offset."""
    idx, _ = get_batch(torch.arange(n), draws, block_size, seed(0), **options)
    return idx[:, 0]


@pytest.mark.parametrize("starts", [None, torch.tensor([0, 7, 20, 33, 49, 60])])
def test_a_batch_is_what_a_plain_loop_cuts(starts):
    n, B, T = 60, 6, 10
    ids = torch.randint(1000, (n,), generator=seed(1))
    idx, targets = get_batch(ids, B, T, seed(2), starts)
    first = get_batch(torch.arange(n), B, T, seed(2), starts)[0][:, 0]

    for b in range(B):
        for t in range(T):
            assert idx[b, t] == ids[first[b] + t]
            assert targets[b, t] == ids[first[b] + t + 1]
    for ids in (idx, targets):
        assert ids.shape == (B, T)
        assert ids.dtype == torch.int64
        assert ids.is_contiguous()  # so that .view(B * T) works


def test_first_and_last_window_are_reached_and_none_beyond():
    assert set(first_offsets(13, 10).tolist()) == {0, 1, 2}
    assert set(first_offsets(11, 10).tolist()) == {0}


def test_windows_begin_at_every_start_with_room_and_nowhere_else():
    starts = torch.tensor([0, 3, 8, 9, 12])
    assert set(first_offsets(13, 4, starts=starts).tolist()) == {0, 3, 8}


def test_windows_of_tales_begin_with_a_story():
    text = "A cat sat.\n\nB dogs ran.\n\nC hens hid.\n\n"
    ids = torch.tensor([ord(char) for char in text])
    idx, _ = get_batch(ids, 50, 5, seed(0), story_starts(text))
    assert {chr(i) for i in idx[:, 0]} == {"A", "B", "C"}


@pytest.mark.parametrize("starts", [None, torch.arange(0, 900, 9)])
def test_the_generator_alone_decides(starts):
    ids = torch.arange(1000)
    before = torch.get_rng_state()
    one, same, other = (get_batch(ids, 8, 4, seed(s), starts)[0] for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)

    generator = seed(1)
    assert torch.equal(get_batch(ids, 8, 4, generator, starts)[0], one)
    assert not torch.equal(get_batch(ids, 8, 4, generator, starts)[0], one)


@pytest.mark.parametrize(
    ("batch_size", "block_size"),
    [(0, 4), (4, 0), (-1, 4), (4, -1), (2.5, 4), ("2", 4), (4, 4.0)],
)
def test_sizes_out_of_range(batch_size, block_size):
    message = (
        f"batch_size {batch_size!r} and block_size {block_size!r} must both be whole numbers, "
        "at least 1"
    )
    with pytest.raises(ValueError, match=message):
        get_batch(torch.arange(10), batch_size, block_size)


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        (torch.zeros(4, 9, dtype=torch.int64), "torch.int64 and shape (4, 9)"),
        (torch.zeros(9), "torch.float32 and shape (9,)"),
        (list(range(9)), "list"),
        ("some text", "str"),
    ],
)
def test_data_are_not_ids(ids, kind):
    message = f"data is of type {kind}, not an int64 tensor (N,): give torch.tensor(tokenizer."
    with pytest.raises(ValueError, match=re.escape(message)):
        get_batch(ids, 2, 3)


@pytest.mark.parametrize("n", [0, 1, 8])
def test_text_shorter_than_a_window(n):
    message = f"{n} tokens are fewer than block_size + 1 = 9: give a longer text or a smaller"
    with pytest.raises(ValueError, match=re.escape(message)):
        get_batch(torch.arange(n), 1, 8)


def test_no_start_with_room():
    with pytest.raises(ValueError, match=re.escape("room for block_size + 1 = 9 of 20 tokens")):
        get_batch(torch.arange(20), 1, 8, starts=torch.tensor([12, 15]))


def test_a_start_before_the_text():
    with pytest.raises(ValueError, match="starts holds -3: give offsets that count from 0"):
        get_batch(torch.arange(20), 1, 8, starts=torch.tensor([4, -3, -1]))


@pytest.mark.parametrize("starts", [None, torch.tensor([0, 9])])
def test_batches_are_drawn_one_after_the_other(starts):
    generator = seed(3)
    for _, (idx, targets) in zip(
        range(3), batches(torch.arange(20), 4, 5, seed(3), starts), strict=False
    ):
        want = get_batch(torch.arange(20), 4, 5, generator, starts)
        assert torch.equal(idx, want[0]) and torch.equal(targets, want[1])


@given(
    st.integers(0, 40),
    st.integers(1, 5),
    st.integers(1, 12),
    st.none() | st.sets(st.integers(0, 39)),
)
def test_all_batches_ask_for_each_token_but_the_first_once(n, batch_size, block_size, starts):
    places = sorted(start for start in starts or () if start < n)
    given = None if starts is None else torch.tensor(places, dtype=torch.int64)
    wanted, opening = [], []
    for idx, targets in all_batches(torch.arange(n), batch_size, block_size, given):
        assert idx.shape == targets.shape
        assert len(idx) <= batch_size and idx.shape[1] <= block_size
        for row, next_row in zip(idx.tolist(), targets.tolist(), strict=True):
            asked = [target for target in next_row if target != IGNORE]
            assert asked == [i + 1 for i in row[: len(asked)]]  # what follows, then only padding
            wanted += asked
            opening.append(row[0])
    assert wanted == list(range(1, n))
    assert {start for start in places if start < n - 1} <= set(opening)


@pytest.mark.parametrize("sizes", [(0, 4), (4, 0), (-1, 4), (2.5, 4)])
def test_all_batches_of_sizes_out_of_range(sizes):
    with pytest.raises(ValueError, match="must both be whole numbers, at least 1"):
        next(all_batches(torch.arange(9), *sizes))


@pytest.mark.parametrize("starts", [[5, 3], [-1], [10], [2, 9, 12]])
def test_all_batches_with_starts_out_of_order(starts):
    with pytest.raises(ValueError, match="starts must be in ascending order, from 0 to below 10"):
        next(all_batches(torch.arange(10), 2, 4, torch.tensor(starts)))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6).map(sorted), st.integers(1, 20))
def test_windows_cover_what_lies_between_edges_and_cross_none(edges, block_size):
    windows = cut_windows(edges, block_size)
    places = [i for start, stop in windows for i in range(start, stop)]
    assert places == list(range(edges[0], edges[-1]))
    starts, stops = {start for start, _ in windows}, {stop for _, stop in windows}
    for start, stop in windows:
        assert 0 < stop - start <= block_size
        assert not any(start < edge < stop for edge in edges)
        # None is shorter than it must be.
        assert stop - start == block_size or stop in edges
    assert {edge for edge in edges if edge < edges[-1]} <= starts
    assert {edge for edge in edges if edge > edges[0]} <= stops


def test_no_windows_where_nothing_lies_between():
    assert cut_windows([4], 3) == cut_windows([4, 4, 4], 3) == cut_windows([], 3) == []


@pytest.mark.parametrize("block_size", [3, 5, 50])
def test_a_padded_batch_holds_each_window_and_what_follows(block_size):
    data, edges = torch.arange(100, 120), [2, 6, 13, 19]
    windows = cut_windows(edges, block_size)
    generator = torch.Generator().manual_seed(0)
    for B in (1, 2, 4, 4, 4):
        drawn = [windows[i] for i in torch.randint(len(windows), (B,), generator=generator)]
        idx, targets = padded_batch(data, drawn)
        longest = max(stop - start for start, stop in drawn)
        assert idx.shape == targets.shape == (B, longest)
        assert idx.dtype == targets.dtype == torch.int64
        rows = zip(drawn, idx.tolist(), targets.tolist(), strict=True)
        for (start, stop), row, next_row in rows:
            T = stop - start
            assert row[:T] == list(range(100 + start, 100 + stop))
            following = list(range(101 + start, 101 + stop))
            assert next_row == [*following, *[IGNORE] * (longest - T)]
            assert set(row[T:]) <= {0}  # an id that every tokenizer has


def test_a_padded_batch_is_filled_up_at_its_end():
    idx, targets = padded_batch(torch.tensor([5, 6, 7, 8, 9]), [(3, 4), (0, 3)])
    assert idx.tolist() == [[8, 0, 0], [5, 6, 7]]
    assert targets.tolist() == [[9, IGNORE, IGNORE], [6, 7, 8]]


def test_seeds_of_all_runs_and_steps_are_different():
    """Those of batches, of two numbers, and those of dropout, of three."""
    runs, steps = range(40), range(400)
    seeds = {mixed_seed(run, step) for run in runs for step in steps}
    seeds |= {mixed_seed(run, step, 1) for run in runs for step in steps}
    # Of 32,000 numbers below 2^32, 0.1 pairs are alike by chance.
    assert len(seeds) > 2 * 40 * 400 - 4
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert max(seeds) > 0.999 * 2**32 and min(seeds) < 0.001 * 2**32


def test_a_mixed_seed_is_made_of_all_of_each_number_in_its_place():
    different = [(3, 5), (5, 3), (8, 0), (0, 8), (3, 5, 1), (3,), (5,), (3 + 2**40, 5), (2**62, 5)]
    assert len({mixed_seed(*numbers) for numbers in different}) == len(different)
    assert mixed_seed(3, 5) == mixed_seed(3, 5) == mixed_seed(3, 5, 0)


def test_a_mixed_seed_is_the_same_everywhere():
    assert [mixed_seed(0, 1), mixed_seed(3, 5)] == [3964924996, 3746004709]


def test_pytorchs_generator_looks_at_32_bits_only():
    """So what is mixed has no more."""
    low, high, mixed = (
        torch.rand(3, generator=torch.Generator().manual_seed(seed))
        for seed in (7, 7 + 2**40, mixed_seed(7 + 2**40))
    )
    assert torch.equal(low, high)
    assert not torch.equal(low, mixed)


def test_the_ids_of_stories_begin_with_a_line_break():
    text = "A cat sat.\n\nB dogs ran.\n\n"
    tokenizer = CharTokenizer(text)
    ids, starts = story_ids(text, tokenizer)
    assert tokenizer.decode(ids) == "\n" + text
    assert [tokenizer.decode(ids[i : i + 2]) for i in starts] == ["\nA", "\nB"]


@given(st.text(st.sampled_from("ab .\n"), max_size=60))
def test_characters_of_stories_have_the_places_that_they_have_in_the_text(text):
    text += "a"  # or there is no story
    tokenizer = CharTokenizer("ab .\n")
    ids, starts = story_ids(text, tokenizer)
    assert torch.equal(ids, torch.tensor(tokenizer.encode("\n" + text)))
    assert torch.equal(starts, story_starts(text))


STORIES = ["A cat sat.\n\n", "A dog ran.\nIt hid.\n\n", "Tom ran.\n\n", "A cat hid.\n\n"]
TOKENS = BPETokenizer([*train("".join(STORIES * 2), 300), b"\n\n"])


def cut(stories):
    """The ids of each story, as the offsets of story_ids cut them."""
    text = "".join(stories)
    ids, starts = story_ids(text, TOKENS)
    assert TOKENS.decode(ids) == "\n" + text
    assert ids.dtype == starts.dtype == torch.int64
    edges = [*starts.tolist(), len(ids)]
    return [ids[start:end].tolist() for start, end in itertools.pairwise(edges)]


def test_each_story_begins_at_the_line_break_before_it_in_longer_tokens_too():
    assert b" ran" in TOKENS.tokens
    for stories in itertools.permutations(STORIES):
        for ids, story in zip(cut(stories), stories, strict=True):
            assert TOKENS.decode(ids).startswith("\n" + story[:-2])
            assert TOKENS.decode(ids[:1]) == "\n"


def test_the_ids_of_a_story_are_the_same_between_any_others():
    first = dict(zip(STORIES[:-1], cut(STORIES)[:-1], strict=True))
    for stories in itertools.permutations(STORIES):
        for ids, story in list(zip(cut(stories), stories, strict=True))[:-1]:
            assert ids == first.setdefault(story, ids)
    assert len(first) == 4


def test_the_last_story_is_like_the_others():
    """Were all encoded at once, the line breaks after it would be one token."""
    alone = {story: cut([story])[0] for story in STORIES}
    for stories in itertools.permutations(STORIES):
        *others, last = cut(stories)
        assert others == [alone[story][:-1] for story in stories[:-1]]
        assert last == alone[stories[-1]]
        assert TOKENS.decode(last[-2:]) == "\n\n"


def test_what_stands_before_the_first_story_belongs_to_none():
    ids, starts = story_ids("\n\n" + STORIES[0] + STORIES[1], TOKENS)
    assert TOKENS.decode(ids) == "\n\n\n" + STORIES[0] + STORIES[1]
    text = [TOKENS.decode(ids[:i]) for i in starts]
    assert text == ["\n\n", "\n\n\n" + STORIES[0][:-1]]


def test_a_story_that_is_not_ended_keeps_its_last_token():
    ids, _ = story_ids("A cat sat.\n\nA dog ran", TOKENS)
    assert TOKENS.decode(ids[-1:]) == " ran"


# Downloading


class Server(BaseHTTPRequestHandler):
    """Serves the class's body at /whole, and breaks in a way that other paths name."""

    body = "First Citizen:\nSpeak, speak. \N{SLIGHTLY SMILING FACE}\n".encode()
    requests = 0

    def do_GET(self):
        type(self).requests += 1
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unannounced":
            self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        if self.path == "/wrong":
            self.wfile.write(self.body[:-1] + b"!")
        elif self.path in ("/half", "/unannounced"):
            self.wfile.write(self.body[: len(self.body) // 2])
        elif self.path == "/stalled":
            self.server.stop.wait()
        else:
            self.wfile.write(self.body)

    def log_message(self, *args):
        pass


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """A function: where load_text("shakespeare") finds which bytes, from now on."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(data, "SHAKESPEARE", tmp_path / "shakespeare.txt")
    monkeypatch.setattr(Server, "requests", 0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.stop = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    def at(path, body=Server.body, sha256=None):
        monkeypatch.setattr(Server, "body", body)
        url = f"http://127.0.0.1:{server.server_port}{path}"
        monkeypatch.setattr(data, "SHAKESPEARE_URL", url)
        sha256 = sha256 or hashlib.sha256(body).hexdigest()
        monkeypatch.setattr(data, "SHAKESPEARE_SHA256", sha256)
        return url

    yield at
    server.stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


def assert_fails(error, *parts):
    """Loading raises one sentence with these parts, and leaves nothing behind."""
    with pytest.raises(error) as caught:
        load_text("shakespeare")
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(data.SHAKESPEARE.parent.iterdir()) == []


def test_shakespeare_is_downloaded_once(serve):
    serve("/whole")
    assert load_text("shakespeare") == Server.body.decode()
    assert load_text("shakespeare") == Server.body.decode()
    assert Server.requests == 1
    assert data.SHAKESPEARE.read_bytes() == Server.body
    assert list(data.SHAKESPEARE.parent.iterdir()) == [data.SHAKESPEARE]


@pytest.mark.skipif(not REAL_SHAKESPEARE.exists(), reason=f"no copy at {REAL_SHAKESPEARE}")
def test_the_real_shakespeare_passes_its_hash(serve):
    serve("/whole", REAL_SHAKESPEARE.read_bytes(), data.SHAKESPEARE_SHA256)
    text = load_text("shakespeare")
    assert len(text) == 1_115_394
    assert text.startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n")


@pytest.mark.parametrize("path", ["/wrong", "/unannounced"])
def test_wrong_bytes_are_not_kept(serve, path):
    url = serve(path)
    got = {
        "/wrong": Server.body[:-1] + b"!",
        "/unannounced": Server.body[: len(Server.body) // 2],
    }[path]
    assert_fails(
        ValueError,
        f"{url} sent {len(got)} bytes with SHA-256 {hashlib.sha256(got).hexdigest()}",
        f"not {data.SHAKESPEARE_SHA256}: try again, or get the right file elsewhere",
        f"save it as {str(data.SHAKESPEARE)!r}",
    )


def test_transfer_broken_off_halfway(serve):
    url = serve("/half")
    advice = (
        f": try again, or get the right file elsewhere and save it as {str(data.SHAKESPEARE)!r}"
    )
    assert_fails(OSError, f"could not download {url} (IncompleteRead(", advice)
    serve("/whole")
    assert load_text("shakespeare") == Server.body.decode()


def test_page_gone(serve):
    assert_fails(OSError, f"could not download {serve('/missing')} (HTTP Error 404: Not Found)")


def test_server_that_stops_talking(serve, monkeypatch):
    monkeypatch.setattr(data, "TIMEOUT", 0.1)
    assert_fails(OSError, f"could not download {serve('/stalled')} (timed out)")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/input.txt", data.SHAKESPEARE_URL])
def test_no_network(serve, monkeypatch, url):
    monkeypatch.setattr(data, "SHAKESPEARE_URL", url)
    advice = (
        f": try again, or get the right file elsewhere and save it as {str(data.SHAKESPEARE)!r}"
    )
    assert_fails(OSError, f"could not download {url} (", advice)


def test_a_stop_while_writing_leaves_nothing(serve, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    serve("/whole")
    monkeypatch.setattr(Path, "replace", stop)
    assert_fails(KeyboardInterrupt)


def test_a_copy_saved_by_hand_is_taken(serve):
    serve("/missing")
    data.SHAKESPEARE.write_bytes(Server.body)
    assert load_text("shakespeare") == Server.body.decode()


@pytest.mark.parametrize("as_a_folder", [False, True])
def test_a_damaged_copy_is_noticed(serve, as_a_folder):
    serve("/whole")
    if as_a_folder:
        data.SHAKESPEARE.mkdir()
    else:
        data.SHAKESPEARE.write_bytes(Server.body[:-1])
    message = f"{str(data.SHAKESPEARE)!r} is damaged or a folder: delete it, and it is downloaded"
    with pytest.raises(ValueError, match=re.escape(message)):
        load_text("shakespeare")


def test_nowhere_to_keep_it(serve, tmp_path, monkeypatch):
    serve("/whole")
    monkeypatch.setattr(data, "SHAKESPEARE", tmp_path / "none" / "shakespeare.txt")
    message = f"could not write {str(data.SHAKESPEARE)!r} (No such file or directory): "
    with pytest.raises(OSError, match=re.escape(message)):
        load_text("shakespeare")
