"""Soft cross-entropy against the formula written out, with PyTorch's own gradient."""

import pytest
import torch

from rankdistill.kernels.soft_cross_entropy import soft_cross_entropy


def problem(shifted, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    rows, teacher = torch.randn(2, 4, 6, generator=generator, dtype=dtype)
    left_out = torch.rand(4, 6, generator=generator) < 0.3
    shift = torch.where(left_out, -torch.inf, 0.0) if shifted else None
    targets = (teacher if shift is None else teacher + shift).softmax(1)
    return rows.requires_grad_(), targets, shift


def plain(rows, targets, shift):
    return (rows if shift is None else rows + shift).logsumexp(1) - (targets * rows).sum(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shifted", [False, True])
def test_values_and_gradients_are_those_of_the_plain_version(shifted, dtype):
    rows, targets, shift = problem(shifted, dtype)
    weights = torch.randn(4, generator=torch.Generator().manual_seed(1), dtype=dtype)
    outcomes = []
    for function in (soft_cross_entropy, plain):
        losses = function(rows, targets, shift)
        outcomes.append([losses, *torch.autograd.grad(losses, rows, weights)])
    torch.testing.assert_close(*outcomes)


@pytest.mark.parametrize("shifted", [False, True])
def test_the_gradient_passes_numerical_checks(shifted):
    rows, targets, shift = problem(shifted)
    assert torch.autograd.gradcheck(lambda x: soft_cross_entropy(x, targets, shift), rows)


@pytest.mark.parametrize("autocast", [True, False])
def test_half_precision_is_summed_in_single(autocast):
    generator = torch.Generator().manual_seed(0)
    halves = torch.randn(2, 4000, generator=generator).bfloat16().requires_grad_()
    singles = halves.detach().float().requires_grad_()
    targets = torch.randn(2, 4000, generator=generator).softmax(1)
    outcomes = []
    for rows in (halves, singles):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            losses = soft_cross_entropy(rows, targets)
        outcomes.append([losses, torch.autograd.grad(losses.sum(), rows)[0]])
    (found, gradient), (expected, precise) = outcomes
    assert torch.equal(found, expected)
    assert torch.equal(gradient, precise.bfloat16())
