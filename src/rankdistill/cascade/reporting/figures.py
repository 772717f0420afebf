"""The figures of a cascade's report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from rankdistill.cascade.model_names import FINAL_RANKER, USERS_ALONE
from rankdistill.cascade.reporting.bars import draw_corruption, faulty_logs
from rankdistill.cascade.reporting.contents import focus, students_of
from rankdistill.cascade.reporting.curves import (
    CurvePoint,
    axis_label,
    draw_curves,
    draw_level,
    number_costs,
    number_cuts,
    number_shares,
    point_of,
)
from rankdistill.cascade.reporting.looks import looks_of
from rankdistill.cascade.reporting.request_cost import request_cost
from rankdistill.cascade.reporting.wording import operations
from rankdistill.files import replacing
from rankdistill.reporting.sweep_document import ReportFigure
from rankdistill.reporting.wording import metric_label

COST, RECALL = "quality_by_cost.png", "recall_of_final.png"
LOG_SHARES, CORRUPTION = "logged_share.png", "corruption.png"
_WIDTH, _HEIGHT = 5.2, 3.9
"""Inches of a panel; a figure has one or two of them side by side."""

Draw = Callable[[Axes, str], None]
"""Draws one panel, of a metric."""


def cascade_figures(result: Mapping[str, Any], folder: Path) -> list[ReportFigure]:
    """Draw the figures of a result as PNG of 200 dots per inch.

    Args:
        result: The content of ``cascade.json``.
        folder: Where to write; figures of an earlier result that this one lacks are removed.
    """
    for name in (LOG_SHARES, CORRUPTION):
        (folder / name).unlink(missing_ok=True)
    figures = [_quality_by_cost(result, folder / COST), _recall_of_final(result, folder / RECALL)]
    if any(not each["further"] for each in result["logged_share"]):
        figures.append(_logged_share(result, folder / LOG_SHARES))
    if result["corruption"]:
        figures.append(_corruption(result, folder / CORRUPTION))
    return figures


def _quality_by_cost(result: Mapping[str, Any], path: Path) -> ReportFigure:
    cost, look, looks = request_cost(result), focus(result), looks_of(result)
    top_k = look.alone.partition("@")[2]

    def draw(axes: Axes, metric: str) -> None:
        alone = metric.removeprefix("joint_")
        curves = _curves_over_cuts(result, f"{metric}_after")
        costs = {
            model: [point._replace(x=cost.cascade(point.x)) for point in points]
            for model, points in curves.items()
        }
        draw_curves(axes, costs, looks)
        final = point_of(result["models"][FINAL_RANKER], alone, 0)
        draw_level(axes, FINAL_RANKER, final, looks[FINAL_RANKER])
        number_costs(axes, cost, result["kept"])
        axes.set_ylabel(f"test {metric_label(metric)} of the cascade")

    return _figure(
        path,
        "Quality of the cascade against its cost",
        f"A request has {cost.candidates:,.0f} candidates: the early ranker scores all, the "
        "final ranker those kept (above). The dotted line is the final ranker on all, at "
        f"{operations(cost.final_alone)} FLOPs; bands are the standard deviation over seeds.",
        draw,
        [look.alone, f"joint_recall@{top_k}"],
    )


def _recall_of_final(result: Mapping[str, Any], path: Path) -> ReportFigure:
    def draw(axes: Axes, metric: str) -> None:
        draw_curves(axes, _curves_over_cuts(result, f"{metric}_in"), looks_of(result))
        number_cuts(axes, result["kept"])
        axes.set_ylabel(f"test {metric_label(metric)}")

    return _figure(
        path,
        "Recall of the final ranker's top",
        "The share of the final ranker's best items that the early ranker keeps; bands are "
        "the standard deviation over seeds.",
        draw,
        [f"recall_of_final@{top_k}" for top_k in result["top_k"][:2]],
    )


def _logged_share(result: Mapping[str, Any], path: Path) -> ReportFigure:
    entries = [each for each in result["logged_share"] if not each["further"]]
    looks = looks_of(result)
    without = students_of(result).get(USERS_ALONE)

    def draw(axes: Axes, metric: str) -> None:
        if without is not None:
            draw_level(axes, USERS_ALONE, point_of(without, metric, 0), looks[USERS_ALONE])
        curves: dict[str, list[CurvePoint]] = {}
        for each in sorted(entries, key=lambda each: each["share"]):
            point = point_of(each, metric, each["share"])
            curves.setdefault(each["model"], []).append(point)
        draw_curves(axes, curves, looks)
        number_shares(axes, [each["share"] for each in entries])
        axes.set_ylabel(axis_label(metric))

    return _figure(
        path,
        "How much must be logged",
        "No log has further candidates. The dotted line is the early ranker that learns from users "
        "alone; bands are the standard deviation over seeds.",
        draw,
        [focus(result).recall, "ce"],
    )


def _corruption(result: Mapping[str, Any], path: Path) -> ReportFigure:
    return _figure(
        path,
        "What wrong scores in the log do",
        "Change against the same form on the clean log; whiskers are its standard deviation "
        "over seeds. Stale rows cannot be told from good ones. No log has further candidates.",
        lambda axes, metric: draw_corruption(axes, result, metric),
        [focus(result).recall, "ce"],
        height=1.3 + 0.45 * len(faulty_logs(result["corruption"])),
    )


def _curves_over_cuts(result: Mapping[str, Any], metric: str) -> dict[str, list[CurvePoint]]:
    """A metric of each early ranker at every cut, named before the cut as ``ndcg@10_after``."""
    return {
        model: [point_of(summary, f"{metric}_{cut}", cut) for cut in result["kept"]]
        for model, summary in students_of(result).items()
    }


def _figure(
    path: Path,
    title: str,
    note: str,
    draw: Draw,
    metrics: Sequence[str],
    height: float = _HEIGHT,
) -> ReportFigure:
    """Draw a panel per metric side by side under one legend, and save them."""
    width = _WIDTH * len(metrics)
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06))
    FigureCanvasAgg(figure)
    named: dict[str, Any] = {}
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        draw(axes, metric)
        handles, labels = axes.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(named.values()), list(named), loc="outside upper left", ncols=len(named), frameon=False
    )
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=200)
    return ReportFigure(path, title, note)
