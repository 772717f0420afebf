"""The C library's heap, set for programs that ask for the same megabytes again at every step."""

from __future__ import annotations

import ctypes
import os
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of <malloc.h>
_KEPT, _LARGEST = 256 * 2**20, 32 * 2**20  # bytes; 32 MiB is the most that glibc takes


def keep_freed_memory() -> None:
    """Let glibc keep up to 256 MiB of what a step frees for the next one.

    By itself it returns to the system what lies free at the top of its heap, and the next step
    pays for every page anew. Nothing is done with another C library, or where the environment
    sets these thresholds itself.
    """
    if platform.libc_ver()[0] != "glibc" or any(
        name in os.environ for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")
    ):
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_TRIM_THRESHOLD, _KEPT)
    mallopt(_MMAP_THRESHOLD, _LARGEST)
