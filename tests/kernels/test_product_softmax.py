import pytest
import torch
import torch.nn.functional as F

from rankdistill.kernels import product_softmax as kernel
from rankdistill.kernels.product_softmax import product_softmax, suits_blocks


def made(num_rows, with_shift, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, dtype=dtype, generator=generator)

    shift = normal(7).requires_grad_() if with_shift else None
    items = torch.randint(7, (num_rows,), generator=generator)
    weights = torch.rand(num_rows, dtype=dtype, generator=generator)
    return (
        normal(num_rows, 3).requires_grad_(),
        normal(7, 3).requires_grad_(),
        shift,
        items,
        weights,
    )


@pytest.mark.parametrize("with_shift", [False, True])
@pytest.mark.parametrize("num_rows", [0, 1, 4, 9])
def test_blocks_are_the_cross_entropy_of_whole_rows_with_its_gradients(
    num_rows, with_shift, monkeypatch
):
    monkeypatch.setattr(kernel, "_CELLS", 28)  # four rows
    left, right, shift, items, weights = made(num_rows, with_shift)
    scores = left @ right.t() + (0 if shift is None else shift)
    expected = 3 * (weights * F.cross_entropy(scores, items, reduction="none")).sum()
    found = 3 * product_softmax(left, right, shift, items, weights)
    torch.testing.assert_close(found, expected)
    leaves = [leaf for leaf in (left, right, shift) if leaf is not None]
    for own, other in zip(
        torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves), strict=True
    ):
        torch.testing.assert_close(own, other)


def test_large_scores_stay_finite():
    left, right, _, items, weights = made(4, False, torch.float32)
    loss = product_softmax(left * 1e4, right, None, items, weights)
    assert bool(loss.isfinite())


def test_half_precision_is_left_to_whole_rows():
    assert suits_blocks(torch.zeros(1))
    assert not suits_blocks(torch.zeros(1, dtype=torch.bfloat16))
    with torch.autocast("cpu"):
        assert not suits_blocks(torch.zeros(1))
