import pytest

from rankdistill.runs.time_left import bound, duration, time_left, time_of_the_rest


def test_nothing_left_takes_no_time_and_nothing_ended_tells_none():
    assert time_left(0, 5, 10) == time_left(5, 0, 10) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(8.4, "8 s"), (89, "89 s"), (91, "2 min"), (3570, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_durations_are_told_in_the_unit_that_fits(seconds, text):
    assert duration(seconds) == text


def test_each_model_that_is_left_takes_as_long_as_those_of_its_kind():
    ended = {"teacher": [20.0, 30.0], "student": [4.0]}
    assert time_of_the_rest(ended, ["teacher", "student", "student"]) == "(about 33 s left)"


def test_a_kind_of_which_none_has_ended_makes_the_estimate_a_bound():
    ended = {"teacher": [20.0, 30.0], "student": [4.0]}
    assert time_of_the_rest(ended, ["student", "other"]) == "(at least 4 s left)"


def test_before_the_first_has_ended_there_is_no_estimate():
    assert time_of_the_rest({}, ["teacher"]) == ""
    assert time_of_the_rest({"final ranker": [9.0]}, ["early ranker"]) == ""


def test_what_a_fit_takes_at_most_is_said_in_epochs():
    assert bound(40).startswith("at most 40 epochs each")
