"""What a study was begun with: it refuses to go on with anything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna

from rankdistill import __version__
from rankdistill.config.command_line import keys_of
from rankdistill.config.primitives import primitives
from rankdistill.config.tune import OWN_KEYS, TuneConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.teacher_file import file_identity
from rankdistill.sweeps.plan import FREE
from rankdistill.tuning.recipe import Recipe

IDENTITY = "identity"

SHOWN = 3


def identity(
    recipe: Recipe,
    cfg: TuneConfig,
    space: dict[str, Any],
    datamodule: InteractionsDataModule,
) -> dict[str, Any]:
    """Collect everything that the values of a study's trials depend on.

    Args:
        recipe: What a trial is composed from.
        cfg: The configuration with nothing drawn.
        space: What may be drawn, by override key.
        datamodule: The data, set up.
    """
    typed = zip(recipe.fixed, keys_of(recipe.fixed), strict=True)
    settings = {key: value for key, value in primitives(cfg).items() if key not in OWN_KEYS}
    teacher = cfg.teacher
    files = None if teacher is None or not teacher.is_file else file_identity(teacher)
    trainer = {k: v for k, v in settings["trainer"].items() if f"trainer.{k}" not in FREE}
    return {
        "overrides": [
            o for o, key in typed if key.split(".")[0] not in OWN_KEYS and key not in FREE
        ],
        "space": space,
        "tuning.seeds": cfg.tuning.seeds,
        "data": {
            "fingerprint": datamodule.fingerprint,
            "split": datamodule.split.fingerprint,
        },
        **({} if files is None else {"content of teacher.path": files["sha256"]}),
        "version": __version__,
        "settings": {**settings, "trainer": trainer},
    }


def is_of(study: optuna.Study, current: dict[str, Any]) -> bool:
    """Say whether a study was begun with these settings, or has none yet."""
    return not any(_differences(study.user_attrs.get(IDENTITY, current), current))


def remember_or_compare(study: optuna.Study, current: dict[str, Any], folder: Path) -> None:
    """Note the identity of a new study; refuse to go on with one of another.

    Raises:
        ValueError: Naming what differs.
    """
    begun_with = study.user_attrs.get(IDENTITY)
    if begun_with is None:
        study.set_user_attr(IDENTITY, current)
        return
    differences = list(_differences(begun_with, current))
    if differences:
        more = f", and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        raise ValueError(
            f"The study {study.study_name!r} in {folder} was begun otherwise: "
            f"{'; '.join(differences[:SHOWN])}{more}. Give what it was begun with, or begin "
            "another with study=NAME."
        )


def _differences(old: Any, new: Any, name: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = key if name in {"", "settings"} else f"{name}.{key}"
            yield from _differences(old.get(key), new.get(key), inner)
    elif old != new:
        yield f"{name}: {_shown(old)}, now {_shown(new)}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    return str(value)
