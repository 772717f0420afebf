"""The transposed view: a method on the item side sees the transposed matrices, and nothing else."""

import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions
from tests.distillation.matrix_student import of_users, student_of
from tests.draws.made_draws import seeded_draws
from tests.from_conf import built_from

from rankdistill.distillation.interface import DistillationContext, DistillationMethod
from rankdistill.distillation.item_side import Columns, ItemRows, ItemSide
from rankdistill.histories.contexts import Contexts

NUM_USERS, NUM_ITEMS = 9, 15
TRAIN = some_interactions(NUM_USERS, NUM_ITEMS)
TEACHER = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(0))
STUDENT = torch.randn(NUM_USERS, NUM_ITEMS, generator=torch.Generator().manual_seed(1))


class Witness(DistillationMethod):
    """Remembers what it was shown; its loss is the mean of the shown rows."""

    def __init__(self):
        super().__init__()
        self.weight = 1.0

    def check(self, train):
        self.checked = train

    def prepare(self, context):
        self.context = context

    def refresh(self, student, epoch):
        self.refreshed = (student(Contexts(torch.tensor([4, 1]))), epoch)

    def loss(self, student):
        self.student = student.per_user
        return student.rows().mean()


def prepared(method, items_per_batch=6, seed=0, user_block=4):
    side = ItemSide(method, items_per_batch)
    side.check(TRAIN)
    side.prepare(DistillationContext(FixedScores(TEACHER), TRAIN, user_block, seeded_draws(seed)))
    return side


@pytest.mark.parametrize("user_block", [1, 4, 100])
def test_columns_are_the_transposed_rows_in_blocks_of_any_size(user_block):
    columns = Columns(FixedScores(TEACHER).score_rows, NUM_USERS, user_block)
    items = torch.tensor([14, 0, 3, 3])
    assert torch.equal(columns.score_rows(Contexts(items)), TEACHER.T[items])


def test_the_method_is_prepared_with_the_transposed_teacher_and_interactions():
    method = Witness()
    prepared(method)
    train, teacher = method.context.train, method.context.teacher
    assert (train.num_users, train.num_items) == (NUM_ITEMS, NUM_USERS)
    pairs = set(zip(TRAIN.item_ids.tolist(), TRAIN.user_ids.tolist(), strict=True))
    assert set(zip(train.user_ids.tolist(), train.item_ids.tolist(), strict=True)) == pairs
    assert method.checked.fingerprint == train.fingerprint
    assert torch.equal(teacher.score_rows(Contexts(torch.arange(NUM_ITEMS))), TEACHER.T)


def test_the_method_is_refreshed_with_the_students_columns():
    method = Witness()
    prepared(method).refresh(FixedScores(STUDENT).score_rows, 7)
    columns, epoch = method.refreshed
    assert torch.equal(columns, STUDENT.T[[4, 1]])
    assert epoch == 7


def test_every_batch_shows_newly_drawn_items_as_rows_over_all_users():
    method = Witness()
    side = prepared(method)
    view = of_users(student_of(STUDENT), [3, 0])
    drawn = []
    for _ in range(2):
        side.loss(view)
        shown = method.student
        drawn.append(shown.contexts.user_ids.tolist())
        torch.testing.assert_close(shown.rows().detach(), STUDENT.T[shown.contexts.user_ids])
        users = torch.randint(NUM_USERS, (6, 4), generator=torch.Generator().manual_seed(3))
        torch.testing.assert_close(
            shown.of_items(users).detach(), STUDENT.T[shown.contexts.user_ids].gather(1, users)
        )
        assert shown.shares.tolist() == pytest.approx([1 / 6] * 6)
        assert shown.positive_items is None
        assert shown.training_items.tolist() == [3, 0]
    assert drawn[0] != drawn[1]


def test_items_are_drawn_evenly():
    method = Witness()
    prepared(method, items_per_batch=30_000).loss(of_users(student_of(STUDENT), [0]))
    shares = method.student.contexts.user_ids.bincount(minlength=NUM_ITEMS) / 30_000
    torch.testing.assert_close(shares, torch.full_like(shares, 1 / 15), atol=0.006, rtol=0)


def test_the_loss_is_the_methods_own_on_the_transposed_problem():
    # a method without chance, on every item: the mean over the drawn items of its loss by hand
    side = prepared(built_from("distillation/soft_targets"), items_per_batch=5)
    got = side.loss(of_users(student_of(STUDENT), [3]))
    items = seeded_draws().integers(NUM_ITEMS, (5,)).tolist()
    by_hand = built_from("distillation/soft_targets")
    transposed = FixedScores(TEACHER.T.contiguous())
    by_hand.prepare(DistillationContext(transposed, TRAIN.transposed(), 4, seeded_draws()))
    expected = by_hand.loss(of_users(student_of(STUDENT.T.contiguous()), items))
    torch.testing.assert_close(got, expected)


def test_gradient_reaches_every_user_whoever_is_in_the_batch():
    backbone = student_of(STUDENT)
    prepared(Witness()).loss(of_users(backbone, [3])).backward()
    gradient = backbone.user_embedding.weight.grad
    assert bool((gradient.abs().sum(1) > 0).all())


def test_the_same_seed_draws_the_same_items():
    def drawn(seed):
        method = Witness()
        prepared(method, seed=seed).loss(of_users(student_of(STUDENT), [0]))
        return method.student.contexts.user_ids.tolist()

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_what_the_method_cannot_do_with_the_transposed_data_says_so():
    class Refusing(Witness):
        def check(self, train):
            raise ValueError("top_k must lie between 1 and 3.")

    with pytest.raises(ValueError, match="On the item side, where users are ranked: top_k must"):
        ItemSide(Refusing(), 4).check(TRAIN)


def test_the_transposed_view_is_not_transposed_again():
    view = ItemRows(of_users(student_of(STUDENT), [0]), torch.tensor([1, 2]))
    torch.testing.assert_close(view.of_shared(torch.tensor([3, 0])), STUDENT[[3, 0]][:, [1, 2]].t())
    with pytest.raises(NotImplementedError, match="not transposed again"):
        view.columns(torch.tensor([0]))


def test_a_batch_of_no_items_is_refused():
    with pytest.raises(ValueError, match="items_per_batch must be at least 1, got 0"):
        ItemSide(Witness(), 0)
