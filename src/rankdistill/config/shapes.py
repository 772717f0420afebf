"""Say in plain words that a value has another shape than its setting: one value for a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from rankdistill.building import Component
from rankdistill.config.bounds import is_any_number
from rankdistill.quoting import excerpt

KINDS_IN_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
"""Plain kinds, in words."""

_SHOWN = 4
_SEE_THEM = "see them by adding: --cfg job"


def refuse_wrong_shapes(node: Mapping[Any, Any], schema: type, place: str = "") -> None:
    """Compare a configuration with what a dataclass expects: a node, a list, or one value.

    Args:
        node: The configuration, references as they are written; those are not looked at.
        schema: The dataclass.
        place: Key of the node with a dot at its end; empty at the top.

    Raises:
        ValueError: With what to type.
    """
    kinds = get_type_hints(schema)
    for name, value in node.items():
        if name in kinds and not (isinstance(value, str) and ("${" in value or value == "???")):
            _check(f"{place}{name}", value, *_without_none(kinds[name]))


def wrong_kind(key: str, value: Any, schema: type) -> str:
    """Say that a value is not of the kind that a dataclass expects under a key."""
    for name in key.partition("[")[0].split("."):
        hints = get_type_hints(schema) if is_dataclass(schema) else {}
        schema, _ = _without_none(hints.get(name, Any))
    if get_origin(schema) is list:
        inner = KINDS_IN_WORDS.get(get_args(schema)[0], "plain values")
        return f"{key} must be {inner}, got {excerpt(value)}."
    return f"{key} must be {KINDS_IN_WORDS.get(schema, 'of another kind')}, got {excerpt(value)}."


def _check(key: str, value: Any, kind: Any, takes_none: bool) -> None:
    if value is None and takes_none:
        return
    origin = get_origin(kind)
    if is_dataclass(kind) and isinstance(kind, type) and kind is not Component:
        if not isinstance(value, Mapping):
            raise ValueError(_of_a_node(key, value, kind))
        refuse_wrong_shapes(value, kind, f"{key}.")
    elif (kind is Component or origin is dict) and not isinstance(value, Mapping):
        raise ValueError(
            f"{key} holds settings of its own and cannot be {_as_typed(value)}; {_SEE_THEM}"
        )
    elif origin is list and not isinstance(value, list):
        typed = "..." if value is None or isinstance(value, Mapping) else _as_typed(value)
        raise ValueError(f"{key} must be a list: type {key}=[{typed}].")
    elif kind in KINDS_IN_WORDS and (value is None or isinstance(value, Mapping | list)):
        raise ValueError(f"{key} must be {KINDS_IN_WORDS[kind]}, got {_as_typed(value)}.")


def _of_a_node(key: str, value: Any, kind: type) -> str:
    """Name the settings of a node that was given one value, those first that could take it."""
    text = f"{key} holds settings of its own and cannot be {_as_typed(value)}"
    hints = {name: _without_none(hint)[0] for name, hint in get_type_hints(kind).items()}
    inside = [name for name, hint in hints.items() if hint in KINDS_IN_WORDS]
    if not inside or "." in key:  # a node below another may be a reference, and hold nothing
        return f"{text}; {_SEE_THEM}"
    takes = [name for name in inside if is_any_number(value) and hints[name] in (int, float)]
    first = (takes or inside)[0]
    others = [f"{key}.{name}" for name in inside if name != first]
    text += f": type {key}.{first}={_as_typed(value) if takes else '...'}"
    return f"{text}, or set {', '.join(others[:_SHOWN])}." if others else text


def _without_none(hint: Any) -> tuple[Any, bool]:
    """A type without None, and whether None is one of its values."""
    if get_origin(hint) not in (Union, UnionType):
        return hint, hint is Any
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    return kinds[0], len(kinds) < len(get_args(hint))


def _as_typed(value: Any) -> str:
    """A value as it is typed in an override."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return excerpt(value).strip("'")
