"""`rankdistill report DIR [DIR ...]`: what a sweep says, in Markdown, LaTeX, CSV and HTML."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

DESCRIPTION = """\
Summarise one or several sweeps: mean and deviation over seeds, paired tests against a baseline
with Holm's correction, the best configuration of each level, the marginal effect of each axis,
and figures. The best is chosen on validation and reported on test. Sweeps that are half finished
or have failed jobs are reported as far as they went.
"""
EPILOG = """\
examples:
  rankdistill report outputs/sweeps/full_grid
  rankdistill report outputs/sweeps/full_grid --baseline weighting=uniform
      compares every configuration with its own twin that has uniform weighting
  rankdistill report outputs/sweeps/one outputs/sweeps/two --metric ndcg@10 --output outputs/both
"""


def run(arguments: list[str]) -> None:
    """Write the report that the command line asks for, and say where it is.

    Args:
        arguments: What follows ``rankdistill report``.

    Raises:
        FileNotFoundError: If a folder is no sweep.
        ValueError: If the metric, an axis or a level is not there, or the output is not said.
    """
    given = _parser().parse_args(arguments)
    # Imported here, so that --help starts at once.
    from rankdistill.reporting.sweep_report import MOST_CONFIGURATIONS, write_report
    from rankdistill.sweeps.summary import summarise

    if given.output is None and len(given.folders) > 1:
        raise ValueError("Several folders make one report: say where with --output DIR.")
    top = MOST_CONFIGURATIONS if given.top is None else given.top
    if top < 1:
        raise ValueError(f"--top must be at least 1, got {top}.")
    baseline = _levels(given.baseline) if given.baseline else None
    summary = summarise(given.folders, given.metric, baseline)
    page = write_report(summary, given.output or given.folders[0], top)
    print(f"Report: {page} (report.md, report.tex and results.csv are beside it)")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rankdistill report",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="DIR", help="a sweep, or a folder of sweeps"
    )
    parser.add_argument("--metric", help="such as ndcg@10 (default: the one that jobs monitored)")
    parser.add_argument(
        "--baseline",
        nargs="+",
        action="extend",
        metavar="KEY=VALUE",
        help="compare every configuration with its twin that has these levels (default: all with "
        "the first configuration of the sweep)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="default: DIR; needed for several"
    )
    parser.add_argument(
        "--top", type=int, help="most configurations to list in report.md and report.tex"
    )
    return parser


def _levels(words: Sequence[str]) -> dict[str, str]:
    """Read ``["weighting=uniform,top_k=k10"]`` as levels by axis."""
    levels = {}
    for word in (part for typed in words for part in re.split(r",(?=[^,=]+=)", typed)):
        axis, is_level, level = word.partition("=")
        if not is_level:
            raise ValueError(
                f"--baseline takes KEY=VALUE such as weighting=uniform, got {word!r}; folders go "
                "before it."
            )
        levels[axis] = level
    return levels
