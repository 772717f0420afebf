"""Make a folder once, although many processes may want it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def made_once(folder: Path, last_file: str, make: Callable[[Path], None]) -> None:
    """Make a folder unless it is there; other processes that want it wait meanwhile.

    It is made under another name and renamed when it is complete, so a killed run leaves none.

    Args:
        folder: The folder.
        last_file: What ``make`` writes last; a folder without it is made anew.
        make: Fills an empty folder that it is given.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if (folder / last_file).is_file():
            return
        partial = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
        for left_over in folder.parent.glob(f"{folder.name}.partial-*"):
            shutil.rmtree(left_over)
        if folder.exists():
            shutil.rmtree(folder)
        try:
            make(partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
