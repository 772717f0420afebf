"""The figures of a cascade's report: those whose numbers were measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from rankdistill.cascade.reporting.bars import corruptions, draw_corruption
from rankdistill.cascade.reporting.drawing import (
    LEGEND,
    Point,
    draw_curves,
    draw_level,
    draw_over_logged_share,
    number_costs,
    number_cuts,
    points_over_cuts,
)
from rankdistill.cascade.reporting.request_cost import request_cost
from rankdistill.cascade.reporting.wording import (
    FINAL,
    NONE,
    focus,
    metrics_of,
    operations,
    students_of,
)
from rankdistill.files import replacing
from rankdistill.reporting.sweep_document import ReportFigure
from rankdistill.reporting.sweep_job import mapping, sequence
from rankdistill.reporting.wording import metric_label

_COST, _RECALL = "quality_by_cost.png", "recall_of_final.png"
_LOGGED, _CORRUPTION = "logged_share.png", "corruption.png"
_WIDTH, _HEIGHT = 5.2, 3.9
"""Inches of a panel; a figure has one or two of them side by side."""

Draw = Callable[[Axes], None]


def cascade_figures(result: Mapping[str, Any], folder: Path) -> list[ReportFigure]:
    """Draw what a result holds, as PNG of 200 dots per inch.

    Args:
        result: The content of ``cascade.json``.
        folder: Where to write; figures of an earlier result that this one lacks are removed.

    Returns:
        What was drawn, quality against cost first.
    """
    makers = (_quality_by_cost, _recall_of_final, _logged_share, _corruption)
    figures = [figure for make in makers for figure in make(result, folder)]
    drawn = {figure.path.name for figure in figures}
    for name in {_COST, _RECALL, _LOGGED, _CORRUPTION} - drawn:
        (folder / name).unlink(missing_ok=True)
    return figures


def _quality_by_cost(result: Mapping[str, Any], folder: Path) -> Iterator[ReportFigure]:
    cost, look, cuts = request_cost(result), focus(result), sequence(result.get("kept"))
    top_k = look.alone.partition("@")[2]
    panels: list[Draw] = []
    final = mapping(mapping(result.get("models")).get(FINAL))
    for after, alone in ((look.alone, look.alone), (f"joint_recall@{top_k}", f"recall@{top_k}")):
        curves = _curves(result, after, cuts, "after")
        if cost is None or not curves:
            continue

        def draw(axes: Axes, curves=curves, cost=cost, after=after, alone=alone) -> None:
            draw_curves(
                axes,
                {
                    model: [point._replace(x=cost.cascade(point.x)) for point in points]
                    for model, points in curves.items()
                },
            )
            draw_level(axes, FINAL, alone, final)
            number_costs(axes, cost, cuts)
            axes.set_ylabel(f"test {metric_label(after)} of the cascade")

        panels.append(draw)
    if panels and cost is not None:
        yield ReportFigure(
            _drawn(folder / _COST, panels),
            "Quality of the cascade against its cost",
            f"A request has {cost.candidates:,.0f} candidates: the early ranker scores all, the "
            "final ranker those kept (above). The dotted line is the final ranker on all, at "
            f"{operations(cost.final_alone)} FLOPs; bands are the standard deviation over seeds.",
            _WIDTH * len(panels),
        )


def _recall_of_final(result: Mapping[str, Any], folder: Path) -> Iterator[ReportFigure]:
    cuts = sequence(result.get("kept"))
    panels: list[Draw] = []
    for top_k in sequence(result.get("top_k"))[:2]:
        curves = _curves(result, f"recall_of_final@{top_k}", cuts, "in")
        if not curves:
            continue

        def draw(axes: Axes, curves=curves, top_k=top_k) -> None:
            draw_curves(axes, curves)
            number_cuts(axes, {point.x for points in curves.values() for point in points})
            axes.set_ylabel(f"test {metric_label(f'recall_of_final@{top_k}')}")

        panels.append(draw)
    if panels:
        yield ReportFigure(
            _drawn(folder / _RECALL, panels),
            "Recall of the final ranker's top",
            "The share of the final ranker's best items that the early ranker keeps; bands are "
            "the standard deviation over seeds.",
            _WIDTH * len(panels),
        )


def _logged_share(result: Mapping[str, Any], folder: Path) -> Iterator[ReportFigure]:
    entries = [mapping(each) for each in sequence(result.get("logged_share"))]
    without = students_of(result).get(NONE)
    panels: list[Draw] = [
        lambda axes, metric=metric: draw_over_logged_share(axes, entries, metric, without)
        for metric in _measured(result, entries)
    ]
    if panels:
        yield ReportFigure(
            _drawn(folder / _LOGGED, panels),
            "How much must be logged",
            "The dotted line is the early ranker that learns from users alone; bands are the "
            "standard deviation over seeds.",
            _WIDTH * len(panels),
        )


def _corruption(result: Mapping[str, Any], folder: Path) -> Iterator[ReportFigure]:
    entries = [mapping(each) for each in sequence(result.get("corruption"))]
    panels: list[Draw] = [
        lambda axes, metric=metric: draw_corruption(axes, entries, metric, students_of(result))
        for metric in _measured(result, entries)
    ]
    if panels:
        yield ReportFigure(
            _drawn(folder / _CORRUPTION, panels, 1.3 + 0.45 * len(corruptions(entries))),
            "What wrong scores in the log do",
            "Change against the same form on the clean log; whiskers are its standard deviation "
            "over seeds. Stale rows cannot be told from good ones.",
            _WIDTH * len(panels),
        )


def _curves(
    result: Mapping[str, Any], metric: str, cuts: Sequence[int], joint: str
) -> dict[str, list[Point]]:
    """The points of each early ranker that has any."""
    found = {
        model: points_over_cuts(summary, metric, cuts, joint)
        for model, summary in students_of(result).items()
    }
    return {model: points for model, points in found.items() if points}


def _measured(result: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Recall of the final ranker's top and cross-entropy on users, where an entry has them."""
    known = {name for each in entries for name in metrics_of(each)}
    return [name for name in (focus(result).recall, "ce") if f"test/{name}" in known]


def _drawn(path: Path, panels: Sequence[Draw], height: float = _HEIGHT) -> Path:
    """Panels side by side under one legend."""
    figure = Figure(
        figsize=(_WIDTH * len(panels), height),
        layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06),
    )
    FigureCanvasAgg(figure)
    named: dict[str, Any] = {}
    for axes, draw in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        draw(axes)
        handles, labels = axes.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    order = [label for label in LEGEND.values() if label in named]
    figure.legend(
        [named[label] for label in order],
        order,
        loc="outside upper left",
        ncols=len(order),
        frameon=False,
    )
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=200)
    return path
