"""Normalisers and picked scores against the two written out, with PyTorch's own gradient."""

import pytest
import torch

from rankdistill.kernels.normalizers import normalizers_and_scores

ROWS, ITEMS = torch.tensor([0, 0, 2, 0]), torch.tensor([1, 4, 2, 1])  # one twice, a row without


def problem(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(4, 7, generator=generator, dtype=dtype).requires_grad_()
    left_out = torch.rand(4, 7, generator=generator) < 0.4
    weights = [torch.randn(n, generator=generator, dtype=dtype) for n in (4, len(ITEMS))]
    return rows, torch.where(left_out, -torch.inf, 0.0), weights


def plain(rows, row_ids, item_ids, shift=None):
    return (rows if shift is None else rows + shift).logsumexp(1), rows[row_ids, item_ids]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shifted", [False, True])
def test_values_and_gradients_are_those_of_the_plain_version(shifted, dtype):
    rows, shift, weights = problem(dtype)
    outcomes = []
    for function in (normalizers_and_scores, plain):
        found = function(rows, ROWS, ITEMS, shift if shifted else None)
        outcomes.append([*found, *torch.autograd.grad(found, rows, weights)])
    torch.testing.assert_close(*outcomes)


@pytest.mark.parametrize("shifted", [False, True])
def test_the_gradient_passes_numerical_checks(shifted):
    rows, shift, _ = problem()
    shift = shift if shifted else None
    assert torch.autograd.gradcheck(lambda x: normalizers_and_scores(x, ROWS, ITEMS, shift), rows)


def test_either_outcome_may_be_left_unused():
    rows, shift, _ = problem()
    for which in (0, 1):
        outcomes = [
            torch.autograd.grad(function(rows, ROWS, ITEMS, shift)[which].sum(), rows)
            for function in (normalizers_and_scores, plain)
        ]
        torch.testing.assert_close(*outcomes)


def test_a_row_that_nothing_is_left_in_gets_no_gradient():
    rows, _, weights = problem()
    shift = torch.full_like(rows, -torch.inf)
    normalizers, _ = normalizers_and_scores(rows, ROWS, ITEMS, shift.detach())
    assert (normalizers == -torch.inf).all()
    (gradient,) = torch.autograd.grad(normalizers, rows, weights[0])
    assert not gradient.any()


def test_items_may_be_a_table_with_the_rows_beside_it():
    rows, *_ = problem()
    row_ids, item_ids = torch.arange(4)[:, None], torch.tensor([[1, 0], [2, 2], [5, 6], [3, 1]])
    _, scores = normalizers_and_scores(rows, row_ids, item_ids)
    torch.testing.assert_close(scores, rows.gather(1, item_ids))


def test_half_precision_is_summed_in_single():
    scores = torch.randn(2, 4000, generator=torch.Generator().manual_seed(0)).bfloat16()
    halves, singles = scores.requires_grad_(), scores.detach().float().requires_grad_()
    outcomes = []
    for rows in (halves, singles):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            normalizers, _ = normalizers_and_scores(rows, torch.tensor([0]), torch.tensor([0]))
        outcomes.append([normalizers, torch.autograd.grad(normalizers.sum(), rows)[0]])
    (found, gradient), (expected, precise) = outcomes
    assert torch.equal(found, expected)
    assert torch.equal(gradient, precise.bfloat16())


def test_a_gradient_of_the_gradient_is_refused():
    rows, *_ = problem()
    normalizers, _ = normalizers_and_scores(rows, ROWS, ITEMS)
    (gradient,) = torch.autograd.grad(normalizers.square().sum(), rows, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
