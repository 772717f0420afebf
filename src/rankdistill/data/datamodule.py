"""LightningDataModules: MovieLens, and their plain parent for any other source."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import pytorch_lightning as pl
import torch

from rankdistill.building import check_arguments
from rankdistill.data.batches import EvaluationBlocks, Shard, Strides
from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.interactions import Interactions
from rankdistill.data.movielens import MovieLens
from rankdistill.data.parting import Split
from rankdistill.data.synthetic import Synthetic

Splitter = Callable[[Interactions, torch.Generator], Split]


class Source(Protocol):
    """Where interactions come from."""

    name: str

    def load(self) -> Interactions:
        """All interactions."""
        ...


class InteractionsDataModule(pl.LightningDataModule):
    """Interactions of any source, split and kept as tensors on the training device.

    The training loader gives the batches that the module's ``batches`` and ``batch_size`` ask for,
    ``stride`` of them at a time.

    Args:
        splitter: Divides the interactions; not used where the source comes split already.
        split_seed: Seed of the split.
        user_block: Users ranked at once in evaluation; bounds its memory to
            user_block x num_items scores.
        **source: Settings of ``source_type``.
    """

    source_type: Callable[..., Source]

    def __init__(self, splitter: Splitter, split_seed: int, user_block: int, **source: Any):
        super().__init__()
        if user_block < 1:
            raise ValueError(f"user_block must be at least 1, got {user_block}.")
        check_arguments(self.source_type, source)
        self.source = self.source_type(**source)
        self.name = self.source.name
        self.splitter = splitter
        self.split_seed = split_seed
        self.user_block = user_block
        self._on_device: dict[torch.device, Split] = {}
        self._seen_at_test: dict[torch.device, Interactions] = {}

    def setup(self, stage: str | None = None) -> None:
        """Load and split, once."""
        if hasattr(self, "split"):
            return
        if isinstance(self.source, DelimitedFile) and self.source.is_split:
            self.split = self.source.load_split()
        else:
            generator = torch.Generator().manual_seed(self.split_seed)
            self.split = self.splitter(self.source.load(), generator)
        for part in ("train", "validation", "test"):
            if getattr(self.split, part).num_interactions == 0:
                raise ValueError(
                    f"The {part} part of {self.name} is empty; use more data or another split."
                )

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the interactions before the split: the same for every way to divide them."""
        split = self.split
        return split.train.union(split.validation).union(split.test).fingerprint

    def on_device(self, device: torch.device) -> Split:
        """The split with its tensors on a device, moved once."""
        if device not in self._on_device:
            self._on_device[device] = Split(*(part.to(device) for part in self.split.parts))
        return self._on_device[device]

    def seen_at_test(self, device: torch.device) -> Interactions:
        """Training and validation interactions: what is masked when the test items are ranked."""
        if device not in self._seen_at_test:
            split = self.on_device(device)
            self._seen_at_test[device] = split.train.union(split.validation)
        return self._seen_at_test[device]

    def train_dataloader(self) -> Any:
        """Strides of batches of the kind, the size and the number that the module asks for."""
        trainer, module = self._attached()
        device = trainer.strategy.root_device
        generator = torch.Generator(device).manual_seed(module.seed)
        train = self.on_device(device).train
        batches = module.batches(train, module.batch_size, generator, self._shard())
        return Strides(batches, module.stride)

    def val_dataloader(self) -> EvaluationBlocks:
        """Users with validation items; training items masked."""
        trainer, _ = self._attached()
        split = self.on_device(trainer.strategy.root_device)
        return EvaluationBlocks(split.train, split.validation, self.user_block, self._shard())

    def test_dataloader(self) -> EvaluationBlocks:
        """Users with test items; training and validation items masked."""
        trainer, _ = self._attached()
        device = trainer.strategy.root_device
        seen, test = self.seen_at_test(device), self.on_device(device).test
        return EvaluationBlocks(seen, test, self.user_block, self._shard())

    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """Batches are made on the training device: nothing to move."""
        return batch

    def _attached(self) -> tuple[pl.Trainer, Any]:
        assert self.trainer is not None, "the datamodule is not attached to a trainer"
        return self.trainer, self.trainer.lightning_module

    def _shard(self) -> Shard:
        trainer, _ = self._attached()
        return Shard(trainer.global_rank, trainer.world_size)


class MovieLensDataModule(InteractionsDataModule):
    """Any MovieLens release."""

    source_type = MovieLens


class DelimitedDataModule(InteractionsDataModule):
    """Any user/item(/rating/timestamp) text file, or three files already split."""

    source_type = DelimitedFile


class SyntheticDataModule(InteractionsDataModule):
    """The offline set."""

    source_type = Synthetic
