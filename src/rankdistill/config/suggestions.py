"""Find what a misspelt override may have meant, in the configuration that the user chose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rankdistill.conf_path import conf_dir
from rankdistill.config.command_line import CommandLine

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


def options_of(group: str, line: CommandLine) -> list[str]:
    """List the options of a group, those in the user's own folders too."""
    own = [Path(place) for place in line.search_path if "://" not in place]
    return sorted(
        {path.stem for root in (conf_dir(), *own) for path in (root / group).glob("*.yaml")}
    )


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
