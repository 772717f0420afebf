import pytest

from rankdistill.serving.known_ids import KnownIds

TITLES = KnownIds(["alien", "aliens", "brazil", "196"], "item")


def test_ids_are_found_in_the_order_asked_for_numbers_as_they_are_typed():
    assert TITLES.rows(["brazil", "alien", 196, "alien"]).tolist() == [2, 0, 3, 0]
    assert TITLES.rows([]).tolist() == []


def test_an_unknown_id_is_told_with_the_nearest():
    words = r"no item 'brasil' \(the nearest is 'brazil'\) among the 4 of this model"
    with pytest.raises(ValueError, match=words):
        TITLES.rows(["alien", "brasil"])


def test_an_id_like_no_other_is_told_with_the_first():
    words = r"no item '\?' among the 4 of this model; the first are 'alien', 'aliens', 'brazil'\."
    with pytest.raises(ValueError, match=words):
        TITLES.rows(["?"])
    with pytest.raises(ValueError, match=r"no user 1 among|no user '1' among the 0 .* none"):
        KnownIds([], "user").rows([1])


def test_of_many_unknown_ids_a_few_are_told_once_each_and_the_others_counted():
    with pytest.raises(ValueError, match=r"no item 'w', 'x', 'y' and 1 more among"):
        TITLES.rows(["w", "x", "x", "y", "z"])


def test_a_long_id_is_told_in_short():
    with pytest.raises(ValueError, match=r"no item 'xx.*'") as error:
        TITLES.rows(["x" * 5000])
    assert len(str(error.value)) < 300


def test_text_in_the_place_of_a_list_is_refused():
    with pytest.raises(ValueError, match="must be a list of ids, got 'alien'"):
        TITLES.rows("alien")


def test_ids_that_occur_twice_are_refused():
    with pytest.raises(ValueError, match="has 1 ids of items twice"):
        KnownIds(["a", "b", "a"], "item")
