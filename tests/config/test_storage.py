"""Weights are stored in numbers of bits that there is code for."""

import pytest
from tests.running import composed

from rankdistill.config.storage import Storage


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 6, 7, 8, 16, 32])
def test_bits_that_there_is_code_for_are_taken(bits):
    assert Storage(bits=bits).bits == bits


@pytest.mark.parametrize("bits", [-8, 0, 1, 9, 15, 24, 64])
def test_other_bits_are_refused(bits):
    with pytest.raises(ValueError, match=rf"^storage\.bits must be 32, 16, .* 8 and 2, got {bits}"):
        Storage(bits=bits)


@pytest.mark.parametrize(("option", "bits"), [("fp32", 32), ("fp16", 16), ("int6", 6)])
def test_an_option_names_its_bits(option, bits):
    assert (
        composed("export", "checkpoint=a", "output=b.rank", f"storage={option}").storage.bits
        == bits
    )
