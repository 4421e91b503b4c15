"""nanoGPT, where the environment variable NANOGPT names a checkout of it."""

import importlib.util
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

CHECKOUT = Path(os.environ["NANOGPT"]).resolve() if os.environ.get("NANOGPT") else None
MISSING = "without nanoGPT: NANOGPT names no checkout of it, such as `NANOGPT=../nanoGPT`"

# The defaults of its train.py, and the rates of its config/train_shakespeare_char.py.
DECAY, RATE, BETAS, CLIP = 0.1, 1e-3, (0.9, 0.99), 1.0


def load():
    """Its model.py, imported once."""
    if "nanogpt_model" not in sys.modules:
        spec = importlib.util.spec_from_file_location("nanogpt_model", CHECKOUT / "model.py")
        sys.modules["nanogpt_model"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["nanogpt_model"])
    return sys.modules["nanogpt_model"]


def make(**sizes):
    with redirect_stdout(StringIO()):  # it prints how many parameters it has
        return load().GPT(load().GPTConfig(**sizes))


def optimizer(model):
    with redirect_stdout(StringIO()):
        return model.configure_optimizers(DECAY, RATE, BETAS, "cpu")
