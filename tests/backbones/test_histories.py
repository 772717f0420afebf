import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.backbones.histories import Histories


def histories():
    """Of four users and six items; user 3 has had nothing."""
    users, items = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 1, 3, 1, 2, 5])
    return Histories.from_pairs(users, items, num_users=4, num_items=6)


def test_a_row_for_each_user():
    assert histories().offsets.tolist() == [0, 3, 5, 6, 6]
    assert histories().lengths.tolist() == [3, 2, 1, 0]
    assert histories().rows.tolist() == [0, 0, 0, 1, 1, 2]


def test_rows_of_some_users_come_in_their_order():
    some = histories().of(torch.tensor([3, 1, 0]))
    assert some.offsets.tolist() == [0, 0, 2, 5]
    assert some.items.tolist() == [1, 2, 0, 1, 3]


def test_the_transposed_rows_are_the_users_of_each_item():
    had_by = histories().transposed()
    assert had_by.offsets.tolist() == [0, 1, 3, 4, 5, 5, 6]
    assert had_by.items.tolist() == [0, 0, 1, 1, 0, 2]


def test_what_is_dropped_is_neither_held_nor_counted():
    some = Histories(torch.tensor([0, 2, 3]), torch.tensor([1, 4, 2]), 6)
    kept = torch.tensor([True, False, True])
    some = Histories(some.offsets, some.items, 6, kept)
    assert some.lengths.tolist() == [1, 1]
    assert some.weights.tolist() == [1, 0, 1]
    held = some.holds(torch.tensor([0, 1]), torch.tensor([[1, 4, 2], [1, 4, 2]]))
    assert held.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert some.of(torch.tensor([1, 0])).weights.tolist() == [1, 1, 0]


def test_the_share_that_is_dropped_is_drawn_from_the_given_draws_alone():
    items = torch.arange(2000)
    many = Histories(torch.tensor([0, 2000]), items, 2000)
    first, again, other = (many.dropped(0.3, seeded_draws(seed)).weights for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.mean().item() == pytest.approx(0.7, abs=0.05)


def test_nobody_holds_an_item_where_there_are_no_histories():
    nothing = torch.empty(0, dtype=torch.int64)
    empty = Histories.from_pairs(nothing, nothing, num_users=2, num_items=3)
    assert empty.holds(torch.tensor([1]), torch.tensor([[0, 2]])).tolist() == [[0, 0]]


@pytest.mark.parametrize("items", [[3, 1], [1, 1]])
def test_pairs_out_of_order_or_twice_are_refused(items):
    with pytest.raises(ValueError, match="distinct and sorted"):
        Histories.from_pairs(torch.tensor([0, 0]), torch.tensor(items), 1, 4)
