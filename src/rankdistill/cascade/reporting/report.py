"""Write a cascade's report and its figures into its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rankdistill.cascade.reporting.figures import cascade_figures
from rankdistill.cascade.reporting.markdown import cascade_report, cascade_section
from rankdistill.files import write_text_atomically


def write_cascade_report(result: Mapping[str, Any], folder: Path) -> str:
    """Write cascade.md and the folder "figures".

    Returns:
        The part of the report to print.
    """
    figures = cascade_figures(result, folder / "figures")
    write_text_atomically(folder / "cascade.md", cascade_report(result, figures))
    return cascade_section(result)
