import pytest
import torch

from rankdistill.data.batches import WHOLE, Shard
from rankdistill.data.interactions import Interactions
from rankdistill.data.window_batches import WindowPairs, WindowRows

HISTORIES = [[3, 1, 4, 0], [2], [], [5, 0, 1, 2, 3], [1, 0]]


def train():
    pairs = [(user, item) for user, items in enumerate(HISTORIES) for item in items]
    users, items = torch.tensor(pairs).t()
    times = torch.arange(len(pairs))
    return Interactions.from_pairs(users, items, len(HISTORIES), 6, timestamps=times)


def epoch(kind, targets, batch_size=3, shard=WHOLE):
    generator = torch.Generator().manual_seed(0)
    return kind(train(), batch_size, generator, shard, targets=targets)


def foretold(targets):
    """(user, end, item) of every place of every history, one after the other."""
    return sorted(
        (user, end, item)
        for user, items in enumerate(HISTORIES)
        for end in range(1, len(items))
        for item in items[end : end + targets]
    )


def triples(contexts, rows, items):
    users, ends = contexts.user_ids[rows], contexts.ends[rows]
    return list(zip(users.tolist(), ends.tolist(), items.tolist(), strict=True))


@pytest.mark.parametrize("targets", [1, 3, 10])
def test_every_place_of_a_history_foretells_its_next_items(targets):
    pairs = [
        triple
        for batch in epoch(WindowPairs, targets)
        for triple in triples(
            batch.contexts, torch.arange(len(batch.contexts)), batch.positive_items
        )
    ]
    assert sorted(pairs) == foretold(targets)
    rows = [
        triple
        for batch in epoch(WindowRows, targets)
        for triple in triples(batch.contexts, batch.positive_rows, batch.positive_items)
    ]
    assert sorted(rows) == foretold(targets)


def test_batches_hold_so_many_windows_in_another_order_each_time():
    batches = epoch(WindowRows, 2)
    first, second = list(batches), list(batches)
    assert [len(batch.contexts) for batch in first] == [3, 3, 2]
    assert len(batches) == 3
    assert not torch.equal(first[0].contexts.ends, second[0].contexts.ends)


def test_processes_share_the_windows():
    shards = [list(epoch(WindowPairs, 1, shard=Shard(rank, 2))) for rank in range(2)]
    pairs = [
        triple
        for shard in shards
        for batch in shard
        for triple in triples(
            batch.contexts, torch.arange(len(batch.contexts)), batch.positive_items
        )
    ]
    assert sorted(pairs) == foretold(1)
