import pytest

from rankdistill.sweeps.composing import bad_values, combination_that_composes

JOBS = [[f"a={a}", f"b={b}"] for a in (1, 2, 3) for b in (1, 2)]


def refusing(*bad):
    asked = []

    def compose(overrides):
        asked.append(tuple(overrides))
        for override in overrides:
            if override in bad:
                raise ValueError(f"no {override}")

    return compose, asked


def test_the_first_job_is_taken_where_it_composes():
    assert combination_that_composes(JOBS, refusing("a=2")[0]) == ["a=1", "b=1"]


def test_a_bad_first_value_does_not_stop_the_others():
    assert combination_that_composes(JOBS, refusing("a=1")[0]) == ["a=3", "b=2"]


def test_what_no_job_can_compose_is_raised_before_any_runs():
    with pytest.raises(ValueError, match="no b=1"):
        combination_that_composes(JOBS, refusing("b=1", "b=2")[0])


def test_every_value_is_tried_once_and_the_bad_ones_are_told():
    compose, asked = refusing("a=2", "b=2")
    found = bad_values(JOBS, JOBS[0], compose)
    assert {key: str(error) for key, error in found.items()} == {
        "a=2": "no a=2",
        "b=2": "no b=2",
    }
    assert len(asked) == 3  # 3 + 2 values, less the two that are known to be good
