"""The distilled student: the small model, trained with the teacher at its side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.interface import Backbone, EmbeddingBackbone, StartsFromFactors
from rankdistill.backbones.listed import EmbeddedLists, Listed
from rankdistill.building import build, did_you_mean
from rankdistill.data.batches import PairBatch, PairBatches, UserBatch
from rankdistill.data.interactions import Interactions
from rankdistill.distillation.balance import BALANCES
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    StudentScores,
    Tables,
)
from rankdistill.distillation.teacher_factors import TeacherFactors
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.recommender import Recommender
from rankdistill.modules.taught_lists import taught_lists
from rankdistill.modules.unfit_networks import refuse_unfit_networks
from rankdistill.modules.weighed_scores import WeighedScores

logger = logging.getLogger(__name__)


class DistilledStudent(Recommender):
    """A student whose loss is balanced with one or several distillation losses.

    Args:
        distillation: ``alpha``, ``loss_balance``, ``initialization`` (a node, or None),
            ``user_pairs`` (see StrideUsers), and ``methods``: a node per active method, by name;
            their losses are added with their weights.
        teacher: The frozen teacher's backbone; needed to fit, not to load or to rank. It is no
            submodule: it takes no part in checkpoints, gradients or train mode.
        **recommender: See Recommender.
    """

    role = "distilled_student"

    def __init__(
        self,
        distillation: Mapping[str, Any],
        teacher: Backbone | None = None,
        **recommender: Any,
    ):
        super().__init__(**recommender)
        self.save_hyperparameters("distillation")
        names = distillation["methods"]
        if not names:
            raise ValueError("distillation.methods is empty; choose one, or use module=student.")
        balance = distillation["loss_balance"]
        if balance not in BALANCES:
            raise ValueError(f"loss_balance is {balance!r}{did_you_mean(balance, BALANCES)}")
        self.balance = BALANCES[balance](float(distillation["alpha"]))
        self.user_pairs = distillation.get("user_pairs")
        if self.user_pairs is not None and self.user_pairs < 1:
            raise ValueError(f"user_pairs must be at least 1, or null, got {self.user_pairs}.")
        allow = recommender.get("allow_targets", ())
        self._methods: dict[str, DistillationMethod] = {
            name: build(names[name], allow=allow) for name in names
        }
        self.methods = nn.ModuleDict(self._methods)
        start = distillation.get("initialization")
        self.start: TeacherFactors | None = None if start is None else build(start, allow=allow)
        if self.start is not None and not isinstance(self.backbone, StartsFromFactors):
            raise ValueError(
                f"{type(self.backbone).__name__} cannot start from the teacher's factors; use "
                "initialization=random."
            )
        self._teacher = [teacher]
        self._list_weights: dict[str, Tensor] = {}

    def check(self, train: Interactions, teacher: type[Backbone] | None) -> None:
        """Before a teacher is trained: refuse methods that do not fit the data or the networks.

        Args:
            train: The training interactions.
            teacher: The kind of the teacher's backbone; None where a checkpoint will tell.

        Raises:
            ValueError: Naming the method and what it lacks.
        """
        refuse_unfit_networks(
            self._methods, teacher, type(self.backbone), from_factors=self.start is not None
        )
        for method in self._methods.values():
            method.check(train)

    @override
    def row_readers(self) -> dict[str, int]:
        users = self.rows_in_batch
        if self.objective.batches is PairBatches and self.user_pairs is not None:
            users = min(users, self.user_pairs)
        readers = {f"distillation={name}": users for name in self._row_methods}
        return {**super().row_readers(), **readers}

    @property
    def _row_methods(self) -> list[str]:
        return [name for name, method in self._methods.items() if method.reads_rows]

    @property
    def teacher(self) -> Backbone:
        """The frozen teacher's backbone; a ValueError where none was given."""
        (teacher,) = self._teacher
        if teacher is None:
            raise ValueError("A distilled student needs a teacher to be fitted.")
        return teacher

    @property
    @override
    def distillation_methods(self) -> Mapping[str, DistillationMethod]:
        return self._methods

    @override
    def step_reads(self) -> dict[str, object]:
        own = {"balance": self.balance, "weights of lists": self._list_weights}
        return {**super().step_reads(), **own}

    def prepare(self, train: Interactions, draws: Draws) -> None:
        """Let every method take from the teacher what it needs."""
        super().prepare(train, draws)
        teacher = self.teacher
        taught = taught_lists(teacher, train) if isinstance(teacher, Listed) else None
        shortest_list = None if taught is None else taught.shortest_list
        context = self.begin(train, draws, self.datamodule.user_block, shortest_list)
        for name, method in self._methods.items():
            method.prepare(context)
            if taught is not None:
                self._list_weights[name] = taught.weights(method.list_length)
                assert isinstance(teacher, Listed)
                _tell_of_lists(name, self._list_weights[name], method.list_length, teacher)

    def begin(
        self,
        train: Interactions,
        draws: Draws,
        user_block: int,
        shortest_list: int | None = None,
    ) -> DistillationContext:
        """Check the teacher, start from its factors where that is wanted, and say what there is.

        Args:
            train: The training interactions, on the training device.
            draws: Source of every random choice.
            user_block: Users that may be scored at once.
            shortest_list: See DistillationContext.

        Returns:
            What methods are prepared with.
        """
        teacher = self.teacher
        self.check(train, type(teacher))
        for network in (teacher, *teacher.earlier):
            network.eval().requires_grad_(False).to(train.item_ids.device)
        context = DistillationContext(
            teacher,
            train,
            user_block,
            draws,
            teacher_tables=_tables(teacher),
            student_dim=_embedding_dim(self.backbone),
            shortest_list=shortest_list,
            teacher_users_of=_users_of(teacher),
            by_place=self.backbone.trains_on != "users",
            score_shared=teacher.score_shared,
            earlier_teachers=teacher.earlier,
        )
        if self.start is not None:
            self.start_from_teacher(self.start, context)
        return context

    def start_from_teacher(self, start: TeacherFactors, context: DistillationContext) -> None:
        """Put the teacher's factors in the place of the random initialisation."""
        assert isinstance(self.backbone, StartsFromFactors)
        assert context.student_dim is not None
        self.backbone.start_from(*start(context, context.student_dim))

    def on_train_epoch_start(self) -> None:
        """Let every method look at the student as it stands."""
        super().on_train_epoch_start()
        with torch.no_grad():
            for method in self._methods.values():
                method.refresh(self.backbone.score_rows, self.current_epoch)

    @override
    def views(self, batches: Sequence[PairBatch | UserBatch]) -> Iterator[BatchScores]:
        return BatchScores.of_stride(self.backbone, batches, self.user_pairs)

    @override
    def losses(self, scores: BatchScores, batch: PairBatch | UserBatch) -> dict[str, Tensor]:
        ranking = self.objective(scores, batch)
        each = {
            name: method.loss(self._weighed(scores, name)) for name, method in self._methods.items()
        }
        weighted = [self._methods[name].weight * each[name] for name in each]
        distillation = reduce(torch.add, weighted)
        return {
            "loss": self.balance.ranking * ranking + self.balance.distillation * distillation,
            "ranking_loss": ranking,
            "distillation_loss": distillation,
            **({f"{name}_loss": value for name, value in each.items()} if len(each) > 1 else {}),
        }

    def _weighed(self, scores: BatchScores, method: str) -> StudentScores:
        """The view in which contexts weigh what the teacher's lists for them do."""
        weights, teacher = self._list_weights.get(method), self.teacher
        if weights is None:
            return scores
        assert isinstance(teacher, Listed)
        return WeighedScores(scores, lambda each: weights.index_select(0, teacher.lists_of(each)))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the checkpoint student-sized: what the methods learned is not served."""
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {k: v for k, v in state.items() if not k.startswith("methods.")}


def _tell_of_lists(method: str, weights: Tensor, list_length: int, teacher: Listed) -> None:
    logger.info(
        "distillation=%s learns from the lists of %s of %s %s, those with %s unseen items.",
        method,
        f"{int((weights > 0).sum()):,}",
        f"{len(teacher.owners()):,}",
        teacher.listed_for,
        f"{list_length:,}",
    )


@torch.no_grad()
def _tables(backbone: Backbone) -> Tables | None:
    if isinstance(backbone, EmbeddedLists):
        return Tables(backbone.user_table, backbone.item_table)
    if not isinstance(backbone, EmbeddingBackbone):
        return None
    embeddings = backbone.embeddings()
    return Tables(embeddings.users, embeddings.items)


def _users_of(backbone: Backbone) -> Callable[[Contexts], Tensor] | None:
    if isinstance(backbone, EmbeddedLists):
        return lambda contexts: backbone.user_table[contexts.user_ids]
    if not isinstance(backbone, EmbeddingBackbone):
        return None
    return lambda contexts: backbone.read(contexts).users_of(contexts)


@torch.no_grad()
def _embedding_dim(backbone: Backbone) -> int | None:
    tables = _tables(backbone)
    return None if tables is None else tables.users.shape[1]
