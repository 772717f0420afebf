"""A batch grows with the data, between what is least and what memory bears."""

import pytest
from tests.running import composed

from rankdistill.config.batch_size import GrowingBatch


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_users", "num_items", "size"),
    [
        (943, 1682, 128),  # MovieLens 100K
        (6040, 3706, 128),  # MovieLens 1M
        (8192, 1000, 128),  # 128 x 64
        (8193, 1000, 129),
        (1_000_000, 2000, 15_625),
        (1_000_000, 20_000, 1_677),  # 2^25 scores
        (1_000_000, 2**25, 128),
    ],
)
def test_users_of_large_data_make_sixty_four_batches_as_far_as_memory_goes(
    num_users, num_items, size
):
    rule = composed("train").training.batch_size
    assert rule.size(num_users, num_items) == size


@pytest.mark.parametrize(
    ("loss", "num_pairs", "size"),
    [
        ("bpr", 80_000, 2048),
        ("pointwise", 80_000, 1024),
        ("pointwise", 800_168, 1024),  # MovieLens 1M
        ("pointwise", 8_000_000, 7_813),
        ("bpr", 16_000_054, 15_626),
    ],
)
def test_pairs_of_large_data_make_a_thousand_batches(loss, num_pairs, size):
    rule = composed("train", f"ranking_loss={loss}").training.batch_size
    assert rule.size(num_pairs, 10**9) == size


def test_a_typed_number_takes_the_place_of_the_rule_and_a_part_of_the_rule_can_be_typed():
    assert composed("train", "training.batch_size=7").training.batch_size == 7
    rule = composed("train", "training.batch_size.batches=10").training.batch_size
    assert rule == GrowingBatch(least=128, batches=10, cells=2**25)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"least": 1, "batchs": 2}, r"no setting 'training\.batch_size\.batchs'.*batches"),
        ({"least": 1}, "needs batches"),
        ({"batches": 1}, "needs least"),
        ({"least": 0, "batches": 1}, r"batch_size\.least must be a whole number .* got 0"),
        ({"least": 1, "batches": 1.5}, r"batch_size\.batches must be a whole number .* got 1\.5"),
        ({"least": 1, "batches": None}, r"batch_size\.batches must be .* got None"),
        ({"least": 1, "batches": 1, "cells": -1}, r"batch_size\.cells must be .* got -1"),
        ({"least": True, "batches": 1}, r"batch_size\.least must be .* got True"),
    ],
)
def test_a_rule_that_gives_no_size_is_refused(node, message):
    with pytest.raises(ValueError, match=message):
        GrowingBatch.of(node)
