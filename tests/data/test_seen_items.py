"""Shifts that leave out what users have seen, with a table and without one."""

import pytest
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems

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
