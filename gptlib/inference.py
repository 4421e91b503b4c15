"""A trained model made ready to write token by token on a CPU: other layouts, or 8-bit weights.

For each token every matrix is read from memory and multiplied with a single row. So what counts is
how many bytes that is, and in which order they are read.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gptlib.gpt import GPT

GROUP = 256  # weights that share a scale
FEW = 16  # for more rows at once it is faster, in GPT-2 small, to unpack the weights first


def lay_out(model: nn.Module) -> nn.Module:
    """Lay out the matrices of a model so that the longer side runs along memory (column-major).

    Shapes and values stay the same. A matrix that is too large for the CPU's caches is then read
    faster when it is multiplied with a single row. Returns the model itself.
    """
    for p in model.parameters():
        if p.dim() == 2 and p.shape[0] >= p.shape[1]:
            p.data = p.data.t().contiguous().t()
    return model


def quantize(model: GPT) -> GPT:
    """Replace the linear layers of a model by `Int8Linear`, the output layer included.

    The token embedding stays as it is, since for a token only one row of it is read. The model is
    for writing: it cannot be trained, and a checkpoint of it could not be loaded. Returns the model
    itself.
    """
    if model.lm_head is None:
        model.lm_head = Int8Linear(model.tok_emb.weight)
    for part in list(model.modules()):
        for name, layer in list(part.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(part, name, Int8Linear(layer.weight, layer.bias))
    return model


class Int8Linear(nn.Module):
    """A linear layer whose weights are kept in 8 bits; on a CPU, where it computes in float32.

    weight: (M, C), from C inputs to M outputs; bias: (M,)

    This is weight-only quantization. The weights of one input for 256 outputs are a group, the last
    of which is filled up with zeros: each becomes one of 256 numbers, evenly spaced from the lowest
    of its group to the highest.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        M, C = weight.shape
        self.outputs, self.bias = M, bias
        groups = -(-M // GROUP)
        padded = F.pad(weight.detach().float(), (0, 0, 0, groups * GROUP - M))
        rows = padded.view(groups, GROUP, C).mT.reshape(groups * C, GROUP)
        self.packed = torch.ops.quantized.embedding_bag_byte_prepack(rows)
        self.indices = torch.arange(groups * C, dtype=torch.int32).view(groups, 1, C)

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., C). Returns (..., M)."""
        C, M = x.shape[-1], self.outputs
        rows = x.reshape(-1, C).float()
        R, groups = len(rows), len(self.indices)
        if R <= FEW:
            # A row times a matrix is the sum of the matrix's rows, weighted by the row's numbers.
            chosen = self.indices.expand(groups, R, C).flatten()
            sums = torch.ops.quantized.embedding_bag_byte_rowwise_offsets(
                self.packed,
                chosen,
                torch.arange(0, len(chosen), C, dtype=torch.int32),
                per_sample_weights=rows.expand(groups, R, C).flatten(),
            ).view(groups, R, GROUP)
        else:
            unpacked = torch.ops.quantized.embedding_bag_byte_unpack(self.packed)
            sums = rows @ unpacked.view(groups, C, GROUP)
        out = sums.transpose(0, 1).flatten(1)[:, :M]  # (R, M)
        out = out if self.bias is None else out + self.bias
        return out.view(*x.shape[:-1], M).to(x.dtype)
