"""Put the recorded comparison of the main job into the README, the others beside the records.

    python benchmarks/tables.py [--seeds 1,2,3,4,5]

Runs each `rankdistill compare experiment=...` that is not recorded in benchmarks/results/ yet.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import RESULTS, machine
from rankdistill.files import write_text_atomically
from rankdistill.reporting.figures import comparison_figure
from rankdistill.reporting.markdown import comparison_table
from readme import README, put

HEADLINE = "list_wise_d10"
OTHERS = ("list_wise_d8", "softmax_d10", "pointwise_d10", "bpr_d2", "pointwise_d2", "blog")


def recorded(experiment: str, seeds: str) -> dict[str, Any]:
    """The comparison of one experiment: from benchmarks/results/, or run now and kept there."""
    path = RESULTS / f"compare_{experiment}.json"
    if not path.exists():
        folder = Path("outputs/tables") / experiment
        command = [sys.executable, "-m", "rankdistill", "compare", f"experiment={experiment}"]
        command += [f"seeds=[{seeds}]", f"hydra.run.dir={folder}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        comparison = json.loads((folder / "comparison.json").read_text())
        comparison["machine"] = machine()
        text = json.dumps(comparison, indent=1, ensure_ascii=False)
        write_text_atomically(path, text + "\n")
    return json.loads(path.read_text())


def section(experiment: str, seeds: str) -> str:
    """Command, table, tests and machine of one experiment."""
    comparison = recorded(experiment, seeds)
    listed = ",".join(map(str, comparison["seeds"]))
    return (
        f"`rankdistill compare experiment={experiment} seeds=[{listed}]`\n\n"
        f"{comparison_table(comparison).strip()}\n\nMeasured on {comparison['machine']}."
    )


def main() -> None:
    """Run what is missing; write the README and comparisons.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    seeds = parser.parse_args().seeds
    others = [f"## {name}\n\n{section(name, seeds)}\n" for name in OTHERS]
    write_text_atomically(RESULTS / "comparisons.md", "\n".join(others))
    headline = section(HEADLINE, seeds)
    picture = RESULTS / f"compare_{HEADLINE}.png"
    comparison_figure(recorded(HEADLINE, seeds), picture)
    name = picture.relative_to(README.parent)
    put("headline", f"\n{headline}\n\n![{HEADLINE}]({name})")


if __name__ == "__main__":
    main()
