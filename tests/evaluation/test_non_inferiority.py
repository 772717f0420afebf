import math

import numpy as np
import pytest
from scipy import stats

from rankdistill.evaluation.non_inferiority import non_inferiority


def test_values_worked_by_hand():
    # Differences 0, 1, 2 and a margin of 1: mean 1, deviation 1, t = 2 sqrt(3) on 2 degrees of
    # freedom, where the tail is (1 - t / sqrt(2 + t^2)) / 2.
    result = non_inferiority(np.array([1.0, 3.0, 5.0]), np.array([1.0, 2.0, 3.0]), margin=1.0)
    assert result.difference == 1
    assert result.p_value == pytest.approx((1 - math.sqrt(12 / 14)) / 2)
    assert result.num_users == 3
    assert not result.is_shown


@pytest.mark.parametrize("margin", [0.01, 0.1, 0.3])
def test_it_agrees_with_scipy_and_with_its_own_interval(margin):
    generator = np.random.default_rng(1)
    a, b = generator.random(300), generator.random(300) + 0.05
    result = non_inferiority(a, b, margin)
    expected = stats.ttest_1samp(a - b, -margin, alternative="greater")
    assert result.p_value == pytest.approx(expected.pvalue)
    assert result.is_shown == (result.ci_low > -margin)


def test_equal_models_are_not_inferior_and_one_that_is_worse_by_the_margin_is():
    values = np.random.default_rng(0).random(50)
    assert non_inferiority(values, values, 0.001).is_shown
    assert not non_inferiority(values - 0.25, values, 0.125).is_shown


def test_a_better_model_of_few_users_is_shown_to_be_nothing():
    noise = np.random.default_rng(2).normal(size=4)
    assert not non_inferiority(noise + 0.01, np.zeros(4), 0.001).is_shown


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan"), float("inf")])
def test_a_margin_must_be_positive(margin):
    with pytest.raises(ValueError, match="margin must be positive"):
        non_inferiority(np.zeros(3), np.zeros(3), margin)
