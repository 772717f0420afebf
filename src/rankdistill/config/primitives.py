"""Turn dataclasses back into plain values, for checkpoints, hashes and records."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from rankdistill.building import Component


def primitives(value: Any) -> Any:
    """Turn a value into dicts, lists and plain values; a component becomes its node."""
    if isinstance(value, Component):
        return value.node
    if is_dataclass(value):
        return {each.name: primitives(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {key: primitives(item) for key, item in value.items()}
    if isinstance(value, list):
        return [primitives(item) for item in value]
    return value
