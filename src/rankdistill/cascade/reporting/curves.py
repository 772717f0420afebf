"""Curves over the cut, over the cost of a request, and over the share of logged rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from rankdistill.cascade.reporting.contents import metrics_of
from rankdistill.cascade.reporting.looks import Look
from rankdistill.cascade.reporting.request_cost import RequestCost
from rankdistill.cascade.reporting.wording import model_label, operations, share_text
from rankdistill.metrics.directions import less_is_better
from rankdistill.reporting.style import INK
from rankdistill.reporting.sweep_drawing import apart
from rankdistill.reporting.wording import metric_label

_ROOM_FOR_A_LABEL = 0.085
"""Part of the axis between two labels of three digits."""


class CurvePoint(NamedTuple):
    """A place on a curve: mean of a metric and its deviation over seeds, 0 for one seed."""

    x: float
    mean: float
    std: float


def point_of(summary: Mapping[str, Any], metric: str, x: float) -> CurvePoint:
    """What a model measured of a metric such as "ndcg@10_after_100"."""
    key = f"test/{metric}"
    deviation = metrics_of(summary, "std").get(key)
    return CurvePoint(x, metrics_of(summary)[key], deviation or 0.0)


def draw_curves(
    axes: Axes, curves: Mapping[str, Sequence[CurvePoint]], looks: Mapping[str, Look]
) -> None:
    """Draw a line per model with the deviation over seeds as a band."""
    for model, points in curves.items():
        look = looks[model]
        x, means = [point.x for point in points], [point.mean for point in points]
        axes.plot(
            x,
            means,
            color=look.colour,
            linestyle=look.dashes,
            marker=look.marker,
            markersize=5,
            label=model_label(model),
        )
        low = [point.mean - point.std for point in points]
        high = [point.mean + point.std for point in points]
        axes.fill_between(x, low, high, color=look.colour, alpha=0.2, linewidth=0)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.grid(axis="y", color="#e5e5e5")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def draw_level(axes: Axes, model: str, point: CurvePoint, look: Look) -> None:
    """Draw what a model reaches whatever the x axis says, as a horizontal line."""
    axes.axhline(point.mean, color=look.colour, linestyle=":", label=model_label(model), zorder=1)
    low, high = point.mean - point.std, point.mean + point.std
    axes.axhspan(low, high, color=look.colour, alpha=0.1, linewidth=0, zorder=0)


def number_cuts(axes: Axes, cuts: Iterable[float]) -> None:
    """Make a logarithmic x axis of cuts, numbered where there is room."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(apart(axes, sorted(cuts), _ROOM_FOR_A_LABEL)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axes.set_xlabel("items that the early ranker keeps")


def number_costs(axes: Axes, cost: RequestCost, cuts: Iterable[int]) -> None:
    """Make a logarithmic x axis of operations a request, with the cuts along the top."""
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_xlim()
    steps = [digit * 10.0**power for power in range(3, 16) for digit in (1, 2, 5)]
    axes.xaxis.set_major_locator(FixedLocator([each for each in steps if low <= each <= high]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: _round(number)))
    axes.set_xlabel("FLOPs per request")
    places = {cost.cascade(cut): cut for cut in sorted(cuts)}
    top = axes.secondary_xaxis("top")
    top.xaxis.set_major_locator(FixedLocator(apart(axes, list(places), _ROOM_FOR_A_LABEL)))
    top.xaxis.set_minor_locator(NullLocator())
    top.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{_nearest(places, place):g}"))
    top.tick_params(color="#999999", labelcolor=INK)
    top.set_xlabel("items kept", color=INK)


def number_shares(axes: Axes, shares: Iterable[float]) -> None:
    """Make a logarithmic x axis of the shares of logged rows."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(apart(axes, sorted(set(shares)))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: share_text(share)))
    axes.set_xlabel("rows with logged teacher scores")


def axis_label(metric: str) -> str:
    """``test Recall@10``, with a remark where less is better."""
    return f"test {metric_label(metric)}{' (less is better)' if less_is_better(metric) else ''}"


def _round(number: float) -> str:
    """Operations without the zeros after the point, for the axis."""
    size, _, unit = operations(number).partition(" ")
    return f"{float(size):g} {unit}".rstrip()


def _nearest(places: Mapping[float, int], place: float) -> int:
    return places[min(places, key=lambda each: abs(each - place))]
