"""How the figures of a cascade are drawn: curves over the cut and over the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from rankdistill.cascade.reporting.request_cost import RequestCost
from rankdistill.cascade.reporting.wording import (
    CASCADE_LABELS,
    FINAL,
    NONE,
    STUDENTS,
    metrics_of,
    operations,
    share_text,
)
from rankdistill.reporting.sweep_drawing import apart
from rankdistill.reporting.wording import less_is_better, metric_label

# Told apart with every common colour blindness: Okabe and Ito's palette.
COLOURS = {FINAL: "#0072B2", "none": "#E69F00", "auxiliary": "#CC79A7", "shared": "#009E73"}
_MARKERS = {"none": "s", "auxiliary": "^", "shared": "o"}
_DASHES = {"none": "--", "auxiliary": "-.", "shared": "-"}
INK = "#333333"
LEGEND = {**CASCADE_LABELS, NONE: "none (users alone)"}
_OF_THREE_DIGITS = 0.085  # of the axis, from one label to the next


class Point(NamedTuple):
    """A place on a curve: mean of a metric and its deviation over seeds, 0 where unknown."""

    x: float
    mean: float
    std: float


def points_over_cuts(
    summary: Mapping[str, Any], metric: str, kept: Iterable[int], joint: str
) -> list[Point]:
    """What a model measured of ``metric`` at each cut, named as ``ndcg@10_after_100``.

    Args:
        summary: Of a model.
        metric: Such as "ndcg@10".
        kept: The cuts; those without a value are left out.
        joint: Word between the metric and the cut, "after" or "in".
    """
    return _points(summary, {cut: f"{metric}_{joint}_{cut}" for cut in kept})


def draw_curves(axes: Axes, curves: Mapping[str, Sequence[Point]]) -> None:
    """A line per model with the deviation over seeds as a band."""
    for model, points in curves.items():
        colour = COLOURS[model]
        x, means = [point.x for point in points], [point.mean for point in points]
        axes.plot(
            x,
            means,
            color=colour,
            linestyle=_DASHES[model],
            marker=_MARKERS[model],
            markersize=5,
            label=LEGEND[model],
        )
        low = [point.mean - point.std for point in points]
        high = [point.mean + point.std for point in points]
        axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.grid(axis="y", color="#e5e5e5")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def draw_level(axes: Axes, model: str, metric: str, summary: Mapping[str, Any]) -> None:
    """What a model reaches whatever the x axis says, as a horizontal line; none where unknown."""
    for point in _points(summary, {0: metric}):
        axes.axhline(point.mean, color=COLOURS[model], linestyle=":", label=LEGEND[model], zorder=1)
        low, high = point.mean - point.std, point.mean + point.std
        axes.axhspan(low, high, color=COLOURS[model], alpha=0.1, linewidth=0, zorder=0)


def number_cuts(axes: Axes, cuts: Iterable[float]) -> None:
    """A logarithmic x axis of cuts, numbered where there is room."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(apart(axes, sorted(cuts), _OF_THREE_DIGITS)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axes.set_xlabel("items that the early ranker keeps")


def number_costs(axes: Axes, cost: RequestCost, cuts: Iterable[int]) -> None:
    """A logarithmic x axis of operations a request, with the cuts along the top."""
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_xlim()
    steps = [digit * 10.0**power for power in range(3, 16) for digit in (1, 2, 5)]
    axes.xaxis.set_major_locator(FixedLocator([each for each in steps if low <= each <= high]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: _round(number)))
    axes.set_xlabel("FLOPs per request")
    places = {cost.cascade(cut): cut for cut in sorted(cuts)}
    top = axes.secondary_xaxis("top")
    top.xaxis.set_major_locator(FixedLocator(apart(axes, list(places), _OF_THREE_DIGITS)))
    top.xaxis.set_minor_locator(NullLocator())
    top.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{_nearest(places, place):g}"))
    top.tick_params(color="#999999", labelcolor=INK)
    top.set_xlabel("items kept", color=INK)


def draw_over_logged_share(
    axes: Axes, entries: Sequence[Mapping[str, Any]], metric: str, without: Mapping[str, Any] | None
) -> None:
    """A metric over the share of logged rows, a line per form, and users alone as a level."""
    if without is not None:
        draw_level(axes, "none", metric, without)
    curves = {
        model: sorted(
            Point(each["share"], point.mean, point.std)
            for each in entries
            if each["model"] == model
            for point in _points(each, {0: metric})
        )
        for model in STUDENTS
    }
    draw_curves(axes, {model: points for model, points in curves.items() if points})
    shares = sorted({each["share"] for each in entries})
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(apart(axes, shares)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: share_text(share)))
    axes.set_xlabel("rows with logged teacher scores")
    axes.set_ylabel(axis_label(metric))


def axis_label(metric: str) -> str:
    """``test Recall@10``, with a remark where less is better."""
    return f"test {metric_label(metric)}{' (less is better)' if less_is_better(metric) else ''}"


def _points(summary: Mapping[str, Any], metrics: Mapping[float, str]) -> list[Point]:
    """Mean and deviation of the metrics that a model has."""
    means, deviations = metrics_of(summary), metrics_of(summary, "std")
    keys = {x: f"test/{metric}" for x, metric in metrics.items()}
    return [
        Point(x, means[key], deviations.get(key) or 0.0)
        for x, key in keys.items()
        if means.get(key) is not None
    ]


def _round(number: float) -> str:
    """Operations without the zeros after the point, for the axis."""
    size, _, unit = operations(number).partition(" ")
    return f"{float(size):g} {unit}".rstrip()


def _nearest(places: Mapping[float, int], place: float) -> int:
    return places[min(places, key=lambda each: abs(each - place))]
