import pytest

from rankdistill.rank_files.kinds import axes_of

FACTORS = {"users": (4, 2), "items": (6, 2)}
HISTORY = {"history_items": (6, 2), "items": (6, 2)}


def test_the_lengths_of_the_axes_are_those_of_the_tables():
    biases = {"user_bias": (4,), "item_bias": (6,)}
    assert axes_of("factors", {**FACTORS, **biases}, {}) == {"user": 4, "item": 6, "dim": 2}
    assert axes_of("history", HISTORY, {"power": 0.5}) == {"item": 6, "dim": 2}
    assert axes_of("item_item", {"item_weights": (6, 6)}, {}) == {"item": 6}


def test_factors_may_tell_by_which_loss_new_users_are_fitted_and_no_more_than_one():
    assert axes_of("factors", FACTORS, {"fold_in_bpr": 5.0})["dim"] == 2
    with pytest.raises(ValueError, match="factors needs the settings none"):
        axes_of("factors", FACTORS, {"fold_in_bpr": 5.0, "fold_in_softmax": 5.0})


def test_a_network_has_any_tables():
    assert axes_of("network", {"layers.0.weight": (3, 4, 5), "scale": ()}, {}) == {}


@pytest.mark.parametrize(
    ("kind", "shapes", "settings", "words"),
    [
        ("tree", FACTORS, {}, "no kind of model 'tree'"),
        ("factors", {"users": (4, 2)}, {}, "factors lacks items"),
        ("factors", {**FACTORS, "more": (2,)}, {}, "factors has no table 'more'"),
        ("factors", {**FACTORS, "items": (6, 3)}, {}, "items has 3 rows or columns for dim"),
        ("factors", {**FACTORS, "items": (6, 2, 1)}, {}, r"items has the shape \[6, 2, 1\]"),
        ("factors", {**FACTORS, "item_bias": (5,)}, {}, "item_bias has 5 rows or columns for item"),
        ("factors", {"users": (0, 2), "items": (6, 2)}, {}, "users has 0 rows"),
        ("factors", FACTORS, {"power": 1.0}, "factors needs the settings none"),
        ("history", HISTORY, {}, "history needs the settings power"),
        ("history", HISTORY, {"power": float("nan")}, "history needs the settings power"),
        ("item_item", {"item_weights": (6, 5)}, {}, "item_weights has 5 rows or columns for item"),
    ],
)
def test_tables_and_settings_that_a_kind_does_not_have_are_refused(kind, shapes, settings, words):
    with pytest.raises(ValueError, match=words):
        axes_of(kind, shapes, settings)
