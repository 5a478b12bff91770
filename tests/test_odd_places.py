"""The command where little is as usual: no streams, no home, no machine code, files that are none."""

import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sim import Market, load_scenario
from sim.cli import BAD_INPUT, main

HOUSE = Path(__file__).resolve().parents[1]
SMALL = ["months=1", "customers.count=60", "burn_in=0"]
SEEN = (
    "import pickle, sys; from sim import Market, load_scenario;"
    " market = Market(load_scenario('classroom', sys.argv[1:]), seed=2).run();"
    " pickle.dump((market.kpis, market.ledger, market.customers.to_frame()), sys.stdout.buffer)"
)


def shell(line: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    given = {**os.environ, "PYTHONPATH": str(HOUSE), **variables}
    return subprocess.run(["sh", "-c", line], cwd=folder, env=given, capture_output=True, check=False)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_lose_no_result(closed: str, tmp_path: Path) -> None:
    """What would have been said is lost, and no file that is written takes its place."""
    done = shell(f"{sys.executable} -m sim.cli schema --out schema.json {closed}", tmp_path)
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    assert json.loads((tmp_path / "schema.json").read_text(encoding="utf-8"))


def test_a_market_runs_as_plain_python(tmp_path: Path) -> None:
    """To be stepped through by a debugger: the same tables but for roundings to single precision, without a warning."""
    line = f'{sys.executable} -W error -c "{SEEN}" {" ".join(SMALL)}'
    done = shell(line, tmp_path, NUMBA_DISABLE_JIT="1")
    assert done.stderr == b"", done.stderr.decode()
    market = Market(load_scenario("classroom", SMALL), seed=2).run()
    for here, there in zip(
        (market.kpis, market.ledger, market.customers.to_frame()), pickle.loads(done.stdout), strict=True
    ):
        pd.testing.assert_frame_equal(here, there, rtol=1e-5, atol=1e-9)


def test_nothing_usual_is_needed(tmp_path: Path) -> None:
    """A home that is none, no letters but ASCII, no assertions, a terminal of one column."""
    usual = {"HOME": "/dev/null", "XDG_CACHE_HOME": "", "LC_ALL": "C", "TERM": "dumb", "COLUMNS": "1"}
    done = shell(f"{sys.executable} -O -m sim.cli params classroom", tmp_path, **usual)
    assert (done.returncode, done.stderr) == (0, b"") and b"months" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("word", ["customers.file=", "design=", "shock="])
@pytest.mark.parametrize("kind", ["pipe", "folder", "socket", "device"])
def test_what_is_no_file_is_refused_at_once(
    word: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    suffix = "yaml" if word == "shock=" else "csv"
    name = {"device": "/dev/zero"}.get(kind, f"{kind}.{suffix}")
    if kind == "pipe":
        os.mkfifo(name)
    elif kind == "folder":
        os.mkdir(name)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as there:
            there.bind(name)
    command = "sweep" if word == "design=" else "run"
    assert main([command, "classroom", *SMALL, f"{word}{name}"]) == BAD_INPUT
    told = capsys.readouterr().err
    assert Path(name).stem in told and "Traceback" not in told and len(told) < 600


@pytest.mark.parametrize("command", ["run", "compare", "sweep", "lesson"])
def test_a_folder_without_a_name_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "classroom", "--out", ""])
    assert end.value.code == BAD_INPUT and "--out: names no folder" in capsys.readouterr().err
