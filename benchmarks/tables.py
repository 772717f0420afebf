"""Put the recorded comparison of the main job into README.md and docs/results.md.

    python benchmarks/tables.py [--seeds 1,2,3,4,5]

Runs each `rankdistill compare experiment=...` that is not recorded in benchmarks/results/ yet. The
other comparisons go to benchmarks/results/comparisons.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import RESULTS, machine
from rankdistill.evaluation.earlier_comparison import in_present_form
from rankdistill.files import write_text_atomically
from rankdistill.reporting.figures import comparison_figure
from rankdistill.reporting.markdown import comparison_table
from rankdistill.reporting.wording import MODEL_LABELS, decimal, file_size, percentage
from sections import ROOT, put

HEADLINE = "list_wise_d10"
OTHERS = (
    "fism_d16",
    "list_wise_d8",
    "softmax_d10",
    "pointwise_d10",
    "bpr_d2",
    "pointwise_d2",
    "blog",
)


def compared(experiment: str, seeds: str) -> Path:
    """The folder of the comparison of one experiment, run now unless it is there."""
    folder = Path("outputs/tables") / experiment
    if not (folder / "comparison.json").exists():
        command = [sys.executable, "-m", "rankdistill", "compare", f"experiment={experiment}"]
        command += [f"seeds=[{seeds}]", f"hydra.run.dir={folder}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def recorded(experiment: str, seeds: str) -> dict[str, Any]:
    """The comparison of one experiment: from benchmarks/results/, or run now and kept there."""
    path = RESULTS / f"compare_{experiment}.json"
    if not path.exists():
        comparison = json.loads((compared(experiment, seeds) / "comparison.json").read_text())
        comparison["machine"] = machine()
        text = json.dumps(comparison, indent=1, ensure_ascii=False)
        write_text_atomically(path, text + "\n")
    return in_present_form(json.loads(path.read_text()))


def section(experiment: str, seeds: str) -> str:
    """Command, table, tests and machine of one experiment."""
    comparison = recorded(experiment, seeds)
    listed = ",".join(map(str, comparison["seeds"]))
    return (
        f"`rankdistill compare experiment={experiment} seeds=[{listed}]`\n\n"
        f"{comparison_table(comparison).strip()}\n\nMeasured on {comparison['machine']}."
    )


def headline(comparison: dict[str, Any]) -> str:
    """Three rows for the README, a model each, and the command that makes them."""
    seeds = comparison["seeds"]
    lines = [
        "| model | dim | weights file | MAP@5 | NDCG@10 | gap closed |",
        "|---|--:|--:|--:|--:|--:|",
        *(_headline_row(comparison, model) for model in MODEL_LABELS),
        "",
        f"Test items of {comparison['data']['name']}, mean ± standard deviation of {len(seeds)} "
        "seeds. Gap closed is the share of the way from the student to the teacher in MAP@5, with "
        "its 95% interval over users. The command is "
        f"`rankdistill compare experiment={HEADLINE} seeds=[{','.join(map(str, seeds))}]`.",
    ]
    return "\n".join(lines)


def _headline_row(comparison: dict[str, Any], model: str) -> str:
    mean, std = (comparison["models"][model][key] for key in ("mean", "std"))
    metrics = (
        f"{decimal(mean['metrics'][name])} ± {decimal(std['metrics'][name])}"
        for name in ("test/map@5", "test/ndcg@10")
    )
    closed = "-"
    if model == "distilled_student":
        gap = comparison["gap_closed"]["map@5"]
        if gap["value"] is not None:
            closed = "{} [{}, {}]".format(
                *(percentage(gap[k]) for k in ("value", "ci_low", "ci_high"))
            )
    dim, size = f"{mean['embedding_dim']:.0f}", file_size(mean["weights_bytes"])
    return f"| {' | '.join([MODEL_LABELS[model], dim, size, *metrics, closed])} |"


def main() -> None:
    """Run what is missing; write README.md, docs/results.md and comparisons.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    seeds = parser.parse_args().seeds
    others = [f"## {name}\n\n{section(name, seeds)}\n" for name in OTHERS]
    write_text_atomically(RESULTS / "comparisons.md", "\n".join(others))
    picture = RESULTS / f"compare_{HEADLINE}.png"
    comparison_figure(recorded(HEADLINE, seeds), picture)
    name = picture.relative_to(ROOT)
    put("headline", headline(recorded(HEADLINE, seeds)))
    put("comparison", f"{section(HEADLINE, seeds)}\n\n![{HEADLINE}]({name})")


if __name__ == "__main__":
    main()
