import pytest
import torch

from rankdistill.distillation.remaining import logsumexp_of_remaining


def problem():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(4, 7, generator=generator, dtype=torch.float64).requires_grad_()
    left_out = torch.rand(4, 7, generator=generator) < 0.4
    return rows, left_out, torch.randn(4, generator=generator, dtype=torch.float64)


def test_value_and_gradient_are_those_of_masked_rows():
    rows, left_out, weights = problem()
    masked = rows.masked_fill(left_out, -torch.inf)
    expected = masked.logsumexp(1)
    found = logsumexp_of_remaining(rows, masked.detach())
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(values, rows, weights) for values in (found, expected)]
    torch.testing.assert_close(*gradients)


def test_a_row_of_which_nothing_remains_gets_no_gradient():
    rows, _, weights = problem()
    remaining = torch.full_like(rows, -torch.inf)
    normalizers = logsumexp_of_remaining(rows, remaining)
    assert (normalizers == -torch.inf).all()
    (gradient,) = torch.autograd.grad(normalizers, rows, weights)
    assert not gradient.any()


def test_shapes_that_would_broadcast_are_refused():
    rows, *_ = problem()
    with pytest.raises(ValueError, match=r"got \(4, 7\) and \(1, 7\)"):
        logsumexp_of_remaining(rows, rows[:1].detach())
