"""Train the jobs of a sweep in stacks, before each is measured as any other job."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf, open_dict

from rankdistill.backbones.interface import Backbone
from rankdistill.config.train import TrainConfig
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.preparing import prepared_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fits_as_they_end
from rankdistill.runs.stacked_fits import MadeJob
from rankdistill.settings import read_settings
from rankdistill.sweeps.composed_job import placed
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
_RULES = "method_rules."
_SEEN_BY_RULES = re.compile(r"teacher\.(ranking_loss(\._target_)?|checkpoint)")
"""Settings that they share where rules choose the method by them."""


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
    by_rule = any(key.startswith(_RULES) for key in settings)
    shared = {
        key: value
        for key, value in settings.items()
        if not _MAY_DIFFER.fullmatch(key) or (by_rule and _SEEN_BY_RULES.fullmatch(key))
    }
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


class ComposedJob(NamedTuple):
    """A job and what its overrides compose to.

    Attributes:
        job: The job.
        config: With Hydra's own node.
        settings: Of the command; None where something is wrong with them, which the job will say.
    """

    job: Job
    config: DictConfig
    settings: TrainConfig | None


Measure = Callable[[Job, DictConfig | None, MadeJob | None], None]
"""Runs a job: given what it composes to, and what a stack has made of it, where there is such."""


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

    def run(self, jobs: Sequence[Job], measure: Measure) -> None:
        """Train what fits together, and measure each stack's jobs before the next is trained."""
        quiet_lightning()
        stackable: list[ComposedJob] = []
        shapes: list[StackShape] = []
        by_itself: list[Job] = []
        for job in jobs:
            try:
                config = self.compose(placed(job, self.folder))
            except Exception:  # the job will say what is wrong with it
                by_itself.append(job)
                continue
            content, settings = _read(config)
            stackable.append(ComposedJob(job, config, settings))
            shapes.append(shape_of(flat(content)))
        for group in grouped(shapes):
            self._run_group([stackable[number] for number in group], measure)
        for job in by_itself:
            measure(job, None, None)

    def _run_group(self, group: Sequence[ComposedJob], measure: Measure) -> None:
        waiting = {each.job.name: each for each in group}
        for name, made in self._made(group) if len(group) > 1 else ():
            job, config, _ = waiting.pop(name)
            measure(job, config, made)
        for job, config, _ in waiting.values():
            measure(job, config, None)

    def _made(self, group: Sequence[ComposedJob]) -> Iterator[tuple[str, MadeJob]]:
        """Make the models of jobs of one shape and train them; each by its name."""
        read = [(job, settings) for job, _, settings in group if settings is not None]
        if not read:
            return
        try:
            datamodule = make_datamodule(read[0][1])
        except Exception:  # each job will say what is wrong with it
            return
        stacked: list[StackedJob] = []
        trained: list[TrainConfig] = []
        teachers: dict[str, Backbone] = {}
        for job, settings in read:
            try:
                module = prepared_model(settings, datamodule, teachers)
            except Exception:  # likewise
                continue
            monitor = settings.evaluation.monitor
            stacked.append(StackedJob(job.name, module, settings.trainer, monitor))
            trained.append(settings)
        try:
            fits = fits_as_they_end(stacked, datamodule, self.bounds, "jobs", self._tell)
            for number, fit in fits:
                job = stacked[number]
                if fit is not None:
                    yield job.name, MadeJob(trained[number], datamodule, job.module, fit)
        except Exception as error:  # one by one, what fails stops no other job
            self._tell(f"{read[0][0].name} and the like are trained alone: {error}")

    def _tell(self, line: str) -> None:
        reason = line.partition(":")[2]
        if reason not in self._told:
            self._told.add(reason)
            print(line, flush=True)


def _read(config: DictConfig) -> tuple[dict[str, Any], TrainConfig | None]:
    """Read a job's settings without Hydra's node, plainly and as the command does."""
    with open_dict(config):
        own = config.pop("hydra")
        content: Any = OmegaConf.to_container(config, resolve=True)
        try:
            settings = read_settings("train", config)
        except Exception:
            settings = None
        config.hydra = own
    return content, settings
