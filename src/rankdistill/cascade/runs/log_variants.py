"""Logs beside the main one, from which every form learns too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rankdistill.cascade.config import Robustness
from rankdistill.cascade.data.logging_faults import Logging

SHARE = "share"
RESCORED_SHARE = "rescored-share"
STRETCHES = "stretches"


@dataclass(frozen=True)
class LogVariant:
    """A log that differs from the main one in one respect, and in its further candidates.

    Attributes:
        kind: SHARE, RESCORED_SHARE, STRETCHES, or what is wrong with some of its rows. Only a
            RESCORED_SHARE has the further candidates of the main log.
        share: Part of the impressions that is logged, number of stretches, or part of the logged
            rows that is wrong.
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
            return {"share": self.share, "rescore": 0}
        if self.kind == RESCORED_SHARE:
            return {"share": self.share}
        if self.kind == STRETCHES:
            return {"stretches": int(self.share), "rescore": 0}
        return {"corrupted": self.share, "corruption": self.kind, "rescore": 0}


def log_variants(robustness: Robustness, logging: Logging) -> list[LogVariant]:
    """List the logs beside the main one.

    Where the main log has further candidates, the log of what was shown alone comes first, so that
    the others have something to be compared with; and the smallest log comes with the further
    candidates too.

    Args:
        robustness: Which logs are wanted.
        logging: The main log.
    """
    smaller = [share for share in robustness.shares if share != logging.share]
    rescored = sorted(smaller)[:1] if logging.rescore else []
    others = [
        *(LogVariant(SHARE, share) for share in smaller),
        *(LogVariant(RESCORED_SHARE, share) for share in rescored),
        *(LogVariant(STRETCHES, number) for number in robustness.stretches),
        *(LogVariant(kind, robustness.corrupted) for kind in robustness.corruptions),
    ]
    alone = shown_alone(logging)
    return [alone, *others] if others and alone else others


def shown_alone(logging: Logging) -> LogVariant | None:
    """The main log without further candidates; None where it has none."""
    return LogVariant(SHARE, logging.share) if logging.rescore else None
