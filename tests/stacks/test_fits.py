"""Which models may share a stack, and what is said of the others."""

import pytest
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.backbones.listed import Listed
from rankdistill.modules.frozen_teacher import FrozenTeacher
from rankdistill.runs.models import make_datamodule, make_model, make_teacher
from rankdistill.stacks.fits import reason_to_train_alone


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def reason(datamodule, shared, *overrides):
    cfg = composed("train", *shared, *overrides)
    teacher = make_teacher(cfg, datamodule).backbone if cfg.teacher is not None else None
    return reason_to_train_alone(
        make_model(cfg, datamodule, teacher), datamodule.split, cfg.trainer
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        ("ranking_loss=softmax",),
        ("ranking_loss=bpr",),
        ("ranking_loss=pointwise",),
        ("ranking_loss=gbce", "weighting=uniform"),
        ("ranking_loss=softmax", "student_rank=sampled"),
        ("ranking_loss=softmax", "distillation=soft_targets"),
        ("ranking_loss=softmax", "distillation=plackett_luce"),
        ("teacher=ease",),
        ("trainer.precision=64-true",),
    ],
    ids=" ".join,
)
def test_factorisations_stack_with_losses_and_methods_that_see_rows_one_by_one(
    overrides, datamodule
):
    has_size = "teacher=ease" not in overrides
    small = SMALL_DISTILLED if has_size else (*SMALL, "size=d2")
    assert reason(datamodule, small, *overrides) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (("backbone=lightgcn",), "LightGCN is no matrix factorization"),
        (("backbone=fism",), "Fism is no matrix factorization"),
        (("backbone=sasrec",), "SASRec is no matrix factorization"),
        (
            ("ranking_loss=sampled_softmax",),
            "SampledSoftmax is none of Bpr, Gbce, Pointwise, Softmax",
        ),
        (
            ("storage=int4", "storage.rounded_epochs=1", "training.decay_epochs=2"),
            "its weights are rounded while it learns",
        ),
        (("trainer.precision=bf16-true",), "trainer.devices=1 trainer.precision=bf16-true"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_model_that_has_to_be_trained_alone_says_why(overrides, expected, datamodule):
    assert reason(datamodule, (*SMALL, "module=student"), *overrides) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (("distillation=collaborative",), "distillation=collaborative has to see"),
        (("distillation=unbiased",), "distillation=unbiased has to see"),
        (("distillation=experts",), "distillation=experts has to see"),
        (("distillation=topology",), "distillation=topology has to see"),
        (
            ("distillation=soft_targets", "ranking_loss=bpr"),
            "distillation=soft_targets beside a loss of pairs has to see",
        ),
        (
            ("student_rank=sampled", "ranking_loss=bpr"),
            "distillation=ranking beside a loss of pairs has to see",
        ),
        (
            ("distillation=plackett_luce", "distillation.methods.plackett_luce.item_side=true"),
            "distillation=plackett_luce has to see",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_method_that_sees_more_than_rows_is_named(overrides, expected, datamodule):
    assert reason(datamodule, SMALL_DISTILLED, *overrides).startswith(expected)


def test_a_model_in_closed_form_has_nothing_to_share(datamodule):
    cfg = composed("train", *SMALL, "size=d2", "teacher=ease")
    teacher = make_teacher(cfg, datamodule)
    assert type(teacher) is FrozenTeacher
    told = reason_to_train_alone(teacher, datamodule.split, cfg.trainer)
    assert told == "Ease is solved in closed form"


def test_models_for_new_users_are_trained_alone(datamodule):
    cfg = composed("train", *SMALL, "module=student")
    split = make_datamodule(composed("train", *SMALL, "split=new_users")).split
    module = make_model(cfg, datamodule, None)
    assert reason_to_train_alone(module, split, cfg.trainer) == "it ranks for new users"


def test_a_student_of_a_file_of_lists_is_trained_alone(datamodule, monkeypatch):
    cfg = composed("train", *SMALL_DISTILLED)
    module = make_model(cfg, datamodule, Listed.__new__(Listed))
    told = reason_to_train_alone(module, datamodule.split, cfg.trainer)
    assert told == "its teacher is a file of lists"
