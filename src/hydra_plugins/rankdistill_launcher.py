"""The launcher that Hydra finds: it trains the jobs of a sweep side by side."""

from __future__ import annotations

from hydra._internal.core_plugins.basic_launcher import BasicLauncher


class StackedLauncher(BasicLauncher):
    """Runs one job after the other, once a stack has trained those that fit together.

    ``rankdistill.sweeps.stacking`` does it.

    Args:
        memory_gib: What a stack may take, in GiB.
        at_once: Jobs in a stack; null: as many as pay.
    """

    def __init__(self, memory_gib: float, at_once: int | None):
        super().__init__()
        if not memory_gib > 0:
            raise ValueError(f"hydra.launcher.memory_gib must be positive, got {memory_gib}.")
        if at_once is not None and at_once < 1:
            raise ValueError(f"hydra.launcher.at_once must be at least 1, got {at_once}.")
        self.memory_gib = memory_gib
        self.at_once = at_once
