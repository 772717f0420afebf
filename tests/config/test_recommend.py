"""The YAML of recommend composes to its dataclass."""

from tests.running import composed

from rankdistill.building import Component
from rankdistill.config.recommend import RecommendConfig


def test_the_yaml_composes_and_a_user_of_digits_stays_text():
    cfg = composed("recommend", "checkpoint=model.ckpt", "user=7", "limit=3")
    assert type(cfg) is RecommendConfig
    assert (cfg.checkpoint, cfg.user, cfg.limit) == ("model.ckpt", "7", 3)
    assert isinstance(cfg.data, Component)
    assert cfg.allow_targets == []
