"""Files that a command reads, and places that it writes: looked at before anything is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rankdistill.building import Component

_PARTS = ("train", "validation", "test")


def check_data_files(data: Component) -> None:
    """Refuse data whose files are not named, or not there.

    Args:
        data: The component; of data of other kinds than ours nothing is asked.

    Raises:
        ValueError: If nothing, or too much, is named.
        FileNotFoundError: If there is no such file.
    """
    named = {name: value for name in ("path", *_PARTS) if (value := data.settings.get(name))}
    for name in ("path", *_PARTS):
        if data.settings.get(name) == "":
            raise ValueError(f"data.{name} is empty: type data.{name}= and the name of a file.")
    if data.name == "DelimitedDataModule":
        _check_parts(named)
    if data.name == "RankDistillDataModule" and not named:
        raise ValueError(
            "No folder is named: type data.path=... with the folder datasets/gowalla of the "
            "repository in which the authors of Ranking Distillation published their code."
        )
    for name, value in named.items():
        if data.target.startswith("rankdistill.") and not Path(str(value)).expanduser().exists():
            raise FileNotFoundError(
                f"There is no file {value} (from {Path.cwd()}); data.{name}=... names another."
            )


def check_checkpoint(key: str, path: str) -> None:
    """Raise a FileNotFoundError, with the key to type, unless a checkpoint is a file."""
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"There is no checkpoint at {path}; give the path of a model.ckpt with {key}=..."
        )


def check_output(key: str, path: Path) -> None:
    """Raise an OSError, with the key to type, unless a file can be written at a path."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it with {key}=...")
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(
            f"{path} cannot be written: {folder} is no folder; name another place with {key}=..."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(
            f"{path} cannot be written: {folder} may not be changed; name another place with "
            f"{key}=..."
        )


def _check_parts(named: Mapping[str, Any]) -> None:
    parts = [part for part in _PARTS if part in named]
    if "path" in named and parts:
        raise ValueError(
            f"data.path names one file that is to be split, and data.{parts[0]} one of three that "
            "are split already: leave one of them out."
        )
    if "path" not in named and not parts:
        raise ValueError(
            "No file is named: type data.path=... for one that is to be split, or data.train=..., "
            "data.validation=... and data.test=... for three that are split already."
        )
    if "path" not in named and (missing := [part for part in _PARTS if part not in parts]):
        raise ValueError(
            f"data.{parts[0]} is one of three files that are split already: type "
            f"{' and '.join(f'data.{part}=...' for part in missing)} too."
        )
