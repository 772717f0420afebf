"""Scores of pairs against gathered rows, their product and PyTorch's own gradient."""

import pytest
import torch

from rankdistill.kernels.pair_scores import gathered_scores
from rankdistill.kernels.pair_scores import pair_scores as scores_of_tables

SHAPES = [
    (2, 5, 1),
    (2, 3000, 4),
    (3, 7, 6),
    (15, 40, 30),
    (16, 7, 2),
    (64, 4, 20),
    (31, 2200, 2),
    (200, 64, 3),
    (200, 600, 3),
]


def problem(dim, batch, num_each, dtype=torch.float32):
    generator = torch.Generator().manual_seed(dim)
    users = torch.randn(11, dim, generator=generator, dtype=dtype)
    items = torch.randn(13, dim, generator=generator, dtype=dtype)
    user_ids = torch.randint(11, (batch,), generator=generator)
    item_ids = torch.randint(13, (batch, num_each), generator=generator)
    weights = torch.randn(batch, num_each, generator=generator, dtype=dtype)
    return users.requires_grad_(), items.requires_grad_(), user_ids, item_ids, weights


def pair_scores(users, items, user_ids, item_ids):
    return scores_of_tables(user_ids, item_ids, users, items)


def gathered(users, items, user_ids, item_ids):
    return (items[item_ids] * users[user_ids][:, None]).sum(-1)


@pytest.mark.parametrize("shape", SHAPES)
def test_scores_and_gradients_are_those_of_gathered_rows(shape):
    users, items, user_ids, item_ids, weights = problem(*shape, dtype=torch.float64)
    outcomes = []
    for scores in (pair_scores, gathered):
        values = scores(users, items, user_ids, item_ids)
        gradients = torch.autograd.grad((values * weights).sum(), [users, items])
        outcomes.append([values, *gradients])
    torch.testing.assert_close(*outcomes, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dim", [4, 64])
def test_biases_are_added_and_get_their_gradients(dim):
    users, items, user_ids, item_ids, weights = problem(dim, 6, 5, dtype=torch.float64)
    biases = [torch.randn(len(table), dtype=torch.float64) for table in (users, items)]
    of_users, of_items = (bias.requires_grad_() for bias in biases)
    leaves = [users, items, of_users, of_items]
    expected = gathered(users, items, user_ids, item_ids)
    expected = expected + of_users[user_ids][:, None] + of_items[item_ids]
    gradients = torch.autograd.grad(expected, leaves, weights)
    for scores in (scores_of_tables, gathered_scores):
        found = scores(user_ids, item_ids, *leaves)
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(torch.autograd.grad(found, leaves, weights), gradients)


@pytest.mark.parametrize("dim", [4, 64])
def test_a_gradient_that_comes_in_another_memory_order_is_read_right(dim):
    users, items, user_ids, item_ids, weights = problem(dim, 6, 5, dtype=torch.float64)
    transposed = weights.t().contiguous().t()
    expected = torch.autograd.grad(gathered(users, items, user_ids, item_ids), items, weights)
    found = torch.autograd.grad(pair_scores(users, items, user_ids, item_ids), items, transposed)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("shape", [(2, 4096, 4), (200, 256, 2), (200, 512, 4)])
def test_gradients_are_the_same_bits_with_one_thread_and_with_two(shape):
    users, items, user_ids, item_ids, weights = problem(*shape)
    threads = torch.get_num_threads()
    outcomes = []
    try:
        for num_threads in (1, 2):
            torch.set_num_threads(num_threads)
            scores = pair_scores(users, items, user_ids, item_ids)
            outcomes.append([scores, *torch.autograd.grad(scores, [users, items], weights)])
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(one, two) for one, two in zip(*outcomes, strict=True))


@pytest.mark.parametrize("dim", [4, 64])
@pytest.mark.parametrize(("user", "item"), [(11, 0), (-1, 0), (0, 13), (0, -1)])
def test_an_id_out_of_range_is_refused(dim, user, item):
    users, items, *_ = problem(dim, 1, 1)
    with pytest.raises(IndexError, match=r"must lie in \[0, 1[13]\)"):
        pair_scores(users, items, torch.tensor([user]), torch.tensor([[item]]))


@pytest.mark.parametrize("dim", [4, 64])
def test_nothing_to_score_is_an_empty_answer(dim):
    users, items, *_ = problem(dim, 1, 1)
    no_users, no_items = torch.empty(0, dtype=torch.int64), torch.empty(0, 3, dtype=torch.int64)
    scores = pair_scores(users, items, no_users, no_items)
    assert scores.shape == (0, 3)
    scores.sum().backward()
    assert users.grad is not None
    assert not users.grad.any()


def test_autocast_leaves_the_scores_at_full_precision():
    users, items, user_ids, item_ids, _ = problem(64, 5, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = pair_scores(users, items, user_ids, item_ids)
    assert scores.dtype == torch.float32
    assert torch.equal(scores, pair_scores(users, items, user_ids, item_ids))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_passes_numerical_checks(shape):
    dim, batch, num_each = (min(size, 6) for size in shape)
    users, items, user_ids, item_ids, _ = problem(dim, batch, num_each, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda *of: pair_scores(*of, user_ids, item_ids), [users, items]
    )


def test_a_gradient_of_the_gradient_is_refused():
    users, items, user_ids, item_ids, _ = problem(4, 6, 5)
    loss = pair_scores(users, items, user_ids, item_ids).square().sum()
    (gradient,) = torch.autograd.grad(loss, users, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_frozen_tables_get_no_gradient():
    users, items, user_ids, item_ids, _ = problem(4, 6, 5)
    pair_scores(users.detach(), items, user_ids, item_ids).sum().backward()
    assert users.grad is None
    assert items.grad is not None


def test_halves_are_scored_from_gathered_rows():
    users, items, user_ids, item_ids, _ = problem(4, 6, 5)
    halves = [table.detach().bfloat16() for table in (users, items)]
    found = pair_scores(*halves, user_ids, item_ids)
    assert found.dtype == torch.bfloat16
    expected = gathered(users, items, user_ids, item_ids)
    torch.testing.assert_close(found.float(), expected, rtol=0.05, atol=0.05)
