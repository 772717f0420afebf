"""Write files so that a reader finds the old content or the new, never half of it."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path`` when the block ends well.

    The temporary file lies in the same folder, which is made if needed, and has the same suffix.
    If the block raises, it is removed and ``path`` stays as it was.

    Args:
        path: The file to write or replace.

    Yields:
        Where to write meanwhile.

    Raises:
        FileNotFoundError: If the block wrote nothing.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:12]}.tmp{path.suffix}")
    try:
        yield temporary
        if not temporary.exists():
            raise FileNotFoundError(f"Nothing was written to {temporary}, to become {path}.")
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_left_overs(folder: Path | str) -> None:
    """Remove the temporary files that killed runs left below a folder.

    Call it only where no other process writes.
    """
    for left_over in Path(folder).rglob(".*.tmp*"):
        left_over.unlink(missing_ok=True)


def write_text_atomically(path: Path | str, text: str) -> None:
    """Write text as UTF-8, line endings as given.

    Args:
        path: The file to write or replace; its folder is made if needed.
        text: The whole content.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_json_atomically(path: Path | str, content: Any) -> None:
    """Write indented JSON that any parser reads.

    Args:
        path: The file to write or replace; its folder is made if needed.
        content: Dictionaries, lists, strings, numbers, booleans and None.

    Raises:
        ValueError: If a number is NaN or infinite, which JSON does not have.
        TypeError: If a value has no form in JSON.
    """
    try:
        text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise ValueError(f"{path} was not written: NaN or infinity is not JSON.") from error
    write_text_atomically(path, text + "\n")
