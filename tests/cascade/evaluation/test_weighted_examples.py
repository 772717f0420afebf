import pytest
import torch

from rankdistill.cascade.evaluation.weighted_examples import weighted_examples, weighted_mean

HALF = torch.tensor([0.5, 0.5])


def test_a_mean_leaves_out_what_weighs_nothing():
    values, weights = torch.tensor([1.0, 5.0, 3.0]), torch.tensor([1.0, 0.0, 3.0])
    assert float(weighted_mean(values, weights)) == 2.5
    assert weighted_mean(values, torch.zeros(3)).isnan()


def test_without_weights_every_example_counts_once_in_double_precision():
    *_, weights = weighted_examples(HALF, torch.tensor([True, False]), None)
    assert weights.tolist() == [1, 1]
    assert weights.dtype == torch.float64


@pytest.mark.parametrize(
    ("probabilities", "labels", "weights", "error", "message"),
    [
        (HALF, torch.zeros(3), None, ValueError, "labels must be"),
        (HALF + 1, HALF, None, ValueError, "are they logits"),
        (HALF, HALF, torch.tensor([1.0, -1.0]), ValueError, "not be negative"),
        (HALF * torch.nan, HALF, None, FloatingPointError, "NaN"),
    ],
)
def test_what_cannot_be_averaged_is_refused(probabilities, labels, weights, error, message):
    with pytest.raises(error, match=message):
        weighted_examples(probabilities, labels, weights)
