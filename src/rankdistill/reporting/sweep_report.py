"""Write the report of a sweep: Markdown, LaTeX, CSV, HTML and figures."""

from __future__ import annotations

from pathlib import Path

from rankdistill.files import write_text_atomically
from rankdistill.reporting.html import html_report
from rankdistill.reporting.latex import latex_report
from rankdistill.reporting.sweep_document import make_document
from rankdistill.reporting.sweep_figures import sweep_figures
from rankdistill.reporting.sweep_markdown import markdown_report
from rankdistill.sweeps.results_csv import write_results
from rankdistill.sweeps.summary import SweepSummary
from rankdistill.sweeps.sweep_record import RESULTS

MOST_CONFIGURATIONS = 20


def write_report(
    summary: SweepSummary, folder: Path, most_configurations: int = MOST_CONFIGURATIONS
) -> Path:
    """Write report.html, report.md, report.tex, results.csv and figures/.

    Args:
        summary: The sweeps and what they say.
        folder: Where to write.
        most_configurations: Most rows of the table of configurations in Markdown and LaTeX.

    Returns:
        The path of report.html.
    """
    document = make_document(summary, sweep_figures(summary.numbers, folder / "figures"))
    write_results(summary.jobs, folder / RESULTS)
    write_text_atomically(folder / "report.md", markdown_report(document, most_configurations))
    write_text_atomically(folder / "report.tex", latex_report(document, most_configurations))
    page = folder / "report.html"
    write_text_atomically(page, html_report(document))
    return page
