"""Check before training that every value of a space makes a model, and each a different one."""

from __future__ import annotations

from hydra.errors import HydraException

from rankdistill.config.tune import TuneConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.errors import explain
from rankdistill.runs.preparing import rehearsed_model
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.space import Space, Value, as_override

COMPARABLE = ("data", "split", "evaluation")
"""Settings that all trials must share: otherwise their values cannot be compared."""


def rehearse(recipe: Recipe, space: Space, datamodule: InteractionsDataModule) -> TuneConfig:
    """Build a model with the first value of every entry, then with every other value in turn.

    Args:
        recipe: What a trial is composed from.
        space: What is drawn.
        datamodule: The data, set up.

    Returns:
        The configuration with the first values.

    Raises:
        ValueError: Naming the entry that is misspelt, out of range, without effect, or that would
            make the trials incomparable.
    """
    first = {key: entry.samples[0] for key, entry in space.items()}
    base = _build(recipe, first, datamodule, "the first values of tuning.space")
    for key, entry in space.items():
        beside = [
            _build(recipe, {**first, key: value}, datamodule, as_override(key, value))
            for value in entry.samples[1:]
        ]
        for cfg in beside:
            changed = [name for name in COMPARABLE if getattr(cfg, name) != getattr(base, name)]
            if changed or cfg.seed.split != base.seed.split:
                raise ValueError(
                    f"tuning.space.{key} changes {(changed or ['seed.split'])[0]}: trials on "
                    "different data or metrics cannot be compared; tune it by hand."
                )
        if beside and all(cfg == base for cfg in beside):
            raise ValueError(
                f"tuning.space.{key} has no effect: another override sets what it would set, or "
                "nothing reads it here; leave one of them out."
            )
    return base


def _build(
    recipe: Recipe, values: dict[str, Value], datamodule: InteractionsDataModule, tried: str
) -> TuneConfig:
    drawn = [as_override(key, value) for key, value in values.items()]
    try:
        cfg = recipe.settings(drawn)
        rehearsed_model(cfg, datamodule)
    except HydraException as error:
        raise ValueError(f"With {tried}: {explain(error, recipe.line(drawn))}") from error
    except ValueError as error:
        raise ValueError(f"With {tried}: {error}") from error
    return cfg
