from tests.running import composed

from rankdistill.building import Component
from rankdistill.config.primitives import primitives
from rankdistill.config.seeds import Seeds


def test_dataclasses_become_dictionaries_and_components_their_nodes():
    seeds = Seeds(split=0, initialization=1, sampling=2)
    expected = {"split": 0, "initialization": 1, "sampling": 2}
    assert primitives(seeds) == expected
    assert primitives({"a": [Component("x.Y", {"z": 1}), seeds]}) == {
        "a": [{"_target_": "x.Y", "z": 1}, expected]
    }


def test_a_configuration_goes_back_to_plain_values():
    def plain(value):
        if isinstance(value, dict):
            return all(type(key) is str and plain(item) for key, item in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return type(value) in {str, int, float, bool, type(None)}

    assert plain(primitives(composed("train", "data=synthetic")))
    assert plain(primitives(composed("compare", "data=synthetic")))
