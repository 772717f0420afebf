"""How the models, logs and costs of a cascade are written for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rankdistill.reporting.wording import file_size

_KIND_LABELS = {
    "marked": "marked invalid",
    "unmarked": "invalid and not marked",
    "stale": "stale and not marked",
}


def model_label(model: str) -> str:
    """``final_ranker`` as ``final ranker``."""
    return model.replace("_", " ")


def kind_label(kind: str) -> str:
    """What is wrong with the rows of a faulty log."""
    return _KIND_LABELS.get(kind, kind)


def stretches_text(number: float) -> str:
    """Who logged: one ranker that saw everything, or one that saw the past for each stretch."""
    return "one ranker that saw everything" if number == 1 else f"rankers of {number:g} stretches"


def relative_text(test: Mapping[str, Any]) -> str:
    """The relative difference of a test as ``+12.3%``; a dash where there is none."""
    return "-" if test["relative"] is None else f"{test['relative']:+.1%}"


def share_text(share: float) -> str:
    """``10%``, ``0.3%``, ``99.5%``."""
    return f"{100 * share:.3g}%"


def operations(number: float) -> str:
    """FLOPs in the unit that fits, of 1000: ``850``, ``21.2 k``, ``1.05 M``, ``2.00 G``."""
    return file_size(number).removesuffix("B").rstrip()
