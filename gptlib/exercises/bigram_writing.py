"""The check of notebook 01's `generate`."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words

MISTAKES = {
    "last token": "You give the model the last token alone: give it all tokens so far, each time.",
    "prompt": "You give the model the same idx each time: append each new token to it first.",
    "window": "You drop the first token with every new one: give the model all tokens so far.",
    "first": "You draw from the logits of the first position: take those of the last, [:, -1].",
    "mean": "You average the logits over positions: take those of the last, [:, -1].",
    "rows": "Every row gets the new tokens of the first row: draw one for each row.",
    "front": "New tokens go to the end of the row: torch.cat([idx, new], dim=1).",
}


class Sure(nn.Module):
    """A model that is sure of its next token, which depends on all tokens and on their places."""

    def __init__(self, V: int) -> None:
        super().__init__()
        self.V = V

    def forward(self, idx: Tensor) -> Tensor:
        B, T = idx.shape
        following = ((idx + 1) * torch.arange(1, T + 1)).cumsum(1) % self.V
        # It is surer at some places than at others, so that a mean over them has no ties.
        return F.one_hot(following, self.V) * (1500 + 1000 * torch.arange(T).cos()[:, None])


class Unsure(nn.Module):
    """A model whose next token has always the same logits, and other ones before the end."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, idx: Tensor) -> Tensor:
        B, T = idx.shape
        logits = self.logits.flip(0).expand(B, T, -1).clone()
        logits[:, -1] = self.logits
        return logits


@in_words("a tensor of shape (B, T + new)")
def check_continue(
    mine: Callable[[nn.Module, Tensor, int, float, torch.Generator], Tensor],
) -> str:
    """Notebook 01: mine(model, idx, new, temperature, generator) continues each row of idx.

    idx: (B, T) int64. Returns (B, T + new).
    """
    model, new = Sure(7), 5
    idx = torch.tensor([[6, 3, 4], [5, 2, 0]])
    got = mine(model, idx.clone(), new, 1.0, torch.Generator().manual_seed(0))
    if got is None:
        return NOT_YET
    got = torch.as_tensor(got)
    if says := _misshapen(got, idx, new):
        return says
    if got.is_floating_point():
        return f"Yours contains {got.dtype}: token ids are whole numbers."
    want = _continued(model, idx, new)
    for mistake, says in MISTAKES.items():
        if torch.equal(got, _continued(model, idx, new, mistake)):
            return says
    if not torch.equal(got[:, :3], idx):
        return "Your rows should begin with those of idx, unchanged."
    if not torch.equal(got, want):
        yours, right = got[0, 3:].tolist(), want[0, 3:].tolist()
        return f"A model that is sure goes on with {right}, and your first row with {yours}."
    return _draws(mine)


def _misshapen(got: Tensor, idx: Tensor, new: int) -> str | None:
    """What is wrong with the shape of got, if it is not (B, T + new)."""
    (B, T), shape = idx.shape, tuple(got.shape)
    if shape == (B, T + new):
        return None
    if shape == (B, new) and torch.equal(got[:, :T], idx):
        return f"You stop when a row has {new} tokens: append {new} to the ones already there."
    if shape == (B, new):
        return "You return the new tokens alone: return idx with them appended."
    if shape in ((T + new,), (1, T + new), (new,), (1, new)):
        return f"You continue one row: there are {B}, and each gets its own tokens."
    if shape in ((B, T + new - 1), (B, T + new + 1)):
        how = "few" if shape[1] < T + new else "many"
        return f"One token too {how}: append {new} to each row."
    if shape == (B, T + 1):
        return f"You append one token: repeat it until there are {new} new ones."
    return f"Return (B, T + new), here {(B, T + new)}: yours is {described(got)}."


def _continued(model: nn.Module, idx: Tensor, new: int, mistake: str = "") -> Tensor:
    """What a model that is sure goes on with, with one mistake if it is named."""
    prompt = idx
    B, T = idx.shape
    for _ in range(new):
        given = {"last token": idx[:, -1:], "prompt": prompt, "window": idx[:, -T:]}
        logits = model(given.get(mistake, idx))
        at = {"first": logits[:, 0], "mean": logits.mean(1)}.get(mistake, logits[:, -1])
        token = at.argmax(-1, keepdim=True)
        if mistake == "rows":
            token = token[:1].expand(B, 1)
        idx = torch.cat([token, idx] if mistake == "front" else [idx, token], dim=1)
    return idx


def _draws(mine: Callable) -> str:
    """RIGHT if the tokens are drawn as they should be; otherwise what is wrong."""
    z, temperature, B, T = torch.tensor([2.0, 1.0, 0.0, -1.0]), 1.5, 2000, 2
    idx = torch.zeros(B, T, dtype=torch.int64)
    got, again = (
        torch.as_tensor(mine(Unsure(z), idx.clone(), 2, temperature, g.manual_seed(0)))
        for g in (torch.Generator(), torch.Generator())
    )
    if got.shape != (B, T + 2):
        return f"Right, but not for idx of shape {(B, T)}: yours is {described(got)}."
    tokens = got[:, T:]
    if (tokens == 0).all():
        return "You always take the likeliest: draw from the probabilities, with multinomial."
    if (tokens == tokens[0]).all():
        return "Every row gets the same tokens: draw one for each row."
    if torch.equal(tokens[:, 0], tokens[:, 1]):
        return "You draw once and repeat it: draw again for each new token."
    if not torch.equal(got, again):
        return "The same seed gives different tokens: pass the generator on to multinomial."
    share = torch.bincount(tokens.flatten(), minlength=4) / tokens.numel()
    probs = z.softmax(0)
    diagnoses = [
        ((z / temperature).softmax(0), RIGHT),
        ((z * temperature).softmax(0), "You multiply by the temperature: divide the logits by it."),
        (
            probs,
            "The temperature makes no difference: divide the logits by it, before the softmax.",
        ),
        (
            (probs / temperature).softmax(0),
            "You divide the probabilities by the temperature: divide the logits.",
        ),
        (probs.softmax(0), "You take a softmax of a softmax: one is enough."),
        (torch.full((4,), 0.25), "All tokens come equally often: draw with their probabilities."),
        (
            (z.flip(0) / temperature).softmax(0),
            "You draw from the logits of an earlier position: take those of the last, [:, -1].",
        ),
    ]
    for wanted, says in diagnoses:
        # The standard error of a share of 4,000 draws is below 0.008.
        if len(share) == 4 and (share - wanted).abs().max() < 0.03:
            return _sizes(mine) if says == RIGHT else says
    right = [round(p, 2) for p in diagnoses[0][0].tolist()]
    yours = [round(p, 2) for p in share.tolist()]
    says = f"At temperature {temperature} the tokens should come as often as {right}"
    return f"{says}, and yours come as often as {yours}."


def _sizes(mine: Callable) -> str:
    """RIGHT if a right function is right for other sizes, too."""
    for B, T, new in ((1, 1, 3), (3, 4, 1), (2, 2, 0)):
        model, idx = Sure(5), torch.arange(B * T).view(B, T) % 5
        got = mine(model, idx.clone(), new, 0.5, torch.Generator().manual_seed(0))
        want = _continued(model, idx, new)
        if got is None or not torch.equal(torch.as_tensor(got), want):
            return f"Right, but not for B = {B}, T = {T} and new = {new}."
    return RIGHT
