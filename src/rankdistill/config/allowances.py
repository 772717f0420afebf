"""Which packages the user lets a configuration build classes of: what was typed, and no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

KEY = "allow_targets"


def typed_prefixes(arguments: Sequence[str]) -> set[str]:
    """The module prefixes of ``allow_targets=[...]`` on a command line.

    A value that refers to another setting names nothing: a file could fill it in.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    found: set[str] = set()
    for text in arguments:
        if text.partition("=")[0].lstrip("+") != KEY:
            continue
        try:
            override = OverridesParser.create().parse_override(text)
        except HydraException:
            continue  # Hydra itself will say what is wrong with it
        values = override.sweep_iterator() if override.is_sweep_override() else [override.value()]
        for value in values:
            if isinstance(value, str) and value.startswith("["):  # of a sweep, as it is typed
                value = OverridesParser.create().parse_override(f"{KEY}={value}").value()
            if isinstance(value, list):
                found.update(each for each in value if isinstance(each, str) and "${" not in each)
    return found


def refuse_untyped(config: Mapping[str, Any], arguments: Sequence[str]) -> None:
    """Raise a ValueError where a configuration allows itself what was not typed."""
    allowed = config.get(KEY) or ()
    typed = typed_prefixes(arguments) if allowed else set()
    untyped = [str(prefix) for prefix in allowed if prefix not in typed]
    if untyped:
        raise ValueError(
            f"A configuration file sets {KEY} to {', '.join(untyped)[:80]}: only the command line "
            f"may. If you trust it, type {KEY}=[...] with the names of the packages."
        )
