import pytest
import torch

from rankdistill.backbones.observed_pairs import ObservedPairs

USERS = torch.tensor([0, 0, 1, 3, 3, 3])
ITEMS = torch.tensor([2, 0, 4, 3, 1, 0])


def observed() -> ObservedPairs:
    """Pairs of four users and five items; user 2 has none."""
    pairs = ObservedPairs(num_users=4)
    pairs.set(USERS, ITEMS)
    return pairs


def test_indicators_are_the_rows_of_the_asked_users_in_their_order():
    got = observed().indicators(torch.tensor([3, 2, 0, 3]), num_items=5)
    assert got.tolist() == [[1, 1, 0, 1, 0], [0] * 5, [1, 0, 1, 0, 0], [1, 1, 0, 1, 0]]


def test_before_any_pair_is_set_all_indicators_are_zero():
    assert not ObservedPairs(4).indicators(torch.arange(4), num_items=5).any()


def test_pairs_that_are_set_again_take_the_place_of_the_earlier_ones():
    pairs = observed()
    pairs.set(torch.tensor([2]), torch.tensor([4]))
    assert pairs.indicators(torch.arange(4), 5).nonzero().tolist() == [[2, 4]]


@pytest.mark.parametrize("num_pairs", [0, 2, 6])
def test_a_state_of_any_number_of_pairs_loads_inside_another_module(num_pairs):
    holder = torch.nn.ModuleDict({"pairs": ObservedPairs(4)})
    holder["pairs"].set(USERS[:num_pairs], ITEMS[:num_pairs])
    state = {f"pairs.{name}": value for name, value in observed().state_dict().items()}
    holder.load_state_dict(state)
    users = torch.arange(4)
    expected = observed().indicators(users, 5)
    assert torch.equal(holder["pairs"].indicators(users, 5), expected)


def test_no_pair_is_a_parameter_that_is_learned():
    assert list(observed().parameters()) == []


def test_a_state_of_other_users_is_refused():
    with pytest.raises(RuntimeError, match="user_offsets"):
        ObservedPairs(5).load_state_dict(observed().state_dict())


def test_pairs_that_are_not_sorted_by_user_are_refused_because_offsets_would_lie():
    with pytest.raises(ValueError, match="sorted by user"):
        ObservedPairs(3).set(torch.tensor([1, 0]), torch.tensor([0, 0]))
