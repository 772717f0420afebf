"""A comparison has seeds that differ, and one device."""

from dataclasses import replace

import pytest
from tests.running import composed

from rankdistill.config.compare import CompareConfig


@pytest.fixture(scope="module")
def cfg():
    return composed("compare", "data=synthetic", "seeds=[4,2]")


def test_the_yaml_composes_to_a_comparison(cfg):
    assert type(cfg) is CompareConfig
    assert cfg.seeds == [4, 2]
    assert cfg.fallback is None
    assert cfg.distillation is not None


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_seeds_that_compare_nothing_are_refused(cfg, seeds):
    with pytest.raises(ValueError, match="seeds must be a list of different numbers"):
        replace(cfg, seeds=seeds)


def test_several_devices_for_one_model_are_refused(cfg):
    with pytest.raises(ValueError, match="on one device; use trainer=ddp with: rankdistill train"):
        replace(cfg, trainer=replace(cfg.trainer, strategy="ddp"))
