"""Put the recorded comparisons of the main jobs into README.md and docs/results.md.

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
from rankdistill.reporting.wording import decimal, file_size, percentage
from sections import ROOT, put

MAIN, SHIPPED = "list_wise_d10", "fism_d16"
OTHERS = (
    SHIPPED,
    "list_wise_d8",
    "softmax_d10",
    "pointwise_d10",
    "ease_assisted_d2",
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


def headline(large: dict[str, Any], shipped: dict[str, Any]) -> str:
    """Three rows for the README, and the commands that make them.

    Args:
        large: The comparison whose teacher is a large factorisation.
        shipped: That of a small model alone, and distilled.
    """
    seeds = ",".join(map(str, shipped["seeds"]))
    teacher = shipped["models"]["teacher"]["mean"]
    lines = [
        "| model | weights | whole file | one user (ms) | MAP@5 | NDCG@10 |",
        "|---|--:|--:|--:|--:|--:|",
        _headline_row(f"factorisation of {_dim(large, 'teacher')}", large, "teacher"),
        _headline_row(f"FISM of {_dim(shipped, 'student')} alone", shipped, "student"),
        _headline_row(
            f"**FISM of {_dim(shipped, 'student')}, distilled**", shipped, "distilled_student"
        ),
        "",
        f"Test items of {shipped['data']['name']}, mean ± standard deviation of "
        f"{len(shipped['seeds'])} seeds. FISM has no table of users, so that its weights do not "
        "grow with them; the whole file has ids, titles and what every user has beside them. *One "
        "user* is the time of a list of ten in NumPy. The teacher of FISM, the factorisation and "
        "EASE together, takes "
        f"{file_size(teacher['weights_bytes'])} and reaches "
        f"{decimal(teacher['metrics']['test/map@5'])} and "
        f"{decimal(teacher['metrics']['test/ndcg@10'])}; distillation closes "
        f"{_closed(shipped, 'map@5')} of the gap to it in MAP@5 and "
        f"{_closed(shipped, 'ndcg@10')} in NDCG@10, with 95% intervals over users. The command is "
        f"`rankdistill compare experiment={SHIPPED} seeds=[{seeds}]`, and `experiment={MAIN}` for "
        "the first row.",
    ]
    return "\n".join(lines)


def _dim(comparison: dict[str, Any], model: str) -> str:
    return f"{comparison['models'][model]['mean']['embedding_dim']:.0f}"


def _headline_row(label: str, comparison: dict[str, Any], model: str) -> str:
    mean, std = (comparison["models"][model][key] for key in ("mean", "std"))
    metrics = (
        f"{decimal(mean['metrics'][name])} ± {decimal(std['metrics'][name])}"
        for name in ("test/map@5", "test/ndcg@10")
    )
    sizes = (file_size(mean[key]) for key in ("weights_bytes", "file_bytes"))
    one_user = f"{1000 * mean['one_user_seconds']:.3f}"
    return f"| {' | '.join([label, *sizes, one_user, *metrics])} |"


def _closed(comparison: dict[str, Any], metric: str) -> str:
    gap = comparison["gap_closed"][metric]
    return "{} [{}, {}]".format(*(percentage(gap[k]) for k in ("value", "ci_low", "ci_high")))


def main() -> None:
    """Run what is missing; write README.md, docs/results.md and comparisons.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    seeds = parser.parse_args().seeds
    others = [f"## {name}\n\n{section(name, seeds)}\n" for name in OTHERS]
    write_text_atomically(RESULTS / "comparisons.md", "\n".join(others))
    picture = RESULTS / f"compare_{MAIN}.png"
    comparison_figure(recorded(MAIN, seeds), picture)
    name = picture.relative_to(ROOT)
    put("headline", headline(recorded(MAIN, seeds), recorded(SHIPPED, seeds)))
    put("comparison", f"{section(MAIN, seeds)}\n\n![{MAIN}]({name})")


if __name__ == "__main__":
    main()
