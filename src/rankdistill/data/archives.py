"""Whether a file is the archive it should be."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rankdistill.data.releases import Release


def archive_fault(path: Path, release: Release) -> str | None:
    """What is wrong with an archive, as the end of a sentence about it, or None."""
    size = path.stat().st_size
    if size != release.num_bytes:
        return f"has {size:,} bytes where {release.num_bytes:,} are expected"
    for algorithm, expected in (("md5", release.md5), ("sha256", release.sha256)):
        if expected is None:
            continue
        with path.open("rb") as file:
            found = hashlib.file_digest(
                file, lambda name=algorithm: hashlib.new(name, usedforsecurity=False)
            ).hexdigest()
        if found != expected:
            return f"has the {algorithm} {found} where {expected} is expected"
    return None
