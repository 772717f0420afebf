"""Find the groups of conf/ that a command reads, without Hydra: help must answer at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml


def groups_of(command: str, conf: Path) -> dict[str, list[str]]:
    """Find the groups that a command's defaults list reads, and those that their options read.

    Args:
        command: Name of the primary configuration.
        conf: The folder of configuration.

    Returns:
        The options by group, in alphabetical order; without groups that the command turns off,
        and without groups of Hydra's own.
    """
    primary = conf / f"{command}.yaml"
    found: dict[str, list[str]] = {}
    waiting = [primary]
    while waiting:
        for path in _read_by(waiting.pop(), conf):
            if path.is_file():  # another file of this folder
                waiting.append(path)
                continue
            group = path.relative_to(conf).as_posix()
            if group not in found:
                found[group] = options_in(path)
                waiting += path.glob("*.yaml")
    for group in _turned_off_by(primary):
        found.pop(group, None)
    return dict(sorted(found.items()))


def all_groups(conf: Path) -> dict[str, list[str]]:
    """List the options of every group by its name; groups of Hydra's own are left out."""
    folders = (path for path in conf.rglob("*") if path.is_dir())
    named = {path.relative_to(conf).as_posix(): options_in(path) for path in sorted(folders)}
    return {
        name: options
        for name, options in named.items()
        if options and not name.startswith("hydra/")
    }


def options_in(folder: Path) -> list[str]:
    """List the options of a group."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def _read_by(file: Path, conf: Path) -> Iterator[Path]:
    """List the files and the folders of groups that a file's defaults list reads."""
    for entry in _defaults(file):
        if isinstance(entry, str):
            if entry != "_self_":
                yield _place(entry, file, conf).with_suffix(".yaml")
            continue
        (key,) = entry
        *keywords, name = key.split()
        if "override" not in keywords:  # an override chooses in a group that another file reads
            yield _place(name.partition("@")[0], file, conf)


def _turned_off_by(primary: Path) -> Iterator[str]:
    """List the groups whose choice a primary configuration overrides by null."""
    for entry in _defaults(primary):
        if isinstance(entry, dict):
            ((key, option),) = entry.items()
            if key.startswith("override ") and option is None:
                yield key.split()[-1].lstrip("/")


def _defaults(file: Path) -> Sequence[Any]:
    content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return content.get("defaults", ())


def _place(name: str, file: Path, conf: Path) -> Path:
    """Find a name of a defaults list: relative to the file unless it begins with a slash."""
    return conf / name[1:] if name.startswith("/") else file.parent / name
