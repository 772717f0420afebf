import math

import pytest
import torch
from tests.cascade.made_ratings import cascade_data
from tests.cascade.modules.made_rankers import with_log
from torch.nn.functional import binary_cross_entropy_with_logits

from rankdistill.cascade.data.examples import ExampleBatches
from rankdistill.cascade.networks.cut_aim import CutAim
from rankdistill.cascade.networks.teacher_labels import (
    AuxiliaryHeads,
    NoTeacher,
    SharedEstimate,
    soft_label_loss,
)

AIM = CutAim([1.0, 1.0, 1.0], top_k=3, kept=8)


def test_the_soft_label_loss_matches_values_worked_by_hand():
    logits = torch.tensor([[0.0, math.log(3)], [0.0, -math.log(3)]])
    labels = torch.tensor([[0.5, 1.0], [0.25, 0.5]])
    # -y ln p - (1 - y) ln(1 - p) with p = 1/2, 3/4; 1/2, 1/4
    each = [math.log(2), math.log(4 / 3), math.log(2), math.log(4) - 0.5 * math.log(3)]
    assert float(soft_label_loss(logits, labels)) == pytest.approx(sum(each) / 4)
    weighted = soft_label_loss(logits, labels, torch.tensor([2.0, 0.0]))
    assert float(weighted) == pytest.approx((each[0] + each[1]) / 2)


def test_what_stands_where_the_weight_is_zero_is_not_read():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 3, generator=generator, requires_grad=True)
    labels = torch.rand(6, 3, generator=generator)
    weights = torch.tensor([1.0, 0, 1, 0, 0, 1])
    for nonsense in (torch.nan, torch.inf, -3.0):
        spoilt = torch.where(weights[:, None] > 0, labels, nonsense)
        loss = soft_label_loss(logits, spoilt, weights)
        (gradient,) = torch.autograd.grad(loss, logits)
        assert torch.equal(loss, soft_label_loss(logits, labels, weights))
        assert torch.equal(gradient[weights == 0], torch.zeros(3, 3))
        assert (gradient[weights > 0] != 0).all()


def test_the_mean_is_over_the_examples_that_count_and_zero_without_any():
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(4, 3, generator=generator), torch.rand(4, 3, generator=generator)
    weights = torch.tensor([0.0, 1.0, 0.0, 1.0])
    alone = soft_label_loss(logits[weights > 0], labels[weights > 0])
    torch.testing.assert_close(soft_label_loss(logits, labels, weights), alone)
    assert soft_label_loss(logits, labels, torch.zeros(4)) == 0


def test_the_teachers_part_falls_with_the_root_of_the_share_of_usable_rows():
    examples = with_log(cascade_data().examples["train"])
    examples = examples.with_teacher(
        torch.rand(examples.labels.shape), (torch.arange(len(examples)) % 4 == 0).float()
    )
    (batch,) = ExampleBatches(examples, 10_000)
    form = SharedEstimate(weight=5.0)
    form.fit_to(6, AIM)
    logits = torch.randn(examples.labels.shape)
    weight, loss = form.losses(batch, torch.zeros(len(examples), 6), logits)["teacher_loss"]
    usable = batch.teacher_weights > 0
    alone = soft_label_loss(logits[usable], batch.teacher[usable])
    assert weight == 5
    share = float(usable.float().mean())
    assert float(loss.detach()) == pytest.approx(share**0.5 * float(alone))


@pytest.mark.parametrize(
    ("labels", "weights"), [((4, 1), None), ((3,), None), ((4, 3), (4, 3)), ((4, 3), (1,))]
)
def test_shapes_that_would_broadcast_into_nonsense_are_refused(labels, weights):
    weights = None if weights is None else torch.ones(weights)
    with pytest.raises(ValueError, match=r"differ|not one per example"):
        soft_label_loss(torch.zeros(4, 3), torch.zeros(labels), weights)


def test_the_shared_estimate_begins_with_the_loss_of_its_own_logits():
    form = SharedEstimate(weight=2.0)
    form.fit_to(5, AIM)
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(8, 3, generator=generator), torch.rand(8, 3, generator=generator)
    guess = form.logits(torch.zeros(8, 5), logits)
    assert torch.equal(guess, logits)
    expected = binary_cross_entropy_with_logits(logits, labels)
    assert soft_label_loss(guess, labels) == expected
    with torch.no_grad():
        form.scale[1], form.shift[1] = 3.0, -1.0
    moved = form.logits(torch.zeros(8, 5), logits)
    torch.testing.assert_close(moved[:, 1], 3 * logits[:, 1] - 1)
    assert torch.equal(moved[:, [0, 2]], logits[:, [0, 2]])
    assert sum(weight.numel() for weight in form.parameters()) == 2 * 3


def test_auxiliary_heads_read_what_the_served_head_reads_and_not_what_it_says():
    form = AuxiliaryHeads(weight=1.0)
    form.fit_to(5, AIM)
    assert form.own_heads == [form.head]
    assert SharedEstimate(weight=1.0).own_heads == []
    own = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    for said in (torch.zeros(8, 3), torch.ones(8, 3)):
        assert torch.equal(form.logits(own, said), own)
    assert sum(weight.numel() for weight in form.parameters()) == 3 * (5 + 1)


def test_users_alone_need_no_log_and_no_parameter():
    form = NoTeacher()
    form.fit_to(5, AIM)
    assert not form.reads_log
    assert not list(form.parameters())
    assert AuxiliaryHeads.reads_log
    assert SharedEstimate.reads_log


@pytest.mark.parametrize("form", [AuxiliaryHeads, SharedEstimate])
def test_a_teacher_that_weighs_nothing_is_refused(form):
    with pytest.raises(ValueError, match=r"positive, got 0.*students=\[none\]"):
        form(weight=0)
