"""Lists of an index equal those of exact search wherever the index finds everything."""

import numpy as np
import pytest
import torch
from tests.rank_files.made_models import NUM_ITEMS, made_model

from rankdistill.kernels.best_products import ItemTiles, Pairs, best_products
from rankdistill.serving.item_index import ItemIndex, item_vectors

NUM_MANY, DIM = 1000, 4


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def opened(folder, vectors, candidates=NUM_MANY, threads=1):
    index = ItemIndex(vectors, candidates, threads)
    index.open(folder / "_index")
    return index


def pairs(*of_users):
    rows = [row for row, items in enumerate(of_users) for _ in items]
    return Pairs(
        torch.tensor(rows, dtype=torch.int64),
        torch.tensor([item for items in of_users for item in items]).long(),
    )


def assert_found_exactly(index, vectors, users, limit, banned):
    exact = best_products(users, ItemTiles.of(torch.from_numpy(vectors)), limit, banned)
    found = index.find(users, limit, banned)
    kept = exact.scores > -torch.inf
    assert found.items[kept].tolist() == exact.items[kept].tolist()
    torch.testing.assert_close(found.scores, exact.scores)


def test_a_search_that_looks_at_all_items_is_exact(tmp_path):
    vectors, users = drawn(NUM_MANY, DIM), torch.from_numpy(drawn(5, DIM, seed=1))
    best = (users @ torch.from_numpy(vectors).T).argsort(1, descending=True)
    banned = pairs(best[0, :30].tolist(), [], [7], best[3, 2:5].tolist(), [])
    index = opened(tmp_path, vectors, threads=2)
    assert_found_exactly(index, vectors, users, 10, banned)


def test_of_equal_scores_the_first_item_comes_first(tmp_path):
    vectors = np.random.default_rng(2).integers(-1, 2, (30, 3)).astype(np.float32)
    users = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    assert_found_exactly(opened(tmp_path, vectors), vectors, users, 30, pairs([3], []))


def test_users_who_have_nearly_everything_get_what_is_left(tmp_path):
    vectors, users = drawn(20, DIM), torch.from_numpy(drawn(2, DIM, seed=1))
    index = opened(tmp_path, vectors)
    assert_found_exactly(index, vectors, users, 5, pairs(list(range(18)), list(range(20))))


def test_few_candidates_miss_items_and_give_true_scores_of_those_found(tmp_path):
    vectors, users = drawn(NUM_MANY, 16), torch.from_numpy(drawn(50, 16, seed=1))
    scores = users @ torch.from_numpy(vectors).T
    exact = scores.topk(5).indices.tolist()

    def recall(candidates):
        found = opened(tmp_path, vectors, candidates).find(users, 5, pairs(*[[]] * 50))
        torch.testing.assert_close(found.scores, scores.gather(1, found.items))
        assert (found.scores.diff(dim=1) <= 0).all()
        return np.mean(
            [len({*a} & {*b}) / 5 for a, b in zip(exact, found.items.tolist(), strict=True)]
        )

    assert recall(5) < recall(500)
    assert recall(500) > 0.97


def test_an_index_is_built_once_and_read_after_that(tmp_path, monkeypatch):
    vectors = drawn(50, DIM)
    opened(tmp_path, vectors)
    monkeypatch.setattr(ItemIndex, "_build", None)
    users = torch.from_numpy(drawn(2, DIM, seed=1))
    assert_found_exactly(opened(tmp_path, vectors), vectors, users, 5, pairs([1], []))


def test_an_index_of_other_items_and_a_damaged_one_are_refused(tmp_path):
    opened(tmp_path, drawn(50, DIM))
    with pytest.raises(ValueError, match=r"_index holds no index of these items: remove it"):
        opened(tmp_path, drawn(51, DIM))
    (graph,) = (tmp_path / "_index").iterdir()
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(ValueError, match="holds no index"):
        opened(tmp_path, drawn(50, DIM))
    graph.write_bytes(b"")
    with pytest.raises(ValueError, match="holds no index"):
        opened(tmp_path, drawn(50, DIM))


def test_vectors_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not all finite"):
        ItemIndex(np.full((3, 2), np.nan, np.float32), 1, 1)


@pytest.mark.parametrize("bits", [32, 8])
def test_the_bias_of_an_item_is_one_more_number(bits):
    model = made_model(bits=bits)
    vectors = item_vectors(model)
    assert vectors.shape == (NUM_ITEMS, 4)
    if bits == 32:
        np.testing.assert_array_equal(vectors[:, 3], model.tables["item_bias"])


def test_a_model_without_vectors_of_items_is_refused():
    with pytest.raises(ValueError, match=r"kind item_item does not have: take search=exact"):
        item_vectors(made_model("item_item"))
