"""`rankdistill report DIR [DIR ...]`: what a sweep says, in Markdown, LaTeX, CSV and HTML."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

DESCRIPTION = """\
Summarise one or several sweeps: mean and deviation over seeds, paired tests against a baseline
with Holm's correction, the best configuration of each level, the marginal effect of each axis,
and figures. The best is chosen on validation, what is reported is measured on test. Half-finished
and partly failed sweeps are reported as far as they are.
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
    """
    given = _parser().parse_args(arguments)
    page = write_report(
        given.folders,
        metric=given.metric,
        baseline=_levels(given.baseline) if given.baseline else None,
        output=given.output,
        top=given.top,
    )
    print(f"Report: {page} (report.md, report.tex and results.csv are beside it)")


def write_report(
    folders: Sequence[Path],
    *,
    metric: str | None = None,
    baseline: Mapping[str, str] | None = None,
    output: Path | None = None,
    top: int = 20,
) -> Path:
    """Write report.html, report.md, report.tex, results.csv and figures/.

    Args:
        folders: Of sweeps, or of folders that hold sweeps.
        metric: Such as "map@5"; None for the one that the jobs monitored.
        baseline: Levels of some axes, as typed: every configuration is compared with its twin
            that has these. None compares all with the first configuration of the sweep.
        output: Folder to write to; None for that of the only sweep.
        top: Rows at most of the table of configurations in Markdown and LaTeX.

    Returns:
        The path of report.html.

    Raises:
        FileNotFoundError: If a folder is no sweep.
        ValueError: If the metric, an axis or a level is not there, or the output is not said.
    """
    # Here, so that --help starts at once.
    from rankdistill.evaluation.sweep_summary import build_sweep_summary
    from rankdistill.files import write_text_atomically
    from rankdistill.reporting.html import html_report
    from rankdistill.reporting.latex import latex_report
    from rankdistill.reporting.sweep_document import make_document
    from rankdistill.reporting.sweep_figures import sweep_figures
    from rankdistill.reporting.sweep_markdown import markdown_report
    from rankdistill.sweeps.choices import (
        chosen_baseline,
        chosen_metric,
        level_order,
        trials,
    )
    from rankdistill.sweeps.results_csv import write_results
    from rankdistill.sweeps.sweep_folder import is_seed, joined, read_sweeps

    if output is None and len(folders) > 1:
        raise ValueError("Several folders make one report: say where with --output DIR.")
    if top < 1:
        raise ValueError(f"--top must be at least 1, got {top}.")
    sweeps = read_sweeps(folders)
    axes, jobs = joined(sweeps)
    swept = [axis for axis in axes if not is_seed(axis)]
    summary = build_sweep_summary(
        trials(jobs, swept),
        swept,
        chosen_metric(jobs, metric),
        chosen_baseline(jobs, swept, baseline),
        level_order(sweeps),
    )
    output = Path(folders[0] if output is None else output)
    figures = sweep_figures(summary, output / "figures")
    document = make_document(sweeps, axes, jobs, summary, figures)
    write_results(jobs, output / "results.csv")
    write_text_atomically(output / "report.md", markdown_report(document, top))
    write_text_atomically(output / "report.tex", latex_report(document, top))
    write_text_atomically(output / "report.html", html_report(document))
    return output / "report.html"


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
        "--top", type=int, default=20, help="configurations to list in report.md and report.tex"
    )
    return parser


def _levels(words: Sequence[str]) -> dict[str, str]:
    """``["weighting=uniform,top_k=k10"]`` as a dictionary."""
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
