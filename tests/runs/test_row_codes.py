import itertools

import pytest
import torch

from rankdistill.runs.row_codes import PackedRows, pack_rows, unpack_rows

ALL_BITS = range(2, 9)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def steps_of(packed: PackedRows):
    return packed.largest_step / 2 ** (packed.exponents.double() / 16)


def test_codes_of_four_bits_lie_two_to_a_byte_first_code_high():
    packed = pack_rows(torch.tensor([[7.0, -3.0, 1.0, 0.0, -7.0]]), 4)
    assert packed.codes.tolist() == [0xF5, 0x98, 0x10]  # eight more than the weight; one left over
    assert packed.largest_step == 1.0
    assert packed.exponents.tolist() == [0]
    assert unpack_rows(packed).tolist() == [[7.0, -3.0, 1.0, 0.0, -7.0]]


@pytest.mark.parametrize("bits", ALL_BITS)
@pytest.mark.parametrize("dim", [1, 3, 8, 13])
def test_whole_steps_come_back_exactly_at_every_width(bits, dim):
    top = 2 ** (bits - 1) - 1
    table = torch.randint(
        -top, top + 1, (7, dim), generator=torch.Generator().manual_seed(bits)
    ).float()
    table[:, 0] = top  # so that a step is one
    packed = pack_rows(table, bits)
    assert packed.codes.numel() == -(-7 * dim * bits // 8)
    torch.testing.assert_close(unpack_rows(packed), table, atol=0, rtol=0)


@pytest.mark.parametrize("bits", ALL_BITS)
def test_a_weight_that_is_not_clipped_is_within_half_a_step_of_its_row(bits):
    table = normal(200, 8) * torch.logspace(-2, 2, 200)[:, None]
    packed = pack_rows(table, bits)
    steps = steps_of(packed)[:, None]
    within = table.abs() <= steps * (2 ** (bits - 1) - 1)
    error = (unpack_rows(packed) - table).abs()
    assert bool((error <= steps * (0.5 + 1e-4))[within].all())
    assert bool(within.float().mean() > 0.5)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_no_other_step_between_no_clipping_and_clipping_at_half_is_better(bits):
    table = normal(20, 8).double()
    left = (unpack_rows(pack_rows(table, bits)) - table).square().sum(1)
    top = 2 ** (bits - 1) - 1
    largest = float(table.abs().max()) / top
    for row, error in zip(table, left.tolist(), strict=True):
        widest = float(row.abs().max()) / top
        for exponent in range(256):
            step = largest / 2 ** (exponent / 16)
            if widest / 2 < step <= widest:
                codes = (row / step).round().clamp(-top, top)
                assert error <= float((codes * step - row).square().sum()) * (1 + 1e-4)


def test_a_large_weight_is_clipped_where_that_serves_the_others():
    row = torch.tensor([[1.0, 0.62, 0.63, 0.61, 0.64, -0.62, -0.63]])
    error = (unpack_rows(pack_rows(row, 2)) - row).square().sum()
    unclipped = ((row.round() - row).square()).sum()
    assert error < unclipped / 2


def test_rows_of_zeros_come_back_as_zeros():
    for table in (torch.zeros(3, 4), torch.tensor([[0.0, 0.0], [5.0, -2.0]]), torch.zeros(2)):
        decoded = unpack_rows(pack_rows(table, 4))
        assert not bool(decoded[0].any())
        assert bool(torch.isfinite(decoded).all())


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_the_unit_of_the_weights_does_not_matter(scale):
    table = normal(5, 8) * scale
    decoded = unpack_rows(pack_rows(table, 8))
    assert bool(torch.isfinite(decoded).all())
    assert float((decoded - table).abs().max()) <= float(table.abs().max()) / 127


def test_rows_too_small_for_the_scale_of_the_largest_fade_to_zero_and_not_to_nonsense():
    table = torch.tensor([[1e20, -1e20], [1e-20, 2e-20]])
    decoded = unpack_rows(pack_rows(table, 8))
    torch.testing.assert_close(decoded[0], table[0])
    assert decoded[1].tolist() == [0.0, 0.0]


def test_codes_that_are_too_few_for_the_shape_are_refused():
    packed = pack_rows(normal(3, 5), 4)
    with pytest.raises(ValueError, match=r"20 codes of 4 bits take 10 bytes, got 8"):
        unpack_rows(packed._replace(shape=(4, 5)))


@pytest.mark.parametrize("shape", [(9,), (3, 5), (2, 3, 4), (4, 1)])
def test_tables_of_any_shape_come_back_in_it_and_a_vector_is_one_row(shape):
    table = normal(*shape)
    packed = pack_rows(table, 8)
    assert len(packed.exponents) == (1 if len(shape) == 1 else shape[0])
    torch.testing.assert_close(unpack_rows(packed), table, atol=0.03, rtol=0)


def test_every_further_bit_about_halves_the_error():
    table = normal(500, 8)
    errors = [float((unpack_rows(pack_rows(table, b)) - table).square().mean()) for b in ALL_BITS]
    for coarse, fine in itertools.pairwise(errors):
        assert 3 < coarse / fine < 9  # squared


@pytest.mark.parametrize("weight", [torch.nan, torch.inf])
def test_a_weight_that_is_no_number_is_refused(weight):
    with pytest.raises(ValueError, match="must be finite"):
        pack_rows(torch.tensor([[1.0, weight]]), 4)


@pytest.mark.parametrize("bits", [0, 1, 9, 16])
def test_a_width_that_does_not_exist_is_refused(bits):
    with pytest.raises(ValueError, match=f"between 2 and 8, got {bits}"):
        pack_rows(torch.ones(2, 2), bits)
