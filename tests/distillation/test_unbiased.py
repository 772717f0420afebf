"""Unbiased distillation: groups of equal popularity, and the pairs drawn within them."""

import math
from functools import partial

import pytest
import torch
from tests.distillation.helpers import FixedScores
from tests.distillation.matrix_student import Recorded, of_pairs, of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.unbiased import order_loss, popularity_groups

unbiased = partial(built_from, "distillation/unbiased")


NUM_USERS, NUM_ITEMS = 12, 13
POPULAR, MIDDLING, RARE = (0, 1, 2), (3, 4, 5, 6), (7, 8, 9, 10, 11, 12)
POPULARITY = [8, 8, 8, 6, 6, 6, 6, 4, 4, 4, 4, 4, 4]
"""Twenty-four interactions in each of the three groups."""
SEEN = [(user, item) for item, count in enumerate(POPULARITY) for user in range(count)]
TRAIN = Interactions.from_pairs(*torch.tensor(SEEN).T, NUM_USERS, NUM_ITEMS)
"""Users 0-3 have seen everything, 4 and 5 all but the rare, 6 and 7 the popular, 8-11 nothing."""
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))


def prepared(train=TRAIN, teacher=TEACHER, seed=0, user_block=5, **settings):
    method = unbiased(**{"num_groups": 3, **settings})
    method.check(train)
    method.prepare(DistillationContext(FixedScores(teacher), train, user_block, seeded_draws(seed)))
    method.refresh(FixedScores(STUDENT).score_rows, 0)
    return method


def drawn(method, user, num_batches=1):
    """(num_pairs, num_batches) better and worse items, those of one item and itself included."""
    view = Recorded(student_of(STUDENT), [user])
    for _ in range(num_batches):
        method.loss(view)
    both = torch.cat(view.asked)
    return both[:, : method.num_pairs].T, both[:, method.num_pairs :].T


def test_groups_have_equal_total_popularity_by_hand():
    # 30 interactions, ten a group: 10 | 5 5 | 4 3 3, in whatever order the items come
    got = popularity_groups(torch.tensor([3, 5, 10, 4, 3, 5]), 3)
    assert got.tolist() == [2, 1, 0, 2, 2, 1]


def test_an_item_on_a_boundary_belongs_to_the_group_that_has_its_middle():
    # 20 interactions, two groups of ten: the second item covers 6 to 12, its middle is at 9
    assert popularity_groups(torch.tensor([6, 6, 5, 3]), 2).tolist() == [0, 0, 1, 1]
    # the second item covers 8 to 14, its middle is at 11
    assert popularity_groups(torch.tensor([8, 6, 4, 2]), 2).tolist() == [0, 1, 1, 1]


def test_items_that_nobody_knows_are_the_least_popular_if_others_are_known():
    assert popularity_groups(torch.tensor([0, 4, 0, 4]), 2).tolist() == [1, 0, 1, 1]
    assert popularity_groups(torch.tensor([0, 0, 0]), 2).tolist() == [0, 0, 0]


def test_one_group_holds_everything():
    assert popularity_groups(torch.tensor([5, 0, 9]), 1).tolist() == [0, 0, 0]


@pytest.mark.parametrize("num_groups", [2, 3, 4, 5])
def test_no_group_is_off_its_share_by_more_than_its_largest_item(num_groups):
    generator = torch.Generator().manual_seed(num_groups)
    popularity = torch.randint(0, 200, (500,), generator=generator)
    groups = popularity_groups(popularity, num_groups)
    totals = torch.bincount(groups, popularity.float(), minlength=num_groups)
    share = popularity.sum() / num_groups
    assert float((totals - share).abs().max()) <= int(popularity.max())
    for group in range(num_groups - 1):
        assert popularity[groups == group].min() >= popularity[groups == group + 1].max()


def test_the_loss_of_pairs_equals_the_slow_reference():
    better, worse = [[0.3, -1.2, 2.0], [0.0, 1.0, 4.0]], [[1.3, -2.0, 2.0], [5.0, -1.0, 0.5]]
    is_pair = [[True, True, True], [True, False, True]]
    expected = []
    for row in range(2):
        losses = [
            math.log(1 + math.exp(worse[row][k] - better[row][k]))
            for k in range(3)
            if is_pair[row][k]
        ]
        expected.append(sum(losses) / len(losses))
    got = order_loss(torch.tensor(better), torch.tensor(worse), torch.tensor(is_pair))
    assert got.tolist() == pytest.approx(expected, rel=1e-6)


def test_equal_scores_cost_ln_2_and_no_pair_costs_nothing():
    got = order_loss(torch.zeros(2, 3), torch.zeros(2, 3), torch.tensor([[True] * 3, [False] * 3]))
    assert got.tolist() == pytest.approx([math.log(2), 0.0])


def test_scores_far_from_zero_do_not_overflow():
    better = torch.tensor([[1e4, -1e4, 1e4]], requires_grad=True)
    worse = torch.tensor([[-1e4, 1e4, 1e4]], requires_grad=True)
    order_loss(better, worse, torch.tensor([[True, True, False]])).sum().backward()
    assert better.grad.tolist() == [[0.0, -0.5, 0.0]]
    assert worse.grad.tolist() == [[0.0, 0.5, 0.0]]


@pytest.mark.parametrize("shape", [(2, 4), (1, 3), (3,), (2, 1)])
def test_scores_that_would_broadcast_into_nonsense_are_refused(shape):
    mask = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"expected three \(batch, n\) tensors"):
        order_loss(torch.zeros(2, 3), torch.zeros(shape), mask)
    with pytest.raises(ValueError, match=r"expected three \(batch, n\) tensors"):
        order_loss(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(shape, dtype=torch.bool))


def test_both_items_of_a_pair_are_unseen_and_of_one_group_and_in_the_teachers_order():
    method = prepared(num_pairs=9)
    for user, groups in ((8, (POPULAR, MIDDLING, RARE)), (6, (None, MIDDLING, RARE))):
        better, worse = drawn(method, user, num_batches=300)
        for pair in range(9):
            group = groups[pair % 3]  # the pairs take turns through the groups
            if group is None:  # nothing unseen: no pair, whatever fills its place
                assert torch.equal(better[pair], worse[pair])
                continue
            assert set(torch.cat([better[pair], worse[pair]]).tolist()) == set(group)
            different = better[pair] != worse[pair]
            scores = TEACHER[user]
            assert bool((scores[better[pair]] > scores[worse[pair]])[different].all())


def test_pairs_are_shared_evenly_and_the_rest_goes_to_the_most_popular():
    better, _ = drawn(prepared(num_pairs=11), 8)
    items = better.flatten().tolist()
    sizes = [sum(item in group for item in items) for group in (POPULAR, MIDDLING, RARE)]
    assert sizes == [4, 4, 3]


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 20.0])
def test_pairs_are_drawn_as_often_as_the_product_of_their_probabilities(temperature):
    better, worse = drawn(prepared(num_pairs=6, temperature=temperature), 9, num_batches=6000)
    better, worse = better[2::3].flatten(), worse[2::3].flatten()  # of the rare items
    different = better != worse
    better, worse = better[different], worse[different]
    order = sorted(RARE, key=lambda item: -float(TEACHER[9, item]))
    weights = [math.exp(-rank / temperature) for rank in range(1, 7)]
    products = {
        (order[a], order[b]): weights[a] * weights[b] for a in range(6) for b in range(a + 1, 6)
    }
    for (first, second), product in products.items():
        found = float(((better == first) & (worse == second)).double().mean())
        assert found == pytest.approx(product / sum(products.values()), abs=0.015)


def test_items_beyond_the_pool_are_never_drawn():
    better, worse = drawn(prepared(num_pairs=3, pool=2), 9, num_batches=300)
    for pair, group in enumerate((POPULAR, MIDDLING, RARE)):
        order = sorted(group, key=lambda item: -float(TEACHER[9, item]))
        assert set(better[pair].tolist()) | set(worse[pair].tolist()) == set(order[:2])


def test_one_possible_pair_a_user_gives_a_loss_worked_by_hand():
    method = prepared(num_groups=1, pool=2)
    users, expected = [8, 6, 4], 0.0
    for user in users:
        unseen = [item for item in range(NUM_ITEMS) if (user, item) not in SEEN]
        first, second = sorted(unseen, key=lambda item: -float(TEACHER[user, item]))[:2]
        expected += math.log(1 + math.exp(float(STUDENT[user, second] - STUDENT[user, first]))) / 3
    got = method.loss(of_users(student_of(STUDENT), users))
    assert got.item() == pytest.approx(expected, rel=1e-5)


def test_a_group_without_two_unseen_items_is_left_out_of_the_users_mean():
    # items 0 and 1 are one group, 2 and 3 the other; the user has seen item 0
    pairs = torch.tensor([[0, 0], [1, 0], [1, 1], [2, 1], [1, 2], [3, 2], [2, 3], [3, 3]])
    train = Interactions.from_pairs(*pairs.T, 5, 4)
    teacher = torch.arange(4.0, 0.0, -1.0).repeat(5, 1)
    method = prepared(train, teacher, num_groups=2, num_pairs=40)
    rows = torch.tensor([[5.0, 9.0, 2.0, 1.0]]).repeat(5, 1)
    backbone = student_of(rows)
    loss = method.loss(of_users(backbone, [0]))
    loss.backward()
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1.0)))  # items 2 and 3 alone
    gradient = backbone.user_embedding.weight.grad[0]
    assert gradient[:2].tolist() == [0.0, 0.0]
    assert float(gradient[2]) == pytest.approx(-1 / (1 + math.e))


def test_a_user_without_any_pair_costs_nothing_and_gets_no_gradient():
    backbone = student_of(STUDENT * 1e4)
    loss = prepared().loss(of_users(backbone, [0, 1]))
    loss.backward()
    assert loss.item() == 0.0
    assert bool((backbone.user_embedding.weight.grad == 0).all())


def test_no_seen_item_gets_a_gradient():
    backbone = student_of(STUDENT)
    method = prepared(num_pairs=300)
    method.loss(of_users(backbone, list(range(NUM_USERS)))).backward()
    touched = (backbone.user_embedding.weight.grad != 0).nonzero().tolist()
    unseen = {(u, i) for u in range(NUM_USERS) for i in range(NUM_ITEMS)} - set(SEEN)
    assert {tuple(pair) for pair in touched} == unseen


def test_a_student_that_agrees_with_the_teacher_in_every_group_costs_less():
    method = prepared(num_pairs=300)
    agreeing, opposed = (
        method.loss(of_users(student_of(sign * 5 * TEACHER), [8, 9, 10, 11])).item()
        for sign in (1, -1)
    )
    assert agreeing < math.log(2) < opposed


def test_what_the_teacher_thinks_of_one_group_against_another_is_not_handed_over():
    lifted = TEACHER.clone()
    lifted[:, list(POPULAR)] += 100.0
    view = of_users(student_of(STUDENT), [8, 9, 10])
    losses = [prepared(teacher=teacher).loss(view).item() for teacher in (TEACHER, lifted)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("user_block", [1, 100])
def test_users_prepared_in_blocks_of_any_size_are_the_same(user_block):
    view = of_users(student_of(STUDENT), [8, 6, 4])
    got = prepared(user_block=user_block).loss(view)
    torch.testing.assert_close(got, prepared().loss(view))


def test_the_same_seed_gives_the_same_losses():
    def losses(seed):
        method = prepared(seed=seed)
        view = of_users(student_of(STUDENT), [8, 6, 4])
        return [method.loss(view).item() for _ in range(3)]

    assert losses(5) == losses(5)
    assert losses(5) != losses(6)
    assert len(set(losses(5))) == 3  # drawn anew for every batch


def test_the_loss_is_a_mean_over_what_the_batch_is_made_of():
    method = prepared(num_groups=1, pool=2)  # one pair a user: nothing is left to chance
    backbone = student_of(STUDENT)
    once, twice = of_users(backbone, [8, 6]), of_users(backbone, [8, 6, 8, 6])
    torch.testing.assert_close(method.loss(once), method.loss(twice))
    losses = [method.loss(of_users(backbone, [user])).item() for user in (8, 6)]
    got = method.loss(of_pairs(backbone, [8, 6, 8, 8]))
    assert got.item() == pytest.approx(0.75 * losses[0] + 0.25 * losses[1], rel=1e-5)


def test_a_teacher_with_scores_that_are_no_numbers_is_refused():
    teacher = TEACHER.clone()
    teacher[3, 3] = torch.nan
    with pytest.raises(FloatingPointError, match="not all finite"):
        prepared(teacher=teacher)


def test_groups_that_cannot_hold_a_pair_are_refused():
    items = torch.tensor([0] * 6 + [1, 2, 3])
    users = torch.tensor([0, 1, 2, 3, 4, 5, 0, 0, 0])
    train = Interactions.from_pairs(users, items, 6, 4)
    with pytest.raises(ValueError, match=r"num_groups = 2 leaves .* first: 1, 3\); lower it"):
        unbiased(num_groups=2).check(train)
    with pytest.raises(ValueError, match=r"num_groups = 4 leaves .*\(sizes, .*: 0, 1, 1, 2\)"):
        unbiased(num_groups=4).check(train)
    unbiased(num_groups=1).check(train)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_groups": 0}, "num_groups must be at least 1, got 0"),
        ({"num_groups": 4, "num_pairs": 3}, "num_pairs must be at least num_groups = 4, got 3"),
        ({"temperature": 0.0}, "temperature must be positive, got 0.0"),
        ({"temperature": math.nan}, "temperature must be positive, got nan"),
        ({"pool": 1}, "pool must be at least 2, for a pair, got 1"),
    ],
)
def test_settings_without_a_meaning_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        unbiased(**settings)


def test_what_the_method_keeps_is_not_part_of_a_checkpoint():
    assert prepared().state_dict() == {}
