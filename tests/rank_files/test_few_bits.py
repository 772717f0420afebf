import numpy as np
import pytest

from rankdistill.rank_files import few_bits
from rankdistill.rank_files.few_bits import num_bytes, with_gaps, without_gaps


def test_the_first_number_has_the_highest_bits_of_the_first_byte_and_the_rest_is_zero():
    assert without_gaps(np.array([1, 15, 8], np.uint8), 4).tolist() == [0x1F, 0x80]
    assert without_gaps(np.array([5, 0, 7], np.uint8), 3).tolist() == [0b10100011, 0b10000000]


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("number", [0, 1, 7, 8, 9, 37])
def test_joined_numbers_come_back_and_take_the_bytes_that_are_counted(bits, number):
    numbers = np.random.default_rng(bits).integers(0, 2**bits, number).astype(np.uint8)
    joined = without_gaps(numbers, bits)
    assert len(joined) == num_bytes(number, bits)
    assert with_gaps(joined, number, bits).tolist() == numbers.tolist()


@pytest.mark.parametrize("bits", [1, 3, 4, 8])
def test_joining_and_parting_a_block_at_a_time_changes_nothing(bits, monkeypatch):
    numbers = np.random.default_rng(bits).integers(0, 2**bits, 45).astype(np.uint8)
    joined = without_gaps(numbers, bits)
    monkeypatch.setattr(few_bits, "_BLOCK", 16)
    assert without_gaps(numbers, bits).tolist() == joined.tolist()
    assert with_gaps(joined, 45, bits).tolist() == numbers.tolist()


def test_bytes_of_eight_bits_are_the_numbers():
    numbers = np.array([0, 255, 7], np.uint8)
    assert without_gaps(numbers, 8).tolist() == with_gaps(numbers, 3, 8).tolist() == [0, 255, 7]


def test_a_part_of_a_byte_counts_as_one():
    assert [num_bytes(number, 4) for number in range(4)] == [0, 1, 1, 2]
