import pytest
import torch
from tests.distillation.helpers import FixedScores, StudentOf, some_interactions
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.student_rank import (
    ExactRank,
    SampledRank,
    ranks_in_rows,
    sampled_ranks,
)


def ranks_one_by_one(rows, items):
    """The slow reference: count what is strictly above, item by item."""
    return [
        [1 + sum(float(other) > float(row[item]) for other in row) for item in wanted]
        for row, wanted in zip(rows, items.tolist(), strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_exact_ranks_equal_the_count_of_items_above(seed):
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(-4, 5, (7, 30), generator=generator).float()  # full of ties
    items = torch.stack([torch.randperm(30, generator=generator)[:6] for _ in range(7)])
    assert ranks_in_rows(rows, items).tolist() == ranks_one_by_one(rows, items)


def test_masked_items_do_not_count_as_above():
    rows = torch.tensor([[3.0, -torch.inf, 1.0, 2.0]])
    assert ranks_in_rows(rows, torch.tensor([[2, 3, 0]])).tolist() == [[3, 2, 1]]


def test_the_sampled_estimate_matches_values_worked_by_hand():
    scores = torch.tensor([[0.5, 2.0, -1.0]])
    sampled = torch.tensor([[0.0, 0.5, 1.0, 3.0]])  # above: {1, 3}, {3}, all four
    # floor(n (101 - 1) / 4) + 1
    assert sampled_ranks(scores, sampled, 101).tolist() == [[51, 26, 101]]


def test_the_sampled_estimate_rounds_down():
    # n = 1 of epsilon = 3 in a catalogue of 12: floor(11 / 3) + 1
    assert sampled_ranks(torch.tensor([[0.0]]), torch.tensor([[-1.0, 1.0, -1.0]]), 12).item() == 4


def test_with_every_item_sampled_the_estimate_is_close_to_the_exact_rank():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(5, 40, generator=generator)
    items = torch.arange(8).expand(5, 8)
    estimated = sampled_ranks(rows.gather(1, items), rows, 40)
    assert bool(((estimated - ranks_in_rows(rows, items)).abs() <= 1).all())


def test_the_sampled_estimate_is_unbiased_up_to_its_rounding():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(1, 1000, generator=generator)
    target = rows.argsort(descending=True)[:, 249:250]  # rank 250
    drawn = torch.randint(1000, (4000, 100), generator=generator)
    estimates = sampled_ranks(rows.gather(1, target).expand(4000, 1), rows[0][drawn], 1000)
    assert float(estimates.double().mean()) == pytest.approx(250, abs=4)


def make_context(rows, draws=None):
    train = some_interactions(*rows.shape)
    return DistillationContext(FixedScores(rows), train, user_block=2, draws=draws)


def test_exact_ranks_are_among_unseen_items_only_where_the_teacher_lists_those():
    rows = torch.tensor([[9.0, 8.0, 7.0, 6.0, 5.0]]).repeat(3, 1)
    context = make_context(rows)
    items = torch.tensor([[4], [4], [4]])
    seen = context.train.counts
    for exclude_seen, expected in ((True, 5 - seen), (False, torch.full((3,), 5))):
        rank = ExactRank()
        rank.prepare(context, items, exclude_seen)
        rank.refresh(FixedScores(rows).score_rows)
        student = StudentOf(rows, torch.tensor([2, 0]))
        got = rank(student, rows[[2, 0]][:, 4:])
        assert got.squeeze(1).tolist() == expected[[2, 0]].tolist()


def test_sampled_ranks_carry_no_gradient_and_repeat_with_the_seed():
    rows = torch.randn(3, 50, generator=torch.Generator().manual_seed(1), requires_grad=True)
    got = []
    for _ in range(2):
        rank = SampledRank(num_samples=20)
        context = make_context(rows.detach(), seeded_draws(7))
        rank.prepare(context, torch.zeros(3, 1), True)
        student = StudentOf(rows, torch.tensor([0, 2]))
        got.append(rank(student, student.of_items(torch.tensor([[1], [2]])).detach()))
    assert got[0].tolist() == got[1].tolist()
    assert not got[0].requires_grad


def test_a_sample_of_nothing_is_refused():
    with pytest.raises(ValueError, match="num_samples must be at least 1"):
        SampledRank(0)
