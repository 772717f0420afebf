import pytest
import torch
from tests.data.made_histories import HISTORIES, epoch, of_pairs, of_rows

from rankdistill.data.batches import Shard
from rankdistill.data.window_batches import WindowPairs, WindowRows


def foretold(targets):
    """(user, end, item) of every place of every history, one after the other."""
    return sorted(
        (user, end, item)
        for user, items in enumerate(HISTORIES)
        for end in range(1, len(items))
        for item in items[end : end + targets]
    )


@pytest.mark.parametrize("targets", [1, 3, 10])
def test_every_place_of_a_history_foretells_its_next_items(targets):
    assert of_pairs(epoch(WindowPairs, targets=targets)) == foretold(targets)
    assert of_rows(epoch(WindowRows, targets=targets)) == foretold(targets)


def test_batches_hold_so_many_windows_in_another_order_each_time():
    batches = epoch(WindowRows, targets=2)
    first, second = list(batches), list(batches)
    assert [len(batch.contexts) for batch in first] == [3, 3, 2]
    assert len(batches) == 3
    assert not torch.equal(first[0].contexts.ends, second[0].contexts.ends)


def test_processes_share_the_windows():
    parts = [of_pairs(epoch(WindowPairs, shard=Shard(rank, 2), targets=1)) for rank in range(2)]
    assert sorted([*parts[0], *parts[1]]) == foretold(1)
