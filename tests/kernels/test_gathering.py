import pytest
import torch

from rankdistill.kernels.gathering import gather_rows


@pytest.mark.parametrize("shape", [(6,), (6, 3)])
def test_rows_and_their_gradient_are_those_of_indexing(shape, monkeypatch):
    table = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    ids = torch.tensor([[5, 0], [5, 2]])
    weights = torch.randn(table[ids].shape, dtype=torch.float64)
    expected = torch.autograd.grad(table[ids], table, weights)
    for on_cpu in (True, False):
        monkeypatch.setattr("rankdistill.kernels.gathering.on_cpu", lambda _, here=on_cpu: here)
        rows = gather_rows(table, ids)
        assert torch.equal(rows, table[ids])
        torch.testing.assert_close(torch.autograd.grad(rows, table, weights), expected)
