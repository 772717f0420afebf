"""Train the seeds of a cascade in several processes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.runs.common_ground import CommonGround
from rankdistill.cascade.runs.fit import measuring_device
from rankdistill.cascade.runs.train_seeds import train_seeds
from rankdistill.runs.models import load_data
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.worker_pool import cores, run_workers, threads_each, visible_devices


def processes_for(cfg: CascadeConfig, num_seeds: int) -> int:
    """Choose how many processes train so many seeds."""
    on_cpu = measuring_device(cfg.trainer).type == "cpu"
    wanted = cfg.workers or (cores() if on_cpu else 1)
    return min(wanted, num_seeds)


def train_in_processes(
    cfg: CascadeConfig, seeds: Sequence[int], folder: Path, processes: int
) -> None:
    """Train seeds; what a process that dies leaves behind is missing in the folder.

    Args:
        cfg: The checked configuration.
        seeds: Which of its seeds.
        folder: Where each ranker's run goes.
        processes: How many share the seeds; each has its part of the cores unless
            ``trainer.threads`` says otherwise.
    """
    threads = cfg.trainer.threads or threads_each(processes)
    each = replace(cfg, trainer=replace(cfg.trainer, threads=threads))
    dealt = [list(seeds[number::processes]) for number in range(processes)]

    def lost(number: int, message: str) -> None:
        left = ", ".join(map(str, dealt[number]))
        kind = "seed" if len(dealt[number]) == 1 else "seeds"
        print(
            f"{kind} {left}: {message}; what is missing is trained when the others have ended.",
            file=sys.stderr,
            flush=True,
        )

    if cfg.trainer.progress:
        told = ", ".join(map(str, seeds))
        print(f"{processes} processes share the seeds {told}.", file=sys.stderr, flush=True)
    work = partial(_train, each, dealt, folder)
    run_workers(work, processes, visible_devices(cfg.trainer.accelerator), lambda: None, lost)


def _train(cfg: CascadeConfig, dealt: Sequence[list[int]], folder: Path, number: int) -> None:
    """Train the seeds of one process."""
    quiet_lightning()
    datamodule = load_data(
        cfg.data, cfg.split, cfg.seed.split, cfg.evaluation.user_block, cfg.allow_targets
    )
    for _ in train_seeds(cfg, dealt[number], CommonGround.of(cfg, datamodule), folder):
        pass
