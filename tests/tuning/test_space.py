import re

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from rankdistill.tuning.space import as_override, drawn_values, read_space


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"low": 1, "hgih": 2}, "tuning.space.a has no 'hgih'; did you mean 'high'?"),
        ({"choises": [1]}, "tuning.space.a has no 'choises'"),
        ({"choices": [1], "log": True}, "tuning.space.a has no 'log'"),
        ({"low": 2, "high": 1}, "low must be below high, got 2 and 1"),
        ({"low": 1, "high": 1}, "low must be below high"),
        ({"low": 0.0, "high": 1.0, "log": True}, "must begin above 0, got 0.0"),
        ({"low": 1}, "tuning.space.a.high must be a number, got None"),
        ({"low": "x", "high": 1}, "tuning.space.a.low must be a number, got 'x'"),
        ({"low": True, "high": 2}, "tuning.space.a.low must be a number, got True"),
        ({"low": 1.5, "high": 3, "integer": True}, "low must be a whole number, got 1.5"),
        ({"low": 1, "high": 3, "integer": "yes"}, "integer must be true or false, got 'yes'"),
        ({"choices": []}, "must be a list of different values, got []"),
        ({"choices": ["x", "x"]}, "must be a list of different values"),
        ({"choices": "x"}, "must be a list of different values, got 'x'"),
        ({"choices": [["x"]]}, "write a list as text: '[a,b]'"),
        ([1, 2], "tuning.space.a must be {low: ..., high: ...} or {choices: [...]}"),
    ],
)
def test_a_mistaken_entry_is_named_with_what_is_wrong(entry, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_space({"a": entry})


def test_a_space_without_entries_says_that_there_is_nothing_to_tune():
    with pytest.raises(ValueError, match="nothing to tune"):
        read_space({})


def test_entries_become_the_distributions_that_they_describe():
    space = read_space(
        {
            "a": {"low": 0.1, "high": 1.0, "log": True},
            "b": {"low": 5, "high": 100, "integer": True},
            "c": {"choices": ["x", 2, None]},
        }
    )
    assert [entry.distribution for entry in space.values()] == [
        FloatDistribution(0.1, 1.0, log=True),
        IntDistribution(5, 100),
        CategoricalDistribution(["x", 2, None]),
    ]


def test_a_drawn_number_has_four_digits_and_stays_within_its_bounds():
    space = read_space(
        {"a": {"low": 0.123456, "high": 0.987654}, "b": {"low": 5, "high": 9, "integer": True}}
    )
    assert drawn_values(space, {"a": 0.5000123, "b": 7}) == {"a": 0.5, "b": 7}
    assert drawn_values(space, {"a": 0.123457, "b": 7})["a"] == 0.1235
    assert drawn_values(space, {"a": 0.987654, "b": 7})["a"] == 0.987654, "not above the bound"


@pytest.mark.parametrize("value", ["hybrid", 3, 0.5, 1.17e-05, True, False, None, "[a,b]"])
def test_hydra_reads_a_drawn_value_as_what_it_was(value):
    (override,) = OverridesParser.create().parse_overrides([as_override("key", value)])
    expected = ["a", "b"] if value == "[a,b]" else value
    assert override.value() == expected
    assert type(override.value()) is type(expected)


def test_the_samples_of_a_range_hold_its_bounds_and_something_between():
    space = read_space(
        {"a": {"low": 10, "high": 100}, "b": {"low": 10, "high": 100, "integer": True}}
    )
    low, between, high = space["a"].samples
    assert (low, high) == (10, 100)
    assert between % 1, "no whole number, so that a setting of whole numbers refuses it"
    assert space["b"].samples == (10, 44, 100)
