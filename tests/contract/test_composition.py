"""How files build on one another: as Hydra composes them, and what it would drop or run around in is told in words."""

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from sim import InputError, load_scenario
from sim.config.composition import layers, shelves
from sim.loading import merge

pytestmark = pytest.mark.contract

FILES = {  # beside main.yaml, with a key of their own and one that all have
    "one": "defaults: [two, _self_]",
    "two": "",
    "first": "defaults: [market: a, _self_]",
    "market/a": "",
    "market/b": "defaults: [a, _self_]",
    "market/c": "# @package _global_",
    "market/d": "defaults: [/shock@_global_.shocks: x, b, _self_]",
    "shock/x": "",
    "shock/y": "# @package news.of_it",
}
LISTS = [
    "[one, _self_]",
    "[_self_, one]",
    "[one]",
    "[]",
    "[market: a, _self_]",
    "[market: b]",
    "[market: c, _self_]",
    "[market: d]",
    "[market: null, two]",
    "[market@here.there: b, one]",
    "[market@_global_: a, _self_]",
    "[market@_here_: b]",
    "[market/a, _self_]",
    "[market/b@elsewhere]",
    "[/market/b@_group_]",
    "[market: [a, b], shock@shocks: [x, y], _self_]",
    "[shock: y, _self_]",
    "[shock@shocks: y]",
    "[optional market: zebra, optional shock: x]",
    "[first, override market: b]",
    "[first, market@there: c, override market@there: a, override market: d]",
]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")


def ours(folder: Path) -> dict[str, Any]:
    """Compose main.yaml with the house's own rules."""
    tree: dict[str, Any] = {}
    for layer in layers((folder,), "main"):
        content = layer.content
        for key in reversed([part for part in layer.package.split(".") if part]):
            content = {key: content}
        merge(tree, content, {}, layer.path)
    return tree


@pytest.mark.filterwarnings("ignore:.*_self_:UserWarning")  # of Hydra; ours puts the file itself last then, as it does
@pytest.mark.parametrize("defaults", LISTS)
def test_files_are_composed_as_hydra_does(defaults: str, tmp_path: Path) -> None:
    files = {name: f"{text}\nname: {name}\n{name.replace('/', '_')}: 1" for name, text in FILES.items()}
    write(tmp_path, {"main": f"defaults: {defaults}\nname: main\nmain: 1", **files})
    with initialize_config_dir(version_base="1.3", config_dir=str(tmp_path)):
        theirs = OmegaConf.to_container(compose("main"))
    assert ours(tmp_path) == theirs


# --- policies --------------------------------------------------------------------------------------------------------

SCENARIO = "defaults: [classroom, _self_]\npolicies: [none, mine]"


def test_a_policy_builds_on_others(tmp_path: Path) -> None:
    """What the file adds, changes and deletes lies over what it builds on, of its own folder or shipped."""
    years = "loyalty: {years: {kind: tenure_discount}}"
    more = "defaults: [save_desk, years, _self_]\ndescription: more\nretention: {save_desk: {reach: 0.9}}"
    less = "defaults: [mine]\nloyalty: {years: null}"
    write(tmp_path, {"it": SCENARIO, "policy/years": years, "policy/mine": more, "policy/less": less})
    found = load_scenario(tmp_path / "it.yaml", ["policies=[none,save_desk,mine,less]"]).policies
    desk = found["save_desk"].retention["save_desk"]
    assert found["mine"].retention["save_desk"] == desk.model_copy(update={"reach": 0.9}) != desk
    assert list(found["mine"].loyalty) == ["years"] and found["mine"].description == "more"
    assert found["less"].loyalty == {} and found["less"].retention == found["mine"].retention
    assert found["less"].name == "less"


def test_what_is_wrong_below_a_policy_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"it": SCENARIO, "policy/mine": "defaults: [save_dsk, _self_]\ndescription: x"})
    with pytest.raises(InputError, match=r"policy/mine.yaml.*save_dsk.*did you mean 'save_desk'"):
        load_scenario(tmp_path / "it.yaml")


# --- files that build on themselves ----------------------------------------------------------------------------------


def test_a_file_named_as_what_it_builds_on_means_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, {"classroom": "defaults: [classroom, _self_]\nmonths: 5", "policy/points": "defaults: [points]"})
    own, shipped = load_scenario(tmp_path / "classroom.yaml", ["policy=points"]), load_scenario("classroom")
    assert own.months == 5 != shipped.months and own.operators == shipped.operators
    assert own.policies["points"] == load_scenario("classroom", ["policy=points"]).policies["points"]


@pytest.mark.parametrize(
    "files",
    [
        {"main": "defaults: [main]"},
        {"main": "defaults: [one]", "one": "defaults: [two]", "two": "defaults: [main]"},
        {"main": "defaults: [market: a]", "market/a": "defaults: [b]", "market/b": "defaults: [/main]"},
    ],
)
def test_files_that_build_on_themselves_are_told(files: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, files)
    with pytest.raises(InputError, match=r"defaults: main builds on itself: main -> .*main") as told:
        layers((tmp_path,), "main")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("files", "part"),
    [
        (
            {f"f{n}": f"defaults: [f{n + 1}]" for n in range(60)} | {"f60": ""},
            "more than 40 files build on one another",
        ),
        ({f"f{n}": f"defaults: [f{n + 1}, f{n + 1}]" for n in range(12)} | {"f12": ""}, "more than 200 files"),
        ({"f0": "defaults: [one, _self_, _self_]", "one": ""}, "_self_ stands there 2 times"),
        ({"f0": "defaults: classroom"}, "a list is expected, e.g."),
        ({"f0": "defaults: [[one]]"}, "a file or `group: file` is expected (got ['one'])"),
        ({"f0": "defaults: [{market: a, shock: b}]"}, "a file or `group: file` is expected"),
        ({"f0": "defaults: [{mandatory market: a}]"}, "a file or `group: file` is expected"),
        ({"f0": "defaults: ['${market}']"}, "a file must be named as it is called"),
        ({"f0": "defaults: [market: '???']"}, "a file must be named as it is called"),
        ({"f0": "defaults: [markt: a]", "market/a": ""}, "there is no folder 'markt'"),
        ({"f0": "defaults: [override market: a]", "market/a": ""}, "nothing to override at 'market'"),
        ({"f0": "defaults: [market: a, one]", "one": "defaults: [market: b]", "market/a": "", "market/b": ""}, "twice"),
        ({"f0": "defaults: [" + "x" * 300 + "]"}, "no such file 'xxx"),
    ],
)
def test_a_list_that_cannot_be_followed_is_told(files: dict[str, str], part: str, tmp_path: Path) -> None:
    write(tmp_path, files)
    with pytest.raises(InputError, match="defaults|put together|build") as told:
        layers((tmp_path,), "f0")
    assert part in str(told.value) and len(str(told.value)) < 400


def test_names_of_files_may_hold_what_a_file_system_takes(tmp_path: Path) -> None:
    folder = tmp_path / "März (1), [alt]"
    write(folder, {"50% 'A&B' #1": "defaults: [classroom, größer@_here_, _self_]\nmonths: 3", "größer": "seed: 9"})
    found = load_scenario(folder / "50% 'A&B' #1.yaml")
    assert (found.name, found.months, found.seed) == ("50% 'A&B' #1", 3, 9)


def test_hidden_files_are_no_scenarios(tmp_path: Path) -> None:
    write(tmp_path, {"policy/._mine": "", "policy/mine": ""})
    from sim.config.composition import options

    assert options((tmp_path,), "policy") == ["mine"] and "points" in options(shelves(tmp_path), "policy")
