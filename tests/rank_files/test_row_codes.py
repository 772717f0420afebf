import itertools

import numpy as np
import pytest

from rankdistill.rank_files import row_codes
from rankdistill.rank_files.row_codes import PackedRows, pack_rows, steps_of_rows, unpack_rows

ALL_BITS = range(2, 9)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def steps_of(packed: PackedRows):
    return packed.largest_step / 2 ** (packed.exponents.astype(float) / 16)


def test_codes_of_four_bits_lie_two_to_a_byte_first_code_high():
    packed = pack_rows(np.array([[7.0, -3.0, 1.0, 0.0, -7.0]]), 4)
    assert packed.codes.tolist() == [0xF5, 0x98, 0x10]  # eight more than the weight; one left over
    assert packed.largest_step == 1.0
    assert packed.exponents.tolist() == [0]
    assert unpack_rows(packed).tolist() == [[7.0, -3.0, 1.0, 0.0, -7.0]]


def test_sixteen_exponents_halve_a_step_and_a_step_is_rounded_to_single_precision_once():
    steps = steps_of_rows(np.array([0, 16, 32, 8], np.uint8), 0.5)
    assert steps.dtype == np.float32
    assert steps[:, 0].tolist() == [0.5, 0.25, 0.125, float(np.float32(0.5 / 2**0.5))]


@pytest.mark.parametrize("bits", ALL_BITS)
@pytest.mark.parametrize("dim", [1, 3, 8, 13])
def test_whole_steps_come_back_exactly_at_every_width(bits, dim):
    top = 2 ** (bits - 1) - 1
    table = np.random.default_rng(bits).integers(-top, top + 1, (7, dim)).astype(np.float32)
    table[:, 0] = top  # so that a step is one
    packed = pack_rows(table, bits)
    assert packed.codes.size == -(-7 * dim * bits // 8)
    np.testing.assert_array_equal(unpack_rows(packed), table)


@pytest.mark.parametrize(("bits", "exponent_bits"), [(3, 4), (6, 8), (8, 8)])
def test_coding_a_block_of_rows_at_a_time_changes_nothing(bits, exponent_bits, monkeypatch):
    table = normal(37, 5)
    whole = pack_rows(table, bits, exponent_bits)
    decoded = unpack_rows(whole)
    monkeypatch.setattr(row_codes, "_BLOCK", 16)  # eight rows at a time
    again = pack_rows(table, bits, exponent_bits)
    for field, expected in zip(again, whole, strict=True):
        np.testing.assert_array_equal(field, expected)
    np.testing.assert_array_equal(unpack_rows(whole), decoded)


@pytest.mark.parametrize("bits", ALL_BITS)
def test_a_weight_that_is_not_clipped_is_within_half_a_step_of_its_row(bits):
    table = normal(200, 8) * np.logspace(-2, 2, 200)[:, None]
    packed = pack_rows(table, bits)
    steps = steps_of(packed)[:, None]
    half = 2 ** (bits - 1)
    within = (table >= -half * steps) & (table <= (half - 1) * steps)
    error = np.abs(unpack_rows(packed) - table)
    assert (error <= steps * (0.5 + 1e-4))[within].all()
    assert within.mean() > 0.5


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_no_other_step_between_no_clipping_and_clipping_at_half_is_better(bits):
    table = normal(20, 8).astype(float)
    left = np.square(unpack_rows(pack_rows(table, bits)) - table).sum(1)
    top = 2 ** (bits - 1) - 1
    largest = float(np.abs(table).max()) / top
    for row, error in zip(table, left.tolist(), strict=True):
        widest = float(np.abs(row).max()) / top
        for exponent in range(256):
            step = largest / 2 ** (exponent / 16)
            if widest / 2 < step <= widest:
                codes = np.clip(np.rint(row / step), -top - 1, top)
                assert error <= float(np.square(codes * step - row).sum()) * (1 + 1e-4)


def test_a_large_weight_is_clipped_where_that_serves_the_others():
    row = np.array([[1.0, 0.62, 0.63, 0.61, 0.64, -0.62, -0.63]])
    error = np.square(unpack_rows(pack_rows(row, 2)) - row).sum()
    unclipped = np.square(np.rint(row) - row).sum()
    assert error < unclipped / 2


def test_the_lowest_code_has_no_counterpart_and_is_used():
    packed = pack_rows(np.array([[-2.0, 1.0, -1.0, 0.0]]), 2)
    assert packed.codes.tolist() == [0b00110110]
    assert unpack_rows(packed).tolist() == [[-2.0, 1.0, -1.0, 0.0]]


def far_below_the_first(octaves):
    """A row of ones, and rows whose largest weights are an even octave of sizes below it."""
    rows = normal(64, 8)
    rows /= np.abs(rows).max(1, keepdims=True)
    rows *= 2.0 ** -(octaves + np.linspace(0, 1, 64)[:, None])
    return np.concatenate([np.ones((1, 8)), rows]).astype(np.float32)


@pytest.mark.parametrize(("octaves", "unit"), [(0.5, 2), (2, 4), (5, 8), (12, 16)])
def test_exponents_of_half_a_byte_reach_down_as_far_as_rows_need(octaves, unit):
    packed = pack_rows(far_below_the_first(octaves), 4, 4)
    assert packed.exponent_unit == unit
    assert not (packed.exponents % unit).any()
    assert packed.exponents.max() <= 15 * unit


@pytest.mark.parametrize("bits", [2, 3, 4])
@pytest.mark.parametrize("octaves", [0, 1, 2])
def test_half_a_byte_for_a_step_leaves_an_error_not_much_larger_than_a_byte_does(bits, octaves):
    rows = far_below_the_first(octaves)
    byte, half = (
        float(np.square(unpack_rows(pack_rows(rows, bits, each)) - rows).sum()) for each in (8, 4)
    )
    assert byte < half < 1.5 * byte


@pytest.mark.parametrize("unit", row_codes.UNITS[4])
def test_the_unit_of_the_exponents_leaves_the_least_squared_error(unit, monkeypatch):
    rows = far_below_the_first(2)
    least = np.square(unpack_rows(pack_rows(rows, 4, 4)) - rows).sum()
    monkeypatch.setitem(row_codes.UNITS, 4, (unit,))
    assert least <= np.square(unpack_rows(pack_rows(rows, 4, 4)) - rows).sum()


def test_rows_of_zeros_come_back_as_zeros():
    for table in (np.zeros((3, 4)), np.array([[0.0, 0.0], [5.0, -2.0]]), np.zeros(2)):
        for exponent_bits in (8, 4):
            decoded = unpack_rows(pack_rows(table, 4, exponent_bits))
            assert not decoded[0].any()
            assert np.isfinite(decoded).all()


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("exponent_bits", [8, 4])
def test_the_unit_of_the_weights_does_not_matter(scale, exponent_bits):
    table = normal(5, 8) * scale
    decoded = unpack_rows(pack_rows(table, 8, exponent_bits))
    assert np.isfinite(decoded).all()
    assert np.abs(decoded - table).max() <= np.abs(table).max() / 127


def test_rows_too_small_for_the_scale_of_the_largest_fade_to_zero_and_not_to_nonsense():
    table = np.array([[1e20, -1e20], [1e-20, 2e-20]])
    decoded = unpack_rows(pack_rows(table, 8))
    np.testing.assert_allclose(decoded[0], table[0], rtol=1e-6)
    assert decoded[1].tolist() == [0.0, 0.0]


def test_codes_that_are_too_few_for_the_shape_are_refused():
    packed = pack_rows(normal(3, 5), 4)
    with pytest.raises(ValueError, match=r"20 codes of 4 bits take 10 bytes, got 8"):
        unpack_rows(packed._replace(shape=(4, 5)))


@pytest.mark.parametrize("shape", [(), (0, 4), (-3, -5), (1 << 40, 1 << 40)])
def test_a_shape_that_no_table_has_or_that_is_beyond_its_codes_is_refused(shape):
    packed = pack_rows(normal(3, 5), 4)
    with pytest.raises(ValueError, match=r"no table has the shape|codes of 4 bits take"):
        unpack_rows(packed._replace(shape=shape))


@pytest.mark.parametrize("change", [{"largest_step": np.inf}, {"exponents": np.zeros(2, np.uint8)}])
def test_steps_that_are_no_numbers_or_too_few_are_refused(change):
    with pytest.raises(ValueError, match="3 rows need a step each, finite numbers"):
        unpack_rows(pack_rows(normal(3, 5), 4)._replace(**change))


@pytest.mark.parametrize("shape", [(9,), (3, 5), (2, 3, 4), (4, 1)])
def test_tables_of_any_shape_come_back_in_it_and_a_vector_is_one_row(shape):
    table = normal(*shape)
    packed = pack_rows(table, 8)
    assert len(packed.exponents) == (1 if len(shape) == 1 else shape[0])
    np.testing.assert_allclose(unpack_rows(packed), table, atol=0.03)


def test_every_further_bit_about_halves_the_error():
    table = normal(500, 8)
    errors = [float(np.square(unpack_rows(pack_rows(table, b)) - table).mean()) for b in ALL_BITS]
    for coarse, fine in itertools.pairwise(errors):
        assert 3 < coarse / fine < 9  # squared


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_a_weight_that_is_no_number_is_refused(weight):
    with pytest.raises(ValueError, match="must be finite"):
        pack_rows(np.array([[1.0, weight]]), 4)


@pytest.mark.parametrize("bits", [0, 1, 9, 16])
def test_a_width_that_does_not_exist_is_refused(bits):
    with pytest.raises(ValueError, match=f"between 2 and 8, got {bits}"):
        pack_rows(np.ones((2, 2)), bits)
