"""`churnlab scenarios`, `churnlab policies` and `churnlab params`: what there is, with unit, bounds and source."""

import textwrap
from argparse import Namespace
from pathlib import Path

from sim.commands.output import print_json
from sim.commands.overrides import plugin_overrides
from sim.commands.parameters import Parameter, parameters, policy_settings, written
from sim.config.composition import SHIPPED
from sim.errors import InputError
from sim.loading import compose, list_configs, raw_config, resolve_policies
from sim.report.assumptions import news

WIDTH, REMARK = 110, 200  # characters


def scenarios(arguments: Namespace) -> int:
    """List scenarios with the question each asks."""
    found = [
        {"scenario": name, "question": str(raw_config(name).get("question") or ""), "about": _about(name)}
        for name in list_configs()
    ]
    if arguments.json:
        print_json(found)
    else:
        width = max(len(row["scenario"]) for row in found)
        for row in found:
            print(_hanging(f"{row['scenario']:<{width}}  ", row["question"] or row["about"]))
    return 0


def policies(arguments: Namespace) -> int:
    """List policies with what each does and its settings."""
    known = resolve_policies(list_configs("policy"))
    if arguments.json:
        print_json(
            [
                {
                    "policy": name,
                    "description": policy.description,
                    "settings": [one._asdict() for one in policy_settings(policy)],
                }
                for name, policy in known.items()
            ]
        )
        return 0
    width = max(map(len, known))
    for name, policy in known.items():
        print(_hanging(f"{name:<{width}}  ", policy.description))
        for line in _levers(policy_settings(policy)):
            print(_hanging(" " * (width + 2), line))
    print("\nTwo or more together: policy=points+save_desk")
    return 0


def params(arguments: Namespace) -> int:
    """List everything a scenario sets; or every mechanism of behaviour."""
    if arguments.mechanisms:
        return mechanisms(arguments)
    if arguments.scenario is None:
        raise InputError("params: name a scenario (churnlab scenarios lists them), or ask for --mechanisms")
    overrides = [word for word in arguments.overrides if "=" in word or word.startswith("~")]
    filters = [word.lower() for word in arguments.overrides if word not in overrides]
    scenario, origin = compose(arguments.scenario, [*overrides, *plugin_overrides(arguments.strategies)])
    path = Path(arguments.scenario)
    found = parameters(scenario, origin, path.resolve().parent if path.suffix == ".yaml" else None)
    shown = [one for one in found if all(text in one.key.lower() or text in one.meaning.lower() for text in filters)]
    if not shown:
        raise InputError(
            f"no key or meaning of {scenario.name} has {' and '.join(repr(text) for text in filters)} in it"
        )
    if arguments.json:
        print_json([one._asdict() for one in shown])
        return 0
    for one in shown:
        unit = "" if one.unit in ("", "1") else f" {one.unit}"
        print(f"{one.key} = {written(one.value)}{unit}" + (f"   [{one.bounds}]" if one.bounds else ""))
        remark = textwrap.shorten(news(one.source, f"{one.meaning} {one.unit}"), REMARK, placeholder=" ...")
        told = [
            one.meaning[:1].upper() + one.meaning[1:],
            f"Source: {remark}" if remark else "",
            f"Set by {one.set_by}" if one.set_by != "default" else "Default",
        ]
        print(_hanging("    ", ". ".join(text.rstrip(".") for text in told if text) + "."))
    return 0


def mechanisms(arguments: Namespace) -> int:
    """List mechanisms of behaviour: the same in every scenario, so a scenario's name filters nothing."""
    from sim.commands.mechanisms import direction, matching, row
    from sim.config.mechanisms import override

    given = [word for word in (arguments.scenario, *arguments.overrides) if word]
    words = [word for word in given if word not in list_configs() and not word.endswith(".yaml")]
    found = matching(words)
    if not found:
        raise InputError(
            f"no mechanism has {' and '.join(repr(word) for word in words)} in its name, rules, source, keys or measure"
        )
    if arguments.json:
        print_json([row(one) for one in found])
        return 0
    for one in found:
        print(_hanging(f"{one.name}: ", one.says))
        print(_hanging("    ", f"Rules: {', '.join(one.rules)}. Source: {one.source}."))
        print(
            _hanging(
                "    ",
                f"Off: {override(one.off)}. Strong ({override(one.moved)}), {one.measure} goes {direction(one)}.",
            )
        )
        if one.setting:
            print(_hanging("    ", f"Shown under {' '.join(map(override, one.setting))}"))
    return 0


def _about(name: str) -> str:
    """Return the first line of what a scenario's file says of itself."""
    lines = SHIPPED.joinpath(f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ") for line in lines if line.startswith("# ") and not line.startswith("# @")), "")


def _levers(settings: list[Parameter]) -> list[str]:
    """Write a policy's settings, a line for each lever: pricing, loyalty.points, retention.save_desk."""
    levers: dict[str, list[str]] = {}
    for one in settings:
        lever, _, name = one.key.rpartition(".")
        unit = "" if one.unit in ("", "1") else f" {one.unit}"
        levers.setdefault(lever, []).append(f"{name}={written(one.value)}{unit}")
    return [f"{lever}: {', '.join(parts)}" for lever, parts in levers.items()]


def _hanging(head: str, text: str) -> str:
    return (
        textwrap.fill(
            text,
            WIDTH,
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_on_hyphens=False,
            break_long_words=False,
        )
        if text
        else head.rstrip()
    )
