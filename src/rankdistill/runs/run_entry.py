"""Write a run's row in TensorBoard's HParams; jobs of a sweep have rows of their own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rankdistill.runs.hyperparameters import write_session

ENTRY_KINDS: dict[str, type] = {
    "data": str,
    "distillation": str,
    "embedding_dim": float,
    "module": str,
    "seed.initialization": float,
    "backbone": str,
    "storage": str,
    "ranking_loss": str,
    "learning_rate": float,
    "weight_decay": float,
    "batch_size": float,
    "decay_epochs": float,
    "loss_balance": str,
    "alpha": float,
    "top_k": float,
    "weighting": str,
    "lambda_": float,
    "mu": float,
    "seed.split": float,
    "seed.sampling": float,
}
"""The columns. TensorBoard takes them from the run that it reads first, so all runs share them."""

_NUM_FIRST = 5


def log_run(folder: Path, hyper: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Write the settings and the metrics of a finished run for TensorBoard.

    Args:
        folder: The run's folder.
        hyper: The module's hyper-parameters, as its checkpoint holds them.
        fields: The content of the run's metrics.json.
    """
    from rankdistill.runs.hparams_messages import HparamColumn

    cells = _cells(hyper, fields)
    columns = [
        HparamColumn(name, kind, cells.get(name), first=number < _NUM_FIRST)
        for number, (name, kind) in enumerate(ENTRY_KINDS.items())
    ]
    tested = {key: value for key, value in fields["metrics"].items() if key.startswith("test/")}
    # TensorBoard shows five columns first: five different metrics
    tested = {key: tested[key] for key in sorted(tested, key=_cut_off)}
    write_session(folder, columns, tested, fields["fit_seconds"] or 0.0)


def _cut_off(metric: str) -> float:
    """Order metrics by their cut-off, those of the whole ranking last."""
    cut_off = metric.partition("@")[2]
    return math.inf if cut_off == "all" else int(cut_off)


def _cells(hyper: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Find the run's value for each column; a teacher has none for those of distillation."""
    distillation = hyper.get("distillation") or {}
    weighting = distillation.get("weighting")
    return {
        **{key: value for node in (hyper, distillation) for key, value in node.items()},
        "data": fields["data"]["name"],
        "distillation": "+".join(distillation.get("methods", ())) or "none",
        "module": fields["module"],
        "backbone": fields["backbone"],
        "embedding_dim": fields["embedding_dim"],
        "storage": fields["storage"],
        "ranking_loss": _short_name(hyper.get("ranking_loss")),
        "top_k": distillation.get("top_k"),
        "weighting": _short_name(weighting),
        "lambda_": (weighting or {}).get("lambda_"),
        "mu": (weighting or {}).get("mu"),
        **{f"seed.{name}": value for name, value in fields["seed"].items()},
    }


def _short_name(node: dict[str, Any] | None) -> str | None:
    return None if node is None else str(node["_target_"]).rpartition(".")[2]
