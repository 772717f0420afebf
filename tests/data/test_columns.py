"""Columns are found by position, by name, or by the names that are usual."""

import pytest

from rankdistill.data.columns import choose_columns, guess_columns

NOT_SAID = {"user": None, "item": None}


@pytest.mark.parametrize(
    ("names", "user", "item"),
    [
        ("user item", 0, 1),
        ("item user", 1, 0),
        ("order_id customer_id sku", 1, 2),
        ("movieId userId rating", 1, 0),
        ("Product ID|Client", 1, 0),
        ("InvoiceNo StockCode CustomerID", 2, 1),
        ("who film", 0, 1),
        ("film who item", 0, 1),
        ("user user_id item", 0, 1),
        ("x user item", 1, 2),
    ],
)
def test_usual_names_tell_users_and_items_else_they_are_the_first_two(names, user, item):
    fields = names.split("|") if "|" in names else names.split()
    assert choose_columns(fields, True, NOT_SAID, "orders") == {"user": user, "item": item}


def test_names_tell_nothing_where_there_is_no_header():
    assert choose_columns(["item", "user"], False, NOT_SAID, "orders") == {"user": 0, "item": 1}


def test_what_the_user_says_decides():
    columns = {"user": "film ", "item": 0, "rating": 2}
    assert choose_columns(["user", " film", "n"], True, columns, "orders") == {
        "user": 1,
        "item": 0,
        "rating": 2,
    }


def test_a_name_that_fits_two_columns_tells_nothing():
    assert guess_columns(["date", "time", "stars"], ("timestamp", "rating")) == {"rating": 2}


def test_one_column_cannot_be_two():
    with pytest.raises(ValueError, match="each of user, item needs a column of its own"):
        choose_columns(["user", "item"], True, {"user": 1, "item": None}, "orders")


@pytest.mark.parametrize("name", ["quantity", "QTY", "play_count", "Playtime Forever", "weight"])
def test_usual_names_of_weights_are_known(name):
    assert guess_columns(["user", "item", name], ("weight",)) == {"weight": 2}
