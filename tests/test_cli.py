"""The command line: what it prints, what it writes, and how soon it answers."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.cli import main
from sim.commands.options import COMMANDS
from sim.config.mechanisms import MECHANISMS, override
from sim.loading import list_configs, load_scenario

HOUSE = Path(__file__).parent.parent
SMALL = ("months=3", "burn_in=12", "customers.count=500")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must succeed; return its standard output."""
    assert main(words) == 0
    return capsys.readouterr().out


def json_of(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(told(capsys, *words, "--json"))


# --- help ------------------------------------------------------------------------------------------------------------


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--help")
    assert all(f"  {name} " in text for name in COMMANDS)
    assert text == told(capsys)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert COMMANDS[name].description in text and f"Example:\n  churnlab {name}" in text


def test_help_imports_nothing_heavy() -> None:
    heavy = ("numpy", "pandas", "numba", "mesa", "matplotlib", "pydantic", "hydra", "rich")
    code = (
        f"import sys, sim.cli; sim.cli.main(['--help']); sys.stderr.write(' '.join(name for name in {heavy!r} if name"
        " in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOUSE, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# --- run, compare, sweep ---------------------------------------------------------------------------------------------


def test_run_prints_a_table_and_writes_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "run", "classroom", "--seed", "3", *SMALL, "--csv")
    report = Path(text.rsplit("Report: ", 1)[1].strip())
    assert [line.split()[0] for line in text.splitlines() if line.startswith(("alpha", "beta", "gamma"))] == [
        "alpha",
        "beta",
        "gamma",
    ]
    assert report.parts[:2] == ("results", "classroom") and report.is_file()
    names = {path.name for path in report.parent.iterdir()}
    assert names == {"manifest.json", "report.html"} | {
        f"{table}.{end}"
        for table in ("kpis", "overview", "ledger", "ports", "prices", "relations")
        for end in ("parquet", "csv")
    }
    manifest = json.loads((report.parent / "manifest.json").read_text(encoding="utf-8"))
    assert (
        manifest["seed"] == 3
        and manifest["command"] == "churnlab run classroom months=3 burn_in=12 customers.count=500 seed=3"
    )


def test_run_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    found = json_of(capsys, "run", "classroom", *SMALL, "policy=points", "panel.share=0.5", "--out", "elsewhere")
    assert found["policy"] == "points" and found["months"] == 3
    assert sum(row["share_start"] for row in found["operators"]) == pytest.approx(1.0)
    assert (Path(found["folder"]) / "panel.parquet").is_file() and Path(found["folder"]).parts[0] == "elsewhere"


def test_same_inputs_same_hash(capsys: pytest.CaptureFixture[str]) -> None:
    first, again, other = (json_of(capsys, "run", "classroom", *SMALL, f"seed={seed}") for seed in (1, 1, 2))
    assert first["hash"] == again["hash"] != other["hash"]
    assert first["folder"] != again["folder"] and first["operators"] == again["operators"] != other["operators"]


def test_compare_ranks_policies(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(
        capsys,
        "compare",
        "classroom",
        *SMALL,
        "policies=[none,points+save_desk,contract]",
        "replications=2",
        "--jobs",
        "1",
    )
    lines = [line.split()[0] for line in text.splitlines() if line.startswith(("none", "points+save_desk", "contract"))]
    assert sorted(lines) == ["contract", "none", "points+save_desk"]
    assert "95 % interval" in text and Path(text.rsplit("Report: ", 1)[1].strip()).is_file()


def test_compare_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    found = json_of(
        capsys, "compare", "classroom", *SMALL, "policies=none,points", "replications=2", "--jobs", "1", "--csv"
    )
    assert [row["policy"] for row in found["table"]] == found["policies"] == ["none", "points"]
    assert found["table"][0]["npv_diff"] == 0.0 and found["replications"] == 2
    assert {row["response"] for row in found["by_response"]} == {"responding", "static"}
    assert (Path(found["folder"]) / "runs.csv").is_file()


def test_sweep_runs_every_combination(capsys: pytest.CaptureFixture[str]) -> None:
    found = json_of(
        capsys, "sweep", "classroom", *SMALL, "behaviour.attention.base=0.02,0.04", "policy=none,points", "--jobs", "1"
    )
    rows = {(row["behaviour.attention.base"], row["policy"]) for row in found["table"]}
    assert rows == {(0.02, "none"), (0.02, "points"), (0.04, "none"), (0.04, "points")}
    assert (Path(found["folder"]) / "sweep.parquet").is_file()


def test_report_is_written_again_from_the_folder_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ("run", "classroom", *SMALL),
        ("compare", "classroom", *SMALL, "policies=[none,points]", "replications=2", "--jobs", "1"),
    ):
        report = Path(json_of(capsys, *words)["report"])
        before = report.read_bytes()
        report.unlink()
        assert json_of(capsys, "report", str(report.parent)) == {"report": str(report)}
        assert report.read_bytes() == before


def test_a_customer_file_gets_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{number},{'postpaid' if number % 3 else 'prepaid'},{number % 60},{number % 7 == 0}" for number in range(300)
    ]
    Path("base.csv").write_text("id,contract,months,left\n" + "\n".join(rows) + "\n", encoding="utf-8")
    columns = (
        "{id: id, plan: {column: contract, values: {postpaid: alpha_M, prepaid: alpha_prepaid}}, tenure: months,"
        " churned: left}"
    )
    found = json_of(
        capsys,
        "run",
        "europe_three",
        "months=3",
        "burn_in=0",
        "customers.file=base.csv",
        f"customers.columns={columns}",
    )
    page = Path(found["report"]).read_text(encoding="utf-8")
    assert (
        "300 rows of base.csv" in found["notes"][0]
        and "monthly charge, region, segment and complaints" in found["notes"][1]
    )
    assert all(
        title in page
        for title in ("Opening base: file and simulation", "What was imputed", "Churn by contract", "Churn by tenure")
    )
    before = Path(found["report"]).read_bytes()
    told(capsys, "report", found["folder"])
    assert Path(found["report"]).read_bytes() == before


def test_a_reader_who_leaves_is_no_fault() -> None:
    code = "import sys; from sim.cli import main; sys.exit(main(['params', 'price_war']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=HOUSE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


# --- lists -----------------------------------------------------------------------------------------------------------


def test_scenarios_have_a_question_or_say_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    found = json_of(capsys, "scenarios")
    assert [row["scenario"] for row in found] == list_configs()
    assert all(row["question"] or row["about"] for row in found)
    assert "price_war" in told(capsys, "scenarios")


def test_policies_have_settings_with_units(capsys: pytest.CaptureFixture[str]) -> None:
    found = {row["policy"]: row for row in json_of(capsys, "policies")}
    assert sorted(found) == sorted(list_configs("policy"))
    earn = next(one for one in found["points"]["settings"] if one["key"] == "loyalty.points.earn")
    assert (
        earn["unit"] == "points per currency unit billed"
        and earn["ge"] == 0.0
        and earn["set_by"] == "policy/points.yaml"
    )
    assert "loyalty.points:" in told(capsys, "policies")


def test_params_tell_value_unit_bounds_source_and_who_set_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = {row["key"]: row for row in json_of(capsys, "params", "price_war", "months=24")}
    base = found["behaviour.attention.base"]
    assert (base["unit"], base["ge"], base["le"], base["set_by"]) == ("per month", 0.0, 1.0, "behaviour/mobile.yaml")
    assert "Hortacsu" in base["source"]
    assert (found["months"]["value"], found["months"]["set_by"], found["months"]["source"]) == (
        24,
        "override 'months=24'",
        "",
    )
    assert found["operators.gamma.pricing.follow"]["set_by"] == "price_war.yaml"
    assert found["customers.segments.youth.care_weight.value"]["set_by"] == "default"
    assert found["customers.segments.youth.social.value"]["source"] == "assumption: peers count more"
    assert found["operators.alpha.plans.alpha_M.fee"]["unit"] == "EUR/month"


def test_every_number_has_a_unit_or_is_a_share(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("price_war", "from_iran", "from_ibm"):
        numbers = [
            row
            for row in json_of(capsys, "params", name)
            if isinstance(row["value"], int | float) and not isinstance(row["value"], bool)
        ]
        bare = {row["key"].rpartition(".")[0] for row in numbers if not row["unit"]}
        assert len(numbers) > 200 and bare <= {"regions", "customers.correlations"}


def test_params_are_filtered_by_words(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "params", "classroom", "bill_shock_ratio", "shocks")
    assert text.startswith("behaviour.attention.bill_shock_ratio = 1.4   [1..100]\n") and len(text.splitlines()) <= 4


def test_params_read_the_remarks_of_your_own_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text(
        "# @package _global_\n# Mine.\ndefaults: [classroom, _self_]\nmonths: 30   # two winters and a half\n",
        encoding="utf-8",
    )
    found = {row["key"]: row for row in json_of(capsys, "params", "mine.yaml", "months")}
    assert (found["months"]["value"], found["months"]["source"], found["months"]["set_by"]) == (
        30,
        "two winters and a half",
        "mine.yaml",
    )


def test_mechanisms_are_listed_with_the_switch_that_turns_each_off(capsys: pytest.CaptureFixture[str]) -> None:
    found = {row["mechanism"]: row for row in json_of(capsys, "params", "--mechanisms")}
    assert list(found) == [one.name for one in MECHANISMS]
    assert found["trust"] == {
        "mechanism": "trust",
        "says": "Kept promises build trust, betrayals break it, and trust holds.",
        "rules": ["update_trust", "bond_utility"],
        "source": "Morgan & Hunt 1994",
        "off": "behaviour.trust.weight=0",
        "strong": "behaviour.trust.weight=6",
        "setting": ["shocks={breach: {kind: breach, operator: alpha, loss: 0.9}}"],
        "measure": "kpis.churn_rate",
        "direction": "up",
        "test": "tests/directions/test_mechanisms.py::test_a_stronger_mechanism_moves_its_measure[trust]",
    }
    assert all(row["rules"] and row["source"] and "=" in row["off"] for row in found.values())


def test_every_switch_is_an_override_that_loads() -> None:
    for one in MECHANISMS:
        load_scenario(
            "europe_three", ["policies=[none]", *(override(key) for key in (one.off, *one.idle, *one.setting))]
        )


def test_mechanisms_are_filtered_by_words_and_not_by_the_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "params", "--mechanisms", "second_sim", "wallet")
    assert text.startswith("second SIM: ") and "    Off: behaviour.second_sim.hazard=0." in text and "trust" not in text
    assert told(capsys, "params", "price_war", "--mechanisms", "second_sim", "wallet") == text


@pytest.mark.parametrize("words", [("--mechanisms", "nonsense"), ()])
def test_params_say_what_they_need(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", *words]) == 2
    told = capsys.readouterr().err
    assert ("no mechanism has 'nonsense'" if words else "name a scenario") in told


# --- schema ----------------------------------------------------------------------------------------------------------

PARTS = [
    ("scenario", "*.yaml"),
    *((part, f"{part}/*.yaml") for part in ("market", "customers", "behaviour", "policy", "shock")),
]


@pytest.mark.parametrize(("part", "pattern"), PARTS)
def test_every_shipped_file_meets_its_schema(part: str, pattern: str, capsys: pytest.CaptureFixture[str]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    yaml = pytest.importorskip("yaml")
    assert main(["schema", part, "--out", "a.json"]) == 0
    assert "# yaml-language-server: $schema=a.json" in capsys.readouterr().err
    validator = jsonschema.Draft202012Validator(json.loads(Path("a.json").read_text(encoding="utf-8")))
    validator.check_schema(validator.schema)
    files = sorted((HOUSE / "scenarios").glob(pattern))
    assert files
    for path in files:
        assert [
            fault.message for fault in validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))
        ] == [], path.name


def test_a_schema_is_written_over_a_file_only_where_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.json").write_text("mine", encoding="utf-8")
    assert main(["schema", "policy", "--out", "mine.json"]) == 2
    assert "mine.json: is there already; --force" in capsys.readouterr().err and Path("mine.json").read_text() == "mine"
    assert main(["schema", "policy", "--out", "mine.json", "--force"]) == 0 and Path("mine.json").stat().st_size > 1000


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("monts: 3", "'monts' was unexpected"),
        ("behaviour: {attention: {base: 1.4}}", "1.4 is greater than the maximum of 1.0"),
        ("operators: {alpha: {loyalty: {points: {kind: points, earnn: 2}}}}", "'earnn' was unexpected"),
        ("operators: {alpha: {loyalty: {points: {kind: pionts}}}}", "'pionts' is not one of"),
        ("customers: {segments: {mass: {usage: {distribution: lognormal, mean: 2}}}}", "'mean' was unexpected"),
        ("months: many", "'many' does not match"),
    ],
)
def test_a_typo_is_flagged_by_the_schema(text: str, fault: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    yaml = pytest.importorskip("yaml")
    from sim.commands.schema import editor_schema

    validator = jsonschema.Draft202012Validator(editor_schema())
    messages = list(innermost(validator.iter_errors(yaml.safe_load(text))))
    assert any(fault in message for message in messages), messages


def innermost(faults: Iterable[Any]) -> Iterator[str]:
    """Messages of the faults behind 'not valid under any of the given schemas'."""
    for fault in faults:
        if fault.context:
            yield from innermost(fault.context)
        else:
            yield fault.message


@pytest.mark.parametrize(
    "text",
    [
        "operators: {alpha: null}",
        "customers: {count: '200_000'}",
        "operators: {alpha: {pricing: {every: 3}}}",
        "customers: {segments: {mass: {usage: 3}}}",
    ],
)
def test_short_forms_meet_the_schema(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    yaml = pytest.importorskip("yaml")
    from sim.commands.schema import editor_schema

    assert list(jsonschema.Draft202012Validator(editor_schema()).iter_errors(yaml.safe_load(text))) == []


# --- completion ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def offered(line: str, cache: Path | str) -> list[str]:
    """Return the words a bash would be given at the end of a line."""
    asked = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9", "_ARGCOMPLETE": "1"}
    asked |= {
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
        "_ARGCOMPLETE_IFS": "\n",
    }
    asked |= {"_ARGCOMPLETE_STDOUT_FILENAME": "words", "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(HOUSE)}
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli"], env={**os.environ, **asked}, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    return Path("words").read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("churnlab comp", ["compare", "completion"]),
        ("churnlab run pri", ["price_war"]),
        ("churnlab run mi", ["mine.yaml"]),
        ("churnlab run price_war policy=sav", ["save_desk"]),
        ("churnlab run mine.yaml policy=own_p", ["own_policy"]),
        ("churnlab compare price_war policies=", ["\\[none", "\\[points"]),
        ("churnlab compare price_war policies=[none,sav", ["\\[none,save_desk"]),
        ("churnlab compare price_war policies=none,sav", ["none,save_desk"]),
        ("churnlab run price_war behaviour.att", ["behaviour.attention."]),
        ("churnlab run price_war --json behaviour.attention.ba", ["behaviour.attention.base="]),
        ("churnlab run mine.yaml mont", ["months="]),
        ("churnlab run from_iran operators.", ["operators.challenger.", "operators.incumbent.", "operators.own."]),
        ("churnlab run price_war operators.beta.pricing.kind=und", ["undercut"]),
        ("churnlab run price_war panel.truth=", ["true", "false"]),
        ("churnlab run price_war market=eu", ["europe_three"]),
        ("churnlab run price_war customers.file=my", ["my_customers.csv"]),
        ("churnlab run price_war --thr", ["--threads"]),
        ("churnlab run price_war --out fol", ["folder/"]),
        ("churnlab sweep price_war method=so", ["sobol"]),
        ("churnlab wargame price_war rival_policies=none,sav", ["none,save_desk"]),
        ("churnlab params --mech", ["--mechanisms"]),
        ("churnlab lesson retention_is", ["retention_is_not_loyalty"]),
        ("churnlab lesson code", []),
        ("churnlab lesson retention_is_not_loyalty co", ["code="]),
        ("churnlab calibrate us_2010_2013 --targets us_", ["us_2010_2013"]),
        ("churnlab schema mark", ["market"]),
        ("churnlab completion z", ["zsh"]),
        ("churnlab report fol", ["folder/"]),
        ("churnlab run nowhere.yaml mon", ["monthly="]),
    ],
)
def test_words_are_completed(line: str, expected: list[str], tmp_path: Path, cache: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("mine.yaml", "policy/own_policy.yaml", "my_customers.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("defaults: [classroom, _self_]\n" if name == "mine.yaml" else "", encoding="utf-8")
    words = [word.strip() for word in offered(line, cache)]
    assert set(expected) <= set(words), words
    assert line.endswith(("code", "=", ".")) or len(words) < 5


def test_keys_are_kept_and_a_damaged_file_of_them_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for damage in ("", "{", "3", "\x00"):
        assert sorted(offered("churnlab run classroom mont", tmp_path)) == ["monthly=", "months="]
        (kept,) = tmp_path.glob("churnlab/keys-*/classroom.json")
        assert "months" in json.loads(kept.read_text(encoding="utf-8"))
        kept.write_text(damage, encoding="utf-8")
    assert "months=" in offered("churnlab run classroom mont", "/dev/null")


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    """The script that is printed, read by bash, which asks the command itself."""
    line = "churnlab run price_war policy=save_d"
    ask = (
        f'{told(capsys, "completion")}\nchurnlab() {{ {sys.executable} -m sim.cli "$@"; }}\nexport -f churnlab\n'
        f"COMP_LINE='{line}' COMP_POINT={len(line)} COMP_TYPE=9 COMP_WORDS=({line}) COMP_CWORD=3\n"
        "_python_argcomplete churnlab 2>/dev/null\nprintf '%s' \"${COMPREPLY[@]}\"\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "save_desk"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh", "powershell"])
def test_every_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "churnlab" in told(capsys, "completion", shell)


def test_a_starting_fee_comes_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """Appeals are inverted at the fees given, so such an override moves nobody; the reader is told."""
    found = json_of(
        capsys,
        "run",
        "classroom",
        "months=2",
        "customers.count=300",
        "burn_in=12",
        "operators.alpha.plans.alpha_M.fee=20",
    )
    assert "no customer reacts to it" in found["notes"][0]
    assert not json_of(capsys, "run", "classroom", "months=2", "customers.count=300", "burn_in=12")["notes"]


def test_a_folder_of_the_users_called_scenarios_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    code = "from sim.loading import list_configs; print('europe_three' in list_configs())"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout == "True\n"
