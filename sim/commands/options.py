"""What can be asked on the command line: every command with its words, options, explanation and example. Imports
nothing heavy.
"""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from sim.errors import InputError, nearest

Parser = argparse.ArgumentParser
OVERRIDES = """\
Overrides (key=value, as many as you like, anywhere after SCENARIO):
  customers.count=50_000        a number; `churnlab params SCENARIO` lists every key with unit and bounds
  shocks.rival_cuts_prices.change=-0.30
  policy=points+save_desk       what the focal operator runs; `churnlab policies` lists them
  market=europe_three           a whole group of files: market, customers, behaviour, shock
SCENARIO is a name of `churnlab scenarios` or the path of your own .yaml file."""
CLUSTER = """\
  executor=dask                 where it runs: loky (this machine's cores), dask, ray; executor.address=HOST:PORT,
                                and executor.patience=SECONDS for a cluster that is slow to answer (60).
                                Finished rows are kept: a study that was interrupted or killed goes on where it stopped.
"""


class Command(NamedTuple):
    """One command: what it is for, and how it is asked."""

    module: str
    summary: str
    description: str
    example: str
    options: Callable[[Parser], None]


def parse(name: str, words: Sequence[str]) -> argparse.Namespace:
    """Read the words after a command; overrides may stand before, between and after options."""
    command = COMMANDS[name]
    parser = Parser(
        prog=f"churnlab {name}",
        description=command.description,
        epilog=f"Example:\n{command.example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.options(parser)
    arguments, others = parser.parse_known_args(words)
    known = [option for action in parser._actions for option in action.option_strings]
    for word in others:
        if word.startswith("-") or not hasattr(arguments, "overrides"):
            raise InputError(
                f"'{word}': not understood by churnlab {name}{nearest(word.partition('=')[0], known)}; churnlab {name}"
                " --help tells what is"
            )
    if others:
        arguments.overrides = [*arguments.overrides, *others]
    return arguments


def do(name: str, words: Sequence[str]) -> int:
    """Do one command; return its exit code."""
    arguments = parse(name, words)
    return int(getattr(import_module(f"sim.commands.{COMMANDS[name].module}"), name)(arguments))


def wants_overview(words: Sequence[str]) -> bool:
    """Whether the words ask for nothing but the list of commands."""
    return not words or words[0] in ("-h", "--help", "help")


def overview() -> str:
    """Return the page of `churnlab --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: churnlab COMMAND ... [--help]",
            "",
            "A laboratory of a telecom market: which retention policy to run, what it is worth, and how sure that is.",
            "",
            *lines,
            "",
            "Start here:",
            "  churnlab compare price_war",
            "",
            (
                "churnlab COMMAND --help explains a command with an example. Exit codes: 0 done, 1 failed, 2 bad input,"
                " 130 interrupted, 143 or 129 ended by SIGTERM or SIGHUP."
            ),
        ]
    )


# --- options that several commands share -----------------------------------------------------------------------------


def _scenario(parser: Parser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", help="name of a scenario, or the path of a .yaml file")
    parser.add_argument(
        "overrides", metavar="key=value", nargs="*", default=[], help="what differs from the scenario file"
    )


def _experiment(parser: Parser) -> None:
    _scenario(parser)
    _files(parser)


def _folder(text: str) -> str:
    """Refuse a folder without a name, which would be the working folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("names no folder; for the working folder write .")
    return text


def _files(parser: Parser) -> None:
    parser.add_argument(
        "--out", metavar="DIR", type=_folder, default="results", help="folder for results (default: ./results)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the (first) world; short for seed=N")
    parser.add_argument(
        "--skip-bad-rows",
        action="store_true",
        help="set faulty rows of customers.file aside (in NAME.rejected.csv) instead of stopping",
    )
    parser.add_argument("--csv", action="store_true", help="write the tables as CSV too, for spreadsheets")
    _strategies(parser)
    _json(parser)


def _strategies(parser: Parser) -> None:
    parser.add_argument(
        "--strategies",
        metavar="FILE.py",
        action="append",
        default=[],
        help="own strategies, shocks, behaviour and measures (as often as you like); short for plugins=[FILE.py]",
    )


def _json(parser: Parser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON, and nothing else, on standard output"
    )


def _run(parser: Parser) -> None:
    _experiment(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="threads (default: all cores); never changes a number")
    parser.add_argument(
        "--moments",
        metavar="FOLDER",
        help="published churn moments to set an imported customer file against (default: those of the file's own rows)",
    )


def _compare(parser: Parser) -> None:
    _experiment(parser)
    _jobs(parser)


def _jobs(parser: Parser) -> None:
    parser.add_argument(
        "--jobs", type=int, metavar="N", default=-1, help="processes (default: all cores); never changes a number"
    )


def _validate(parser: Parser) -> None:
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?",
        default="europe_three",
        help="name of a scenario, or the path of a .yaml file (default: europe_three)",
    )
    parser.add_argument(
        "overrides", metavar="key=value", nargs="*", default=[], help="what differs from the scenario file"
    )
    _files(parser)
    _jobs(parser)
    parser.add_argument(
        "--naive-true", action="store_true", help="only what an analyst concludes from the panel, beside what is true"
    )
    parser.add_argument("--no-theory", action="store_true", help="leave out the reference cases of a checkout's tests")


def _calibrate(parser: Parser) -> None:
    _compare(parser)
    parser.add_argument(
        "--targets",
        metavar="FILE",
        required=True,
        help="CSV file of numbers to be met, or the name of a shipped one: us_2010_2013, china_2012_2014",
    )


def _params(parser: Parser) -> None:
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?",
        help="name of a scenario, or the path of a .yaml file; not needed with --mechanisms",
    )
    parser.add_argument(
        "overrides",
        metavar="FILTER | key=value",
        nargs="*",
        default=[],
        help="show only keys or meanings with this text in them; what differs from the file",
    )
    parser.add_argument(
        "--mechanisms",
        action="store_true",
        help="list the mechanisms of behaviour instead: rule, source, switch, and the measure that must move",
    )
    _strategies(parser)
    _json(parser)


def _schema(parser: Parser) -> None:
    parser.add_argument(
        "part",
        metavar="PART",
        nargs="?",
        default="scenario",
        help="which kind of file: scenario (default), market, customers, behaviour, policy, shock",
    )
    parser.add_argument("--out", metavar="FILE", help="write to a file instead of standard output")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def _report(parser: Parser) -> None:
    parser.add_argument("folder", metavar="FOLDER", help="a results folder: results/SCENARIO/RUN")
    _json(parser)


def _rerun(parser: Parser) -> None:
    _report(parser)
    _jobs(parser)


def _lesson(parser: Parser) -> None:
    parser.add_argument(
        "lesson",
        metavar="NAME",
        nargs="?",
        help="name of a lesson, or the path of a .py file of your own; without it, lessons are listed",
    )
    parser.add_argument("overrides", metavar="key=value", nargs="*", default=[], help="code=CLASSCODE, worlds=N")
    parser.add_argument(
        "--out", metavar="DIR", type=_folder, default="results", help="folder for results (default: ./results)"
    )
    _json(parser)
    _jobs(parser)


def _completion(parser: Parser) -> None:
    parser.add_argument(
        "shell", metavar="SHELL", nargs="?", default="bash", help="bash (default), zsh, fish, tcsh or powershell"
    )


def _app(parser: Parser) -> None:
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="port (default: 8080; 0: a free one)")
    parser.add_argument("--lan", action="store_true", help="let others on this network open the pages, too")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("--root-path", default="", metavar="PATH", help="path under which a proxy serves the pages")
    parser.add_argument(
        "--out", metavar="DIR", type=_folder, default="results", help="folder for what is kept (default: ./results)"
    )


COMMANDS = {
    "compare": Command(
        "compare",
        "Rank retention policies: what each is worth, and how sure that is.",
        "Compare retention policies of the focal operator in paired futures: every policy starts from the same\n"
        "warmed-up world and meets the same customers with the same luck, so a difference is the policy's effect.\n"
        "Prints a ranking with 95 % intervals and writes a report that opens in any browser.",
        "  churnlab compare price_war\n  churnlab compare price_war policies=none,points,contract replications=40"
        " months=36\n\n  policies=a,b,a+b              which policies; the first is what the others are compared"
        " with\n  replications=20               how many independent worlds\n  precision=0.01                as many"
        f" worlds as it takes to know each gain to 1 % of the first policy's value\n{CLUSTER}\n{OVERRIDES}",
        _compare,
    ),
    "run": Command(
        "run",
        "Run one market and write what happened.",
        "Run one market from its opening to its last month. Prints a table of the operators and writes tables\n"
        "(Parquet), a manifest and a report that opens in any browser.",
        "  churnlab run price_war policy=points months=36\n  churnlab run from_iran customers.file=customers.csv"
        f" --moments moments/\n\n{OVERRIDES}",
        _run,
    ),
    "sweep": Command(
        "sweep",
        "Run many values of some parameters, and say which of them matter.",
        "Run a market at every combination of the values given, at points sampled from ranges, or at the rows of a\n"
        "CSV file, the same seeds for all; write one table with a row a run and operator, and a report with\n"
        "sensitivity indices, response curves and maps. Policies of a point share one warmed-up world.",
        "  churnlab sweep classroom policy=none,points behaviour.attention.base=0.02,0.04,0.08 replications=3\n "
        " churnlab sweep classroom method=sobol samples=256 'behaviour.attention.base=interval(0.01,0.1)'"
        " 'behaviour.failure.rate=interval(0,0.05)'\n  churnlab sweep classroom design=runs.csv\n\n  key=1,2,3        "
        "             values to combine; also range(0,10,2)\n  key=interval(low,high)        a range to sample, with"
        " method=lhs, sobol or morris and samples=N\n  design=FILE.csv               one run a row; columns are keys,"
        " and policy, response, seed\n  measure=npv                   what the report is about\n  monthly=true        "
        "          keep a table by month too\n  replications=1                seeds for each"
        f" point\n{CLUSTER}\n{OVERRIDES}",
        _compare,
    ),
    "robust": Command(
        "robust",
        "Test whether the ranking of policies survives what is not known.",
        "Run every policy at many points of what is uncertain, each point in a world of its own: how often each\n"
        "policy is best, what choosing it forgoes, and in which regions another would be better, in words.",
        "  churnlab robust price_war\n  churnlab robust price_war policies=none,points,contract samples=200"
        " 'behaviour.horizon=interval(6,36)'\n\n  policies=a,b,a+b              which policies; the first is what"
        " gains are measured against\n  key=interval(low,high)        a range beside those the scenario declares under"
        " `uncertain`\n  samples=100                   points of a Latin hypercube\n  replications=1               "
        f" worlds at each point\n  measure=npv                   what is best\n{CLUSTER}\n{OVERRIDES}",
        _compare,
    ),
    "wargame": Command(
        "wargame",
        "Let a rival choose too: payoffs, best responses, equilibria.",
        "Let every policy of the focal operator meet every policy of a rival in paired worlds: net present values of\n"
        "both, best responses, and equilibria, pure and mixed. A rival may also run a kind of pricing that adapts,\n"
        "such as undercut or best_response, by its defaults.",
        "  churnlab wargame price_war rival=beta policies=none,points,contract"
        " rival_policies=none,price_cut,undercut\n\n  policies=a,b,a+b              what the focal operator may do\n "
        " rival=NAME                    the other side (default: the largest other operator)\n  rival_policies=a,b    "
        "        what it may do: policies, or kinds of pricing; none is what the scenario has it do\n  replications=10"
        f"               worlds\n{CLUSTER}\n{OVERRIDES}",
        _compare,
    ),
    "optimise": Command(
        "optimise",
        "Find the best settings of a policy, within what it may cost.",
        "Search the numbers of a policy for the highest gain over doing nothing, within constraints, and judge the\n"
        "best in worlds they were not chosen by: gain with its interval, what is spent on what, what the next unit\n"
        "of money brings. One number alone is tried at an even spread, which gives its whole curve.",
        "  churnlab optimise price_war policy=contract 'loyalty.contract.term=interval(6,36)'"
        " 'loyalty.contract.subsidy_renewal=interval(0,120)' \\\n    'constraint=spend<=60_000_000'\n  churnlab"
        " optimise price_war policy=proactive_risk 'retention.proactive.depth=interval(0.01,0.3)' trials=8\n\n "
        " policy=a+b                    which policy; several share the budget\n  key=interval(low,high)        what"
        " may be set: numbers of the policy\n  constraint='spend<=N,...'     measures, or spend: contacts, credits,"
        " points and subsidies above the reference's\n  trials=30                     settings tried\n  replications=8"
        "                worlds each is tried in\n  holdout=16                    other worlds the best are judged"
        f" in\n  measure=npv, reference=none   what is to be high, and above which policy\n{CLUSTER}\n{OVERRIDES}",
        _compare,
    ),
    "validate": Command(
        "validate",
        "Set published facts and theory beside what the lab gives.",
        "Measure published facts of the industry in worlds of a market and in a neighbourhood of its uncertain"
        " numbers,\nand run the reference cases of theory: what was expected, from whom, what came out, within what"
        " error. Misses\nare shown as misses. With --naive-true: what an operator's analyst would conclude from the"
        " panel by standard\nmethods, beside the effect that paired futures show, and their ratio.",
        "  churnlab validate\n  churnlab validate facts=1,3,24 replications=12 samples=0\n  churnlab validate"
        " --naive-true claims=contagion,loyalty_programme\n\n  facts=1,3                     which facts (default:"
        " all, and theory)\n  replications=8                worlds\n  samples=40                    points of the"
        " neighbourhood; 0 for none\n  claims=a,b                    which claims, with"
        f" --naive-true\n{CLUSTER}\n{OVERRIDES}",
        _validate,
    ),
    "lesson": Command(
        "lesson",
        "Run a lesson for a class and write its page; list the lessons.",
        "Run a lesson: a question, a prediction to make first, an experiment of seconds, what the literature says, and"
        " a\nquiz with its key, in one HTML page that opens in any browser. A class code picks other numbers; the"
        " moral\nstays. Without a name: every lesson with its question and how many seconds it takes.",
        "  churnlab lesson\n  churnlab lesson rising_retention\n  churnlab lesson rising_retention code=MK204\n "
        " churnlab lesson path/to/my_lesson.py\n\n  code=CLASSCODE                other inputs and other worlds, the"
        " same for everybody with that code\n  worlds=N                      how many paired worlds (default: as the"
        " lesson says)",
        _lesson,
    ),
    "calibrate": Command(
        "calibrate",
        "Fit doubtful parameters to published numbers, and forecast.",
        "Search the values at which a market meets published numbers (simulated moments), and say how well it meets\n"
        "each, which parameters the numbers identify, and how what was kept back is forecast against the last value\n"
        "and a straight line. Writes a scenario, calibrated.yaml, with the values found.",
        "  churnlab calibrate us_2010_2013 --targets us_2010_2013\n  churnlab calibrate my_market.yaml --targets"
        " my_numbers.csv 'behaviour.attention.base=interval(0.005,0.04)'\n\n  --targets FILE.csv            columns"
        " period, operator, measure, value, and by, group, se, use (fit, hold, past)\n  key=interval(low,high)       "
        " what is fitted (default: what the scenario declares under `uncertain`)\n  replications=6               "
        " worlds of every point, the same for all\n  samples=N                     points of the first sample"
        " (default: 8 a parameter)\n  starts=2                      how many of them are searched from\n  worlds=20   "
        f"                  worlds from which the spread between worlds is measured\n{CLUSTER}\n{OVERRIDES}",
        _calibrate,
    ),
    "scenarios": Command(
        "listing",
        "List the scenarios there are.",
        "List the scenarios that come with churnlab, each with the question it asks.",
        "  churnlab scenarios",
        _json,
    ),
    "policies": Command(
        "listing",
        "List the policies there are, with their settings.",
        "List the policies an operator can run, what each does, and its numbers with units.",
        "  churnlab policies\n  churnlab run price_war policy=points+save_desk",
        _json,
    ),
    "params": Command(
        "listing",
        "List every number of a scenario: value, unit, bounds, source.",
        "List everything a scenario sets: key, value, unit, bounds, meaning, the source noted beside the value,\n"
        "and the file or override that set it. A word without '=' shows only what has it in its key or meaning.\n"
        "With --mechanisms: every mechanism of behaviour, what it says, its rules and source, the override that\n"
        "switches it off, and the measure that must move as it grows stronger.",
        "  churnlab params price_war attention\n  churnlab params price_war rival_cuts"
        " shocks.rival_cuts_prices.change=-0.30\n  churnlab params --mechanisms trust",
        _params,
    ),
    "schema": Command(
        "schema",
        "Write a schema that makes editors complete and check YAML.",
        "Write a JSON Schema of scenario files. Editors with yaml-language-server (VS Code, Neovim, Emacs ...)\n"
        "then complete keys, show units and underline what is wrong; the line to put on top of a file is printed.",
        "  churnlab schema --out churnlab.schema.json\n  churnlab schema policy --out policy.schema.json",
        _schema,
    ),
    "report": Command(
        "report",
        "Write the report of a results folder again.",
        "Write report.html again from what a results folder holds, without running anything.",
        "  churnlab report results/price_war/20261123-105412-compare-5f3a9c1b",
        _report,
    ),
    "rerun": Command(
        "rerun",
        "Make a result again, and say whether the numbers are the same.",
        "Make the result of a folder again from what it keeps: its command, or what a study was asked in Python, and\n"
        "copies of the user's scenarios, policies, plug-ins and tables. Compares every value of every table, and says\n"
        "what has changed since: sources, libraries, the scenario as resolved. Exit code 1 where numbers differ.",
        "  churnlab rerun results/price_war/20261123-105412-compare-5f3a9c1b",
        _rerun,
    ),
    "app": Command(
        "app",
        "Open the lab in a browser.",
        "Serve the lab's pages on this machine and open them in a browser: move levers and see the market answer.\n"
        "Works offline. Every page names the command that gives the same numbers. Ctrl-C ends it.",
        "  churnlab app\n  churnlab app --lan --port 8090    # for everybody on the network around",
        _app,
    ),
    "completion": Command(
        "completion",
        "Make a shell complete commands, names and keys.",
        "Print what makes a shell complete commands, scenarios, policies, lessons, options, override keys and what\n"
        "may stand behind them, of your own files too. For bash, zsh, fish, tcsh and powershell.",
        "  churnlab completion >> ~/.bash_completion\n  churnlab completion zsh > ~/.zfunc/_churnlab    # a folder of"
        " fpath\n  churnlab completion fish > ~/.config/fish/completions/churnlab.fish",
        _completion,
    ),
}
