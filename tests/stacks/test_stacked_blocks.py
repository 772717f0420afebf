"""A block of several jobs has the users of each, one job after the other."""

import pytest
import torch
from tests.data.made_interactions import of_matrix, random_matrix

from rankdistill.data.batches import EvaluationBlocks
from rankdistill.stacks.replicas import replicated
from rankdistill.stacks.stacked_blocks import StackedBlocks

JOBS = 3


@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.parametrize("user_block", [4, 100])
def test_blocks_have_what_the_users_of_all_jobs_have(user_block, at_once):
    seen, held_out = (of_matrix(random_matrix(9, 11, share, seed=0)) for share in (0.4, 0.2))
    blocks = EvaluationBlocks(seen, held_out, user_block, sampled_negatives=5)
    stacked = StackedBlocks(blocks, seen.num_users, JOBS, at_once)
    assert len(list(stacked)) == len(stacked)
    users = []
    for block in stacked:
        ids = block.users.contexts.user_ids
        users += ids.tolist()
        assert len(ids) % block.num_jobs == 0
        assert ids.div(seen.num_users, rounding_mode="floor").unique().tolist() == [*block.jobs]
        found = block.users
        for part, rows, items in (
            (seen, found.seen_rows, found.seen_items),
            (held_out, found.held_out_rows, found.held_out_items),
        ):
            expected = replicated(part, JOBS).pairs_of(ids)
            assert all(map(torch.equal, (rows, items), expected))
        assert torch.equal(found.num_held_out, replicated(held_out, JOBS).counts[ids])
        assert found.sampled_negatives == 5
    (whole,) = EvaluationBlocks(*(replicated(part, JOBS) for part in (seen, held_out)), 1000)
    assert sorted(users) == whole.contexts.user_ids.tolist()
