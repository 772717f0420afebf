"""Which sweeps train their jobs in stacks, and in how many processes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from omegaconf import OmegaConf

from rankdistill.conf_path import conf_dir
from rankdistill.runs.stack_trainer import StackBounds
from rankdistill.runs.worker_pool import cores, visible_devices

LAUNCHER = "stacked"
"""The option of hydra/launcher."""
_PROCESSES_OF_A_GPU = 4
_JOBS_FOR_A_PROCESS = 16
"""On a GPU: what a job takes of a core beside its fit is more than its share of a stack's fit."""


class StackedSweep(NamedTuple):
    """How a sweep trains stacks.

    Attributes:
        bounds: How large the stacks on a device may be together.
        processes: How many train stacks at a time.
        devices: The GPUs that they take in turn; none on a CPU.
        jobs_for_process: Fewer jobs are not worth a process of their own.
    """

    bounds: StackBounds
    processes: int = 1
    devices: tuple[str, ...] = ()
    jobs_for_process: int = 1

    def processes_for(self, num_jobs: int) -> int:
        """Return how many processes are worth their start."""
        return min(self.processes, math.ceil(num_jobs / self.jobs_for_process))

    def of_each(self, processes: int) -> StackedSweep:
        """Return what one of so many processes does: those of a device divide its memory."""
        sharing = math.ceil(processes / max(1, len(self.devices)))
        memory_gib = self.bounds.memory_gib / sharing
        return self._replace(bounds=self.bounds._replace(memory_gib=memory_gib), processes=1)


def stacks_of(choice: str, launcher: Any, accelerator: str) -> StackedSweep | None:
    """Say how stacks are trained: where they are asked for, and on a GPU by default.

    On a CPU a process for each core is best. A GPU has several where there are many jobs.

    Args:
        choice: The option of hydra/launcher; "basic" where nobody chose one.
        launcher: The launcher.
        accelerator: What the jobs run on.

    Returns:
        None where jobs run as the launcher runs them.
    """
    settings: Any = launcher
    if choice == "basic" and accelerator in {"gpu", "cuda"}:
        settings = OmegaConf.load(conf_dir() / "hydra" / "launcher" / f"{LAUNCHER}.yaml")
    elif choice != LAUNCHER:
        return None
    devices = tuple(visible_devices(accelerator))
    each = min(_PROCESSES_OF_A_GPU, math.ceil(cores() / len(devices))) if devices else cores()
    processes = settings.n_jobs or each * max(1, len(devices))
    worth = _JOBS_FOR_A_PROCESS if devices and not settings.n_jobs else 1
    bounds = StackBounds(settings.memory_gib, settings.at_once)
    return StackedSweep(bounds, processes, devices, worth)
