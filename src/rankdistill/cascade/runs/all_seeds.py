"""A whole cascade: every ranker of every seed, and the result made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.runs.bench import Bench
from rankdistill.cascade.runs.fit import measuring_device
from rankdistill.cascade.runs.log_variants import log_variants
from rankdistill.cascade.runs.models import make_cascade_data, make_early_ranker, make_logging
from rankdistill.cascade.runs.one_seed import OneSeed, rankers_of_a_seed, walked_logs
from rankdistill.cascade.runs.records import CascadeRuns
from rankdistill.cascade.runs.result import cascade_result
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.models_to_train import ModelsToTrain
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
    data = make_cascade_data(cfg, datamodule)
    students = {name: make_early_ranker(cfg, name, data, datamodule) for name in cfg.students}
    variants = log_variants(cfg.robustness, make_logging(cfg, {}))
    walks = walked_logs(cfg, variants)
    bench = Bench(data, cfg.evaluation, cfg.value, measuring_device(cfg.trainer))
    runs = CascadeRuns()
    rankers = [r for seed in cfg.seeds for r in rankers_of_a_seed(seed, students, variants, walks)]
    models = ModelsToTrain(rankers, cfg.trainer)
    for seed in cfg.seeds:
        OneSeed(cfg, seed, datamodule, data, bench, folder, models).run(runs)
    described = {**describe_data(datamodule), **_sizes(data, bench)}
    return cascade_result(cfg, runs, described, versions())


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
