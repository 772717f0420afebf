import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from tests.rank_files.made_models import ITEM_IDS, SEEN, USER_IDS, made_model, made_tables

from rankdistill import serving
from rankdistill.rank_files.contents import RankFile
from rankdistill.serving import rank_model
from rankdistill.serving.rank_model import RankModel

OF_USERS = [[0, 5], [], [2], [1, 3, 4]]


def model(*args, **changes):
    return RankModel.of(made_model(*args, **changes))


def expected(scores, hidden, limit=10):
    """The slow way: sort all, leave out what is hidden."""
    order = sorted(set(range(len(scores))) - set(hidden), key=lambda item: (-scores[item], item))
    return [(ITEM_IDS[item], pytest.approx(float(scores[item]), abs=1e-5)) for item in order][
        :limit
    ]


def found(recommendations):
    return [(item, score) for item, _, score in recommendations]


@pytest.mark.parametrize("user", range(4))
def test_a_user_gets_the_best_items_that_they_do_not_have(user):
    tables = made_tables("factors")
    scores = tables["items"] @ tables["users"][user] + tables["item_bias"]
    scores = scores + tables["user_bias"][user]
    got = model().recommend(user=USER_IDS[user], limit=3)
    assert found(got) == expected(scores, OF_USERS[user], 3)
    assert not got.by_popularity


@pytest.mark.parametrize("kind", ["history", "item_item"])
@pytest.mark.parametrize("history", [[4], [0, 5], [3, 1, 4]])
def test_a_history_gets_the_best_items_that_are_not_in_it(kind, history):
    tables = made_tables(kind)
    if kind == "history":
        vector = tables["history_items"][history].sum(0) / len(history) ** 0.5
        scores = tables["items"] @ vector + tables["item_bias"]
    else:
        scores = tables["item_weights"][history].sum(0)
    ids = [ITEM_IDS[item] for item in history]
    assert found(model(kind).recommend(history=ids)) == expected(scores, history)


@pytest.mark.parametrize("kind", ["history", "item_item"])
def test_each_item_of_a_list_tells_because_of_what_it_is_there(kind):
    tables = made_tables(kind)
    history = [0, 3, 5]
    if kind == "history":
        parts = tables["history_items"] @ tables["items"].T / len(history) ** 0.5
    else:
        parts = tables["item_weights"]
    got = model(kind).recommend(history=[ITEM_IDS[row] for row in history], reasons=2)
    assert len(got.because_of) == len(got) == 3
    for (item, _, _), reasons in zip(got, got.because_of, strict=True):
        column = parts[:, ITEM_IDS.index(item)]
        speaking = sorted((row for row in history if column[row] > 0), key=lambda r: -column[r])
        assert reasons == tuple(
            (ITEM_IDS[row], f"Film {row}: é", pytest.approx(float(column[row]), abs=1e-5))
            for row in speaking[:2]
        )
    assert any(got.because_of)


def test_popularity_has_no_reasons_and_none_are_told_unasked():
    assert model("history").recommend(history=[], limit=2, reasons=2).because_of == ((), ())
    assert model("history").recommend(history=["item-1"], limit=2).because_of == ((), ())


@pytest.mark.parametrize("kind", ["history", "item_item"])
def test_a_user_of_a_model_of_histories_is_what_the_file_says_that_they_have(kind):
    loaded = model(kind)
    by_history = loaded.recommend(history=["item-1", "item-3", "item-4"])
    assert loaded.recommend(user="Zoë") == by_history


def test_an_item_that_stands_in_a_history_twice_counts_once():
    loaded = model("history")
    twice = loaded.recommend(history=["item-1", "item-1", "item-3"])
    assert twice == loaded.recommend(history=["item-3", "item-1"])


@pytest.mark.parametrize("kind", ["factors", "history", "item_item"])
def test_an_empty_history_gets_the_most_popular_items_and_that_is_said(kind):
    got = model(kind).recommend(history=[], limit=4)
    assert got.by_popularity
    assert found(got) == [("item-1", 300), ("item-2", 5), ("item-3", 5), ("item-5", 5)]


def test_a_user_who_has_nothing_is_ranked_by_their_vector_or_by_popularity():
    assert not model().recommend(user="12").by_popularity
    assert model("history").recommend(user="12").by_popularity


def test_an_empty_history_without_popularity_is_an_error():
    with pytest.raises(ValueError, match="this file holds no popularity"):
        model("history", item_counts=None).recommend(history=[])


def test_titles_stand_beside_the_ids_where_they_are_known():
    (best,) = model().recommend(user="7", limit=1)
    assert best.title == f"Film {best.item[-1]}: é"
    (best,) = model(item_titles=()).recommend(user="7", limit=1)
    assert best.title is None


def test_excluded_items_are_left_out():
    loaded = model()
    everything = [item for item, _, _ in loaded.recommend(user="7")]
    rest = loaded.recommend(user="7", exclude=everything[1:3])
    assert [item for item, _, _ in rest] == [everything[0], everything[3]]
    assert len(loaded.recommend(user="7", exclude=everything)) == 0


def test_without_what_users_have_nothing_of_theirs_is_left_out():
    assert len(model(seen=None).recommend(user="7")) == 6


def test_a_model_of_histories_without_those_of_its_users_says_what_to_do():
    with pytest.raises(ValueError, match=r"give a history, or export it with seen=true"):
        model("history", seen=None).recommend(user="7")


@pytest.mark.parametrize("bits", [32, 6])
def test_many_at_once_get_what_each_gets_alone_whatever_the_block(bits, monkeypatch):
    monkeypatch.setattr(rank_model, "_BLOCK", 12)  # two users at a time
    loaded = model(bits=bits)
    for user, got in zip(USER_IDS, loaded.recommend_many(users=USER_IDS), strict=True):
        assert found(got) == [
            (item, pytest.approx(score, abs=1e-5)) for item, _, score in loaded.recommend(user)
        ]
    loaded = model("history", bits=bits)
    histories = [["item-2"], [], ["item-0", "item-1"]]
    for history, got in zip(histories, loaded.recommend_many(histories=histories), strict=True):
        alone = loaded.recommend(history=history)
        assert got.by_popularity == alone.by_popularity
        assert [item for item, _, _ in got] == [item for item, _, _ in alone]


def test_many_of_nobody_are_none():
    assert model().recommend_many(users=[]) == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Give one person"),
        ({"user": "7", "history": []}, "Give one person"),
        ({"user": "8"}, "There is no user '8' .*the first are '7', '12', 'ana'"),
        ({"history": ["item-9"]}, r"no item 'item-9' \(the nearest is 'item-"),
        ({"history": "item-1"}, "must be a list of ids, got 'item-1'"),
        ({"user": "7", "exclude": ["itm-1"]}, r"no item 'itm-1' \(the nearest is 'item-1'\)"),
        ({"user": "7", "limit": 0}, "limit must be at least 1, got 0"),
        ({"user": "7", "reasons": -1}, "reasons must be at least 0, got -1"),
        ({"user": "7", "reasons": 1}, "cannot tell because of which items"),
        ({"history": ["item-1"]}, "give a user"),
    ],
)
def test_a_mistake_is_told_in_one_line(asked, words):
    with pytest.raises(ValueError, match=words) as error:
        model().recommend(**asked)
    assert "\n" not in str(error.value)


def test_scores_that_are_no_numbers_are_an_error():
    tables = {**made_tables("factors"), "item_bias": np.full(6, np.nan, np.float32)}
    with pytest.raises(ValueError, match="it ranks nothing"):
        model(tables=tables).recommend(user="7")


def test_what_is_loaded_is_what_was_written(tmp_path):
    serving.write(tmp_path / "a.rank", made_model("history", 6))
    loaded = serving.load(tmp_path / "a.rank")
    assert loaded.recommend(user="ana") == model("history", 6).recommend(user="ana")
    assert (loaded.kind, loaded.storage) == ("history", "int6")
    assert loaded.about["metrics"] == {"test/map@5": 0.25}
    assert serving.read(tmp_path / "a.rank").seen.items.tolist() == SEEN.items.tolist()


def test_a_file_that_cannot_rank_is_an_error_that_names_it(tmp_path):
    tables = {"w": np.zeros(3, np.float32)}
    serving.write(tmp_path / "a.rank", RankFile(kind="network", storage="fp32", tables=tables))
    with pytest.raises(ValueError, match=r"a\.rank is a network that ranks with PyTorch alone"):
        serving.load(tmp_path / "a.rank")
    twice = made_model(item_ids=("a", "a", "b", "c", "d", "e"))
    serving.write(tmp_path / "b.rank", twice)
    with pytest.raises(ValueError, match=r"b\.rank has 1 ids of items twice"):
        serving.load(tmp_path / "b.rank")


def test_a_model_never_changes_and_threads_share_it():
    loaded = model("history", 6)
    with pytest.raises(FrozenInstanceError):
        loaded.kind = "factors"
    alone = [loaded.recommend(history=[item]) for item in ITEM_IDS]
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda item: loaded.recommend(history=[item]), ITEM_IDS * 20)
        assert list(together) == alone * 20


@pytest.mark.slow
def test_importing_it_imports_numpy_and_nothing_that_trains():
    heavy = {"torch", "pytorch_lightning", "lightning", "polars", "scipy", "hydra", "omegaconf"}
    code = "import sys, rankdistill.serving; print(*{name.split('.')[0] for name in sys.modules})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(said.stdout.split())
    assert {"numpy", "safetensors"} <= imported
    assert not imported & heavy
