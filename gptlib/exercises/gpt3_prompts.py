"""The check for the exercise of notebook 10 on what examples tell."""

from collections.abc import Callable, Mapping, Sequence
from math import prod

from gptlib.exercises.checking import NOT_YET, RIGHT, in_words, near

Table = Mapping[str, Mapping[str, str]]
Examples = Sequence[tuple[str, str]]
Posterior = Callable[[Table, Examples, float], Mapping[str, float]]

RULES = {
    "first letter": {"pear": "p", "kite": "k", "pony": "p"},
    "last letter": {"pear": "r", "kite": "e", "pony": "y", "anna": "a"},
    "first, or a": {"pear": "p", "kite": "k", "anna": "a", "adam": "a", "drum": "d"},
}
# Sure, undecided, with a wrong line, with a question that one rule lacks, and with none at all.
ASKED = [
    [("kite", "e")],
    [("pear", "p"), ("kite", "k")],
    [("pear", "p"), ("kite", "p"), ("kite", "k")],
    [("pear", "p"), ("anna", "a"), ("kite", "p")],
    [],
]
WRONG = 0.2


def _weights(
    rules: Table,
    examples: Examples,
    wrong: float,
    questions: bool = True,
    redrawn: bool = True,
    missing: float = 0.0,
) -> dict[str, float]:
    """How likely the examples are under each rule, or what comes out with a mistake."""
    weights = {}
    for name, table in rules.items():
        said = [*table.values()]
        each = []
        for question, answer in examples:
            slip = said.count(answer) / len(said) if redrawn else answer != table.get(question)
            p = (1 - wrong) * (table.get(question) == answer) + wrong * slip
            asked = 1 / len(table) if questions else 1
            each.append(asked * p if question in table else missing)
        weights[name] = prod(each)
    return weights


def _shared(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else dict(weights)


@in_words("a dict with a probability for each rule")
def check_posterior(mine: Posterior) -> str:
    """Notebook 10: mine(rules, examples, wrong) is how likely each rule is after the examples."""
    for examples in ASKED:
        got = mine(RULES, examples, WRONG)
        if got is None:
            return NOT_YET
        if set(got) != set(RULES):
            return f"Return a probability for each of {list(RULES)}: yours has {sorted(got)}."
        got = [float(got[name]) for name in RULES]
        weights = _weights(RULES, examples, WRONG)
        ways = [
            (_shared(weights), RIGHT),
            (weights, "Divide by the sum over all rules, so that the probabilities add up to 1."),
            (
                _shared(_weights(RULES, examples, WRONG, questions=False)),
                "A rule with a larger table asks each of its questions less often: 1 / len(table).",
            ),
            (
                _shared(_weights(RULES, examples, 0.0)),
                "A wrong answer does not rule a rule out: it is drawn with probability `wrong`.",
            ),
            (
                _shared(_weights(RULES, examples, WRONG, redrawn=False)),
                "A wrong answer is that of a question drawn anew: it has the probability "
                "`wrong` times the share of the table's answers that are the same, and it may "
                "come out right.",
            ),
            (
                _shared(_weights(RULES, examples, WRONG, missing=1.0)),
                "A rule that does not know a question cannot have asked it: its probability is 0.",
            ),
        ]
        says = next((told for way, told in ways if near(got, [*way.values()], 1e-9)), None)
        if says is None:
            right = {name: round(p, 4) for name, p in _shared(weights).items()}
            return f"After {examples} it should be {right}."
        if says != RIGHT:
            return says
    return RIGHT
