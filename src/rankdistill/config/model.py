"""What every command that trains recommenders is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from rankdistill.building import Component
from rankdistill.config.distillation import DistillationConfig, Sharpness
from rankdistill.config.evaluation import Evaluation
from rankdistill.config.method_rule import MethodRule
from rankdistill.config.places import check_data_files
from rankdistill.config.seeds import Seeds
from rankdistill.config.storage import TrainedStorage
from rankdistill.config.teacher import TeacherConfig
from rankdistill.config.trainer import TrainerConfig
from rankdistill.config.training import Training


@dataclass(kw_only=True)
class StudentConfig:
    """Where the plain student differs from the distilled one that it is compared with.

    Attributes:
        backbone: Its network.
        training: How it learns.
        store: Folder of the plain students that sweeps are compared with.
    """

    backbone: Component
    training: Training
    store: str


@dataclass(kw_only=True)
class FoldInConfig:
    """How a factorisation makes vectors of new users.

    Attributes:
        l2: Weight of half a vector's squared length against the loss over the history.
    """

    l2: float


@dataclass(kw_only=True)
class ModelConfig:
    """Data, a model, its teacher, and how they are trained and measured.

    Attributes:
        module: The LightningModule: what is trained, and how.
        data: Where the interactions come from.
        split: How they are divided.
        seed: The run's seeds.
        evaluation: What is measured.
        trainer: Devices, and how long to train.
        storage: How the weights that ship are stored.
        backbone: The scoring network.
        ranking_loss: The objective.
        negatives: Where sampled objectives take negatives from.
        training: How the model learns.
        fold_in: How it makes vectors of new users.
        rows_gib: What scores of users x items may take at once, in GiB, wherever whole rows are
            scored.
        teacher: None where nothing is distilled.
        student: What the plain student is compared with; None where nothing is distilled.
        sharpness: None where nothing is distilled.
        distillation: None where nothing is distilled.
        method_rules: By name, of ``distillation=auto``: the first that holds chooses the methods.
        allow_targets: Further module prefixes that a ``_target_`` may name.
    """

    module: Component
    data: Component
    split: Component
    seed: Seeds
    evaluation: Evaluation
    trainer: TrainerConfig
    storage: TrainedStorage
    backbone: Component
    ranking_loss: Component
    negatives: Component | None = None
    training: Training
    fold_in: FoldInConfig
    rows_gib: float
    teacher: TeacherConfig | None = None
    student: StudentConfig | None = None
    sharpness: Sharpness | None = None
    distillation: DistillationConfig | None = None
    method_rules: dict[str, MethodRule] = field(default_factory=dict)
    allow_targets: list[str]

    def check_places(self) -> None:
        """Refuse data or a teacher's checkpoint that are not there."""
        check_data_files(self.data)
        if self.teacher is not None:
            self.teacher.check_places("teacher")
