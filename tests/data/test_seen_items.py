"""Shifts that leave out what users have seen, with a table and without one."""

import pytest
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems, seen_among

PAIRS = [(0, 1), (0, 4), (2, 0), (2, 1), (2, 2), (2, 3), (2, 4)]  # user 1 has seen nothing


@pytest.fixture(params=[SeenItems.LISTED, 0], ids=["table", "pairs"])
def seen(request, monkeypatch):
    monkeypatch.setattr(SeenItems, "LISTED", request.param)
    user_ids, item_ids = torch.tensor(PAIRS).T
    return SeenItems(Interactions.from_pairs(user_ids, item_ids, 3, 5))


def test_the_shift_leaves_out_what_a_user_has_seen_and_nothing_else(seen):
    users = [2, 0, 1, 0]
    shift = seen.shift(torch.tensor(users))
    assert shift.dtype == torch.float32
    expected = [
        [-torch.inf if (user, item) in PAIRS else 0.0 for item in range(5)] for user in users
    ]
    assert shift.tolist() == expected


def test_a_shift_may_be_written_to(seen):
    users = torch.tensor([0])
    seen.shift(users).fill_(7.0)
    assert seen.shift(users).tolist() == [[0.0, -torch.inf, 0.0, 0.0, -torch.inf]]


def test_what_users_have_seen_among_some_items_is_told_for_items_and_users_that_repeat():
    user_ids, item_ids = torch.tensor(PAIRS).T
    users, items = [2, 0, 1, 0], [4, 0, 1, 4]
    found = seen_among(
        Interactions.from_pairs(user_ids, item_ids, 3, 5), torch.tensor(users), torch.tensor(items)
    )
    assert found.tolist() == [[(user, item) in PAIRS for item in items] for user in users]
