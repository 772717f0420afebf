import numpy as np
import pytest

from rankdistill.rank_files.row_codes import PackedRows, pack_rows
from rankdistill.rank_files.tables import (
    decoded,
    encoded,
    is_of_weights,
    storage_name,
    stored_bytes,
)


def table(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_the_names_of_the_storages():
    names = [storage_name(bits) for bits in (32, 16, 8, 6, 4)]
    assert names == ["fp32", "fp16", "int8", "int6", "int4"]


def test_fp32_keeps_every_bit():
    weights = table(5, 3)
    np.testing.assert_array_equal(decoded(encoded("w", weights, 32)), weights)


def test_fp16_is_rounded_to_half_precision_and_read_as_single():
    read = decoded(encoded("w", np.array([[1 / 3, 1024.3]], np.float32), 16))
    assert read.dtype == np.float32
    assert read.tolist() == [[0.333251953125, 1024.0]]


@pytest.mark.parametrize(("bits", "exponent_bits"), [(8, 8), (5, 8), (4, 4), (2, 4)])
def test_few_bits_are_those_of_the_row_codes_with_half_a_byte_a_row_at_four_and_fewer(
    bits, exponent_bits
):
    weights = table(4, 5)
    stored, expected = encoded("w", weights, bits), pack_rows(weights, bits, exponent_bits)
    assert isinstance(stored, PackedRows)
    for found, each in zip(stored, expected, strict=True):
        np.testing.assert_array_equal(found, each)


@pytest.mark.parametrize(("bits", "of_a_vector"), [(8, 8), (5, 8), (4, 6), (2, 6)])
def test_a_vector_gets_more_bits_than_a_table_and_a_byte_for_its_step(bits, of_a_vector):
    vector = encoded("w", table(9), bits)
    assert isinstance(vector, PackedRows)
    assert (vector.bits, vector.exponent_bits) == (of_a_vector, 8)


@pytest.mark.parametrize(("bits", "has_zeros"), [(8, False), (5, False), (4, True), (3, True)])
def test_short_rows_are_left_out_where_that_is_allowed_at_four_bits_and_fewer(bits, has_zeros):
    weights = table(20, 8)
    weights[:5] *= 0.1
    left = encoded("w", weights, bits, leaves_rows_out=True)
    assert decoded(left).any(1).all() != has_zeros
    assert (stored_bytes(left) < stored_bytes(encoded("w", weights, bits))) is has_zeros


def test_a_table_of_one_row_keeps_a_byte_for_its_step():
    """Half a byte takes as much, and readers of the earlier form would misread it."""
    row = encoded("w", table(1, 5), 4)
    assert isinstance(row, PackedRows)
    assert row.exponent_bits == 8


@pytest.mark.parametrize("bits", [32, 16, 8, 4])
@pytest.mark.parametrize(
    "kept",
    [
        np.arange(300) * 10**12,
        np.array([[True, False]]),
        np.array(0.1, np.float32),
        np.zeros((0, 4), np.float32),
    ],
)
def test_what_is_no_table_of_real_numbers_is_kept_as_it_is(bits, kept):
    assert encoded("w", kept, bits) is kept


@pytest.mark.parametrize("bits", [16, 8, 4])
@pytest.mark.parametrize("weight", [np.nan, -np.inf])
def test_weights_that_are_no_numbers_are_refused_by_name(bits, weight):
    weights = np.array([[1.0, weight]], np.float32)
    with pytest.raises(ValueError, match=f"bad is not finite .* {storage_name(bits)}"):
        encoded("bad", weights, bits)


def test_weights_beyond_fp16_are_refused_with_what_to_do():
    weights = np.array([[1e5, 1.0]], np.float32)
    with pytest.raises(ValueError, match=r"w reaches 1e\+05, beyond fp16; use storage=int8"):
        encoded("w", weights, 16)
    assert decoded(encoded("w", weights, 8))[0, 0] == pytest.approx(1e5, rel=0.01)


def test_the_largest_number_of_fp16_and_what_rounds_to_it_are_kept():
    weights = np.array([[65504.0, -65519.0]], np.float32)
    assert decoded(encoded("w", weights, 16)).tolist() == [[65504.0, -65504.0]]


def test_bytes_are_those_of_the_codes_and_a_byte_a_row_or_half_of_it():
    weights = table(9, 8)
    found = {bits: stored_bytes(encoded("w", weights, bits)) for bits in (32, 16, 8, 6, 4)}
    assert found == {32: 288, 16: 144, 8: 72 + 9, 6: 54 + 9, 4: 36 + 5}


def test_what_decodes_to_weights_and_what_does_not():
    assert all(is_of_weights(encoded("w", table(2, 2), bits)) for bits in (32, 16, 6))
    assert not is_of_weights(np.arange(3))
