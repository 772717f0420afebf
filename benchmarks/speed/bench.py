"""What every measurement is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.speed.arrays import Arrays
from benchmarks.speed.limits import Limits
from benchmarks.speed.turns import Runs, in_turns


@dataclass(frozen=True)
class Bench:
    """One run of the benchmarks.

    Attributes:
        data: What most is measured on.
        overrides: Of `rankdistill train`, which name that data.
        ml_1m: The same for MovieLens 1M; None: sizes above the first are left out.
        large: Whether the 20M shape is measured too.
        quick: Least turns and sizes: to see that all runs, not to read figures.
        threads: Of everybody.
        limits: Of this machine, measured at the start of this run.
    """

    data: Arrays
    overrides: list[str]
    ml_1m: list[str] | None
    large: bool
    quick: bool
    threads: int
    limits: Limits

    def in_turns(self, runs: Runs, turns: int) -> dict[str, list[float]]:
        """So many turns after one to warm up; where it must be quick, one and no more."""
        return in_turns(runs, 1, warm_up=0) if self.quick else in_turns(runs, turns)

    def say(self, line: str) -> None:
        """Aloud, at once."""
        print(line, flush=True)


@dataclass
class Measured:
    """Figures of one measurement, ready for JSON.

    Attributes:
        settings: What all its figures have alike.
        figures: Each with ``of`` (what it is of), ``unit``, and the summary of its values; some
            with ``limit``, what this machine would allow, in the same unit.
        skipped: Who could not take part, and why.
    """

    settings: dict[str, Any]
    figures: list[dict[str, Any]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        unit: str,
        values: dict[str, Any],
        limit: float | None = None,
        **of: str | float | None,
    ) -> None:
        """One more figure."""
        figure = {"of": of, "unit": unit, **values}
        self.figures.append(figure if limit is None else {**figure, "limit": limit})
