"""The YAML of train composes to its dataclass."""

import pytest
from hydra.errors import ConfigCompositionException
from tests.running import composed

from rankdistill.config.train import TrainConfig


@pytest.mark.parametrize("projector", [True, False])
def test_the_yaml_composes_and_the_projector_can_be_turned_off(projector):
    cfg = composed("train", "data=synthetic", f"projector={str(projector).lower()}")
    assert type(cfg) is TrainConfig
    assert cfg.projector is projector


def test_only_train_has_a_projector():
    with pytest.raises(ConfigCompositionException, match="projector"):
        composed("compare", "data=synthetic", "projector=true")
