"""Words that stood earlier in the same story: what they cost a model, and who looks back."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from gptlib.attention import attention_maps
from gptlib.data import IGNORE
from gptlib.tokenizer import WordTokenizer, split_words
from gptlib.train import token_losses
from gptlib.world import TOLD, Story, recalls, surprisals


class Lookups:
    """The words of some stories that a reader knows because the same words stood there before.

    idx, targets: (B, T) int64, the stories as tokens, from start to end, one in each row
    kinds: (W) names of TOLD, one for each word, story after story
    row, at: (W) int64, where it is asked for: targets[row, at] are the words themselves
    stood: (W, T) bool, the columns of idx[row] that hold the same word
    """

    def __init__(self, stories: Sequence[Story], tokenizer: WordTokenizer) -> None:
        tokens = [
            torch.tensor([tokenizer.start, *tokenizer.encode(story.text), tokenizer.end])
            for story in stories
        ]
        self.idx = pad_sequence([ids[:-1] for ids in tokens], True, tokenizer.pad)
        self.targets = pad_sequence([ids[1:] for ids in tokens], True, IGNORE)
        found = [
            (row, *recall)
            for row, story in enumerate(stories)
            for recall in recalls(story, split_words(story.text), surprisals(story.text))
        ]
        self.row, self.at = np.array([(row, at) for row, at, _, _ in found]).T
        self.kinds = np.array([kind for _, _, kind, _ in found])
        self.stood = np.zeros((len(found), self.idx.shape[1]), bool)
        for word, (_, _, _, earlier) in enumerate(found):
            self.stood[word, np.array(earlier) + 1] = True  # token 0 is start

    def by_kind(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """values (W, ...), one for each word, apart for each kind of TOLD."""
        return {kind: values[self.kinds == kind] for kind in TOLD}

    @torch.no_grad()
    def costs(self, model: nn.Module) -> np.ndarray:
        """What each word costs model, in nats, (W)."""
        return token_losses(model, (self.idx, self.targets)).numpy()[self.row, self.at]

    def maps(self, model: nn.Module) -> Tensor:
        """The attention weights of all layers, (N, B, H, T, T)."""
        return torch.stack([torch.tensor(w) for w in attention_maps(model, self.idx).values()])

    def looks(self, model: nn.Module) -> np.ndarray:
        """The weight, for each head, on where a word stood while it is asked for, (W, N, H)."""
        rows = self.maps(model).numpy()[:, self.row, :, self.at]
        return (rows * self.stood[:, None, None]).sum(-1)

    def even(self) -> np.ndarray:
        """What `looks` would be for a head that looks at all tokens alike, (W)."""
        return self.stood.sum(-1) / (self.at + 1)

    def repeated(self) -> np.ndarray:
        """Whether the word before one also stood before one of those earlier ones, (W) bool."""
        idx = self.idx.numpy()
        before = np.roll(self.stood, -1, axis=1)
        return ((idx[self.row] == idx[self.row, self.at][:, None]) & before).any(-1)
