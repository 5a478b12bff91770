"""Bad input, full disks and Ctrl-C: the exit code, a message that helps, and nothing half-written."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.cli import main
from sim.waiting import COMPILING

HOUSE = Path(__file__).parent.parent
SMALL = ("months=3", "burn_in=12", "customers.count=500")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must be refused as bad input; return its message, having seen that nothing else came of it."""
    assert main(words) == 2
    out, told = capsys.readouterr()
    message = told.removeprefix(f"{COMPILING}\n")  # on a machine where nothing has been compiled yet
    assert out == "" and "Traceback" not in message and message.startswith("churnlab: ")
    assert not Path("results").exists()
    return message


# --- names, numbers, structure ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("rnu", "price_war"), ("'rnu': no such command (did you mean 'run'?)",)),
        (("run", "pricewar"), ("no such scenario 'pricewar' (did you mean 'price_war'?)", "classroom")),
        (
            ("run", "classroom", "policy=pionts"),
            ("policy=pionts: no such policy (did you mean 'points'?)", "contract"),
        ),
        (
            ("compare", "classroom", "policies=[none,pionts]"),
            ("policy=pionts: no such policy (did you mean 'points'?)",),
        ),
        (("run", "classroom", "monts=3"), ("override 'monts=3': monts: no such key (did you mean 'months'?)",)),
        (("run", "classroom", "market=europe"), ("market=europe: no such market (did you mean 'europe_three'?)",)),
        (("run", "classroom", "focal=alfa"), ("focal: no such name 'alfa' (did you mean 'alpha'?)",)),
        (
            ("run", "classroom", "operators.beta.pricing={kind: undercutt}"),
            ("no such kind 'undercutt' (did you mean 'undercut'?)",),
        ),
        (("run", "classroom", "--sed", "4"), ("'--sed': not understood by churnlab run (did you mean '--seed'?)",)),
        (("run", "classroom", "months"), ("override 'months': not understood; write key=value",)),
        (("run", "classroom", "customers.count=1,2"), ("use `churnlab sweep`",)),
        (
            ("run", "classroom", "months=-3"),
            ("override 'months=-3': months: must be greater than or equal to 1 (got -3)",),
        ),
        (
            ("run", "classroom", "behaviour.attention.base=1.5"),
            ("behaviour.attention.base: must be less than or equal to 1 (got 1.5)",),
        ),
        (("run", "classroom", "months=many"), ("months: must be a valid integer", "'many'")),
        (("run", "classroom", "seed=-1"), ("seed: must be greater than or equal to 0",)),
        (("run", "classroom", "plans.gold.fee=9"), ("plans: no such key",)),
        (("run", "classroom", "operators.delta.start_share=0.1"), ("operators.delta.plans: a value is needed",)),
        (
            ("run", "classroom", "operators.beta.plans.alpha_M={fee: 9, start_mix: 0}"),
            ("the name is taken by operator 'alpha'; plan names are unique",),
        ),
        (
            ("run", "classroom", "customers.segments.mass.share=0.9"),
            ("customers.segments: shares sum to 1.38, they must sum to 1",),
        ),
        (("run", "base"), ("scenario 'base' has no operators", "market=europe_three")),
        (("run", "from_iran"), ("from_iran needs customers.file",)),
        (("run", "classroom", "--threads", "0"), ("--threads must be at least 1",)),
        (("run", "classroom", "--moments", "nowhere"), ("--moments nowhere",)),
        (("compare", "classroom", "replications=0"), ("replications must be a whole number of at least 1",)),
        (("compare", "classroom", "replications=some"), ("replications must be a whole number of at least 1",)),
        (("compare", "classroom", "policies="), ("at least one policy is needed",)),
        (("compare", "classroom", "policies=[none,none]"), ("policies: each once",)),
        (("compare", "classroom", "policies=[none,points+points]"), ("both set loyalty.points",)),
        (("sweep", "classroom", "months=3"), ("give at least one key several values",)),
        (("params", "classroom", "nothing_like_it"), ("no key or meaning of classroom has 'nothing_like_it' in it",)),
        (("schema", "polcy"), ("no such part 'polcy' (did you mean 'policy'?)",)),
        (("report", "nowhere"), ("nowhere: no results folder",)),
        (("completion", "fihs"), ("no such shell (did you mean 'fish'?)",)),
    ],
    ids=lambda value: "_".join(value)[:60] if isinstance(value[0], str) and len(value) > 1 else None,
)
def test_bad_input_is_told_in_words(
    words: tuple[str, ...], parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(capsys, *words)
    assert all(part in message for part in parts), message


@pytest.mark.parametrize("words", [("run",), ("run", "classroom", "--seed", "one")])
def test_usage_is_told(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2 and capsys.readouterr().err.startswith("usage: churnlab run")


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"months: [3\n", "mine.yaml: while parsing a flow sequence"),
        (b"months: 3\n  seed: 2\n", "line 2, column 7"),
        (b"defaults: [clasroom, _self_]\n", "clasroom"),
        (b"- 3\n", "mine.yaml"),
        (b"question: \xff\xfe\n", "mine.yaml: 'utf-8' codec"),
        (b"defaults: [classroom, _self_]\nmonts: 3\n", "mine.yaml: monts: no such key (did you mean 'months'?)"),
    ],
)
def test_a_faulty_scenario_file_is_told(content: bytes, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_bytes(content)
    assert part in refused(capsys, "run", "mine.yaml")


CUSTOMERS = ("burn_in=0", "months=3", "customers.file=base.csv", "customers.columns={id: id, tenure: tenure}")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"id,months\n1,3\n", "no column 'tenure'"),
        (b"id,tenure\n1,abc\n", "line 2, column 'tenure': tenure must be a number (got 'abc')"),
        (b"id,tenure\n1,-3\n", "line 2, column 'tenure': tenure must not be negative (got '-3')"),
        (b"id,tenure\n1,3\n1,4\n", "line 3, column 'id': duplicate id, also in line 2"),
        (b"", "empty"),
        (b"id,tenure\n", "no "),
        ("id,tenure,name\n1,3,\u041e\u0440\u0451\u043b\n".encode("cp1251"), "UTF-8"),
    ],
    ids=["missing column", "text", "negative", "duplicate", "empty", "header only", "encoding"],
)
@pytest.mark.parametrize("command", ["run", "compare"])
def test_a_faulty_customer_file_is_told(
    command: str, content: bytes, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("base.csv").write_bytes(content)
    assert part in refused(capsys, command, "europe_three", *CUSTOMERS)


def test_bad_rows_are_set_aside_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    good = "".join(f"{number},{number % 50}\n" for number in range(400))
    Path("base.csv").write_text(f"id,tenure\n{good}x,abc\n", encoding="utf-8")
    assert "nothing was imported" in refused(capsys, "run", "europe_three", *CUSTOMERS)
    assert main(["run", "europe_three", *CUSTOMERS, "--skip-bad-rows"]) == 0
    assert "1 faulty rows were set aside in base.rejected.csv" in capsys.readouterr().err
    assert "abc" in Path("base.rejected.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["run", "compare", "sweep"])
def test_an_unwritable_folder_is_refused_before_anything_is_computed(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.market.Market.__init__", lambda *_: pytest.fail("computed first"))
    Path("taken").write_text("", encoding="utf-8")
    words = ["policy=none,points"] if command == "sweep" else []
    for place in ("taken", "taken/below"):
        assert f"results cannot be written to {place}" in refused(capsys, command, "classroom", *words, "--out", place)
    assert [path.name for path in Path().iterdir()] == ["taken"]


# --- failures of our own ---------------------------------------------------------------------------------------------


def test_a_fault_of_ours_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the books\n do not close")

    monkeypatch.setattr("sim.commands.run.simulate", fail)
    monkeypatch.delenv("CHURNLAB_DEBUG", raising=False)
    assert main(["run", "classroom", *SMALL]) == 1
    assert (
        capsys.readouterr().err
        == "churnlab: failed: RuntimeError: the books do not close (set CHURNLAB_DEBUG=1 and run it again for the whole"
        " story)\n"
    )
    monkeypatch.setenv("CHURNLAB_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main(["run", "classroom", *SMALL])
    assert not Path("results").exists()


# --- Ctrl-C ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="signals of a terminal")
@pytest.mark.parametrize("words", [("run", "classroom"), ("compare", "classroom", "--jobs", "2")])
def test_an_interrupt_leaves_nothing(words: tuple[str, ...], tmp_path: Path) -> None:
    long = ("customers.count=200_000", "months=600", "burn_in=12")
    command = [sys.executable, "-m", "sim.cli", *words, *long, "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=HOUSE, start_new_session=True
    ) as process:
        time.sleep(4.0)  # imported, and living its months
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # a terminal's Ctrl-C reaches workers too
        out, message = process.communicate(timeout=30)
    # Python ends itself by the signal, which a shell calls 130 too, where the interrupt fell into compiling text
    assert process.returncode in (130, -signal.SIGINT)
    assert (
        out == ""
        and message.splitlines()[-1] == "churnlab: interrupted; nothing half-written is left"
        and "Traceback" not in message
    )
    assert list(tmp_path.iterdir()) == []
    assert no_process_left(process.pid)


def no_process_left(group: int) -> bool:
    """Whether all processes of a group have ended within some seconds (the dead that nobody has buried do
    not count).
    """
    for _ in range(50):
        states = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            states += [fields[0]] if int(fields[2]) == group else []
        if all(state in "ZX" for state in states):
            return True
        time.sleep(0.1)
    return False
