"""The fingerprint of the program, on which results depend beside their settings."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import rankdistill
from rankdistill.conf_path import conf_dir


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """Return sixteen hexadecimal digits over the package's sources and configuration files."""
    package = Path(rankdistill.__file__).parent
    digest = hashlib.sha256()
    for root, pattern in ((package, "*.py"), (conf_dir(), "*.yaml")):
        for path in sorted(root.rglob(pattern)):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
            digest.update(b"\0")
    return digest.hexdigest()[:16]
