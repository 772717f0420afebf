"""Follow a setting to the key that its value was typed under."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rankdistill.building import TARGET

_REFERENCE = re.compile(r"\$\{([\w.]+)\}")


class Setting(NamedTuple):
    """A value of a configuration, and where it comes from.

    Attributes:
        key: What to type to change it.
        name: Its own name, where it is read.
        owner: Name of the class that it is an argument of, without its module; None: of none.
        value: Every reference resolved.
    """

    key: str
    name: str
    owner: str | None
    value: Any


def all_settings(written: Mapping[Any, Any], resolved: Mapping[Any, Any]) -> Iterator[Setting]:
    """List the settings of a configuration that are no nodes.

    Args:
        written: The configuration, references as they are written: ``top_k: ${distillation.top_k}``
            is typed as ``distillation.top_k=...``.
        resolved: The configuration with every reference resolved.
    """
    yield from _below(written, written, resolved, "")


def value_at(node: Any, key: str) -> Any:
    """Look up a key with dots; None where it leads nowhere."""
    for name in key.split("."):
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _below(root: Any, written: Any, resolved: Mapping[Any, Any], place: str) -> Iterator[Setting]:
    target = str(resolved.get(TARGET, ""))
    owner = target.rpartition(".")[2] if target.startswith("rankdistill.") else None
    for name, value in resolved.items():
        key, own = f"{place}{name}", written.get(name) if isinstance(written, Mapping) else None
        while isinstance(own, str) and (found := _REFERENCE.fullmatch(own)):
            key = found.group(1)
            own = value_at(root, key)
        if isinstance(value, Mapping):
            yield from _below(root, own, value, f"{key}.")
        else:
            yield Setting(key, str(name), owner, value)
