"""Users of a stack: job after job, each with the items of the one data set."""

from dataclasses import replace

import torch

from rankdistill.data.interactions import Interactions
from rankdistill.stacks.replicas import (
    job_of,
    jobs_ranked_at_once,
    replicated,
    users_at_once,
)


def some():
    users, items = torch.tensor([0, 0, 2]), torch.tensor([1, 3, 0])
    return Interactions.from_pairs(users, items, 3, 4)


def test_every_copy_of_a_user_has_the_users_items():
    twice = replicated(some(), 2)
    assert twice.num_users == 6
    assert twice.num_items == 4
    assert twice.user_ids.tolist() == [0, 0, 2, 3, 3, 5]
    assert twice.item_ids.tolist() == [1, 3, 0, 1, 3, 0]


def test_one_copy_has_the_pairs_as_they_are():
    once = replicated(some(), 1)
    assert torch.equal(once.offsets, some().offsets)


def test_weights_go_along():
    weighed = replace(some(), weights=torch.tensor([1.0, 2.0, 3.0]))
    assert replicated(weighed, 2).weights.tolist() == [1, 2, 3, 1, 2, 3]


def test_the_job_of_a_user_is_told_by_the_number():
    assert job_of(torch.tensor([0, 2, 3, 8]), 3).tolist() == [0, 0, 1, 2]


def test_a_cpu_ranks_small_blocks_and_a_gpu_all_users_of_several_jobs():
    assert users_at_once(2, some(), 7) == 2
    elsewhere = some().to("meta")
    assert users_at_once(2, elsewhere, 7) == 7 * 3
    wide = replace(elsewhere, num_items=2**22)
    assert users_at_once(2, wide, 99) == 5 * 3, "as many scores as are held at once"
    assert users_at_once(2, replace(elsewhere, num_items=2**30), 99) == 2, "what was asked for"


def test_a_gpu_measures_users_of_several_jobs_at_once():
    assert jobs_ranked_at_once(2, some(), 7) == 1
    elsewhere = some().to("meta")
    assert jobs_ranked_at_once(2, elsewhere, 7) == 7
    assert jobs_ranked_at_once(2, replace(elsewhere, num_items=2**23), 99) == 4
    assert jobs_ranked_at_once(2, replace(elsewhere, num_items=2**30), 99) == 1
