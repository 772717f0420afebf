"""Train the rankers of some seeds of a cascade, one seed after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.runs.common_ground import CommonGround
from rankdistill.cascade.runs.one_seed import OneSeed, rankers_of_a_seed, walked_logs
from rankdistill.cascade.runs.records import CascadeRuns
from rankdistill.cascade.runs.variant_stacks import variants_side_by_side
from rankdistill.runs.models_to_train import ModelsToTrain


def train_seeds(
    cfg: CascadeConfig, seeds: Sequence[int], ground: CommonGround, folder: Path
) -> Iterator[CascadeRuns]:
    """Train and measure all rankers of each seed; those that had ended are read.

    Args:
        cfg: The checked configuration.
        seeds: Which of its seeds.
        ground: What the seeds have in common.
        folder: Where each ranker's run goes.

    Yields:
        The runs of each seed.
    """
    if not seeds:
        return
    walks = walked_logs(cfg, ground.variants)
    stacks = variants_side_by_side(cfg, ground.variants, ground.students, ground.data)
    rankers = [
        ranker
        for seed in seeds
        for ranker in rankers_of_a_seed(seed, ground.students, stacks, walks)
    ]
    models = ModelsToTrain(rankers, cfg.trainer)
    for seed in seeds:
        runs = CascadeRuns()
        OneSeed(cfg, seed, ground.datamodule, ground.data, ground.bench, folder, models).run(runs)
        yield runs
