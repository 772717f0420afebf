"""A whole cascade: every ranker of every seed, and the result made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.runs.bench import Bench
from rankdistill.cascade.runs.common_ground import CommonGround
from rankdistill.cascade.runs.cost import ranker_costs
from rankdistill.cascade.runs.final_ranker_store import obtain_final_ranker
from rankdistill.cascade.runs.finished_seed import finished_seed
from rankdistill.cascade.runs.fit import load_served
from rankdistill.cascade.runs.records import CascadeRuns
from rankdistill.cascade.runs.result import cascade_result
from rankdistill.cascade.runs.seed_workers import processes_for, train_in_processes
from rankdistill.cascade.runs.train_seeds import train_seeds
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.run_fields import describe_data, versions


def run_cascade(
    cfg: CascadeConfig, datamodule: InteractionsDataModule, folder: Path
) -> dict[str, Any]:
    """Train and measure everything; wrong settings show before the first ranker is trained.

    Args:
        cfg: The checked configuration.
        datamodule: Ratings, split by time.
        folder: Where each ranker's run goes.

    Returns:
        The content of cascade.json.
    """
    ground = CommonGround.of(cfg, datamodule)
    by_seed = _finished(cfg, cfg.seeds, ground, folder)
    for seed in by_seed:
        print(f"seed {seed}: finished before, in {folder}", flush=True)
    missing = [seed for seed in cfg.seeds if seed not in by_seed]
    processes = processes_for(cfg, len(missing))
    if processes > 1:
        train_in_processes(cfg, missing, folder, processes)
        by_seed |= _finished(cfg, missing, ground, folder)
        missing = [seed for seed in missing if seed not in by_seed]
    by_seed |= zip(missing, train_seeds(cfg, missing, ground, folder), strict=True)
    runs = CascadeRuns()
    for seed in cfg.seeds:
        runs.extend(by_seed[seed])
    runs.costs = _costs(cfg, ground, folder)
    described = {**describe_data(datamodule), **_sizes(ground.data, ground.bench)}
    return cascade_result(cfg, runs, described, versions())


def _finished(
    cfg: CascadeConfig, seeds: Sequence[int], ground: CommonGround, folder: Path
) -> dict[int, CascadeRuns]:
    found = {seed: finished_seed(cfg, seed, ground, folder) for seed in seeds}
    return {seed: runs for seed, runs in found.items() if runs is not None}


def _costs(cfg: CascadeConfig, ground: CommonGround, folder: Path) -> dict[str, Any]:
    """Time the final ranker and the last student of the first seed, when nothing is trained."""
    seed, name = cfg.seeds[0], list(cfg.students)[-1]
    title = f"final ranker, seed {seed}"
    final, _ = obtain_final_ranker(cfg.of_seed(seed), ground.data, ground.datamodule, title)
    student = ground.students[name]
    load_served(student, folder / name / f"seed-{seed}")
    return ranker_costs(final, student.eval(), ground.data, ground.bench.device)


def _sizes(data: CascadeData, bench: Bench) -> dict[str, Any]:
    requests = {
        name: len(examples.request_ids.unique()) for name, examples in data.examples.items()
    }
    return {
        "cascade_fingerprint": data.fingerprint,
        "requests": requests,
        "impressions": {name: len(shown) for name, shown in data.shown.items()},
        "candidates_per_request": bench.candidates_per_request,
        "test_users": len(data.requests.user_ids[bench.requests["test"]].unique()),
    }
