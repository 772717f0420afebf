from dataclasses import replace

import pytest
import torch
from tests.data.made_interactions import of_matrix, random_matrix
from tests.draws.made_draws import seeded_draws

from rankdistill.data.batches import (
    EvaluationBlocks,
    PairBatch,
    PairBatches,
    Shard,
    Strides,
    UserBatches,
)

MATRIX = random_matrix(23, 17, 0.3, seed=4)
TRAIN = of_matrix(MATRIX)
USERS = sorted(set(TRAIN.user_ids.tolist()))


def pairs_of(batches):
    return [
        (user, item)
        for batch in batches
        for user, item in zip(
            batch.contexts.user_ids.tolist(), batch.positive_items.tolist(), strict=True
        )
    ]


def users_of(batches):
    return [user for batch in batches for user in batch.contexts.user_ids.tolist()]


@pytest.mark.parametrize("batch_size", [1, 7, 10_000])
def test_an_epoch_of_pairs_is_every_pair_once(batch_size):
    batches = PairBatches(TRAIN, batch_size, seeded_draws())
    epoch = list(batches)
    assert sorted(pairs_of(epoch)) == [tuple(pair) for pair in MATRIX.nonzero().tolist()]
    assert len(epoch) == len(batches)
    assert {len(batch.contexts) for batch in epoch[:-1]} <= {batch_size}


@pytest.mark.parametrize("batch_size", [1, 5, 10_000])
def test_an_epoch_of_users_is_every_user_once_with_all_their_positives(batch_size):
    batches = UserBatches(TRAIN, batch_size, seeded_draws())
    epoch = list(batches)
    assert sorted(users_of(epoch)) == USERS
    assert len(epoch) == len(batches)
    for batch in epoch:
        dense = torch.zeros(len(batch.contexts), 17, dtype=torch.int64)
        index = (batch.positive_rows, batch.positive_items)
        dense.index_put_(index, torch.ones_like(batch.positive_rows), accumulate=True)
        assert torch.equal(dense, MATRIX[batch.contexts.user_ids].long())


@pytest.mark.parametrize(("kind", "read"), [(PairBatches, pairs_of), (UserBatches, users_of)])
def test_epochs_differ_and_seeds_repeat(kind, read):
    batches = kind(TRAIN, 5, seeded_draws(1))
    first, second = read(batches), read(batches)
    assert first != second
    assert sorted(first) == sorted(second)
    again = kind(TRAIN, 5, seeded_draws(1))
    assert [read(again), read(again)] == [first, second]
    assert read(kind(TRAIN, 5, seeded_draws(2))) != first


@pytest.mark.parametrize("world_size", [2, 3, 4])
@pytest.mark.parametrize(("kind", "read"), [(PairBatches, pairs_of), (UserBatches, users_of)])
def test_processes_share_an_epoch_evenly_and_miss_nothing(kind, read, world_size):
    shares = [
        kind(TRAIN, 5, seeded_draws(3), Shard(rank, world_size)) for rank in range(world_size)
    ]
    whole = sorted(read(kind(TRAIN, 5, seeded_draws(3))))
    for _ in range(2):  # also where the draws have moved on
        read_by = [read(share) for share in shares]
        assert len({len(part) for part in read_by}) == 1
        assert len({len(share) for share in shares}) == 1
        together = [one for part in read_by for one in part]
        assert set(together) == set(whole)
        assert len(together) - len(whole) == -len(whole) % world_size


@pytest.mark.parametrize("user_block", [1, 4, 1000])
@pytest.mark.parametrize("world_size", [1, 2, 3])
def test_every_user_with_held_out_items_is_ranked_once_by_one_process(world_size, user_block):
    held_out = ~MATRIX & random_matrix(23, 17, 0.1, seed=9)
    held_out[5] = False
    expected = held_out.any(1).nonzero().squeeze(1).tolist()
    users = []
    for rank in range(world_size):
        blocks = EvaluationBlocks(TRAIN, of_matrix(held_out), user_block, Shard(rank, world_size))
        epoch = list(blocks)
        assert len(epoch) == len(blocks) > 0, "a process without work would stop the others"
        for block in epoch:
            assert len(block.contexts) <= user_block
            users += block.contexts.user_ids.tolist()
            seen = torch.zeros(len(block.contexts), 17, dtype=torch.bool)
            seen[block.seen_rows, block.seen_items] = True
            assert torch.equal(seen, MATRIX[block.contexts.user_ids])
            wanted = torch.zeros_like(seen)
            wanted[block.held_out_rows, block.held_out_items] = True
            assert torch.equal(wanted, held_out[block.contexts.user_ids])
            assert torch.equal(block.num_held_out, held_out[block.contexts.user_ids].sum(1))
            keys = block.held_out_rows * 17 + block.held_out_items
            assert bool((keys.diff() > 0).all()), "sorted by row and item"
    assert sorted(users) == expected


def test_a_user_without_training_items_is_ranked_with_nothing_masked():
    held_out = torch.zeros(23, 17, dtype=torch.bool)
    held_out[0, 3] = True
    (block,) = EvaluationBlocks(TRAIN, of_matrix(held_out), 8)
    assert block.contexts.user_ids.tolist() == [0]
    assert len(block.seen_rows) == 0
    assert block.held_out_items.tolist() == [3]


@pytest.mark.parametrize("length", [1, 2, 3, 100])
def test_strides_hold_the_same_batches_in_the_same_order(length):
    one_by_one = list(PairBatches(TRAIN, 9, seeded_draws()))
    strides = Strides(PairBatches(TRAIN, 9, seeded_draws()), length)
    assert len(strides) == len(list(strides))
    strides = list(Strides(PairBatches(TRAIN, 9, seeded_draws()), length))
    assert len(strides[0]) == min(length, len(one_by_one))
    assert pairs_of(batch for stride in strides for batch in stride) == pairs_of(one_by_one)


def by_pair(batches):
    found = {}
    for batch in batches:
        rows = range(len(batch.contexts)) if isinstance(batch, PairBatch) else batch.positive_rows
        users = batch.contexts.user_ids[torch.as_tensor(rows)].tolist()
        for *pair, weight in zip(users, batch.positive_items, batch.weights, strict=True):
            found[tuple(map(int, pair))] = float(weight)
    return found


@pytest.mark.parametrize("kind", [PairBatches, UserBatches])
@pytest.mark.parametrize("batch_size", [1, 5, 10_000])
def test_each_pair_of_a_batch_has_its_weight_with_a_mean_of_one_over_all_pairs(kind, batch_size):
    weights = 1.0 + torch.arange(TRAIN.num_interactions)
    weighted = replace(TRAIN, weights=weights)
    found = by_pair(kind(weighted, batch_size, seeded_draws()))
    pairs = zip(TRAIN.user_ids.tolist(), TRAIN.item_ids.tolist(), strict=True)
    expected = dict(zip(pairs, (weights / weights.mean()).tolist(), strict=True))
    assert found == pytest.approx(expected)
    assert {batch.weights for batch in kind(TRAIN, batch_size, seeded_draws())} == {None}
