import pytest
import torch
from tests.distillation.helpers import FixedScores, first_items_seen

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.unseen_order import UnseenOrder
from rankdistill.histories.contexts import Contexts

TRAIN = first_items_seen([2, 0, 5], num_items=5)
SCORES = torch.tensor(
    [[9.0, 8.0, 1.0, 3.0, 2.0], [0.1, 0.5, 0.4, 0.3, 0.2], [1.0, 2.0, 3.0, 4.0, 5.0]]
)
KEPT, SORTED_PER_BATCH = 1.0, 0.0


def order_of(scores, cache_mib, train=TRAIN, user_block=2):
    order = UnseenOrder(train, user_block, cache_mib)
    order.take(FixedScores(scores).score_rows)
    return order


@pytest.mark.parametrize("cache_mib", [KEPT, SORTED_PER_BATCH])
def test_positions_count_the_unseen_items_from_the_best(cache_mib):
    order = order_of(SCORES, cache_mib)
    assert order.num_unseen.tolist() == [3, 5, 0]
    got = order(Contexts(torch.tensor([1, 0, 1])), torch.tensor([[0, 1, 4], [0, 1, 2], [2, 2, 0]]))
    assert got.tolist() == [[1, 2, 0], [3, 4, 2], [3, 3, 1]]
    assert got.dtype == torch.int64


@pytest.mark.parametrize("user_block", [1, 2, 100])
def test_a_kept_order_equals_one_that_is_sorted_per_batch(user_block):
    scores = torch.randn(7, 40, generator=torch.Generator().manual_seed(0))
    train = first_items_seen([0, 3, 39, 7, 1, 20, 2], num_items=40)
    users, positions = torch.arange(7), torch.arange(40).expand(7, 40)
    kept, sorted_anew = (
        order_of(scores, cache_mib, train, user_block)(Contexts(users), positions)
        for cache_mib in (KEPT, SORTED_PER_BATCH)
    )
    for user, count in enumerate(train.counts.tolist()):
        expected = sorted(range(count, 40), key=lambda i, user=user: -float(scores[user, i]))
        assert kept[user, : 40 - count].tolist() == expected
        assert sorted_anew[user, : 40 - count].tolist() == expected
        assert set(kept[user, 40 - count :].tolist()) == set(range(count))


@pytest.mark.parametrize("cache_mib", [KEPT, SORTED_PER_BATCH])
def test_a_later_network_takes_the_place_of_the_earlier_one(cache_mib):
    order = order_of(SCORES, cache_mib)
    order.take(FixedScores(-SCORES).score_rows)
    assert order(Contexts(torch.tensor([1])), torch.tensor([[0, 4]])).tolist() == [[0, 1]]


def test_an_order_of_more_items_than_int16_holds_is_kept_whole():
    num_items = 40_000
    train = Interactions.from_pairs(torch.tensor([1]), torch.tensor([39_999]), 2, num_items)
    scores = torch.arange(num_items, dtype=torch.float32).repeat(2, 1)
    order = order_of(scores, cache_mib=100.0, train=train, user_block=1)
    positions = torch.tensor([[0, 1, 39_998]] * 2)
    got = order(Contexts(torch.tensor([0, 1])), positions)
    assert got.tolist() == [[39_999, 39_998, 1], [39_998, 39_997, 0]]
    assert order.num_unseen.tolist() == [40_000, 39_999]
