from rankdistill.sweeps.typed_values import axis_values, flat, value_of, values_by_axis


def test_values_have_the_type_that_hydra_gives_them_and_lists_stay_as_typed():
    texts = ("size=d2", "a=10", "a=0.5", "a=true", "a=null", "a=[1,2]")
    assert [value_of(text) for text in texts] == ["d2", 10, 0.5, True, None, "[1,2]"]


def test_a_key_that_was_added_with_a_plus_is_the_axis_without_it():
    assert axis_values(["size", "note"], ["size=d2", "+note=3", "seed.split=0"]) == {
        "size": "d2",
        "note": 3,
    }


def test_the_values_of_an_axis_come_once_each_in_the_order_of_the_jobs():
    jobs = [["size=d10", "+note=1"], ["size=d10", "+note=2"], ["size=d2", "+note=1"]]
    assert values_by_axis(["size", "note"], jobs) == {"size": ["d10", "d2"], "note": [1, 2]}


def test_nested_settings_become_dotted_keys_and_lists_stay_whole():
    assert flat({"a": {"b": 1, "c": {"d": [1, 2]}}, "e": None}) == {
        "a.b": 1,
        "a.c.d": [1, 2],
        "e": None,
    }
