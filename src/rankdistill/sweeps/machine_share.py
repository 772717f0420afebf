"""Share the machine between jobs that run at once: cores and GPUs."""

from __future__ import annotations

import os
from typing import Any

from omegaconf import DictConfig


def take_share(config: DictConfig, launcher: Any, job_num: int) -> None:
    """Set the trainer's threads and device for a job of a sweep, in place; no progress bar.

    Worker processes share the cores, and a job on a cluster takes the cores that it was granted.
    A value of ``trainer.threads`` that the user set stays. Where ``trainer.devices`` asks for one
    GPU and there are several, the jobs of workers take them in turn.

    Args:
        config: The job's configuration.
        launcher: The ``hydra.launcher`` node.
        job_num: The job's number in the sweep, from 0.
    """
    trainer = config.get("trainer")
    if trainer is None:
        return
    trainer.progress = False
    workers, granted = launcher.get("n_jobs"), launcher.get("cpus_per_task")
    if trainer.threads is None and workers is not None:
        trainer.threads = threads_of(int(workers), os.cpu_count() or 1)
    elif trainer.threads is None and granted is not None:
        trainer.threads = int(granted)
    if workers is None:
        return
    if trainer.accelerator == "gpu" and trainer.devices == 1:
        import torch

        trainer.devices = device_of(job_num, torch.cuda.device_count())


def threads_of(workers: int, cores: int) -> int:
    """Return the threads of each worker; -1 workers are one per core, as joblib counts."""
    running = workers if workers > 0 else max(1, cores + 1 + workers)
    return max(1, cores // running)


def device_of(job_num: int, num_devices: int) -> int | list[int]:
    """Return Lightning's ``devices`` for one job: the next GPU in turn, or any one."""
    return [job_num % num_devices] if num_devices > 1 else 1
