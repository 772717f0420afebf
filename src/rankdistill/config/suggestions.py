"""Find what a misspelt override may have meant, in the configuration that the user chose."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rankdistill.conf_path import conf_dir
from rankdistill.config.command_line import CommandLine
from rankdistill.config.option_values import options_of
from rankdistill.config.references import value_at

_LAST_PART, _WHOLE = 0.7, 0.6
"""How alike a key and a candidate must be, from 0 to 1: in their last part, and as a whole."""

_SHOWN = 4

_UNKNOWN = (
    re.compile(r"Could not override '([^']+)'"),
    re.compile(r"Override ([^=\s]+)=.* looks like a config group override"),
    re.compile(r"Could not delete (?:from config\. )?'([^']+)'"),
)
"""Hydra's messages about a key that nothing has."""


def unknown_key(text: str) -> str | None:
    """Find the unknown key in a message of Hydra; None if it says something else."""
    found = (pattern.search(text) for pattern in _UNKNOWN)
    return next((match.group(1) for match in found if match), None)


def candidates_for(misspelt: str, line: CommandLine) -> list[str]:
    """List the groups and keys that a misspelt key may have meant.

    Where other keys end like it, only its place is wrong, and those keys are the candidates.
    Otherwise every group and every key is one.

    Args:
        misspelt: The key.
        line: What was typed. The candidates come from what it composes without the key.
    """
    composed = _composed(line.first_job().without(misspelt))
    groups = [group for group in composed.hydra.runtime.choices if not group.startswith("hydra/")]
    keys = _keys({key: value for key, value in _plain(composed).items() if key != "hydra"})
    known = [name for name in dict.fromkeys([*groups, *keys]) if name != misspelt]
    elsewhere = [name for name in known if _last_part(name) == _last_part(misspelt)]
    return elsewhere or known


def ending(misspelt: str, line: CommandLine) -> str:
    """End a message about an unknown key with what it may have meant.

    What the user chose comes first, and of a key its last part. Then come settings of other options
    of its group, and options that are called so.
    """
    candidates = candidates_for(misspelt, line)
    if near := nearest_by_last_part(misspelt, candidates):
        below = [name for name in candidates if name.startswith(f"{near}.")]
        if below and not options_of(near.partition("@")[0], line):  # it holds settings itself
            return f"; did you mean one of {', '.join(below[:_SHOWN])}?"
        return f"; did you mean {near!r}?"
    if other := _setting_of_another_option(misspelt, line):
        option, key = other
        return f"; {option} has {key!r}."
    for group in (name for name in candidates if "." not in name):
        if misspelt in options_of(group.partition("@")[0], line):
            return f"; did you mean '{group}={misspelt}'?"
    if found := difflib.get_close_matches(misspelt, candidates, n=1, cutoff=_WHOLE):
        return f"; did you mean {found[0]!r}?"
    return f"; see all of them with: rankdistill {line.command} --cfg job"


def nearest_by_last_part(misspelt: str, candidates: Sequence[str]) -> str | None:
    """Find the candidate whose last part is most like that of a key, or has it as its initials."""
    last = _last_part(misspelt)
    parts = list(dict.fromkeys(map(_last_part, candidates)))
    near = difflib.get_close_matches(last, parts, n=1, cutoff=_LAST_PART)
    near = near or [part for part in parts if "_" in part and _initials(part) == last]
    candidates = [name for name in candidates if _last_part(name) in near[:1]]
    found = difflib.get_close_matches(misspelt, candidates, n=1, cutoff=0.0)
    return found[0] if found else None


def _setting_of_another_option(key: str, line: CommandLine) -> tuple[str, str] | None:
    """Find a setting in the other options of the group that a key begins with."""
    group, _, name = key.partition(".")
    found: dict[str, str] = {}
    for option in options_of(group, line) if name else ():
        file = conf_dir() / group / f"{option}.yaml"
        if file.is_file():
            content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
            found = {str(each): f"{group}={option}" for each in content} | found
    near = difflib.get_close_matches(name, found, n=1, cutoff=_LAST_PART)
    return (found[near[0]], f"{group}.{near[0]}") if near else None


def _initials(name: str) -> str:
    return "".join(word[:1] for word in name.split("_"))


def settings_chosen(line: CommandLine) -> dict[str, Any]:
    """List every setting that a command line chooses by its key, references as they are written."""
    composed = _composed(line.first_job())
    content = {key: value for key, value in _plain(composed).items() if key != "hydra"}
    return {key: value_at(content, key) for key in _keys(content)}


def _composed(line: CommandLine) -> DictConfig:
    """Compose a command line; further keys that are unknown are left out one by one."""
    while line.overrides:
        try:
            return line.compose()
        except (HydraException, OmegaConfBaseException) as error:
            key = unknown_key(str(error))
            shorter = line if key is None else line.without(key)
            line = CommandLine(line.command) if shorter == line else shorter
    return line.compose()


def _plain(composed: DictConfig) -> dict[Any, Any]:
    """Turn a configuration into nested dictionaries, interpolations as they are written."""
    container = OmegaConf.to_container(composed, resolve=False)
    assert isinstance(container, dict)
    return container


def _keys(node: dict[Any, Any], prefix: str = "") -> Iterator[str]:
    for key, value in node.items():
        if "." in str(key):  # an entry of tuning.space is named like a key, but is none
            continue
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{key}.")


def _last_part(key: str) -> str:
    return key.rpartition(".")[2]
