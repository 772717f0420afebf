import torch

from rankdistill.kernels.shares import shares_and_normalizers


def test_shares_and_normalizers_are_softmax_and_log_sum_exp():
    scores = 5 * torch.randn(6, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    scores[:3, 2:5] = -torch.inf
    shares, normalizers = shares_and_normalizers(scores)
    torch.testing.assert_close(shares, scores.softmax(1))
    torch.testing.assert_close(normalizers, scores.logsumexp(1))


def test_a_row_that_nothing_is_left_in_has_no_shares():
    shares, normalizers = shares_and_normalizers(torch.full((2, 3), -torch.inf))
    assert not shares.any()
    assert (normalizers == -torch.inf).all()


def test_large_scores_do_not_overflow():
    _, normalizers = shares_and_normalizers(torch.tensor([[1e4, -1e4]]))
    assert normalizers.tolist() == [1e4]
