"""Which models can be trained in a stack."""

from __future__ import annotations

from rankdistill.backbones.listed import Listed
from rankdistill.config.trainer import TrainerConfig
from rankdistill.data.batches import PairBatches
from rankdistill.data.parting import Split
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.ranker import Ranker
from rankdistill.modules.recommender import Recommender
from rankdistill.modules.regular_steps import reason_for_irregular_steps

_PRECISIONS = ("32-true", "64-true")


def reason_to_train_alone(module: Ranker, split: Split, trainer: TrainerConfig) -> str | None:
    """Say in a few words why a model cannot be trained in a stack; None where it can."""
    if not isinstance(module, Recommender):
        return f"{type(module.backbone).__name__} is solved in closed form"
    parts = module.backbone, module.objective, module.rounded_epochs
    if reason := reason_for_irregular_steps(*parts):
        return reason
    if split.history is not None:
        return "it ranks for new users"
    if trainer.devices != 1 or trainer.precision not in _PRECISIONS:
        return f"trainer.devices={trainer.devices} trainer.precision={trainer.precision}"
    return _reason_of_methods(module) if isinstance(module, DistilledStudent) else None


def _reason_of_methods(module: DistilledStudent) -> str | None:
    if isinstance(module.teacher, Listed):
        return "its teacher is a file of lists"
    served = {"users", "any"} if module.objective.batches is not PairBatches else {"any"}
    for name, method in module.distillation_methods.items():
        if method.stacks not in served:
            beside = "" if method.stacks is None else " beside a loss of pairs"
            return f"distillation={name}{beside} has to see each model by itself"
    return None
