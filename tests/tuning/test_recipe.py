import pickle

import pytest
from hydra.errors import HydraException
from tests.running import SMALL, SMALL_DISTILLED

from rankdistill.config.tune import OWN_KEYS
from rankdistill.tuning.recipe import Recipe, plain, recipe_of, seeded


def recipe(*overrides, search_path=()):
    return Recipe("tune", tuple(map(str, search_path)), (*overrides, "study=s"))


@pytest.mark.slow
def test_what_is_drawn_wins_over_what_is_fixed():
    tuned = recipe("training.learning_rate=0.5", "size=d2")
    drawn = ["training.learning_rate=0.25", "size=d4"]
    assert tuned.settings().training.learning_rate == 0.5
    assert tuned.settings(drawn).training.learning_rate == 0.25
    assert tuned.compose(drawn).backbone.embedding_dim == 4
    assert tuned.compose().backbone.embedding_dim == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("drawn", "error"),
    [("training.learning_rat=0.1", HydraException), ("training.batch_size=many", ValueError)],
)
def test_what_a_trial_cannot_be_told_is_refused(drawn, error):
    with pytest.raises(error):
        recipe().settings([drawn])


def test_another_command_finds_the_users_folder_too(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(
        "# @package _global_\ntraining: {learning_rate: 0.125}\n"
    )
    own = recipe("size=d2", search_path=[tmp_path])
    composed = own.compose_other("compare", ["experiment=mine"])
    assert composed.training.learning_rate == 0.125
    assert "seeds" in composed
    assert composed.backbone.embedding_dim != 2, "the recipe's own overrides are left out"


def test_what_was_chosen_is_told_from_what_an_experiment_chose():
    found = recipe(
        "experiment=official_code", "size@teacher=d50", "trainer.patience=7", "n_trials=3"
    ).chosen(["sharpness=medium", "distillation.alpha=0.25"])
    assert found.experiment == "official_code"
    by_tuning = {"distillation": ["ranking"]}  # tuning=ranking is the default
    assert found.groups == {"size@teacher": "d50", "sharpness": "medium", **by_tuning}
    assert found.keys == ("trainer.patience", "distillation.alpha")
    assert found.added == {}


def test_what_the_tuning_option_chooses_is_chosen_but_not_the_module():
    groups = recipe("tuning=soft_targets").chosen().groups
    assert groups["distillation"] == ["soft_targets"]
    assert not {"module", "tuning"} & set(groups)


@pytest.mark.slow
def test_the_recipe_of_a_running_command_is_what_was_typed_and_its_study():
    hydra = recipe(*SMALL).compose().hydra
    hydra.job.config_name = "tune"
    made = recipe_of(hydra, "ranking-2")
    assert made.command == "tune"
    assert made.search_path == ()
    assert made.fixed == (*SMALL, "study=s", "study=ranking-2")
    assert made.settings().study == "ranking-2"
    assert pickle.loads(pickle.dumps(made)) == made, "workers are sent it"


@pytest.mark.slow
def test_a_seed_is_set_for_student_and_teacher_alike():
    cfg = recipe(*SMALL_DISTILLED).settings()
    with_seed = seeded(cfg, 9)
    for seed in (with_seed.seed, with_seed.teacher.seed):
        assert (seed.initialization, seed.sampling) == (9, 9)
    assert with_seed.seed.split == cfg.seed.split
    assert seeded(cfg, None) == cfg
    assert seeded(recipe(*SMALL, "tuning=student").settings(), 9).teacher is None


def test_the_models_part_keeps_references_and_nothing_of_the_search():
    found = plain(recipe("tuning=student").compose())
    assert not {"hydra", *OWN_KEYS} & set(found)
    assert {"backbone", "training", "trainer"} <= set(found)
    assert "${" in str(found)
