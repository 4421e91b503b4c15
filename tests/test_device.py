"""What computes is said before anything is trained with it."""

import pytest
import torch

from gptlib.device import check_compile, find_device, has_bfloat16


@pytest.mark.parametrize(
    ("cuda", "mps", "best"),
    [(True, False, "cuda"), (True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_best_device_is_a_gpu_where_there_is_one(monkeypatch, cuda, mps, best):
    def zeros(size, device):
        asked.append(device)
        return torch.ones(size)

    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch, "zeros", zeros)
    assert find_device() == best
    assert find_device("cpu") == "cpu"  # the one that is named, also where there is a GPU
    assert asked == [best, "cpu"]


def test_one_of_them_is_here():
    assert find_device() in ("cuda", "mps", "cpu")


@pytest.mark.parametrize("name", ["abacus", "meta", "hpu", "cpu:x", " "])
def test_a_device_that_is_not_here(name):
    says = f"^device {name!r} is not available: give 'cpu', or install what it needs$"
    with pytest.raises(ValueError, match=says):
        find_device(name)


@pytest.mark.parametrize(
    ("device", "can", "want"),
    [
        ("cpu", {"avx512_bf16": True}, True),
        ("cpu", {"avx512_bf16": False}, False),
        ("cpu", {"bf16": True}, False),
        ("cuda", {}, True),
        ("cuda:1", {}, True),
        ("cpu:0", {"avx512_bf16": True}, True),
        ("mps", {"avx512_bf16": True}, False),
    ],
)
def test_bfloat16_pays_on_a_gpu_and_where_a_cpu_has_instructions_for_it(
    device, can, want, monkeypatch
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: can)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert has_bfloat16(device) is has_bfloat16(torch.device(device)) is want


def test_a_gpu_that_only_emulates_bfloat16_is_slow_in_it(monkeypatch):
    emulated = lambda including_emulation=True: including_emulation  # noqa: E731
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", emulated)
    assert has_bfloat16("cuda") is False


def test_compiling_is_tried_on_the_device(monkeypatch):
    """With something that changes a number, or there would be nothing to compile."""

    def compiled(function):
        def called(x):
            seen.append((x.device.type, function(x) - x))
            return function(x)

        return called

    seen = []
    monkeypatch.setattr(torch, "compile", compiled)
    for device in ("cpu", "meta"):
        check_compile(device)
    assert [device for device, _ in seen] == ["cpu", "meta"]
    assert seen[0][1].item() != 0


def test_where_nothing_can_be_compiled(monkeypatch):
    def fail(function):
        raise RuntimeError(f"Compiler: cl is not found.\n  Looked{' and looked' * 20}")

    monkeypatch.setattr(torch, "compile", fail)
    says = r"^torch.compile does not work here \(Compiler: cl is not found. Looked and .*\): leave "
    with pytest.raises(ValueError, match=says) as caught:
        check_compile("cpu")
    assert len(str(caught.value)) == len("torch.compile does not work here (): leave it out") + 80
