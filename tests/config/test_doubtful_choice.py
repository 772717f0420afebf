"""Ranking Distillation of a tiny student under the softmax is told to do harm, and nothing else."""

import pytest
from tests.running import composed

from rankdistill.config.doubtful_choice import doubtful_choice


def told(*overrides):
    return doubtful_choice(composed("train", "data=synthetic", *overrides))


def test_ranking_distillation_of_two_dimensions_is_doubted_with_what_to_type():
    sentence = told("size=d2")
    assert "of 2 dimensions worse" in sentence
    assert "distillation=auto" in sentence


@pytest.mark.parametrize(
    "overrides",
    [
        ["size=d10"],
        ["size=d2", "distillation=auto"],
        ["size=d2", "distillation=[ranking,plackett_luce]"],
        ["size=d2", "module=student"],
        ["size=d2", "ranking_loss=bpr"],
    ],
)
def test_other_choices_are_not_doubted(overrides):
    assert told(*overrides) is None
