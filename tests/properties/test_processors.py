"""The same tables on every processor: with the instructions it has, and without."""

import ast
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.exact import cholesky, exponential, logarithm, product, solution
from agents.strategies.targeting import _logit
from sim import Market, load_scenario
from sim.config.versions import model_version
from tests.properties.builders import tables

pytestmark = pytest.mark.properties

HOUSE = Path(__file__).resolve().parents[2]
MONTHLY = (
    "agents",
    "sim/start",
    "sim/month",
    "sim/steps",
    "sim/world",
    "sim/books",
    "sim/objects",
)  # what a month does
ALSO = (
    "sim/kpis.py",
    "sim/market.py",
    "sim/experiments/outcome.py",
    "sim/analysis/demand.py",
    "sim/analysis/choice.py",
)
FAST = {
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "power",
    "float_power",
    "tanh",
    "dot",
    "matmul",
    "linalg",
    "pow",
}
POLICY = "points+proactive_uplift+save_desk"
SIZE = ["customers.count=1000", "months=5", "burn_in=6", f"policy={POLICY}", f"policies=[none,{POLICY}]"]
LESS = "import pickle, sys; from tests.properties.test_processors import seen; pickle.dump(seen(), sys.stdout.buffer)"


def seen() -> dict[str, pd.DataFrame]:
    """All that a market with calls by a learnt model, reacting rivals and appeals that are found shows."""
    market = Market(load_scenario("classroom", [*SIZE, "operators.beta.pricing={kind: match}"]), seed=3).run()
    return {**tables(market), "demand": market.demand.elasticities(), "people": market.customers.to_frame()}


def elsewhere(code: str, **variables: str) -> bytes:
    given = {**os.environ, "PYTHONPATH": str(HOUSE), **variables}
    return subprocess.run([sys.executable, "-c", code], cwd=HOUSE, env=given, capture_output=True, check=True).stdout


def test_tables_are_the_same_without_a_processors_instructions() -> None:
    """NumPy without all it found here, linear algebra with the kernels of 2008."""
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]  # type: ignore[call-overload]
    less = {"NPY_DISABLE_CPU_FEATURES": " ".join(found), "OPENBLAS_CORETYPE": "Nehalem"}
    here, there = seen(), pickle.loads(elsewhere(LESS, **less))
    assert list(here) == list(there)
    for name, table in here.items():
        pd.testing.assert_frame_equal(table, there[name], check_exact=True, obj=name)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's way to leave out instructions")
def test_the_models_version_knows_how_the_system_rounds() -> None:
    code = "from sim.config.versions import model_version; print(model_version())"
    told = {}
    for switched_off in ("", "-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable"):
        bits = "import math; print([math.exp(-0.0037 * k).hex() for k in range(2000)]);"
        found = elsewhere(bits + code, GLIBC_TUNABLES=f"glibc.cpu.hwcaps={switched_off}").decode().split()
        told[tuple(found[:2000])] = found[-1]
    assert len(set(told.values())) == len(told)
    assert model_version() in told.values()


def test_a_month_uses_no_arithmetic_that_depends_on_the_processor() -> None:
    files = [*(path for room in MONTHLY for path in (HOUSE / room).rglob("*.py")), *(HOUSE / name for name in ALSO)]
    found = [
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult))
        or (isinstance(node, ast.Attribute) and node.attr in FAST and ast.unparse(node.value) in ("np", "np.linalg"))
    ]
    assert [one for one in found if not one.startswith("agents/exact.py")] == []


def test_columns_are_worked_out_as_numbers_are() -> None:
    x = np.linspace(-5.0, 5.0, 24).reshape(4, 6)
    assert exponential(x).tolist() == [[math.exp(value) for value in row] for row in x.tolist()]
    assert logarithm(np.exp(x)).shape == x.shape and logarithm(2.0) == math.log(2.0)
    assert logarithm([0.0, 1.0]).tolist() == [-math.inf, 0.0] and math.isnan(logarithm([-1.0])[0])
    np.testing.assert_allclose(product(x, x.T), x @ x.T, rtol=1e-14, atol=1e-14)


def test_small_systems_are_solved() -> None:
    x = np.vander(np.linspace(0.1, 2.0, 9), 4)
    matrix = x.T @ x
    np.testing.assert_allclose(cholesky(matrix), np.linalg.cholesky(matrix), rtol=1e-9)
    np.testing.assert_allclose(matrix @ solution(matrix, [1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 3.0, 4.0], rtol=1e-9)
    with pytest.raises(np.linalg.LinAlgError):
        cholesky([[1.0, 2.0], [2.0, 1.0]])


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_churn_models_are_ridge_logits(scale: float) -> None:
    """As scikit-learn fits them, where what decides is measured in any unit, also where it parts all who left."""
    from sklearn.linear_model import LogisticRegression

    x = np.column_stack([np.ones(400), np.sin(np.arange(400.0)) * scale, np.cos(np.arange(400.0) ** 2)])
    for left in (np.sin(np.arange(400.0) * 7.0) > 0.9, x[:, 1] > 0.0):
        theirs = LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=500, tol=1e-12).fit(x[:, 1:], left)
        found = _logit(x, left)
        assert found is not None
        np.testing.assert_allclose(found, [*theirs.intercept_, *theirs.coef_[0]], rtol=1e-5, atol=1e-7)
