"""Logs beside the main one, from which every form learns too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rankdistill.cascade.config import Robustness
from rankdistill.cascade.data.logging_faults import Logging

SHARE = "share"
STRETCHES = "stretches"


@dataclass(frozen=True)
class LogVariant:
    """A log that differs from the main one in one respect, and perhaps in its further candidates.

    Attributes:
        kind: SHARE, STRETCHES, or what is wrong with some of its rows.
        share: Part of the impressions that is logged, number of stretches, or part of the logged
            rows that is wrong.
        further: Whether it has the further candidates of the main log; else it has none.
    """

    kind: str
    share: float
    further: bool = False

    @property
    def name(self) -> str:
        """The end of its folders' names."""
        return f"{'rescored-' if self.further else ''}{self.kind}-{self.share:g}"

    @property
    def changes(self) -> dict[str, Any]:
        """The settings of logging that differ."""
        alone = {} if self.further else {"rescore": 0}
        if self.kind == SHARE:
            return {"share": self.share, **alone}
        if self.kind == STRETCHES:
            return {"stretches": int(self.share), **alone}
        return {"corrupted": self.share, "corruption": self.kind, **alone}


def log_variants(robustness: Robustness, logging: Logging) -> list[LogVariant]:
    """List the logs beside the main one.

    Where the main log has further candidates, the log of what was shown alone comes first, so that
    the others have something to be compared with; and the smallest log and the faulty ones come
    with the further candidates too.

    Args:
        robustness: Which logs are wanted.
        logging: The main log.
    """
    smaller = [share for share in robustness.shares if share != logging.share]
    faulty = [LogVariant(kind, robustness.corrupted) for kind in robustness.corruptions]
    others = [
        *(LogVariant(SHARE, share) for share in smaller),
        *(LogVariant(STRETCHES, number) for number in robustness.stretches),
        *faulty,
    ]
    if logging.rescore:
        smallest = [LogVariant(SHARE, share) for share in sorted(smaller)[:1]]
        others += [replace(variant, further=True) for variant in (*smallest, *faulty)]
    alone = shown_alone(logging)
    return [alone, *others] if others and alone else others


def shown_alone(logging: Logging) -> LogVariant | None:
    """The main log without further candidates; None where it has none."""
    return LogVariant(SHARE, logging.share) if logging.rescore else None
