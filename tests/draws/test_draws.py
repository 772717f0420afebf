import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.draws.draws import ORDERS, Draws

DRAWN = {
    "integers": lambda draws, rows: draws.integers(9, (rows, 3)),
    "uniform": lambda draws, rows: draws.uniform((rows, 3), 1.0, 2.0),
    "doubles": lambda draws, rows: draws.uniform((rows, 3), dtype=torch.float64),
    "normal": lambda draws, rows: draws.normal((rows, 3)),
    "bytes": lambda draws, rows: draws.bytes((rows, 3)),
}
kinds = pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)


@kinds
def test_a_seed_gives_the_same_draws_again(draw):
    assert torch.equal(draw(seeded_draws(3), 50), draw(seeded_draws(3), 50))
    assert not torch.equal(draw(seeded_draws(3), 50), draw(seeded_draws(4), 50))


@kinds
def test_draws_go_on_where_the_last_ended(draw):
    draws = seeded_draws(3)
    first, second = draw(draws, 50), draw(draws, 50)
    assert not torch.equal(first, second)
    again = seeded_draws(3)
    again.drawn.copy_(draws.drawn)
    assert torch.equal(draw(again, 50), draw(draws, 50))


@kinds
def test_the_sources_of_one_seed_share_no_draws(draw):
    of_orders = Draws([3], torch.device("cpu"), source=ORDERS)
    assert not torch.equal(draw(of_orders, 50), draw(seeded_draws(3), 50))


@kinds
def test_each_training_gets_its_part_of_the_rows_from_its_own_source(draw):
    together = seeded_draws(1, 2, 1)
    alone = {seed: seeded_draws(seed) for seed in (1, 2)}
    for rows in (4, 5):
        expected = {seed: draw(draws, rows) for seed, draws in alone.items()}
        parts = torch.cat([expected[seed] for seed in (1, 2, 1)])
        assert torch.equal(draw(together, 3 * rows), parts)


def test_sources_go_on_side_by_side_from_where_each_stands():
    alone = [seeded_draws(1), seeded_draws(2)]
    alone[1].uniform((5,))
    together = Draws.side_by_side(alone)
    expected = torch.cat([draws.uniform((3, 2)) for draws in alone])
    assert torch.equal(together.uniform((6, 2)), expected)
    second = together.of([1])
    assert torch.equal(second.uniform((3, 2)), alone[1].uniform((3, 2)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@kinds
def test_a_gpu_draws_what_a_cpu_does(draw):
    on_gpu = draw(Draws([1, 2], torch.device("cuda")), 50)
    torch.testing.assert_close(on_gpu.cpu(), draw(seeded_draws(1, 2), 50))


def test_each_training_has_an_order_of_its_own():
    orders = seeded_draws(1, 2).orders(7)
    assert torch.equal(orders, torch.stack([seeded_draws(seed).order(7) for seed in (1, 2)]))


def test_rows_that_the_trainings_cannot_share_equally_are_refused():
    with pytest.raises(ValueError, match="3 rows are no equal parts of 2 trainings"):
        seeded_draws(1, 2).normal((3, 1))


def test_a_training_that_does_not_draw_goes_on_where_it_stood():
    together = seeded_draws(1, 2)
    with together.by_some(torch.tensor([True, False])):
        first, _ = together.uniform((4, 2)).split(2)
    after = together.uniform((4, 2)).split(2)
    expected = seeded_draws(1)
    assert torch.equal(first, expected.uniform((2, 2)))
    assert torch.equal(after[0], expected.uniform((2, 2)))
    assert torch.equal(after[1], seeded_draws(2).uniform((2, 2)))


def test_an_order_holds_every_number_once():
    assert sorted(seeded_draws().order(500).tolist()) == list(range(500))


def test_all_orders_of_three_come_equally_often():
    orders = seeded_draws(*range(6000)).orders(3) @ torch.tensor([100, 10, 1])
    _, counts = orders.unique(return_counts=True)
    assert len(counts) == 6
    assert is_uniform(counts)


@pytest.mark.parametrize("bound", [1, 2, 7, 1682])
def test_integers_are_equally_probable(bound):
    counts = torch.bincount(seeded_draws(8).integers(bound, (100, 1000)).flatten())
    assert len(counts) == bound
    assert is_uniform(counts)


def test_no_more_numbers_are_drawn_from_than_can_be():
    assert int(seeded_draws().integers(2**31, (1000,)).max()) > 2**30
    with pytest.raises(ValueError, match="2147483649"):
        seeded_draws().integers(2**31 + 1, (1,))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_uniform_draws_fill_their_range_and_never_reach_its_end(dtype):
    shares = seeded_draws().uniform((400, 500), dtype=dtype)
    assert shares.dtype == dtype
    assert 0 <= shares.min() < 1e-4
    assert 1 - 1e-4 < shares.max() < 1
    assert is_uniform(torch.bincount((shares.flatten() * 50).long()))


def test_normal_draws_have_the_moments_of_the_normal_distribution():
    values = seeded_draws().normal((200_000,)).double()
    moments = torch.stack([(values**power).mean() for power in (1, 2, 3, 4)])
    expected = torch.tensor([0.0, 1.0, 0.0, 3.0], dtype=torch.float64)
    torch.testing.assert_close(moments, expected, atol=0.05, rtol=0)
    assert torch.isfinite(values).all()


def test_bytes_are_equally_probable():
    assert is_uniform(torch.bincount(seeded_draws().bytes((333, 333)).flatten().long()))


def test_neighbouring_seeds_and_neighbouring_draws_are_not_correlated():
    values = seeded_draws(*range(300)).normal((300, 300)).double()
    for first, second in ((values[1:], values[:-1]), (values[:, 1:], values[:, :-1])):
        assert abs((first * second).mean()) < 4 / first.numel() ** 0.5


def test_nothing_is_drawn_of_no_size():
    draws = seeded_draws()
    assert draws.bytes((0, 3)).shape == (0, 3)
    assert draws.uniform((0, 3)).shape == (0, 3)
    assert draws.order(0).shape == (0,)


def is_uniform(counts):
    """Pearson's chi-squared within four standard deviations of what chance gives."""
    expected = counts.sum() / len(counts)
    squared = ((counts - expected) ** 2 / expected).sum()
    free = len(counts) - 1
    return abs(squared - free) <= 4 * max(2 * free, 1) ** 0.5
