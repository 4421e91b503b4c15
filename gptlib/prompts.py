"""Prompts with none, one or many examples; an answer that is chosen, and one that is written."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from gptlib.answers import read, tokens_of
from gptlib.bpe import BPETokenizer
from gptlib.documents import before_end, end_of_text
from gptlib.eval_mode import evaluating
from gptlib.finetune import log_probs
from gptlib.sampling import beam_search
from gptlib.web.examples import LISTS, ExampleList, Lists

NEUTRAL = "Answer:"  # a prompt that asks nothing: "answer context" in the GPT-3 paper


def few_shot(
    examples: Iterable[tuple[str, str]], question: str, form: str = "{} -> {}", task: str = ""
) -> str:
    r"""A prompt with a line for the task, if there is one, and for each example, and a question.

    Zero-shot with no example, one-shot with one. A blank that would come before the answer is left
    out, since it belongs to the answer's first token.

    >>> few_shot([("kite", "k"), ("drum", "d")], "pear", "{}: {}", task="The first letter")
    'The first letter\nkite: k\ndrum: d\npear:'
    """
    lines = [task] if task else []
    lines += [form.format(asked, answered) for asked, answered in examples]
    before, between, _ = form.split("{}")
    return "\n".join([*lines, before + question + between.rstrip()])


def choice_scores(
    model: nn.Module,
    tokenizer: BPETokenizer,
    prompt: str,
    choices: Sequence[str],
    by: Literal["sum", "mean", "neutral"] = "mean",
) -> list[float]:
    """How well each choice goes on from a prompt, in nats; the highest is the model's answer.

    choices: as they go on from prompt, beginning with a blank if one has to come
    by: "sum" is ln P(choice | prompt); "mean" divides it by the number of tokens, as the GPT-3
        paper does for most tasks; "neutral" subtracts ln P(choice | NEUTRAL), as for some, so that
        an answer is not preferred for being common

    ValueError for fewer than two choices and for an empty one; other errors as of model. Section
    2.4 of Brown et al. (2020).
    """
    if len(choices) < 2 or not all(choices):
        raise ValueError(f"the choices are {list(choices)}: give two or more, none of them empty")
    end, endings = end_of_text(tokenizer), [tokenizer.encode(choice) for choice in choices]

    def means(prompt: str) -> Tensor:
        return log_probs(model, [end, *tokenizer.encode(prompt)], endings)

    if by == "mean":
        return means(prompt).tolist()
    difference = means(prompt) - (means(NEUTRAL) if by == "neutral" else 0)
    return (difference * torch.tensor([*map(len, endings)])).tolist()


@torch.no_grad()
def answer(
    model: nn.Module,
    tokenizer: BPETokenizer,
    prompt: str,
    max_new_tokens: int = 16,
    beam_width: int = 4,
    length_penalty: float = 0.6,
) -> str:
    """The line that a model writes after a prompt, found by `beam_search`; blanks around it go.

    It ends with a line break, or after max_new_tokens. The defaults for the search are those of
    Brown et al. (2020), section 2.4. Errors as of `beam_search`, and as of model.
    """
    (end,) = tokenizer.encode("\n")
    idx = _asked(model, tokenizer, prompt)
    longest = torch.tensor([max_new_tokens], device=idx.device)
    with evaluating(model):
        found = beam_search(
            lambda idx: model(idx)[:, -1], idx, end, longest, beam_width, length_penalty
        )
    return _line(tokenizer, found[0, idx.shape[1] :])


@torch.no_grad()
def likeliest(
    model: nn.Module, tokenizer: BPETokenizer, prompt: str, n: int = 4, max_new_tokens: int = 8
) -> list[str]:
    """The lines that a model writes after a prompt with each of the n likeliest first tokens.

    After these each next token is the likeliest. Blanks around the lines go.
    """
    start = _asked(model, tokenizer, prompt)
    with evaluating(model):
        first = model(start)[0, -1].topk(n).indices
        idx = torch.cat([start.expand(n, -1), first[:, None]], dim=1)
        for _ in range(max_new_tokens - 1):
            idx = torch.cat([idx, model(idx)[:, -1:].argmax(-1)], dim=1)
    return [_line(tokenizer, row) for row in idx[:, start.shape[1] :]]


def _asked(model: nn.Module, tokenizer: BPETokenizer, prompt: str) -> Tensor:
    """A prompt as the model reads it, (1, T)."""
    start = [end_of_text(tokenizer), *tokenizer.encode(tokenizer.as_prompt(prompt))]
    return torch.tensor([start], device=next(model.parameters()).device)


def _line(tokenizer: BPETokenizer, new: Tensor) -> str:
    """The line with which new tokens (T) begin, without blanks around it."""
    (end,) = tokenizer.encode("\n")
    line = before_end(before_end(new.tolist(), end), end_of_text(tokenizer))
    return tokenizer.decode(line).strip()


def line_probs(
    model: nn.Module, tokenizer: BPETokenizer, prompt: str, answers: Sequence[str]
) -> list[float]:
    """How likely a model finds it that a prompt goes on with each answer and ends its line there.

    Errors as of `choice_scores`.
    """
    lines = [f" {answer}\n" for answer in answers]
    return [math.exp(nats) for nats in choice_scores(model, tokenizer, prompt, lines, "sum")]


def right_by_examples(
    model: nn.Module, tokenizer: BPETokenizer, told: Sequence[ExampleList], lists: Lists = LISTS
) -> dict[str, dict[int, list[tuple[bool, bool]]]]:
    """Whether a model is right about each line that needs its list, and the best reader of `lists`.

    Returns family -> number of examples before the line -> both, for each such line of the lists
    told. Lists that say the name of their rule are a family of their own: "rules, named". The model
    is right if each token of the answer is the likeliest one.
    """
    found = {}
    for each, got in zip(told, read(model, tokenizer, told), strict=True):
        by_k = found.setdefault(each.family + ", named" * (each.named != ""), {})
        for k, example in enumerate(each.examples):
            if each.needs_list(k):
                known = lists.best(each, k)
                knows = max(known, key=known.get) == example.right
                by_k.setdefault(k, []).append((got.right[k], knows))
    return found


def shares_right(
    model: nn.Module, tokenizer: BPETokenizer, told: Sequence[ExampleList], least: int
) -> dict[str, float]:
    """Family -> the share of answers that a model has right after so many or more examples.

    Which lines count, and what is right, is said in `right_by_examples`; here, lists that say the
    name of their rule are among the others.
    """
    found = {}
    for name, by_k in right_by_examples(model, tokenizer, told).items():
        right = [right for k, each in by_k.items() if k >= least for right, _ in each]
        found.setdefault(name.split(",")[0], []).extend(right)
    return {family: sum(each) / len(each) for family, each in sorted(found.items())}


def own_questions(
    lists: Sequence[ExampleList], tokenizer: BPETokenizer
) -> tuple[Tensor, Tensor, Tensor]:
    """Lists as in `earlier_answers`, and in them the way to the question of each line.

    Returns idx (B, T) and two masks (B, T, T), both for the last token of each question: seen from
    the position from which its answer begins, and from the first token of the answer.
    """
    idx, rows = _padded(lists, tokenizer)
    masks = torch.zeros(2, *idx.shape, idx.shape[1], dtype=torch.bool)
    for b, (told, ids) in enumerate(zip(lists, rows, strict=True)):
        text = told.text
        for question, answer in zip(told.questions, told.answers, strict=True):
            # Column 0 is END_OF_TEXT, so that the token before this one is at its number.
            asked = tokens_of(question, text, ids, tokenizer).stop
            begins = tokens_of(answer.place, text, ids, tokenizer).start
            masks[0, b, begins, asked] = masks[1, b, begins + 1, asked] = True
    return idx, *masks


def earlier_answers(lists: Sequence[ExampleList], tokenizer: BPETokenizer) -> tuple[Tensor, Tensor]:
    """Lists as a model reads them, and where in them each answer was given before.

    Returns idx (B, T), each row padded with its first token, END_OF_TEXT, and `where` (B, T, T):
    a row of it is a position from which an answer begins, and True are the first tokens of that
    answer in earlier lines, if these lines are right and have the same right answer.
    """
    idx, rows = _padded(lists, tokenizer)
    where = torch.zeros(*idx.shape, idx.shape[1], dtype=torch.bool)
    for b, (told, ids) in enumerate(zip(lists, rows, strict=True)):
        first = [tokens_of(a.place, told.text, ids, tokenizer).start for a in told.answers]
        for k, example in enumerate(told.examples):
            for i, earlier in enumerate(told.examples[:k]):
                if earlier.answer == earlier.right == example.right:
                    where[b, first[k], first[i] + 1] = True  # column 0 is END_OF_TEXT
    return idx, where


def _padded(
    lists: Sequence[ExampleList], tokenizer: BPETokenizer
) -> tuple[Tensor, list[list[int]]]:
    """Lists as a model reads them, idx (B, T), padded with END_OF_TEXT; and the ids of each."""
    end, rows = end_of_text(tokenizer), [tokenizer.encode(told.text) for told in lists]
    idx = torch.full((len(lists), 1 + max(map(len, rows))), end)
    for b, ids in enumerate(rows):
        idx[b, 1 : len(ids) + 1] = torch.tensor(ids)
    return idx, rows
