"""Answers to the exercise of appendix A4."""


def my_prefix_matching(weights, tokens):
    found, last = [], {}
    for t, token in enumerate(tokens):
        if token in last:
            found.append(weights[t][last[token] + 1])
        last[token] = t
    return sum(found) / len(found)
