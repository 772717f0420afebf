"""Rows times a whole table against the same product in double precision, on every path."""

import pytest
import torch

from rankdistill.kernels.row_products import row_products

NARROW, WIDE = 10, 20
LARGE, SMALL = (64, 900), (3, 5)  # by oneDNN, and too small for its first look at a shape


def problem(dim, batch, num_items, dtype=torch.float32):
    generator = torch.Generator().manual_seed(dim)
    shapes = [(batch, dim), (num_items, dim), (num_items,), (batch, num_items)]
    return [torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes]


def outcome(product, left, right, shift, weights):
    """The products, and what they pass back."""
    leaves = [
        leaf.detach().clone().requires_grad_() for leaf in (left, right, shift) if leaf is not None
    ]
    products = product(*leaves)
    return [products, *torch.autograd.grad(products, leaves, weights)]


def plain(left, right, shift=0.0):
    return left @ right.t() + shift


@pytest.mark.parametrize("has_shift", [True, False])
@pytest.mark.parametrize("shape", [LARGE, SMALL])
@pytest.mark.parametrize("dim", [NARROW, WIDE])
def test_products_and_gradients_are_those_in_double_precision(dim, shape, has_shift):
    left, right, shift, weights = problem(dim, *shape)
    tables = (left, right, shift if has_shift else None)
    found = outcome(row_products, *tables, weights)
    expected = outcome(plain, *(x if x is None else x.double() for x in tables), weights.double())
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert one.is_contiguous()
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("dim", [NARROW, WIDE])
def test_where_onednn_is_missing_the_values_are_the_same(dim, monkeypatch):
    tables = problem(dim, *LARGE)
    with_it = outcome(row_products, *tables)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    for one, other in zip(with_it, outcome(row_products, *tables), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("dim", [NARROW, WIDE])
def test_double_precision_stays_double(dim):
    tables = problem(dim, *LARGE, dtype=torch.float64)
    found, expected = outcome(row_products, *tables), outcome(plain, *tables)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("dim", [NARROW, WIDE])
def test_what_is_frozen_gets_no_gradient(dim):
    left, right, shift, weights = problem(dim, *LARGE)
    row_products(left.requires_grad_(), right, shift).backward(weights)
    torch.testing.assert_close(left.grad, weights @ right, rtol=1e-5, atol=1e-4)
    assert right.grad is None


def test_without_gradient_the_products_are_the_same():
    left, right, shift, _ = problem(NARROW, *LARGE)
    with_gradient = row_products(left.requires_grad_(), right, shift)
    with torch.no_grad():
        assert torch.equal(row_products(left, right, shift), with_gradient)


def test_autocast_multiplies_in_its_own_type():
    left, right, shift, _ = problem(NARROW, *LARGE)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert row_products(left, right, shift).dtype == torch.bfloat16


def test_an_empty_batch_is_an_empty_answer():
    left, right, shift, weights = problem(NARROW, 0, 900)
    products, of_left, of_right, of_shift = outcome(row_products, left, right, shift, weights)
    assert (products.shape, of_left.shape) == ((0, 900), (0, NARROW))
    assert not of_right.any()
    assert not of_shift.any()


@pytest.mark.parametrize("dim", [3, 20])
def test_gradients_of_a_part_of_the_products_are_those_of_ordinary_products(dim):
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(600, dim, generator=generator, requires_grad=True)
    right = torch.randn(200, dim, generator=generator, requires_grad=True)
    towards = torch.randn(600, 201, generator=generator)[:, 1:]
    found = torch.autograd.grad(row_products(left, right), (left, right), towards)
    expected = torch.autograd.grad(left @ right.t(), (left, right), towards)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)
