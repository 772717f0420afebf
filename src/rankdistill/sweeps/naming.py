"""Folder names that a person can read and that never collide."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

LONGEST = 150
"""Longest name in characters: file systems allow 255 bytes, and TensorBoard shows the name."""

_ODD = re.compile(r"[^A-Za-z0-9._=+@~-]+")


def name_of(parts: Sequence[str]) -> str:
    """Join parts by commas, such as ``size=d2,weighting=hybrid``.

    Characters with a meaning to file systems or shells become ``_``, and long names are cut. A
    name that was changed ends in eight hexadecimal digits over the original, which tell it from
    others.

    Args:
        parts: At least one override or plain word.
    """
    exact = ",".join(parts)
    plain = ",".join(_ODD.sub("_", part) for part in parts)
    if plain == exact and len(plain) <= LONGEST and not plain.startswith("."):
        return plain
    digest = hashlib.sha256(exact.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST - 9].lstrip('.')}-{digest}"
