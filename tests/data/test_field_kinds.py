import pytest

from rankdistill.data.field_kinds import is_integer, is_time, kind_of, reads_as_number


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (["1", "-2", ""], "integers"),
        (["1", "2.5"], "numbers"),
        (["1e3", ".5"], "numbers"),
        (["2024-01-31", "2024-01-31 10:11"], "times"),
        (["2024-01-31", "1"], "text"),
        (["a"], "text"),
        (["", " "], "empty"),
        ([], "empty"),
    ],
)
def test_a_column_is_told_by_its_fields(fields, kind):
    assert kind_of(fields) == kind


def test_what_counts_as_a_number_is_what_decimals_can_write():
    assert all(map(reads_as_number, ["1", " 1.5 ", "-1e-3", "+.5", "5."]))
    assert not any(map(reads_as_number, ["nan", "inf", "1_000", "1,5", "0x1", "", "e5"]))
    assert is_integer("9" * 18)
    assert not is_integer("9" * 19)


def test_a_time_has_the_form_of_iso():
    assert all(map(is_time, ["2024-01-31", "2024-01-31T10:11:12.5+01:00", "2024-01-31 10:11 UTC"]))
    assert not any(map(is_time, ["31.01.2024", "2024-1-31", "10:11", "2024-01-31T10"]))
