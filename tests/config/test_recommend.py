"""The YAML of recommend composes to its dataclass."""

import pytest
from tests.running import composed

from rankdistill.building import Component
from rankdistill.config.recommend import RecommendConfig


def test_the_yaml_composes_and_a_user_of_digits_stays_text():
    cfg = composed("recommend", "checkpoint=model.ckpt", "user=7", "limit=3")
    assert type(cfg) is RecommendConfig
    assert (cfg.model, cfg.checkpoint, cfg.user, cfg.limit) == ("", "model.ckpt", "7", 3)
    assert isinstance(cfg.data, Component)
    assert cfg.allow_targets == []


def test_a_file_may_be_asked_for_a_history_and_without_some_items():
    cfg = composed("recommend", "model=a.rank", "history=[50,181]", "exclude=[7]")
    assert (cfg.history, cfg.exclude, cfg.user) == (["50", "181"], ["7"], "")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["user=7"], "Give one model"),
        (["user=7", "model=a.rank", "checkpoint=a.ckpt"], "Give one model"),
        (["model=a.rank"], "Give one person"),
        (["model=a.rank", "user=7", "history=[50]"], "Give one person"),
        (["checkpoint=a.ckpt", "user=7", "history=[50]"], "Give one person"),
        (["checkpoint=a.ckpt", "user=7", "exclude=[50]"], "needs a model.rank"),
    ],
)
def test_a_question_names_one_model_and_one_person(overrides, words):
    with pytest.raises(ValueError, match=words):
        composed("recommend", *overrides)
