"""The benchmarks run, and count turns rightly; what they measure is for `make bench` to say."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import pytest
from bench.timing import interval, take_turns

BENCH = Path(__file__).parent / "bench"


def run(script, *args):
    """The tables that a script prints in a hurry, without nanoGPT: a line's cells by its name."""
    environment = {name: value for name, value in os.environ.items() if name != "NANOGPT"}
    command = [sys.executable, BENCH / script, *args, "--quick"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    cells = (re.split(" {2,}", line) for line in done.stdout.splitlines())
    return {name: values for name, *values in cells if values}


def median_and_range(cell):
    middle, low, high = map(float, re.fullmatch(r"(\S+) \((\S+) to (\S+)\)", cell).groups())
    assert 0 < low <= middle <= high
    return middle, low, high


def test_contestants_take_turns_and_the_first_turn_is_not_counted():
    now, calls = 0, []

    def act(name, seconds):
        nonlocal now
        now += seconds if len(calls) >= 4 else 100
        calls.append(name)

    contestants = {"a": lambda: act("a", 1), "b": lambda: act("b", 3)}
    taken = take_turns(contestants, turns=2, each=2, clock=lambda: now)
    assert taken == {"a": [1, 1], "b": [3, 3]}
    assert "".join(calls) == 3 * "abab"


def test_the_interval_of_a_median():
    """It narrows with more values, and for normal ones has the size that theory says."""
    values = [NormalDist().inv_cdf((i + 0.5) / 400) for i in range(400)]
    low, high = interval(values)
    wanted = 1.96 * 1.2533 / math.sqrt(400)  # the standard error of a median
    assert -low == pytest.approx(wanted, rel=0.2) and high == pytest.approx(wanted, rel=0.2)
    low, high = interval([1.0, 2.0, 9.0])
    assert (low, high) == (1.0, 9.0)


def test_a_step_is_measured():
    table = run("step.py")
    (theirs, theirs_ms), (ours, ours_ms) = table["transformers"], table["ours, as GPT-2"]
    last, _, peak = table["ours, as GPT-2, bfloat16"]
    assert ours == theirs == last == "4,480"
    assert 50 < median_and_range(peak)[0] < 5000
    ratio, between, to_reach = table["ours, as GPT-2, to transformers"]
    assert to_reach == "1.20"
    low, high = map(float, between.split(" to "))
    assert low <= median_and_range(ratio)[0] <= high
    (_, low, high), (_, least, most) = median_and_range(theirs_ms), median_and_range(ours_ms)
    # Times are rounded to tenths.
    assert (low - 0.1) / (most + 0.1) < median_and_range(ratio)[0] < (high + 0.1) / (least - 0.1)


def test_ours_has_as_many_parameters_as_nanogpt(monkeypatch):
    """804,096, as its own code counts them with these sizes: the model must be the same."""
    monkeypatch.syspath_prepend(BENCH)
    import step  # which imports others of its folder

    sizes = step.COMPARISONS["small"].sizes
    model, _ = step.ours(sizes, [], like="nanoGPT")
    assert model.num_parameters() == 804_096


def test_generation_is_measured():
    table = run("generation.py")
    theirs = median_and_range(table["transformers"][0])
    for name, goal in (("ours", "1.15"), ("ours, 8-bit weights", "2.50")):
        speed, faster, _, to_reach = table[name]
        ours, ratio = median_and_range(speed), median_and_range(faster)
        assert 0.99 * ours[1] / theirs[2] < ratio[0] < 1.01 * ours[2] / theirs[1]
        assert to_reach == goal


def test_attention_is_measured():
    table = run("attention.py")
    for ratio in table["16"][:2]:
        assert median_and_range(ratio)[0] < 100
    assert table["16"][2] == "yes"


def test_bands_are_measured():
    table = run("banded.py")
    for width in ("1", "16"):
        for cell in table[width]:
            assert median_and_range(cell.removesuffix(" ms"))[0] < 1000


def test_the_price_of_8_bits_is_measured():
    before, after, divergence, differ = run("eight_bits.py")["tales/model.safetensors"]
    assert 0.2 < float(before) < 0.6
    assert abs(float(after) - float(before)) < 0.01
    assert 0 < float(divergence) < 0.001
    assert 0 <= float(differ.removesuffix("%")) < 5


def test_loading_is_measured():
    table = run("loading.py")
    assert 0 < median_and_range(table["CPU seconds"][0])[0]
    assert 0 < median_and_range(table["seconds"][0])[0]
    assert float(table["peak MiB above the imports"][0].split()[0]) >= 0


def test_tokens_are_measured():
    table = run("tokens.py")
    assert 0 < median_and_range(table["CPU seconds to train"][0])[0]
    assert 0 < median_and_range(table["MB encoded per CPU second"][0])[0]
    ids = float(table["MiB of the ids alone"][0])
    assert 0 < ids <= float(table["peak MiB above the text"][0]) < 4 * ids + 30


def test_learning_is_measured(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text(300 * "to be or not to be\n")
    table = run("shakespeare.py", text)
    for block in ("GPT-2", "rotary"):
        seconds, steps, loss = table[f"{block}, seed 1"]
        assert float(seconds) > 0 and steps == "3"
        assert 0 < float(loss) < math.log(len(set(text.read_text())))
        assert table[f"{block}, mean"][0] == loss
