"""A run as a command makes it, for fixtures that outlive a test."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.quiet import quiet_lightning


def finished_run(
    module: Ranker, datamodule: InteractionsDataModule, cfg: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Fit and test, without Lightning's advice; the content of metrics.json."""
    trainer, monitor = cfg.trainer, cfg.evaluation.monitor
    with warnings.catch_warnings():
        quiet_lightning()
        result = fit_and_test(module, datamodule, trainer, monitor, cfg.seed, folder, "test")
    return result.fields
