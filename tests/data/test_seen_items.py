"""Rows without what their users have seen, with a table and without one."""

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


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_seen_items_are_left_out_and_the_rows_stay(seen, dtype):
    rows = torch.arange(20, dtype=dtype).view(4, 5)
    before = rows.clone()
    users = [2, 0, 1, 0]
    remaining = seen.left_out(rows, torch.tensor(users))
    assert torch.equal(rows, before)
    assert remaining.dtype == dtype
    for row, user in enumerate(users):
        for item in range(5):
            expected = -torch.inf if (user, item) in PAIRS else before[row, item].item()
            assert remaining[row, item].item() == expected
