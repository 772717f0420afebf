"""A search that cannot run is refused before its first trial."""

from dataclasses import fields, replace

import pytest
from tests.running import composed
from tests.tuning.made_tuning import TUNING

from rankdistill.config.model import ModelConfig
from rankdistill.config.tune import OWN_KEYS, SAMPLERS, TuneConfig


@pytest.fixture(scope="module")
def cfg():
    return composed("tune", "data=synthetic", "study=first-try_2")


def test_the_yaml_composes_to_a_search(cfg):
    assert type(cfg) is TuneConfig
    assert cfg.study == "first-try_2"
    assert cfg.tuning.sampler in SAMPLERS
    assert "distillation.alpha" in cfg.tuning.space


def test_a_sampler_that_is_none_is_refused_with_the_nearest():
    for sampler in SAMPLERS:
        assert replace(TUNING, sampler=sampler).sampler == sampler
    with pytest.raises(ValueError, match=r"tuning\.sampler is 'randon'; did you mean 'random'"):
        replace(TUNING, sampler="randon")


@pytest.mark.parametrize("name", ["n_trials", "workers"])
def test_a_search_of_no_trial_or_no_worker_is_refused(cfg, name):
    assert getattr(replace(cfg, **{name: 1}), name) == 1
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, got 0"):
        replace(cfg, **{name: 0})


@pytest.mark.parametrize("study", ["", "a/b", "..", "a b", "a\n"])
def test_a_study_whose_name_could_be_no_folder_is_refused(cfg, study):
    with pytest.raises(ValueError, match=r"^study must be of letters, digits, _ and -, got"):
        replace(cfg, study=study)


def test_several_devices_for_one_model_are_refused(cfg):
    with pytest.raises(ValueError, match="use workers=N, not trainer=ddp"):
        replace(cfg, trainer=replace(cfg.trainer, strategy="ddp"))


def test_the_keys_of_the_search_are_those_that_no_model_has():
    assert set(OWN_KEYS) == {
        *("tuning", "study", "n_trials", "workers", "trials_at_once", "memory_gib")
    }
    assert not set(OWN_KEYS) & {each.name for each in fields(ModelConfig)}
