"""Where tensors are and what computes with them."""

import torch


def best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def check_device(name: str) -> None:
    """ValueError for a device that is not here."""
    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, ImportError):
        raise ValueError(
            f"device {name!r} is not here: give 'cpu', or install what it needs"
        ) from None


def check_compile(device: str) -> None:
    """ValueError where torch.compile finds no compiler that works."""
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(1, device=device))
    except Exception as error:  # whatever a compiler that is not there may raise
        what = " ".join(str(error).split())[:80]
        raise ValueError(f"torch.compile does not work here ({what}): leave it out") from None
