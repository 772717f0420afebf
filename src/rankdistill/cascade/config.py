"""What the composed configuration of `rankdistill cascade` may hold, and checks across it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rankdistill.building import Component, did_you_mean
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.config.bounds import check_bounds
from rankdistill.config.places import check_data_files
from rankdistill.config.seeds import Seeds, check_seeds
from rankdistill.config.stack import StackConfig
from rankdistill.config.storage import Storage
from rankdistill.config.trainer import TrainerConfig

OF_RATINGS = (
    *("requests", "impressions", "final_ranker", "log", "robustness", "stack", "value", "workers"),
)
"""Settings that are not read where the data are a request log."""


@dataclass(kw_only=True)
class CascadeEvaluation:
    """What is measured of a cascade, and at which cuts.

    Attributes:
        monitor: The validation metric that sweeps compare jobs by.
        top_k: Cut-offs of the final ranking.
        kept: Numbers of candidates that the early ranker keeps.
        agreement: Number of survivors whose order is compared.
        quality_kept: Share of the final ranker's NDCG for which the needed cut is reported.
        choice_kept: Share of the final ranker's top for which the needed cut is reported.
        user_block: Requests ranked at once.
    """

    monitor: str
    top_k: list[int]
    kept: list[int]
    agreement: int
    quality_kept: float
    choice_kept: float
    user_block: int

    @property
    def monitored_cut(self) -> tuple[int, int]:
        """Size of the final ranker's top and number kept, of the monitored recall."""
        choice, _, kept = self.monitor.rpartition("_in_")
        return int(choice.rpartition("@")[2]), int(kept)


@dataclass(kw_only=True)
class RankerTraining:
    """The optimiser of a ranker, its batches, and how long it is trained.

    Attributes:
        learning_rate: The first step size.
        weight_decay: AdamW's decay.
        batch_size: Requests in a batch.
        patience: Epochs without a better validation; not read where the learning rate decays.
        decay_epochs: Epochs over which the learning rate falls to zero; None: it stays.
        least_steps: Batches over which it falls at least: few examples take more epochs.
    """

    learning_rate: float
    weight_decay: float
    batch_size: int
    patience: int
    decay_epochs: int | None
    least_steps: int

    def epochs_of_decay(self, batches: int) -> int | None:
        """Return how many epochs of a number of batches the decay takes; None where there is none.

        Args:
            batches: Of an epoch.
        """
        if self.decay_epochs is None:
            return None
        return max(self.decay_epochs, math.ceil(self.least_steps / batches))


@dataclass(kw_only=True)
class EarlyRankerNode:
    """The student's network and training."""

    network: Component
    training: RankerTraining


@dataclass(kw_only=True)
class FinalRankerNode:
    """The teacher's network and training, and the folder that keeps trained ones."""

    network: Component
    training: RankerTraining
    store: str


@dataclass(kw_only=True)
class RequestCutting:
    """How ratings become requests, and how much history describes a user."""

    page: int
    visit_gap: float
    history: int


@dataclass(kw_only=True)
class ImpressionDrawing:
    """How many candidates a request shows beside those that the user rated."""

    passed_by: int


@dataclass(kw_only=True)
class Robustness:
    """Further logs that each form learns from, of what was shown alone unless said otherwise.

    Attributes:
        shares: Of the impressions, those that are logged. Where the main log has further
            candidates, the smallest log and the faulty ones come with them too.
        stretches: Numbers of stretches of time, each logged by a ranker that saw only the past.
        corrupted: Of the logged rows, those with wrong scores.
        corruptions: What is wrong with them.
    """

    shares: list[float]
    stretches: list[int]
    corrupted: float
    corruptions: list[str]


@dataclass(kw_only=True)
class CascadeConfig:
    """Everything that a composed configuration may hold at its top level.

    Attributes:
        seeds: Each sets the seeds of initialisation and sampling of all rankers.
        workers: Processes that share the seeds; None: on a CPU one a core, on a GPU one.
    """

    data: Component
    split: Component
    seed: Seeds
    seeds: list[int]
    workers: int | None
    evaluation: CascadeEvaluation
    trainer: TrainerConfig
    storage: Storage
    final_ranker: FinalRankerNode
    early_ranker: EarlyRankerNode
    students: dict[str, Component] = field(default_factory=dict)
    requests: RequestCutting
    impressions: ImpressionDrawing
    log: Component
    robustness: Robustness
    value: dict[str, float]
    stack: StackConfig
    allow_targets: list[str]

    def __post_init__(self) -> None:
        check_seeds(self.seeds)
        if not self.students:
            raise ValueError(
                "No form of student: type cascade/students=[none,auxiliary,shared,cut]."
            )
        _check_trainer(self.trainer)
        if self.workers is not None:
            check_bounds("", {"workers": self.workers})
        for name in ("shares", "stretches", "corruptions"):
            chosen = getattr(self.robustness, name)
            if len(set(chosen)) < len(chosen):
                raise ValueError(f"robustness.{name} must be different, got {chosen}.")
        for name in self.value:
            if name not in TASKS:
                raise ValueError(f"value.{name} is no task{did_you_mean(name, TASKS)}")
        if min(self.value.values(), default=0) < 0 or not sum(self.value.values()) > 0:
            raise ValueError(f"value must weigh a task, and none below zero, got {self.value}.")
        _check_evaluation(self.evaluation)

    def of_seed(self, seed: int) -> CascadeConfig:
        """The configuration of one of the seeds."""
        return replace(self, seed=replace(self.seed, initialization=seed, sampling=seed))

    @property
    def reads_request_log(self) -> bool:
        """Whether the data are a log of a cascade that exists, and not ratings."""
        return self.data.name == "RequestLog"

    def refuse_settings_of_ratings(self, overrides: Sequence[str]) -> None:
        """Refuse what was typed and is only read where a cascade is made of ratings.

        Args:
            overrides: What the user typed.
        """
        for text in overrides:
            key = text.lstrip("+~").partition("=")[0].removeprefix("cascade/")
            if re.split(r"[./]", key)[0] in OF_RATINGS:
                raise ValueError(
                    f"{text} has no effect with data=request_log, which holds requests and final "
                    "scores already: leave it out."
                )

    def check_places(self) -> None:
        """Refuse data whose files are not there."""
        if self.reads_request_log:
            if not self.data.settings.get("path"):
                raise ValueError("No log is named: type data.path= and the name of a Parquet file.")
            if self.split.name != "TemporalSplit":
                raise ValueError(
                    "A cascade is trained on the past and tested on the future: use split=temporal."
                )
        check_data_files(self.data)


def _check_trainer(trainer: TrainerConfig) -> None:
    if trainer.is_distributed:
        raise ValueError(
            "cascade trains one small model after another on one device; use "
            "trainer=cpu or trainer=gpu."
        )
    if trainer.precision not in ("32-true", "bf16-mixed", "16-mixed"):
        raise ValueError(
            f"a cascade's features are in single precision: trainer.precision must be 32-true, "
            f"bf16-mixed or 16-mixed, got {trainer.precision}."
        )


def _check_evaluation(evaluation: CascadeEvaluation) -> None:
    top_k, kept = evaluation.top_k, evaluation.kept
    for name, cut_offs in (("top_k", top_k), ("kept", kept)):
        if not cut_offs or min(cut_offs) < 1 or sorted(set(cut_offs)) != cut_offs:
            raise ValueError(
                f"evaluation.{name} must hold ascending cut-offs from 1, got {cut_offs}."
            )
    for name in ("quality_kept", "choice_kept"):
        if not 0 < getattr(evaluation, name) <= 1:
            raise ValueError(
                f"evaluation.{name} must lie in (0, 1], got {getattr(evaluation, name)}."
            )
    if evaluation.user_block < 1 or evaluation.agreement < 2:
        raise ValueError("evaluation.user_block must be at least 1 and agreement at least 2.")
    monitored = [f"val/recall_of_final@{k}_in_{m}" for k in top_k for m in kept]
    if evaluation.monitor not in monitored:
        raise ValueError(
            f"evaluation.monitor is {evaluation.monitor!r}, which is not computed"
            f"{did_you_mean(evaluation.monitor, monitored)}"
        )
