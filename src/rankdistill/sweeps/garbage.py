"""Give back what the jobs of a process leave in cycles, without waiting for it after each job."""

from __future__ import annotations

import gc
import time

_SHARE = 0.05


class SeldomCollector:
    """Collects garbage once that is cheap beside the work that was done since.

    A job's tensors lie in cycles. To find them takes as long as a short job, and is nothing beside
    a long one, which leaves more of them.
    """

    def __init__(self) -> None:
        self._ended = time.perf_counter()
        self._took = 0.0

    def after_job(self) -> bool:
        """Collect if it takes at most a twentieth of the time since the last; say whether."""
        start = time.perf_counter()
        if self._took > _SHARE * (start - self._ended):
            return False
        gc.collect()
        self._ended = time.perf_counter()
        self._took = self._ended - start
        return True


COLLECTOR = SeldomCollector()
"""The process's own."""
