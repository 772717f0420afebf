"""Every job of a stack draws what it would alone."""

import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.stacks.stacked_draws import StackedDraws

DRAWN = {
    "integers": lambda draws, rows: draws.integers(9, (rows, 3)),
    "uniform": lambda draws, rows: draws.uniform((rows, 3), 1.0, 2.0),
    "doubles": lambda draws, rows: draws.uniform((rows, 3), dtype=torch.float64),
    "normal": lambda draws, rows: draws.normal((rows, 3)),
    "bytes": lambda draws, rows: draws.bytes((rows, 3)),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_each_job_gets_its_part_of_the_rows_from_its_own_source(kind):
    draw = DRAWN[kind]
    stacked = StackedDraws([seeded_draws(seed) for seed in (1, 2, 1)])
    alone = {seed: seeded_draws(seed) for seed in (1, 2)}
    for rows in (4, 5):
        expected = {seed: draw(draws, rows) for seed, draws in alone.items()}
        assert torch.equal(
            draw(stacked, 3 * rows), torch.cat([expected[seed] for seed in (1, 2, 1)])
        )


def test_each_job_has_an_order_of_its_own():
    orders = StackedDraws([seeded_draws(1), seeded_draws(2)]).order(7)
    assert torch.equal(orders, torch.stack([seeded_draws(seed).order(7) for seed in (1, 2)]))


def test_rows_that_the_jobs_cannot_share_equally_are_refused():
    with pytest.raises(ValueError, match="3 rows are no equal parts of 2 jobs"):
        StackedDraws([seeded_draws(1), seeded_draws(2)]).normal((3, 1))


def test_a_job_that_does_not_draw_goes_on_where_it_stood():
    stacked = StackedDraws([seeded_draws(1), seeded_draws(2)])
    with stacked.by_some([True, False]):
        first, _ = stacked.uniform((4, 2)).split(2)
    after = stacked.uniform((4, 2)).split(2)
    expected = seeded_draws(1)
    assert torch.equal(first, expected.uniform((2, 2)))
    assert torch.equal(after[0], expected.uniform((2, 2)))
    assert torch.equal(after[1], seeded_draws(2).uniform((2, 2)))
