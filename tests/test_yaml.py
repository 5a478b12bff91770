"""How YAML is read: words as they are written, numbers as they count, and nothing too deep, too long or circular."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import InputError, load_scenario
from sim.config.yaml_file import DEEPEST, MOST_CHARACTERS, MOST_VALUES, Real, Whole, read_yaml

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
TREES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4)
)


@settings(deadline=None, max_examples=60)
@given(tree=TREES, flow=st.booleans())
def test_what_is_written_is_read(tree: Any, flow: bool) -> None:
    """PyYAML writes, we read: keys come as text, all else as it was."""
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True)
    if not text.isprintable() and any(ord(sign) > 0xFFFF or sign in "\x85\u2028\u2029" for sign in text):
        return
    assert read_yaml(text, "x") == tree


@pytest.mark.parametrize(
    "word", ["Yes", "no", "on", "Off", "y", "N", "NO", "1:30", "12:30:45", "2024-03-31", "1.2.3", "="]
)
def test_a_word_is_a_word(word: str) -> None:
    assert read_yaml(f"{{{word}: [{word}]}}", "x") == {word: [word]}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("01", 1),
        ("007", 7),
        ("010", 10),
        ("50_000", 50_000),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("1_0.5", 10.5),
        (".5", 0.5),
    ],
)
def test_a_number_counts_and_remembers_how_it_was_written(text: str, number: float) -> None:
    tree = read_yaml(f"{{{text}: {text}, text: '{text}'}}", "x")
    assert tree == {text: number, "text": text} and str(tree[text]) == text
    assert isinstance(tree[text], Whole if isinstance(number, int) else Real)


def test_truth_null_tags_and_merges_are_yamls() -> None:
    text = "base: &b {a: 1, b: 2}\nover: {<<: *b, b: 3}\nboth: {<<: [*b, {a: 9, c: 9}]}\n"
    assert read_yaml(f"{text}plain: [true, False, null, ~, '', !!str 1, !!int '2', ! yes]", "x") == {
        "base": {"a": 1, "b": 2},
        "over": {"a": 1, "b": 3},
        "both": {"a": 1, "b": 2, "c": 9},
        "plain": [True, False, None, None, "", "1", 2, "yes"],
    }


LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x: &a [*a]", "*a stands within what it stands for (line 1, column 8)"),
        ("x: &a {y: {z: *a}}", "*a stands within"),
        ("x: *a", "a"),
        ("[" * (DEEPEST + 1), f"nested deeper than {DEEPEST} levels"),
        ("[" * 100_000, "nested deeper"),
        ("{a: " * 100_000, "nested deeper"),
        ("\n".join("- " * n + "x" for n in (1, 20_000)), ""),
        ("".join(f"{' ' * n}k{n}:\n" for n in range(200)), "nested deeper"),
        ("a: &a [[[[[[[[[[1]]]]]]]]]]\nb: &b [[[[[[[[[[*a]]]]]]]]]]\nc: [[[[[[[[[[*b]]]]]]]]]]", "nested deeper"),
        (LAUGHS, f"more than {MOST_VALUES:,} values"),
        ("- x\n" * (MOST_VALUES + 1), f"more than {MOST_VALUES:,} values"),
        ("#" * (MOST_CHARACTERS + 1), "too long for a file of settings"),
        ("a: 1\na: 2", "the key 'a' stands there twice (line 2, column 1)"),
        ("? [a, b]\n: 1", "a key must be a word or a number"),
        ("a: 1\n---\nb: 2", "a second document begins"),
        (
            "!!python/object/apply:os.system [ls]",
            "the tag 'tag:yaml.org,2002:python/object/apply:os.system' means nothing",
        ),
        ("a: !!binary aGk=", "means nothing here"),
        ("{<<: 3}", "<< takes a mapping"),
        ("a: [1", "(line 2, column 1)"),
        ("a: b: c", "(line 1, column 5)"),
        ("a: \x00", ""),
        ("\t- a", ""),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_cannot_be_read_is_told_in_a_sentence(text: str, part: str) -> None:
    with pytest.raises(InputError) as told:
        read_yaml(text, "mine.yaml")
    message = str(told.value)
    assert message.startswith("mine.yaml: ") and part in message and len(message) < 250 and "\n" not in message


# --- in a scenario ---------------------------------------------------------------------------------------------------


def scenario(folder: Path, text: str) -> Any:
    path = folder / "mine.yaml"
    path.write_text(f"defaults: [classroom, _self_]\n{text}", encoding="utf-8")
    return load_scenario(path)


def test_names_may_look_like_anything(tmp_path: Path) -> None:
    """Operators No and 01, a plan 1e3, a segment on, regions off and 2: as keys and where they are named."""
    found = scenario(
        tmp_path,
        "regions: {off: 0.5, 2: 0.5, urban: null, rural: null}\nfocal: 01\n"
        "customers: {segments: {mass: null, youth: null, premium: null, small_business: null,"
        " on: {share: 1, price_sensitivity: 0.1}}}\noperators:\n  alpha: null\n  beta: null\n  gamma: null\n"
        "  01: {start_share: 0.5, plans: {1e3: {fee: 010, segments: [on]}}, network: {quality: {off: 0.5, 2: 1}}}\n"
        "  No: {start_share: 0.5, plans: {Yes: {fee: 8}}, pricing: {kind: match, rival: 01}}\n"
        "currency: NOK\nshocks: {08: {kind: outage, operator: No, region: 2}}\n",
    )
    assert list(found.operators) == ["01", "No"] and found.focal == "01" and list(found.shocks) == ["08"]
    assert found.all_plans["1e3"][1].fee == 10.0 and found.all_plans["1e3"][1].segments == ("on",)
    assert list(found.regions) == ["off", "2"] and found.shocks["08"].region == "2"
    assert found.operators["No"].pricing.rival == "01"


@pytest.mark.parametrize("word", ["yes", "Yes", "on", "true", "TRUE", "1"])
def test_a_switch_takes_yes_and_on(word: str, tmp_path: Path) -> None:
    assert scenario(tmp_path, f"panel: {{truth: {word}}}").panel.truth is True


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("months: 012", ""),
        ("months: 1:30", "months: must be a valid integer"),
        ("months: 3.5", "months: must be a valid integer, got a number with a fractional part (got 3.5)"),
        ("months: '" + "9" * 5000 + "'", "characters)"),
        ("months: " + "9" * 5000, "characters)"),
        ("market_size: 1e400", "market_size: must be a finite number (got 1e400)"),
        ("customers: {count: yes}", "customers.count: must be a valid integer"),
    ],
)
def test_a_number_that_is_none_is_told(text: str, part: str, tmp_path: Path) -> None:
    if not part:
        assert scenario(tmp_path, text).months == 12
        return
    with pytest.raises(InputError) as told:
        scenario(tmp_path, text)
    assert part in str(told.value) and len(str(told.value)) < 400
