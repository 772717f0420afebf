"""Run a job whose configuration has been composed, which takes longer than its measuring."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, run_job, setup_globals
from omegaconf import DictConfig, open_dict

from rankdistill.config.quoted_text import quoted
from rankdistill.runs.stacked_fits import MadeJob
from rankdistill.sweeps.plan import Job


def placed(job: Job, folder: Path) -> list[str]:
    """The overrides of a job, with those that name its folder in the sweep's."""
    place = f"hydra.sweep.dir={quoted(str(folder))}"
    return [*job.overrides, place, f"hydra.sweep.subdir={quoted(job.name)}"]


def run_composed(launcher: Any, config: DictConfig, made: MadeJob | None, number: int) -> JobReturn:
    """Run a job as Hydra's basic launcher does, without composing it again.

    Args:
        launcher: The sweep's, set up.
        config: What ``placed`` overrides compose to; the job's number is written into it.
        made: What a stack has made of it.
        number: Of the job in this start of the sweep.
    """
    setup_globals()
    with open_dict(config):
        config.hydra.job.id = config.hydra.job.num = number
    return run_job(
        hydra_context=launcher.hydra_context,
        task_function=partial(launcher.task_function, made=made),
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
