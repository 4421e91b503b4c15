"""Checks for the exercises of appendix A1 with tensors: momentum, clipping, and Muon's matrices."""

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from gptlib.exercises.checking import NOT_YET, RIGHT, described, in_words
from gptlib.exercises.modules import close, draw, misfit, named_tensor, off

SGDStep = Callable[[Tensor, Tensor, Tensor, float, float, float], Sequence[Tensor]]
Clipped = Callable[[list[Tensor], float], Iterable[Tensor]]
Orthogonalized = Callable[[Tensor], Tensor]


@in_words("the new p and the new velocity, both tensors")
def check_sgd_step(mine: SGDStep) -> str:
    """Appendix A1: mine(p, velocity, gradient, rate, beta, decay) is a step of torch.optim.SGD.

    p, velocity and gradient have one shape; it returns the new p and the new velocity.
    """
    p, velocity, gradient = given = draw((5,), (5,), (5,))
    rate, beta, decay = 0.2, 0.7, 0.3
    pulled = gradient + decay * p
    new = beta * velocity + pulled
    bare = beta * velocity + gradient
    got = mine(*(x.clone() for x in given), rate, beta, decay)
    if got is None:
        return NOT_YET
    if isinstance(got, Tensor) or len(got) != 2:
        return f"Return two tensors, the new p and the new velocity: yours is {described(got)}."
    moved, memory = got
    for x, what in ((moved, "The first, the new p,"), (memory, "The second, the velocity,")):
        if says := misfit(x, p.shape, what):
            return says
    if close(moved, new) and close(memory, p - rate * new):
        return "Swapped: return the new p first, then the velocity."
    if close(moved, p - rate * (bare + decay * p)) and close(memory, bare):
        return "That is AdamW's way: here decay * p is added to the gradient, before the velocity."
    says = named_tensor(
        memory,
        [
            (new, RIGHT),
            (velocity, "You return the old velocity: return the new one."),
            (bare, "The weight decay is missing: add decay * p to the gradient first."),
            (bare - decay * p, "Add decay * p to the gradient: you subtract it."),
            (bare + decay, "Multiply decay by p before you add it to the gradient."),
            (bare + rate * decay * p, "The decay does not include the rate: add decay * p."),
            (beta * velocity + rate * pulled, "Leave the rate out of the velocity: it is for p."),
            (
                beta * velocity - rate * pulled,
                "The velocity sums up gradients: the rate and the minus come in the step of p.",
            ),
            (beta * velocity - pulled, "Add the gradient to the velocity, and subtract from p."),
            (
                beta * velocity + (1 - beta) * pulled,
                "That is a running mean, as Adam's: the new gradient is added whole, times 1.",
            ),
            (beta * (velocity + pulled), "Multiply only the old velocity by beta."),
            (velocity + beta * pulled, "It is the old velocity that is multiplied by beta."),
            (
                (1 - beta) * velocity + beta * pulled,
                "Multiply the old velocity by beta, and add the gradient as it is.",
            ),
            (velocity + pulled, "Multiply the old velocity by beta."),
            (pulled, "The old velocity is lost: multiply it by beta, and add the gradient."),
            (0.9 * velocity + pulled, "Take beta as it is given, not 0.9."),
        ],
    )
    if says != RIGHT:
        return says or off(memory, new, "random numbers in the velocity")
    says = named_tensor(
        moved,
        [
            (p - rate * new, RIGHT),
            (p + rate * new, "Against the gradient: subtract the step from p."),
            (p - new, "Multiply the step by the rate."),
            (p - rate * pulled, "Step along the velocity, not along the gradient."),
            (p - rate * gradient, "Step along the velocity, not along the gradient."),
            (p - rate * velocity, "Step along the new velocity, not along the old one."),
            (p - rate * (new + decay * p), "p decays twice: its decay is in the velocity already."),
            (p - rate * (pulled + beta * new), "That is Nesterov's step: step along the velocity."),
            (rate * new, "That is the step: return p after it."),
            (p, "p has not moved: subtract rate times the velocity."),
        ],
    )
    if says != RIGHT:
        return says or off(moved, p - rate * new, "random numbers in p")
    return _another_sgd_step(mine)


def _another_sgd_step(mine: SGDStep) -> str:
    """RIGHT if a right step is also right for a matrix, at its first step, without decay."""
    p, gradient = draw((3, 4), (3, 4))
    moved, velocity = mine(p.clone(), torch.zeros(3, 4).double(), gradient.clone(), 0.5, 0.9, 0.0)
    if close(velocity, gradient) and close(moved, p - 0.5 * gradient):
        return RIGHT
    return "Right, but not for a matrix at its first step, with a velocity of 0 and no decay."


@in_words("a list of tensors, one for each gradient")
def check_clipped(mine: Clipped) -> str:
    """Appendix A1: mine(gradients, longest) are the gradients, together at most longest long.

    gradients: tensors of any shapes
    """
    gradients = draw((2, 3), (4,), (5, 1))
    longest = 0.5
    flat = torch.cat([g.flatten() for g in gradients])
    norm = flat.norm()

    def scaled(by: float | Tensor) -> list[Tensor]:
        return [by * g for g in gradients]

    given = [g.clone() for g in gradients]
    got = mine(given, longest)
    if got is None:
        changed = not _alike(given, gradients)
        return "The gradients have changed in place: return them, too." if changed else NOT_YET
    if isinstance(got, Tensor):
        if got.numel() == flat.numel():
            return "That is one long vector: return a list, each gradient in the shape it had."
        if got.dim() == 0 and math.isclose(got, norm, rel_tol=1e-5):
            return "That is the length before clipping: return the clipped gradients."
    got = list(got)
    if len(got) != len(gradients):
        return f"Return {len(gradients)} gradients, as many as were given, not {len(got)}."
    for n, (x, g) in enumerate(zip(got, gradients, strict=True)):
        if says := misfit(x, g.shape, f"Gradient {n}"):
            return says
    alone = [g * min(1.0, longest / g.norm()) for g in gradients]
    by_first, by_last = (longest / gradients[n].norm() for n in (0, -1))
    diagnoses = [
        (scaled(longest / norm), RIGHT),
        (gradients, "Nothing has changed, though together they are longer than longest."),
        (alone, "You clip each gradient by its own length: use one number for all of them."),
        (
            [g.clamp(-longest, longest) for g in gradients],
            "You limit each number, which bends the direction: multiply them all by "
            "the same number.",
        ),
        (
            scaled(longest / sum(g.norm() for g in gradients)),
            "Lengths do not add up: take the root of the sum of all squares.",
        ),
        (scaled(longest / norm**2), "Take the root of the sum of squares."),
        (
            scaled(longest / flat.square().mean().sqrt()),
            "The length is the root of the sum of squares, not of their mean.",
        ),
        (scaled(longest / flat.abs().sum()), "Sum up squares, not absolute values."),
        (scaled(longest / flat.abs().max()), "The length is not the largest number: sum squares."),
        (scaled(by_first), "That is the length of the first gradient: all of them count."),
        (scaled(by_last), "That is the length of the last gradient: all of them count."),
        (scaled(1 / norm), "They are 1 long now: multiply by longest, too."),
        (scaled(norm / longest), "Upside down: multiply by longest / length."),
        (scaled(longest), "Divide by the length of all gradients together."),
    ]
    says = next((says for values, says in diagnoses if _alike(got, values)), None)
    if says != RIGHT:
        length = torch.cat([x.flatten() for x in got]).norm()
        return says or f"Together they should be {longest} long, but yours are {length:.4g}."
    return _other_gradients(mine)


def _alike(got: Sequence[Tensor], want: Sequence[Tensor]) -> bool:
    """Whether two lists hold the same tensors; PyTorch's own clipping adds 1e-6 to the length."""
    return all(
        torch.allclose(x.double(), y, rtol=1e-5, atol=0) for x, y in zip(got, want, strict=True)
    )


def _other_gradients(mine: Clipped) -> str:
    """RIGHT if right clipping also is right for short gradients; otherwise what is wrong."""
    short = [0.01 * g for g in draw((3,), (2, 2))]
    for longest in (1.0, 0.5):
        if not _alike(list(mine([g.clone() for g in short], longest)), short):
            return "Right, but gradients that are short enough must stay as they are."
    together = [0.4 * g / g.norm() for g in draw((3,), (2, 2), (4,))]
    by = 0.5 / (0.4 * math.sqrt(3))
    if not _alike(list(mine([g.clone() for g in together], 0.5)), [by * g for g in together]):
        return "Right, but compare the length of all together with longest, not each one's own."
    nothing = [torch.zeros(2, 2).double()]
    if not _alike(list(mine([g.clone() for g in nothing], 1.0)), nothing):
        return "Right, but gradients of 0 become nan: if they are short, leave them alone."
    (alone,) = draw((7,))
    if not _alike(list(mine([alone.clone()], 0.1)), [0.1 * alone / alone.norm()]):
        return "Right, but not for a single gradient, and longest = 0.1."
    return RIGHT


@in_words("a tensor of the shape of G")
def check_orthogonalized(mine: Orthogonalized) -> str:
    """Appendix A1: mine(G) has the directions of the matrix G, and singular values of about 1."""
    (square,) = draw((3, 3))
    got = mine(square.clone())
    if got is None:
        return NOT_YET
    says = _judged(got, square)
    if says != RIGHT:
        return says
    tall, wide = draw((6, 2), (2, 5))
    tall[:, 1] = tall[:, 0] + 0.05 * tall[:, 1]  # its second direction is weak
    for G, scale in ((tall, 100.0), (wide, 0.001)):
        says = _judged(mine(scale * G), scale * G)
        if says != RIGHT:
            rows, columns = G.shape
            return f"Right for 3 x 3, but not for {rows} x {columns}, times {scale:g}: {says}"
    return RIGHT


def _judged(got: Tensor, G: Tensor) -> str:
    """What is right or wrong with got, if it should be G with singular values of about 1."""
    U, s, Vh = torch.linalg.svd(G, full_matrices=False)
    right = U @ Vh
    if isinstance(got, Tensor) and G.shape[0] != G.shape[1] and got.shape == G.T.shape:
        return "It is transposed: return rows and columns as G has them."
    if says := misfit(got, G.shape):
        return says
    got = got.double()
    if not got.isfinite().all():
        return (
            "Your numbers grow beyond all bounds. Do you divide G by its Frobenius norm first? Is "
            "the second factor transposed, X @ X.T @ X? Are the signs 1.5 and -0.5?"
        )
    unequal = "divided by one number, its singular values are as unequal as before"
    exact = [
        (G, "Nothing has changed."),
        (G / G.norm(), f"This is G with a Frobenius norm of 1: {unequal}."),
        (G / s[0], f"This is G with 1 as its largest singular value: {unequal}."),
        (right.T if len(U) == len(Vh) else G, "It is transposed: return it as G has it."),
        (
            G.sign(),
            "These are the signs of single numbers: take products of matrices, X @ X.T @ X.",
        ),
        (G / G.norm(dim=1, keepdim=True), "You divide each row by its length: take all of G."),
        (G / G.norm(dim=0), "You divide each column by its length: take all of G."),
        (torch.linalg.qr(G)[0], "The Q of a QR decomposition has other directions than G."),
        (U / s @ Vh, "You invert the singular values: leave them out, U @ Vh."),
        (U * s.sqrt() @ Vh, "You take the roots of the singular values: leave them out, U @ Vh."),
    ]
    if len(U) == len(Vh.T):
        exact += [
            (U, "That is U alone: multiply it by Vh."),
            (Vh, "That is Vh alone: multiply U by it."),
            (U @ Vh.T, "torch.linalg.svd returns V transposed already: U @ Vh."),
        ]
    if says := named_tensor(got, exact):
        return says
    inside = U.T @ got @ Vh.T  # (n, n), with singular values on its diagonal
    values = inside.diagonal()
    if (U * values @ Vh - got).abs().max() > 0.05 * max(1, values.abs().max()):
        return "Its directions are not those of G: U and Vh must stay as they are."
    if values.max() < 0:
        return "The sign is wrong: you return the opposite of what it should be."
    low, high = values.min().item(), values.max().item()
    if low < -0.1:
        return "Some directions are reversed: divide G by its Frobenius norm before all steps."
    if math.isclose(got.norm(), 1, rel_tol=1e-3):
        return "Divide by the Frobenius norm only once, before the first step: yours is 1 again."
    if low < 0.7 or high > 1.3:
        many = f"the singular values are {low:.3g} to {high:.3g}"
        factor = math.sqrt(G.shape[0] / G.shape[1])
        if close(got, factor * right) and factor != 1:
            return f"The directions are right, but {many}: Muon's factor comes after this."
        return f"The directions are right, but {many}: they should be 0.7 to 1.3. More steps?"
    return RIGHT
