"""Models that a benchmark has trained, measured as they are in a few bits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fits import Fit, configured, values_of_users
from rankdistill.runs.checkpoints import CHECKPOINT
from rankdistill.runs.fit import METRICS, test_checkpoint
from rankdistill.runs.models import make_datamodule


class RoundedFit(NamedTuple):
    """A trained model whose weights are rounded; nothing is trained again.

    Attributes:
        fit: The model.
        bits: Of a weight.
    """

    fit: Fit
    bits: int

    def of_seed(self, seed: int) -> Path:
        """The folder of one seed."""
        return self.fit.of_seed(seed) / f"int{self.bits}"

    def result(self, seed: int) -> dict[str, Any]:
        """The content of metrics.json; the model is measured where there is none."""
        trained, folder = self.fit.result(seed), self.of_seed(seed)
        if not (folder / METRICS).exists():
            cfg = configured(self.fit.settings)
            checkpoint = self.fit.of_seed(seed) / CHECKPOINT
            data, how = make_datamodule(cfg), (cfg.trainer, cfg.evaluation)
            test_checkpoint(checkpoint, data, *how, folder, self.bits)
        measured = json.loads((folder / METRICS).read_text())
        return {**measured, "fit_seconds": trained["fit_seconds"]}

    def of_users(self, metric: str, seeds: Sequence[int]) -> np.ndarray:
        """(num_users,) test values, means over seeds; the model is measured where it was not."""
        for seed in seeds:
            self.result(seed)
        return values_of_users([self.of_seed(seed) for seed in seeds], metric)
