"""The configuration and the data of a cascade that is small enough for a test."""

from __future__ import annotations

import functools
from pathlib import Path

from tests.cascade.test_config import composed_cascade
from tests.running import SMALL_DATA

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.runs.models import make_cascade_data
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.models import load_data

SMALL_CASCADE = (
    *SMALL_DATA,
    "seeds=[3,4]",
    "trainer.threads=1",
    "cascade/final_ranker/size=small",
    "cascade/early_ranker/size=e1_d8",
    "requests.page=4",
    "impressions.passed_by=5",
    "evaluation.top_k=[5]",
    "evaluation.kept=[5,10]",
    "evaluation.agreement=5",
    "evaluation.monitor=val/recall_of_final@5_in_10",
    "cascade/robustness=none",
    "log.rescore=0",
)


def small_cascade(folder: Path, *overrides: str) -> CascadeConfig:
    """A checked configuration whose final rankers are stored below a folder."""
    store = f"final_ranker.store={folder / 'store'}"
    return composed_cascade(*SMALL_CASCADE, store, *overrides)


@functools.cache
def small_data() -> tuple[InteractionsDataModule, CascadeData]:
    """The split ratings of SMALL_CASCADE, and a cascade's data from them."""
    cfg = composed_cascade(*SMALL_CASCADE)
    datamodule = load_data(cfg.data, cfg.split, cfg.seed.split, 8, cfg.allow_targets)
    return datamodule, make_cascade_data(cfg, datamodule)
