"""Weights are stored in numbers of bits that there is code for."""

import pytest
from tests.running import composed

from rankdistill.config.storage import Storage, TrainedStorage


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


def test_fewer_epochs_than_none_are_refused():
    with pytest.raises(ValueError, match=r"^storage\.rounded_epochs must be at least 0, got -1"):
        TrainedStorage(bits=5, rounded_epochs=-1)


@pytest.mark.parametrize("option", ["fp32", "fp16"])
def test_many_bits_are_not_rounded_to_in_training(option):
    with pytest.raises(ValueError, match=r"choose storage=int8, int6, int5 or int4"):
        composed("train", f"storage={option}", "storage.rounded_epochs=3")
