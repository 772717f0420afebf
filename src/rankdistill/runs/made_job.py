"""What a stack hands to each of its jobs, so that it is made once."""

from __future__ import annotations

from typing import NamedTuple

from rankdistill.config.train import TrainConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.stacked_fits import StackedFit


class MadeJob(NamedTuple):
    """A job of a sweep that is trained and has to be measured.

    Attributes:
        settings: The job's.
        datamodule: Its data, set up.
        module: The model that the settings name.
        fit: How a stack trained it.
    """

    settings: TrainConfig
    datamodule: InteractionsDataModule
    module: Ranker
    fit: StackedFit
