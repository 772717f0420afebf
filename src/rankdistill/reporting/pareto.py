"""Quality against size, with the models that no other beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, NullFormatter

from rankdistill.files import replacing
from rankdistill.reporting.wording import file_size, metric_label

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_MARKERS = "so^Dv*"
_INK = "#333333"


class Point(NamedTuple):
    """A model in the plane of size and quality.

    Attributes:
        label: Its name, written beside it where it lies on the front.
        kind: Models of one kind share colour and marker.
        num_bytes: Size of its weights file.
        quality: Mean of the metric.
        deviation: Standard deviation over seeds.
    """

    label: str
    kind: str
    num_bytes: float
    quality: float
    deviation: float


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """The points that no other reaches or beats with fewer bytes, smallest first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.num_bytes, -point.quality)):
        if not front or point.quality > front[-1].quality:
            front.append(point)
    return front


def pareto_figure(panels: Sequence[tuple[str, str, Sequence[Point]]], path: Path | str) -> None:
    """Write a panel per data set, side by side, as a PNG.

    Args:
        panels: Title, metric and points of each.
        path: Where to write; a file that is there is replaced in one step.
    """
    figure = Figure(
        figsize=(7.5 * len(panels), 5.5), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
    )
    FigureCanvasAgg(figure)
    for axes, (title, metric, points) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        _draw(axes, points)
        axes.set_title(title)
        axes.set_ylabel(f"test {metric_label(metric)}, mean ± std over seeds")
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100)


def _draw(axes: Axes, points: Sequence[Point]) -> None:
    kinds = list(dict.fromkeys(point.kind for point in points))
    for number, kind in enumerate(kinds):
        chosen = [point for point in points if point.kind == kind]
        axes.errorbar(
            [point.num_bytes for point in chosen],
            [point.quality for point in chosen],
            yerr=[point.deviation for point in chosen],
            fmt=_MARKERS[number % len(_MARKERS)],
            color=_COLOURS[number % len(_COLOURS)],
            label=kind,
            markersize=7,
            elinewidth=0.8,
            linestyle="none",
        )
    front = pareto_front(points)
    axes.step(
        [point.num_bytes for point in front],
        [point.quality for point in front],
        where="post",
        color=_INK,
        linestyle="--",
        linewidth=1,
        zorder=0,
        label="Pareto front",
    )
    for number, point in enumerate(front):  # in steps upwards: neighbours may lie close
        axes.annotate(
            point.label,
            (point.num_bytes, point.quality),
            (0, 10 + 12 * (number % 3)),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=_INK,
        )
    axes.set_xscale("log")
    axes.margins(x=0.3, y=0.12)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: file_size(size)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("weights file")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e5e5e5")
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", fontsize=8, frameon=False)
