"""Negatives of a stack are those that each job's own sampler would draw."""

import pytest
import torch
from tests.data.made_interactions import of_matrix, random_matrix
from tests.draws.made_draws import seeded_draws

from rankdistill.data.sampling import PopularityNegatives, UniformNegatives
from rankdistill.stacks.shared_negatives import SharedNegatives

USERS, ITEMS = 6, 20
SAMPLERS = [UniformNegatives(True), UniformNegatives(False), PopularityNegatives(0.7, True)]


def train():
    return of_matrix(random_matrix(USERS, ITEMS, 0.5, seed=1))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=["unseen", "any", "popular"])
def test_each_job_draws_for_a_stride_of_batches_what_it_would_alone(sampler):
    shared = SharedNegatives(sampler)
    shared.prepare(train())
    own = [torch.tensor([1, 5, 2, 2]), torch.tensor([4, 0, 1, 3])]
    stride = torch.cat([own[0][:2], own[1][:2] + USERS, own[0][2:], own[1][2:] + USERS])
    found = shared.draw(stride, 3, seeded_draws(7, 8))
    sampler.prepare(train())
    first, second = (
        sampler.draw(users, 3, seeded_draws(seed)) for users, seed in zip(own, (7, 8), strict=True)
    )
    expected = torch.cat([first[:2], second[:2], first[2:], second[2:]])
    assert torch.equal(found, expected)


def test_how_probable_an_item_is_for_a_user_does_not_depend_on_the_job():
    shared = SharedNegatives(PopularityNegatives(0.7, True))
    shared.prepare(train())
    items = torch.tensor([[3, 4], [3, 4]])
    first, second = shared.log_shares(items, torch.tensor([2, 2 + USERS]))
    assert torch.equal(first, second)


def test_items_that_a_whole_batch_shares_are_not_drawn_for_several_jobs():
    with pytest.raises(NotImplementedError, match="not drawn for stacks"):
        SharedNegatives(UniformNegatives(False)).draw_shared(4, 2, seeded_draws())
