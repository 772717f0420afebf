"""Buffers give the losses and the gradients of the batch that was copied into them."""

from typing import cast

import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import PairBatch, PairBatches, UserBatch, UserBatches
from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import UniformNegatives
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_buffers import BatchBuffers, largest_batch
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.objectives import Bpr, Gbce, Pointwise, Softmax

NUM_USERS, NUM_ITEMS = 9, 12
OBJECTIVES = {
    "bpr": lambda: Bpr(2, UniformNegatives(exclude_positives=True)),
    "pointwise": lambda: Pointwise(2, UniformNegatives(exclude_positives=True)),
    "gbce": lambda: Gbce(2, UniformNegatives(exclude_positives=True), 0.5),
    "softmax": Softmax,
}


def interactions(is_weighed):
    """User u has had the items 0 to u."""
    pairs = [(user, item) for user in range(NUM_USERS) for item in range(user + 1)]
    user_ids, item_ids = torch.tensor(pairs).T
    weights = 0.5 + torch.arange(len(pairs)).float() % 3 if is_weighed else None
    return Interactions.from_pairs(user_ids, item_ids, NUM_USERS, NUM_ITEMS, weights=weights)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return MatrixFactorization(NUM_USERS, NUM_ITEMS, 3, init_std=0.5).double()


def learned(network, loss):
    return [loss.detach(), *torch.autograd.grad(loss, tuple(network.parameters()))]


@pytest.mark.parametrize("is_weighed", [False, True])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_batch_of_an_epoch_teaches_what_it_does_without_buffers(name, is_weighed, network):
    train, objective = interactions(is_weighed), OBJECTIVES[name]()
    objective.prepare(train, seeded_draws())
    of_pairs = objective.batches is PairBatches
    kind = PairBatches if of_pairs else UserBatches
    batches = objective.completed(list(kind(train, 4, seeded_draws())))
    assert len(batches[-1].contexts) < 4
    shape = largest_batch(train, 4, of_pairs)
    buffers = BatchBuffers(batches[0], shape, torch.float64)
    for batch in [*batches, *batches[:2]]:  # full ones after the last one too
        assert buffers.fits(batch)
        buffers.fill(batch)
        expected = learned(network, objective(BatchScores.of(network, batch), batch))
        found = learned(network, objective(buffers.view(network), buffers.batch))
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def weighed_sum(view, seed):
    """The sum over users of a number of each user's own, times what the user weighs."""
    numbers = torch.randn(NUM_USERS, generator=torch.Generator().manual_seed(seed)).double()
    return (view.shares * numbers[view.contexts.user_ids]).sum()


@pytest.mark.parametrize("user_pairs", [None, 3, 99])
def test_users_of_pairs_weigh_together_what_distinct_users_weigh(user_pairs, network):
    batch = PairBatch(Contexts(torch.tensor([4, 1, 4, 4, 1])), torch.tensor([0, 1, 2, 3, 0]))
    shape = largest_batch(interactions(False), 7, True, user_pairs)
    buffers = BatchBuffers(batch, shape, torch.float64)
    buffers.fill(batch)
    found, expected = buffers.view(network), BatchScores.of(network, batch, user_pairs)
    assert float(found.shares.sum()) == pytest.approx(1)
    for kind in ("per_user", "distinct_users"):
        mine, wanted = (getattr(view, kind) for view in (found, expected))
        assert float(weighed_sum(mine, 1)) == pytest.approx(float(weighed_sum(wanted, 1)))


def test_the_part_of_a_job_begins_where_it_does_in_a_full_batch():
    train = interactions(False)
    full = UserBatch(
        Contexts(torch.tensor([0, 1, 2, 9, 10, 11])),
        torch.tensor([0, 1, 3, 5]),
        torch.tensor([0, 0, 0, 1]),
    )
    shape = largest_batch(train, 3, False, jobs=2)
    buffers = BatchBuffers(full, shape, torch.float64)
    few = UserBatch(
        Contexts(torch.tensor([5, 6, 14, 15])),
        torch.tensor([0, 1, 2, 3]),
        torch.tensor([1, 2, 3, 4]),
    )
    buffers.fill(few)
    found = cast(UserBatch, buffers.batch)
    assert found.contexts.user_ids.view(2, 3)[:, :2].tolist() == [[5, 6], [14, 15]]
    assert buffers.shares.view(2, 3).tolist() == [[0.25, 0.25, 0], [0.25, 0.25, 0]]
    assert found.positive_rows[:4].tolist() == [0, 1, 3, 4]
    assert found.positive_items[:4].tolist() == [1, 2, 3, 4]
    of_last = found.contexts.user_ids.view(2, 3)[:, 2]
    assert (of_last // NUM_USERS).tolist() == [0, 1], "what is left over is of its own job"


def test_the_largest_batch_has_the_users_of_most_interactions():
    shape = largest_batch(interactions(False), 3, False, jobs=5)
    assert (shape.rows, shape.positives) == (3, 5 * (9 + 8 + 7))
    assert largest_batch(interactions(False), 99, False).rows == NUM_USERS
    assert largest_batch(interactions(False), 99, True).rows == 45


def test_batches_of_another_kind_or_size_do_not_fit():
    ids = torch.zeros(4, dtype=torch.int64)
    pairs, users = PairBatch(Contexts(ids), ids), UserBatch(Contexts(ids), ids, ids)
    buffers = BatchBuffers(pairs, largest_batch(interactions(False), 4, True), torch.float64)
    assert buffers.fits(pairs)
    assert not buffers.fits(users)
    assert not buffers.fits(pairs._replace(contexts=Contexts(ids, ids)))
    assert not buffers.fits(pairs._replace(shared_items=ids))
    five = torch.zeros(5, dtype=torch.int64)
    assert not buffers.fits(PairBatch(Contexts(five), five))
