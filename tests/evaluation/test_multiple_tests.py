import math

import numpy as np
import pytest

from rankdistill.evaluation.multiple_tests import (
    corrected_together,
    holm,
    holm_levels,
)
from rankdistill.evaluation.significance import ERROR, paired_test


def test_holm_matches_values_worked_by_hand():
    # Ascending .01 .02 .03 .04 times 4 3 2 1 is .04 .06 .06 .04; never falling: .04 .06 .06 .06.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.5]) == [1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


@pytest.mark.parametrize("p_value", [-0.1, 1.1, math.nan])
def test_holm_refuses_what_is_no_probability(p_value):
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        holm([0.5, p_value])


def test_levels_match_values_worked_by_hand():
    # .01 is shown at .05/4; .02 is not shown at .05/3, so the rest stay at that level.
    assert holm_levels([0.04, 0.01, 0.03, 0.02]) == pytest.approx(
        [0.05 / 3, 0.05 / 4, 0.05 / 3, 0.05 / 3]
    )
    assert holm_levels([0.001, 0.01, 0.04]) == pytest.approx([0.05 / 3, 0.05 / 2, 0.05])
    assert holm_levels([0.2]) == [0.05]
    assert holm_levels([]) == []


@pytest.mark.parametrize("seed", range(20))
def test_an_interval_excludes_zero_exactly_where_the_corrected_p_value_shows_a_difference(seed):
    generator = np.random.default_rng(seed)
    shifts = generator.uniform(0, 0.12, size=(7, 1))
    tests = [paired_test(row, np.zeros(60)) for row in generator.normal(shifts, 0.2, (7, 60))]
    for corrected in corrected_together(tests):
        excludes_zero = not corrected["ci_low"] <= 0 <= corrected["ci_high"]
        assert excludes_zero == (corrected["p_holm"] < ERROR)


def test_of_one_test_alone_nothing_is_corrected():
    test = paired_test(np.array([1.0, 3.0, 5.0]), np.array([0.0, 1.0, 2.0]))
    (corrected,) = corrected_together([test])
    assert (corrected["ci_low"], corrected["ci_high"]) == (test.ci_low, test.ci_high)
    assert corrected["p_holm"] == test.p_value
    assert corrected["confidence"] == 0.95
