"""Begin a search with the present settings, so that it never ends below them."""

from __future__ import annotations

from typing import Any

import optuna
from omegaconf import DictConfig, OmegaConf

from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.space import Space


def present_values(recipe: Recipe, space: Space) -> dict[str, Any]:
    """Look up the present value of each entry of a space.

    Args:
        recipe: What a trial is composed from.
        space: What is drawn.

    Returns:
        Value by key or group, without entries whose present value lies outside the space.
    """
    composed = recipe.compose()
    values: dict[str, Any] = {}
    for key, entry in space.items():
        value = OmegaConf.select(composed, key)
        if isinstance(value, DictConfig) and "least" in value:  # a batch that grows with the data
            value = value.least
        if OmegaConf.is_config(value) or value is None:
            value = composed.hydra.runtime.choices.get(key)
        if entry.could_be(value):
            values[key] = value
    return values


def begin_with(study: optuna.Study, values: dict[str, Any]) -> None:
    """Make these values the first trial of an empty study; entries without a value are drawn."""
    if values and not study.get_trials(deepcopy=False):
        study.enqueue_trial(values)
