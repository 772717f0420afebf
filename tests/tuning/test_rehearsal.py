import pytest
from tests.running import SMALL_DISTILLED, small_datamodule

from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.rehearsal import rehearse
from rankdistill.tuning.space import read_space


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def rehearsed(datamodule, space, *overrides):
    recipe = Recipe("tune", (), (*SMALL_DISTILLED, *overrides, "study=s"))
    return rehearse(recipe, read_space(space), datamodule)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"distilation.alpha": {"low": 0.1, "high": 0.9}}, "did you mean 'distillation.alpha'"),
        ({"weigthing": {"choices": ["uniform"]}}, "did you mean 'weighting'"),
        (
            {"weighting": {"choices": ["uniform", "hybird"]}},
            "no weighting=hybird.*'weighting=hybrid'",
        ),
        (
            {"distillation.alpha": {"low": 0.1, "high": 1.5}},
            "With distillation.alpha=1.5: distillation.alpha must lie in",
        ),
        (
            {"distillation.top_k": {"low": 5, "high": 30}},
            "top_k=14.55: distillation.top_k must be a whole number",
        ),
        (
            {"distillation.top_k": {"low": 0, "high": 5, "integer": True}},
            "With the first values.*top_k must be at least 1, got 0",
        ),
        ({"training.learning_rate": {"low": -1, "high": 1}}, "With the first values.*positive"),
        ({"data.seed": {"choices": [0, 1]}}, "tuning.space.data.seed changes data"),
        ({"seed.split": {"choices": [0, 1]}}, "tuning.space.seed.split changes seed.split"),
        ({"evaluation.monitor": {"choices": ["val/map@5", "val/ndcg@5"]}}, "changes evaluation"),
    ],
)
def test_a_mistake_in_the_space_is_named_before_anything_is_trained(space, message, datamodule):
    with pytest.raises(ValueError, match=message):
        rehearsed(datamodule, space)


@pytest.mark.slow
def test_a_drawn_group_that_a_typed_key_overrules_is_refused(datamodule):
    space = {"top_k": {"choices": ["k5", "k10"]}}
    rehearsed(datamodule, space)
    with pytest.raises(ValueError, match=r"tuning\.space\.top_k has no effect: another override"):
        rehearsed(datamodule, space, "distillation.top_k=7")


@pytest.mark.slow
def test_a_drawn_key_wins_over_an_experiment_and_over_the_group_it_belongs_to(datamodule):
    space = {"distillation.top_k": {"low": 6, "high": 9, "integer": True}}
    cfg = rehearsed(datamodule, space, "top_k=k5", "experiment=softmax_d10")
    assert cfg.distillation.top_k == 6
