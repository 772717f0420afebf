import numpy as np
import pytest

from rankdistill.rank_files.row_codes import PackedRows, pack_rows
from rankdistill.rank_files.table_entries import arrays_of, entry_of, packed_rows

HALF_BYTES = {
    "shape": [3, 2],
    "bits": 4,
    "largest_step": 1.0,
    "exponent_bits": 4,
    "exponent_unit": 8,
}
PARTS = {"codes": np.zeros(3, np.uint8), "exponents": np.array([0x1F, 0x20], np.uint8)}


def test_exponents_of_half_a_byte_are_multiples_of_their_unit_two_to_a_byte():
    table = packed_rows(PARTS, HALF_BYTES)
    assert table.exponents.tolist() == [8, 120, 16]
    assert table.exponents.dtype == np.uint8
    assert (table.shape, table.bits, table.largest_step) == ((3, 2), 4, 1.0)
    assert entry_of(table) == HALF_BYTES
    np.testing.assert_equal(arrays_of(table), PARTS)


def test_an_entry_that_says_nothing_of_exponents_has_a_byte_for_each():
    """As files were written before exponents took less."""
    entry = {"shape": [3, 2], "bits": 4, "largest_step": 1.0}
    parts = {**PARTS, "exponents": np.array([3, 0, 255], np.uint8)}
    table = packed_rows(parts, entry)
    assert table.exponents.tolist() == [3, 0, 255]
    assert entry_of(table) == entry
    np.testing.assert_equal(arrays_of(table), parts)


@pytest.mark.parametrize("exponent_bits", [8, 4])
@pytest.mark.parametrize("shape", [(1, 4), (7, 3), (8, 2, 2), (5,)])
def test_a_table_comes_back_whole(exponent_bits, shape):
    weights = np.random.default_rng(0).standard_normal(shape) * 10.0 ** np.arange(shape[-1])
    table = pack_rows(weights, 3, exponent_bits)
    again = packed_rows(arrays_of(table), entry_of(table))
    assert isinstance(again, PackedRows)
    for one, other in zip(again, table, strict=True):
        np.testing.assert_array_equal(one, other)


def with_zeros(num_rows, zeros):
    """A table of four dimensions whose row 0 and some others are not zero."""
    weights = np.random.default_rng(0).standard_normal((num_rows, 4)).astype(np.float32)
    weights[1 : 1 + zeros] = 0
    return weights


def test_rows_of_zeros_take_a_bit_each_and_come_back():
    table = pack_rows(with_zeros(20, 15), 4, 4)
    parts = arrays_of(table)
    assert {end: part.nbytes for end, part in parts.items()} == {
        "codes": 5 * 2,
        "exponents": 3,
        "kept_rows": 3,
    }
    assert parts["kept_rows"].tolist() == [0b10000000, 0b00000000, 0b11110000]
    again = packed_rows(parts, entry_of(table))
    for one, other in zip(again, table, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("num_rows", "zeros"), [(20, 0), (20, 1), (20, 20), (40, 39)])
def test_all_rows_are_stored_where_that_takes_no_more_or_hardly_any_is_left(num_rows, zeros):
    table = pack_rows(with_zeros(num_rows, zeros), 4, 4)
    assert set(arrays_of(table)) == {"codes", "exponents"}
    again = packed_rows(arrays_of(table), entry_of(table))
    for one, other in zip(again, table, strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_of_zeros_are_stored_where_a_row_has_a_byte_for_its_step():
    """So that files of five bits and more are as earlier readers expect them."""
    assert set(arrays_of(pack_rows(with_zeros(20, 15), 6))) == {"codes", "exponents"}


@pytest.mark.parametrize(
    ("end", "bytes_", "message"),
    [
        ("kept_rows", [0b10000000, 0, 0], "1 rows of 20 are too few"),
        ("kept_rows", [0b10000000, 0], "20 marks of rows of 1 bits take 3 bytes, got 2"),
        ("kept_rows", [255, 255, 255], "20 exponents of 4 bits take 10 bytes, got 3"),
        ("codes", [0] * 9, "20 codes of 4 bits take 10 bytes, got 9"),
        ("exponents", [0] * 2, "5 exponents of 4 bits take 3 bytes, got 2"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(end, bytes_, message):
    table = pack_rows(with_zeros(20, 15), 4, 4)
    parts = {**arrays_of(table), end: np.array(bytes_, np.uint8)}
    with pytest.raises(ValueError, match=message):
        packed_rows(parts, entry_of(table))


@pytest.mark.parametrize("shape", [[], [0, 2], [-3, 2], [1 << 60, 1], [3, 1 << 60]])
def test_a_shape_that_no_table_has_takes_no_memory_before_it_is_refused(shape):
    parts = {**PARTS, "kept_rows": np.array([0b11100000], np.uint8)}
    with pytest.raises((ValueError, IndexError)):
        packed_rows(parts, {**HALF_BYTES, "shape": shape})


@pytest.mark.parametrize("size", [0, 1, 3])
def test_exponents_that_are_too_few_or_too_many_are_refused(size):
    parts = {**PARTS, "exponents": np.zeros(size, np.uint8)}
    with pytest.raises(ValueError, match=f"3 exponents of 4 bits take 2 bytes, got {size}"):
        packed_rows(parts, HALF_BYTES)


@pytest.mark.parametrize(
    ("bits", "unit"), [(0, 1), (9, 1), (-4, 1), (4, 0), (4, -4), (4, 18), (8, 2), (10**30, 1)]
)
def test_exponents_of_a_form_that_does_not_exist_are_refused(bits, unit):
    entry = {**HALF_BYTES, "exponent_bits": bits, "exponent_unit": unit}
    with pytest.raises(ValueError, match=f"no exponents of {bits} bits and unit {unit}"):
        packed_rows(PARTS, entry)


@pytest.mark.parametrize("key", ["exponent_bits", "exponent_unit"])
@pytest.mark.parametrize("value", [4.0, "4", True, None, [4]])
def test_a_form_that_is_no_whole_number_is_refused(key, value):
    with pytest.raises(TypeError, match="no whole numbers"):
        packed_rows(PARTS, {**HALF_BYTES, key: value})


def test_a_shape_of_more_rows_than_any_table_takes_no_memory_before_it_is_refused():
    with pytest.raises(ValueError, match="exponents of 4 bits take"):
        packed_rows(PARTS, {**HALF_BYTES, "shape": [1 << 60, 1]})
