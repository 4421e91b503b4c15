"""The reader: the smallest language model that looks back."""

from torch import Tensor, nn


class Reader(nn.Module):
    """Guesses from the last token, and from what looking back once adds to it.

    vocab_size: V; n_embd: C
    look: takes (B, T, C) and returns as much: `Head`, `MultiHeadAttention`, ...
    pos_emb: takes T and returns (T, C); None for a model that does not know where it is
    """

    def __init__(
        self, vocab_size: int, n_embd: int, look: nn.Module, pos_emb: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.tok_emb = nn.Embedding(vocab_size, n_embd)
        nn.init.normal_(self.tok_emb.weight, std=0.25)  # small beside the waves of positions
        self.pos_emb = pos_emb
        self.look = look
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx: Tensor) -> Tensor:
        """idx: (B, T) token ids. Returns logits (B, T, V)."""
        x = self.tok_emb(idx)
        B, T, C = x.shape
        if self.pos_emb is not None:
            x = x + self.pos_emb(T)  # (B, T, C)
        return self.lm_head(x + self.look(x))
