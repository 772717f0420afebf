import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from tests.running import SMALL_DATA

from rankdistill.conf_path import conf_dir
from rankdistill.tuning.experiment import make_experiment, refuse_what_no_file_can_do
from rankdistill.tuning.recipe import Recipe, plain

TRAIN_KEYS = {"projector", "refit", "resume", "plain_student"}


def recipe(*fixed, search_path=()):
    return Recipe("tune", tuple(map(str, search_path)), (*fixed, "study=found"))


def composed_with_file(text, folder, command, *overrides):
    """What a command composes to with the text as experiment=found in a folder of its own."""
    (folder / "experiment").mkdir(parents=True, exist_ok=True)
    (folder / "experiment" / "found.yaml").write_text(text)
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        path = f"hydra.searchpath=[{folder}]"
        return plain(compose(command, overrides=[*overrides, "experiment=found", path]))


def without_train_keys(composed):
    """Without what train does beside training."""
    return {key: composed[key] for key in composed if key not in TRAIN_KEYS}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fixed", "drawn"),
    [
        ((), ["weighting=position", "sharpness.lambda_=1.5e-05", "distillation.top_k=12"]),
        (
            (*SMALL_DATA, "size=d8", "teacher=ease", "distillation=[ranking]", "split=temporal"),
            ["distillation.alpha=0.25"],
        ),
        (("distillation=[soft_targets,plackett_luce]", "trainer=smoke"), ["top_k=k10"]),
        (("experiment=official_code", "size@teacher=d50"), ["sharpness=medium"]),
        (("ranking_loss=bpr", "negatives=popularity"), ["ranking_loss.num_negatives=7"]),
        (
            ("weighting=hybrid", "student_rank=sampled", "ranking_loss@teacher=bpr"),
            ["training.learning_rate=0.5"],
        ),
        (("+ranking_loss.temperature=2.0", "allow_targets=[mine,yours]"), ["size=d4"]),
        (("tuning=student", "size=d2"), ["backbone.init_std=0.1234"]),
        (("tuning=student_sampled",), ["ranking_loss.num_negatives=3"]),
    ],
)
def test_compare_with_the_file_runs_what_the_trial_ran(fixed, drawn, tmp_path):
    tuned = recipe(*fixed)
    trial = plain(tuned.compose(drawn))
    made = make_experiment(tuned, drawn, ["a line"])
    assert made.command == ("compare",)
    found = composed_with_file(made.text, tmp_path, "compare")
    module = trial.pop("module")
    trial.pop("student", None)  # see below
    assert {key: found[key] for key in trial} == trial
    if module["_target_"].endswith("DistilledStudent"):
        beside = {"seeds", "fallback", "refit", "module", "student", "stack"}
        assert found.keys() - trial.keys() == beside


@pytest.mark.slow
@pytest.mark.parametrize("fixed", [("tuning=student", "size=d2"), ("tuning=student_sampled",)])
def test_the_file_of_a_student_is_trained_as_one(fixed, tmp_path):
    tuned = recipe(*fixed, "training.batch_size=77")
    drawn = ["training.learning_rate=0.002"]
    text = make_experiment(tuned, drawn, []).text
    found = composed_with_file(text, tmp_path, "train")
    assert without_train_keys(found) == plain(tuned.compose(drawn))


@pytest.mark.slow
def test_the_file_of_a_teacher_is_trained_as_one(tmp_path):
    tuned = recipe("tuning=teacher", "size=d50")
    drawn = ["training.learning_rate=0.002"]
    made = make_experiment(tuned, drawn, [])
    assert made.command == ("train", "module=teacher")
    found = composed_with_file(made.text, tmp_path, "train")  # the file names the module
    assert composed_with_file(made.text, tmp_path, *made.command) == found
    assert without_train_keys(found) == plain(tuned.compose(drawn))


@pytest.mark.slow
def test_the_file_of_a_teacher_can_be_tuned_further(tmp_path):
    tuned = recipe("tuning=teacher")
    text = make_experiment(tuned, ["training.learning_rate=0.002"], []).text
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(text)
    further = recipe("tuning=teacher", "experiment=mine", search_path=[tmp_path])
    text = make_experiment(further, ["training.weight_decay=0.5"], []).text
    found = composed_with_file(text, tmp_path, "train")
    assert found["module"]["_target_"].endswith("Teacher")
    assert found["training"]["learning_rate"] == 0.002
    assert found["training"]["weight_decay"] == 0.5


@pytest.mark.slow
def test_what_was_typed_is_in_the_file_even_where_it_is_the_default_today():
    typed = ("size=d10", "teacher=default", "distillation=[ranking]", "trainer.patience=10")
    text = make_experiment(recipe(*typed), ["distillation.alpha=0.3"], []).text
    lines = [line.strip() for line in text.splitlines()]
    assert "- override /size: d10" in lines
    assert "- override /teacher: default" in lines
    assert lines[lines.index("- override /distillation:") + 1] == "- ranking"
    assert "patience: 10" in lines
    assert "alpha: 0.3" in lines


@pytest.mark.slow
def test_the_file_begins_with_its_package_and_says_where_it_came_from():
    lines = make_experiment(recipe(), [], ["val/map@5 0.1786", "chosen by"]).text.splitlines()
    assert lines[:3] == ["# @package _global_", "# val/map@5 0.1786", "# chosen by"]


@pytest.mark.slow
def test_the_plain_student_is_compared_with_the_settings_that_it_had(tmp_path):
    tuned = recipe("training.weight_decay=0.002")
    drawn = ["training.learning_rate=0.5", "training.weight_decay=0.1"]
    text = make_experiment(tuned, drawn, ["a line"]).text
    found = composed_with_file(text, tmp_path, "compare")
    common = {"batch_size": {"least": 128, "batches": 64, "cells": 33554432}, "decay_epochs": None}
    assert found["training"] == {"learning_rate": 0.5, "weight_decay": 0.1, **common}
    before = {"learning_rate": 0.01, "weight_decay": 0.002, **common}
    assert found["student"]["training"] == before


@pytest.mark.slow
def test_an_experiment_of_the_users_own_folder_can_be_tuned_further(tmp_path):
    own = tmp_path / "own"
    (own / "experiment").mkdir(parents=True)
    (own / "experiment" / "mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /size: d4\ntrainer: {patience: 2}\n"
    )
    tuned = recipe("experiment=mine", search_path=[own])
    text = make_experiment(tuned, ["distillation.alpha=0.2"], []).text
    assert "- mine" in text.splitlines()
    found = composed_with_file(text, own, "compare")
    assert (found["backbone"]["embedding_dim"], found["trainer"]["patience"]) == (4, 2)
    assert found["distillation"]["alpha"] == 0.2


@pytest.mark.slow
def test_an_override_that_takes_a_setting_away_cannot_be_written():
    with pytest.raises(ValueError, match=r"takes weighting\.warmup_epochs away"):
        refuse_what_no_file_can_do(recipe("~distillation.weighting.warmup_epochs"))
