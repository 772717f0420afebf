"""Train the jobs of a sweep in stacks, before each is measured as any other job."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf, open_dict

from rankdistill.backbones.interface import Backbone
from rankdistill.config.train import TrainConfig
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.preparing import prepared_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fit_side_by_side
from rankdistill.runs.stacked_fits import leave_fit
from rankdistill.settings import read_settings
from rankdistill.sweeps.plan import Job
from rankdistill.sweeps.typed_values import flat

_STUDENT_RANK = ".student_rank."
_MAY_DIFFER = re.compile(
    r"seed\.(initialization|sampling)|training\.(learning_rate|weight_decay|decay_epochs)"
    r"|(teacher|student|sharpness)\..*|storage\.bits|plain_student|projector"
    r"|distillation\.(alpha|loss_balance|top_k|initialization.*|weighting.*)"
    r"|distillation\.methods\.[^.]*\.weight|distillation\.methods\.ranking\.(top_k|weighting.*)"
)
"""Settings that the jobs of a stack need not share."""


class StackShape(NamedTuple):
    """What the jobs of a stack share.

    Attributes:
        settings: All but those that may differ.
        student_rank: How the student's ranks are found; None where nothing asks for them.
    """

    settings: str
    student_rank: str | None


def shape_of(settings: dict[str, Any]) -> StackShape:
    """Find what of a job's settings, by dotted key, it has to share with the others."""
    shared = {key: value for key, value in settings.items() if not _MAY_DIFFER.fullmatch(key)}
    ranks = {
        key: value
        for key, value in settings.items()
        if key.startswith("distillation.methods.") and _STUDENT_RANK in key
    }
    return StackShape(repr(sorted(shared.items())), repr(sorted(ranks.items())) if ranks else None)


def grouped(shapes: Sequence[StackShape]) -> list[list[int]]:
    """Group jobs by shape; those that ask for no ranks join the first others.

    Args:
        shapes: Of every job.

    Returns:
        The numbers of the jobs of each group, in the order of their first jobs.
    """
    asked: dict[str, str | None] = {}
    for shape in shapes:
        asked[shape.settings] = asked.get(shape.settings) or shape.student_rank
    groups: dict[StackShape, list[int]] = {}
    for number, shape in enumerate(shapes):
        rank = shape.student_rank or asked[shape.settings]
        groups.setdefault(StackShape(shape.settings, rank), []).append(number)
    return list(groups.values())


class Stacking:
    """Trains jobs side by side where they fit together.

    Args:
        compose: From a job's overrides to its configuration; raises where they do not compose.
        folder: The sweep's.
        bounds: How large a stack may be.
    """

    def __init__(
        self,
        compose: Callable[[Sequence[str]], DictConfig],
        folder: Path,
        bounds: StackBounds,
    ):
        self.compose = compose
        self.folder = folder
        self.bounds = bounds
        self._told: set[str] = set()

    def run(self, jobs: Sequence[Job], measure: Callable[[Sequence[Job]], None]) -> None:
        """Train what fits together, and measure each stack's jobs before the next is trained.

        Args:
            jobs: What to run.
            measure: Runs jobs one by one; a job that a stack has trained is not trained again.
        """
        quiet_lightning()
        composed = [self._settings(job) for job in jobs]
        stackable = [number for number, settings in enumerate(composed) if settings is not None]
        shapes = [shape_of(flat(_plain(composed[number]))) for number in stackable]
        groups = [[stackable[place] for place in group] for group in grouped(shapes)]
        by_itself = [number for number, settings in enumerate(composed) if settings is None]
        for group in [*groups, *([by_itself] if by_itself else [])]:
            self._run_group([jobs[number] for number in group], measure)

    def _run_group(self, jobs: Sequence[Job], measure: Callable[[Sequence[Job]], None]) -> None:
        """Train jobs of one shape, a stack at a time."""
        if len(jobs) > 1:
            self._train(jobs)
        measure(jobs)

    def _train(self, jobs: Sequence[Job]) -> None:
        """Train jobs of one shape, and leave each one's fit in its folder."""
        try:
            settings = [self._read(job) for job in jobs]
            datamodule = make_datamodule(settings[0])
        except Exception:  # each job will say what is wrong with it
            return
        stacked: list[StackedJob] = []
        teachers: dict[str, Backbone] = {}
        for job, cfg in zip(jobs, settings, strict=True):
            try:
                module = prepared_model(cfg, datamodule, teachers)
            except Exception:  # likewise
                continue
            stacked.append(StackedJob(job.name, module, cfg.trainer, cfg.evaluation.monitor))
        try:
            fits = fit_side_by_side(stacked, datamodule, self.bounds, "jobs", self._tell)
        except Exception as error:  # one by one, what fails stops no other job
            self._tell(f"{jobs[0].name} and the like are trained alone: {error}")
            return
        for job, fit in zip(stacked, fits, strict=True):
            if fit is not None:
                leave_fit(self.folder / job.name, fit)

    def _tell(self, line: str) -> None:
        reason = line.partition(":")[2]
        if reason not in self._told:
            self._told.add(reason)
            print(line, flush=True)

    def _settings(self, job: Job) -> DictConfig | None:
        try:
            composed = self.compose(job.overrides)
        except Exception:  # the job will say what is wrong with it
            return None
        with open_dict(composed):
            composed.pop("hydra", None)
        return composed

    def _read(self, job: Job) -> TrainConfig:
        settings = self._settings(job)
        assert settings is not None
        return read_settings("train", settings)


def _plain(composed: DictConfig | None) -> dict[str, Any]:
    found: Any = OmegaConf.to_container(composed, resolve=True)
    return found
