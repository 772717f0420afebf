"""Lists of blocks equal those of the NumPy reader, which scores one row after another."""

import numpy as np
import pytest
import torch
from tests.rank_files.made_models import (
    ITEM_IDS,
    NUM_ITEMS,
    SEEN,
    USER_IDS,
    made_model,
    made_tables,
)

from rankdistill.rank_files.contents import RankFile
from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.rank_model import RankModel
from rankdistill.serving.scored_users import users_of_model

CPU = torch.device("cpu")
KINDS = ["factors", "history", "item_item"]


def lists_in_blocks(model, limit, size):
    users = users_of_model(model)
    ranker = BlockRanker(model, users, limit, CPU)
    found = []
    for start in range(0, len(users.ids), size):
        best = ranker.rank(start, min(start + size, len(users.ids)))
        for items, scores in zip(best.items.tolist(), best.scores.tolist(), strict=True):
            left = [pair for pair in zip(items, scores, strict=True) if pair[1] > -np.inf]
            found.append([(model.item_ids[item], score) for item, score in left])
    return found


def lists_of_the_reader(model, limit):
    reader = RankModel.of(model)
    every = [reader.recommend(user=user, limit=limit) for user in model.user_ids]
    return [[(item, score) for item, _, score in one] for one in every]


@pytest.mark.parametrize("bits", [32, 8])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 3, 4])
def test_blocks_give_the_lists_of_the_numpy_reader(kind, bits, size):
    model = made_model(kind, bits)
    for ours, readers in zip(
        lists_in_blocks(model, NUM_ITEMS, size), lists_of_the_reader(model, NUM_ITEMS), strict=True
    ):
        assert [item for item, _ in ours] == [item for item, _ in readers]
        np.testing.assert_allclose([s for _, s in ours], [s for _, s in readers], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_ties_are_the_numpy_readers_too(kind):
    random = np.random.default_rng(1)
    tables = {
        name: random.integers(-1, 2, table.shape).astype(np.float32)
        for name, table in made_tables(kind).items()
    }
    settings = {"power": 0.0} if kind == "history" else {}
    model = made_model(kind, tables=tables, settings=settings)
    assert lists_in_blocks(model, NUM_ITEMS, 2) == lists_of_the_reader(model, NUM_ITEMS)


def test_users_of_whom_nothing_is_known_get_the_most_popular_items():
    found = lists_in_blocks(made_model("history"), 3, size=4)
    assert [item for item, _ in found[1]] == ["item-1", "item-2", "item-3"]
    assert [score for _, score in found[1]] == [300, 5, 5]


def test_users_of_whom_nothing_is_known_need_the_popularity():
    model = made_model("history", item_counts=None)
    with pytest.raises(ValueError, match="no popularity"):
        BlockRanker(model, users_of_model(model), 3, CPU)


def test_a_longer_list_than_there_are_items_is_refused():
    model = made_model()
    with pytest.raises(ValueError, match="limit=7 is more than the 6 items"):
        BlockRanker(model, users_of_model(model), 7, CPU)


def test_a_network_is_refused():
    network = RankFile(kind="network", storage="fp32", tables={"w": np.zeros(3, np.float32)})
    users = users_of_model(made_model())
    with pytest.raises(ValueError, match="network"):
        BlockRanker(network, users, 1, CPU)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
@pytest.mark.parametrize("kind", KINDS)
def test_scores_that_are_not_finite_are_refused(kind, value):
    tables = made_tables(kind)
    for table in tables.values():
        table[:] = value
    model = RankFile(
        kind=kind,
        storage="fp32",
        tables=tables,
        settings={"power": 0.5} if kind == "history" else {},
        item_ids=ITEM_IDS,
        user_ids=USER_IDS,
        item_counts=np.ones(NUM_ITEMS, np.int64),
        seen=SEEN,
    )
    ranker = BlockRanker(model, users_of_model(model), 2, CPU)
    with pytest.raises(ValueError, match="not all finite"):
        ranker.rank(0, 4)
