"""Teach early rankers on MovieLens 100K and put the results into docs/cascade.md.

    python benchmarks/cascade.py [--seeds 1,2,3,4,5] [--report] [OVERRIDE ...]

Runs one `rankdistill cascade` with five seeds, every form of student, smaller and faulty logs, in
outputs/cascade_benchmark; `--report` only reads what is there. The record goes to
benchmarks/results/cascade.json (without single runs), the report and its figures beside it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import RESULTS, machine
from rankdistill.cascade.reporting.figures import COST, LOG_SHARES, RECALL, cascade_figures
from rankdistill.cascade.reporting.markdown import cascade_report, cascade_section
from rankdistill.files import write_json_atomically, write_text_atomically
from sections import put

FOLDER = Path("outputs/cascade_benchmark")
FIGURES = RESULTS / "cascade"
SHOWN = (COST, RECALL, LOG_SHARES)


def without_runs(node: Any) -> Any:
    """Leave out the metrics of single seeds, which fill megabytes."""
    if isinstance(node, dict):
        return {key: without_runs(value) for key, value in node.items() if key != "runs"}
    return [without_runs(each) for each in node] if isinstance(node, list) else node


def main() -> None:
    """Run the cascade, then write the records and the section of docs/cascade.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--report", action="store_true", help="run nothing")
    arguments, overrides = parser.parse_known_args()
    command = ["rankdistill", "cascade", f"seeds=[{arguments.seeds}]", *overrides]
    if not arguments.report:
        run = [sys.executable, "-m", *command, f"hydra.run.dir={FOLDER}"]
        subprocess.run(run, check=True)
    result = json.loads((FOLDER / "cascade.json").read_text())
    result["machine"] = machine()
    shutil.rmtree(FIGURES, ignore_errors=True)
    figures = cascade_figures(result, FIGURES)
    report = cascade_report(result, figures).replace("](figures/", "](cascade/")
    write_text_atomically(RESULTS / "cascade.md", report)
    write_json_atomically(RESULTS / "cascade.json", without_runs(result))
    pictures = "\n\n".join(
        f"![{figure.title}](benchmarks/results/cascade/{figure.path.name})"
        for figure in figures
        if figure.path.name in SHOWN
    )
    put(
        "cascade",
        f"`{' '.join(command)}` (`{' '.join(['python benchmarks/cascade.py', *overrides])}`; the "
        "whole report, task by task, "
        f"with smaller and faulty logs: `benchmarks/results/cascade.md`).\n\n"
        f"{cascade_section(result)}\n{pictures}\n\nMeasured on {result['machine']}.",
    )


if __name__ == "__main__":
    main()
