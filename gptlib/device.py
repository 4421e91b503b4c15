"""Devices, and whether they and torch.compile work here."""

import torch


def find_device(name: str = "") -> str:
    """The device called name; without a name, cuda, else mps, else cpu, whichever is available.

    ValueError for a device that does not work here.
    """
    available = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    name = name or next((device for device, here in available.items() if here()), "cpu")
    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, ImportError):
        raise ValueError(
            f"device {name!r} is not available: give 'cpu', or install what it needs"
        ) from None
    return name


def has_bfloat16(device: str | torch.device) -> bool:
    """Whether a device multiplies matrices faster in bfloat16 than in float32."""
    kind = torch.device(device).type
    if kind == "cpu":  # without these instructions it would take 20 times as long
        return bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    return kind == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def check_compile(device: str) -> None:
    """ValueError if torch.compile does not work on this device."""
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(1, device=device))
    except Exception as error:  # without a compiler it may raise anything
        what = " ".join(str(error).split())[:80]
        raise ValueError(f"torch.compile does not work here ({what}): leave it out") from None
