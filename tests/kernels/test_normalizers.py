import torch
from rankdistill.distillation.remaining import shares_of_remaining
from rankdistill.gradients import loss_of


def problem():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(4, 7, generator=generator, dtype=torch.float64).requires_grad_()
    left_out = torch.rand(4, 7, generator=generator) < 0.4
    return rows, left_out, torch.randn(4, generator=generator, dtype=torch.float64)


def log_sum_exp(rows, remaining):
    return loss_of(rows, lambda _: shares_of_remaining(remaining)[::-1])


def test_shares_are_the_gradient_of_the_log_sum_exp_of_masked_rows():
    rows, left_out, weights = problem()
    masked = rows.masked_fill(left_out, -torch.inf)
    expected = masked.logsumexp(1)
    found = log_sum_exp(rows, masked.detach())
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(values, rows, weights) for values in (found, expected)]
    torch.testing.assert_close(*gradients)


def test_a_row_of_which_nothing_remains_gets_no_gradient():
    rows, _, weights = problem()
    normalizers = log_sum_exp(rows, torch.full_like(rows, -torch.inf))
    assert (normalizers == -torch.inf).all()
    (gradient,) = torch.autograd.grad(normalizers, rows, weights)
    assert not gradient.any()
