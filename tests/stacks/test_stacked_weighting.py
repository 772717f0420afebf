"""Weightings of several jobs weigh each job's rows as the job's own does."""

import pytest
import torch
from tests.distillation.helpers import FixedScores, StudentOf, first_items_seen
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.student_rank import ExactRank, SampledRank
from rankdistill.distillation.weighting import (
    DiscrepancyWeighting,
    HybridWeighting,
    PositionWeighting,
    UniformWeighting,
)
from rankdistill.stacks.replicas import replicated
from rankdistill.stacks.stacked_weighting import StackedWeighting

USERS, ITEMS = 4, 12
LENGTHS = [2, 4, 3, 4, 4]


def weightings(rank):
    return [
        UniformWeighting(),
        PositionWeighting(3.0),
        DiscrepancyWeighting(0.1, rank(), normalize=False),
        HybridWeighting(2.0, 0.2, rank(), warmup_epochs=0, normalize=True),
        HybridWeighting(2.0, 0.2, rank(), warmup_epochs=2, normalize=True),
    ]


def scores_of(jobs):
    return torch.cat([seeded_draws(10 + job).normal((USERS, ITEMS)) for job in range(jobs)])


def weighed(weighting, draws, train, items, rows, top_k, epochs):
    """The weights of all users' rows in the last of some epochs."""
    context = DistillationContext(FixedScores(rows), train, 3, draws)
    items = items[:, :top_k]
    weighting.prepare(context, items, top_k, True)
    users = torch.arange(train.num_users)
    student = StudentOf(rows, users)
    scores = rows.gather(1, items)
    for epoch in range(epochs):
        weighting.refresh(FixedScores(rows).score_rows, epoch)
        found = weighting(student, scores)
    return found.expand(len(users), -1)


@pytest.mark.parametrize("rank", [ExactRank, lambda: SampledRank(5)], ids=["exact", "sampled"])
@pytest.mark.parametrize("epochs", [1, 4])
def test_each_row_weighs_what_it_would_in_its_own_job(rank, epochs):
    jobs = len(LENGTHS)
    train = first_items_seen([2] * USERS, ITEMS)
    items = seeded_draws().normal((USERS, ITEMS - 2)).topk(max(LENGTHS)).indices + 2
    rows = scores_of(jobs)
    seeds = list(range(jobs))
    stacked = StackedWeighting(weightings(rank), LENGTHS, USERS)
    draws = seeded_draws(*seeds)
    whole = replicated(train, jobs)
    found = weighed(stacked, draws, whole, items.repeat(jobs, 1), rows, max(LENGTHS), epochs)
    own = zip(weightings(rank), LENGTHS, seeds, rows.chunk(jobs), found.chunk(jobs), strict=True)
    for weighting, length, seed, scores, mine in own:
        alone = weighed(weighting, seeded_draws(seed), train, items, scores, length, epochs)
        torch.testing.assert_close(mine[:, :length], alone)
        assert not mine[:, length:].any(), "beyond its own K nothing weighs"


def test_ranks_are_not_asked_for_before_a_job_compares_them():
    class Never(ExactRank):
        def refresh(self, student):
            raise AssertionError("nobody compares yet")

    waiting = HybridWeighting(2.0, 0.2, Never(), warmup_epochs=3, normalize=True)
    stacked = StackedWeighting([UniformWeighting(), waiting], [2, 2], USERS)
    train = first_items_seen([2] * USERS, ITEMS)
    draws = seeded_draws(1, 2)
    items = torch.tensor([[3, 4]]).repeat(2 * USERS, 1)
    found = weighed(stacked, draws, replicated(train, 2), items, scores_of(2), 2, epochs=3)
    torch.testing.assert_close(found[0], torch.tensor([0.5, 0.5]))
