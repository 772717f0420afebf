"""What the seeds of a cascade have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.runs.bench import Bench
from rankdistill.cascade.runs.fit import measuring_device
from rankdistill.cascade.runs.log_variants import LogVariant, log_variants
from rankdistill.cascade.runs.models import make_cascade_data, make_early_ranker, make_logging
from rankdistill.data.datamodule import InteractionsDataModule


class CommonGround(NamedTuple):
    """Data, measures and logs of all seeds.

    Attributes:
        datamodule: The split ratings.
        data: Requests, features and impressions.
        bench: What measures the rankers.
        students: An untrained early ranker of each form.
        variants: The logs beside the main one.
    """

    datamodule: InteractionsDataModule
    data: CascadeData
    bench: Bench
    students: dict[str, EarlyRanker]
    variants: Sequence[LogVariant]

    @classmethod
    def of(cls, cfg: CascadeConfig, datamodule: InteractionsDataModule) -> CommonGround:
        """Make it; wrong settings show here."""
        data = make_cascade_data(cfg, datamodule)
        students = {name: make_early_ranker(cfg, name, data, datamodule) for name in cfg.students}
        bench = Bench(data, cfg.evaluation, cfg.value, measuring_device(cfg.trainer))
        variants = log_variants(cfg.robustness, make_logging(cfg, {}))
        return cls(datamodule, data, bench, students, variants)

    @property
    def readers(self) -> list[str]:
        """The forms that learn from the log, by name."""
        return [name for name, student in self.students.items() if student.form.reads_log]
