import pytest

from rankdistill.reporting import wording


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (wording.decimal, 0.01234, ".0123"),
        (wording.decimal, 1.0, "1.0000"),
        (wording.decimal, 0.99999, "1.0000"),
        (wording.decimal, 10.05, "10.0500"),
        (wording.decimal, -0.25, "-.2500"),
        (wording.p_value, 3.2e-5, "p = 3e-5"),
        (wording.p_value, 0.041, "p = .041"),
        (wording.p_value, 1.0, "p = 1"),
        (wording.p_value, 0.0, "p < 1e-300"),
        (wording.file_size, 850, "850 B"),
        (wording.file_size, 21_240, "21.2 kB"),
        (wording.file_size, 999_600, "1.00 MB"),
        (wording.file_size, 1_050_000, "1.05 MB"),
        (wording.file_size, 2e12, "2000 GB"),
        (wording.metric_label, "mrr@20", "MRR@20"),
        (wording.metric_label, "map@all", "MAP@all"),
        (wording.percentage, -0.04, "-4%"),
    ],
)
def test_numbers_are_written_as_people_read_them(function, value, expected):
    assert function(value) == expected


def test_notes_tell_of_the_data_and_of_the_protocol():
    data = {"notes": ["Ties."], "protocol": ["Ranked among 99 sampled items."]}
    assert wording.notes(data) == ["Note: Ties.", "Note: Ranked among 99 sampled items.", ""]
    assert wording.notes({}) == []
