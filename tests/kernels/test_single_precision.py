import pytest
import torch

from rankdistill.kernels.single_precision import at_least_single, without_autocast


@pytest.mark.parametrize("enabled", [True, False])
def test_products_keep_their_precision_without_autocast(enabled):
    values = torch.ones(2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled), without_autocast("cpu"):
        assert (values @ values).dtype == torch.float32


def test_a_device_without_autocast_is_no_trouble():
    with without_autocast("meta"):
        pass


def test_only_halves_change_their_type():
    for dtype in (torch.float32, torch.float64):
        values = torch.ones(2, dtype=dtype)
        assert at_least_single(values) is values
    for dtype in (torch.bfloat16, torch.float16):
        assert at_least_single(torch.ones(2, dtype=dtype)).dtype == torch.float32
