"""The LSTM: a language model without attention, against which GPT-1 was measured."""

import math

import torch.nn.functional as F
from torch import Tensor, nn


class LSTM(nn.Module):
    """A language model with one LSTM layer between a token embedding and the same table again.

    It reads one token after the other, and all that it knows of earlier ones is in two vectors
    (Hochreiter and Schmidhuber, 1997). In Table 5 of Radford et al. (2018) it has 2,048 channels.

    vocab_size: V; n_embd: C
    """

    def __init__(self, vocab_size: int, n_embd: int) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(vocab_size, n_embd)
        # Hidden states lie between -1 and 1, so with these all tokens are about as likely at first.
        nn.init.normal_(self.tok_emb.weight, std=1 / math.sqrt(n_embd))
        self.lstm = nn.LSTM(n_embd, n_embd, batch_first=True)

    def forward(self, idx: Tensor) -> Tensor:
        """idx: (B, T) int64. Returns the logits (B, T, V) of what follows each of its tokens."""
        return self.logits(self.hidden(idx))

    def hidden(self, idx: Tensor) -> Tensor:
        """The hidden states (B, T, C) from which `forward` computes the logits."""
        return self.lstm(self.tok_emb(idx))[0]

    def logits(self, x: Tensor) -> Tensor:
        """The logits (..., V) of the next token, from hidden states x, (..., C)."""
        return F.linear(x, self.tok_emb.weight)

    def state(self) -> dict:
        """What `from_state` needs to make a model of this size, in types that JSON has."""
        V, C = self.tok_emb.weight.shape
        return {"vocab_size": V, "n_embd": C}

    @classmethod
    def from_state(cls, state: dict) -> "LSTM":
        """A new model of the sizes in state. TypeError for an invalid state."""
        return cls(**state)
