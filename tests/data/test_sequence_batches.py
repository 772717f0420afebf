import pytest
from tests.data.made_histories import HISTORIES, epoch, of_pairs, of_rows

from rankdistill.data.batches import Shard
from rankdistill.data.sequence_batches import SequencePairs, SequenceRows


@pytest.mark.parametrize("length", [1, 3, 10])
def test_the_last_items_of_every_user_are_foretold_by_those_before(length):
    expected = [
        (user, end, items[end])
        for user, items in enumerate(HISTORIES)
        for end in range(max(1, len(items) - length), len(items))
    ]
    assert of_pairs(epoch(SequencePairs, length=length)) == expected
    assert of_rows(epoch(SequenceRows, length=length)) == expected


def test_a_batch_holds_all_contexts_of_its_users():
    made = epoch(SequencePairs, batch_size=2, length=10)
    batches = list(made)
    assert len(batches) == len(made) == 2
    users = [set(batch.contexts.user_ids.tolist()) for batch in batches]
    assert sorted(map(len, users)) == [1, 2]
    assert not users[0] & users[1]


def test_each_row_has_one_positive():
    for batch in epoch(SequenceRows, length=10):
        assert batch.positive_rows.tolist() == list(range(len(batch.contexts)))


def test_every_epoch_has_another_order():
    made = epoch(SequencePairs, batch_size=1, length=10)
    orders = {tuple(batch.contexts.user_ids[0].item() for batch in made) for _ in range(10)}
    assert len(orders) > 1


def test_processes_share_the_users():
    parts = [of_pairs(epoch(SequencePairs, 1, Shard(rank, 2), length=10)) for rank in range(2)]
    assert sorted({*parts[0], *parts[1]}) == of_pairs(epoch(SequencePairs, length=10))
