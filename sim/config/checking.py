"""What is wrong with a tree of values, in words: where it was set, the key, what was given, what is allowed, and the
nearest name.
"""

import re
import typing
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, ValidationError

from sim.config.own import OWN, kind_of
from sim.errors import InputError, cut, listed, nearest, shown

Model = typing.TypeVar("Model", bound=BaseModel)
MOST_FAULTS, FAULTS_TOLD = 20, 900  # that are told at once, and characters of them
LONGEST = 120  # characters of a key, and of the override that set it
MARK = re.compile(r"\[[a-z]+\]")  # in a location: that a key is meant, not its value, or which form of a value
SIZES = {
    "too_long": "at most {max_length:,} entries",
    "too_short": "must not be empty",
    "string_too_long": "at most {max_length:,} characters",
    "string_too_short": "must not be empty",
}
WORDS = {
    "dict_type": "Input should be a mapping",
    "model_type": "Input should be a mapping",
    "model_attributes_type": "Input should be a mapping",
    "tuple_type": "Input should be a list",
}


def validated(
    model: type[Model], tree: dict[str, Any], origin: dict[str, str], own: Sequence[type[BaseModel]], where: str
) -> Model:
    """Check a tree against the schema; what is wrong with it is told in words, with where each value was set."""
    try:
        return model.model_validate(tree, context={OWN: tuple(own)})
    except ValidationError as error:
        lines = [f"  {_in_words(model, item, origin, own)}" for item in error.errors()[:MOST_FAULTS]]
        told = max(1, sum(end <= FAULTS_TOLD for end in accumulate(map(len, lines))))
        left = error.error_count() - told
        more = [f"  and {left:,} more fault{'s' if left > 1 else ''}"] if left else []
        raise InputError("\n".join([f"{where} is not valid:", *lines[:told], *more])) from None


def _in_words(model: type[BaseModel], item: Any, origin: dict[str, str], own: Sequence[type[BaseModel]]) -> str:
    """One fault: where it was set, the key, what was given, what is allowed, the nearest name."""
    path, holder = _walk(model, item["loc"])
    key = ".".join(path)
    source, key = cut(_source(path, origin, item["type"] in SIZES), LONGEST), cut(key, LONGEST)
    prefix = f"{source}: {key}" if source else key
    given = f" (got {shown(item['input'])})" if not isinstance(item["input"], dict) else ""
    context = item.get("ctx", {})
    if item["type"] == "extra_forbidden":
        names = list(holder.model_fields) if holder is not None else []
        return f"{prefix}: no such key{nearest(path[-1], names)}; known: {listed(names)}"
    if item["type"] == "missing":
        return f"{prefix}: a value is needed"
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        tag = str(context.get("tag", ""))
        expected = [name.strip(" '") for name in str(context.get("expected_tags", "")).split(",")]
        expected += [kind_of(cls) for cls in own if getattr(cls, "role", "") in path]
        field = str(context.get("discriminator", "kind")).strip("'")
        if not tag:
            return f"{prefix}.{field}: needed, to say what this is"
        return f"{prefix}.{field}: no such {field} {shown(tag)}{nearest(tag, expected)}; known: {listed(expected)}"
    if item["type"] in SIZES:
        count = f" (got {len(item['input']):,})" if item.get("input") and hasattr(item["input"], "__len__") else ""
        return f"{prefix}: {SIZES[item['type']].format(**context)}{count}"
    message = WORDS.get(item["type"], item["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if item["type"] == "value_error":
        return message if not key else f"{source + ': ' if source and source.startswith('override') else ''}{message}"
    return f"{prefix}: {'must be ' if message != item['msg'] else ''}{message}{given}"


def _source(path: list[str], origin: dict[str, str], is_whole: bool) -> str:
    """Return the file or override that set a value; of a whole that is too large, the last that added to it."""
    key = ".".join(path)
    added = [origin[name] for name in origin if name.startswith(f"{key}.")] if is_whole else []
    parents = (".".join(path[:n]) for n in range(len(path), 0, -1))
    return added[-1] if added else next((origin[parent] for parent in parents if parent in origin), "")


def _walk(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[list[str], type[BaseModel] | None]:
    """Follow pydantic's location through the schema; return the key path without union tags, and the block that holds
    it.
    """
    path: list[str] = []
    annotation: Any = model
    holder: type[BaseModel] | None = model
    for step in location:
        tagged = [block for block in blocks_of(annotation) if str(step) in _tags(block)]
        if tagged and not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            annotation = tagged[0]
            continue
        if MARK.fullmatch(str(step)):
            continue
        path.append(str(step))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            holder = annotation
            field = annotation.model_fields.get(str(step))
            annotation = None if field is None else _target(field.annotation)
        else:
            annotation = _target(_mapping_value(annotation))
    return path, holder


def _target(annotation: Any) -> Any:
    """The one block an annotation holds, or the annotation itself where it is a union or a mapping."""
    found = blocks_of(annotation)
    return found[0] if len(found) == 1 and _mapping_value(annotation) is annotation else annotation


def _mapping_value(annotation: Any) -> Any:
    if typing.get_origin(annotation) is dict:
        return typing.get_args(annotation)[1]
    return annotation


def blocks_of(annotation: Any) -> list[type[BaseModel]]:
    """All blocks an annotation may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [block for part in typing.get_args(annotation) for block in blocks_of(part)]


def _tags(block: type[BaseModel]) -> set[str]:
    return {str(block.model_fields[tag].default) for tag in ("kind", "distribution") if tag in block.model_fields}
