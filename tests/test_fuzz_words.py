"""Whatever an override or a scenario file says: a scenario, or a refusal in words that names the key and what is
allowed.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim import InputError, load_scenario
from sim.cli import main
from sim.config import Scenario
from sim.config.meanings import settings as settings_of
from sim.config.values import with_values

LONGEST = 600  # characters of a refusal of one value
CLASSROOM = load_scenario("classroom", ["policies=[none,points,proactive_risk]"])
KEYS = [key for key, _, _ in settings_of(CLASSROOM) if not key.startswith("policies.")]
SIGNS = "\n\r\t ,:;=[]{}()\"'\\$#~*&!?|<>%@`.-+/äß中\U0001f600\u200b\x00\x7f"
TEXT = st.text(alphabet=st.sampled_from(SIGNS + "abcxyz0189_"), max_size=40) | st.sampled_from(
    [
        "null",
        "true",
        "nan",
        "-inf",
        ".nan",
        "1e999",
        "interval(0,1)",
        "glob(*)",
        "range(0,1,0)",
        "[[[]]]",
        "${x}",
        "x" * 5_000,
    ]
)
NUMBER = (
    st.integers(-(10**30), 10**30)
    | st.floats()
    | st.sampled_from([0, -1, 1e-9, 1e308, 5e-324, 2**31, 2**63, float("inf"), float("nan")])
)
LEAF = st.none() | st.booleans() | NUMBER | TEXT
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
FUZZ = settings(
    max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FRAGMENTS = [
    "customers",
    "customers.segments",
    "customers.segments.youth",
    "customers.segments.youth.usage",
    "customers.correlations",
    "customers.columns",
    "operators",
    "operators.alpha",
    "operators.alpha.plans",
    "operators.alpha.pricing",
    "operators.alpha.retention",
    "behaviour",
    "behaviour.churn_hazard",
    "regions",
    "shocks",
    "panel",
    "uncertain",
    "policies",
    "plugins",
    "defaults",
]


def words_of(error: InputError) -> str:
    """Return a refusal, having seen that it is one: not empty, bounded, none of a library's words."""
    message = str(error)
    assert message and len(message) < 2 * LONGEST, message
    assert not any(
        word in message for word in ("Traceback", "pydantic", "full_key", "object_type", "For further information")
    ), message
    return message


@FUZZ
@given(st.sampled_from(KEYS), NUMBER)
def test_any_number_at_any_key_is_taken_or_refused_by_its_key(key: str, number: float) -> None:
    try:
        changed = with_values(CLASSROOM, {key: number})
    except InputError as error:
        message = words_of(error)
        assert len(message) < LONGEST and any(part in message for part in (key, *key.split(".")[:2])), message
    else:
        assert isinstance(changed, Scenario)


@FUZZ
@given(st.sampled_from(KEYS), TEXT)
def test_any_text_at_any_key_is_taken_or_refused(key: str, text: str) -> None:
    try:
        load_scenario("classroom", [f"{key}={text}"])
    except InputError as error:
        assert len(words_of(error)) < LONGEST


@FUZZ
@given(st.lists(st.sampled_from(KEYS) | TEXT, min_size=1, max_size=3), VALUE)
def test_any_words_are_an_override_or_are_refused(names: list[str], value: Any) -> None:
    for text in (f"{'.'.join(names)}={value}", f"~{'.'.join(names)}", f"+{names[0]}={value}", str(value)):
        try:
            load_scenario("classroom", [text])
        except InputError as error:
            words_of(error)


@FUZZ
@given(st.sampled_from(FRAGMENTS), VALUE, st.sampled_from(["classroom", "small_market", "base"]))
def test_any_fragment_of_a_file_is_taken_or_refused(tmp_path: Path, where: str, value: Any, base: str) -> None:
    tree: Any = value
    for key in reversed(where.split(".")):
        tree = {key: tree}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"defaults": [base, "_self_"], **tree}), encoding="utf-8")
    try:
        load_scenario(path)
    except InputError as error:
        words_of(error)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["policies=[none,interval(0,1)]"], "a range or a pattern stands by itself"),
        (["regions={a: glob(*)}"], "a range or a pattern stands by itself"),
        (["policies=[" + ",".join(["points"] * 1_001) + "]"], "policies: at most 1,000 entries (got 1,001)"),
        (["policy=" + "+".join(["points"] * 41)], "at most 40 side by side"),
        (["policy=" + "x" * 5_000], "no such policy; known:"),
        (["focal=" + "x" * 1_000], "(1,002 characters); known: alpha, beta, gamma"),
        (["focal="], "focal: no such name ''; known: alpha, beta, gamma"),
        (["behaviour.nosuch=" + "x" * 5_000], "behaviour.nosuch: no such key"),
        (["plugins=[{a: 1}]"], "plugins: files or names of modules are expected"),
        (["operators=3"], "operators: must be a mapping (got 3)"),
        (["months=0", "seed=-1"], "seed: must be greater than or equal to 0"),
    ],
)
def test_what_is_too_much_is_told_in_few_words(overrides: list[str], words: str) -> None:
    with pytest.raises(InputError) as refused:
        load_scenario("classroom", overrides)
    assert words in words_of(refused.value)


def test_many_faults_are_told_as_far_as_a_person_reads() -> None:
    """Twenty wrong numbers: the first of them, and how many more there are."""
    wrong = [f"behaviour.failure.{name}=-9" for name in dict(CLASSROOM.behaviour.failure)]
    with pytest.raises(InputError) as refused:
        load_scenario("classroom", wrong)
    assert "more faults" in words_of(refused.value) and "failure.rate: must be" in str(refused.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sweep", "classroom", "behaviour.horizon=glob(*)"), "patterns are not looked up"),
        (("sweep", "classroom", "behaviour.horizon=range(0,1,0)"), "a step other than 0"),
        (("sweep", "classroom", "behaviour.horizon=range(0,1,1e-12)"), "at most 10,000 are listed"),
        (("sweep", "classroom", "policy=interval(0,1)"), "policy: an interval has no list of values"),
        (("sweep", "classroom", "policy=interval(0,1)", "method=sobol"), "policy: is not a number"),
        (("sweep", "classroom", "method=lhs", "samples=1000000000", "months=interval(1,9)"), "at most 1,000,000"),
        (("sweep", "classroom", "replications=1000000000"), "at most 1,000,000"),
        (("compare", "classroom", "policies=interval(0,1)"), "a list is expected here, not a range"),
        (("optimise", "classroom", "policy=interval(0,1)"), "a range or a pattern stands by itself"),
        (("robust", "classroom", "policies=glob(*)"), "patterns are not looked up"),
    ],
)
def test_a_study_that_has_no_end_is_refused_before_it_is_listed(
    words: tuple[str, ...],
    told: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert told in capsys.readouterr().err and not any(tmp_path.iterdir())


def test_a_design_of_too_many_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sim.experiments.csv_design.MOST_RUNS", 3)
    monkeypatch.setattr("sim.experiments.sampling.MOST_RUNS", 3)
    design = tmp_path / "runs.csv"
    design.write_text("behaviour.attention.base\n" + "0.02\n" * 4)
    assert main(["sweep", "classroom", f"design={design}"]) == 2
    assert "a design of 4 runs is too large; at most 3" in capsys.readouterr().err
