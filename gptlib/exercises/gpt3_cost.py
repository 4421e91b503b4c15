"""The check for the exercise of notebook 10 on floating-point operations."""

from collections.abc import Callable

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, named

OF_A_BLOCK = (
    "C * C numbers in the matrices of a block. It has 12 * C * C: four times C * C in attention, "
    "and twice 4 * C * C in the feed-forward layer."
)


@in_words("a number")
def check_flops(mine: Callable[[int, int, int, int], float]) -> str:
    """Notebook 10: mine(n_layer, n_embd, vocab_size, T) is what training costs for each token.

    In floating-point operations; every product of matrices counts, the logits' and attention's too.
    """
    for n_layer, C, V, T in ((3, 8, 50, 20), (12, 768, 50_257, 2048)):
        got = mine(n_layer, C, V, T)
        if got is None:
            return NOT_YET
        linear, logits, attention = 12 * n_layer * C * C, C * V, 2 * n_layer * T * C
        right = 6 * (linear + logits + attention)
        diagnoses = [
            (right, RIGHT),
            (right / 3, "That is the forward pass: the backward pass costs twice as much again."),
            (right * 2 / 3, "The backward pass costs twice the forward one: three times in all."),
            (right / 2, "A multiply-add is two operations, a product and a sum."),
            (
                right / 6,
                "These are the multiply-adds of the forward pass: each is two operations, "
                "and the backward pass costs twice as much again.",
            ),
            (6 * (linear + logits), "Attention is missing: q meets T keys, and T weights meet v."),
            (6 * (linear + attention), "The logits are missing: n_embd times vocab_size."),
            (6 * linear, "The logits and the two products of attention are missing."),
            (
                6 * (linear + logits + attention / 2),
                "Attention has two products: scores, and what is mixed of the values.",
            ),
            (
                6 * (linear + logits + n_layer * T * T * C * 2),
                "Count for one token: it meets T keys, not T * T.",
            ),
            (
                right + 6 * C * V,
                "The table of tokens is read, not multiplied with: count C * V "
                "once, for the logits.",
            ),
            *(
                (6 * (n * n_layer * C * C + logits + attention), f"You count {n} * {OF_A_BLOCK}")
                for n in (4, 5, 6, 8, 9, 11)
            ),
        ]
        says = named(float(got), diagnoses)
        if says is None:
            sizes = f"n_layer = {n_layer}, n_embd = {C}, vocab_size = {V}, T = {T}"
            return f"For {sizes} it should be {right:,}, not {float(got):,.0f}."
        if says != RIGHT:
            return says
    return RIGHT
