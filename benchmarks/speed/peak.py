"""The largest memory that a process has held."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_mebibytes() -> float:
    """Of this process since its program started, or since ``forget_peak``.

    Where the system tells only of a process and what it was forked from, that.
    """
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Begin again at what this process holds now; only Linux lets it."""
    with suppress(OSError):
        CLEAR.write_text("5")
