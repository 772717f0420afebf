"""Logs beside the main one, from which every form learns too: smaller ones, and faulty ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rankdistill.cascade.config import Robustness

SHARE = "share"


@dataclass(frozen=True)
class LogVariant:
    """A log that differs from the main one in one respect.

    Attributes:
        kind: SHARE, or what is wrong with some of its rows.
        share: Part of the impressions that is logged, or part of the logged rows that is wrong.
    """

    kind: str
    share: float

    @property
    def name(self) -> str:
        """The end of its folders' names."""
        return f"{self.kind}-{self.share:g}"

    @property
    def changes(self) -> dict[str, Any]:
        """The settings of logging that differ."""
        if self.kind == SHARE:
            return {"share": self.share}
        return {"corrupted": self.share, "corruption": self.kind}


def log_variants(robustness: Robustness) -> list[LogVariant]:
    """The smaller logs, then the faulty ones."""
    smaller = [LogVariant(SHARE, share) for share in robustness.shares]
    faulty = [LogVariant(kind, robustness.corrupted) for kind in robustness.corruptions]
    return smaller + faulty
