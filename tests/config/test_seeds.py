"""Each source of chance has a seed of its own."""

import pytest
from tests.running import composed

from rankdistill.config.seeds import ModelSeeds, Seeds, check_seeds


@pytest.mark.parametrize("name", ["split", "initialization", "sampling"])
def test_every_seed_is_checked_and_named(name):
    seeds = {"split": 0, "initialization": 1, "sampling": 2}
    Seeds(**{**seeds, name: (1 << 32) - 1})
    with pytest.raises(ValueError, match=rf"^seed\.{name} must be a number from 0"):
        Seeds(**{**seeds, name: -1})


def test_a_model_has_no_seed_of_the_split():
    with pytest.raises(TypeError, match="split"):
        ModelSeeds(initialization=0, sampling=0, split=0)


@pytest.mark.parametrize("seeds", [[], [1, 1], [3, 1, 2, 3]])
def test_no_seed_and_a_seed_given_twice_are_refused(seeds):
    check_seeds([0])
    check_seeds([3, 1, 2])
    with pytest.raises(ValueError, match="seeds must be a list of different numbers"):
        check_seeds(seeds)


def test_the_yaml_samples_by_the_seed_of_initialization_unless_told_otherwise():
    told = composed("train", "data=synthetic", "seed.initialization=5")
    assert told.seed == Seeds(split=0, initialization=5, sampling=5)
    told = composed("train", "data=synthetic", "seed.initialization=5", "seed.sampling=6")
    assert told.seed == Seeds(split=0, initialization=5, sampling=6)
