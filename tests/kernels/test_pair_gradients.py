"""Gradients of pairs against sums over the pairs one by one."""

import pytest
import torch

from rankdistill.kernels.pair_gradients import bias_gradient, item_gradient, user_gradient

NUM_USERS, NUM_ITEMS = 11, 13
SHAPES = [(2, 5, 3), (2, 3000, 4), (64, 5, 3), (40, 2000, 2)]
"""Few and many pairs of short rows and of long ones."""


def problem(dim, batch, num_each):
    generator = torch.Generator().manual_seed(dim)
    user_ids = torch.randint(NUM_USERS, (batch,), generator=generator)
    item_ids = torch.randint(NUM_ITEMS, (batch, num_each), generator=generator)
    gradient = torch.randn(batch, num_each, generator=generator, dtype=torch.float64)
    users = torch.randn(NUM_USERS, dim, generator=generator, dtype=torch.float64)
    items = torch.randn(NUM_ITEMS, dim, generator=generator, dtype=torch.float64)
    return gradient, user_ids, item_ids, users, items


@pytest.mark.parametrize("shape", SHAPES)
def test_tables_get_the_sum_over_their_pairs(shape):
    gradient, user_ids, item_ids, users, items = problem(*shape)
    of_users, of_items = torch.zeros_like(users), torch.zeros_like(items)
    for pair in zip(user_ids.tolist(), item_ids.tolist(), gradient.tolist(), strict=True):
        user, *others = pair
        for item, weight in zip(*others, strict=True):
            of_users[user] += weight * items[item]
            of_items[item] += weight * users[user]
    found = user_gradient(gradient, user_ids, item_ids, items, NUM_USERS)
    torch.testing.assert_close(found, of_users)
    found = item_gradient(gradient, item_ids, users[user_ids], NUM_ITEMS)
    torch.testing.assert_close(found, of_items)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_bias_gets_the_sum_of_its_gradients(dtype):
    gradient = torch.tensor([1.0, 2.0, 4.0], dtype=dtype)
    found = bias_gradient(gradient, torch.tensor([2, 0, 2]), 4)
    assert found.dtype == dtype
    assert found.tolist() == [2.0, 0.0, 5.0, 0.0]
