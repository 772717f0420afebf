"""Which sweeps train their jobs in stacks, and in how many processes."""

from __future__ import annotations

from typing import Any, NamedTuple

from omegaconf import OmegaConf

from rankdistill.conf_path import conf_dir
from rankdistill.runs.stack_trainer import StackBounds
from rankdistill.runs.worker_pool import cores, visible_devices

LAUNCHER = "stacked"
"""The option of hydra/launcher."""


class StackedSweep(NamedTuple):
    """How a sweep trains stacks.

    Attributes:
        bounds: How large a stack may be.
        processes: How many train stacks at a time.
        devices: The GPUs that they take in turn; none on a CPU.
    """

    bounds: StackBounds
    processes: int = 1
    devices: tuple[str, ...] = ()


def stacks_of(choice: str, launcher: Any, accelerator: str) -> StackedSweep | None:
    """Say how stacks are trained: where they are asked for, and on a GPU by default.

    A process for each core is best on a CPU, and one for each GPU there. What a stack may take of
    a CPU's memory is divided among the processes.

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
    processes = settings.n_jobs or len(devices) or cores()
    memory_gib = settings.memory_gib if devices else settings.memory_gib / processes
    return StackedSweep(StackBounds(memory_gib, settings.at_once), processes, devices)
