"""Say in plain words that a group was given something that is none of its options."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override

from rankdistill.building import did_you_mean
from rankdistill.conf_path import conf_dir
from rankdistill.config.bounds import bound_of, is_any_number
from rankdistill.config.command_line import CommandLine, hydra_here, key_of

LAUNCHER_PACKAGES = {
    "joblib": "pip install hydra-joblib-launcher",
    "submitit_local": "pip install hydra-submitit-launcher",
    "submitit_slurm": "pip install hydra-submitit-launcher",
}
"""Launchers that come in packages of their own, and how to get them."""

_GLOBAL = "# @package _global_"


def options_of(group: str, line: CommandLine) -> list[str]:
    """List the options of a group, those of Hydra and of the user's own folders too."""
    with hydra_here():
        loader = GlobalHydra.instance().config_loader()
        options = set(loader.get_group_options(group, ObjectType.CONFIG))
    own = [Path(place) for place in line.search_path if "://" not in place]
    options |= {path.stem for folder in own for path in (folder / group).glob("*.yaml")}
    return sorted(options, key=_by_number)


def no_such_option(group: str, option: str, line: CommandLine) -> str:
    """Say that a group has no such option, and what it has or what to install."""
    if group == "hydra/launcher" and option in LAUNCHER_PACKAGES:
        return (
            f"{group}={option} needs a package that is not installed: {LAUNCHER_PACKAGES[option]}"
        )
    chosen = _override_of(group, option, line)
    key = group if chosen is None else key_of(chosen)
    named = {f"{key}={each}": each for each in options_of(group, line)}
    near = difflib.get_close_matches(option, named.values(), n=1, cutoff=0.5)
    text = f"There is no {key}={option}"
    text += f"; did you mean '{key}={near[0]}'?" if near else did_you_mean("", named)
    digits = re.search(r"\d+$", option)
    number = "" if digits is None else _as_number(group, chosen, int(digits.group()))
    return f"{text} Any number can be typed: {number}" if number else text


def no_name_of_an_option(line: CommandLine) -> str | None:
    """Name the override that gives a group something other than the names of options.

    Returns:
        What to type in its place; None where there is no such override.
    """
    for override in OverridesParser.create().parse_overrides(list(line.overrides)):
        for value in _values(override):
            if _is_name(value) or override.is_delete():
                continue
            options = options_of(override.key_or_group, line)
            if options:
                return _told(override, value, options)
    return None


def _told(override: Override, value: Any, options: list[str]) -> str:
    group = key_of(override)
    given = {None: "null", True: "true", False: "false"}.get(value) if _is_word(value) else None
    number = _as_number(override.key_or_group, override, value) if is_any_number(value) else ""
    return (
        f"{group}={given or value} names no option: type {f'{number}, or ' * bool(number)}one of "
        f"{', '.join(f'{group}={option}' for option in options)}."
    )


def _override_of(group: str, option: str, line: CommandLine) -> Override | None:
    """Find the override that chooses an option of a group."""
    for override in OverridesParser.create().parse_overrides(list(line.overrides)):
        if override.key_or_group == group and option in str(override.input_line):
            return override
    return None


def _as_number(group: str, override: Override | None, value: float) -> str:
    """The override that sets the number itself; empty where there is none that takes it."""
    key = _number_behind(group)
    bound = None if key is None else bound_of(key.rpartition(".")[2])
    if key is None or (bound and not (bound.is_kind(value) and bound.holds(value))):
        return ""
    package = "" if override is None or override.package is None else f"{override.package}."
    return f"{package}{key}={value}"


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _values(override: Override) -> Iterator[Any]:
    """The values of an override, each of a grid; of a quoted one the text."""
    if override.is_sweep_override():
        yield from (_plain(value) for value in override.sweep_iterator())
    else:
        yield override.value()


def _plain(text: Any) -> Any:
    try:
        return yaml.safe_load(text) if isinstance(text, str) else text
    except yaml.YAMLError:
        return text


def _by_number(option: str) -> tuple[str, int]:
    """Sort d2 before d10."""
    digits = re.search(r"\d+$", option)
    return (option, 0) if digits is None else (option[: digits.start()], int(digits.group()))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


def _number_behind(group: str) -> str | None:
    """The setting whose number is all that the options of a group choose, as in ``size=d10``."""
    keys: set[tuple[str, ...]] = set()
    for path in sorted((conf_dir() / group).glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        above = "" if text.startswith(_GLOBAL) else f"{group.replace('/', '.')}."
        content = yaml.safe_load(text) or {}
        leaves = dict(_leaves(content, above))
        if not all(isinstance(value, int | float) for value in leaves.values()):
            return None
        keys.add(tuple(leaves))
    (only,) = keys if len(keys) == 1 else [()]
    return only[0] if len(only) == 1 else None


def _leaves(node: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for name, value in node.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
