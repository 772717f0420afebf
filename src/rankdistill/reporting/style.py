"""The look that all figures share: colours, markers, frames, and how they are saved."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from rankdistill.files import replacing

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
"""Okabe and Ito's palette, which people with any common colour blindness can tell apart."""

MARKERS = "so^Dv*P"
"""One more than the colours, so that a colour comes again with another marker."""

INK = "#333333"
FAINT = "#e5e5e5"


def new_figure(width: float, height: float) -> Figure:
    """Make a figure, of a size in inches, that is unknown to matplotlib's global state."""
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08))
    FigureCanvasAgg(figure)
    return figure


def save_png(figure: Figure, path: Path | str, dots_per_inch: int) -> None:
    """Write a figure; a file that is there is replaced in one step."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dots_per_inch)


def open_frame(axes: Axes) -> None:
    """Leave out the upper and the right side of the frame."""
    axes.spines[["top", "right"]].set_visible(False)


def draw_grid(axes: Axes, axis: str) -> None:
    """Draw faint lines behind everything.

    Args:
        axes: Where to draw.
        axis: "x" for vertical lines, "y" for horizontal ones.
    """
    axes.set_axisbelow(True)
    axes.grid(axis=axis, color=FAINT)  # pyright: ignore[reportArgumentType]
