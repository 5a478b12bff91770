"""What lies in the working folder, or in a folder that others can write to, is never run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.cache import cache_folder
from sim.plugins import behind_python

HOUSE = Path(__file__).resolve().parents[1]
TRAPS = ("random", "json", "numpy", "pandas", "joblib", "agents", "scenarios", "signal", "argparse", "pickle", "yaml")
OTHER = 12345  # a user who is nobody here
is_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be someone else")


def trap(folder: Path, *names: str) -> None:
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'sprung')!r}, 'a').write(__name__)\n1 / 0\n")


def run(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name not in ("PYTHONSAFEPATH", "PYTHONPATH")}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env={**given, **variables}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("words", [("-P", "-c", "import sys, sim.cli; sys.exit(sim.cli.main())"), ("-m", "sim")])
def test_nothing_of_the_working_folder_is_run(words: tuple[str, ...], tmp_path: Path) -> None:
    """Neither by the installed command nor by its module, but for a `sim.py` that `python -m sim` means."""
    trap(tmp_path, *TRAPS, *(("sim",) if "-P" in words else ()))
    done = run(tmp_path, *words, "params", "classroom", PYTHONPATH=str(HOUSE))
    assert not (tmp_path / "sprung").exists() and done.returncode == 0, done.stderr


def test_workers_of_a_script_run_only_what_it_has_run(tmp_path: Path) -> None:
    """Its own folder is on its path: its modules are found by workers, but not in place of Python's or the house's."""
    (tmp_path / "own.py").write_text("def month(market):\n    import helper\n    return helper.month(market)\n")
    (tmp_path / "helper.py").write_text("def month(market):\n    return float(market.month)\n")
    (tmp_path / "script.py").write_text(
        "import json, random, signal, sys\n"  # as a notebook has, when its folder comes upon the path
        f"sys.path[:0] = ['', {str(tmp_path)!r}]\n"
        "from sim import Executor, Means, load_scenario, sweep\nimport own\n"
        "scenario = load_scenario('classroom', ['customers.count=200', 'months=2', 'burn_in=1'])\n"
        "axes = {'operators.alpha.plans.alpha_M.fee': [20.0, 21.0]}\n"
        "means = Means(Executor(jobs=2))\n"
        "print(set(sweep(scenario, axes, replications=1, measures={'month': own.month}, means=means)['month']))\n"
        "print(sys.path[:2])\n"
    )
    trap(tmp_path, "random", "json", "agents", "signal")
    done = run(tmp_path, "-P", "script.py", PYTHONPATH=str(HOUSE))
    assert not (tmp_path / "sprung").exists() and done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{2.0}", f"['', {str(tmp_path)!r}]"]


def test_a_package_of_the_same_name_that_is_there_already_is_told(tmp_path: Path) -> None:
    (tmp_path / "agents.py").touch()
    done = run(tmp_path, "-c", "import agents, sim", PYTHONPATH=str(HOUSE))
    assert f"'agents' is a package of churnlab, but {tmp_path / 'agents.py'} was imported" in done.stderr


def test_folders_of_ones_own_come_behind_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", "/mine", os.path.dirname(os.__file__), "/installed"])
    assert behind_python() == 3
    monkeypatch.setattr(sys, "path", ["/mine"])
    assert behind_python() == 0


# --- caches ----------------------------------------------------------------------------------------------------------


def test_a_cache_is_made_for_its_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new"))
    folder = cache_folder("code")
    assert folder == tmp_path / "new" / "churnlab" / "code"
    assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent, folder.parent.parent)} == {0o700}
    folder.chmod(0o755)
    (folder / "kept").touch()
    assert cache_folder("code") == folder and folder.stat().st_mode & 0o777 == 0o700 and (folder / "kept").exists()


def test_what_others_could_have_written_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder("code")
    assert folder is not None
    (folder / "planted").touch()
    folder.chmod(0o777)
    assert cache_folder("code") == folder and not list(folder.iterdir()) and folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("level", ["churnlab", "churnlab/code"])
def test_a_link_is_no_cache(level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "elsewhere" / "code").mkdir(parents=True, mode=0o700)
    (tmp_path / level).parent.mkdir(exist_ok=True)
    (tmp_path / level).symlink_to(tmp_path / "elsewhere")
    assert cache_folder("code") is None


def test_a_folder_in_which_others_can_rename_holds_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared / "mine"))
    shared.chmod(0o777)
    assert cache_folder("code") is None
    shared.chmod(0o1777)  # there only owners rename, as in /tmp
    assert cache_folder("code") is not None


@pytest.mark.parametrize("given", ["", "here", "./here", "~"])
def test_a_relative_cache_does_not_count(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    assert cache_folder("code") == tmp_path / "home" / ".cache" / "churnlab" / "code"
    monkeypatch.setenv("HOME", given)
    assert cache_folder("code") is None
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("home", ["/proc/home", "/dev/null"])
def test_without_a_home_there_is_no_cache(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    assert cache_folder("code") is None


@is_root
def test_another_users_folder_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the folders it is that another user has made first."""
    tmp_path.chmod(0o1777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for theirs in ("cache", "cache/churnlab", "cache/churnlab/code"):
        (tmp_path / "cache" / "churnlab" / "code").mkdir(parents=True, mode=0o700)
        os.chown(tmp_path / theirs, OTHER, OTHER)
        assert cache_folder("code") is None, theirs
        subprocess.run(["rm", "-r", tmp_path / "cache"], check=True)


@is_root
def test_a_user_who_cannot_write_at_home_shares_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    os.seteuid(OTHER)
    try:
        assert cache_folder("code") is None
    finally:
        os.seteuid(0)
    assert cache_folder("code") is not None
