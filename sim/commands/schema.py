"""`churnlab schema`: what editors need to complete scenario files and to underline what is wrong in them."""

import json
import os
import sys
from argparse import Namespace
from copy import deepcopy
from pathlib import Path
from typing import Any

from sim.commands.output import say
from sim.config import Scenario
from sim.config.composition import GROUPS
from sim.errors import InputError, listed, nearest
from sim.files.whole import write_whole
from sim.loading import list_configs

Node = dict[str, Any]
PARTS = ("scenario", "market", "customers", "behaviour", "policy", "shock")
GROUPED_NUMBER = (  # 10_000: a number in YAML 1.1, text to editors that follow 1.2
    r"^[+-]?[0-9]+(_[0-9]{3})+(\.[0-9]+)?$"
)


def schema(arguments: Namespace) -> int:
    """Write the schema; tell the line that joins a file to it."""
    if arguments.part not in PARTS:
        raise InputError(
            f"schema: no such part '{arguments.part}'{nearest(arguments.part, PARTS)}; known: {listed(PARTS)}"
        )
    text = json.dumps(editor_schema(arguments.part), indent=1) + "\n"
    place = arguments.out or "churnlab.schema.json"
    if arguments.out:
        if os.path.lexists(arguments.out) and not arguments.force:
            raise InputError(f"--out {arguments.out}: is there already; --force writes over it")
        try:
            write_whole(Path(arguments.out), text)
        except OSError as error:
            raise InputError(f"--out {arguments.out}: cannot be written: {error.strerror}") from None
    else:
        sys.stdout.write(text)
    say(f"Put this line on top of your file:\n# yaml-language-server: $schema={place}")
    return 0


def editor_schema(part: str = "scenario") -> Node:
    """Return the JSON Schema of one kind of file: nothing is required, as a file builds on others, but every name and
    number is checked.
    """
    whole = deepcopy(Scenario.model_json_schema())
    definitions: Node = whole.pop("$defs")
    for node in (whole, *definitions.values()):
        _relax(node)
    properties: Node = whole["properties"]
    del properties["name"]
    properties["policy"] = {
        **properties["policy"],
        **_names(list_configs("policy")),
        "description": "what the focal operator runs; a+b runs two side by side",
    }
    properties["policies"] = {
        "description": "policies to compare, the first is what the others are compared with",
        "anyOf": [
            {"type": "array", "items": _names(list_configs("policy"))},
            {"type": "string"},
            {"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#/$defs/Policy"}, {"type": "null"}]}},
        ],
    }
    definitions["Columns"]["properties"] = {
        name: {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, *node["anyOf"]]}
        for name, node in definitions["Columns"]["properties"].items()
    }
    roots: dict[str, Node] = {
        "scenario": whole,
        "market": whole,
        "customers": definitions["CustomersConfig"],
        "behaviour": definitions["Behaviour"],
        "policy": definitions["Policy"],
        "shock": properties["shocks"],
    }
    root = deepcopy(roots[part])
    root.setdefault("properties", {})["defaults"] = _defaults()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **root,
        "title": f"churnlab {part}",
        "$defs": definitions,
    }


def _relax(node: Any) -> None:
    """Let a schema of finished blocks accept files, in place: parts of blocks, short forms, deleted entries; move units
    into descriptions.
    """
    if isinstance(node, list):
        for item in node:
            _relax(item)
        return
    if not isinstance(node, dict):
        return
    for key in ("required", "title", "minProperties"):
        node.pop(key, None)
    if "properties" in node:
        for item in node["properties"].values():
            _relax(item)
    for key in ("anyOf", "oneOf", "items", "prefixItems", "additionalProperties"):
        if key in node:
            _relax(node[key])
    _describe(node)
    entries = node.get("additionalProperties")
    if isinstance(entries, dict) and entries.get("type") not in ("number", "string"):
        node["additionalProperties"] = {"anyOf": [entries, {"type": "null"}]}  # `name: null` deletes an entry
    if "discriminator" in node:
        _by_tag(node)
    if node.get("type") in ("number", "integer"):
        node.update(type=[node["type"], "string"], pattern=GROUPED_NUMBER)


def _describe(node: Node) -> None:
    """Put unit and source where editors show them."""
    unit, source = node.pop("unit", ""), node.pop("source", "")
    parts = [node.get("description", ""), f"[{unit}]" if unit not in ("", "1") else "", f"({source})" if source else ""]
    if any(parts):
        node["description"] = " ".join(part for part in parts if part)


def _by_tag(node: Node) -> None:
    """Turn a union of kinds into cases, so that a fault is told of the kind that is meant; without a kind, the block
    may be a part of any.
    """
    union = node.pop("discriminator")
    node.pop("oneOf")
    tag, blocks = union["propertyName"], {name: {"$ref": ref} for name, ref in union["mapping"].items()}
    cases: list[Node] = [
        {"if": {"type": "object", "properties": {tag: {"const": name}}, "required": [tag]}, "then": block}
        for name, block in blocks.items()
    ]
    cases.append({"if": {"type": "object", "not": {"required": [tag]}}, "then": {"anyOf": list(blocks.values())}})
    shapes = ["object", "number"] if tag == "distribution" else ["object"]
    node.update(type=shapes, properties={tag: {"enum": list(blocks)}}, allOf=cases)


def _names(names: list[str]) -> Node:
    """Complete these names; accept others too, for files of the user's own and for a+b."""
    return {"anyOf": [{"enum": names}, {"type": "string"}]}


def _defaults() -> Node:
    """Hydra's list of files a file builds on."""
    choices = {
        ("shock@shocks" if group == "shock" else group): {
            "anyOf": [{"enum": list_configs(group)}, {"type": ["string", "array", "null"]}]
        }
        for group in GROUPS
    }
    entry: Node = {
        "anyOf": [
            _names([*list_configs(), "_self_"]),
            {"type": "object", "properties": choices, "additionalProperties": {"type": ["string", "array", "null"]}},
        ]
    }
    return {
        "type": "array",
        "items": entry,
        "description": "files this one builds on, in order; later ones win, and _self_ is this file",
    }
