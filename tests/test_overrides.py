"""Overrides: what the grammar gives a meaning, and what is plain text; words of a study; nothing endless is listed."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import InputError, load_scenario
from sim.commands.overrides import cell_value, take_axes, take_list, take_replications, take_words
from sim.config.grammar import in_words, read, value_of
from sim.experiments.compare import compare
from sim.experiments.sampling import Interval
from sim.experiments.sweep import plan_of

NAMES = [
    "customers (1).csv",
    "Kunden März.csv",
    "A&B 50%.csv",
    "a, b.csv",
    "[alt] {neu}.csv",
    "C:\\new\\table.csv",
    "back\\ slash.csv",
    "~/data #1;2!.csv",
    "what's new?.csv",
    'say "so".csv',
    "a=b.csv",
    "顧客.csv",
    "-1.csv",
    "007",
    "1e3",
    "true",
    "$HOME/{a:b}.csv",
    "${x}.csv",
    "_0x41_.csv",
    "interval(0,1)",
    "x" * 200 + ".csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_free_text_needs_no_quotation_marks(name: str) -> None:
    """In customers.file, in a question; with quotation marks of its own as without."""
    assert read(f"customers.file={name}").value == read(f"question={name}").value == name
    assert value_of("customers.file", in_words(name)) == name


def test_a_column_is_free_text_or_a_block() -> None:
    key = "customers.columns.tenure"
    assert (
        read(f"{key}=Monate (ca.), alt").value == read(f"{key}.column=Monate (ca.), alt").value == "Monate (ca.), alt"
    )
    assert read(f"{key}=[Jahre, Monate]").value == ["Jahre", "Monate"]
    assert read(f"{key}={{column: Tage, unit: days}}").value == {"column": "Tage", "unit": "days"}
    assert read("customers.where.Net (2)=Télé 2, alt").value == "Télé 2, alt"


@pytest.mark.parametrize(
    "name", [name for name in NAMES if not set(name) & set("([{,\"'}") and len(name) <= 64] + ["O'Neill"]
)
def test_a_name_needs_no_quotation_marks_either(name: str) -> None:
    assert read(f"focal={name}").value == name
    assert load_scenario("classroom", [f"operators.alpha.plans.alpha_M.brand={name}"])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(-1e9, 1e9)
    | st.text(max_size=12)
    | st.just("_0x41_"),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda key: key.strip() == key), below, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=80)
@given(value=VALUES)
def test_what_is_written_in_the_grammar_is_read(value: Any) -> None:
    assert value_of("months", in_words(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("months=50_000", 50_000),
        ("months=1e3", 1000.0),
        ("months=null", None),
        ("months=yes", "yes"),
        ("customers.file=null", None),
        ('customers.file="null"', "null"),
        ("customers.file=", ""),
        ("policies=[none,größer]", ["none", "größer"]),
        ("x.y={a: {b: [1, 2.5, true]}, Ja/Nein: Münch}", {"a": {"b": [1, 2.5, True]}, "Ja/Nein": "Münch"}),
        ("x.y={01: 1, TRUE: yes, 1e3: [1:30]}", {"01": 1, "TRUE": "yes", "1e3": ["1:30"]}),
        ("+months=3", 3),
        ("++months=3", 3),
        ("market=2012", "2012"),
    ],
)
def test_values_are_read_by_hydras_grammar(text: str, value: Any) -> None:
    assert read(text).value == value


def test_names_with_dots_are_found_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "it.yaml"
    text = "defaults: [classroom, _self_]\noperators: {alpha: {plans: {'M 5.0 (neu)': {fee: 9, commission_new: 1}}}}"
    path.write_text(text, encoding="utf-8")
    key = "operators.alpha.plans.M 5.0 (neu)"
    assert load_scenario(path, [f"{key}.fee=11"]).all_plans["M 5.0 (neu)"][1].fee == 11.0
    assert "M 5.0 (neu)" not in load_scenario(path, [f"~{key}"]).all_plans
    plan = plan_of(path, {f"{key}.commission_new": Interval(1, 4)}, 1, (), "lhs", 4)
    assert list(plan.ranges) == [f"{key}.commission_new"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("months", "write key=value"),
        ("=3", "write key=value"),
        ("", "write key=value"),
        ("months=[3", "quotation marks of its own"),
        ("months=f(3", "quotation marks of its own"),
        ("months=" + "[" * 10_000, "quotation marks"),
        ("months=" + "1" * 100_000, "quotation marks"),
        ("months=1,2", "several values make a sweep"),
        ("policy=none,points", "several values make a sweep"),
        ("months=interval(0,1)", "several values make a sweep"),
        ("policy=glob(*)", "several values make a sweep"),
        ("customers.segments.mass.share=choice(1,2)", "several values make a sweep"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_not_understood_is_told(text: str, part: str) -> None:
    with pytest.raises(InputError) as told:
        read(text)
    assert part in str(told.value) and len(str(told.value)) < 300


# --- words of a study ------------------------------------------------------------------------------------------------


def test_axes_are_lists_and_ranges() -> None:
    given = ["months=1,2", "seed=range(0,6,2)", "focal=alpha", "operators.Télé.x=interval(0,1)", "policy=none,größer"]
    axes, rest = take_axes(given)
    assert axes == {
        "months": [1, 2],
        "seed": [0, 2, 4],
        "operators.Télé.x": Interval(0.0, 1.0),
        "policy": ["none", "größer"],
    }
    assert rest == ["focal=alpha"]


@pytest.mark.parametrize("text", ["policies=[none,größer]", "policies=none,größer", "+policies=choice(none,größer)"])
def test_policies_are_a_list(text: str) -> None:
    assert take_list(["months=3", text], "policies") == (["none", "größer"], ["months=3"])


@pytest.mark.parametrize(
    "text",
    [
        "policies=glob(*)",
        "policies=interval(0,1)",
        "policies=interval()",
        "policies=range(0,1,0)",
        "policies=range(0.0,1.0,0.0)",
        "policies=range(0,1000000000)",
        "policies=range(0,1,1e-12)",
        "policies=[",
        "policies=",
        "policies=[]",
    ],
)
def test_what_is_no_list_of_policies_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="override 'policies="):
        take_list([text], "policies")


@pytest.mark.parametrize(
    "text",
    ["months=range(0,1,0)", "months=range(0,1e12)", "months=range(1,0,1e-9)", "policy=glob(*)", "x=range(0,1,-1e-300)"],
)
def test_what_has_no_end_is_not_listed(text: str) -> None:
    try:
        axes, _ = take_axes([text])
    except InputError as error:
        assert "override" in str(error)
    else:
        assert all(len(values) <= 10_000 for values in axes.values() if isinstance(values, list))


@pytest.mark.parametrize(
    "text", ["replications=0", "replications=1e9", "replications=1_000_000_001", "replications=1,2"]
)
def test_replications_are_a_number_within_reason(text: str) -> None:
    with pytest.raises(InputError, match="override 'replications"):
        take_replications([text], 3)


@pytest.mark.parametrize("given", ["1_000_000_000", "1e9", "inf", "nan", "9" * 5000, "many", ""])
def test_a_word_of_a_study_is_a_number_within_reason(given: str) -> None:
    with pytest.raises(InputError, match="samples|precision") as told:
        take_words([f"samples={given}", f"precision={given}"], {"samples": int, "precision": float})
    assert len(str(told.value)) < 300


@pytest.mark.parametrize(
    ("values", "method", "samples", "replications"),
    [
        ({"months": list(range(1, 401)), "seed": list(range(400))}, "factorial", None, 10),
        ({"behaviour.horizon": Interval(1, 9)}, "lhs", 1_000_000_000, 1),
        ({"behaviour.horizon": Interval(1, 9)}, "sobol", 2**30, 1),
        ({"behaviour.horizon": Interval(1, 9)}, "morris", 1_000_000, 1),
        ({"behaviour.horizon": Interval(1, 9)}, "lhs", 10_000, 1_000),
    ],
)
def test_a_design_too_large_is_refused_before_it_is_listed(
    values: dict[str, Any], method: str, samples: int | None, replications: int
) -> None:
    with pytest.raises(InputError, match="runs is too large; at most 1,000,000"):
        plan_of("classroom", values, replications, (), method, samples)


def test_a_comparison_too_large_is_refused() -> None:
    with pytest.raises(InputError, match="too large"):
        compare("classroom", ["none", "points"], replications=10**9)


def test_a_cell_of_a_design_is_read_as_an_override() -> None:
    assert cell_value("customers.file", "a (1).csv") == "a (1).csv" and cell_value("months", "1_0") == 10
    with pytest.raises(InputError, match="not understood"):
        cell_value("months", "(1")
