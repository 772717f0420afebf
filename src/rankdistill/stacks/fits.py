"""Which models can be trained in a stack."""

from __future__ import annotations

from rankdistill.backbones.listed import Listed
from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.config.trainer import TrainerConfig
from rankdistill.data.batches import PairBatches
from rankdistill.data.parting import Split
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.objectives import Bpr, Gbce, Pointwise, Softmax
from rankdistill.modules.ranker import Ranker
from rankdistill.modules.recommender import Recommender

_LOSSES = (Bpr, Gbce, Pointwise, Softmax)
_PRECISIONS = ("32-true", "64-true")


def reason_to_train_alone(module: Ranker, split: Split, trainer: TrainerConfig) -> str | None:
    """Say in a few words why a model cannot be trained in a stack; None where it can."""
    if not isinstance(module, Recommender):
        return f"{type(module.backbone).__name__} is solved in closed form"
    if type(module.backbone) is not MatrixFactorization:
        return f"{type(module.backbone).__name__} is no matrix factorization"
    if type(module.objective) not in _LOSSES:
        return f"{type(module.objective).__name__} is no loss of stacks"
    if module.rounded_epochs:
        return "its weights are rounded while it learns"
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
