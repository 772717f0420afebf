"""Put the method that rules choose in the place of ``distillation=auto``."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from rankdistill.backbones.interface import Backbone
from rankdistill.building import Component, did_you_mean, target_class
from rankdistill.config.distillation import DistillationConfig
from rankdistill.config.method_rule import Circumstances, MethodRule, first_that_holds
from rankdistill.config.model import ModelConfig
from rankdistill.data.interactions import Interactions
from rankdistill.modules.objectives import Softmax

logger = logging.getLogger(__name__)

_Config = TypeVar("_Config", bound=ModelConfig)


def with_chosen_method(cfg: _Config, train: Interactions) -> _Config:
    """Choose the method where rules are given; the result is what typing the choice would make.

    Args:
        cfg: The configuration of a distilled student.
        train: The training interactions.

    Returns:
        The configuration, without rules.

    Raises:
        ValueError: If no rule holds, or one names a method that is not there.
    """
    if not cfg.method_rules or cfg.distillation is None:
        return cfg
    name = first_that_holds(cfg.method_rules, circumstances(cfg, train))
    rule = cfg.method_rules[name]
    _refuse_unknown(name, rule, cfg.distillation)
    ruled = {method for each in cfg.method_rules.values() for method in each.methods}
    methods = {
        method: _with_length(component, rule.top_k)
        for method, component in cfg.distillation.methods.items()
        if method in rule.methods or method not in ruled
    }
    _tell(name, _as_typed(list(methods), rule))
    weighting = cfg.distillation.weighting if "ranking" in methods else None
    chosen = replace(
        cfg.distillation,
        methods=methods,
        alpha=rule.alpha,
        top_k=rule.top_k,
        weighting=weighting,
    )
    student = cfg.student
    if student is not None:
        student = replace(student, training=replace(student.training, **rule.training))
    return replace(
        cfg,
        distillation=chosen,
        training=replace(cfg.training, **rule.training),
        student=student,
        method_rules={},
    )


def circumstances(cfg: ModelConfig, train: Interactions) -> Circumstances:
    """Find what the rules ask for.

    Args:
        cfg: The configuration of a distilled student.
        train: The training interactions.
    """
    network: Any = target_class(cfg.backbone, cfg.allow_targets)
    teacher = cfg.teacher
    loss = None if teacher is None or teacher.checkpoint is not None else teacher.ranking_loss
    return Circumstances(
        num_interactions=train.num_interactions,
        num_items=train.num_items,
        embedding_dim=cfg.backbone.settings.get("embedding_dim"),
        by_place=issubclass(network, Backbone) and network.trains_on != "users",
        softmax_student=target_class(cfg.ranking_loss, cfg.allow_targets) is Softmax,
        softmax_teacher=loss is not None and target_class(loss, cfg.allow_targets) is Softmax,
        teacher_scores_all=teacher is None or not teacher.is_file,
    )


def _with_length(component: Component, top_k: int) -> Component:
    settings = component.settings
    if "top_k" not in settings:
        return component
    return Component(component.target, {**settings, "top_k": top_k})


def _refuse_unknown(name: str, rule: MethodRule, distillation: DistillationConfig) -> None:
    for method in rule.methods:
        if method not in distillation.methods:
            raise ValueError(
                f"method_rules.{name}.methods has {method!r}, which distillation=auto does not "
                f"know{did_you_mean(method, distillation.methods)}"
            )


def _as_typed(methods: list[str], rule: MethodRule) -> str:
    values = {
        "distillation.alpha": rule.alpha,
        "distillation.top_k": rule.top_k,
        **{f"training.{name}": value for name, value in rule.training.items()},
    }
    typed = [f"{key}={value:g}" for key, value in values.items()]
    return " ".join([f"distillation=[{','.join(methods)}]", *typed])


@cache
def _tell(rule: str, choice: str) -> None:
    """Log a choice once in a process."""
    logger.info("distillation=auto chose, by its rule %s: %s", rule, choice)
