"""Sentences below the title of a figure."""

from __future__ import annotations

from textwrap import wrap

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from rankdistill.reporting.style import INK

_FONT_SIZE = 9.5
_CHARACTERS_PER_INCH = 13.75
_TITLE_HEIGHT, _LINE_HEIGHT = 0.42, 0.18  # in inches


def write_below_title(figure: Figure, text: str) -> None:
    """Make a figure taller and write a text between its title and its panels.

    Args:
        figure: Made by ``new_figure``, with a title.
        text: Wrapped to the figure's width.
    """
    engine, (width, height) = figure.get_layout_engine(), figure.get_size_inches()
    lines = wrap(text, int(width * _CHARACTERS_PER_INCH))
    taller = height + _LINE_HEIGHT * len(lines)
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(rect=(0, 0, 1, height / taller))
    figure.set_size_inches(width, taller)
    top, words = 1 - _TITLE_HEIGHT / taller, "\n".join(lines)
    figure.text(0.5, top, words, ha="center", va="top", fontsize=_FONT_SIZE, color=INK)
