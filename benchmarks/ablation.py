"""The table of weightings and of alpha: one `rankdistill compare` a row.

    python benchmarks/ablation.py [--seeds 1,2,3,4,5]

Rows that are there already are not run again; delete outputs/ablation to start anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import keep
from rankdistill.evaluation.earlier_comparison import in_present_form
from rankdistill.reporting.wording import decimal, p_value, percentage
from sections import copy_records

EXPERIMENT = "softmax_d10"
OUTPUTS = Path("outputs/ablation")
ROWS = {
    "hybrid": [],
    "position": ["weighting=position"],
    "uniform": ["weighting=uniform"],
    "discrepancy": ["weighting=discrepancy", "distillation.weighting.normalize=true"],
    "hybrid, alpha 0.1": ["distillation.alpha=0.1"],
    "hybrid, alpha 0.6": ["distillation.alpha=0.6"],
}


def compared(name: str, overrides: list[str], seeds: str) -> dict[str, Any]:
    """The comparison.json of one row."""
    folder = OUTPUTS / name.replace(" ", "_").replace(",", "").replace("=", "-")
    command = [sys.executable, "-m", "rankdistill", "compare", f"experiment={EXPERIMENT}"]
    if not (folder / "comparison.json").exists():
        settings = [f"seeds=[{seeds}]", f"hydra.run.dir={folder}", *overrides]
        subprocess.run([*command, *settings], check=True, stdout=subprocess.DEVNULL)
    return in_present_form(json.loads((folder / "comparison.json").read_text()))


def main() -> None:
    """Run what is missing and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    seeds = parser.parse_args().seeds
    lines = [
        f"`experiment={EXPERIMENT}`, seeds {seeds}; test MAP@5, and a paired t-test against the "
        "plain student.",
        "",
        "| distilled student | overrides | val MAP@5 | test MAP@5 | gap closed | p |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name, overrides in ROWS.items():
        comparison = compared(name, overrides, seeds)
        distilled = comparison["models"]["distilled_student"]
        mean, std = distilled["mean"]["metrics"], distilled["std"]["metrics"]
        (test,) = (
            test
            for test in comparison["tests"]
            if test["metric"] == "map@5" and test["b"] == "student"
        )
        gap = comparison["gap_closed"]["map@5"]
        row = (
            name,
            f"`{' '.join(overrides) or '-'}`",
            decimal(mean["val/map@5"]),
            f"{decimal(mean['test/map@5'])} ± {decimal(std['test/map@5'])}",
            percentage(gap["value"]) if gap["value"] is not None else "-",
            p_value(test["p_value"]),
        )
        lines.append(f"| {' | '.join(row)} |")
    keep("ablation", lines)
    copy_records()


if __name__ == "__main__":
    main()
