"""The relaxed ranking loss against the Plackett-Luce model itself; its heads and its tails."""

import itertools
import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import (
    FixedScores,
    first_items_seen,
    interactions_with_a_robot,
    some_interactions,
)
from tests.distillation.matrix_student import Recorded, of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.plackett_luce import relaxed_plackett_luce

plackett_luce = partial(built_from, "distillation/plackett_luce")


NUM_USERS, NUM_ITEMS = 9, 15
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))


def prepared(teacher=TEACHER, seed=0, train=TRAIN, **settings):
    method = plackett_luce(**settings)
    method.check(train)
    method.prepare(DistillationContext(FixedScores(teacher), train, 4, seeded_draws(seed)))
    method.refresh(FixedScores(STUDENT).score_rows, 0)
    return method


def teacher_ranking(user):
    return sorted(range(user % 4, NUM_ITEMS), key=lambda i: -float(TEACHER[user, i]))


def slow_loss(scores, head, tail):
    """Mean of -log softmax(s)[next item] over the head, with plain Python numbers."""
    weights = {i: math.exp(float(scores[i])) for i in (*head, *tail)}
    left, total = sum(weights.values()), 0.0
    for item in head:
        total -= math.log(weights[item] / left)
        left -= weights[item]
    return total / len(head)


def test_the_loss_is_the_likelihood_of_all_rankings_that_begin_with_the_head():
    scores, head, others = [0.7, -0.4, 1.1, 0.2, -1.3], [2, 0], [1, 3, 4]

    def likelihood(ranking):
        return math.prod(
            math.exp(scores[item]) / sum(math.exp(scores[i]) for i in ranking[k:])
            for k, item in enumerate(ranking)
        )

    likelihoods = [likelihood([*head, *tail]) for tail in itertools.permutations(others)]
    ranked = torch.tensor([[scores[i] for i in head]])
    tail = torch.tensor([[scores[i] for i in others]]).logsumexp(1)
    got = relaxed_plackett_luce(ranked, tail)
    assert got.item() == pytest.approx(-math.log(sum(likelihoods)) / len(head), rel=1e-5)


def test_equal_scores_match_a_value_worked_by_hand():
    # two ranked items above three others: 1/5, then 1/4
    got = relaxed_plackett_luce(torch.zeros(1, 2), torch.tensor([math.log(3.0)]))
    assert got.item() == pytest.approx((math.log(5) + math.log(4)) / 2)


def test_without_a_tail_the_last_ranked_item_is_certain():
    got = relaxed_plackett_luce(torch.tensor([[2.0, 2.0]]), torch.tensor([-torch.inf]))
    assert got.item() == pytest.approx(math.log(2) / 2)


def test_scores_far_from_zero_do_not_overflow():
    ranked = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]], requires_grad=True)
    tail = torch.tensor([0.0, 1e4], requires_grad=True)
    losses = relaxed_plackett_luce(ranked, tail)
    gradients = torch.autograd.grad(losses.sum(), [ranked, tail])
    # by hand: (0 + (1e4 + ln 2) + ln 2) / 3 and ((2e4 + ln 2) + ln 2 + 1e4) / 3
    expected = [(1e4 + 2 * math.log(2)) / 3, (3e4 + 2 * math.log(2)) / 3]
    assert losses.tolist() == pytest.approx(expected, rel=1e-6)
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients)


@pytest.mark.parametrize(("ranked", "tail"), [((3, 4), (4,)), ((3, 4), (3, 1)), ((3,), (3,))])
def test_a_tail_that_would_broadcast_into_nonsense_is_refused(ranked, tail):
    with pytest.raises(ValueError, match=r"expected \(batch, K\) and \(batch,\)"):
        relaxed_plackett_luce(torch.zeros(ranked), torch.zeros(tail))


def test_the_tail_of_a_row_is_every_item_that_is_neither_seen_nor_ranked():
    users = [3, 0, 7]
    expected = 0.0
    for user in users:
        ranking = teacher_ranking(user)
        expected += slow_loss(STUDENT[user], ranking[:4], ranking[4:]) / len(users)
    got = prepared(top_k=4).loss(of_users(student_of(STUDENT), users))
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_seen_items_get_no_gradient_and_the_best_one_is_pulled_up():
    backbone = student_of(STUDENT)
    prepared(top_k=4).loss(of_users(backbone, [3])).backward()
    gradient = backbone.user_embedding.weight.grad[3]
    ranking = teacher_ranking(3)
    assert gradient[:3].tolist() == [0.0, 0.0, 0.0]
    assert float(gradient[ranking[0]]) < 0
    assert bool((gradient[ranking[4:]] > 0).all())


def test_a_head_of_all_unseen_items_leaves_no_tail_and_finite_gradients():
    backbone = student_of(STUDENT)
    loss = prepared(top_k=12).loss(of_users(backbone, [3]))
    loss.backward()
    assert loss.item() == pytest.approx(slow_loss(STUDENT[3], teacher_ranking(3), []), rel=1e-5)
    assert bool(torch.isfinite(backbone.user_embedding.weight.grad).all())


def test_the_loss_is_a_mean_over_what_the_batch_is_made_of():
    backbone, method = student_of(STUDENT), prepared(top_k=4)
    once, twice = of_users(backbone, [3, 5]), of_users(backbone, [3, 5, 3, 5])
    torch.testing.assert_close(method.loss(once), method.loss(twice))
    losses = [method.loss(of_users(backbone, [user])).item() for user in (3, 5)]
    got = method.loss(of_pairs(backbone, [3, 5, 3, 3]))
    assert got.item() == pytest.approx(0.75 * losses[0] + 0.25 * losses[1], rel=1e-5)


def test_a_sampled_head_comes_from_the_pool_and_keeps_the_teachers_order():
    method = prepared(top_k=3, head="sampled", tail="sampled", pool=6, temperature=4.0)
    view = Recorded(student_of(STUDENT), [3, 0, 7])
    for _ in range(200):
        method.loss(view)
    heads, _ = view.heads_and_tails(3)
    for row, user in enumerate([3, 0, 7]):
        pool = teacher_ranking(user)[:6]
        positions = torch.tensor([[pool.index(i) for i in head] for head in heads[:, row].tolist()])
        assert bool((positions.diff(dim=1) > 0).all())
        assert positions.unique().tolist() == list(range(6))


def test_sampled_heads_hold_positions_as_often_as_drawing_without_replacement_says():
    method = prepared(top_k=2, head="sampled", tail="sampled", pool=4, temperature=2.0)
    view = Recorded(student_of(STUDENT), [2] * 4000)
    method.loss(view)
    (heads,), _ = view.heads_and_tails(2)
    pool = teacher_ranking(2)[:4]
    weights = [
        math.exp(-r / 2.0) / sum(math.exp(-q / 2.0) for q in (1, 2, 3, 4)) for r in range(1, 5)
    ]
    for a, b in itertools.combinations(range(4), 2):
        either_order = weights[a] * weights[b] * (1 / (1 - weights[a]) + 1 / (1 - weights[b]))
        found = ((heads[:, 0] == pool[a]) & (heads[:, 1] == pool[b])).double().mean()
        assert found.item() == pytest.approx(either_order, abs=0.03), (a, b)


def test_a_sampled_head_that_is_all_of_its_pool_is_the_top():
    view = of_users(student_of(STUDENT), [3, 0, 7])
    sampled = prepared(top_k=4, head="sampled", pool=4).loss(view)
    torch.testing.assert_close(sampled, prepared(top_k=4).loss(view))


def test_a_sampled_tail_is_drawn_evenly_from_outside_the_pool_and_the_seen_items():
    method = prepared(top_k=3, tail="sampled", pool=6, num_tail=5)
    view = Recorded(student_of(STUDENT), [3, 0, 7])
    for _ in range(1500):
        method.loss(view)
    heads, tails = view.heads_and_tails(3)
    for row, user in enumerate([3, 0, 7]):
        ranking = teacher_ranking(user)
        assert heads[:, row].tolist() == [ranking[:3]] * 1500
        counts = tails[:, row].flatten().bincount(minlength=NUM_ITEMS)
        outside = sorted(ranking[6:])
        assert counts.nonzero().squeeze(1).tolist() == outside
        shares = counts[outside] / counts.sum()
        torch.testing.assert_close(
            shares, torch.full_like(shares, 1 / len(outside)), atol=0.02, rtol=0
        )


def test_the_loss_of_a_sampled_tail_equals_the_slow_reference():
    view = Recorded(student_of(STUDENT), [3, 0])
    loss = prepared(top_k=3, tail="sampled", pool=6, num_tail=5).loss(view)
    heads, tails = (items[0].tolist() for items in view.heads_and_tails(3))
    expected = 0.0
    for user, head, tail in zip([3, 0], heads, tails, strict=True):
        extra = sum(math.exp(float(STUDENT[user, i])) for i in tail)  # repeats count
        total = 0.0
        for k, item in enumerate(head):
            left = sum(math.exp(float(STUDENT[user, i])) for i in head[k:]) + extra
            total += math.log(left) - float(STUDENT[user, item])
        expected += total / len(head) / 2
    assert loss.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("settings", [{}, {"head": "sampled"}, {"tail": "sampled"}])
def test_the_gradient_of_the_batch_is_that_of_its_loss(settings):
    rows = STUDENT.double()

    def loss(rows):
        view = of_users(student_of(STUDENT), [3, 0, 7, 3])
        view._rows = rows
        return 3 * prepared(top_k=3, pool=6, num_tail=5, **settings).loss(view)

    assert torch.autograd.gradcheck(loss, rows[[3, 0, 7, 3]].requires_grad_())


@pytest.mark.parametrize("settings", [{"head": "sampled"}, {"tail": "sampled"}])
def test_the_same_seed_gives_the_same_losses(settings):
    def losses(seed):
        method = prepared(top_k=3, pool=6, num_tail=5, seed=seed, **settings)
        view = of_users(student_of(STUDENT), [3, 0, 7])
        return [method.loss(view).item() for _ in range(3)]

    assert losses(5) == losses(5)
    assert losses(5) != losses(6)
    assert len(set(losses(5))) == 3  # drawn anew for every batch


@pytest.mark.parametrize("item_weight", [1.0, 0.25])
def test_the_item_side_adds_the_method_applied_by_hand_to_the_transposed_problem(item_weight):
    view = of_users(student_of(STUDENT), [3, 0, 7])
    settings = {"top_k": 3, "item_side": True, "items_per_batch": 8, "item_weight": item_weight}
    got = prepared(**settings).loss(view) - prepared(top_k=3).loss(view)
    items = seeded_draws().integers(NUM_ITEMS, (8,))
    expected = 0.0
    for item in items.tolist():
        unseen = [user for user in range(NUM_USERS) if item >= user % 4]
        ranking = sorted(unseen, key=lambda user: -float(TEACHER[user, item]))
        expected += slow_loss(STUDENT[:, item], ranking[:3], ranking[3:]) / len(items)
    assert got.item() == pytest.approx(item_weight * expected, rel=1e-4)


def test_the_item_side_pulls_at_users_outside_the_batch():
    backbone = student_of(STUDENT)
    prepared(top_k=3, item_side=True, items_per_batch=50).loss(of_users(backbone, [3])).backward()
    assert bool((backbone.user_embedding.weight.grad.abs().sum(1) > 0).all())


@pytest.mark.parametrize(
    ("settings", "lengths", "told"),
    [
        ({"top_k": 13}, (12, 12), ["top_k is cut from 13 to 12"]),
        ({"top_k": 3, "head": "sampled", "pool": 13}, (3, 12), ["pool is cut from 13 to 12"]),
        ({"top_k": 3, "tail": "sampled", "pool": 13}, (3, 11), ["pool is cut from 13 to 11"]),
        (
            {"top_k": 13, "head": "sampled", "pool": 20},
            (12, 12),
            ["top_k is cut from 13 to 12", "pool is cut from 20 to 12"],
        ),
        ({"top_k": 7, "item_side": True}, (7, 7), ["top_k is cut from 7 to 5"]),
    ],
)
def test_lists_are_cut_to_what_users_have_not_seen_and_this_is_told_once(
    settings, lengths, told, caplog
):
    method = prepared(**settings)
    assert (method.top_k, method.pool) == lengths
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == told
    assert bool(torch.isfinite(method.loss(of_users(student_of(STUDENT), range(NUM_USERS)))))


@pytest.mark.parametrize(
    "settings", [{}, {"head": "sampled", "pool": 5}, {"tail": "sampled", "pool": 5}]
)
def test_a_robot_that_has_seen_everything_stops_no_run_and_shortens_no_list(settings, caplog):
    train = interactions_with_a_robot(NUM_USERS, NUM_ITEMS)
    backbone = student_of(STUDENT)
    method = prepared(top_k=3, train=train, **settings)
    assert method.top_k == 3
    assert caplog.records == []
    method.loss(of_users(backbone, range(NUM_USERS))).backward()
    gradients = [table.grad for table in (backbone.user_embedding.weight, backbone.item_bias)]
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients)


def test_a_sampled_tail_holds_nothing_where_nothing_is_left():
    train = interactions_with_a_robot(NUM_USERS, NUM_ITEMS)
    method = prepared(top_k=3, tail="sampled", pool=5, train=train)
    robot = NUM_USERS - 1
    head = sorted(range(NUM_ITEMS), key=lambda i: -float(TEACHER[robot, i]))[:3]
    got = method.loss(of_users(student_of(STUDENT), [robot]))
    assert got.item() == pytest.approx(slow_loss(STUDENT[robot], head, []), rel=1e-4)


def test_a_catalogue_that_everybody_has_seen_is_refused():
    everything = first_items_seen([NUM_ITEMS] * 3, NUM_ITEMS)
    with pytest.raises(ValueError, match=r"At least 1 of the items .* and only 0 can be"):
        plackett_luce(top_k=3).check(everything)
    one_left = first_items_seen([NUM_ITEMS - 1] * 3, NUM_ITEMS)
    with pytest.raises(ValueError, match=r"At least 2 of the items .* and only 1 can be"):
        plackett_luce(top_k=3, tail="sampled").check(one_left)
    one_user_left = first_items_seen([3, 3, 0], 3)
    with pytest.raises(ValueError, match="item side, where users are ranked: At least 2 of"):
        plackett_luce(top_k=3, tail="sampled", item_side=True).check(one_user_left)


def test_a_pool_that_nothing_is_drawn_from_may_be_longer_than_the_data():
    plackett_luce(top_k=12, pool=500).check(TRAIN)
    plackett_luce(top_k=3, head="sampled", pool=12).check(TRAIN)
    plackett_luce(top_k=3, tail="sampled", pool=11).check(TRAIN)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"top_k": 0}, "top_k must be at least 1, got 0"),
        ({"top_k": 3, "head": "best"}, "head must be one of top, sampled, got 'best'"),
        ({"top_k": 3, "tail": "rows"}, "tail must be one of row, sampled, got 'rows'"),
        ({"top_k": 3, "num_tail": 0}, "num_tail must be at least 1, got 0"),
        ({"top_k": 30, "head": "sampled", "pool": 20}, "pool must be at least top_k = 30, got 20"),
        ({"top_k": 3, "temperature": 0.0}, "temperature must be positive"),
        ({"top_k": 3, "item_side": True, "items_per_batch": 0}, "items_per_batch must be at least"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        plackett_luce(**settings)


@pytest.mark.parametrize("settings", [{}, {"tail": "sampled", "pool": 4}, {"item_side": True}])
def test_what_the_method_keeps_is_not_part_of_a_checkpoint(settings):
    assert prepared(top_k=3, **settings).state_dict() == {}
