"""What rules choose is what naming the method would have made."""

import pytest
from tests.running import composed, small_datamodule

from rankdistill.config.primitives import primitives
from rankdistill.runs.chosen_method import circumstances, with_chosen_method
from rankdistill.runs.models import make_model

TRAIN = small_datamodule().split.train


def chosen(*overrides):
    return with_chosen_method(
        composed("train", "data=synthetic", "distillation=auto", *overrides), TRAIN
    )


def named(*overrides):
    return composed("train", "data=synthetic", *overrides)


def test_the_chosen_method_is_configured_as_if_it_had_been_typed():
    typed = named(
        "distillation=[ease_assisted]", "distillation.alpha=0.98", "distillation.top_k=12"
    )
    assert primitives(chosen()) == primitives(typed)


def test_a_rule_of_training_is_of_both_students():
    cfg = chosen("size=d2")
    both = (cfg.training, cfg.student.training)
    assert {(each.learning_rate, each.weight_decay) for each in both} == {(0.1, 0.00001)}
    assert cfg.teacher.training.learning_rate == named("size=d2").teacher.training.learning_rate


def test_a_choice_is_made_once():
    once = chosen()
    assert with_chosen_method(once, TRAIN) is once


def test_a_checkpoint_tells_the_method_and_nothing_of_rules():
    cfg = composed("train", "data=synthetic", "distillation=auto", "size=d2")
    hyper = make_model(cfg, small_datamodule(), None).hparams["distillation"]
    assert list(hyper["methods"]) == ["ease_assisted"]
    assert hyper["methods"]["ease_assisted"]["top_k"] == hyper["top_k"] == 12
    assert "method_rules" not in hyper


def test_a_method_that_is_typed_beside_auto_stays():
    cfg = chosen("distillation=[auto,topology]")
    assert list(cfg.distillation.methods) == ["ease_assisted", "topology"]


def test_rules_see_the_network_and_the_loss_of_the_teacher():
    cfg = composed("train", "data=synthetic", "distillation=auto", "size=d8")
    found = circumstances(cfg, TRAIN)
    assert found == (TRAIN.num_interactions, TRAIN.num_items, 8, False, True, True, True)
    for overrides, field, value in (
        (["ranking_loss@teacher=bpr"], "softmax_teacher", False),
        (["teacher=ease"], "softmax_teacher", False),
        (["teacher.checkpoint=somewhere.ckpt"], "softmax_teacher", False),
        (["backbone=caser"], "by_place", True),
        (["teacher=file", "teacher.path=lists.csv"], "teacher_scores_all", False),
    ):
        cfg = composed("train", "data=synthetic", "distillation=auto", *overrides)
        assert getattr(circumstances(cfg, TRAIN), field) is value


def test_a_rule_that_names_an_unknown_method_is_refused():
    with pytest.raises(
        ValueError, match=r"method_rules\.assisted\.methods has 'plackett_luc'.*did"
    ):
        chosen("method_rules.assisted.methods=[plackett_luc]")
