"""Translating: sentences in, sentences out."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from gptlib.eval_mode import evaluating
from gptlib.sampling import beam_search
from gptlib.tokenizer import WordTokenizer
from gptlib.transformer import Transformer


def translate(
    model: Transformer,
    tokenizer: WordTokenizer,
    texts: Sequence[str],
    beam_width: int = 4,
    length_penalty: float = 0.6,
    batch_size: int = 100,
) -> list[str]:
    """The translation of each of texts, in their order, found by `beam_search`.

    ValueError for a text that is empty, too long or has unknown words, for a beam_width or
    batch_size below 1, and for another tokenizer than the model's.
    """
    if isinstance(texts, str):
        raise ValueError(f"texts is one text, {texts!r}: give a list of them")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: give 1 or more")
    config = model.config
    if (config.vocab_size, config.pad) != (tokenizer.vocab_size, tokenizer.pad):
        raise ValueError(
            f"the model was made for {config.vocab_size} tokens with pad {config.pad}, the "
            f"tokenizer has {tokenizer.vocab_size} and {tokenizer.pad}: "
            "give those that belong together"
        )
    sources = [torch.tensor(tokenizer.encode(text)) for text in texts]
    by_length = sorted(range(len(texts)), key=lambda i: len(sources[i]))
    found = [""] * len(texts)
    for k in range(0, len(texts), batch_size):
        rows = by_length[k : k + batch_size]
        src = pad_sequence([sources[i] for i in rows], True, tokenizer.pad)
        idx = translate_batch(model, src, beam_width, length_penalty)
        for i, row in zip(rows, idx, strict=True):
            found[i] = tokenizer.decode(row)
    return found


@torch.no_grad()
def translate_batch(
    model: Transformer, src: Tensor, beam_width: int = 4, length_penalty: float = 0.6
) -> Tensor:
    """The translation of each row of src, (B, S), as `beam_search` returns it: (B, T).

    It has at most 50 tokens more than its source, as in Vaswani et al. (2017), section 6.1, and
    no more than the model has positions. There is no cache: each new token takes a pass over all
    tokens before it.
    """
    device = model.tok_emb.weight.device
    with evaluating(model):
        memory, mask = model.encode(src.to(device))

        def next_logits(idx: Tensor) -> Tensor:
            K = len(idx) // len(src)  # hypotheses for each source
            sources = memory.repeat_interleave(K, dim=0), mask.repeat_interleave(K, dim=0)
            return model.decode(idx, *sources)[:, -1]

        start = torch.full((len(src), 1), WordTokenizer.start, device=device)
        longest = (mask.sum((1, 2)) + 50).clamp(max=model.config.block_size - 1)
        return beam_search(
            next_logits, start, WordTokenizer.end, longest, beam_width, length_penalty
        )
