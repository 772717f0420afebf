"""What `rankdistill tune` is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from rankdistill.building import did_you_mean
from rankdistill.config.bounds import check_bounds
from rankdistill.config.model import ModelConfig

SAMPLERS = ("tpe", "random")


@dataclass(kw_only=True)
class Tuning:
    """How settings are searched for.

    Attributes:
        space: What may be drawn, by override key; read by ``tuning.space``.
        sampler: One of SAMPLERS.
        seed: Of the draws, apart from the seeds of the models.
        startup_trials: Trials drawn at random, and never cut short.
        pruning: Whether to end a trial that lags behind the others.
        warmup_epochs: Epochs before a trial may be ended.
        pruning_interval: Epochs between two looks at the others.
        seeds: The mean over these counts; None: seed.initialization alone.
    """

    space: dict[str, Any]
    sampler: str
    seed: int
    startup_trials: int
    pruning: bool
    warmup_epochs: int
    pruning_interval: int
    seeds: list[int] | None

    def __post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            raise ValueError(
                f"tuning.sampler is {self.sampler!r}{did_you_mean(self.sampler, SAMPLERS)}"
            )


@dataclass(kw_only=True)
class TuneConfig(ModelConfig):
    """A model, and a search for its settings.

    Attributes:
        tuning: How to search.
        study: Name of the study, of its folder and of the experiment that it ends with.
        n_trials: Trials in all; those of an earlier start count.
        workers: Processes that share the study.
        trials_at_once: Whose models a worker trains side by side, where they differ in settings
            that models of one stack may differ in.
        memory_gib: What these models may take, in GiB.
    """

    tuning: Tuning
    study: str
    n_trials: int
    workers: int
    trials_at_once: int
    memory_gib: float

    def __post_init__(self) -> None:
        if self.trainer.is_distributed:
            raise ValueError(
                "tune trains one small model a worker; use workers=N, not trainer=ddp."
            )
        check_bounds("", {"n_trials": self.n_trials, "workers": self.workers})
        if not re.fullmatch(r"[\w-]+", self.study):
            raise ValueError(f"study must be of letters, digits, _ and -, got {self.study!r}.")


OWN_KEYS = tuple(
    each.name
    for each in fields(TuneConfig)
    if each.name not in {of_model.name for of_model in fields(ModelConfig)}
)
"""Settings of the search, which say nothing about a model."""
