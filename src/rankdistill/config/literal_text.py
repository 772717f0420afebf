"""Quote what is meant as text, so that Hydra reads it as it was typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from rankdistill.config.quoted_text import quoted

_MANY_JOBS = re.compile(r"-m|--multirun|hydra\.mode=MULTIRUN|(cascade/)?sweep=.*")
"""Arguments that ask for a grid, where a comma separates values."""

_ESCAPED = re.compile(r"\\[()\[\]{}:=, \t]")
"""What somebody types who knows Hydra's own way to write a character that means something."""


def quote_literals(arguments: Sequence[str], is_literal: Callable[[str, str], bool]) -> list[str]:
    """Quote the values that Hydra would read otherwise than as they were typed.

    Values that are quoted or escaped already stay, and so does what refers to another setting. In a
    grid, a comma separates values, so that a value with a comma stays too.

    Args:
        arguments: Of the command line: overrides and flags.
        is_literal: Says of a key and its value whether the value is text.
    """
    is_grid = any(_MANY_JOBS.fullmatch(text) for text in arguments)
    return [_quoted(text, is_grid) if _is_text(text, is_literal) else text for text in arguments]


def line_to_type(override: str) -> str | None:
    """Write an unreadable override with its value as text, quoted for Hydra and for a shell.

    Args:
        override: As typed.

    Returns:
        What to type; None where quotes do not help.
    """
    key, equals, value = override.partition("=")
    as_text = f"{key}={quoted(value, chr(34))}"
    helps = key and equals and "${" not in value and _read(as_text) is not None
    return shlex.quote(as_text) if helps else None


def _is_text(text: str, is_literal: Callable[[str, str], bool]) -> bool:
    key, _, value = text.partition("=")
    return value != "" and "${" not in value and is_literal(key.lstrip("+"), value)


def _quoted(text: str, is_grid: bool) -> str:
    key, _, value = text.partition("=")
    override = _read(text)
    if is_grid and ("," in value or (override is not None and override.is_sweep_override())):
        return text
    read = None if override is None or override.is_sweep_override() else override.value()
    if isinstance(read, str) and (read == value or value[0] in "'\"" or _ESCAPED.search(value)):
        return text
    return f"{key}={quoted(value)}"


def _read(text: str) -> Override | None:
    """What Hydra makes of an override; None where it makes nothing of it."""
    try:
        return OverridesParser.create().parse_override(text)
    except HydraException:
        return None
