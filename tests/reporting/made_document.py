"""A report made by hand, with words in it that mean something to the languages it is written in."""

from __future__ import annotations

from pathlib import Path

from rankdistill.reporting.report_table import RANK, Cell, make_table
from rankdistill.reporting.sweep_document import ReportFigure, SweepDocument

EVIL = '</script><script>document.title="taken"</script>'
TEX = r"50% of_a {b} & #1 $x$ ~^\ <a> | [x](https:)"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 374 200"><path d="M0 0L9 9"/></svg>'


def made_document(folder: Path, *, with_tables: bool = True) -> SweepDocument:
    """Configurations b, a and c with sizes 900, 1,000 and none; a figure; a failed job."""
    path = folder / "effects.png"
    path.with_suffix(".svg").write_text(SVG)
    configurations = make_table(
        "configurations",
        "Configurations",
        "The best first.",
        [RANK, "name", "size", "difference"],
        num_naming=2,
        rows=[
            [Cell("1", 1), Cell("b"), Cell("900 B", 900), Cell("-.0100", -0.01)],
            [Cell("2", 2), Cell("a"), Cell("1.00 kB", 1000), Cell("+.0200", 0.02)],
            [Cell("3", 3), Cell("c"), Cell("-"), Cell("baseline")],
        ],
    )
    jobs = make_table(
        "jobs", "Jobs", "All.", ["job", "error"], num_naming=1, rows=[[Cell(EVIL), Cell(TEX)]]
    )
    return SweepDocument(
        title=f"Sweep {EVIL}",
        facts=("3 jobs: 2 ok, 1 failed.", TEX),
        errors=((EVIL, 2),),
        reading=("One thing matters.", "Another does not."),
        figures=(ReportFigure(path, 'Effects "of" <axes>', "A dot is a mean."),),
        tables=(configurations,) if with_tables else (),
        jobs=jobs,
    )
