import pytest
import torch

from rankdistill.losses.compared_scores import positives_and_negatives


def test_the_first_score_of_a_row_is_its_positive():
    positives, negatives = positives_and_negatives(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert positives.tolist() == [[1.0], [4.0]]
    assert negatives.tolist() == [[2.0, 3.0], [5.0, 6.0]]


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 2, 2)])
def test_scores_that_hold_no_pairs_are_refused(shape):
    with pytest.raises(ValueError, match="num_negatives"):
        positives_and_negatives(torch.zeros(shape))
