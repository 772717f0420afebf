"""Folder names that a person can read, that need no quotes anywhere, and that never collide."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

LONGEST = 150
"""Characters; file systems allow 255 bytes, and TensorBoard shows the name."""

_ODD = re.compile(r"[^A-Za-z0-9._@+-]+|\+(?!\d)")
_ODD_FORMERLY = re.compile(r"[^A-Za-z0-9._=+@~-]+")


def name_of(parts: Sequence[str]) -> str:
    """Parts joined by a plus, such as ``size-d2+weighting-hybrid``.

    Neither a shell nor Hydra takes a character of it amiss. Others become ``_``; where that or the
    length changes a name, eight hexadecimal digits over the original tell it from others.

    Args:
        parts: At least one; each an override or a plain word.
    """
    plain = [part.removeprefix("+").replace("=", "-", 1) for part in parts]
    return _bounded("+".join(plain), "+".join(_ODD.sub("_", part) for part in plain), parts)


def former_name_of(parts: Sequence[str]) -> str:
    """The name that version 0.1 gave, such as ``size=d2,weighting=hybrid``: its sweeps go on."""
    return _bounded(",".join(parts), ",".join(_ODD_FORMERLY.sub("_", p) for p in parts), parts)


def _bounded(exact: str, plain: str, parts: Sequence[str]) -> str:
    if plain == exact and len(plain) <= LONGEST and not plain.startswith((".", "-")):
        return plain
    digest = hashlib.sha256(",".join(parts).encode()).hexdigest()[:8]
    return f"{plain[: LONGEST - 9].lstrip('.-')}-{digest}"
