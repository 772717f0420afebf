"""Folder names that a person can read and that never collide."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

LONGEST = 150
"""Characters; file systems allow 255 bytes, and TensorBoard shows the name."""

_ODD = re.compile(r"[^A-Za-z0-9._=+@~-]+")


def name_of(parts: Sequence[str]) -> str:
    """Parts joined by commas, such as ``size=d2,weighting=hybrid``.

    Characters that a file system or a shell might take amiss become ``_``; where that or the
    length changes a name, eight hexadecimal digits over the original tell it from others.

    Args:
        parts: At least one; each an override or a plain word.
    """
    exact = ",".join(parts)
    plain = ",".join(_ODD.sub("_", part) for part in parts)
    if plain == exact and len(plain) <= LONGEST and not plain.startswith("."):
        return plain
    digest = hashlib.sha256(exact.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST - 9].lstrip('.')}-{digest}"
