"""The settings as they stand: the first trial, so that a search never ends below them."""

from __future__ import annotations

from typing import Any

import optuna
from omegaconf import OmegaConf

from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.space import Space


def present_values(recipe: Recipe, space: Space) -> dict[str, Any]:
    """What each entry of a space is now, where that lies within the space.

    Args:
        recipe: What a trial is composed from.
        space: What is drawn.

    Returns:
        Value by key or group; entries whose present value could not be drawn are left out.
    """
    composed = recipe.compose()
    values: dict[str, Any] = {}
    for key, entry in space.items():
        value = OmegaConf.select(composed, key)
        if OmegaConf.is_config(value) or value is None:
            value = composed.hydra.runtime.choices.get(key)
        if entry.could_be(value):
            values[key] = value
    return values


def begin_with(study: optuna.Study, values: dict[str, Any]) -> None:
    """Make these the first trial of a study that has none; what is missing is drawn."""
    if values and not study.get_trials(deepcopy=False):
        study.enqueue_trial(values)
