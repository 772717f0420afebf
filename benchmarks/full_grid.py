"""Run the ablation grid on MovieLens 100K and put its reading into docs/sweeps.md.

    python benchmarks/full_grid.py [--workers 2] [--report]

216 jobs: 4 weightings x 3 pairs of lambda and mu x 3 K x 3 sizes x 2 seeds. What has finished in
outputs/sweeps/full_grid stays; `--report` runs nothing. The whole report goes to
benchmarks/results/full_grid.md, its picture of the effects beside it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from machine import RESULTS, machine
from rankdistill.files import write_text_atomically
from rankdistill.sweeps.announcing import duration
from sections import put

FOLDER = Path("outputs/sweeps/full_grid")
FIGURE = "effects.png"


def time_taken() -> str:
    """From the start of the first job to the end of the last one."""
    ends = [path.stat().st_mtime for path in FOLDER.glob("*/job.json")]
    starts = [
        path.stat().st_mtime - (json.loads(path.read_text())["seconds"] or 0.0)
        for path in FOLDER.glob("*/job.json")
    ]
    return duration(max(ends) - min(starts))


def section(report: str, title: str) -> str:
    """What stands below a heading of the report."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |^!\[|\Z)", report, flags=re.S | re.M)
    assert found is not None, f"the report has no section {title!r}"
    return found[1].strip()


def main() -> None:
    """Run what is missing, then write the records and the section of docs/sweeps.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="run nothing")
    arguments = parser.parse_args()
    command = ["rankdistill", "train", "sweep=full_grid"]
    workers = ["hydra/launcher=joblib", f"hydra.launcher.n_jobs={arguments.workers}"]
    if not arguments.report:
        subprocess.run([sys.executable, "-m", *command, *workers], check=True)
    baseline = ["report", str(FOLDER), "--baseline", "weighting=uniform"]
    subprocess.run([sys.executable, "-m", "rankdistill", *baseline], check=True)
    report = (FOLDER / "report.md").read_text()
    shutil.copy(FOLDER / "figures" / FIGURE, RESULTS / "full_grid.png")
    tables = "\n".join(line for line in report.splitlines() if not line.startswith("!["))
    write_text_atomically(RESULTS / "full_grid.md", f"{tables}\n\nMeasured on {machine()}.\n")
    put(
        "sweep",
        f"**What matters, what does not.** `{' '.join([*command, *workers])}` on MovieLens 100K, "
        f"{len(list(FOLDER.glob('*/metrics.json')))} jobs, took {time_taken()} "
        f"(`python benchmarks/full_grid.py`; the whole report: `benchmarks/results/full_grid.md`). "
        f"{section(report, 'What matters')}\n\n![effects](benchmarks/results/full_grid.png)\n\n"
        f"Measured on {machine()}.",
    )


if __name__ == "__main__":
    main()
