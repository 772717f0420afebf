"""Users of a stride's batches: the same as batch by batch, and looked for once."""

import pytest
import torch

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import PairBatch
from rankdistill.histories.contexts import Contexts
from rankdistill.modules import stride_users
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.stride_users import StrideUsers, UsersOfPairs, distinct_users


def some_pairs(*lengths, num_users=40):
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(num_users, (length,), generator=generator) for length in lengths]


@pytest.mark.parametrize("counted", [1, 90, 2**20])
@pytest.mark.parametrize("lengths", [(1,), (50, 50, 7), (3, 0, 60), (0,), (0, 0)])
def test_the_users_of_a_batch_are_those_of_the_batch_alone(lengths, counted, monkeypatch):
    monkeypatch.setattr(stride_users, "_COUNTED", counted)
    batches = some_pairs(*lengths)
    found = distinct_users(batches)
    assert len(found) == len(batches)
    for pairs, users in zip(batches, found, strict=True):
        user_ids, counts = pairs.unique(return_counts=True)
        assert torch.equal(users.user_ids, user_ids)
        torch.testing.assert_close(users.shares, counts / max(len(pairs), 1))


def test_no_batches_have_no_users():
    assert distinct_users([]) == []


@pytest.mark.parametrize(
    ("user_pairs", "firsts"), [(None, (8, 8, 3)), (8, (8, 8, 3)), (5, (5, 5, 3))]
)
def test_the_first_pairs_of_a_batch_show_their_users(user_pairs, firsts):
    batches = some_pairs(8, 8, 3)
    stride = StrideUsers(batches, user_pairs)
    expected = distinct_users([pairs[:n] for pairs, n in zip(batches, firsts, strict=True)])
    for found, users in zip(stride.of_first_pairs, expected, strict=True):
        assert torch.equal(found.user_ids, users.user_ids)
        assert torch.equal(found.shares, users.shares)


def test_a_stride_of_batches_looks_for_its_users_once(monkeypatch):
    asked = []

    def counting(batches):
        asked.append(len(batches))
        return distinct_users(batches)

    monkeypatch.setattr(stride_users, "distinct_users", counting)
    batches = [PairBatch(Contexts(pairs), pairs) for pairs in some_pairs(8, 8, 3)]
    views = list(
        BatchScores.of_stride(MatrixFactorization(40, 40, 2, init_std=0.1), batches, user_pairs=4)
    )
    assert asked == []
    for view in views:
        assert len(view.distinct_users.contexts) > 0
    assert asked == [3]
    for view in views:
        assert len(view.per_user.contexts) > 0
    assert asked == [3, 3]


def test_users_of_pairs_repeat_and_the_first_ones_share_what_they_have():
    shares = torch.tensor([0.5, 0.25, 0.25, 0.0])
    found = UsersOfPairs(torch.tensor([3, 1, 3, 1]), shares, user_pairs=2)
    (everybody,), (first,) = found.of_all_pairs, found.of_first_pairs
    assert everybody.user_ids.tolist() == [3, 1, 3, 1]
    assert torch.equal(everybody.shares, shares)
    assert first.user_ids.tolist() == [3, 1]
    torch.testing.assert_close(first.shares, torch.tensor([2 / 3, 1 / 3]))


def test_pairs_without_shares_weigh_alike():
    (found,) = UsersOfPairs(torch.tensor([3, 1, 3, 1]), None, user_pairs=None).of_all_pairs
    assert found.shares.tolist() == [0.25] * 4
