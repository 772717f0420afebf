"""How the models of a cascade look in its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rankdistill.reporting.style import COLOURS

_MARKERS = "Ds^ov*"
_DASHES = ("-", "--", "-.", "-", ":", "-")
_HATCHES = (None, "..", "//", None, "xx", "\\\\")


class Look(NamedTuple):
    """One model's look, which does not rest on colour alone.

    Attributes:
        colour: Colour of lines, bands and bars.
        marker: Marker of the points of a line.
        dashes: Line style.
        hatch: Hatch of a bar.
    """

    colour: str
    marker: str
    dashes: str
    hatch: str | None


def looks_of(result: Mapping[str, Any]) -> dict[str, Look]:
    """The look of each model of a result, by its place."""
    looks = map(Look, COLOURS, _MARKERS, _DASHES, _HATCHES)
    return dict(zip(result["models"], looks, strict=False))
