"""Prepare a module for fitting: show mistakes first, then obtain its teacher."""

from __future__ import annotations

from rankdistill.backbones.interface import Backbone
from rankdistill.config.model import ModelConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.recommender import Recommender
from rankdistill.runs.models import make_model, teacher_kind
from rankdistill.runs.teacher_store import obtain_teacher, teacher_hash


def rehearsed_model(cfg: ModelConfig, datamodule: InteractionsDataModule) -> Recommender:
    """Make the module without its teacher, so that mistakes show before a teacher is trained.

    Raises:
        ValueError: If settings do not go together, or do not fit the data or the teacher.
    """
    module = make_model(cfg, datamodule, None)
    if isinstance(module, DistilledStudent):
        module.check(datamodule.split.train, teacher_kind(cfg))
    return module


def prepared_model(
    cfg: ModelConfig,
    datamodule: InteractionsDataModule,
    teachers: dict[str, Backbone] | None = None,
) -> Recommender:
    """Make the module that a configuration names; a distilled student with its teacher, trained.

    Args:
        cfg: The configuration.
        datamodule: The data, set up.
        teachers: Those that were obtained for other models, which share them; this one's is added.

    Raises:
        ValueError, FileNotFoundError: If settings do not go together, or the teacher cannot be
            had.
    """
    module = rehearsed_model(cfg, datamodule)
    if not isinstance(module, DistilledStudent):
        return module
    assert cfg.teacher is not None
    known = {} if teachers is None else teachers
    key = cfg.teacher.checkpoint or teacher_hash(cfg, datamodule)
    if key not in known:
        known[key] = obtain_teacher(cfg, datamodule, "teacher").backbone
    return make_model(cfg, datamodule, known[key])
