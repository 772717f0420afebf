"""Say in plain words what the operating system refused: a full disk, a folder in the way."""

from __future__ import annotations

import errno
import re
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST}

_TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{12}\.tmp(\.\w+)?")
"""Names of files that are renamed once they are whole."""

_IN_WORDS = re.compile("disk is full|disk I/O error|No usable temporary directory")
"""How SQLite and Python's tempfile say that nothing can be written."""

_TORCH_COULD_NOT = re.compile(r"(.+) could not be written to \(")


def in_plain_words(error: BaseException, key: str) -> str | None:
    """Explain an error of the operating system.

    Args:
        error: What was raised: an OSError, or what a library made of one.
        key: The setting that names the place where the command writes.

    Returns:
        What is wrong and what to type; None for errors that say so themselves.
    """
    elsewhere = f"name another place with {key}=..."
    if found := _TORCH_COULD_NOT.match(str(error)):
        return f"{found.group(1)} cannot be written: its disk is full or read-only; {elsewhere}"
    name = getattr(error, "filename", None)
    path = "a file" if name is None else str(_final(Path(str(name))))
    if disk_is_full(error):
        return f"The disk is full: {path} could not be written; free some room, or {elsewhere}"
    if not isinstance(error, OSError):
        return None
    if error.errno in _FORBIDDEN:
        return f"{path} may not be read or written ({_reason(error)}); {elsewhere}"
    if error.errno in _IN_THE_WAY:
        return f"{path} cannot be written: a file lies where a folder is needed; {elsewhere}"
    if error.errno == errno.EISDIR:
        return f"{path} is a folder where a file is needed; name a file in it."
    return None if error.errno is None else f"{path} cannot be read or written ({_reason(error)})."


def disk_is_full(error: BaseException | None) -> bool:
    """Return whether a full disk is behind an error, of a database or of a file."""
    while error is not None:
        if _IN_WORDS.search(str(error)) or (isinstance(error, OSError) and error.errno in _FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reason(error: OSError) -> str:
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]


def _final(path: Path) -> Path:
    """The name that a temporary file would have been given."""
    found = _TEMPORARY.fullmatch(path.name)
    return path if found is None else path.with_name(f"{found.group(1)}{found.group(2) or ''}")
