import pytest
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.last_share import LastShareSplit


def users_of(counts):
    """Users with so many items each; an item's id is its place in the user's order of time."""
    pairs = [(user, item) for user, count in enumerate(counts) for item in range(count)]
    users, items = torch.tensor(pairs).t()
    times = 10.0 * items + users
    return Interactions.from_pairs(users, items, len(counts), max(counts), timestamps=times)


def items_of(part):
    return [part.item_ids[part.user_ids == user].tolist() for user in range(part.num_users)]


def split(counts, validation=0.1, test=0.2):
    made = LastShareSplit(validation, test, ties="random")
    return made(users_of(counts), torch.Generator().manual_seed(0))


def test_the_last_shares_of_each_user_are_held_out():
    parts = split([10, 20])
    assert items_of(parts.train) == [[*range(7)], [*range(14)]]
    assert items_of(parts.validation) == [[7], [14, 15]]
    assert items_of(parts.test) == [[8, 9], [16, 17, 18, 19]]


def test_a_user_with_too_few_items_keeps_them():
    parts = split([10, 1, 2])
    assert items_of(parts.train)[1:] == [[0], [0, 1]]


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (-0.1, 0.2), (0.0, 0.0)])
def test_shares_that_leave_nothing_are_refused(validation, test):
    with pytest.raises(ValueError, match="validation"):
        LastShareSplit(validation, test, ties="random")
