"""Choose training and distillation settings by random search on validation, never on test.

    python benchmarks/search.py SPACE [--trials 40] [--seed 0] [--data ml_100k]

Every trial is one `rankdistill train` with overrides drawn from the space; a line per trial, best
first by val/map@5, is kept in benchmarks/results/search_SPACE.jsonl. Started again, it goes on.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir

from rankdistill.commands.quiet import quiet_lightning
from rankdistill.conf_path import conf_dir
from rankdistill.config import to_primitives
from rankdistill.files import write_text_atomically
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_datamodule, make_model
from rankdistill.runs.teacher_store import obtain_teacher

RESULTS = Path(__file__).parent / "results"

SAMPLED = {
    "training.learning_rate": [0.001, 0.002, 0.003, 0.005, 0.01, 0.02],
    "training.weight_decay": [1e-5, 2e-5, 3e-5, 5e-5, 1e-4],
    "training.batch_size": [512, 1024, 2048, 4096],
    "ranking_loss.num_negatives": [3, 5, 10],
    "backbone.init_std": [0.01, 0.03, 0.1],
}
WHOLE_ROW = {
    "training.learning_rate": [0.002, 0.003, 0.005, 0.01, 0.02, 0.03],
    "training.weight_decay": [3e-5, 1e-4, 2e-4, 3e-4],
    "training.batch_size": [32, 64, 128, 256],
    "backbone.init_std": [0.01, 0.03, 0.1, 0.3],
}
RANKING_DISTILLATION = {
    "weighting": ["uniform", "position", "discrepancy", "hybrid"],
    "sharpness.lambda_": [1, 3, 10, 30],
    "sharpness.mu": [0.003, 0.01, 0.03, 0.1],
    "top_k": ["k10", "k30", "k50", "k100"],
    "distillation.alpha": [0.05, 0.1, 0.2, 0.3, 0.5, 0.7],
    "training.weight_decay": [1e-5, 3e-5, 5e-5, 1e-4],
}


def spaces() -> dict[str, tuple[list[str], Mapping[str, list[Any]]]]:
    """Fixed overrides and what is drawn, by name of the space."""
    found: dict[str, tuple[list[str], Mapping[str, list[Any]]]] = {}
    for loss, space in (("pointwise", SAMPLED), ("bpr", SAMPLED), ("softmax", WHOLE_ROW)):
        for size in ("d2", "d10", "d200"):
            found[f"{loss}_{size}"] = (
                ["module=student", f"ranking_loss={loss}", f"size={size}"],
                space,
            )
            found[f"{loss}_{size}_ranking"] = (
                [f"ranking_loss={loss}", f"size={size}"],
                RANKING_DISTILLATION,
            )
    return found


def main() -> None:
    """Run the trials that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("space", choices=sorted(spaces()))
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", default="ml_100k")
    arguments = parser.parse_args()
    fixed, space = spaces()[arguments.space]
    path = RESULTS / f"search_{arguments.space}.jsonl"
    trials = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    quiet_lightning()
    draw = random.Random(arguments.seed)
    datamodule = None
    for number in range(arguments.trials):
        drawn = {key: draw.choice(values) for key, values in space.items()}
        if any(trial["number"] == number for trial in trials):
            continue
        overrides = [f"data={arguments.data}", "trainer.progress=false", *fixed]
        overrides += [f"{key}={value}" for key, value in drawn.items()]
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            cfg = to_primitives(compose("train", overrides))
        datamodule = datamodule or make_datamodule(cfg)
        teacher = obtain_teacher(cfg, datamodule, "teacher").backbone if cfg["teacher"] else None
        with tempfile.TemporaryDirectory() as folder:
            result = fit_and_test(
                make_model(cfg, datamodule, teacher),
                datamodule,
                cfg["trainer"],
                cfg["evaluation"]["monitor"],
                cfg["seed"],
                Path(folder),
                arguments.space,
            )
        fields = result.fields
        validation = {key: v for key, v in fields["metrics"].items() if key.startswith("val/")}
        trials.append(
            {
                "number": number,
                "val/map@5": validation["val/map@5"],
                "val/ndcg@10": validation["val/ndcg@10"],
                "best_epoch": fields["best_epoch"],
                "fit_seconds": round(fields["fit_seconds"], 1),
                "drawn": drawn,
            }
        )
        trials.sort(key=lambda trial: -trial["val/map@5"])
        write_text_atomically(path, "".join(json.dumps(trial) + "\n" for trial in trials))
        print(f"{number:3}  {validation['val/map@5']:.4f}  best {trials[0]['val/map@5']:.4f}")


if __name__ == "__main__":
    main()
