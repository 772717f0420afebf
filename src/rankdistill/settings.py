"""Read what a command is told, and check what can be checked, before PyTorch is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from omegaconf import DictConfig, open_dict

from rankdistill.config.reading import read_config

SCHEMAS = {
    "cascade": "rankdistill.cascade.config.CascadeConfig",
    "compare": "rankdistill.config.compare.CompareConfig",
    "export": "rankdistill.config.export.ExportConfig",
    "inspect": "rankdistill.config.inspect.InspectConfig",
    "recommend": "rankdistill.config.recommend.RecommendConfig",
    "score": "rankdistill.config.score.ScoreConfig",
    "train": "rankdistill.config.train.TrainConfig",
    "tune": "rankdistill.config.tune.TuneConfig",
}
"""The dataclass of each command's settings; it is imported when the command is run."""


def schema_of(command: str) -> type:
    """Import the dataclass of a command's settings."""
    module, _, name = SCHEMAS[command].rpartition(".")
    return getattr(import_module(module), name)


def read_settings(command: str, composed: DictConfig) -> Any:
    """Make the dataclass of a command, and look whether the files that it names are there.

    Raises:
        ValueError, OSError: With what to type.
    """
    settings = read_config(composed, schema_of(command))
    settings.check_places()
    return settings


def refuse_idle_grid(
    command: str,
    combinations: Sequence[Sequence[str]],
    compose: Callable[[Sequence[str]], DictConfig],
) -> None:
    """Refuse a grid whose first and last job are both wrong: what all jobs share is.

    A value of one axis that is wrong fails its own jobs, and the others run.

    Args:
        command: What every job runs.
        combinations: The overrides of every job.
        compose: From a job's overrides to its configuration.

    Raises:
        ValueError: If the command has no grids.
        Exception: What is wrong with the first job.
    """
    if command == "tune":
        raise ValueError("tune runs trials of its own: leave out -m; workers=N runs N at once.")
    try:
        _read_job(command, compose(combinations[0]))
    except Exception as first:
        try:
            _read_job(command, compose(combinations[-1]))
        except Exception:
            raise first from None


def _read_job(command: str, composed: DictConfig) -> None:
    with open_dict(composed):
        composed.pop("hydra", None)
    read_config(composed, schema_of(command))
