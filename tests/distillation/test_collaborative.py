"""Collaborative distillation: its loss by hand, and what its three ways of sampling draw."""

import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions
from tests.distillation.matrix_student import of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.data.interactions import Interactions
from rankdistill.distillation import collaborative
from rankdistill.distillation.collaborative import collaborative_loss
from rankdistill.distillation.interface import DistillationContext

a_method = partial(built_from, "distillation/collaborative")


NUM_USERS, NUM_ITEMS = 9, 20
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))
EVERYTHING_PULLED_DOWN = torch.full((NUM_USERS, NUM_ITEMS), 1e4)
SAMPLINGS = ["uniform", "teacher", "student"]


def prepared(student=STUDENT, train=TRAIN, teacher=TEACHER, seed=0, **settings):
    method = a_method(**{"sampled_share": 0.25, **settings})
    method.check(train)
    method.prepare(DistillationContext(FixedScores(teacher), train, 4, seeded_draws(seed)))
    method.refresh(FixedScores(student).score_rows, 0)
    return method


def draws(method, user, num_batches=400):
    """How often each item was drawn for a user, in each batch: read off the gradient.

    At a score of 1e4 the student's probability is one; a shift of -1e4 makes the teacher's zero.
    Then every drawn item gets a gradient of 1 / num_drawn.
    """
    method.shift = -1e4
    backbone = student_of(EVERYTHING_PULLED_DOWN)
    counts = []
    for _ in range(num_batches):
        backbone.zero_grad()
        method.loss(of_users(backbone, [user])).backward()
        counts.append(backbone.user_embedding.weight.grad[user] * method.num_drawn)
    return torch.stack(counts).round().long()


def unseen_order(scores, user):
    return sorted(range(user % 4, NUM_ITEMS), key=lambda i: -float(scores[user, i]))


def slow_loss(student_scores, teacher_scores, temperature, shift):
    """With plain Python numbers."""
    total = 0.0
    for s, t in zip(student_scores, teacher_scores, strict=True):
        p, q = (1 / (1 + math.exp(-x)) for x in (s, (t + shift) / temperature))
        total -= q * math.log(p) + (1 - q) * math.log(1 - p)
    return total / len(student_scores)


@pytest.mark.parametrize(("temperature", "shift"), [(1.0, 1.0), (0.1, -0.2), (5.0, 0.0)])
def test_the_loss_equals_the_slow_reference(temperature, shift):
    got = collaborative_loss(STUDENT, TEACHER, temperature, shift)
    expected = [
        slow_loss(s, t, temperature, shift)
        for s, t in zip(STUDENT.tolist(), TEACHER.tolist(), strict=True)
    ]
    assert got.tolist() == pytest.approx(expected, rel=1e-5)


def test_the_loss_matches_values_worked_by_hand():
    # t = -T2 is an even chance; an even student costs ln 2 whatever the teacher says
    teachers = torch.tensor([[-1.0], [math.log(3.0) - 1.0]])
    assert collaborative_loss(torch.zeros(2, 1), teachers).tolist() == pytest.approx(
        [math.log(2)] * 2
    )
    # q = 3/4, p = 1/4: 3/4 ln 4 + 1/4 ln(4/3)
    got = collaborative_loss(torch.tensor([[-math.log(3.0)]]), teachers[1:])
    assert got.item() == pytest.approx(0.75 * math.log(4) + 0.25 * math.log(4 / 3))


def test_a_student_with_the_teachers_shifted_scores_has_nothing_to_learn():
    students = ((TEACHER + 1.0) / 2.0).requires_grad_()
    collaborative_loss(students, TEACHER, temperature=2.0, shift=1.0).sum().backward()
    torch.testing.assert_close(students.grad, torch.zeros_like(TEACHER), atol=1e-7, rtol=0)


def test_scores_far_from_zero_do_not_overflow():
    students = torch.tensor([[1e4, -1e4, 1e4, -1e4]], requires_grad=True)
    losses = collaborative_loss(students, torch.tensor([[-1e4, 1e4, 1e4, -1e4]]))
    losses.sum().backward()
    assert losses.item() == pytest.approx(5e3)
    assert students.grad.tolist() == [[0.25, -0.25, 0.0, 0.0]]


@pytest.mark.parametrize("shape", [(3, 4), (1, 5), (5,), (3, 1)])
def test_scores_that_would_broadcast_into_nonsense_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected two \(batch, n\) tensors"):
        collaborative_loss(torch.zeros(3, 5), torch.zeros(shape))


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [2.0, 8.0])
@pytest.mark.parametrize(("sampling", "guide"), [("teacher", TEACHER), ("student", STUDENT)])
def test_items_are_drawn_as_often_as_their_rank_says(sampling, guide, gamma):
    user = 3
    order = unseen_order(guide, user)
    weights = [math.exp(-gamma * rank / NUM_ITEMS) for rank in range(1, len(order) + 1)]
    counts = draws(prepared(sampling=sampling, gamma=gamma), user, num_batches=2000).sum(0)
    shares = counts[order] / counts.sum()
    expected = [weight / sum(weights) for weight in weights]
    assert shares.tolist() == pytest.approx(expected, abs=0.012)


@pytest.mark.slow
def test_uniform_draws_come_from_all_unseen_items_alike():
    counts = draws(prepared(sampling="uniform"), 3, num_batches=2000).sum(0)
    shares = counts[3:] / counts.sum()
    torch.testing.assert_close(shares, torch.full((17,), 1 / 17), atol=0.01, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("cache_mib", [0.0, 1.0])
@pytest.mark.parametrize("sampled_share", [0.05, 0.5, 1.0])
def test_no_seen_item_is_ever_drawn_and_every_unseen_one_can_be(sampling, cache_mib, sampled_share):
    method = prepared(
        sampling=sampling, cache_mib=cache_mib, sampled_share=sampled_share, gamma=0.5
    )
    for user in (0, 3):
        counts = draws(method, user)
        assert bool((counts.sum(1) == round(sampled_share * NUM_ITEMS)).all())
        assert counts.sum(0).nonzero().squeeze(1).tolist() == list(range(user % 4, NUM_ITEMS))


def test_strata_draw_no_item_twice_while_its_expected_number_stays_small():
    # gamma x share = 0.5 of a draw for the best item: neighbours in the order may meet at the
    # boundary of two strata, a third time is impossible
    counts = draws(prepared(sampling="teacher", gamma=2.0), 0)
    assert int(counts.max()) <= 2
    independent = 1 - math.prod(1 - k / NUM_ITEMS for k in range(5))  # a repeat in five draws
    assert float((counts.max(1).values > 1).double().mean()) < independent / 2


def test_the_guide_is_the_teacher_or_the_student():
    reversed_teacher = -STUDENT
    for sampling, best in (("teacher", reversed_teacher), ("student", STUDENT)):
        method = prepared(teacher=reversed_teacher, sampling=sampling, gamma=10.0)
        counts = draws(method, 0).sum(0)
        head, tail = (unseen_order(best, 0)[part] for part in (slice(5), slice(-5, None)))
        assert int(counts[head].sum()) > 10 * int(counts[tail].sum())


@pytest.mark.slow
def test_the_students_order_is_taken_anew_every_epoch_and_the_teachers_is_not():
    for sampling, follows in (("student", True), ("teacher", False)):
        method = prepared(sampling=sampling, gamma=50.0, sampled_share=0.1)
        before = draws(method, 0).sum(0)
        method.refresh(FixedScores(-STUDENT).score_rows, 1)
        after = draws(method, 0).sum(0)
        assert (int(after.argmax()) == int(STUDENT[0].argmin())) is follows
        assert (int(after.argmax()) == int(before.argmax())) is not follows


@pytest.mark.parametrize("sampling", ["teacher", "student"])
def test_kept_and_computed_orders_draw_the_same(sampling):
    view = of_users(student_of(STUDENT), [3, 0, 7])
    losses = [
        prepared(sampling=sampling, cache_mib=cache_mib).loss(view).item()
        for cache_mib in (0.0, 100.0)
    ]
    assert losses[0] == losses[1]


def test_whole_rows_and_single_items_give_the_same_loss(monkeypatch):
    view = [3, 0, 7]
    whole_row = prepared().loss(of_users(student_of(STUDENT), view)).item()
    monkeypatch.setattr(collaborative, "WHOLE_ROW_SHARE", 1.0)
    single_items = prepared().loss(of_users(student_of(STUDENT), view)).item()
    assert whole_row == pytest.approx(single_items, rel=1e-6)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_same_seed_gives_the_same_losses(sampling):
    def losses(seed):
        method = prepared(sampling=sampling, seed=seed)
        view = of_users(student_of(STUDENT), [3, 0, 7])
        return [method.loss(view).item() for _ in range(3)]

    assert losses(5) == losses(5)
    assert losses(5) != losses(6)
    assert len(set(losses(5))) == 3  # drawn anew for every batch


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_loss_is_a_mean_over_what_the_batch_is_made_of(sampling):
    # one score per user: what is drawn makes no difference
    rows = torch.arange(NUM_USERS).float()[:, None].expand(-1, NUM_ITEMS).contiguous()
    method = prepared(student=rows, sampling=sampling, temperature=1e6)
    backbone = student_of(rows)
    losses = [method.loss(of_users(backbone, [user])).item() for user in (3, 5)]
    expected = [math.log(1 + math.exp(user)) - user / 2 for user in (3, 5)]
    assert losses == pytest.approx(expected, rel=1e-4)
    once, twice = ([3, 5], [3, 5, 3, 5])
    torch.testing.assert_close(
        method.loss(of_users(backbone, once)), method.loss(of_users(backbone, twice))
    )
    pairs = method.loss(of_pairs(backbone, [3, 5, 3, 3])).item()
    assert pairs == pytest.approx(0.75 * losses[0] + 0.25 * losses[1], rel=1e-5)


def test_a_user_of_several_pairs_is_drawn_for_once():
    method = prepared(sampling="teacher", shift=-1e4)
    backbone = student_of(EVERYTHING_PULLED_DOWN)
    method.loss(of_pairs(backbone, [3, 5, 3, 3])).backward()
    counts = backbone.user_embedding.weight.grad[3] * method.num_drawn / 0.75
    assert int(counts.sum().round()) == method.num_drawn
    torch.testing.assert_close(counts, counts.round(), atol=1e-4, rtol=0)


def test_the_loss_of_a_batch_is_that_of_its_drawn_items():
    method = prepared(sampling="teacher", gamma=1e6, sampled_share=0.25)  # the best one five times
    users = [3, 0, 7]
    got = method.loss(of_users(student_of(STUDENT), users))
    expected = 0.0
    for user in users:
        best = unseen_order(TEACHER, user)[0]
        expected += slow_loss([float(STUDENT[user, best])], [float(TEACHER[user, best])], 1, 1) / 3
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_users_who_have_seen_everything_are_refused():
    items = torch.arange(4).repeat(2)
    users = torch.tensor([0] * 4 + [2] * 4)
    train = Interactions.from_pairs(users, items, 3, 4)
    with pytest.raises(ValueError, match="2 users have seen the whole catalogue"):
        a_method(sampled_share=0.5).check(train)


def test_a_share_of_less_than_one_item_is_refused():
    with pytest.raises(ValueError, match=r"sampled_share = 0.01 of 20 items is none of them"):
        a_method(sampled_share=0.01).check(TRAIN)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sampling": "studnet"}, "sampling must be one of uniform, teacher, student, got 'studn"),
        ({"sampled_share": 0.0}, "sampled_share must lie above 0 and up to 1, got 0.0"),
        ({"sampled_share": 1.5}, "sampled_share must lie above 0 and up to 1, got 1.5"),
        ({"gamma": 0.0}, "gamma must be positive, got 0.0"),
        ({"gamma": math.nan}, "gamma must be positive, got nan"),
        ({"temperature": 0.0}, "temperature must be positive, got 0.0"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        a_method(**settings)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_what_the_method_keeps_is_not_part_of_a_checkpoint(sampling):
    assert prepared(sampling=sampling).state_dict() == {}
