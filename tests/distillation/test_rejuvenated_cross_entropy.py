"""Rejuvenated cross-entropy against a slow reference, its sets and weights by hand."""

import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import FixedScores, interactions_with_a_robot, some_interactions
from tests.distillation.matrix_student import of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.rejuvenated_cross_entropy import (
    closure_weights,
    rejuvenated_cross_entropy,
)

rejuvenated = partial(built_from, "distillation/rejuvenated_cross_entropy")


NUM_USERS, NUM_ITEMS = 9, 15
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))
ALL = {"top_k": 3, "num_sampled": 7, "pool": 10, "beta": 2.0, "temperature": 4.0}
"""As many draws as there are next items: nothing is left to chance."""


def prepared(student=STUDENT, teacher=TEACHER, train=TRAIN, seed=0, user_block=4, **settings):
    method = rejuvenated(**{**ALL, **settings})
    method.check(train)
    method.prepare(DistillationContext(FixedScores(teacher), train, user_block, seeded_draws(seed)))
    method.refresh(FixedScores(student).score_rows, 0)
    return method


def best(scores, user):
    return sorted(range(user % 4, NUM_ITEMS), key=lambda i: -float(scores[user, i]))


def slow_sets(user, top_k=3, pool=10):
    """The student's head; what the teacher's misses in it; all next items with a weight."""
    by_student, head_of_teacher = best(STUDENT, user), best(TEACHER, user)[:top_k]
    missing = [i for i in head_of_teacher if i not in by_student[:top_k]]
    weights = {}
    for rank, item in enumerate(by_student[:pool], start=1):
        at_or_below = sum(by_student.index(other) + 1 >= rank for other in missing)
        if rank > top_k and item not in missing and at_or_below:
            weights[item] = at_or_below
    return by_student[:top_k], missing, weights


def slow_cross_entropy(user, items, student_temperature, teacher_temperature):
    targets = [math.exp(float(TEACHER[user, i]) / teacher_temperature) for i in items]
    scores = [float(STUDENT[user, i]) / student_temperature for i in items]
    normalizer = math.log(sum(map(math.exp, scores)))
    pairs = zip(targets, scores, strict=True)
    return sum(t / sum(targets) * (normalizer - s) for t, s in pairs)


def slow_loss(user, beta=2.0, student_temperature=4.0, teacher_temperature=4.0):
    head, missing, next_items = slow_sets(user)
    temperatures = student_temperature, teacher_temperature
    rest = [*missing, *next_items]
    weight = math.exp(-beta * (1 - len(missing) / 3))
    first = slow_cross_entropy(user, head, *temperatures)
    second = slow_cross_entropy(user, rest, *temperatures) if rest else 0.0
    return (1 - weight) * first + weight * second


def test_the_loss_equals_the_slow_reference():
    got = prepared().loss(of_users(student_of(STUDENT), [3, 0, 7, 1]))
    expected = sum(map(slow_loss, [3, 0, 7, 1])) / 4
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_the_teacher_can_have_a_temperature_of_its_own():
    got = prepared(teacher_temperature=0.5).loss(of_users(student_of(STUDENT), [5]))
    assert got.item() == pytest.approx(slow_loss(5, teacher_temperature=0.5), rel=1e-5)


def test_without_a_table_the_teacher_is_asked_at_every_refresh():
    users = of_users(student_of(STUDENT), [3, 0, 7])
    got = prepared(cache_mib=0).loss(users)
    assert got.item() == pytest.approx(prepared().loss(users).item(), rel=1e-6)


def test_closure_weights_by_hand():
    # K = 3, pool = 6. Of the teacher's items one is in the head, one at rank 5, one beyond.
    ranks = torch.tensor([[2, 5, 7], [1, 2, 3], [7, 7, 7], [4, 6, 1]])
    expected = [[2.0, 0.0, 1.0], [0.0, 0.0, 0.0], [3.0, 3.0, 3.0], [0.0, 1.0, 0.0]]
    assert closure_weights(ranks, 3, 6).tolist() == expected


@pytest.mark.parametrize("num_sampled", [1, 3, 7])
def test_the_sets_are_those_of_the_definition(num_sampled):
    method = prepared(num_sampled=num_sampled)
    kept = method.teacher_logits > -torch.inf
    for user in range(NUM_USERS):
        head, missing, weights = slow_sets(user)
        items, counts = method.items[user].tolist(), kept[user].tolist()
        rest = [i for i, counted in zip(items[3:], counts[3:], strict=True) if counted]
        drawn = [i for i in rest if i not in missing]
        assert items[:3] == head
        assert all(counts[:3])
        assert sorted(rest) == sorted([*missing, *drawn])
        assert set(drawn) <= set(weights)
        assert len(drawn) == min(num_sampled, len(weights))


def test_next_items_are_drawn_in_proportion_to_the_missing_items_at_or_below():
    # The student ranks 0, 1, ..., 5, the teacher's best are 3 and 5: item 2 lies above both of
    # them, item 4 above one, and the head is 0 and 1.
    num_users = 3000
    teacher, student = torch.zeros(num_users, 6), -torch.arange(6.0).repeat(num_users, 1)
    teacher[:, [3, 5]] = torch.tensor([2.0, 1.0])
    train = some_interactions(num_users, 6)
    train = train.select(torch.zeros(train.num_interactions).bool())
    method = prepared(student, teacher, train, top_k=2, num_sampled=1, pool=6, user_block=num_users)
    drawn = method.items[:, 4]
    assert set(drawn.tolist()) == {2, 4}
    share = float((drawn == 2).float().mean())
    assert share == pytest.approx(2 / 3, abs=4 * math.sqrt(2 / 9 / num_users))


def test_no_seen_item_ever_enters_a_set():
    for seed in range(5):
        items = prepared(seed=seed, num_sampled=2).items
        assert bool((items >= (torch.arange(NUM_USERS) % 4)[:, None]).all())


def test_the_weight_of_the_rest_is_one_without_cover_and_falls_to_exp_minus_beta():
    agreeing = prepared(student=TEACHER)
    torch.testing.assert_close(agreeing.rest_weights, torch.full((9,), math.exp(-2.0)))
    opposed = prepared(student=-TEACHER)
    torch.testing.assert_close(opposed.rest_weights, torch.ones(9))


def test_a_student_that_has_all_the_teachers_items_learns_from_its_head_alone():
    method = prepared(student=TEACHER)
    head, whole = method.items[4, :3], method.items[4, 3:]
    assert bool((method.teacher_logits[4, 3:] == -torch.inf).all())
    backbone = student_of(TEACHER)
    method.loss(of_users(backbone, [4])).backward()
    gradient = backbone.user_embedding.weight.grad
    others = [i for i in whole.tolist() if i not in head.tolist()]
    assert bool(torch.isfinite(gradient).all())
    assert gradient[4, others].abs().sum() == 0


def test_the_loss_by_hand_on_two_sets_of_two():
    # head: teacher (3/4, 1/4), student alike: ln 2. rest: teacher (1/2, 1/2), student (9/10, 1/10).
    student = torch.tensor([[0.0, 0.0, math.log(9.0), 0.0]])
    teacher = torch.tensor([[math.log(3.0), 0.0, 1.0, 1.0]])
    got = rejuvenated_cross_entropy(student, teacher, 2, torch.tensor([0.25]))
    rest = -(math.log(0.9) + math.log(0.1)) / 2
    assert got.item() == pytest.approx(0.75 * math.log(2) + 0.25 * rest)


def test_an_empty_rest_costs_nothing_and_gives_no_gradient():
    student = torch.tensor([[1.0, 0.0, 5.0]], requires_grad=True)
    teacher = torch.tensor([[0.0, 0.0, -torch.inf]])
    loss = rejuvenated_cross_entropy(student, teacher, 2, torch.tensor([1.0]))
    loss.sum().backward()
    assert loss.item() == 0.0
    assert student.grad.tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize("scale", [1e4, 1e-4, 0.0])
def test_gradients_are_finite_for_extreme_and_for_equal_scores(scale):
    rows = STUDENT * scale
    backbone = student_of(rows)
    loss = prepared(student=rows, teacher=TEACHER * scale).loss(of_users(backbone, [0, 3, 6]))
    loss.backward()
    assert bool(torch.isfinite(loss))
    assert bool(torch.isfinite(backbone.user_embedding.weight.grad).all())


def test_the_same_seed_gives_the_same_loss_and_another_seed_another_one():
    users = of_users(student_of(STUDENT), list(range(NUM_USERS)))
    first, again, other = (
        prepared(seed=seed, num_sampled=1).loss(users).item() for seed in (3, 3, 4)
    )
    assert first == again != other


def test_the_loss_is_a_mean_and_pairs_count_as_often_as_they_occur():
    method, backbone = prepared(), student_of(STUDENT)
    once = method.loss(of_users(backbone, [2, 5]))
    torch.testing.assert_close(method.loss(of_users(backbone, [2, 5, 2, 5])), once)
    pairs = method.loss(of_pairs(backbone, [5, 2, 5]))
    assert pairs.item() == pytest.approx((slow_loss(2) + 2 * slow_loss(5)) / 3, rel=1e-5)


def test_the_sets_follow_the_student_only_every_so_many_epochs():
    method = prepared(refresh_every=2)
    before = method.items.clone()
    method.refresh(FixedScores(-STUDENT).score_rows, 1)
    assert torch.equal(method.items, before)
    method.refresh(FixedScores(-STUDENT).score_rows, 2)
    assert not torch.equal(method.items, before)


def test_a_run_that_goes_on_in_an_odd_epoch_starts_with_a_refresh():
    method = rejuvenated(**ALL, refresh_every=2)
    method.prepare(DistillationContext(FixedScores(TEACHER), TRAIN, 4, seeded_draws()))
    method.refresh(FixedScores(STUDENT).score_rows, 1)
    assert method.items is not None


def test_what_the_method_keeps_is_not_part_of_a_checkpoint():
    assert prepared().state_dict() == {}


def test_the_pool_grows_with_the_heads_unless_it_is_set():
    assert rejuvenated(top_k=30).pool == 90
    assert rejuvenated(top_k=30, num_sampled=10).pool == 50
    assert rejuvenated(top_k=30, pool=60).pool == 60


@pytest.mark.parametrize(
    ("settings", "lengths", "told"),
    [
        ({"pool": 12}, (12, 3, 7), []),
        ({"pool": 13}, (12, 3, 7), ["pool is cut from 13 to 12"]),
        (
            {"top_k": 6, "pool": 14},
            (12, 6, 6),
            ["pool is cut from 14 to 12", "num_sampled is cut from 7 to 6"],
        ),
        (
            {"top_k": 30, "num_sampled": None, "pool": None},
            (12, 11, 1),
            [
                "pool is cut from 90 to 12",
                "top_k is cut from 30 to 11",
                "num_sampled is cut from 30 to 1",
            ],
        ),
    ],
)
def test_lists_are_cut_to_what_users_have_not_seen_and_this_is_told_once(
    settings, lengths, told, caplog
):
    method = prepared(**settings)
    assert (method.pool, method.top_k, method.num_sampled) == lengths
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == told
    assert bool(torch.isfinite(method.loss(of_users(student_of(STUDENT), range(NUM_USERS)))))


def test_a_robot_that_has_seen_everything_stops_no_run_and_changes_nothing_for_others(caplog):
    method = prepared(train=interactions_with_a_robot(NUM_USERS, NUM_ITEMS))
    assert (method.pool, method.top_k, caplog.records) == (10, 3, [])
    backbone, others = student_of(STUDENT), range(NUM_USERS - 1)
    expected = prepared().loss(of_users(backbone, others)).item()
    assert method.loss(of_users(backbone, others)).item() == pytest.approx(expected, rel=1e-5)
    method.loss(of_users(backbone, [NUM_USERS - 1])).backward()
    assert bool(torch.isfinite(backbone.user_embedding.weight.grad).all())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"top_k": 0}, "top_k must be at least 1"),
        ({"num_sampled": 0}, "num_sampled must be at least 1"),
        ({"refresh_every": 0}, "refresh_every must be at least 1"),
        ({"temperature": 0.0}, "temperature must be positive"),
        ({"teacher_temperature": -1.0}, "teacher_temperature must be positive"),
        ({"beta": -0.1}, "beta must not be negative"),
        ({"beta": math.nan}, "beta must not be negative"),
        ({"pool": 9}, r"pool must be at least top_k \+ num_sampled = 10, got 9"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        rejuvenated(**{**ALL, **settings})


@pytest.mark.parametrize(
    ("student", "num_head", "weights"),
    [((2, 4), 2, (1,)), ((2, 4), 0, (2,)), ((2, 4), 4, (2,)), ((2, 3), 2, (2,))],
)
def test_shapes_that_would_broadcast_into_nonsense_are_refused(student, num_head, weights):
    with pytest.raises(ValueError, match="expected"):
        rejuvenated_cross_entropy(
            torch.zeros(student), torch.zeros(2, 4), num_head, torch.zeros(weights)
        )
