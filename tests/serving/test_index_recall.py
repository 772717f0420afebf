import numpy as np
import pytest
import torch
from tests.rank_files.made_models import made_model

from rankdistill.kernels.best_products import BestItems
from rankdistill.serving.block_ranker import BlockRanker
from rankdistill.serving.index_recall import index_recall
from rankdistill.serving.item_index import ItemIndex, item_vectors
from rankdistill.serving.scored_users import users_of_model


class Forgetful(ItemIndex):
    """Never finds the best item of a user."""

    def find(self, users, limit, banned):
        found = super().find(users, limit, banned)
        scores = found.scores.clone()
        scores[:, 0] = -torch.inf
        return BestItems(found.items, scores)


def recall(folder, kind, num_users, index_class=ItemIndex):
    model = made_model(kind)
    index = index_class(item_vectors(model), 100, 1)
    index.open(folder / "_index")
    return index_recall(model, users_of_model(model), 3, index, num_users)


@pytest.mark.parametrize("kind", ["factors", "history"])
def test_an_index_that_finds_everything_has_a_recall_of_one(tmp_path, kind):
    assert recall(tmp_path, kind, 200) == 1.0


@pytest.mark.parametrize("num_users", [1, 3, 200])
def test_an_item_of_three_that_is_never_found_takes_a_third(tmp_path, num_users):
    assert recall(tmp_path, "factors", num_users, Forgetful) == pytest.approx(2 / 3)


def test_users_who_get_the_most_popular_items_do_not_count(tmp_path):
    assert recall(tmp_path, "history", 200, Forgetful) == pytest.approx(2 / 3)


@pytest.mark.parametrize("kind", ["factors", "history"])
def test_lists_by_an_index_are_those_of_exact_search(tmp_path, kind):
    model = made_model(kind)
    users = users_of_model(model)
    index = ItemIndex(item_vectors(model), 100, 1)
    index.open(tmp_path / "_index")
    cpu = torch.device("cpu")
    exact = BlockRanker(model, users, 4, cpu).rank(0, 4)
    found = BlockRanker(model, users, 4, cpu, index).rank(0, 4)
    there = exact.scores > -torch.inf
    np.testing.assert_array_equal(found.items[there], exact.items[there])
    torch.testing.assert_close(found.scores, exact.scores)
