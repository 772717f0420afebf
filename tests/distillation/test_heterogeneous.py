"""The teacher's trajectory: losses and moves against slow references and by hand."""

import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import FixedScores, interactions_with_a_robot, some_interactions
from tests.distillation.matrix_student import of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.distillation.heterogeneous import (
    discrepancies,
    goes_on,
    head_order_loss,
    set_loss,
)
from rankdistill.distillation.interface import DistillationContext

heterogeneous = partial(built_from, "distillation/heterogeneous")

NUM_USERS, NUM_ITEMS, TOP_K = 9, 15, 4
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TRAJECTORY = torch.randn(3, NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))


def prepared(train=TRAIN, trajectory=TRAJECTORY, **settings):
    *earlier, last = map(FixedScores, trajectory)
    method = heterogeneous(
        **{"top_k": TOP_K, "trajectory": 3, "refresh_every": 1, "gain": 1.05, **settings}
    )
    method.check(train)
    method.prepare(
        DistillationContext(last, train, 4, seeded_draws(0), earlier_teachers=tuple(earlier))
    )
    return method


def look(method, scores, epoch=0):
    method.refresh(FixedScores(scores).score_rows, epoch)
    return method.stages.tolist()


def best(scores, user, length=TOP_K):
    return sorted(range(user % 4, NUM_ITEMS), key=lambda i: -float(scores[user, i]))[:length]


def slow_discrepancy(scores, listed, user):
    listed_items = set(best(listed, user))
    hits = [item in listed_items for item in best(scores, user)]
    gain = sum(hit / math.log2(r + 1) for r, hit in enumerate(hits, start=1))
    return 1 - gain / sum(1 / math.log2(r + 1) for r in range(1, TOP_K + 1))


def slow_set_loss(user, listed):
    items = best(listed, user)
    rest = [i for i in range(user % 4, NUM_ITEMS) if i not in items]
    below = sum(math.exp(float(STUDENT[user, i])) for i in rest)
    losses = []
    for item in items:
        own = math.exp(float(STUDENT[user, item]))
        losses.append(-math.log(own / (own + below)))
    return sum(losses) / len(items)


def slow_order_loss(user, listed):
    """The first half (2 items) in order, and the first tenth (1), above everything else."""
    ranking, total = best(listed, user, NUM_ITEMS), 0.0
    weights = {i: math.exp(float(STUDENT[user, i])) for i in ranking}
    for length in (2, 1):
        for place in range(length):
            left = sum(weights[i] for i in ranking[place:])
            total -= math.log(weights[ranking[place]] / left) / length
    return total


def test_the_set_loss_equals_the_slow_reference():
    got = prepared().loss(of_users(student_of(STUDENT), [3, 0, 7, 1]))
    expected = sum(slow_set_loss(user, TRAJECTORY[0]) for user in (3, 0, 7, 1)) / 4
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_every_user_learns_from_a_list_of_its_own():
    method = prepared()
    method.stages[:4] = torch.tensor([0, 1, 2, 3])  # 3: the order of the last list counts
    got = method.loss(of_users(student_of(STUDENT), [0, 1, 2, 3]))
    expected = sum(slow_set_loss(user, TRAJECTORY[user]) for user in (0, 1, 2))
    expected += slow_order_loss(3, TRAJECTORY[2])
    assert got.item() == pytest.approx(expected / 4, rel=1e-5)


def test_discrepancies_by_hand():
    # K = 2 with discounts 1 and 1 / log2(3) = .6309: both, the first, the second, none are listed
    student = torch.tensor([[0, 1], [0, 1], [0, 1], [0, 1]])
    listed = torch.tensor([[1, 0], [0, 5], [7, 1], [7, 5]])
    expected = torch.tensor([0.0, 0.6309 / 1.6309, 1 / 1.6309, 1.0])
    torch.testing.assert_close(discrepancies(student, listed), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("earlier", "now", "expected"),
    [
        (1.0, 0.97, False),  # has fallen by less than 5%
        (1.0, 0.9, True),  # by more
        (1.0, 1.0, False),
        (0.5, 0.6, True),  # has grown: there is no more to be had for now
        (0.0, 0.0, True),  # nothing is left to learn
        (float("nan"), 0.9, False),  # the first look
        (float("nan"), 0.0, True),
    ],
)
def test_who_goes_on_by_hand(earlier, now, expected):
    (got,) = goes_on(torch.tensor([earlier]), torch.tensor([now]), 1.05).tolist()
    assert got is expected


def test_losses_by_hand():
    # two listed items of score 0, three others of score 0
    scores, rest = torch.zeros(1, 2), torch.tensor([math.log(3.0)])
    assert set_loss(scores, rest).item() == pytest.approx(math.log(4))
    # half of two is one item above four others, and so is the first tenth
    assert head_order_loss(scores, rest).item() == pytest.approx(2 * math.log(5))


def test_looks_follow_the_slow_reference():
    generator = torch.Generator().manual_seed(2)
    students = [torch.randn(NUM_USERS, NUM_ITEMS, generator=generator) for _ in range(6)]
    method = prepared(gain_decay=0.99)
    stages, earlier = [0] * NUM_USERS, [None] * NUM_USERS
    differ = [False] * len(students)
    for epoch, student in enumerate(students):
        for user in range(NUM_USERS):
            listed = TRAJECTORY[min(stages[user], 2)]
            now, gain = slow_discrepancy(student, listed, user), 1.05 * 0.99**epoch
            before = earlier[user]
            moves = now == 0 or (before is not None and (before > gain * now or before < now))
            if moves and stages[user] < 3:
                stages[user] += 1
                earlier[user] = slow_discrepancy(student, TRAJECTORY[min(stages[user], 2)], user)
            elif before is None:
                earlier[user] = now
        assert look(method, student, epoch) == stages
        differ[epoch] = len(set(stages)) > 1
    assert any(differ)  # users were at different lists at some moment


def test_a_student_that_learns_each_list_ends_with_the_order_of_the_last():
    method = prepared()
    assert look(method, STUDENT, 0) == [0] * NUM_USERS
    for stage, listed in enumerate(TRAJECTORY, start=1):
        assert look(method, listed, stage) == [stage] * NUM_USERS
    assert look(method, -STUDENT, 4) == [3] * NUM_USERS  # nobody goes back


def test_there_is_a_look_in_every_so_many_epochs():
    method = prepared(refresh_every=3)
    for epoch in (1, 2):
        assert look(method, TRAJECTORY[0], epoch) == [0] * NUM_USERS
    assert look(method, TRAJECTORY[0], 3) == [1] * NUM_USERS


def test_a_teacher_without_a_past_is_a_trajectory_of_one_list():
    method = prepared(trajectory=TRAJECTORY[2:])
    got = method.loss(of_users(student_of(STUDENT), [3]))
    assert got.item() == pytest.approx(slow_set_loss(3, TRAJECTORY[2]), rel=1e-5)
    assert look(method, TRAJECTORY[2]) == [1] * NUM_USERS
    got = method.loss(of_users(student_of(STUDENT), [3]))
    assert got.item() == pytest.approx(slow_order_loss(3, TRAJECTORY[2]), rel=1e-5)


@pytest.mark.parametrize("stage", [0, 3])
def test_seen_items_get_no_gradient_and_the_best_one_is_pulled_up(stage):
    backbone, method = student_of(STUDENT), prepared()
    method.stages[:] = stage
    method.loss(of_users(backbone, [3])).backward()
    gradient = backbone.user_embedding.weight.grad[3]
    ranking = best(TRAJECTORY[min(stage, 2)], 3, NUM_ITEMS)
    assert gradient[:3].tolist() == [0.0, 0.0, 0.0]
    assert float(gradient[ranking[0]]) < 0
    assert bool((gradient[ranking[4:]] > 0).all())


@pytest.mark.parametrize("stage", [0, 3])
def test_the_gradient_of_the_batch_is_that_of_its_loss(stage):
    def loss(rows):
        view, method = of_users(student_of(STUDENT), [3, 0, 7, 3]), prepared()
        view._rows = rows
        method.stages[:] = stage
        return 3 * method.loss(view)

    rows = STUDENT.double()[[3, 0, 7, 3]].requires_grad_()
    assert torch.autograd.gradcheck(loss, rows)


@pytest.mark.parametrize("top_k", [1, 3])
@pytest.mark.parametrize("stage", [0, 3])
def test_a_robot_that_has_seen_everything_stops_no_run_and_shortens_no_list(stage, top_k, caplog):
    method = prepared(train=interactions_with_a_robot(NUM_USERS, NUM_ITEMS), top_k=top_k)
    assert method.top_k == top_k
    assert caplog.records == []
    method.stages[:] = stage
    backbone = student_of(STUDENT)
    method.loss(of_users(backbone, range(NUM_USERS))).backward()
    gradients = [table.grad for table in (backbone.user_embedding.weight, backbone.item_bias)]
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients)


def test_the_loss_is_a_mean_over_the_pairs_of_a_batch():
    backbone, method = student_of(STUDENT), prepared()
    losses = [method.loss(of_users(backbone, [user])).item() for user in (3, 5)]
    got = method.loss(of_pairs(backbone, [3, 5, 3, 3]))
    assert got.item() == pytest.approx(0.75 * losses[0] + 0.25 * losses[1], rel=1e-5)


def test_lists_are_cut_to_what_users_have_not_seen_and_this_is_told(caplog):
    assert prepared(top_k=13).top_k == 12
    (record,) = caplog.records
    assert record.getMessage().startswith("top_k is cut from 13 to 12")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"top_k": 0}, "top_k must be at least 1, got 0"),
        ({"trajectory": 0}, "trajectory must be at least 1, got 0"),
        ({"refresh_every": 0}, "refresh_every must be at least 1, got 0"),
        ({"gain": 0.0}, "gain must be positive, got 0"),
        ({"gain_decay": -1.0}, "gain_decay must be positive, got -1"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        heterogeneous(**{"top_k": 3, **settings})


def test_what_the_method_keeps_is_not_part_of_a_checkpoint():
    assert prepared().state_dict() == {}
