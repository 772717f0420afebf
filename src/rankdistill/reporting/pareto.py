"""The figure of quality against size, with the models that no other beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, NullFormatter

from rankdistill.reporting.style import (
    COLOURS,
    INK,
    MARKERS,
    draw_grid,
    new_figure,
    open_frame,
    save_png,
)
from rankdistill.reporting.wording import file_size, metric_label

_HEIGHTS = (10, 22, 34)
"""How far above its point a label may stand, in points: neighbours may lie close."""


class Point(NamedTuple):
    """A model in the plane of size and quality.

    Attributes:
        label: Name of the model, written above points of the Pareto front where there is room.
        kind: Models of one kind share colour and marker.
        num_bytes: Size of its weights.
        quality: Mean of the metric.
        deviation: Standard deviation over seeds.
    """

    label: str
    kind: str
    num_bytes: float
    quality: float
    deviation: float


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """Keep the points whose quality no smaller model reaches, smallest first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.num_bytes, -point.quality)):
        if not front or point.quality > front[-1].quality:
            front.append(point)
    return front


def pareto_figure(panels: Sequence[tuple[str, str, Sequence[Point]]], path: Path | str) -> None:
    """Write :func:`draw_pareto` as a PNG; a file that is there is replaced in one step."""
    save_png(draw_pareto(panels, 7.5, 5.5), path, dots_per_inch=100)


def draw_pareto(
    panels: Sequence[tuple[str, str, Sequence[Point]]], width: float, height: float
) -> Figure:
    """Draw a panel per data set, side by side.

    Args:
        panels: Title, metric and points of each data set.
        width: Of a panel, in inches.
        height: Of the figure, in inches.
    """
    figure = new_figure(width * len(panels), height)
    labels: list[Annotation] = []
    for axes, (title, metric, points) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        labels += _draw(axes, points)
        axes.set_title(title)
        axes.set_ylabel(f"test {metric_label(metric)}, mean ± std over seeds")
    figure.draw_without_rendering()  # places the panels, and so the labels
    _keep_apart(labels)
    return figure


def _draw(axes: Axes, points: Sequence[Point]) -> list[Annotation]:
    """Draw a panel; the labels of its front, the best first."""
    kinds = list(dict.fromkeys(point.kind for point in points))
    for number, kind in enumerate(kinds):
        chosen = [point for point in points if point.kind == kind]
        axes.errorbar(
            [point.num_bytes for point in chosen],
            [point.quality for point in chosen],
            yerr=[point.deviation for point in chosen],
            fmt=MARKERS[number % len(MARKERS)],
            color=COLOURS[number % len(COLOURS)],
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
        color=INK,
        linestyle="--",
        linewidth=1,
        zorder=0,
        label="Pareto front",
    )
    labels = [
        axes.annotate(
            point.label,
            (point.num_bytes, point.quality),
            (0, _HEIGHTS[0]),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK,
        )
        for point in reversed(front)
    ]
    axes.set_xscale("log")
    axes.margins(x=0.3, y=0.12)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: file_size(size)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("weights")
    open_frame(axes)
    draw_grid(axes, "y")
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    return labels


def _keep_apart(labels: Sequence[Annotation]) -> None:
    """Raise each label above those before it, and hide it where even that covers one of them."""
    placed = []
    for label in labels:
        for height in _HEIGHTS:
            label.set_position((0, height))
            box = label.get_window_extent()
            if not any(box.overlaps(other) for other in placed):
                placed.append(box)
                break
        else:
            label.set_visible(False)
