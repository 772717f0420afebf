from rankdistill.data import nearest_names
from rankdistill.data.nearest_names import with_nearest


def test_the_nearest_known_name_is_told():
    assert with_nearest("item-12", ["user-1", "item-1", "thing"]) == (
        "'item-12' (the nearest is 'item-1')"
    )


def test_a_name_that_is_like_none_is_told_alone():
    assert with_nearest("x", ["abc", "def"]) == "'x'"
    assert with_nearest("x", []) == "'x'"


def test_the_nearest_of_many_is_sought_among_those_that_begin_alike(monkeypatch):
    monkeypatch.setattr(nearest_names, "_MOST_COMPARED", 5)
    many = [f"user-{number}" for number in range(100)] + ["other"]
    assert with_nearest("user-77x", many) == "'user-77x' (the nearest is 'user-77')"
