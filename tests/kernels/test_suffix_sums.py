"""Normalisers of a ranking against a log sum exp for every position."""

import pytest
import torch

from rankdistill.kernels.suffix_sums import suffix_log_sum_exp


def problem(spread, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    ranked = spread * torch.randn(3, 4, generator=generator, dtype=dtype)
    tail = spread * torch.randn(3, generator=generator, dtype=dtype)
    return ranked.requires_grad_(), tail.requires_grad_()


def plain(ranked, tail):
    suffixes = [torch.cat([ranked[:, k:], tail[:, None]], 1) for k in range(ranked.shape[1])]
    return torch.stack([suffix.logsumexp(1) for suffix in suffixes], 1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("spread", [1.0, 100.0])
def test_values_and_gradients_are_those_of_the_plain_version(spread, dtype):
    ranked, tail = problem(spread, dtype)
    weights = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=dtype)
    outcomes = []
    for function in (suffix_log_sum_exp, plain):
        values = function(ranked, tail)
        outcomes.append([values, *torch.autograd.grad(values, [ranked, tail], weights)])
    torch.testing.assert_close(*outcomes)


@pytest.mark.parametrize("spread", [1.0, 100.0])
def test_the_gradient_passes_numerical_checks(spread):
    assert torch.autograd.gradcheck(suffix_log_sum_exp, problem(spread))


def test_without_a_tail_the_last_normalizer_is_the_last_score():
    ranked = torch.tensor([[2.0, 1.0]], requires_grad=True)
    values = suffix_log_sum_exp(ranked, torch.tensor([-torch.inf]))
    assert values[0, 1].item() == 1.0
    values.sum().backward()
    assert torch.isfinite(ranked.grad).all()
