import optuna
import pytest

from rankdistill.tuning.present import begin_with, present_values
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.space import read_space

RECIPE = Recipe("tune", (), ("data=synthetic", "study=here", "size=d4", "distillation.alpha=0.2"))


def present(space):
    return present_values(RECIPE, read_space(space))


def test_the_present_value_of_keys_and_groups_is_what_a_run_would_use():
    found = present(
        {
            "training.learning_rate": {"low": 0.001, "high": 0.1, "log": True},
            "distillation.alpha": {"low": 0.0, "high": 1.0},
            "weighting": {"choices": ["position", "hybrid"]},
            "top_k": {"choices": ["k10", "k30"]},
        }
    )
    assert found == {
        "training.learning_rate": 0.01,
        "distillation.alpha": 0.2,
        "weighting": "hybrid",
        "top_k": "k30",
    }


@pytest.mark.slow
def test_a_present_value_outside_the_space_is_left_to_chance():
    assert present({"distillation.alpha": {"low": 0.5, "high": 1.0}}) == {}
    assert present({"size": {"choices": ["d2", "d10"]}}) == {}
    assert present({"training.batch_size": {"low": 200, "high": 300, "integer": True}}) == {}


def test_only_a_study_without_trials_begins_with_them():
    study = optuna.create_study()
    begin_with(study, {"x": 0.5})
    first = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    assert first.params == {"x": 0.5}
    study.tell(first, 1.0)
    begin_with(study, {"x": 0.5})
    assert len(study.trials) == 1
