"""Cross-entropy, its normalised form, and the alignment of two rankers."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from rankdistill.cascade.evaluation.cross_entropy import (
    alignment_ratio,
    cross_entropy,
    normalised_entropy,
)

METRICS = [cross_entropy, normalised_entropy]


def random_examples(seed, shape=(200,)):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(shape, generator=generator) for _ in range(3)]


def slow_cross_entropy(probabilities, labels, weights):
    losses = [
        -w * (y * math.log(p) + (1 - y) * math.log(1 - p))
        for p, y, w in zip(probabilities, labels, weights, strict=True)
    ]
    return sum(losses) / sum(weights)


def entropy(rate):
    return -rate * math.log(rate) - (1 - rate) * math.log(1 - rate)


def test_values_worked_by_hand():
    probabilities, labels = torch.tensor([0.5, 0.25, 0.75]), torch.tensor([1, 0, 0])
    expected = (math.log(2) - math.log(0.75) - math.log(0.25)) / 3
    assert float(cross_entropy(probabilities, labels)) == pytest.approx(expected)
    assert float(cross_entropy(probabilities, labels == 1)) == pytest.approx(expected)
    weights = torch.tensor([3.0, 1.0, 0.0])
    expected = (3 * math.log(2) - math.log(0.75)) / 4
    assert float(cross_entropy(probabilities, labels, weights)) == pytest.approx(expected)
    assert float(normalised_entropy(probabilities, labels, weights)) == pytest.approx(
        expected / entropy(0.75)
    )


def test_soft_labels_and_weights_agree_with_a_loop_and_with_torch():
    probabilities, labels, weights = random_examples(0)
    found = cross_entropy(probabilities, labels, weights)
    columns = [column.double().tolist() for column in (probabilities, labels, weights)]
    assert float(found) == pytest.approx(slow_cross_entropy(*columns), rel=1e-12)
    torch_loss = binary_cross_entropy(probabilities.double(), labels.double())
    torch.testing.assert_close(cross_entropy(probabilities, labels), torch_loss)


@pytest.mark.parametrize("metric", [*METRICS, lambda p, y, w: alignment_ratio(p, p**2, y, w)])
def test_every_task_is_a_column_of_its_own(metric):
    block = random_examples(1, (50, 3))
    found = metric(*block)
    assert found.shape == (3,)
    assert found.dtype == torch.float64
    columns = [metric(*(tensor[:, task] for tensor in block)) for task in range(3)]
    torch.testing.assert_close(found, torch.stack(columns))


def test_certainties_cost_nothing_if_right_and_a_bounded_amount_if_wrong():
    certain = torch.tensor([0.0, 1.0])
    assert 0 < float(cross_entropy(certain, torch.tensor([0, 1]))) < 1.1e-7
    assert float(cross_entropy(certain, torch.tensor([1, 0]))) == pytest.approx(-math.log(1e-7))


def test_predicting_the_mean_of_the_labels_has_a_normalised_entropy_of_one():
    _, labels, weights = random_examples(2)
    rate = (labels.double() * weights.double()).sum() / weights.double().sum()
    predictions = rate.expand(len(labels))
    assert float(normalised_entropy(predictions, labels, weights)) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("label", [0, 1])
def test_labels_without_entropy_have_no_normalised_entropy(label):
    probabilities, _, weights = random_examples(3)
    labels = torch.full_like(probabilities, label)
    assert bool(normalised_entropy(probabilities, labels, weights).isnan())
    assert bool(cross_entropy(probabilities, labels, weights).isfinite())


@pytest.mark.parametrize("metric", METRICS)
def test_without_any_weight_there_is_no_value_and_other_tasks_keep_theirs(metric):
    probabilities, labels, weights = random_examples(4, (20, 2))
    weights[:, 0] = 0
    assert metric(probabilities, labels, weights).isnan().tolist() == [True, False]
    assert bool(metric(probabilities[:0, 0], labels[:0, 0]).isnan())


def test_an_example_of_weight_zero_changes_nothing():
    probabilities, labels, weights = random_examples(5)
    weights[50:] = 0
    torch.testing.assert_close(
        cross_entropy(probabilities, labels, weights),
        cross_entropy(probabilities[:50], labels[:50], weights[:50]),
    )


def test_the_alignment_ratio_matches_a_value_worked_by_hand():
    final, early = torch.tensor([0.8, 0.2]), torch.tensor([0.5, 0.25])
    labels = torch.tensor([1.0, 0.0])
    user_final = -math.log(0.8)
    user_early = (-math.log(0.5) - math.log(0.75)) / 2
    between = (math.log(2) - 0.2 * math.log(0.25) - 0.8 * math.log(0.75)) / 2
    assert float(alignment_ratio(final, early, labels)) == pytest.approx(
        (user_early - user_final) / between
    )


def test_a_ranker_that_copies_the_final_one_has_a_ratio_of_zero():
    final, labels, weights = random_examples(6)
    assert float(alignment_ratio(final, final, labels, weights)) == 0
    certain = final.round()
    assert float(alignment_ratio(certain, certain, labels, weights)) == 0


def test_only_weighted_examples_count_in_all_three_entropies():
    final, labels, early = random_examples(7)
    weights = torch.ones(200)
    weights[100:] = 0
    torch.testing.assert_close(
        alignment_ratio(final, early, labels, weights),
        alignment_ratio(final[:100], early[:100], labels[:100]),
    )


@pytest.mark.parametrize("metric", METRICS)
def test_misfits_are_refused(metric):
    good = torch.tensor([0.5, 0.25])
    with pytest.raises(ValueError, match=r"labels must be .* \(2,\), got \(1,\)"):
        metric(good, good[:1])
    with pytest.raises(ValueError, match=r"weights must be .* \(2,\), got \(2, 1\)"):
        metric(good, good, good[:, None])
    with pytest.raises(ValueError, match=r"probabilities must lie in .* got -1 to 3; are they log"):
        metric(torch.tensor([-1.0, 3.0]), good)
    with pytest.raises(ValueError, match="labels must lie in"):
        metric(good, torch.tensor([0, 2]))
    with pytest.raises(ValueError, match="weights must not be negative, got -1"):
        metric(good, good, torch.tensor([1.0, -1.0]))
    with pytest.raises(FloatingPointError, match="probabilities hold NaN"):
        metric(torch.tensor([0.5, math.nan]), good)
