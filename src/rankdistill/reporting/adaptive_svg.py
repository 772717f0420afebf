"""Figures as SVG that take their colours from the page around them, light or dark."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from rankdistill.files import write_text_atomically
from rankdistill.reporting.style import FAINT, INK, save_png

_BLACK = "#000000"
_OF_THE_PAGE = {
    _BLACK: f"var(--ink, {_BLACK})",
    INK: f"var(--ink, {INK})",
    FAINT: f"var(--line, {FAINT})",
}
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def save_png_and_svg(figure: Figure, path: Path, dots_per_inch: int) -> None:
    """Write a figure as a PNG, and beside it as an SVG for pages."""
    save_png(figure, path, dots_per_inch)
    write_text_atomically(path.with_suffix(".svg"), adaptive_svg(figure, path.stem))


def adaptive_svg(figure: Figure, name: str) -> str:
    """Draw a figure without a background, with its ink and its faint lines as CSS variables.

    Text stays text. What was drawn in black or ``INK`` follows the page's ``--ink``, what was drawn
    in ``FAINT`` follows ``--line``. Where a page has no such variables, the colours are those of
    the PNG.

    Args:
        figure: What to draw.
        name: Makes the ids of the drawing differ from those of others in one page.

    Returns:
        A file's content: one ``svg`` element, as wide as the element around it.
    """
    stream = StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(stream, format="svg", transparent=True, metadata=_NO_METADATA)
    drawing = stream.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r'<g id="[^"]*"', "<g", drawing)  # names of groups repeat in every figure
    drawing = re.sub(r' (?:width|height)="[^"]*pt"', "", drawing, count=2)
    for colour, variable in _OF_THE_PAGE.items():
        drawing = drawing.replace(f": {colour}", f": {variable}")
    # Matplotlib gives black text and black areas no colour: they inherit this one.
    return drawing.replace("<svg ", f'<svg fill="{_OF_THE_PAGE[_BLACK]}" ', 1)


def inlined(drawing: str) -> str:
    """Drop the namespaces, which an ``svg`` element inside of HTML does not need."""
    return re.sub(r' xmlns(?::xlink)?="[^"]*"', "", drawing, count=2)
