"""Examples of a cascade for a Lightning trainer."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch

from rankdistill.cascade.data.examples import ExampleBatch, ExampleBatches, Examples


class ExamplesDataModule(pl.LightningDataModule):
    """Training and validation examples, kept on the training device.

    Args:
        train: Examples to learn from.
        validation: Examples that choose the best epoch.
    """

    def __init__(self, train: Examples, validation: Examples):
        super().__init__()
        self.train, self.validation = train, validation

    def train_dataloader(self) -> ExampleBatches:
        """Batches of the size that the module asks for, in a new order each epoch."""
        module, device = self._attached()
        generator = torch.Generator(device).manual_seed(module.seed)
        return ExampleBatches(self.train.to(device), module.batch_size, generator)

    def val_dataloader(self) -> ExampleBatches:
        """Batches of the size that the module asks for, in ascending order."""
        module, device = self._attached()
        return ExampleBatches(self.validation.to(device), module.batch_size)

    def transfer_batch_to_device(
        self, batch: ExampleBatch, device: torch.device, dataloader_idx: int
    ) -> ExampleBatch:
        """Return the batch as it is: it was made on the training device."""
        return batch

    def _attached(self) -> tuple[Any, torch.device]:
        assert self.trainer is not None, "the datamodule is not attached to a trainer"
        return self.trainer.lightning_module, self.trainer.strategy.root_device
