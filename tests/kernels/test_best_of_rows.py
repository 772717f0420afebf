import pytest
import torch

from rankdistill.kernels.best_of_rows import best_of_rows

SCORES = torch.randn(9, 15, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("top_k", [1, 7, 15])
def test_the_best_of_rows_are_those_of_topk(dtype, top_k):
    scores = SCORES.to(dtype)
    expected = scores.topk(top_k, dim=1).indices
    assert torch.equal(best_of_rows(scores, top_k), expected)


def test_equal_scores_give_distinct_items_and_masked_ones_come_last():
    scores = torch.zeros(2, 6)
    scores[:, 1] = -torch.inf
    items = best_of_rows(scores, 6)
    assert items.sort(dim=1).values.tolist() == [[0, 1, 2, 3, 4, 5]] * 2
    assert items[:, -1].tolist() == [1, 1]
