import pytest
import torch

from rankdistill.kernels import stacked_products as room
from rankdistill.kernels.stacked_products import stacked_products


@pytest.mark.parametrize("on_cpu", [True, False])
def test_rows_are_multiplied_with_the_table_of_their_own_part(on_cpu, monkeypatch):
    monkeypatch.setattr(room, "on_cpu", lambda tensor: on_cpu)
    torch.manual_seed(0)
    left, right = (torch.randn(3, n, 5, dtype=torch.float64, requires_grad=True) for n in (4, 7))
    shift = torch.randn(3, 7, dtype=torch.float64, requires_grad=True)
    found = stacked_products(left, right, shift)
    expected = left @ right.mT + shift[:, None]
    torch.testing.assert_close(found, expected)
    weights = torch.randn_like(found)
    mine, wanted = (
        torch.autograd.grad((scores * weights).sum(), (left, right, shift))
        for scores in (found, expected)
    )
    torch.testing.assert_close(mine, wanted)
