"""LightningDataModules: MovieLens, and their plain parent for any other source."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import pytorch_lightning as pl
import torch

from rankdistill.building import check_arguments
from rankdistill.data.batches import EvaluationBlocks, Shard, Strides
from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.evaluation_protocol import EvaluationProtocol
from rankdistill.data.interactions import Interactions
from rankdistill.data.movielens import MovieLens
from rankdistill.data.parting import Split, all_for_training
from rankdistill.data.rank_distill import RankDistillFolder
from rankdistill.data.synthetic import Synthetic
from rankdistill.data.unseen import Unseen, find_unseen
from rankdistill.draws.draws import ORDERS, Draws

logger = logging.getLogger(__name__)

SplitFunction = Callable[[Interactions, torch.Generator], Split]


class Source(Protocol):
    """Where interactions come from."""

    name: str

    def load(self) -> Interactions:
        """Read all interactions."""
        ...


def load_unsplit(source: Source) -> Interactions:
    """Load all interactions of a source, of every part where it comes split."""
    if isinstance(source, DelimitedFile) and source.is_split:
        train, validation, test = source.load_split().parts
        return train.union(validation).union(test)
    return source.load()


class InteractionsDataModule(pl.LightningDataModule):
    """Interactions of any source, split and kept as tensors on the training device.

    The training loader gives the batches that the module's ``batches`` and ``batch_size`` ask for,
    ``stride`` of them at a time.

    Args:
        splitter: Divides the interactions; not used where the source comes split already.
        split_seed: Seed of the split.
        user_block: Users ranked at once in evaluation; bounds its memory to
            user_block x num_items scores.
        protocol: How models are measured. None: over all users with held-out items, and nothing
            is said of users that training does not know.
        **source: Settings of ``source_type``.
    """

    source_type: Callable[..., Source]

    def __init__(
        self,
        splitter: SplitFunction,
        split_seed: int,
        user_block: int,
        protocol: EvaluationProtocol | None = None,
        **source: Any,
    ):
        super().__init__()
        if user_block < 1:
            raise ValueError(f"user_block must be at least 1, got {user_block}.")
        check_arguments(self.source_type, source)
        self.source = self.source_type(**source)
        self._source_settings = source
        self.name = self.source.name
        self.splitter = splitter
        self.split_seed = split_seed
        self.user_block = user_block
        self.protocol = protocol
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
        if self.protocol is not None:
            self._check_known(self.protocol.users)

    @cached_property
    def unseen(self) -> dict[str, Unseen]:
        """How much of "validation" and "test" training never saw."""
        split = self.split
        return {
            "validation": find_unseen(split, split.validation),
            "test": find_unseen(split, split.test),
        }

    @property
    def holds_out_nothing(self) -> bool:
        """Whether all interactions are trained on, so that no model can be tested."""
        return self.split.test.num_interactions == 0

    def joined(self) -> InteractionsDataModule:
        """Make a datamodule of all interactions as training data, for a last fit."""
        whole = type(self)(
            splitter=self.splitter,
            split_seed=self.split_seed,
            user_block=self.user_block,
            **self._source_settings,
        )
        whole.split = all_for_training(self.split)
        return whole

    @property
    def notes(self) -> list[str]:
        """What a reader of results should know of the split: ties in time, new, unknown users."""
        ties = self.split.ties
        told = [None if ties is None else ties.sentence()]
        if self.split.history is not None:
            told.append(
                f"Training saw nothing of the {self.unseen['test'].users:,} test users: models "
                "rank for them from a part of what they have had, and are to find the rest."
            )
        if self.protocol is not None:
            told.append(self.unseen["test"].sentence(self.protocol.users))
        return [sentence for sentence in told if sentence is not None]

    def _check_known(self, users: str) -> None:
        """Log how many held-out users and items training never saw; refuse if it knows no user."""
        for part, unseen in self.unseen.items():
            for sentence in unseen.spelt_otherwise:
                logger.warning("%s, %s part: %s", self.name, part, sentence)
            if unseen.known_users == 0:
                raise ValueError(
                    f"None of the {unseen.users:,} users of the {part} part of {self.name} has a "
                    "training item, so that no model can know them: use another split, such as "
                    "split=random, or files that share users."
                )
        if (told := self.unseen["test"].sentence(users)) is not None:
            logger.info("%s: %s", self.name, told)

    @property
    def evaluated_users(self) -> str:
        """Whom means are over, see EvaluationProtocol."""
        return "all" if self.protocol is None else self.protocol.users

    def measured(self, held_out: Interactions) -> torch.Tensor:
        """Say of each user whether means are over it: (num_users,) bool.

        Args:
            held_out: What is to be found, on any device.
        """
        has_held_out = held_out.counts > 0
        if self.evaluated_users == "every":
            return torch.ones_like(has_held_out)
        if self.evaluated_users == "all":
            return has_held_out
        return has_held_out & (self.split.told.counts > 0).to(has_held_out.device)

    @property
    def known(self) -> Interactions:
        """Join all parts of the split."""
        return self.split.everything

    @cached_property
    def fingerprint(self) -> str:
        """Identify the interactions before the split, whatever way they are divided in."""
        return self.known.fingerprint

    def on_device(self, device: torch.device) -> Split:
        """Move the split's tensors to a device, once."""
        if device not in self._on_device:
            self._on_device[device] = self.split.to(device)
        return self._on_device[device]

    def seen_at_test(self, device: torch.device) -> Interactions:
        """Join what models are told of users and validation items: masked at test time.

        A protocol may leave validation items out; then models are not told of them either.
        """
        if device not in self._seen_at_test:
            split, protocol = self.on_device(device), self.protocol
            of_training = protocol is not None and protocol.masked_at_test == "training"
            told = split.told if of_training else split.told.union(split.validation)
            self._seen_at_test[device] = told
        return self._seen_at_test[device]

    def train_dataloader(self) -> Any:
        """Make strides of batches, with the kind, size and number that the module asks for."""
        trainer, module = self._attached()
        device = trainer.strategy.root_device
        self.order_draws = Draws([module.seed], device, source=ORDERS)
        train = self.on_device(device).train
        batches = module.batches(train, module.batch_size, self.order_draws, self._shard())
        return Strides(batches, module.stride)

    def val_dataloader(self) -> EvaluationBlocks:
        """Make blocks of the users with validation items; what models are told is masked."""
        trainer, _ = self._attached()
        split = self.on_device(trainer.strategy.root_device)
        return self._blocks(split.told, split.validation, split)

    def test_dataloader(self) -> EvaluationBlocks:
        """Make blocks of the users with test items, which ``seen_at_test`` masks items of."""
        trainer, _ = self._attached()
        device = trainer.strategy.root_device
        split = self.on_device(device)
        return self._blocks(self.seen_at_test(device), split.test, split)

    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """Return the batch as it is: it was made on the training device."""
        return batch

    def _blocks(self, seen: Interactions, held_out: Interactions, split: Split) -> EvaluationBlocks:
        sampled = None if self.protocol is None else self.protocol.sampled_negatives
        return EvaluationBlocks(
            seen,
            held_out,
            self.user_block,
            self._shard(),
            self.measured(held_out),
            split.history,
            sampled,
        )

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


class RankDistillDataModule(InteractionsDataModule):
    """The split of the authors of Ranking Distillation."""

    source_type = RankDistillFolder


class SyntheticDataModule(InteractionsDataModule):
    """Made-up data, which need no download."""

    source_type = Synthetic
