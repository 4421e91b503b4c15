"""Answers to the exercises of notebook 06."""


def my_look(weights, t, earlier):
    return sum(weights[t][s + 1] for s in earlier)


def my_ablated(mixed, head, D):
    first, last = head * D, (head + 1) * D
    means = [sum(column) / len(mixed) for column in zip(*mixed, strict=True)]
    return [row[:first] + means[first:last] + row[last:] for row in mixed]


def my_induction(weights):
    N = len(weights) // 2
    return sum(weights[t][t - N + 1] for t in range(N, 2 * N - 1)) / (N - 1)
