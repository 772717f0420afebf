"""The same threads and kernels for everybody: set before anything heavy is imported."""

from __future__ import annotations

import os
import sys

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
SLOWED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Where these are set, the peers' matrix products run kernels for another processor."""


def settle(threads: int) -> None:
    """Give this process and those that it starts so many threads, and the kernels of its processor.

    Raises:
        RuntimeError: If NumPy or PyTorch are imported already: they have read the environment.
    """
    if too_early := {"numpy", "torch"} & set(sys.modules):
        raise RuntimeError(f"{', '.join(sorted(too_early))} is imported before the threads are set")
    for name in THREADS:
        os.environ[name] = str(threads)
    for name in SLOWED:
        os.environ.pop(name, None)
