"""What the jobs of a stack learn from: their ranking losses and methods, computed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.data.batches import UserBatch
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.interactions import Interactions
from rankdistill.distillation.balance import Balance
from rankdistill.distillation.interface import DistillationContext, DistillationMethod, ScoreRows
from rankdistill.distillation.ranking import RankingDistillation
from rankdistill.draws.draws import Draws
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.objectives import Batch, SampledObjective
from rankdistill.modules.recommender import Recommender
from rankdistill.stacks.job_scores import weighed_by_job
from rankdistill.stacks.replicas import job_of, replicated, users_at_once
from rankdistill.stacks.shared_negatives import SharedNegatives
from rankdistill.stacks.stacked_teachers import StackedTeachers
from rankdistill.stacks.stacked_weighting import StackedWeighting


class StackedLessons:
    """The losses of all jobs.

    Every job's losses have a factor, which is a leaf of the graph: its gradient is the loss of the
    job, so that no loss is computed job by job to be drawn.

    Args:
        modules: The jobs, as they would be trained alone.
        datamodule: Their data.
        train: Its training interactions, on the training device.
        draws: The source of each job.

    Attributes:
        draws: The sources of the jobs that are still trained.
    """

    def __init__(
        self,
        modules: Sequence[Recommender],
        datamodule: InteractionsDataModule,
        train: Interactions,
        draws: Sequence[Draws],
    ):
        self.modules, self.train = modules, train
        self.user_block = datamodule.user_block
        self.objective = modules[0].objective
        for module, source in zip(modules, draws, strict=True):
            if isinstance(module, DistilledStudent):
                module.begin(train, source, datamodule.user_block)
        self._running, self.draws = list(range(len(modules))), Draws.side_by_side(draws)
        if isinstance(self.objective, SampledObjective):
            self.objective.negatives = SharedNegatives(self.objective.negatives)

    def starts(self) -> list[dict[str, Tensor]]:
        """The tensors that every job begins from."""
        device = self.train.item_ids.device
        return [module.backbone.to(device).state_dict() for module in self.modules]

    def gather(self, running: Sequence[int], dtype: torch.dtype) -> None:
        """Prepare the losses of the jobs that are still trained.

        Args:
            running: Their numbers.
            dtype: Of the weights that are learned.
        """
        modules = [self.modules[number] for number in running]
        self.jobs = len(running)
        self.balances = [balance_of(module) for module in modules]
        self.draws = draws = self.draws.of([self._running.index(number) for number in running])
        self._running = list(running)
        self.objective.prepare(self.train, draws)
        self.methods: dict[str, DistillationMethod] = {}
        self.weights: dict[str, list[float]] = {}
        students = [module for module in modules if isinstance(module, DistilledStudent)]
        if students:
            context = DistillationContext(
                StackedTeachers([student.teacher for student in students], self.train.num_users),
                replicated(self.train, self.jobs),
                users_at_once(self.user_block, self.train, self.jobs),
                draws,
            )
            for name in students[0].distillation_methods:
                each = [student.distillation_methods[name] for student in students]
                self.methods[name] = _joined(each, self.train.num_users)
                self.weights[name] = [method.weight for method in each]
                self.methods[name].prepare(context)
        self._values = self._factors(dtype)

    def _factors(self, dtype: torch.dtype) -> _Factors:
        """What losses are multiplied with lies on the device, where a step can read it."""
        device = self.train.item_ids.device

        def of_jobs(values: Sequence[float]) -> Tensor:
            return torch.tensor(values, dtype=dtype, device=device)

        weights = {name: of_jobs(values) for name, values in self.weights.items()}
        ranking = of_jobs([balance.ranking for balance in self.balances])
        taught = of_jobs([balance.distillation for balance in self.balances])
        return _Factors(ranking, taught, weights)

    def refresh(self, student: ScoreRows, epoch: int) -> None:
        """Let every method look at the students as they stand."""
        with torch.no_grad():
            for method in self.methods.values():
                method.refresh(student, epoch)

    def step_reads(self) -> dict[str, object]:
        """Objects that a step reads, by name."""
        return {
            "ranking loss": self.objective,
            "distillation": self.methods,
            "factors": self._values,
        }

    def completed(self, stride: Sequence[Batch]) -> Sequence[Batch]:
        """The batches with what the losses read beside training pairs, and with weights.

        The weights make the mean over all pairs the sum of the jobs' own means.
        """
        return [
            batch._replace(weights=self._weights(batch))
            for batch in self.objective.completed(stride)
        ]

    def learn(self, scores: BatchScores, batch: Batch) -> dict[str, Tensor]:
        """Give the tables of the stack the gradients of a completed batch.

        Args:
            scores: The view of the batch.
            batch: Pairs or users of every job, one job after the other.

        Returns:
            (jobs,) of every loss that a job alone would tell of, by its name, without gradient.
        """
        values = self._values
        of_ranking = values.ranking.detach().requires_grad_()
        of_methods = {
            name: (values.distillation * weight).requires_grad_()
            for name, weight in values.of_methods.items()
        }
        assert batch.weights is not None
        weights = batch.weights * of_ranking.index_select(0, self._job_of_pairs(batch))
        total = self.objective(scores, batch._replace(weights=weights))
        for name, method in self.methods.items():
            view = weighed_by_job(scores, of_methods[name], self.train.num_users)
            total = total + method.loss(view)
        total.backward()
        each = {name: _present(factor.grad) for name, factor in of_methods.items()}
        return self._told(_present(of_ranking.grad), each)

    def _job_of_pairs(self, batch: Batch) -> Tensor:
        jobs = job_of(batch.contexts.user_ids, self.train.num_users)
        return jobs.index_select(0, batch.positive_rows) if isinstance(batch, UserBatch) else jobs

    def _weights(self, batch: Batch) -> Tensor:
        """Weigh pairs, so that the mean over all of them is the sum of the jobs' own means."""
        like = self._values.ranking
        if isinstance(batch, UserBatch):
            jobs = self._job_of_pairs(batch)
            ones = like.new_ones(len(jobs))
            counts = like.new_zeros(self.jobs).index_add_(0, jobs, ones).clamp_min_(1.0)
            weights = (len(jobs) / counts).index_select(0, jobs)
        else:
            weights = like.new_full(batch.positive_items.shape, self.jobs)
        return weights if batch.weights is None else weights * batch.weights

    def _told(self, ranking: Tensor, each: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if not each:
            return {"train/loss": ranking}
        values = self._values
        weighted = [values.of_methods[name] * losses for name, losses in each.items()]
        distillation = torch.stack(weighted).sum(0)
        return {
            "train/loss": values.ranking * ranking + values.distillation * distillation,
            "train/ranking_loss": ranking,
            "train/distillation_loss": distillation,
            **({f"train/{name}_loss": each[name] for name in each} if len(each) > 1 else {}),
        }


class _Factors(NamedTuple):
    """What the losses of the jobs are multiplied with, (jobs,) each.

    Attributes:
        ranking: Of the ranking loss.
        distillation: Of all methods together.
        of_methods: Of each method among them, by name.
    """

    ranking: Tensor
    distillation: Tensor
    of_methods: Mapping[str, Tensor]


def balance_of(module: Recommender) -> Balance:
    """The factors of a job's losses; a model without a teacher has the ranking loss alone."""
    return module.balance if isinstance(module, DistilledStudent) else Balance(1.0, 0.0)


def _joined(methods: Sequence[DistillationMethod], num_users: int) -> DistillationMethod:
    """One method for all jobs, whose settings are equal but for what may differ."""
    lead = methods[0]
    if isinstance(lead, RankingDistillation):
        alike = [method for method in methods if isinstance(method, RankingDistillation)]
        lengths = [method.top_k for method in alike]
        weightings = [method.weighting for method in alike]
        return RankingDistillation(
            max(lengths),
            StackedWeighting(weightings, lengths, num_users),
            lead.exclude_seen,
            lead.cache_mib,
            lead.weight,
        )
    return lead


def _present(loss: Tensor | None) -> Tensor:
    assert loss is not None, "a loss has no gradient with respect to what it weighs"
    return loss
