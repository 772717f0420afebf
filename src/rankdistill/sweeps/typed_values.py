"""Typed values of overrides, and settings by dotted key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser


def axis_values(axes: Sequence[str], overrides: Sequence[str]) -> dict[str, Any]:
    """Find the value that a job's overrides give to each axis.

    Args:
        axes: The swept keys, without the + of one that was added on the command line.
        overrides: All overrides of the job, as typed.
    """
    typed = {text.partition("=")[0].lstrip("+"): text for text in overrides}
    return {axis: value_of(typed[axis]) for axis in axes}


def values_by_axis(
    axes: Sequence[str], combinations: Sequence[Sequence[str]]
) -> dict[str, list[Any]]:
    """List all values of each axis, in the order in which the jobs have them.

    Args:
        axes: The swept keys, without the + of one that was added on the command line.
        combinations: The overrides of every job, as typed.
    """
    texts = dict.fromkeys(text for overrides in combinations for text in overrides)
    return {
        axis: [value_of(t) for t in texts if t.partition("=")[0].lstrip("+") == axis]
        for axis in axes
    }


def value_of(text: str) -> Any:
    """Return the typed value of an override; a list or another structure stays as typed."""
    override = OverridesParser.create().parse_override(text)
    value = override.value()
    is_plain = value is None or isinstance(value, str | int | float | bool)
    return value if is_plain else override.get_value_element_as_str()


def flat(node: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give nested settings by dotted key; lists stay whole."""
    found: dict[str, Any] = {}
    for key, value in node.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = value
    return found
