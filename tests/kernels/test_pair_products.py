import pytest
import torch

from rankdistill.kernels.pair_products import pair_products


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("dim", "batch", "num_each"),
    [(2, 5, 3), (64, 5, 3), (8, 3000, 8), (64, 2, 40), (64, 0, 3), (4, 3, 0)],
)
def test_products_are_those_of_gathered_rows(dim, batch, num_each, dtype):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(batch, dim, generator=generator, dtype=dtype)
    items = torch.randn(13, dim, generator=generator, dtype=dtype)
    item_ids = torch.randint(13, (batch, num_each), generator=generator)
    expected = (items[item_ids] * rows[:, None]).sum(2)
    torch.testing.assert_close(pair_products(rows, items, item_ids), expected)
