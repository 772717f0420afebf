"""How models, metrics, levels and numbers are written for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rankdistill.sweeps.levels import level_text

SIGNIFICANT = 0.05
"""A difference counts as shown where its p-value, adjusted by Holm, is below this level."""

NONE = "-"
"""Written where there is nothing to write."""

MODEL_LABELS = {
    "teacher": "teacher",
    "student": "student",
    "distilled_student": "distilled student",
}
REFERENCE_LABELS = {"teacher": "teacher", "student": "plain student"}
"""The models that a sweep's configurations are compared with."""

_METRIC_LABELS = {
    "map": "MAP",
    "ndcg": "NDCG",
    "recall": "Recall",
    "precision": "Precision",
    "hit_rate": "HitRate",
    "mrr": "MRR",
    "recall_of_choice": "recall of final's choice",
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
HEADLINE = ("map@5", "ndcg@10", "recall@10", "map@all")


def headline_metrics(comparison: Mapping[str, Any]) -> list[str]:
    """Choose the test metrics to show: those of ``HEADLINE``, or all if none is there."""
    names = [
        name.removeprefix("test/")
        for name in comparison["models"]["teacher"]["mean"]["metrics"]
        if name.startswith("test/")
    ]
    return [name for name in HEADLINE if name in names] or names


def metric_label(metric: str) -> str:
    """Write ``map@5`` as ``MAP@5`` and ``ndcg@10_after_100`` as ``NDCG@10 after 100``.

    What follows a known name stays, with spaces: ``ce_like`` becomes ``CE like``.
    """
    name, at, cut_off = metric.partition("@")
    known = [each for each in _METRIC_LABELS if f"{name}_".startswith(f"{each}_")]
    longest = max(known, key=len, default=name)
    words = _METRIC_LABELS.get(longest, name) + name[len(longest) :].replace("_", " ")
    return f"{words}{' ' if longest == 'recall_of_final' else at}{cut_off.replace('_', ' ')}"


def provenance(comparison: Mapping[str, Any]) -> str:
    """Write the data set and the number of seeds, as in ``ml-100k, 5 seeds``."""
    name = comparison["data"].get("name", "unnamed data")
    return f"{name}, {counted(len(comparison['seeds']), 'seed')}"


def notes(data: Mapping[str, Any]) -> list[str]:
    """List what a reader should know about data and protocol: a line each, then a blank line."""
    sentences = [*(data.get("notes") or ()), *(data.get("protocol") or ())]
    told = [f"Note: {sentence}" for sentence in sentences]
    return [*told, ""] if told else []


def decimal(value: float, *, signed: bool = False) -> str:
    """Write four decimals without the leading zero, as papers do: ``.0123``, ``+.0123``."""
    text = f"{value:+.4f}" if signed else f"{value:.4f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.99995 else text


def percentage(value: float) -> str:
    """Write ``0.623`` as ``62%``."""
    return f"{value:.0%}"


def p_value(value: float) -> str:
    """Write two digits down to .001, then a power of ten: ``p = .41``, ``p = 3e-5``."""
    if value < 1e-300:
        return "p < 1e-300"
    if value >= 0.001:
        return f"p = {value:.2g}".replace("0.", ".")
    digit, exponent = f"{value:.0e}".split("e")
    return f"p = {digit}e{int(exponent)}"


def file_size(num_bytes: float) -> str:
    """Write bytes in the unit that fits: ``850 B``, ``21.2 kB``, ``1.05 MB``, ``2.00 GB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if num_bytes < 999.5 or unit == "GB":
            break
        num_bytes /= 1000
    digits = 0 if unit == "B" else max(0, 3 - len(str(int(num_bytes))))
    return f"{num_bytes:.{digits}f} {unit}"


def levels_text(levels: Mapping[str, Any], axes: Sequence[str]) -> str:
    """Write the known levels of some axes as overrides: ``size=d10 weighting=hybrid``."""
    return " ".join(f"{axis}={level_text(levels[axis])}" for axis in axes if axis in levels)


def mean_text(mean: float | None, std: float | None) -> str:
    """Write ``.2123 ± .0031``, or the mean alone where there is a single seed."""
    if mean is None:
        return NONE
    return decimal(mean) if std is None else f"{decimal(mean)} ± {decimal(std)}"


def interval_text(estimate: Mapping[str, Any]) -> str:
    """Write the interval of a difference: ``[+.0300, +.0500]``."""
    low, high = (decimal(estimate[end], signed=True) for end in ("ci_low", "ci_high"))
    return f"[{low}, {high}]"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Write ``1 job`` or ``1,000 jobs``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def listed(words: Sequence[str]) -> str:
    """Write ``a``, ``a and b`` or ``a, b and c``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
