"""Surprise endings: a signal ends a study as Ctrl-C does, workers never outlive it, and what was finished is kept."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.experiments.ending import hushed_threads
from tests.faults.processes import ends_within, members, rows, semaphores, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc and /dev/shm")
LONG = ("sweep", "classroom", "policy=none", "replications=400", "customers.count=300", "months=3", "burn_in=1")


@contextmanager
def under_way(out: Path, jobs: str) -> Iterator[subprocess.Popen[str]]:
    """Start a study, and give it once it has some rows."""
    with started(*LONG, "--jobs", jobs, "--out", str(out)) as process:
        began = time.monotonic()
        while len(rows(out)) < 2 and process.poll() is None and time.monotonic() - began < 120.0:
            time.sleep(0.1)
        yield process


@pytest.mark.parametrize(("number", "code", "jobs"), [("SIGTERM", 143, "2"), ("SIGHUP", 129, "1")])
def test_a_signal_ends_a_study_as_an_interrupt_does(number: str, code: int, jobs: str, tmp_path: Path) -> None:
    with under_way(tmp_path, jobs) as process:
        process.send_signal(getattr(signal, number))
        out, message = process.communicate(timeout=60)
        assert process.returncode == code and out == "" and "Traceback" not in message
        assert message.splitlines()[-2:] == [
            "What was finished is kept: the same command goes on from there.",
            "churnlab: interrupted; nothing half-written is left",
        ]
        assert ends_within(process.pid, 5.0) and not list(tmp_path.rglob("*.part"))
        assert not semaphores(process.pid)


def test_threads_that_lose_their_work_say_nothing_while_workers_are_ended(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise KeyError(6)

    with hushed_threads():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert capfd.readouterr().err == ""


def test_nothing_outlives_a_study_that_is_killed(tmp_path: Path) -> None:
    with under_way(tmp_path, "2") as process:
        kept = rows(tmp_path)
        process.kill()
        assert ends_within(process.pid, 5.0)
        assert not semaphores(process.pid)
        assert kept and kept <= rows(tmp_path)


def test_a_worker_that_is_killed_is_told_in_words(tmp_path: Path) -> None:
    with under_way(tmp_path, "2") as process:
        workers = [one for one in members(process.pid) if b"LokyProcess" in Path(f"/proc/{one}/cmdline").read_bytes()]
        os.kill(workers[0], signal.SIGKILL)
        _, message = process.communicate(timeout=60)
        assert process.returncode == 1 and message.splitlines()[-2].startswith("What was finished is kept")
        assert "a worker process ended before its time (SIGKILL(-9)" in message.splitlines()[-1]
        assert ends_within(process.pid, 5.0)
