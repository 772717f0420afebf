from typing import cast

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.modules.stand_ins import ConstantLoss
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.building import Component
from rankdistill.config.primitives import primitives
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.student import Student
from rankdistill.modules.teacher import Teacher
from rankdistill.runs.checkpoints import read_checkpoint
from rankdistill.runs.models import make_model, make_student, make_teacher
from rankdistill.runs.trainer import make_trainer

CONSTANT = "tests.modules.stand_ins.ConstantLoss"


def configured(*overrides):
    return composed("train", *SMALL_DISTILLED, "weighting=hybrid", *overrides)


def fitted(module, datamodule, cfg, folder):
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, folder, "model")
    trainer.fit(module, datamodule=datamodule)
    return trainer


@pytest.fixture
def datamodule():
    return small_datamodule()


@pytest.mark.slow
def test_the_teacher_stays_in_eval_mode_and_gets_no_gradient_and_no_change(tmp_path, datamodule):
    cfg = configured("distillation.weighting.warmup_epochs=1", "trainer.max_epochs=3")
    teacher = make_teacher(cfg, datamodule).backbone.train()
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    module = make_model(cfg, datamodule, teacher)
    fitted(module, datamodule, cfg, tmp_path)
    assert not any(part.training for part in teacher.modules())
    assert not any(weight.requires_grad for weight in teacher.parameters())
    assert all(weight.grad is None for weight in teacher.parameters())
    torch.testing.assert_close(teacher.state_dict(), before, atol=0, rtol=0)


def test_the_teacher_is_no_submodule_so_parameters_and_state_are_those_of_the_student(datamodule):
    cfg = configured()
    teacher = make_teacher(cfg, datamodule).backbone
    module = make_model(cfg, datamodule, teacher)
    student = make_student(cfg, datamodule)
    assert all(part is not teacher for part in module.modules())
    assert set(module.state_dict()) == set(student.state_dict())
    assert [p.shape for p in module.parameters()] == [p.shape for p in student.parameters()]


def test_the_distilled_students_checkpoint_is_student_sized_and_holds_primitives(
    tmp_path, datamodule
):
    cfg = configured()
    modules = {
        "student": make_student(cfg, datamodule),
        "distilled": make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone),
    }
    for name, module in modules.items():
        fitted(module, datamodule, cfg, tmp_path / name)
    paths = {name: tmp_path / name / "model.ckpt" for name in modules}
    loaded = {name: torch.load(path, weights_only=True) for name, path in paths.items()}
    shapes = {
        name: {key: value.shape for key, value in checkpoint["state_dict"].items()}
        for name, checkpoint in loaded.items()
    }
    assert shapes["distilled"] == shapes["student"]
    few_settings = 4096
    assert paths["distilled"].stat().st_size < paths["student"].stat().st_size + few_settings
    assert loaded["distilled"]["hyper_parameters"]["distillation"] == primitives(cfg.distillation)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Teacher, Student, DistilledStudent])
def test_every_module_is_rebuilt_from_its_checkpoint_alone(kind, tmp_path, datamodule):
    cfg = configured()
    teacher = make_teacher(cfg, datamodule)
    made = {
        Teacher: lambda: teacher,
        Student: lambda: make_student(cfg, datamodule),
        DistilledStudent: lambda: make_model(cfg, datamodule, teacher.backbone),
    }
    module = made[kind]()
    fitted(module, datamodule, cfg, tmp_path)
    path = tmp_path / "model.ckpt"
    loaded = kind.load_from_checkpoint(path, weights_only=True)
    state = read_checkpoint(path)["state_dict"]
    torch.testing.assert_close(dict(loaded.state_dict()), dict(state), atol=0, rtol=0)
    users = Contexts(torch.arange(5))
    expected = module.backbone.score_rows(users)
    assert loaded.backbone.score_rows(users).shape == expected.shape


@pytest.mark.slow
def test_the_losses_of_several_methods_are_added_with_their_weights(datamodule):
    cfg = configured("allow_targets=[tests]", "distillation.alpha=0.25")
    cfg.distillation.methods = {
        "a": Component(CONSTANT, {"value": 2.0, "weight": 3.0}),
        "b": Component(CONSTANT, {"value": 5.0}),
    }
    module = make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    batches = module.batches(datamodule.split.train, 16, seeded_draws())
    batch = next(iter(batches))
    losses = module.losses(next(module.views([batch])), batch)
    sums = {name: float(value.detach()) for name, value in losses.items()}
    assert sums["a_loss"] == 2
    assert sums["b_loss"] == 5
    assert sums["distillation_loss"] == 3 * 2 + 1 * 5
    expected = 0.75 * sums["ranking_loss"] + 0.25 * 11
    assert sums["loss"] == pytest.approx(expected)


@pytest.mark.slow
def test_every_method_is_prepared_once_with_the_training_split_and_refreshed_each_epoch(
    tmp_path, datamodule
):
    cfg = configured("allow_targets=[tests]")
    cfg.distillation.methods = {name: Component(CONSTANT, {"value": 1.0}) for name in ("a", "b")}
    teacher = make_teacher(cfg, datamodule).backbone
    module = make_model(cfg, datamodule, teacher)
    fitted(module, datamodule, cfg, tmp_path)
    methods = cast(dict[str, ConstantLoss], module.methods)
    for method in methods.values():
        assert method.epochs == [0, 1]
        assert method.prepared_with is not None
        assert method.prepared_with.teacher is teacher
        assert method.prepared_with.train.fingerprint == datamodule.split.train.fingerprint
        assert method.prepared_with.user_block == datamodule.user_block


@pytest.mark.slow
def test_what_a_method_learns_is_trained_but_not_kept_in_the_checkpoint(tmp_path, datamodule):
    cfg = configured("allow_targets=[tests]", "distillation.loss_balance=official")
    cfg.distillation.methods = {"a": Component(CONSTANT, {"value": 1.0})}
    module = make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    fitted(module, datamodule, cfg, tmp_path)
    methods = cast(dict[str, ConstantLoss], module.methods)
    assert float(methods["a"].scale.detach()) < 1
    state = read_checkpoint(tmp_path / "model.ckpt")["state_dict"]
    assert not [name for name in state if "methods" in name]


def test_alpha_zero_trains_exactly_the_plain_student(tmp_path, datamodule):
    cfg = configured("distillation.alpha=0")
    teacher = make_teacher(cfg, datamodule).backbone
    student, distilled = make_student(cfg, datamodule), make_model(cfg, datamodule, teacher)
    fitted(student, datamodule, cfg, tmp_path / "student")
    fitted(distilled, datamodule, cfg, tmp_path / "distilled")
    torch.testing.assert_close(
        dict(distilled.backbone.state_dict()), dict(student.backbone.state_dict()), atol=0, rtol=0
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"alpha": 1.5}, r"alpha must lie in \[0, 1\].*got 1.5; loss_balance=official"),
        ({"alpha": -0.1}, r"alpha must lie in \[0, 1\]"),
        ({"alpha": -1, "loss_balance": "official"}, "alpha must be a number from 0 up, got -1"),
        ({"loss_balance": "offical"}, "'offical'; did you mean 'official'"),
        ({"methods": {}}, "distillation.methods is empty.*module=student"),
    ],
)
def test_a_distillation_that_makes_no_sense_is_refused_when_the_module_is_made(
    changed, message, datamodule
):
    cfg = configured()
    for name, value in changed.items():
        setattr(cfg.distillation, name, value)
    teacher = make_teacher(cfg, datamodule).backbone
    with pytest.raises(ValueError, match=message):
        make_model(cfg, datamodule, teacher)


@pytest.mark.slow
def test_fitting_without_a_teacher_is_refused(tmp_path, datamodule):
    cfg = configured()
    module = make_model(cfg, datamodule, None)
    with pytest.raises(ValueError, match="needs a teacher to be fitted"):
        fitted(module, datamodule, cfg, tmp_path)


@pytest.mark.slow
def test_an_infinite_loss_stops_the_epoch_with_advice_while_the_scores_are_still_finite(
    tmp_path, datamodule
):
    cfg = configured("allow_targets=[tests]")
    cfg.distillation.methods = {"a": Component(CONSTANT, {"value": float("inf")})}
    module = make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    with pytest.raises(FloatingPointError, match="loss is inf in epoch 0; lower the learning rate"):
        fitted(module, datamodule, cfg, tmp_path)
