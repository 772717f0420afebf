"""What less than single precision costs in quality: a comparison per experiment and precision.

    python benchmarks/precision.py [--seeds 1,2,3,4,5]

Each is a `rankdistill compare`; for tf32, of products rounded as a GPU does it, see tf32.py. What
is there already is not run again; delete outputs/precision to start anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from machine import keep
from rankdistill.evaluation.multiple_tests import holm
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, p_value
from sections import copy_records

EXPERIMENTS = ("softmax_d10", "list_wise_d10")
EXACT, TF32 = "32-true", "tf32 products"
OTHERS = (TF32, "bf16-mixed", "bf16-true")
OUTPUTS = Path("outputs/precision")
MODELS = {"teacher": "teacher", "student": "student", "distilled_student": "distilled student"}
METRIC = "map@5"


def compared(experiment: str, precision: str, seeds: str) -> Path:
    """The folder of one comparison."""
    folder = OUTPUTS / f"{experiment}-{precision.replace(' ', '-')}"
    if not (folder / "comparison.json").exists():
        program, settings = ["-m", "rankdistill"], [f"trainer.precision={precision}"]
        if precision == TF32:  # a teacher of exact products is another one
            program, settings = ["benchmarks/tf32.py"], ["trainer.matmul_precision=high"]
        command = [sys.executable, *program, "compare", f"experiment={experiment}", *settings]
        where = [f"hydra.run.dir={folder}", f"teacher.store={OUTPUTS / 'teachers'}"]
        seeded = [*command, f"seeds=[{seeds}]", *where]
        subprocess.run(seeded, check=True, stdout=subprocess.DEVNULL)
    return folder


def mean_and_deviation(folder: Path, model: str) -> str:
    """Over seeds."""
    found: dict[str, Any] = json.loads((folder / "comparison.json").read_text())["models"][model]
    mean, deviation = (found[key]["metrics"][f"test/{METRIC}"] for key in ("mean", "std"))
    return f"{decimal(mean)} ± {decimal(deviation)}"


def of_users(folder: Path, model: str) -> np.ndarray:
    """(num_users,) means over seeds."""
    files = sorted((folder / model).glob("seed-*/per_user.npz"))
    return np.mean([np.load(file, allow_pickle=False)[METRIC] for file in files], axis=0)


def main() -> None:
    """Run what is missing and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    seeds = parser.parse_args().seeds
    cells = [
        (experiment, model, precision)
        for experiment in EXPERIMENTS
        for model in MODELS
        for precision in OTHERS
    ]
    folders = {
        (experiment, precision): compared(experiment, precision, seeds)
        for experiment in EXPERIMENTS
        for precision in (EXACT, *OTHERS)
    }
    tests = [
        paired_test(
            of_users(folders[experiment, precision], model),
            of_users(folders[experiment, EXACT], model),
        )
        for experiment, model, precision in cells
    ]
    lines = [
        f"| experiment | model | precision | MAP@5, {EXACT} | MAP@5 | difference | p |",
        "| --- | --- | --- | --: | --: | --: | --: |",
    ]
    adjusted = holm([test.p_value for test in tests])
    for (experiment, model, precision), test, p in zip(cells, tests, adjusted, strict=True):
        exact, other = (
            mean_and_deviation(folders[experiment, each], model) for each in (EXACT, precision)
        )
        interval = f"[{decimal(test.ci_low, signed=True)}, {decimal(test.ci_high, signed=True)}]"
        difference = f"{decimal(test.difference, signed=True)} {interval}"
        chance = p_value(p).removeprefix("p = ")
        row = (experiment, MODELS[model], precision, exact, other, difference, chance)
        lines.append(f"| {' | '.join(row)} |")
    title = f"Test MAP@5, seeds {seeds}; p of paired t-tests over users, by Holm for all rows."
    keep("precision", [title, "", *lines])
    copy_records()


if __name__ == "__main__":
    main()
