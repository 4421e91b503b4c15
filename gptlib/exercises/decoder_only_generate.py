"""The check of notebook 05's exercise on generating text with a KV cache."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gptlib.cache import KeyValueCache
from gptlib.config import GPTConfig
from gptlib.exercises.checking import NOT_YET, RIGHT, Stopped, described, in_words
from gptlib.exercises.modules import close, ordinary
from gptlib.gpt import GPT

Choose = Callable[[Tensor], Tensor]
Generate = Callable[[GPT, Tensor, int, Choose], Tensor]
V = 11


class Read(NamedTuple):
    """One call of the model: the tokens it was given, (B, T), and the cache, if there was one."""

    tokens: Tensor
    cache: KeyValueCache | None


class Trial:
    """A model and a prompt; what the model reads, and what is asked of `choose`, is written down.

    B rows of P tokens, to be continued by `new`, in a window of W.
    """

    def __init__(self, B: int, P: int, new: int, W: int) -> None:
        self.model = ordinary(GPT(GPTConfig(V, W, 2, 2, 8, dropout=0.0))).requires_grad_(False)
        self.idx = torch.randint(V, (B, P), generator=torch.Generator().manual_seed(P))
        self.new, self.W, self.reads, self.asked = new, W, [], []
        self.logits, self.longer = self._text(new + 1)
        self.want = self.longer[:, : P + new]
        self.model.register_forward_pre_hook(self._note, with_kwargs=True)

    def _text(self, new: int) -> tuple[list[Tensor], Tensor]:
        """Each step's logits, and the text, when all of the window is read at each step."""
        text, logits = self.idx, []
        for _ in range(new):
            logits.append(self.model(text[:, -self.W :])[:, -1])
            text = torch.cat([text, self._chosen(logits[-1])[:, None]], dim=1)
        return logits, text

    @staticmethod
    def _chosen(logits: Tensor) -> Tensor:
        """The second likeliest token: whoever does not ask takes another."""
        return logits.topk(2).indices[:, 1]

    def _note(self, model: GPT, given: tuple, named: dict) -> None:
        given = dict(zip(("idx", "cache"), given, strict=False)) | named
        self.reads.append(Read(given["idx"].clone(), given.get("cache")))

    def choose(self, logits: Tensor) -> Tensor:
        if logits.shape != (len(self.idx), V):
            raise ValueError(
                f"choose takes the logits of the last position, {(len(self.idx), V)}, and was "
                f"given {tuple(logits.shape)}"
            )
        self.asked.append(logits.clone())
        return self._chosen(logits)

    @property
    def lengths(self) -> list[int]:
        """How many tokens each call reads."""
        return [read.tokens.shape[1] for read in self.reads]

    def __str__(self) -> str:
        P = self.idx.shape[1]
        return f"a prompt of {P}, new = {self.new} and block_size = {self.W}"


AGAIN = "Everything is read again at each step"
FULL = "read the last block_size tokens, without the cache"


@in_words("a tensor of token ids, (B, T + new)")
def check_generate(mine: Generate) -> str:
    """Notebook 05: mine(model, idx, new, choose) continues idx, (B, T), to (B, T + new).

    It reads the prompt once and then each new token alone, and more than block_size tokens
    without a cache. choose: (B, V) logits -> (B,) tokens.
    """
    trial = Trial(B=2, P=4, new=5, W=20)
    try:
        got = mine(trial.model, trial.idx.clone(), trial.new, trial.choose)
    except Stopped as stopped:
        return _misread(trial) or str(stopped)
    if got is None:
        return NOT_YET
    if not isinstance(got, Tensor):
        return f"Return the text, one tensor of shape (B, T + new): yours is {described(got)}."
    if not trial.reads:
        return "The model is never called: its logits say what may come next."
    if not trial.asked:
        return "You choose the tokens yourself: call choose(logits), which may sample or be greedy."
    says = _miswritten(got, trial) or _misread(trial) or _different(got, trial)
    return says or _other_sizes(mine)


def _miswritten(got: Tensor, trial: Trial) -> str | None:
    """The usual mistake that the text got shows, if it is one."""
    P, want = trial.idx.shape[1], trial.want
    for values, says in [
        (want[:, P:], "These are the new tokens alone: return idx with them."),
        (want[:, :-1], "The last new token is missing: append it too, before you return."),
        (trial.longer, "There is a token too many: stop after new of them."),
        *(
            (
                torch.cat([want[:, :P], text[:, P + 1 :]], dim=1),
                "The first new token is missing: append the one that follows the prompt.",
            )
            for text in (want, trial.longer)
        ),
        (want[:, -trial.W :], "The beginning is cut off: read only the window, but return it all."),
        (want[:, 1:], "The first token of the prompt is missing: return all of it."),
        (want.T, "Rows and columns are swapped: return (B, T + new)."),
    ]:
        if torch.equal(got, values) and not torch.equal(got, want):
            return says
    return None


def _misread(trial: Trial) -> str | None:
    """What is wrong with what the model was given to read, if anything is."""
    P, lengths = trial.idx.shape[1], [read.tokens.shape[1] for read in trial.reads]
    growing = [P + n for n in range(len(lengths))]
    caches = [read.cache for read in trial.reads]
    if not lengths:
        return None
    if not any(caches):
        if lengths == growing:
            return f"{AGAIN}: make a cache once, and give it to every call of the model."
        return "The model gets no cache, so it forgets what it read: call model(idx, cache)."
    if caches[0] is None:
        return "The first call has no cache: the prompt has to fill it, model(idx, cache)."
    if None in caches:
        return "Some calls have no cache: as long as the text fits, each of them gets it."
    if len({id(cache) for cache in caches}) > 1:
        return "You make a new cache, which is empty, at each step: make one, before the loop."
    if lengths[1:] and lengths == growing:
        return f"{AGAIN}, though the cache holds it: after the prompt give only the new token."
    if any(len(read.tokens) != len(trial.idx) for read in trial.reads):
        return "You read one row at a time: the model takes all rows of idx at once."
    first, read = trial.reads[0].tokens, torch.cat([r.tokens for r in trial.reads], dim=1)
    if lengths[0] == 1 and torch.equal(first, trial.idx[:, -1:]):
        return "Only the prompt's last token is read: first fill the cache with all of the prompt."
    if lengths[:P] == [1] * P:
        return "The prompt is read token by token: one call can read all of it at once."
    if not torch.equal(read[:, :P], trial.idx):
        return "The model does not read the prompt as it is: give it all of idx, from the start."
    if lengths[0] == P and torch.equal(read[:, P : P + 1], trial.idx[:, -1:]):
        return "The prompt's last token is read twice: after the prompt read the token just chosen."
    if read.shape[1] == P + trial.new:
        return "One read too many: you do not need what follows the last new token."
    if read.shape[1] != P + trial.new - 1 and len(trial.asked) >= trial.new:
        return f"Your calls read {lengths} tokens: read the {P} of the prompt, then 1 at a time."
    return None


def _different(got: Tensor, trial: Trial) -> str | None:
    """What is wrong with the text got where no usual mistake shows, if anything is."""
    P = trial.idx.shape[1]
    if len(trial.asked) != trial.new:
        times = f"{len(trial.asked)} times for new = {trial.new}"
        return f"choose is called {times}: call it once for each new token."
    if got.shape != trial.want.shape:
        shapes = f"{tuple(got.shape)}: it should be {tuple(trial.want.shape)}"
        return f"Your text has the shape {shapes}, idx with one token a row for each step."
    if got.dtype != trial.idx.dtype:
        return f"Your text holds {got.dtype}: token ids are whole numbers, {trial.idx.dtype}."
    if not torch.equal(got[:, :P], trial.idx):
        return "The prompt is changed: leave it as it is, and append to it."
    same = [close(logits, right) for logits, right in zip(trial.asked, trial.logits, strict=False)]
    if all(same) and torch.equal(got, trial.want):
        return None
    if close(trial.asked[0], trial.logits[0].softmax(-1)):
        return "choose takes logits: you give it probabilities."
    if not same[0]:
        return "choose should get the logits of the last position: logits[:, -1]."
    return f"For {trial} the new tokens are not those that are found without a cache."


def _other_sizes(mine: Generate) -> str:
    """RIGHT if a right function is also right where the window is full, and for other sizes."""
    for B, P, new, W in [(2, 4, 7, 6), (3, 9, 3, 6), (1, 6, 2, 6), (1, 1, 3, 8), (2, 3, 0, 8)]:
        trial = Trial(B, P, new, W)
        full = P + new - 1 > W  # what the last token is found from
        try:
            got = mine(trial.model, trial.idx.clone(), new, trial.choose)
        except Stopped as stopped:
            if full:
                return f"Right until the window is full: then {FULL}. {stopped}"
            return f"Right, but not for {trial}. {stopped}"
        if says := _miswritten(got, trial) or _different(got, trial):
            if full and got.shape == trial.want.shape:
                return (
                    "Right until the window is full: then nothing in the cache is valid, "
                    f"so {FULL}."
                )
            return f"For {trial}: {says}"
        lengths = [read.tokens.shape[1] for read in trial.reads]
        enough = [W if P + n > W else 1 if n else P for n in range(new)]
        if new and sum(lengths) > sum(enough):
            return f"For {trial} your calls read {lengths} tokens, and {enough} are enough."
    return RIGHT
