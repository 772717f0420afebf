import math

import numpy as np
import pytest
from scipy import stats

from rankdistill.evaluation import significance
from rankdistill.evaluation.significance import (
    bootstrap_interval,
    gap_closed,
    paired_test,
)


def test_paired_test_matches_values_worked_by_hand():
    # Differences 1, 2, 3: mean 2, deviation 1, t = 2 sqrt(3) on 2 degrees of freedom, where
    # the tail is (1 - t / sqrt(2 + t^2)) / 2 and the 97.5% quantile 4.30265.
    result = paired_test(np.array([1.0, 3.0, 5.0]), np.array([0.0, 1.0, 2.0]))
    margin = 4.302653 / math.sqrt(3)
    assert result.difference == 2
    assert result.ci_low == pytest.approx(2 - margin, rel=1e-6)
    assert result.ci_high == pytest.approx(2 + margin, rel=1e-6)
    assert result.p_value == pytest.approx(1 - math.sqrt(12 / 14), rel=1e-9)
    assert result.num_users == 3


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.5, -0.1])
def test_paired_test_agrees_with_scipy(shift):
    generator = np.random.default_rng(3)
    a, b = generator.random(200), generator.random(200) + shift
    result = paired_test(a, b)
    expected = stats.ttest_rel(a, b)
    interval = expected.confidence_interval(0.95)
    assert result.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert (result.ci_low, result.ci_high) == pytest.approx((interval.low, interval.high))


def test_a_model_does_not_differ_from_itself():
    values = np.random.default_rng(0).random(50)
    result = paired_test(values, values.copy())
    assert (result.difference, result.ci_low, result.ci_high, result.p_value) == (0, 0, 0, 1)


def test_a_difference_without_spread_is_certain():
    result = paired_test(np.array([0.5, 0.75, 1.0]), np.array([0.25, 0.5, 0.75]))
    assert (result.difference, result.ci_low, result.p_value) == (0.25, 0.25, 0)


def test_swapping_the_models_flips_the_sign_and_keeps_p():
    a, b = np.random.default_rng(1).random((2, 40))
    one, other = paired_test(a, b), paired_test(b, a)
    assert other.difference == -one.difference
    assert (other.ci_low, other.ci_high) == (-one.ci_high, -one.ci_low)
    assert other.p_value == one.p_value


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0, 2.0], [1.0], r"a \(2,\), b \(1,\)"),
        ([[1.0], [2.0]], [[1.0], [2.0]], "vectors"),
        ([1.0], [2.0], "two users"),
        ([1.0, math.nan], [1.0, 2.0], "values of a must be finite"),
        ([1.0, 2.0], [1.0, math.inf], "values of b must be finite"),
    ],
)
def test_values_that_cannot_be_paired_are_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        paired_test(np.array(a), np.array(b))


@pytest.mark.parametrize("error", [0.05, 0.01, 0.025])
def test_a_widened_interval_agrees_with_scipy(error):
    generator = np.random.default_rng(5)
    a, b = generator.random(30), generator.random(30)
    result = paired_test(a, b).with_error(error)
    interval = stats.ttest_rel(a, b).confidence_interval(1 - error)
    assert (result.ci_low, result.ci_high) == pytest.approx((interval.low, interval.high))
    assert result.p_value == paired_test(a, b).p_value


def test_gap_closed_matches_values_worked_by_hand():
    assert gap_closed(teacher=0.5, student=0.25, distilled=0.375) == 0.5
    assert gap_closed(teacher=0.5, student=0.25, distilled=0.625) == 1.5
    assert gap_closed(teacher=0.5, student=0.25, distilled=0.125) == -0.5


@pytest.mark.parametrize("teacher", [0.25, 0.2])
def test_there_is_no_gap_to_close_below_a_better_teacher(teacher):
    assert gap_closed(teacher=teacher, student=0.25, distilled=0.3) is None


def three_models(num_users=400, seed=0):
    generator = np.random.default_rng(seed)
    student = generator.random(num_users)
    teacher = student + 0.3 + 0.3 * generator.standard_normal(num_users)
    distilled = student + 0.15 + 0.3 * generator.standard_normal(num_users)
    return teacher, student, distilled


def test_the_interval_is_that_of_resamples_drawn_one_by_one():
    teacher, student, distilled = three_models()
    generator = np.random.default_rng(99)
    ratios = []
    for _ in range(2000):
        users = generator.integers(400, size=400)
        means = (values[users].mean() for values in (teacher, student, distilled))
        ratios.append(gap_closed(*means))
    expected = np.quantile(ratios, [0.025, 0.975])
    interval = bootstrap_interval(teacher, student, distilled, num_resamples=4000)
    assert interval == pytest.approx(tuple(expected), abs=0.01)
    assert interval[0] < gap_closed(teacher.mean(), student.mean(), distilled.mean()) < interval[1]


def test_the_interval_depends_on_the_seed_and_not_on_the_portions(monkeypatch):
    models = three_models()
    interval = bootstrap_interval(*models, num_resamples=300, seed=5)
    assert bootstrap_interval(*models, num_resamples=300, seed=6) != interval
    monkeypatch.setattr(significance, "_CELLS_AT_ONCE", 1000)
    assert bootstrap_interval(*models, num_resamples=300, seed=5) == interval


def test_more_confidence_needs_a_wider_interval():
    models = three_models()
    low, high = bootstrap_interval(*models, confidence=0.5)
    lower, higher = bootstrap_interval(*models, confidence=0.95)
    assert lower < low < high < higher


def test_a_distilled_student_equal_to_the_teacher_closes_the_whole_gap_in_every_resample():
    teacher, student, _ = three_models()
    assert bootstrap_interval(teacher, student, teacher) == (1.0, 1.0)


def test_a_gap_within_chance_has_no_interval():
    teacher, student, distilled = three_models()
    assert bootstrap_interval(student, teacher, distilled) is None
    noise = np.random.default_rng(2).standard_normal(400)
    assert bootstrap_interval(student + noise - noise.mean(), student, distilled) is None


@pytest.mark.parametrize("setting", [{"num_resamples": 0}, {"confidence": 1.0}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(ValueError, match="num_resamples must be"):
        bootstrap_interval(*three_models(), **setting)
