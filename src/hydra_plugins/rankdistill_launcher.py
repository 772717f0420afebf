"""The launcher that Hydra finds: it trains the jobs of a sweep side by side."""

from __future__ import annotations

from typing import Any

from hydra._internal.core_plugins.basic_launcher import BasicLauncher


class StackedLauncher(BasicLauncher):
    """Runs one job after the other, once a stack has trained those that fit together.

    ``rankdistill.sweeps.stacking`` does it.

    Args:
        n_jobs: Processes that train stacks at a time; null: one for each core, or several
            for a GPU.
        memory_gib: What the stacks on a device may take, in GiB.
        at_once: Jobs in a stack; null: as many as pay.
    """

    def __init__(self, n_jobs: int | None, memory_gib: float, at_once: int | None):
        super().__init__()
        self.n_jobs = n_jobs
        self.memory_gib = memory_gib
        self.at_once = at_once

    def setup(self, **given: Any) -> None:
        """Check the settings: Hydra wraps what is raised earlier."""
        from rankdistill.config.bounds import check_bounds  # Hydra imports plugins at every start

        names = ("n_jobs", "memory_gib", "at_once")
        check_bounds("hydra.launcher", {name: getattr(self, name) for name in names})
        super().setup(**given)
