import numpy as np
import polars as pl
import pytest
import torch
from tests.rank_files.made_models import made_model

from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.score_folder import ScoreFolder
from rankdistill.serving.scored_users import users_of_model
from rankdistill.serving.scoring import BatchLimits, batch_limits, write_scores

MODEL = made_model()
USERS = users_of_model(MODEL)
RANKER = BlockRanker(MODEL, USERS, 3, torch.device("cpu"))
ITEM_IDS = pl.Series(MODEL.item_ids)


@pytest.mark.parametrize("limits", [BatchLimits(1, 1), BatchLimits(2, 3), BatchLimits(100, 2)])
def test_files_do_not_depend_on_blocks_and_threads(tmp_path, limits):
    parts = ScoreFolder(tmp_path, 4, 3).parts()
    threads = torch.get_num_threads()
    assert list(write_scores(RANKER, USERS, ITEM_IDS, parts, limits)) == parts
    assert torch.get_num_threads() == threads
    found = pl.concat([pl.read_parquet(part.path) for part in parts])
    assert found["user"].to_list() == list(MODEL.user_ids)
    best = RANKER.rank(0, 4)
    expected = [[MODEL.item_ids[item] for item in items] for items in best.items.tolist()]
    assert found["items"].to_list() == expected
    np.testing.assert_allclose(found["scores"].to_list(), best.scores.numpy(), rtol=1e-6)


def test_a_block_has_as_many_users_as_memory_holds_and_is_fast():
    def chosen(memory_gib, threads=1):
        return batch_limits(RANKER, 1000, 3, threads, memory_gib).users_at_once

    of_file = 1000 * 3 * 64
    assert chosen(1.0) == RANKER.users_at_once
    assert chosen((of_file + 5.5 * RANKER.bytes_of_user) / 2**30) == 5
    assert chosen((of_file + 5.5 * RANKER.bytes_of_user) / 2**30, threads=2) == 2


def test_too_little_memory_is_told_with_what_would_do():
    with pytest.raises(ValueError, match=r"memory_gib=0\.001 .* users_per_file=\.\.\."):
        batch_limits(RANKER, 50_000, 3, 2, 0.001)
