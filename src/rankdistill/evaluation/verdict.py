"""Judge a comparison: which model to ship, what is lost by it, and what holds it back."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from rankdistill.evaluation.comparison import TESTED_METRICS
from rankdistill.evaluation.gap import NOT_BETTER, TOO_FEW_USERS
from rankdistill.evaluation.significance import ERROR

SMALL = ("distilled_student", "student")
FEW_EPOCHS = 4
"""A teacher that is best after so few epochs, or fewer, has hardly been trained."""

_POOR = 0.5  # a smaller share of the gap closed is worth another try


def judge(comparison: Mapping[str, Any], monitor: str) -> dict[str, Any]:
    """Choose the small model to ship on validation, and set it against the teacher on test.

    Args:
        comparison: What ``build_comparison`` returned.
        monitor: The validation metric that selected the best epochs, such as "val/map@5".

    Returns:
        - "model" and "seed": what to ship, the best on validation. Of equals the distilled student
          and the lowest seed are chosen.
        - "times_smaller": the size of the teacher's weights over that of this model's.
        - "against_teacher": for each of the ``TESTED_METRICS``, or else of all test metrics,
          "metric", "own" and "teacher" (means over seeds), and "shown": whether a test shows that
          they differ, None where there is no such test.
        - "gap": "metric", "closed", "reason": the entry of ``gap_closed`` on the first metric of
          "against_teacher".
        - "teacher_epochs": the median best epoch of the teacher's runs where these were
          ``FEW_EPOCHS`` or fewer; else None. A teacher without embeddings, such as EASE, is not
          trained by epochs.
        - "advice": what to do next: "more_users" where one test user is all, "tune_teacher" where
          the teacher is no better than the student or has ``FEW_EPOCHS``, "nothing_to_gain" where
          its lead may be chance, and "tune" where the plain student is shipped or less than half
          of the gap was closed; else None.
    """
    models = comparison["models"]
    model = max(SMALL, key=lambda name: models[name]["mean"]["metrics"][monitor])
    best = max(models[model]["runs"], key=lambda run: run["metrics"][monitor])
    sizes = {name: models[name]["mean"]["weights_bytes"] for name in (model, "teacher")}
    gaps = comparison["gap_closed"]
    metrics = [metric for metric in TESTED_METRICS if metric in gaps] or list(gaps)
    gap, epochs = gaps[metrics[0]], _few_epochs(models["teacher"]["runs"])
    return {
        "model": model,
        "seed": best["seed"],
        "times_smaller": sizes["teacher"] / sizes[model],
        "against_teacher": [_against_teacher(comparison, model, metric) for metric in metrics],
        "gap": {"metric": metrics[0], "closed": gap["value"], "reason": gap["reason"]},
        "teacher_epochs": epochs,
        "advice": _advice(model, gap, epochs),
    }


def _advice(model: str, gap: Mapping[str, Any], teacher_epochs: float | None) -> str | None:
    if gap["reason"] == TOO_FEW_USERS:
        return "more_users"
    if teacher_epochs is not None or gap["reason"] == NOT_BETTER:
        return "tune_teacher"
    if gap["reason"] is not None:
        return "nothing_to_gain"
    return "tune" if model == "student" or gap["value"] < _POOR else None


def _against_teacher(comparison: Mapping[str, Any], model: str, metric: str) -> dict[str, Any]:
    own, teacher = (
        comparison["models"][name]["mean"]["metrics"][f"test/{metric}"]
        for name in (model, "teacher")
    )
    return {
        "metric": metric,
        "own": own,
        "teacher": teacher,
        "shown": _is_shown(comparison, model, metric),
    }


def _is_shown(comparison: Mapping[str, Any], model: str, metric: str) -> bool | None:
    """Say whether a test shows a difference to the teacher; None without a test."""
    if model == "student":
        lead = comparison["gap_closed"][metric]["lead"]
        return None if lead is None else not lead["ci_low"] <= 0 <= lead["ci_high"]
    found = [
        test["p_holm"] < ERROR
        for test in comparison["tests"]
        if (test["metric"], test["a"], test["b"]) == (metric, model, "teacher")
    ]
    return found[0] if found else None


def _few_epochs(runs: list[Mapping[str, Any]]) -> float | None:
    epochs = [
        run["best_epoch"]
        for run in runs
        if run.get("embedding_dim") is not None and run.get("best_epoch") is not None
    ]
    middle = median(epochs) if epochs else None
    return middle if middle is not None and middle <= FEW_EPOCHS else None
