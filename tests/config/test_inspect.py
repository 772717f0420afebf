"""The YAML of inspect composes to its dataclass."""

from tests.running import composed

from rankdistill.building import Component
from rankdistill.config.inspect import InspectConfig, SplitSeed


def test_the_yaml_composes_and_one_seed_serves_every_split():
    cfg = composed("inspect", "data.path=a.csv", "seed.split=4")
    assert type(cfg) is InspectConfig
    assert cfg.seed == SplitSeed(split=4)
    assert cfg.data.settings["path"] == "a.csv"
    assert cfg.splits
    assert all(isinstance(split, Component) for split in cfg.splits.values())


def test_a_setting_of_one_split_leaves_the_others_alone():
    cfg = composed("inspect", "data.path=a.csv", "splits.random.test=0.375")
    shares = {name: split.settings.get("test") for name, split in cfg.splits.items()}
    assert shares.pop("random") == 0.375
    assert 0.375 not in shares.values()
