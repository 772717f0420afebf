"""Draw the teacher and the plain student as straight lines across a figure of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes

from rankdistill.reporting.style import INK
from rankdistill.reporting.wording import REFERENCE_LABELS

_DASHES = {"teacher": ":", "student": "--"}


def draw_across(axes: Axes, summary: Mapping[str, Any]) -> None:
    """Draw a horizontal line for each model, where the metric on test is the height.

    Args:
        axes: Where to draw.
        summary: What ``build_sweep_summary`` returned, and its "references".
    """
    for model, (label, value) in _means(summary).items():
        axes.axhline(value, color=INK, linestyle=_DASHES[model], linewidth=1, zorder=0)
        is_teacher = model == "teacher"  # two names never meet, however close the lines are
        axes.annotate(
            label,
            (1.0 if is_teacher else 0.0, value),
            xycoords=("axes fraction", "data"),
            ha="right" if is_teacher else "left",
            va="bottom" if is_teacher else "top",
            fontsize=8,
            color=INK,
        )


def draw_upwards(axes: Axes, summary: Mapping[str, Any]) -> None:
    """Draw a vertical line for each model, where the metric on test goes from left to right.

    Args:
        axes: Where to draw.
        summary: What ``build_sweep_summary`` returned, and its "references".
    """
    for model, (label, value) in _means(summary).items():
        axes.axvline(value, color=INK, linestyle=_DASHES[model], linewidth=1, zorder=0)
        axes.annotate(
            f" {label} ",
            (value, 1.0),
            xycoords=("data", "axes fraction"),
            ha="left" if model == "teacher" else "right",
            va="bottom",
            fontsize=8,
            color=INK,
        )


def _means(summary: Mapping[str, Any]) -> dict[str, tuple[str, float]]:
    """Name and value of each model that there is: where it has several lines, their mean."""
    key, found = f"test/{summary['metric']}", {}
    for model, name in REFERENCE_LABELS.items():
        lines = [each for each in summary["references"] if each["model"] == model]
        if lines:
            label = name if len(lines) == 1 else f"{name}, mean of {len(lines)}"
            found[model] = (label, fmean(each["mean"][key] for each in lines))
    return found
