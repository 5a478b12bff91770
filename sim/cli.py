"""What `churnlab` on the command line does with its words: find the command, run it, and end with an exit code and a
message a person can use.

Exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted, 143 and 129 ended by SIGTERM and SIGHUP. Nothing heavy is
imported here, so that `churnlab --help` answers at once.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

from sim.commands.options import COMMANDS, do, overview, wants_overview
from sim.errors import InputError, StoppedError, listed, nearest
from sim.experiments.ending import exit_code, interruptible

DONE, FAILED, BAD_INPUT = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Results go to stdout, everything else to stderr."""
    _open_streams()
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what may come next
        from sim.commands.completion import complete

        complete()
    with interruptible() as interrupts:
        try:
            code = _dispatch(list(sys.argv[1:] if argv is None else argv))
            sys.stdout.flush()
            return code
        except InputError as error:
            _say(f"churnlab: {error}")
            return BAD_INPUT
        except BrokenPipeError:  # the reader has gone, as in `churnlab params price_war | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        except (KeyboardInterrupt, Exception) as error:
            if interrupts or isinstance(error, KeyboardInterrupt):
                _say(
                    "\nchurnlab: ".join(
                        ["churnlab: interrupted; nothing half-written is left", *getattr(error, "__notes__", [])]
                    )
                )
                return exit_code(interrupts)
            if isinstance(error, StoppedError):
                _say(f"churnlab: {error}")
                return FAILED
            if os.environ.get("CHURNLAB_DEBUG"):
                raise
            text = " ".join(str(error).split())
            _say(
                f"churnlab: failed: {type(error).__name__}: {text} (set CHURNLAB_DEBUG=1 and run it again for the whole"
                " story)"
            )
            return FAILED


def _open_streams() -> None:
    """Give a process that was started with closed streams (`>&-`) streams that lead nowhere, before any other file is
    opened in their place.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                os.fstat(number)
                continue  # the stream is closed in Python alone
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: its own
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))


def _dispatch(words: list[str]) -> int:
    if wants_overview(words):
        print(overview())
        return DONE
    if words[0] in ("-V", "--version"):
        from sim.config.versions import churnlab_version

        print(f"churnlab {churnlab_version()}")
        return DONE
    name = words[0]
    if name not in COMMANDS:
        raise InputError(
            f"'{name}': no such command{nearest(name, COMMANDS)}; known: {listed(COMMANDS)} (churnlab --help tells"
            " what each does)"
        )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter shows a question mark
    return do(name, words[1:])


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal has gone
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
