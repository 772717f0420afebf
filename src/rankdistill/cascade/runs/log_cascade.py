"""Early rankers that learn from a person's own request log, and what they are worth there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from rankdistill.building import build
from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.logged_requests import PARTS_IN_TIME, LoggedRequests
from rankdistill.cascade.data.request_log import RequestLog
from rankdistill.cascade.evaluation.comparison import cascade_tests
from rankdistill.cascade.model_names import FINAL_RANKER
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.networks.cut_aim import CutAim
from rankdistill.cascade.runs.cost import count_flops
from rankdistill.cascade.runs.fit import fit_ranker
from rankdistill.cascade.runs.log_bench import LogBench
from rankdistill.cascade.runs.log_verdict import verdict_of
from rankdistill.cascade.runs.records import RankerRun, finished_run, mean_user_metrics
from rankdistill.cascade.runs.result import needed_cuts, summary_of, tested_pairs
from rankdistill.cascade.runs.student_shape import log_student_shape
from rankdistill.runs.models_to_train import ModelsToTrain, ToTrain
from rankdistill.runs.run_fields import versions
from rankdistill.runs.trained_on import without_places


def run_log_cascade(cfg: CascadeConfig, folder: Path) -> dict[str, Any]:
    """Train and measure every student on a log; wrong settings show before the first is trained.

    Args:
        cfg: The checked configuration.
        folder: Where each student's run goes.

    Returns:
        The content of cascade.json.
    """
    log: RequestLog = build(cfg.data, allow=cfg.allow_targets)
    split = cfg.split.settings
    data = LoggedRequests.of(log.load(), (split["validation"], split["test"]), log.rare)
    bench = LogBench(data, cfg.evaluation, log.value)
    students = [make_log_student(cfg, name, data, aim_of(cfg, bench)) for name in cfg.students]
    print(data.told(), flush=True)
    models = ModelsToTrain(
        [
            ToTrain("early ranker", f"{name}, seed {seed}")
            for seed in cfg.seeds
            for name in cfg.students
        ],
        cfg.trainer,
    )
    runs: dict[str, list[RankerRun]] = {name: [] for name in cfg.students}
    for seed in cfg.seeds:
        for name in cfg.students:
            place = folder / name / f"seed-{seed}"
            runs[name].append(_teach(cfg.of_seed(seed), name, data, bench, place, models.next()))
    return _result(cfg, log, data, bench, runs, _flops(students[-1], data))


def make_log_student(
    cfg: CascadeConfig, name: str, data: LoggedRequests, aim: CutAim
) -> EarlyRanker:
    """Make an untrained student in the form that ``students`` holds under a name.

    Args:
        cfg: The configuration of a seed.
        name: The form's name.
        data: The log.
        aim: The cut that it is to make.
    """
    pl.seed_everything(cfg.seed.initialization, verbose=False)
    training, fingerprint = cfg.early_ranker.training, data.table.fingerprint
    return EarlyRanker(
        teacher_labels=cfg.students[name].node,
        aim=aim._asdict(),
        network=cfg.early_ranker.network.node,
        vocabulary=data.vocabulary._asdict(),
        learning_rate=training.learning_rate,
        weight_decay=training.weight_decay,
        batch_size=training.batch_size,
        decay_epochs=training.decay_epochs,
        seed=cfg.seed.sampling,
        tasks=list(data.table.tasks),
        data={
            "fingerprint": fingerprint,
            "split_fingerprint": fingerprint,
            "config": {"data": without_places(cfg.data.node), "split": cfg.split.node},
            "split_seed": cfg.seed.split,
        },
        further={"item_features": data.items},
        allow_targets=tuple(cfg.allow_targets),
    )


def _teach(
    cfg: CascadeConfig,
    name: str,
    data: LoggedRequests,
    bench: LogBench,
    folder: Path,
    title: str,
) -> RankerRun:
    shape = log_student_shape(cfg, data, name)
    if run := finished_run(folder, shape):
        print(f"{title}: finished before, in {folder}", flush=True)
        return run
    module, fields = fit_ranker(
        make_log_student(cfg, name, data, aim_of(cfg, bench)),
        data.examples["train"],
        data.examples["validation"],
        cfg.trainer,
        cfg.early_ranker.training,
        folder,
        title,
        cfg.storage.bits,
    )
    run = RankerRun(cfg.seed.initialization, fields, bench.measure(module.cpu()))
    run.write(folder, shape)
    return run


def _result(
    cfg: CascadeConfig,
    log: RequestLog,
    data: LoggedRequests,
    bench: LogBench,
    runs: dict[str, list[RankerRun]],
    flops: dict[str, float],
) -> dict[str, Any]:
    monitor = monitored(cfg, bench)
    pairs = [pair for pair in tested_pairs(list(runs)) if FINAL_RANKER not in pair]
    measure, _, _ = monitor.rpartition("_")
    evaluation = cfg.evaluation
    per_user = {name: mean_user_metrics(each) for name, each in runs.items()}
    models = {name: summary_of(each) for name, each in runs.items()}
    grid = bench.grids["test"]
    return {
        "status": "ok",
        "about": list(runs)[-1],
        "monitor": monitor,
        "seeds": cfg.seeds,
        "tasks": list(data.table.tasks),
        "kept": bench.kept,
        "data": _described(data, bench),
        "models": models,
        "final_ranker": {"ce": bench.final_cross_entropy(), "flops_per_item": log.final_flops},
        "cost": {"early_ranker": flops},
        "tests": cascade_tests(per_user, pairs, (monitor, "ce")),
        "needed_cut_of_choice": needed_cuts(
            runs, bench.kept, measure, measure, [1.0] * len(cfg.seeds), evaluation.choice_kept
        ),
        "verdict": verdict_of(
            models, measure, bench.kept, evaluation.choice_kept, grid.sizes, flops, log.final_flops
        ),
        "versions": versions(),
    }


def aim_of(cfg: CascadeConfig, bench: LogBench) -> CutAim:
    """Return the cut that students are to make: the one that they are compared by."""
    top_k, _ = cfg.evaluation.monitored_cut
    kept = int(monitored(cfg, bench).rpartition("_")[2])
    return CutAim(bench.value.tolist(), top_k, kept)


def monitored(cfg: CascadeConfig, bench: LogBench) -> str:
    """The metric that students are compared by: the configured one, where the log allows it."""
    configured = cfg.evaluation.monitor.removeprefix("val/")
    measure, _, depth = configured.rpartition("_")
    if not bench.top_k:
        (measure,) = bench.measures
    kept = max((each for each in bench.kept if each <= int(depth)), default=bench.kept[0])
    return f"{measure}_{kept}"


def _described(data: LoggedRequests, bench: LogBench) -> dict[str, Any]:
    sizes = bench.grids["test"].sizes
    rows = len(data.table.frame)
    scored = sum(
        int((data.examples[part].teacher_weights > 0).sum())  # pyright: ignore[reportOptionalOperand]
        for part in PARTS_IN_TIME
    )
    return {
        "name": data.table.name,
        "fingerprint": data.table.fingerprint,
        "rows": rows,
        "scored": scored,
        "shown": int(data.table.frame["shown"].sum()),
        "requests": {part: len(data.examples[part].request_ids.unique()) for part in PARTS_IN_TIME},
        "num_users": int(data.user_ids.max()) + 1,
        "num_items": len(data.items.rows),
        "candidates_per_request": float(sizes.double().mean()),
        "columns": data.told(),
    }


def _flops(student: EarlyRanker, data: LoggedRequests) -> dict[str, float]:
    """Operations of an early ranker, by PyTorch's counter; items are embedded beforehand."""
    network = student.network.eval()
    examples = data.examples["test"]
    items = examples.item_ids[examples.request_ids == examples.request_ids[-1]]
    last = data.users.take(examples.request_ids[-1:])
    known, embedded = network.users(last).detach(), network.embedded(items).detach()
    return {
        "flops_per_item": count_flops(lambda: network.score(known, embedded)) / len(items),
        "flops_per_request": float(count_flops(lambda: network.users(last))),
    }
