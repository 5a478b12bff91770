"""Each equation stands once, in a rule: elsewhere nobody computes with the parameters of behaviour."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
# What stands outside the rules for a reason: function, expression.
ARGUED = {
    # no behaviour: how appeals are inverted from flows
    ("balance_flows", "(targets - stock / EVERY) / opening.balance_gap"),
    ("balance_flows", "opening.balance_least * outflow"),
    ("balance_flows", "opening.balance_step / (1.0 + opening.balance_fade * turn)"),
    ("balance_flows", "opening.balance_fade * turn"),
    # no behaviour: derivatives of the nested logit, for whoever sets prices
    ("_slope_parts", "(price[:, None] * plans).sum(axis=0) / nest"),
    ("_slope_parts", "1.0 / nest"),
    # one draw walks down exclusive causes
    ("forced_out", "draw -= turnover.exit"),
    # the chance that none of several causes wakes, multiplied up
    ("_fill_true_effects", "1.0 - params.attention.contact"),
    # satisfaction as ties see it, in whole numbers
    ("hear", "FULL * neutral"),
    ("who_recommended", "FULL * at.params.word_of_mouth.neutral"),
    # a calendar
    ("key_of_tastes", "(int(month.number) + EPOCH + int(renewal)) // hold"),
}
COMPUTES = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


def is_parameter(node: ast.AST, known: set[str]) -> bool:
    """Tell whether an expression is a parameter or a part of the parameters, perhaps under a name of its own."""
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.Attribute):
        return node.attr == "params" or is_parameter(node.value, known)
    return isinstance(node, ast.IfExp) and (is_parameter(node.body, known) or is_parameter(node.orelse, known))


def assigned(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield each name that a function gives, and what it gives it to."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(target.elts, node.value.elts, strict=True)
                else:
                    yield target, node.value


def arithmetic_on_parameters(source: str) -> set[tuple[str, str]]:
    """Find what is added to, multiplied by (and the like) a parameter: function, expression."""
    found = set()
    for function in [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]:
        known = {"params"}
        for target, value in assigned(function):
            if isinstance(target, ast.Name) and is_parameter(value, known):
                known.add(target.id)
        for node in ast.walk(function):
            if isinstance(node, ast.BinOp) and isinstance(node.op, COMPUTES):
                parts = [node.left, node.right]
            else:
                parts = [node.value] if isinstance(node, ast.AugAssign) and isinstance(node.op, COMPUTES) else []
            if any(is_parameter(part, known) for part in parts):
                found.add((function.name, ast.unparse(node)))
    return found


def test_nobody_but_a_rule_computes_with_parameters() -> None:
    files = [path for path in (HOUSE / "sim").rglob("*.py") if "config" not in path.parts]
    found = set().union(*(arithmetic_on_parameters(path.read_text(encoding="utf-8")) for path in files))
    assert found == ARGUED


@pytest.mark.parametrize(
    "line",
    [
        "x = 2.0 * params.failure.rate",
        "x -= at.params.failure.rate",
        "failure = at.params.failure\n    x = failure.rate + 1.0",
        "rate, other = at.params.failure.rate, 1.0\n    x = 1.0 - rate",
        "x = 2.0 * (params.a.b if y else 0.0)",
    ],
)
def test_such_arithmetic_is_found(line: str) -> None:
    assert len(arithmetic_on_parameters(f"def f(at):\n    {line}\n")) == 1


@pytest.mark.parametrize("line", ["x = rule(params.failure.rate)", "x = params.failure.rate > 0.0", "x = a * b"])
def test_nothing_else_is(line: str) -> None:
    assert not arithmetic_on_parameters(f"def f(at):\n    {line}\n")


def test_price_sensitivity_meets_the_economy_in_one_place() -> None:
    """Whoever multiplies by this month's `sensitivity` does it by the rule."""
    names = ("price_sensitivity * ", "* month.sensitivity", "* rules.sensitivity", "* world.rules.sensitivity")
    files = [path for folder in ("agents", "sim") for path in (HOUSE / folder).rglob("*.py")]
    found = {path.name for path in files if any(name in path.read_text(encoding="utf-8") for name in names)}
    assert found == {"choice.py"}  # agents/customer
