"""Which sweeps train their jobs in stacks."""

from __future__ import annotations

from typing import Any

from omegaconf import OmegaConf

from rankdistill.conf_path import conf_dir
from rankdistill.runs.stack_trainer import StackBounds

LAUNCHER = "stacked"
"""The option of hydra/launcher."""


def stacks_of(choice: str, launcher: Any, accelerator: str) -> StackBounds | None:
    """Say how large stacks may be: where they are asked for, and on a GPU by default.

    Args:
        choice: The option of hydra/launcher; "basic" where nobody chose one.
        launcher: The launcher.
        accelerator: What the jobs run on.

    Returns:
        The bounds; None where jobs run as the launcher runs them.
    """
    if choice == LAUNCHER:
        return StackBounds(launcher.memory_gib, launcher.at_once)
    if choice == "basic" and accelerator in {"gpu", "cuda"}:
        settings = OmegaConf.load(conf_dir() / "hydra" / "launcher" / f"{LAUNCHER}.yaml")
        return StackBounds(settings.memory_gib, settings.at_once)
    return None
