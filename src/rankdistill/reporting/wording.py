"""How models, metrics and numbers of a comparison are written for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MODEL_LABELS = {
    "teacher": "teacher",
    "student": "student",
    "distilled_student": "distilled student",
}
_METRIC_LABELS = {
    "map": "MAP",
    "ndcg": "NDCG",
    "recall": "Recall",
    "precision": "Precision",
    "hit_rate": "HitRate",
    "mrr": "MRR",
    "recall_of_final": "recall of final's top",
    "joint_recall": "joint Recall",
    "joint_recall_liked": "joint Recall of liked",
    "ce": "CE",
    "teacher_ce": "CE against final",
    "normalised_entropy": "normalised entropy",
    "alignment_ratio": "alignment ratio",
    "kendall_tau": "Kendall tau",
    "pair_accuracy": "pair accuracy",
    "calibration": "calibration",
    "calibration_error": "calibration error",
}
_LESS_IS_BETTER = ("ce", "teacher_ce", "normalised_entropy", "calibration_error")
_NO_DIRECTION = ("alignment_ratio", "calibration")
_HEADLINE = ("map@5", "ndcg@10", "recall@10")


def headline_metrics(comparison: Mapping[str, Any]) -> list[str]:
    """The test metrics to show: MAP@5, NDCG@10 and Recall@10 where there, else all there are."""
    names = [
        name.removeprefix("test/")
        for name in comparison["models"]["teacher"]["mean"]["metrics"]
        if name.startswith("test/")
    ]
    return [name for name in _HEADLINE if name in names] or names


def metric_label(metric: str) -> str:
    """``map@5`` as ``MAP@5``, ``ndcg@10_after_100`` as ``NDCG@10 after 100``.

    What follows a known name is kept, with spaces: ``ce_like`` is ``CE like``.
    """
    name, at, cut_off = metric.partition("@")
    known = [each for each in _METRIC_LABELS if f"{name}_".startswith(f"{each}_")]
    longest = max(known, key=len, default=name)
    words = _METRIC_LABELS.get(longest, name) + name[len(longest) :].replace("_", " ")
    return f"{words}{' ' if longest == 'recall_of_final' else at}{cut_off.replace('_', ' ')}"


def more_is_better(metric: str) -> bool:
    """Whether models can be ranked by a metric, most first: not by losses, errors and ratios."""
    return not _is_one_of(metric, (*_LESS_IS_BETTER, *_NO_DIRECTION))


def less_is_better(metric: str) -> bool:
    """Whether a metric is a loss: entropies and errors, of all tasks or of one."""
    return _is_one_of(metric, _LESS_IS_BETTER)


def provenance(comparison: Mapping[str, Any]) -> str:
    """The data set and the number of seeds, as in ``ml-100k, 5 seeds``."""
    seeds = len(comparison["seeds"])
    name = comparison["data"].get("name", "unnamed data")
    return f"{name}, {seeds} seed{'s' if seeds > 1 else ''}"


def notes(data: Mapping[str, Any]) -> list[str]:
    """What a reader of a table should know of its data, a line each and a blank line after all."""
    told = [f"Note: {sentence}" for sentence in data.get("notes") or ()]
    return [*told, ""] if told else []


def decimal(value: float, *, signed: bool = False) -> str:
    """Four decimals without the leading zero, as papers print metrics: ``.0123``, ``+.0123``."""
    text = f"{value:+.4f}" if signed else f"{value:.4f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.99995 else text


def percentage(value: float) -> str:
    """``0.623`` as ``62%``."""
    return f"{value:.0%}"


def p_value(value: float) -> str:
    """Two digits down to .001, then a power of ten: ``p = .41``, ``p = 3e-5``."""
    if value < 1e-300:
        return "p < 1e-300"
    if value >= 0.001:
        return f"p = {value:.2g}".replace("0.", ".")
    digit, exponent = f"{value:.0e}".split("e")
    return f"p = {digit}e{int(exponent)}"


def file_size(num_bytes: float) -> str:
    """Bytes in the unit that fits, of 1000: ``850 B``, ``21.2 kB``, ``1.05 MB``, ``2.00 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if num_bytes < 999.5 or unit == "GB":
            break
        num_bytes /= 1000
    digits = 0 if unit == "B" else max(0, 3 - len(str(int(num_bytes))))
    return f"{num_bytes:.{digits}f} {unit}"


def _is_one_of(metric: str, names: Iterable[str]) -> bool:
    return any(f"{metric}_".startswith(f"{name}_") for name in names)
