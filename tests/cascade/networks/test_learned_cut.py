import pytest
import torch
from tests.cascade.made_ratings import cascade_data
from tests.cascade.modules.made_rankers import with_log

from rankdistill.cascade.data.examples import ExampleBatches
from rankdistill.cascade.networks.cut_aim import CutAim
from rankdistill.cascade.networks.learned_cut import LearnedCut, scaled_cut
from rankdistill.cascade.networks.teacher_labels import SharedEstimate

AIM = CutAim([1.0, 2.0, 0.0], top_k=3, kept=8)
SETTINGS = {"cut_weight": 0.5, "temperature": 2.0, "penalty": "log"}


@pytest.fixture(scope="module")
def batch():
    examples = with_log(cascade_data(passed_by=12).examples["train"], share=0.8)
    (batch,) = ExampleBatches(examples, 10_000)
    return batch


def form_of(weight=5.0, **changed):
    form = LearnedCut(weight=weight, **{**SETTINGS, **changed})
    form.fit_to(6, AIM)
    return form


def outputs_for(batch):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(len(batch.rows), 3, generator=generator, requires_grad=True)
    return torch.zeros(len(batch.rows), 6), logits


def test_the_cut_stands_beside_the_shared_form_or_alone(batch):
    shared = SharedEstimate(weight=5.0)
    shared.fit_to(6, AIM)
    outputs = outputs_for(batch)
    both, alone = form_of().losses(batch, *outputs), form_of(0.0).losses(batch, *outputs)
    assert both["teacher_loss"] == shared.losses(batch, *outputs)["teacher_loss"]
    assert set(alone) == {"cut_loss"}
    assert both["cut_loss"] == alone["cut_loss"]
    assert alone["cut_loss"][0] == SETTINGS["cut_weight"]


def test_a_ranker_that_orders_as_the_final_one_loses_less_of_its_top(batch):
    teacher = batch.teacher.nan_to_num(0.5).clamp(0.01, 0.99)
    joint, losses = torch.zeros(len(teacher), 6), []
    for logits in (teacher.logit(), -teacher.logit()):
        _, loss = form_of(temperature=0.1).losses(batch, joint, logits)["cut_loss"]
        losses.append(float(loss.detach()))
    assert losses[0] < losses[1]


def test_scores_that_were_not_logged_are_not_read(batch):
    unlogged = batch.teacher_weights == 0
    _, logits = outputs_for(batch)
    _, loss = form_of(0.0).losses(batch, torch.zeros(len(logits), 6), logits)["cut_loss"]
    (gradient,) = torch.autograd.grad(loss, logits)
    assert unlogged.any()
    assert batch.teacher[unlogged].isnan().all()
    assert not gradient[unlogged].any()
    assert gradient.isfinite().all()
    assert not gradient[:, 2].any(), "a task that weighs nothing"


def test_the_width_of_the_soft_step_begins_as_set_and_is_learned(batch):
    form = form_of(0.0)
    assert float(form.log_temperature.detach().exp()) == pytest.approx(2.0)
    _, loss = form.losses(batch, *outputs_for(batch))["cut_loss"]
    (gradient,) = torch.autograd.grad(loss, form.log_temperature)
    assert gradient.isfinite()
    assert gradient != 0


def test_k_m_and_weight_shrink_with_the_part_of_the_candidates_that_has_scores():
    aim = CutAim([1.0], top_k=20, kept=100)
    scored, candidates = torch.tensor([300, 30, 0, 40]), torch.tensor([1500.0, 1500.0, 0.0, 40.0])
    examples = torch.tensor([300, 30, 0, 40])
    top_k, kept, weights, *bounds = scaled_cut(aim, scored, examples, candidates)
    assert top_k.tolist() == [4, 1, 1, 20]
    assert kept.tolist() == [20, 2, 1, 100]
    assert bounds == [20, 100]
    # Of 1500 candidates 30 have scores: 20 * 30 / 1500 of the top 20 are expected among them.
    torch.testing.assert_close(weights, torch.tensor([1.0, 0.4, 0.0, 1.0]))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weight": -1.0}, "weight must be positive"),
        ({"cut_weight": 0.0}, "cut_weight and temperature must be positive"),
        ({"temperature": 0.0}, "cut_weight and temperature must be positive"),
        ({"penalty": "lgo"}, "log"),
    ],
)
def test_settings_without_a_meaning_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        LearnedCut(**{"weight": 5.0, **SETTINGS, **changed})


def test_bounds_of_k_and_m_depend_on_no_score():
    aim, candidates = CutAim([1.0], top_k=20, kept=100), torch.tensor([1500.0, 1500.0])
    examples = torch.tensor([150, 30])
    cuts = [scaled_cut(aim, scored, examples, candidates) for scored in (examples, examples // 10)]
    assert [(cut.most_top_k, cut.most_kept) for cut in cuts] == [(2, 10), (2, 10)]
    assert cuts[1].kept.tolist() == [1, 1]
