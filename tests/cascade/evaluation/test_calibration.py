"""Whether probabilities come true."""

import math

import pytest
import torch

from rankdistill.cascade.evaluation.calibration import calibration_ratio, expected_calibration_error

METRICS = [calibration_ratio, expected_calibration_error]


def random_examples(seed, shape=(200,)):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(shape, generator=generator) for _ in range(3)]


def slow_error(probabilities, labels, weights, num_bins):
    """Groups of equal predictions, each put into the bin that its middle falls into."""
    rows = list(zip(probabilities, labels, weights, strict=True))
    total, below = sum(weights), 0.0
    gaps = [0.0] * num_bins
    for value in sorted(set(probabilities)):
        group = [(p, y, w) for p, y, w in rows if p == value]
        mass = sum(w for _, _, w in group)
        place = min(int(num_bins * (below + mass / 2) / total), num_bins - 1)
        gaps[place] += sum(w * (p - y) for p, y, w in group)
        below += mass
    return sum(abs(gap) for gap in gaps) / total


def test_values_worked_by_hand():
    probabilities = torch.tensor([0.9, 0.1, 0.2, 0.6], dtype=torch.float64)
    labels = torch.tensor([1, 0, 1, 0])
    assert float(calibration_ratio(probabilities, labels)) == pytest.approx(1.8 / 2)
    # Two bins: (.1, .2) with labels (0, 1) and (.6, .9) with labels (0, 1).
    error = expected_calibration_error(probabilities, labels, num_bins=2)
    assert float(error) == pytest.approx(0.5 * abs(0.15 - 0.5) + 0.5 * abs(0.75 - 0.5))
    error = expected_calibration_error(probabilities, labels, num_bins=4)
    assert float(error) == pytest.approx((0.1 + 0.1 + 0.8 + 0.6) / 4)
    weights = torch.tensor([1.0, 1.0, 2.0, 0.0])
    assert float(calibration_ratio(probabilities, labels, weights)) == pytest.approx(1.4 / 3)
    error = expected_calibration_error(probabilities, labels, weights, num_bins=1)
    assert float(error) == pytest.approx((3 - 1.4) / 4)


@pytest.mark.parametrize("num_bins", [1, 3, 10, 500])
@pytest.mark.parametrize("decimals", [1, 6])
def test_the_error_agrees_with_a_loop_over_groups(num_bins, decimals):
    probabilities, labels, weights = random_examples(num_bins)
    columns = [probabilities.double().round(decimals=decimals), labels.double(), weights.double()]
    found = expected_calibration_error(*columns, num_bins=num_bins)
    slow = slow_error(*(column.tolist() for column in columns), num_bins)
    assert float(found) == pytest.approx(slow, rel=1e-9)


def test_bins_of_distinct_predictions_differ_by_at_most_one_example():
    # Alternating labels of 0 and 1 beside predictions of a half: a bin of odd size has a gap.
    probabilities = 0.5 + torch.linspace(0, 1e-9, 12, dtype=torch.float64)
    labels = torch.arange(12) % 2
    even = expected_calibration_error(probabilities, labels, num_bins=6)
    assert float(even) == pytest.approx(0, abs=1e-8)
    odd = expected_calibration_error(probabilities, labels, num_bins=4)
    assert float(odd) == pytest.approx(4 * (0.5 / 12), abs=1e-8)


def test_the_order_of_examples_with_equal_predictions_does_not_matter():
    labels = torch.tensor([1.0] * 30 + [0.0] * 70)
    constant = torch.full((100,), 0.3, dtype=torch.float64)
    assert float(expected_calibration_error(constant, labels)) == pytest.approx(0, abs=1e-12)
    assert float(expected_calibration_error(constant, labels.flip(0))) == pytest.approx(
        0, abs=1e-12
    )
    assert float(calibration_ratio(constant, labels)) == pytest.approx(1)


def test_probabilities_that_are_the_labels_are_calibrated():
    _, labels, weights = random_examples(0)
    assert float(calibration_ratio(labels, labels, weights)) == 1
    assert float(expected_calibration_error(labels, labels, weights)) == 0


@pytest.mark.parametrize("metric", METRICS)
def test_every_task_is_a_column_of_its_own(metric):
    block = [tensor.double() for tensor in random_examples(1, (50, 3))]
    found = metric(*block)
    assert found.shape == (3,)
    columns = [metric(*(tensor[:, task] for tensor in block)) for task in range(3)]
    torch.testing.assert_close(found, torch.stack(columns))


@pytest.mark.parametrize("metric", METRICS)
def test_without_any_weight_there_is_no_value_and_other_tasks_keep_theirs(metric):
    probabilities, labels, weights = random_examples(2, (20, 2))
    weights[:, 0] = 0
    assert metric(probabilities, labels, weights).isnan().tolist() == [True, False]
    assert bool(metric(probabilities[:0, 0], labels[:0, 0]).isnan())


def test_a_ratio_to_labels_that_are_never_positive_is_nan():
    assert math.isnan(float(calibration_ratio(torch.tensor([0.5]), torch.tensor([0.0]))))


@pytest.mark.parametrize("metric", METRICS)
def test_misfits_are_refused(metric):
    good = torch.tensor([0.5, 0.25])
    with pytest.raises(ValueError, match="labels must be"):
        metric(good, good[:1])
    with pytest.raises(ValueError, match="probabilities must lie in"):
        metric(good * 5, good)


def test_there_is_at_least_one_bin():
    with pytest.raises(ValueError, match="num_bins must be at least 1, got 0"):
        expected_calibration_error(torch.tensor([0.5]), torch.tensor([1]), num_bins=0)
