import copy
import re
from dataclasses import replace

import optuna
import pytest
from tests.running import SMALL, small_datamodule

from rankdistill.tuning.identity import identity, remember_or_compare
from rankdistill.tuning.recipe import Recipe

SPACE = {"training.learning_rate": {"low": 0.001, "high": 0.01}}
TYPED = (*SMALL, "tuning=student", "workers=2", "study=s")


@pytest.fixture(scope="module")
def settings():
    return Recipe("tune", (), TYPED).settings()


def identified(settings, *more, space=SPACE, seeds=None, datamodule=None):
    recipe = Recipe("tune", (), (*TYPED, *more))
    cfg = replace(settings, tuning=replace(settings.tuning, seeds=seeds))
    return identity(recipe, cfg, space, datamodule or small_datamodule())


def compared(tmp_path, old, new):
    study = optuna.create_study(study_name="s")
    remember_or_compare(study, old, tmp_path)
    remember_or_compare(study, copy.deepcopy(old), tmp_path)
    remember_or_compare(study, new, tmp_path)


def test_how_a_trial_runs_may_change(settings, tmp_path):
    begun = identified(settings)
    faster = replace(settings, trainer=replace(settings.trainer, threads=7, progress=True))
    free = ("trainer.threads=7", "n_trials=90", "workers=5", "tuning.pruning=false")
    compared(tmp_path, begun, identified(faster, *free))


def test_what_changes_the_values_may_not_change_and_is_named(settings, tmp_path):
    begun = identified(settings)
    longer = replace(settings, trainer=replace(settings.trainer, max_epochs=9))
    wider = {"training.learning_rate": {"low": 0.001, "high": 0.02}}
    for other, message in (
        (identified(longer), "trainer.max_epochs: 2, now 9"),
        (identified(settings, "size=d2"), "overrides: [data=synthetic"),
        (identified(settings, space=wider), "space.training.learning_rate.high: 0.01, now 0.02"),
        (identified(settings, seeds=[1, 2]), "tuning.seeds: None, now [1 2]"),
        ({**begun, "version": "0.0.1"}, "version: "),
        (identified(settings, datamodule=small_datamodule(seed=5)), "data.fingerprint: "),
        (identified(settings, datamodule=small_datamodule(split_seed=5)), "data.split: "),
    ):
        with pytest.raises(ValueError, match=re.escape(f"was begun otherwise: {message}")):
            compared(tmp_path, begun, other)


def test_a_file_that_teaches_may_not_change(tmp_path):
    lists = tmp_path / "lists.csv"
    typed = (*SMALL, "study=s", "teacher=file", f"teacher.path={lists}")
    settings = Recipe("tune", (), typed).settings()
    begun = []
    for score in (1, 2):
        lists.write_text(f"user,item,score\nu0,i0,{score}\n")
        begun.append(identified(settings))
    with pytest.raises(ValueError, match=r"begun otherwise: content of teacher\.path: "):
        compared(tmp_path, *begun)
