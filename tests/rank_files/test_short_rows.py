import numpy as np
import pytest

from rankdistill.rank_files.row_codes import pack_rows, unpack_rows
from rankdistill.rank_files.short_rows import (
    items_without_vectors,
    left_out_sentence,
    without_short_rows,
)


def rows_of(lengths, width=8):
    rows = np.random.default_rng(0).standard_normal((len(lengths), width))
    rows *= np.asarray(lengths)[:, None] / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def left_of(table, bits):
    return unpack_rows(without_short_rows(table, pack_rows(table, bits, 4)))


def test_rows_of_one_length_all_stay_as_they_were_packed():
    table = rows_of(np.ones(50))
    packed = pack_rows(table, 4, 4)
    assert without_short_rows(table, packed) is packed


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_short_rows_become_zeros_and_long_ones_do_not(bits):
    kept = left_of(rows_of([1.0] * 40 + [0.02] * 10), bits).any(1)
    assert kept.tolist() == [True] * 40 + [False] * 10


def test_fewer_bits_leave_more_rows_out():
    table = rows_of(np.logspace(0, -3, 200))
    kept = [int(left_of(table, bits).any(1).sum()) for bits in (2, 3, 4)]
    assert 0 < kept[0] < kept[1] < kept[2] < 200


@pytest.mark.parametrize("bits", [3, 4])
def test_the_bytes_of_the_rows_that_are_left_out_would_gain_less_than_a_further_bit(bits):
    """A further bit for each weight saves more of the error, bit for bit, than these rows add."""
    table = rows_of(np.logspace(0, -3, 200))
    error = {
        each: float(np.square(unpack_rows(pack_rows(table, each, 4)) - table).sum())
        for each in (bits, bits + 1)
    }
    found = left_of(table, bits)
    added = float(np.square(found - table).sum()) - error[bits]
    left_out = int((~found.any(1)).sum())
    per_bit_left_out = added / (left_out * (8 * bits + 4))
    assert 0 < per_bit_left_out < (error[bits] - error[bits + 1]) / table.size


def test_a_row_of_more_dimensions_than_one_is_short_as_a_whole():
    table = rows_of([1.0] * 9 + [0.001]).reshape(10, 2, 4)
    packed = without_short_rows(table, pack_rows(table, 4, 4))
    assert packed.shape == (10, 2, 4)
    assert unpack_rows(packed).any((1, 2)).tolist() == [True] * 9 + [False]


def test_a_table_of_zeros_stays_one():
    table = np.zeros((5, 3), np.float32)
    assert not left_of(table, 4).any()


def test_items_without_vectors_are_counted_where_a_form_leaves_them_out():
    table = rows_of([1.0] * 40 + [0.02] * 10)
    shorter = without_short_rows(table, pack_rows(table, 4, 4))
    assert items_without_vectors({"items": shorter}) == 10
    whole = pack_rows(rows_of(np.ones(50)), 4, 4)
    assert items_without_vectors({"items": whole, "users": shorter}) == 0
    assert items_without_vectors({"items": np.zeros((3, 2), np.float32)}) == 0
    assert items_without_vectors({"items": pack_rows(np.zeros((3, 2), np.float32), 8)}) == 0
    assert items_without_vectors({}) == 0


def test_a_person_is_told_how_to_keep_them():
    told = left_out_sentence(1200, 3000, "int4")
    assert told.startswith("1,200 of 3,000 items have vectors too short to matter in int4")
    assert "storage=int5" in told
