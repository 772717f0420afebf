"""A rule for a batch size becomes a number that fits the data, once and in every model."""

import logging
from dataclasses import replace

import pytest
import torch
from tests.running import composed

from rankdistill.config.batch_size import GrowingBatch
from rankdistill.data.interactions import Interactions
from rankdistill.runs.batch_sizes import with_batch_sizes

USERS, ITEMS = torch.tensor([0, 0, 0, 1, 2, 2]), torch.tensor([0, 1, 2, 0, 1, 2])
TRAIN = Interactions.from_pairs(USERS, ITEMS, num_users=5, num_items=3)  # two without a pair


def growing(*overrides, **rule):
    cfg = composed("compare", *overrides)
    rule = GrowingBatch(**{"least": 1, "batches": 1, **rule})
    return replace(cfg, training=replace(cfg.training, batch_size=rule))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "rule", "size"),
    [
        ("softmax", {}, 3),  # users with a pair
        ("softmax", {"batches": 2}, 2),
        ("softmax", {"cells": 6}, 2),
        ("softmax", {"least": 50}, 50),
        ("bpr", {}, 6),  # pairs
        ("pointwise", {"batches": 4}, 2),
    ],
)
def test_users_are_counted_for_whole_users_and_pairs_for_pairs(loss, rule, size):
    cfg = with_batch_sizes(growing(f"ranking_loss={loss}", **rule), TRAIN)
    assert cfg.training.batch_size == size


@pytest.mark.slow
def test_every_model_gets_a_number_and_one_that_is_given_stays():
    cfg = composed("compare", "teacher=ensemble", "training.batch_size=7")
    sized = with_batch_sizes(cfg, TRAIN)
    assert sized.training.batch_size == sized.student.training.batch_size == 7
    assert sized.teacher.members["first"] == cfg.teacher.members["first"]
    assert with_batch_sizes(sized, TRAIN) == sized
    sized = with_batch_sizes(composed("compare"), TRAIN)
    assert sized.training.batch_size == 128
    assert sized.student.training.batch_size == sized.teacher.training.batch_size == 128


def test_a_size_that_has_grown_is_said_once_and_how_to_set_another(caplog):
    caplog.set_level(logging.INFO)
    cfg = growing("ranking_loss=bpr", least=2, batches=2)
    for _ in range(2):
        with_batch_sizes(cfg, TRAIN)
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "Bpr takes batches of 3 pairs, because the data are large; training.batch_size=2 takes "
        "those of small data."
    ]
