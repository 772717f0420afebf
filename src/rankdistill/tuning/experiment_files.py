"""Find the file of an experiment by its name, and read which module it is of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from rankdistill.conf_path import conf_dir

_MODULE = ("override /module", "override module")


def find_experiment(name: str, search_path: Iterable[str]) -> Path | None:
    """Find ``experiment=name`` among the options of this project and of the user's folders."""
    for place in (conf_dir(), *map(Path, search_path)):
        path = place / "experiment" / f"{name}.yaml"
        if path.is_file():
            return path
    return None


def module_of(path: Path) -> str | None:
    """Read which option of ``module`` an experiment chooses; None where it leaves the default."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = (content or {}).get("defaults") or []
    chosen = [
        value
        for entry in entries
        if isinstance(entry, dict)
        for key, value in entry.items()
        if key in _MODULE
    ]
    return str(chosen[0]) if chosen else None
