"""Dual correction against a slow reference, its draws and its loss by hand."""

import copy
import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import FixedScores, interactions_with_a_robot, some_interactions
from tests.distillation.matrix_student import of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.distillation.dual_correction import (
    correction_loss,
    discrepancy_log_weights,
)
from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.plackett_luce import relaxed_plackett_luce

dual_correction = partial(built_from, "distillation/dual_correction")


NUM_USERS, NUM_ITEMS = 9, 15
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))
ALL = {"num_corrections": 6, "temperature": 3.0, "pool": 6}
"""As many draws as there are candidates: nothing is left to chance."""


def prepared(student=STUDENT, teacher=TEACHER, train=TRAIN, seed=0, user_block=4, **settings):
    method = dual_correction(**{**ALL, **settings})
    method.check(train)
    method.prepare(DistillationContext(FixedScores(teacher), train, user_block, seeded_draws(seed)))
    method.refresh(FixedScores(student).score_rows, 0)
    return method


def slow_corrections(teacher, student, unseen, pool):
    """Under-estimated items in the teacher's order, over-estimated ones in the student's."""
    by_teacher, by_student = (
        sorted(unseen, key=lambda i: -float(scores[i]))[:pool] for scores in (teacher, student)
    )

    def rank(ranking, item):
        return ranking.index(item) + 1 if item in ranking else pool + 1

    return (
        [i for i in by_teacher if rank(by_student, i) > rank(by_teacher, i)],
        [i for i in by_student if rank(by_teacher, i) > rank(by_student, i)],
    )


def slow_loss_of(scores, under, over):
    total = 0.0
    for k, item in enumerate(under):
        left = [*under[k:], *over]
        total += math.log(sum(math.exp(float(scores[i])) for i in left)) - float(scores[item])
    return total / max(len(under), 1)


def slow_loss(user, pool=6):
    unseen = range(user % 4, NUM_ITEMS)
    under, over = slow_corrections(TEACHER[user], STUDENT[user], unseen, pool)
    return slow_loss_of(STUDENT[user], under, over)


@pytest.mark.parametrize("pool", [1, 6, 12])
def test_the_loss_equals_the_slow_reference(pool):
    method = prepared(num_corrections=pool, pool=pool)
    got = method.loss(of_users(student_of(STUDENT), [3, 0, 7, 1]))
    expected = sum(slow_loss(user, pool) for user in [3, 0, 7, 1]) / 4
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_discrepancy_weights_by_hand():
    # ranks 1, 2, 3 of one ranking are ranks 3, 1, 6 of the other
    weights = discrepancy_log_weights(torch.tensor([[3, 1, 6]]), temperature=2.0).exp()
    expected = torch.tensor([[math.tanh(1.0), 0.0, math.tanh(1.5)]])
    torch.testing.assert_close(weights, expected)


def test_the_corrections_of_two_short_rankings_by_hand():
    # The teacher ranks 0 1 2 3 | 4 5, the student 4 1 0 3 | 2 5: item 0 is two ranks too low and
    # item 2 outside, item 4 too high; 1 and 3 agree.
    teacher = torch.tensor([[6.0, 5.0, 4.0, 3.0, 2.0, 1.0]])
    student = torch.tensor([[4.0, 5.0, 2.0, 3.0, 6.0, 1.0]])
    nobody = some_interactions(2, 6).select(torch.tensor([False]))
    method = prepared(student.repeat(2, 1), teacher.repeat(2, 1), nobody, num_corrections=4, pool=4)
    items, is_drawn = method.items[0], method.is_drawn[0]
    assert items[:4][is_drawn[:4]].tolist() == [0, 2]
    assert items[4:][is_drawn[4:]].tolist() == [4]


@pytest.mark.parametrize("num_corrections", [1, 2, 6])
def test_what_is_drawn_is_corrected_in_the_teachers_order_and_none_twice(num_corrections):
    method = prepared(num_corrections=num_corrections)
    for user in range(NUM_USERS):
        unseen = range(user % 4, NUM_ITEMS)
        every = slow_corrections(TEACHER[user], STUDENT[user], unseen, 6)
        halves = zip(method.items[user].split(num_corrections), every, strict=True)
        masks = method.is_drawn[user].split(num_corrections)
        for (items, expected), mask in zip(halves, masks, strict=True):
            drawn = items[mask].tolist()
            assert drawn == [i for i in expected if i in drawn]
            assert len(drawn) == min(num_corrections, len(expected))


def test_items_are_drawn_in_proportion_to_tanh_of_the_discrepancy():
    # The student ranks 4 3 2 1 0 and the teacher 0 1 2 3 4, each with a pool of three: items 0 and
    # 1 are outside the student's, 3 and 2 ranks too low; 4 and 3 mirror them; 2 agrees.
    num_users = 4000
    teacher = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0]).repeat(num_users, 1)
    student = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).repeat(num_users, 1)
    train = some_interactions(num_users, 5)
    train = train.select(torch.zeros(train.num_interactions).bool())
    method = prepared(student, teacher, train, num_corrections=1, pool=3, user_block=num_users)
    first, second = math.tanh(3 / 3), math.tanh(2 / 3)
    for column, likely, unlikely in ((0, 0, 1), (1, 4, 3)):
        drawn = method.items[:, column]
        assert set(drawn.tolist()) == {likely, unlikely}
        share = float((drawn == likely).float().mean())
        expected = first / (first + second)
        assert share == pytest.approx(expected, abs=4 * math.sqrt(0.25 / num_users))


def test_no_seen_item_ever_enters_a_draw():
    for seed in range(5):
        items = prepared(seed=seed, num_corrections=2).items
        assert bool((items >= (torch.arange(NUM_USERS) % 4)[:, None]).all())


def test_a_student_that_ranks_as_its_teacher_costs_nothing():
    backbone = student_of(TEACHER)
    loss = prepared(student=TEACHER).loss(of_users(backbone, [1, 4, 6]))
    loss.backward()
    assert loss.item() == 0.0
    assert backbone.user_embedding.weight.grad.abs().sum() == 0


def test_the_loss_by_hand_leaves_fillers_out():
    # under: 0 and ln 2 with a filler between, over: 0: (ln 4 - 0 + ln 3 - ln 2) / 2
    got = correction_loss(
        torch.tensor([[0.0, 9.0, math.log(2.0)]]),
        torch.tensor([[7.0, 0.0]]),
        torch.tensor([[True, False, True]]),
        torch.tensor([[False, True]]),
    )
    assert got.item() == pytest.approx((math.log(4) + math.log(1.5)) / 2)


def test_without_fillers_the_loss_is_the_relaxed_plackett_luce_loss():
    every = torch.ones(NUM_USERS, 5, dtype=torch.bool)
    under, over = TEACHER[:, :5], STUDENT[:, :5]
    expected = relaxed_plackett_luce(under, over.logsumexp(1))
    torch.testing.assert_close(correction_loss(under, over, every, every), expected)


def test_a_row_of_fillers_costs_nothing_and_gives_no_gradient():
    under, over = (torch.randn(2, 3, requires_grad=True) for _ in range(2))
    mask = torch.tensor([[False] * 3, [True] * 3])
    losses = correction_loss(under, over, mask, mask)
    losses.sum().backward()
    assert losses[0].item() == 0.0 < losses[1].item()
    for scores in (under, over):
        assert scores.grad[0].tolist() == [0.0] * 3
        assert bool((scores.grad[1] != 0).all())


@pytest.mark.parametrize("scale", [1e4, 1e-4, 0.0])
def test_gradients_are_finite_for_extreme_and_for_equal_scores(scale):
    rows = STUDENT * scale
    backbone = student_of(rows)
    method = prepared(student=rows, num_corrections=2, item_side=True, pool=3, items_per_batch=3)
    loss = method.loss(of_users(backbone, [0, 3, 6]))
    loss.backward()
    assert bool(torch.isfinite(loss))
    assert bool(torch.isfinite(backbone.user_embedding.weight.grad).all())


def test_gradient_lifts_what_is_too_low_and_lowers_what_is_too_high():
    method, backbone = prepared(), student_of(STUDENT)
    method.loss(of_users(backbone, [2])).backward()
    gradient = backbone.user_embedding.weight.grad[2]
    under, over = slow_corrections(TEACHER[2], STUDENT[2], range(2, NUM_ITEMS), 6)
    assert bool((gradient[over] > 0).all())
    assert float(gradient[under[0]]) < 0
    assert float(gradient.abs().sum()) == pytest.approx(float(gradient[under + over].abs().sum()))


def test_the_same_seed_gives_the_same_loss_and_another_seed_another_one():
    users = of_users(student_of(STUDENT), list(range(NUM_USERS)))
    first, again, other = (
        prepared(seed=seed, num_corrections=1).loss(users).item() for seed in (3, 3, 4)
    )
    assert first == again != other


def test_the_loss_is_a_mean_and_pairs_count_as_often_as_they_occur():
    method, backbone = prepared(), student_of(STUDENT)
    once = method.loss(of_users(backbone, [2, 5]))
    torch.testing.assert_close(method.loss(of_users(backbone, [2, 5, 2, 5])), once)
    pairs = method.loss(of_pairs(backbone, [5, 2, 5]))
    assert pairs.item() == pytest.approx((slow_loss(2) + 2 * slow_loss(5)) / 3, rel=1e-5)


def test_the_item_side_is_the_transposed_problem():
    settings = {"num_corrections": 3, "pool": 3, "items_per_batch": 5}
    method = prepared(**settings, item_side=True, item_weight=0.5)
    batch = of_users(student_of(STUDENT), [2, 5])
    again = copy.deepcopy(method.draws)
    got = method.loss(batch) - prepared(**settings).loss(batch)
    drawn = again.integers(NUM_ITEMS, (5,)).tolist()
    expected = 0.0
    for item in drawn:
        unseen = [user for user in range(NUM_USERS) if item >= user % 4]
        columns = TEACHER[:, item], STUDENT[:, item]
        expected += slow_loss_of(columns[1], *slow_corrections(*columns, unseen, 3)) / 5
    assert got.item() == pytest.approx(0.5 * expected, rel=1e-4)


def test_the_draws_follow_the_student_only_every_so_many_epochs():
    method = prepared(refresh_every=2, pool=3, num_corrections=2, item_side=True)
    twin = method.item_side.method
    before, before_items = method.items.clone(), twin.items.clone()
    method.refresh(FixedScores(-STUDENT).score_rows, 1)
    assert torch.equal(method.items, before)
    assert torch.equal(twin.items, before_items)
    method.refresh(FixedScores(-STUDENT).score_rows, 2)
    assert not torch.equal(method.items, before)
    assert not torch.equal(twin.items, before_items)


def test_what_the_method_keeps_is_not_part_of_a_checkpoint():
    assert prepared(item_side=True, pool=3, num_corrections=2).state_dict() == {}


@pytest.mark.parametrize(
    ("settings", "lengths", "told"),
    [
        ({"pool": 12}, (12, 6), []),
        ({"pool": 13}, (12, 6), ["pool is cut from 13 to 12"]),
        (
            {"pool": 14, "num_corrections": 13},
            (12, 12),
            ["pool is cut from 14 to 12", "num_corrections is cut from 13 to 12"],
        ),
        (
            {"pool": 6, "item_side": True},
            (6, 6),
            ["pool is cut from 6 to 5", "num_corrections is cut from 6 to 5"],
        ),
    ],
)
def test_rankings_are_cut_to_what_users_have_not_seen_and_this_is_told_once(
    settings, lengths, told, caplog
):
    method = prepared(**settings)
    assert (method.pool, method.num_corrections) == lengths
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == told
    assert bool(torch.isfinite(method.loss(of_users(student_of(STUDENT), range(NUM_USERS)))))


def test_a_robot_that_has_seen_everything_stops_no_run_and_is_corrected_in_nothing(caplog):
    method = prepared(train=interactions_with_a_robot(NUM_USERS, NUM_ITEMS))
    assert (method.pool, caplog.records) == (6, [])
    assert not bool(method.is_drawn[-1].any())
    assert torch.equal(method.is_drawn[:-1], prepared().is_drawn[:-1])
    assert method.loss(of_users(student_of(STUDENT), [NUM_USERS - 1])).item() == 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_corrections": 0}, "num_corrections must be at least 1"),
        ({"refresh_every": 0}, "refresh_every must be at least 1"),
        ({"temperature": 0.0}, "temperature must be positive"),
        ({"temperature": math.nan}, "temperature must be positive"),
        ({"pool": 5}, "pool must be at least num_corrections = 6, got 5"),
        ({"item_side": True, "items_per_batch": 0}, "items_per_batch must be at least 1"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        dual_correction(**{**ALL, **settings})


@pytest.mark.parametrize("shapes", [((3,), (2, 3)), ((2, 3), (3, 3)), ((2, 4), (2, 3))])
def test_shapes_that_would_broadcast_into_nonsense_are_refused(shapes):
    under, over = map(torch.zeros, shapes)
    mask = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match="expected"):
        correction_loss(under, over, mask, mask)
