"""Appendix A1's exercises with tensors: right answers pass, and usual mistakes are named."""

import pytest
import torch
from torch import nn

from gptlib import exercises
from gptlib.optim import orthogonalize


def by_pytorch(p, velocity, gradient, rate, beta, decay):
    q = nn.Parameter(p)
    sgd = torch.optim.SGD([q], lr=rate, momentum=beta, weight_decay=decay)
    sgd.state[q]["momentum_buffer"] = velocity
    q.grad = gradient
    sgd.step()
    return [q.detach(), velocity]


def in_place(p, velocity, gradient, rate, beta, decay):
    velocity *= beta
    velocity += gradient + decay * p
    p -= rate * velocity
    return p, velocity


def sgd(
    velocity=lambda v, g, pull, rate, beta: beta * v + g + pull,
    step=lambda new, v, g, pull, rate, beta: rate * new,
    pull=lambda decay, p, rate: decay * p,
    end=lambda p, step, new: (p - step, new),
):
    def mine(p, v, g, rate, beta, decay):
        pulled = pull(decay, p, rate)
        new = velocity(v, g, pulled, rate, beta)
        return end(p, step(new, v, g, pulled, rate, beta), new)

    return mine


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (sgd(), "Right!"),
        (by_pytorch, "Right!"),
        (in_place, "Right!"),
        (sgd(end=lambda p, step, new: p - step), "Return two tensors"),
        (sgd(end=lambda p, step, new: (p - step, new, new)), "Return two tensors"),
        (sgd(end=lambda p, step, new: (p - step, new.sum())), "The second, the velocity, has the"),
        (sgd(end=lambda p, step, new: ((p - step).tolist(), new)), "The first, the new p, is a li"),
        (sgd(end=lambda p, step, new: (new, p - step)), "Swapped"),
        (
            lambda p, v, g, rate, beta, decay: (
                p - rate * decay * p - rate * (beta * v + g),
                beta * v + g,
            ),
            "That is AdamW's way",
        ),
        (lambda p, v, *rest: (sgd()(p, v, *rest)[0], v), "the old velocity"),
        (sgd(pull=lambda decay, p, rate: 0), "The weight decay is missing"),
        (sgd(pull=lambda decay, p, rate: -decay * p), "you subtract it"),
        (sgd(pull=lambda decay, p, rate: decay), "Multiply decay by p"),
        (sgd(pull=lambda decay, p, rate: rate * decay * p), "The decay does not include the rate"),
        (
            sgd(
                velocity=lambda v, g, pull, rate, beta: beta * v + rate * (g + pull),
                step=lambda new, *_: new,
            ),
            "Leave the rate out",
        ),
        (
            sgd(
                velocity=lambda v, g, pull, rate, beta: beta * v - rate * (g + pull),
                step=lambda new, *_: -new,
            ),
            "The velocity sums up gradients",
        ),
        (sgd(velocity=lambda v, g, pull, rate, beta: beta * v - g - pull), "Add the gradient to"),
        (
            sgd(velocity=lambda v, g, pull, rate, beta: beta * v + (1 - beta) * (g + pull)),
            "a running mean",
        ),
        (sgd(velocity=lambda v, g, pull, rate, beta: beta * (v + g + pull)), "Multiply only the"),
        (
            sgd(velocity=lambda v, g, pull, rate, beta: v + beta * (g + pull)),
            "the old velocity that",
        ),
        (
            sgd(velocity=lambda v, g, pull, rate, beta: (1 - beta) * v + beta * (g + pull)),
            "add the gradient as it is",
        ),
        (sgd(velocity=lambda v, g, pull, rate, beta: v + g + pull), "Multiply the old velocity by"),
        (sgd(velocity=lambda v, g, pull, rate, beta: g + pull), "The old velocity is lost"),
        (
            sgd(velocity=lambda v, g, pull, rate, beta: 0.9 * v + g + pull),
            "Take beta as it is given",
        ),
        (sgd(velocity=lambda v, g, pull, rate, beta: 2 * v + g), "in the velocity the number at ["),
        (sgd(end=lambda p, step, new: (p + step, new)), "Against the gradient"),
        (sgd(step=lambda new, *_: new), "Multiply the step by the rate"),
        (sgd(step=lambda new, v, g, pull, rate, beta: rate * (g + pull)), "not along the gradient"),
        (sgd(step=lambda new, v, g, pull, rate, beta: rate * g), "not along the gradient"),
        (sgd(step=lambda new, v, g, pull, rate, beta: rate * v), "not along the old one"),
        (sgd(step=lambda new, v, g, pull, rate, beta: rate * (new + pull)), "p decays twice"),
        (
            sgd(step=lambda new, v, g, pull, rate, beta: rate * (g + pull + beta * new)),
            "That is Nesterov's step",
        ),
        (sgd(end=lambda p, step, new: (step, new)), "return p after it"),
        (sgd(end=lambda p, step, new: (p, new)), "p has not moved"),
        (sgd(step=lambda new, *_: 7 * new), "random numbers in p the number at ["),
        (lambda p, v, g, rate, beta, decay: sgd()(p, v, g, 0.2, beta, decay), "Right, but not for"),
        (lambda p, v, g, rate, beta, decay: sgd()(p, v, g, rate, beta, 0.3), "Right, but not for"),
    ],
)
def test_sgd_step(mine, says):
    assert says in exercises.check_sgd_step(mine)


def length(gradients):
    return torch.cat([g.flatten() for g in gradients]).norm()


def clipped(by=lambda gradients, longest: min(1.0, longest / length(gradients))):
    return lambda gradients, longest: [by(gradients, longest) * g for g in gradients]


def clipped_by_pytorch(gradients, longest):
    ps = [nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for p, g in zip(ps, gradients, strict=True):
        p.grad = g
    nn.utils.clip_grad_norm_(ps, longest)
    return tuple(p.grad for p in ps)


def all_in_place(gradients, longest):
    by = min(1.0, longest / length(gradients))
    for g in gradients:
        g *= by


def pairs(gradients, longest):
    return zip(clipped()(gradients, longest), gradients, strict=True)


def always(length):
    return clipped(lambda gradients, longest: longest / length(gradients))


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (clipped(), "Right!"),
        (clipped_by_pytorch, "Right!"),
        (lambda *given: (g for g in clipped()(*given)), "Right!"),
        (lambda gradients, longest: all_in_place(gradients, longest) or gradients, "Right!"),
        (all_in_place, "return them, too"),
        (lambda gradients, longest: length(gradients), "the length before clipping"),
        (lambda gradients, longest: length(gradients).item(), "Return a list of tensors"),
        (lambda *given: torch.cat([g.flatten() for g in clipped()(*given)]), "one long vector"),
        (lambda *given: clipped()(*given)[:2], "Return 3 gradients"),
        (lambda *given: [g.flatten() for g in clipped()(*given)], "Gradient 0 has the shape (6,)"),
        (lambda *given: [g.tolist() for g in clipped()(*given)], "Gradient 0 is a list"),
        (lambda gradients, longest: gradients, "Nothing has changed"),
        (
            lambda gradients, longest: [clipped()([g], longest)[0] for g in gradients],
            "use one number for all of them",
        ),
        (lambda gs, longest: [g.clamp(-longest, longest) for g in gs], "You limit each number"),
        (always(lambda gs: sum(g.norm() for g in gs)), "Lengths do not add up"),
        (always(lambda gs: length(gs) ** 2), "Take the root"),
        (
            always(lambda gs: torch.cat([g.flatten() for g in gs]).std(correction=0)),
            "Together they",
        ),
        (always(lambda gs: length(gs) / sum(g.numel() for g in gs) ** 0.5), "not of their mean"),
        (always(lambda gs: sum(g.abs().sum() for g in gs)), "not absolute values"),
        (always(lambda gs: max(g.abs().max() for g in gs)), "not the largest number"),
        (always(lambda gs: gs[0].norm()), "the length of the first gradient"),
        (always(lambda gs: gs[-1].norm()), "the length of the last gradient"),
        (always(lambda gs: 1), "Divide by the length"),
        (clipped(lambda gs, longest: 1 / length(gs)), "multiply by longest, too"),
        (clipped(lambda gs, longest: length(gs) / longest), "Upside down"),
        (clipped(lambda gs, longest: 7), "Together they should be 0.5 long"),
        (always(length), "gradients that are short enough must stay"),
        (
            clipped(lambda gs, longest: (longest / length(gs)).clamp(max=1) * (0 / length(gs) + 1)),
            "gradients of 0 become nan",
        ),
        (
            lambda gs, longest: clipped()(gs, longest) if gs[0].norm() > longest else gs,
            "compare the length of all together",
        ),
        (
            lambda gs, longest: [c if g.norm() > longest else g for c, g in pairs(gs, longest)],
            "compare the length of all together",
        ),
        (lambda gs, longest: clipped()(gs, 0.5), "not for a single gradient, and longest = 0.1"),
        (lambda gs, longest: clipped()(gs, longest)[:3], "Right!"),
    ],
)
def test_clipped(mine, says):
    assert says in exercises.check_clipped(mine)


def svd(made):
    return lambda G: made(*torch.linalg.svd(G, full_matrices=False))


def newton_schulz(steps=30, scale=torch.linalg.norm, product=lambda X: X @ X.T @ X):
    def mine(G):
        X = G / scale(G)
        for _ in range(steps):
            X = 1.5 * X - 0.5 * product(X)
        return X

    return mine


def only_for_square(mine, other):
    return lambda G: mine(G) if G.shape[0] == G.shape[1] else other(G)


RIGHT = svd(lambda U, s, Vh: U @ Vh)


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        (RIGHT, "Right!"),
        (newton_schulz(), "Right!"),
        (newton_schulz(product=lambda X: X @ (X.T @ X)), "Right!"),
        (lambda G: newton_schulz()(G.float()), "Right!"),
        (orthogonalize, "The directions are right, but the singular values are"),
        (newton_schulz(steps=1), "More steps?"),
        (newton_schulz(steps=8), "not for 6 x 2"),
        (newton_schulz(scale=lambda G: 0.01), "grow beyond all bounds"),
        (newton_schulz(product=lambda X: -X @ X.T @ X), "Are the signs 1.5 and -0.5?"),
        (newton_schulz(scale=lambda G: G.norm() / 2), "Some directions are reversed"),
        (lambda G: RIGHT(G) / RIGHT(G).norm(), "only once, before the first step"),
        (newton_schulz(product=lambda X: X**3), "the signs of single numbers"),
        (newton_schulz(product=lambda X: X @ X @ X), "the second factor transposed"),
        (lambda G: G, "Nothing has changed"),
        (lambda G: G / G.norm(), "a Frobenius norm of 1"),
        (lambda G: G / torch.linalg.matrix_norm(G, 2), "1 as its largest singular value"),
        (lambda G: RIGHT(G).T, "It is transposed"),
        (
            only_for_square(RIGHT, lambda G: RIGHT(G).T),
            "not for 6 x 2, times 100: It is transposed",
        ),
        (lambda G: -RIGHT(G), "The sign is wrong"),
        (lambda G: G / G.norm(dim=1, keepdim=True), "You divide each row"),
        (lambda G: G / G.norm(dim=0), "You divide each column"),
        (lambda G: torch.linalg.qr(G)[0], "The Q of a QR"),
        (svd(lambda U, s, Vh: U / s @ Vh), "You invert the singular values"),
        (svd(lambda U, s, Vh: U * s.sqrt() @ Vh), "You take the roots"),
        (svd(lambda U, s, Vh: U), "That is U alone"),
        (svd(lambda U, s, Vh: Vh), "That is Vh alone"),
        (svd(lambda U, s, Vh: U @ Vh.T), "V transposed already"),
        (svd(lambda U, s, Vh: Vh @ U), "Its directions are not those of G"),
        (lambda G: (G.shape[0] / G.shape[1]) ** 0.5 * RIGHT(G), "Muon's factor comes after this"),
        (svd(lambda U, s, Vh: (U @ Vh).tolist()), "Yours is a list"),
        (lambda G: RIGHT(G)[0], "Yours has the shape (3,)"),
    ],
)
def test_orthogonalized(mine, says):
    assert says in exercises.check_orthogonalized(mine)
