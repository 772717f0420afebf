"""An epoch of a stack: each job's part of a batch is the batch that it would have alone."""

from dataclasses import replace

import pytest
import torch
from tests.data.made_interactions import of_matrix, random_matrix
from tests.draws.made_draws import seeded_draws

from rankdistill.data.batches import PairBatches, UserBatches
from rankdistill.stacks.stacked_batches import StackedPairs, StackedUsers

SEEDS = (3, 4, 3)


def some(is_weighed):
    train = of_matrix(random_matrix(9, 11, 0.4, seed=0))
    if not is_weighed:
        return train
    return replace(train, weights=1.0 + torch.arange(train.num_interactions) % 3)


def stacked_draws():
    return seeded_draws(*SEEDS)


def equal_or_none(found, expected):
    return found is expected is None or torch.equal(found, expected)


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("is_weighed", [False, True])
def test_pairs_stand_job_by_job_in_the_order_of_each_job(is_weighed, at_once):
    train = some(is_weighed)
    stacked = StackedPairs(train, 7, stacked_draws(), at_once)
    alone = [PairBatches(train, 7, seeded_draws(seed)) for seed in SEEDS]
    assert len(stacked) == len(alone[0]) > 2
    for batch, *parts in zip(stacked, *alone, strict=True):
        size = len(parts[0].contexts)
        for job, part in enumerate(parts):
            rows = slice(job * size, (job + 1) * size)
            users = batch.contexts.user_ids[rows] - job * train.num_users
            assert torch.equal(users, part.contexts.user_ids)
            assert torch.equal(batch.positive_items[rows], part.positive_items)
            weights = None if batch.weights is None else batch.weights[rows]
            assert equal_or_none(weights, part.weights)


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("is_weighed", [False, True])
def test_whole_users_stand_job_by_job_in_the_order_of_each_job(is_weighed, at_once):
    train = some(is_weighed)
    stacked = StackedUsers(train, 3, stacked_draws(), at_once)
    alone = [UserBatches(train, 3, seeded_draws(seed)) for seed in SEEDS]
    assert len(stacked) == len(alone[0]) > 2
    for batch, *parts in zip(stacked, *alone, strict=True):
        size, first = len(parts[0].contexts), 0
        for job, part in enumerate(parts):
            users = batch.contexts.user_ids[job * size : (job + 1) * size]
            assert torch.equal(users - job * train.num_users, part.contexts.user_ids)
            pairs = slice(first, first := first + len(part.positive_items))
            assert torch.equal(batch.positive_rows[pairs] - job * size, part.positive_rows)
            assert torch.equal(batch.positive_items[pairs], part.positive_items)
            weights = None if batch.weights is None else batch.weights[pairs]
            assert equal_or_none(weights, part.weights)
        assert first == len(batch.positive_items)


def seen_in(epoch):
    return [(batch.contexts.user_ids.tolist(), batch.positive_items.tolist()) for batch in epoch]


def test_an_epoch_that_is_drawn_ahead_is_the_one_that_would_have_come():
    stacked = StackedUsers(some(False), 3, stacked_draws(), 2)
    expected = [seen_in(stacked) for _ in range(2)]
    stacked = StackedUsers(some(False), 3, stacked_draws(), 2)
    first = seen_in(stacked)
    stacked.take_ahead(stacked.draw_ahead().double())
    assert [first, seen_in(stacked)] == expected


@pytest.mark.parametrize("kind", [StackedPairs, StackedUsers])
def test_jobs_that_are_left_go_on_with_what_was_drawn_for_them(kind):
    train = some(False)
    left, few = (kind(train, 3, seeded_draws(*seeds)) for seeds in (SEEDS, SEEDS[1:]))
    for stacked in (left, few):
        list(stacked)
        if (ahead := stacked.draw_ahead()) is not None:
            stacked.take_ahead(ahead)
    left.keep([1, 2])
    for _ in range(2):
        assert seen_in(left) == seen_in(few)
