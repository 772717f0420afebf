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
        from rankdistill.config.bounds import check_bounds  # Hydra imports plugins at every start

        super().__init__()
        check_bounds("hydra.launcher", {"memory_gib": memory_gib, "at_once": at_once})
        self.memory_gib = memory_gib
        self.at_once = at_once
