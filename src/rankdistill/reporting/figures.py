"""The figure of a comparison: quality side by side, and quality against size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from rankdistill.reporting.figure_text import write_below_title
from rankdistill.reporting.style import (
    COLOURS,
    INK,
    draw_grid,
    new_figure,
    open_frame,
    save_png,
)
from rankdistill.reporting.wording import (
    MODEL_LABELS,
    decimal,
    file_size,
    headline_metrics,
    metric_label,
    percentage,
    provenance,
)

_REMARK_WIDTH = 28  # characters

_COLOURS = dict(zip(MODEL_LABELS, COLOURS, strict=False))


def comparison_figure(comparison: Mapping[str, Any], path: Path | str) -> None:
    """Write :func:`draw_comparison` as a PNG, 1200 pixels wide.

    Args:
        comparison: The content of ``comparison.json``.
        path: Where to write; a file that is there is replaced in one step.
    """
    save_png(draw_comparison(comparison), path, dots_per_inch=100)


def draw_comparison(comparison: Mapping[str, Any]) -> Figure:
    """Draw a comparison in two panels.

    On the left are the first two headline metrics of each model: mean, standard deviation over
    seeds and a dot per seed. On the right is the first metric against the size of the weights,
    with the gap closed. Above them is the verdict, where there is one.

    Args:
        comparison: The content of ``comparison.json``; every model has "weights_bytes".

    Returns:
        A figure of 12 x 5 inches, taller by the verdict.
    """
    figure = new_figure(12, 5)
    metrics = headline_metrics(comparison)
    bars, plane = figure.subplots(1, 2)
    _draw_bars(bars, comparison, metrics[:2])
    _draw_quality_against_size(plane, comparison, metrics[0])
    for axes in (bars, plane):
        open_frame(axes)
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.yaxis.labelpad = 8
        draw_grid(axes, "y")
    figure.suptitle(f"Ranking distillation on {provenance(comparison)}", fontsize=14)
    if "verdict" in comparison:
        write_below_title(figure, comparison["verdict"]["text"])
    return figure


def _draw_bars(axes: Axes, comparison: Mapping[str, Any], metrics: list[str]) -> None:
    """Draw a group of bars per metric, a bar per model."""
    width = 0.27
    for place, (model, summary) in enumerate(comparison["models"].items()):
        for group, metric in enumerate(metrics):
            key = f"test/{metric}"
            centre = group + (place - 1) * width
            mean, std = summary["mean"]["metrics"][key], summary["std"]["metrics"][key]
            values = [run["metrics"][key] for run in summary["runs"]]
            axes.bar(
                centre,
                mean,
                width=0.92 * width,
                color=_COLOURS[model],
                label=MODEL_LABELS[model] if group == 0 else None,
            )
            if std is not None:
                axes.errorbar(centre, mean, yerr=std, color=INK, capsize=5, linewidth=1.5)
                _draw_seeds(axes, centre, values, width)
            top = max([mean + (std or 0), *values])
            axes.annotate(
                decimal(mean), (centre, top), (0, 4), textcoords="offset points", ha="center"
            )
    axes.set_xticks(range(len(metrics)), [metric_label(metric) for metric in metrics], fontsize=11)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("test value" + (", mean ± std" if len(comparison["seeds"]) > 1 else ""))
    axes.margins(y=0.1)
    # Above the bars, which may be of any height.
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(MODEL_LABELS), frameon=False)


def _draw_seeds(axes: Axes, centre: float, values: list[float], width: float) -> None:
    """Draw a dot per seed, spread over the bar in the order of the seeds."""
    step = 0.6 * width / max(len(values) - 1, 1)
    places = [centre + (index - (len(values) - 1) / 2) * step for index in range(len(values))]
    axes.plot(
        places,
        values,
        "o",
        markersize=4.5,
        markerfacecolor="white",
        markeredgecolor=INK,
        markeredgewidth=0.9,
        linestyle="none",
    )


def _draw_quality_against_size(axes: Axes, comparison: Mapping[str, Any], metric: str) -> None:
    """Draw a point per model, and an arrow from the student to the distilled student."""
    points = {
        model: (summary["mean"]["weights_bytes"], summary["mean"]["metrics"][f"test/{metric}"])
        for model, summary in comparison["models"].items()
    }
    teacher, student, distilled = (points[model] for model in MODEL_LABELS)
    for model, point in points.items():
        axes.plot(*point, "o", markersize=11, color=_COLOURS[model], zorder=3)
    axes.plot(
        [student[0], teacher[0]],
        [teacher[1], teacher[1]],
        color=_COLOURS["teacher"],
        linestyle=":",
        zorder=1,
    )
    axes.annotate(
        "",
        distilled,
        student,
        arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 6, "shrinkB": 6},
    )
    # Labels of the small models go to the left, one upwards and one downwards. So no two labels
    # meet, however close the points are.
    distilled_goes_up = distilled[1] >= student[1]
    gap = _gap_in_words(comparison["gap_closed"].get(metric))
    _label(axes, "teacher", teacher, left=False, vertical="center")
    _label(axes, "student", student, vertical="top" if distilled_goes_up else "bottom")
    _label(
        axes,
        "distilled_student",
        distilled,
        vertical="bottom" if distilled_goes_up else "top",
        remark=gap,
    )
    _leave_room_for_labels(axes, [size for size, _ in points.values()])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _round_size(size)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("weights")
    axes.set_ylabel(f"test {metric_label(metric)}")


def _label(
    axes: Axes,
    model: str,
    point: tuple[float, float],
    *,
    vertical: str,
    left: bool = True,
    remark: str = "",
) -> None:
    """Write name and size of a model beside its point."""
    size = file_size(point[0])
    axes.annotate(
        f"{MODEL_LABELS[model]}, {size}{remark}" if left else f"{MODEL_LABELS[model]}\n{size}",
        point,
        (-11 if left else 11, {"bottom": 2, "top": -2}.get(vertical, 0)),
        textcoords="offset points",
        ha="right" if left else "left",
        va=vertical,
        color=INK,
    )


def _round_size(num_bytes: float) -> str:
    """Write ``file_size`` without zeros after the point, for the axis."""
    number, unit = file_size(num_bytes).split()
    return f"{float(number):g} {unit}"


def _gap_in_words(gap: Mapping[str, Any] | None) -> str:
    if gap is None:
        return ""
    if gap["reason"] is not None:
        return "\n" + fill(gap["reason"], _REMARK_WIDTH)
    low, high = percentage(gap["ci_low"]), percentage(gap["ci_high"])
    return f"\n{percentage(gap['value'])} of the gap closed\n[{low}, {high}]"


def _leave_room_for_labels(axes: Axes, sizes: list[float]) -> None:
    """Keep the points in the middle of a logarithmic axis that spans at least a decade."""
    smallest, largest = math.log10(min(sizes)), math.log10(max(sizes))
    unit = max(largest - smallest, 1.0)
    axes.set_xscale("log")
    axes.set_xlim(10 ** (smallest - 1.1 * unit), 10 ** (largest + 0.5 * unit))
    axes.margins(y=0.22)
