"""Warnings about settings that were asked for and have no effect."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any


def warn_of_settings_without_effect(cfg: dict[str, Any], overrides: Sequence[str]) -> None:
    """Tell the user of overrides that the chosen objects do not read.

    Args:
        cfg: The checked configuration.
        overrides: What the user typed.
    """
    weighting = (cfg["distillation"] or {}).get("weighting") or {}
    for key, name in (("lambda_", "λ"), ("mu", "μ")):
        typed = [text for text in overrides if text.startswith(f"sharpness.{key}=")]
        if typed and key not in weighting:
            chosen = str(weighting.get("_target_", "module")).rpartition(".")[2]
            warnings.warn(f"{typed[0]} has no effect: {chosen} reads no {name}.", stacklevel=2)
    methods = (cfg["distillation"] or {}).get("methods") or {}
    typed = [text for text in overrides if text.startswith(("top_k=", "distillation.top_k="))]
    if typed and methods and not any("top_k" in node for node in methods.values()):
        names = ", ".join(methods)
        warnings.warn(f"{typed[0]} has no effect: {names} reads no top_k.", stacklevel=2)
    losses = [cfg["ranking_loss"], (cfg["teacher"] or {}).get("ranking_loss") or {}]
    typed = [text for text in overrides if text.startswith(("negatives=", "negatives."))]
    if typed and not any("negatives" in loss for loss in losses):
        chosen = str(cfg["ranking_loss"].get("_target_")).rpartition(".")[2]
        warnings.warn(f"{typed[0]} has no effect: {chosen} samples no negatives.", stacklevel=2)
