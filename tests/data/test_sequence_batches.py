import pytest
import torch

from rankdistill.data.batches import WHOLE, Shard
from rankdistill.data.interactions import Interactions
from rankdistill.data.sequence_batches import SequencePairs, SequenceRows

HISTORIES = [[3, 1, 4, 0], [2], [], [5, 0, 1, 2, 3], [1, 0]]


def train():
    pairs = [(user, item) for user, items in enumerate(HISTORIES) for item in items]
    users, items = torch.tensor(pairs).t()
    times = torch.arange(len(pairs))
    return Interactions.from_pairs(users, items, len(HISTORIES), 6, timestamps=times)


def epoch(kind, length, batch_size=2, shard=WHOLE):
    generator = torch.Generator().manual_seed(0)
    return kind(train(), batch_size, generator, shard, length=length)


def triples(batches):
    return sorted(
        triple
        for batch in batches
        for triple in zip(
            batch.contexts.user_ids.tolist(),
            batch.contexts.ends.tolist(),
            batch.positive_items.tolist(),
            strict=True,
        )
    )


@pytest.mark.parametrize("kind", [SequencePairs, SequenceRows])
@pytest.mark.parametrize("length", [1, 3, 10])
def test_the_last_items_of_every_user_are_foretold_by_those_before(kind, length):
    expected = [
        (user, end, items[end])
        for user, items in enumerate(HISTORIES)
        for end in range(max(1, len(items) - length), len(items))
    ]
    assert triples(epoch(kind, length)) == expected


def test_a_batch_holds_all_contexts_of_its_users():
    batches = list(epoch(SequencePairs, 10))
    assert len(batches) == len(epoch(SequencePairs, 10)) == 2
    users = [set(batch.contexts.user_ids.tolist()) for batch in batches]
    assert sorted(map(len, users)) == [1, 2]
    assert not users[0] & users[1]


def test_each_row_has_one_positive():
    for batch in epoch(SequenceRows, 10):
        assert batch.positive_rows.tolist() == list(range(len(batch.contexts)))


def test_every_epoch_has_another_order():
    made = epoch(SequencePairs, 10, batch_size=1)
    orders = {tuple(batch.contexts.user_ids[0].item() for batch in made) for _ in range(10)}
    assert len(orders) > 1


def test_processes_share_the_users():
    parts = [triples(epoch(SequencePairs, 10, 1, Shard(rank, 2))) for rank in range(2)]
    assert sorted({*parts[0], *parts[1]}) == triples(epoch(SequencePairs, 10))
