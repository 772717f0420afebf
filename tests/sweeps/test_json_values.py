import json

import pytest

from rankdistill.sweeps.json_values import mapping, number, numbers, read_json, sequence


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "3", "null"])
def test_a_file_that_holds_no_object_reads_as_an_empty_one(tmp_path, text):
    path = tmp_path / "any.json"
    if text is not None:
        path.write_text(text)
    assert read_json(path) == {}


def test_an_object_is_read_whole(tmp_path):
    content = {"a": [1, None], "b": {"c": "ä"}}
    path = tmp_path / "any.json"
    path.write_text(json.dumps(content))
    assert read_json(path) == content


def test_values_of_another_kind_become_empty_ones():
    assert (mapping([1]), mapping({"a": 1})) == ({}, {"a": 1})
    assert (sequence({"a": 1}), sequence([1])) == ([], [1])


def test_numbers_are_finite_and_truth_is_no_number():
    assert (number(0), number(1.5), number(True), number("1"), number(None)) == (
        0,
        1.5,
        None,
        None,
        None,
    )
    assert numbers({"a": 0, "b": float("nan"), "c": float("inf"), "d": False}) == {"a": 0}
