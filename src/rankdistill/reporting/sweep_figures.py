"""Write the figures of a sweep's report: those for which the settings were swept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from rankdistill.reporting.adaptive_svg import save_png_and_svg
from rankdistill.reporting.pareto import Point, draw_pareto
from rankdistill.reporting.reference_lines import draw_across, draw_upwards
from rankdistill.reporting.style import new_figure, open_frame
from rankdistill.reporting.sweep_document import ReportFigure
from rankdistill.reporting.sweep_drawing import (
    draw_curve,
    draw_effects,
    draw_heat_map,
    short_label,
)
from rankdistill.reporting.wording import NONE, REFERENCE_LABELS, levels_text, metric_label
from rankdistill.sweeps.levels import level_text

_FILES = {
    "backbone.embedding_dim": ("metric_by_size.png", "against size"),
    "distillation.top_k": ("metric_by_top_k.png", "over K"),
    "distillation.alpha": ("metric_by_alpha.png", "over alpha"),
}
_WIDTH = 5.2  # inches: on a phone a letter of this figure is about as large as on paper
_DOTS_PER_INCH = 200
_HEAT_MAP, _PARETO, _EFFECTS = "lambda_by_mu.png", "quality_by_bytes.png", "effects.png"


def sweep_figures(summary: Mapping[str, Any], folder: Path) -> list[ReportFigure]:
    """Draw what a summary holds, as PNG files and as SVG files.

    Args:
        summary: What ``build_sweep_summary`` returned.
        folder: Where to write; figures of an earlier report that this one lacks are removed.

    Returns:
        The figures, the effects of the axes first.
    """
    figures = [*_effects(summary, folder), *_curves(summary, folder), *_pareto(summary, folder)]
    drawn = {figure.path.name for figure in figures}
    for name in {*(name for name, _ in _FILES.values()), _HEAT_MAP, _PARETO, _EFFECTS} - drawn:
        (folder / name).unlink(missing_ok=True)
        (folder / name).with_suffix(".svg").unlink(missing_ok=True)
    return figures


def _effects(summary: Mapping[str, Any], folder: Path) -> Iterator[ReportFigure]:
    if summary["effects"]:
        num_rows = sum(1 + len(effect["levels"]) for effect in summary["effects"])
        path = _drawn(
            folder / _EFFECTS,
            (_WIDTH, 0.9 + 0.26 * num_rows),
            lambda axes: (draw_effects(axes, summary), draw_upwards(axes, summary)),
        )
        yield ReportFigure(
            path,
            "Marginal effect of each axis",
            "A dot is the mean over all other axes, a stroke a configuration; the axis that "
            f"explains most comes first.{_lines_note(summary)}",
        )


def _curves(summary: Mapping[str, Any], folder: Path) -> Iterator[ReportFigure]:
    metric = summary["metric"]
    label = metric_label(metric)
    for curve in summary["curves"]:
        name, title = _FILES[curve["setting"]]
        path = _drawn(
            folder / name,
            (_WIDTH, 3.7),
            lambda axes, curve=curve: (
                draw_curve(axes, curve, metric),
                draw_across(axes, summary),
            ),
        )
        each = f", a line per level of {curve['by']}" if curve["by"] else ""
        note = f"Means over all other axes{each}; bands are the standard deviation over seeds."
        note += _lines_note(summary)
        yield ReportFigure(path, f"{label} {title}", note)
    if heat_map := summary["heat_map"]:
        size = (
            max(_WIDTH, 1.2 + 0.7 * len(heat_map["x"])),
            max(2.8, 1.2 + 0.5 * len(heat_map["y"])),
        )
        path = _drawn(
            folder / _HEAT_MAP,
            size,
            lambda axes: draw_heat_map(axes, heat_map, metric),
            framed=True,
        )
        yield ReportFigure(
            path,
            f"{label} over lambda and mu",
            "Means on test over seeds and all other axes.",
        )


def _pareto(summary: Mapping[str, Any], folder: Path) -> Iterator[ReportFigure]:
    sizes, metric = summary["sizes"], summary["metric"]
    if not sizes:
        return
    by = sizes["by"]
    others = [axis for axis in summary["axes"] if axis != by]
    points = [
        Point(
            label=_label(summary["configurations"][point["configuration"]], sizes["axis"], others),
            kind=short_label(levels_text({by: point["level"]}, [by]))
            if by
            else "best on validation",
            num_bytes=point["num_bytes"],
            quality=point["mean"],
            deviation=point["std"] or 0.0,
        )
        for point in sizes["points"]
    ]
    points += [
        Point(
            label=REFERENCE_LABELS[each["model"]],
            kind=REFERENCE_LABELS[each["model"]],
            num_bytes=each["measures"]["weights_bytes"],
            quality=each["mean"][f"test/{metric}"],
            deviation=each["std"][f"test/{metric}"] or 0.0,
        )
        for each in summary["references"]
        if "weights_bytes" in each["measures"]
    ]
    figure = draw_pareto([("Quality against bytes", metric, points)], _WIDTH, 4.6)
    save_png_and_svg(figure, folder / _PARETO, _DOTS_PER_INCH)
    kinds = f" and level of {by}" if by else ""
    yield ReportFigure(
        folder / _PARETO,
        "Quality against bytes, with the Pareto front",
        f"For each size{kinds} the configuration that is best on validation, at its value on test; "
        "the dashed line joins those that no smaller one reaches.",
    )


def _lines_note(summary: Mapping[str, Any]) -> str:
    return " Straight lines are models that are compared with." if summary["references"] else ""


def _label(configuration: Mapping[str, Any], axis: str | None, others: list[str]) -> str:
    """Name a point by the level that sets its size, or by all levels where several set it."""
    levels = configuration["levels"]
    return short_label(level_text(levels.get(axis, NONE)) if axis else levels_text(levels, others))


def _drawn(
    path: Path, size: tuple[float, float], draw: Callable[[Axes], object], *, framed: bool = False
) -> Path:
    figure = new_figure(*size)
    axes = figure.subplots()
    draw(axes)
    if not framed:
        open_frame(axes)
    save_png_and_svg(figure, path, _DOTS_PER_INCH)
    return path
