import numpy as np
import pytest
from tests.rank_files.made_models import SEEN, USER_IDS, made_model

from rankdistill.serving.scored_users import some_of, users_of_history, users_of_model

USUAL = {"user": None, "item": None}


def lists_of(users):
    return [
        users.items[start:end].tolist()
        for start, end in zip(users.offsets[:-1], users.offsets[1:], strict=True)
    ]


def written(tmp_path, *rows, header="user_id,item_id"):
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def test_the_users_of_a_model_have_what_its_file_says():
    users = users_of_model(made_model())
    assert tuple(users.ids) == USER_IDS
    assert users.rows.tolist() == [0, 1, 2, 3]
    assert lists_of(users) == [[0, 5], [], [2], [1, 3, 4]]
    assert users.notes == ()


def test_some_users_keep_what_they_have():
    some = some_of(users_of_model(made_model()), np.array([3, 1, 0]))
    assert list(some.ids) == ["Zoë", "12", "7"]
    assert some.rows.tolist() == [3, 1, 0]
    assert lists_of(some) == [[1, 3, 4], [], [0, 5]]
    assert some_of(users_of_model(made_model("history")), np.array([2])).rows is None


def test_a_factorisation_without_seen_items_leaves_nothing_out_and_says_so():
    users = users_of_model(made_model(seen=None))
    assert lists_of(users) == [[], [], [], []]
    assert "nothing is left out" in users.notes[0]


def test_a_model_of_histories_without_any_asks_for_them():
    with pytest.raises(ValueError, match=r"history=\.\.\., or export the model with seen=true"):
        users_of_model(made_model("history", seen=None))


def test_a_history_names_whom_to_score_and_what_they_have_once(tmp_path):
    rows = ("new,item-4", "ana,item-1", "new,item-0", "new,item-4")
    users = users_of_history(made_model("history"), written(tmp_path, *rows), USUAL, 1.0)
    assert users.ids == ["new", "ana"]
    assert users.rows is None
    assert lists_of(users) == [[0, 4], [1]]
    assert users.notes == ()


def test_ids_that_the_model_does_not_know_are_counted_and_told(tmp_path):
    rows = ("ana,item-1", "nobody,item-2", "7,brandnew", "7,item-3", "nobody,brandnew")
    path = written(tmp_path, *rows)
    users = users_of_history(made_model(), path, USUAL, 1.0)
    assert users.ids == ["ana", "7"]
    assert users.rows.tolist() == [2, 0]
    assert lists_of(users) == [[1], [3]]
    assert users.notes == (
        f"1 of 3 users of {path} are none of the model's and are left out.",
        f"1 items of {path} are none of the model's and count for nothing.",
    )


def test_users_of_unknown_items_alone_stay_and_have_nothing(tmp_path):
    path = written(tmp_path, "new,brandnew", "ana,item-1")
    users = users_of_history(made_model("history"), path, USUAL, 1.0)
    assert users.ids == ["new", "ana"]
    assert lists_of(users) == [[], [1]]


def test_columns_can_be_named_and_wrong_ones_are_told(tmp_path):
    path = written(tmp_path, "item-2,ana", header="what,who")
    users = users_of_history(made_model(), path, {"user": "who", "item": "what"}, 1.0)
    assert lists_of(users) == [[2]]
    with pytest.raises(ValueError, match="whom"):
        users_of_history(made_model(), path, {"user": "whom", "item": "what"}, 1.0)


def test_a_history_of_strangers_alone_is_refused(tmp_path):
    path = written(tmp_path, "nobody,item-2")
    with pytest.raises(ValueError, match="no user that the model can score"):
        users_of_history(made_model(), path, USUAL, 1.0)


def test_offsets_hold_more_than_bytes_can_count():
    counts = np.full(4, 200, np.uint8)
    seen = SEEN._replace(counts=counts, items=np.zeros(800, np.uint8))
    assert users_of_model(made_model(seen=seen)).offsets.tolist() == [0, 200, 400, 600, 800]
