import pytest
import torch

from rankdistill.histories.contexts import Contexts

USERS, ENDS = torch.tensor([4, 0, 4]), torch.tensor([2, 7, 0])


def test_rows_keep_their_user_and_end():
    some = Contexts(USERS, ENDS)[torch.tensor([2, 0])]
    assert some.user_ids.tolist() == [4, 4]
    assert some.ends.tolist() == [0, 2]
    assert Contexts(USERS, ENDS)[1:].ends.tolist() == [7, 0]


@pytest.mark.parametrize("ends", [ENDS, None])
@pytest.mark.parametrize(("size", "lengths"), [(1, [1, 1, 1]), (2, [2, 1]), (9, [3])])
def test_blocks_hold_all_rows_in_order(size, lengths, ends):
    blocks = Contexts(USERS, ends).split(size)
    assert list(map(len, blocks)) == lengths
    assert torch.cat([block.user_ids for block in blocks]).equal(USERS)
    if ends is None:
        assert all(block.ends is None for block in blocks)
    else:
        assert torch.cat([block.ends for block in blocks]).equal(ends)


def test_all_users_read_all_that_the_network_remembers():
    everyone = Contexts.of_all_users(3, torch.device("cpu"))
    assert everyone.user_ids.tolist() == [0, 1, 2]
    assert everyone.ends is None
    assert everyone.device == torch.device("cpu")


def test_contexts_that_are_alike_are_found_once_and_counted():
    repeated = Contexts(torch.tensor([3, 0, 3, 3]), torch.tensor([5, 0, 2, 5]))
    distinct, counts = repeated.distinct()
    assert distinct.user_ids.tolist() == [0, 3, 3]
    assert distinct.ends.tolist() == [0, 2, 5]
    assert counts.tolist() == [1, 1, 2]
    users, counts = Contexts(repeated.user_ids).distinct()
    assert users.ends is None
    assert (users.user_ids.tolist(), counts.tolist()) == ([0, 3], [1, 3])


def test_blocks_of_all_users_know_whom_they_begin_with():
    blocks = Contexts.of_all_users(7, torch.device("cpu")).split(3)
    assert [block.first for block in blocks] == [0, 3, 6]
    assert [int(block.user_ids[0]) for block in blocks] == [0, 3, 6]
    assert Contexts(USERS).split(2)[0].first is None
