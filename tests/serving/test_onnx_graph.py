import numpy as np
import pytest
import torch
from tests.rank_files.made_models import ITEM_IDS, SHAPES, USER_IDS, made_model
from tests.serving.onnx_running import found, session_of

from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.tables import decoded
from rankdistill.serving.onnx_graph import onnx_graph
from rankdistill.serving.rank_model import RankModel

HISTORIES = [[0, 5, 0], [], [2], [1, 3, 4], [1]]
EXCLUDED = [[0], [], [3], [], [2, 4]]


def session(model):
    return session_of(onnx_graph(model).SerializeToString())


def assert_same(lists, items, scores):
    """The lists of NumPy, and behind them nothing but -inf."""
    for one, rows, theirs in zip(lists, items, scores, strict=True):
        assert [ITEM_IDS[row] for row in rows[: len(one)]] == [each.item for each in one]
        np.testing.assert_allclose(theirs[: len(one)], [each.score for each in one], atol=1e-5)
        assert np.isneginf(theirs[len(one) :]).all()


@pytest.mark.parametrize("bits", [32, 16, 8, 6, 4])
def test_lists_of_users_are_those_of_numpy(bits):
    model = made_model("factors", bits)
    seen = [[0, 5], [], [2], [1, 3, 4]]
    items, scores = found(session(model), [0, 1, 2, 3], seen, 4)
    assert_same(RankModel.of(model).recommend_many(users=USER_IDS, limit=4), items, scores)


@pytest.mark.parametrize("bits", [32, 16, 8, 6, 4])
@pytest.mark.parametrize("kind", ["history", "item_item"])
def test_lists_of_histories_are_those_of_numpy(kind, bits):
    model = made_model(kind, bits)
    items, scores = found(session(model), HISTORIES, EXCLUDED, 4)
    ranks = RankModel.of(model)
    ids = [[[ITEM_IDS[row] for row in rows] for rows in lists] for lists in (HISTORIES, EXCLUDED)]
    lists = [
        ranks.recommend(history=history, exclude=exclude, limit=4)
        for history, exclude in zip(*ids, strict=True)
    ]
    assert_same(lists, items, scores)


def test_every_user_of_a_factorisation_is_ranked_as_pytorch_ranks():
    random = np.random.default_rng(1)
    tables = {
        name: random.standard_normal(shape).astype(np.float32)
        for name, shape in {"users": (70, 8), "items": (90, 8), "item_bias": (90,)}.items()
    }
    names = {"item_ids": tuple(map(str, range(90))), "user_ids": tuple(map(str, range(70)))}
    model = RankFile(kind="factors", storage="fp32", tables=tables, **names)
    seen = [
        random.choice(90, number, replace=False).tolist() for number in random.integers(0, 40, 70)
    ]
    items, scores = found(session(model), list(range(70)), seen, 10)
    users, rows, bias = (torch.from_numpy(decoded(table)) for table in tables.values())
    expected = users @ rows.T + bias
    for user, had in enumerate(seen):
        expected[user, had] = -torch.inf
    best = expected.topk(10)
    np.testing.assert_array_equal(items, best.indices.numpy())
    np.testing.assert_allclose(scores, best.values.numpy(), atol=1e-5)


def test_a_factorisation_without_biases_ranks():
    tables = {name: made_model().tables[name] for name in ("users", "items")}
    model = made_model(tables=tables)
    _, scores = found(session(model), [3], [[]], 6)
    expected = decoded(tables["items"]) @ decoded(tables["users"])[3]
    np.testing.assert_allclose(scores[0], np.sort(expected)[::-1], atol=1e-5)


def test_nothing_need_be_left_out_and_no_more_items_come_than_there_are():
    items, _ = found(session(made_model("history")), [[], []], [[], []], 100)
    assert items.shape == (2, 6)
    assert items[0].tolist() == [1, 2, 3, 5, 0, 4]  # by popularity; of equal ones the first


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize(("bits", "items_as"), [(8, "INT8"), (6, "INT8"), (4, "INT4")])
def test_stored_rows_are_constants_as_they_are_and_a_node_makes_numbers_of_them(
    kind, bits, items_as
):
    graph = onnx_graph(made_model(kind, bits)).graph
    types = {each.name: each.data_type for each in graph.initializer}
    of_type = {"INT8": 3, "INT4": 22}
    if kind == "item_item":
        assert types["table.item_weights"] == of_type["INT8"]
    else:
        assert types["table.items"] == of_type[items_as]
    assert "DequantizeLinear" in {node.op_type for node in graph.node}


def test_a_network_is_refused():
    model = RankFile(kind="network", storage="fp32", tables={"a": np.ones(3, np.float32)})
    with pytest.raises(ValueError, match="network that ranks with PyTorch alone"):
        onnx_graph(model)
