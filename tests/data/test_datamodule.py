import pytest
import torch
from tests.from_conf import settings_in
from tests.running import small_datamodule

from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.datamodule import (
    DelimitedDataModule,
    MovieLensDataModule,
    SyntheticDataModule,
)
from rankdistill.data.evaluation_protocol import EvaluationProtocol
from rankdistill.data.splits import LeaveLastOut, RandomSplit

CPU = torch.device("cpu")
RANDOM = RandomSplit(0.1, 0.1, per_user=False)


def test_the_split_is_that_of_its_seed_and_made_once():
    datamodule = small_datamodule(split_seed=3)
    split = datamodule.split
    datamodule.setup("fit")
    assert datamodule.split is split
    expected = RANDOM(datamodule.source.load(), torch.Generator().manual_seed(3))
    assert split.fingerprint == expected.fingerprint
    assert split.fingerprint != small_datamodule(split_seed=4).split.fingerprint


def test_the_fingerprint_of_the_data_is_the_same_for_every_split_and_another_for_other_data():
    first, second = small_datamodule(split_seed=3), small_datamodule(split_seed=4)
    assert first.fingerprint == second.fingerprint == first.source.load().fingerprint
    assert small_datamodule(seed=1).fingerprint != first.fingerprint


def test_training_items_are_masked_in_validation_and_validation_items_too_in_the_test():
    datamodule = small_datamodule()
    train, validation, test = datamodule.split.parts
    seen = datamodule.seen_at_test(CPU)
    assert set(seen.keys.tolist()) == set(train.keys.tolist()) | set(validation.keys.tolist())
    assert not set(seen.keys.tolist()) & set(test.keys.tolist())
    assert datamodule.seen_at_test(CPU) is seen, "made once"


def test_a_protocol_may_leave_validation_items_in_the_ranking_of_the_test():
    datamodule = small_datamodule()
    datamodule.protocol = EvaluationProtocol(
        users="known", masked_at_test="training", sampled_negatives=None
    )
    train = datamodule.split.train
    assert torch.equal(datamodule.seen_at_test(CPU).keys, train.keys)


@pytest.mark.parametrize(("users", "without"), [("known", False), ("all", False), ("every", True)])
def test_means_are_over_users_without_held_out_items_only_where_every_user_counts(users, without):
    datamodule = small_datamodule()
    datamodule.protocol = EvaluationProtocol(
        users=users, masked_at_test="all", sampled_negatives=None
    )
    test = datamodule.split.test
    measured = datamodule.measured(test)
    assert bool((test.counts == 0).any())
    assert torch.equal(measured, (test.counts > 0) | without)


def test_tensors_are_moved_to_a_device_once():
    datamodule = small_datamodule()
    assert datamodule.on_device(CPU) is datamodule.on_device(CPU)


def test_blocks_bound_the_memory_of_evaluation_by_their_setting():
    datamodule = small_datamodule()
    split = datamodule.split
    blocks = list(EvaluationBlocks(split.train, split.test, datamodule.user_block))
    assert max(len(block.contexts) for block in blocks) == 32


def test_a_block_of_no_users_is_refused():
    with pytest.raises(ValueError, match="user_block must be at least 1, got 0"):
        SyntheticDataModule(splitter=RANDOM, split_seed=0, user_block=0)


@pytest.mark.parametrize(
    ("kind", "setting", "message"),
    [
        (SyntheticDataModule, {"num_user": 3}, "Synthetic has no setting 'num_user'.*'num_users'"),
        (MovieLensDataModule, {"relase": "ml-1m"}, "MovieLens has no setting 'relase'.*'release'"),
        (DelimitedDataModule, {"pth": "a"}, "DelimitedFile has no setting 'pth'.*'path'"),
    ],
)
def test_a_setting_that_the_source_does_not_have_names_the_nearest(kind, setting, message):
    with pytest.raises(ValueError, match=message):
        kind(splitter=RANDOM, split_seed=0, user_block=4, **setting)


def write(path, pairs):
    lines = ["user\titem", *(f"{user}\t{item}" for user, item in pairs)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_three_files_already_split_are_taken_as_they_are(tmp_path):
    parts = {
        "train": [("a", "x"), ("a", "y"), ("b", "x"), ("b", "z")],
        "validation": [("a", "z")],
        "test": [("b", "y")],
    }
    paths = {name: write(tmp_path / f"{name}.tsv", pairs) for name, pairs in parts.items()}
    datamodule = DelimitedDataModule(
        splitter=RANDOM, split_seed=0, user_block=4, **settings_in("data/delimited", **paths)
    )
    datamodule.setup()
    for name, pairs in parts.items():
        part = getattr(datamodule.split, name)
        labels = part.labels
        found = {
            (labels.users[user], labels.items[item])
            for user, item in zip(part.user_ids.tolist(), part.item_ids.tolist(), strict=True)
        }
        assert found == set(pairs)


def test_a_split_that_leaves_a_part_empty_is_refused(tmp_path):
    path = write(tmp_path / "few.tsv", [("a", "x"), ("a", "y"), ("b", "x")])
    datamodule = DelimitedDataModule(
        splitter=RANDOM, split_seed=0, user_block=4, **settings_in("data/delimited", path=path)
    )
    with pytest.raises(ValueError, match=r"empty"):
        datamodule.setup()


def test_a_split_by_time_of_data_without_times_is_refused(tmp_path):
    path = write(tmp_path / "timeless.tsv", [("a", item) for item in "uvwxyz"])
    datamodule = DelimitedDataModule(
        splitter=LeaveLastOut(1, 1, ties="random"),
        split_seed=0,
        user_block=4,
        **settings_in("data/delimited", path=path),
    )
    with pytest.raises(ValueError, match="needs timestamps"):
        datamodule.setup()


def test_a_joined_datamodule_trains_on_everything_and_leaves_the_first_as_it_is():
    datamodule = small_datamodule()
    joined = datamodule.joined()
    assert joined.split.train.num_interactions == 1600
    assert joined.holds_out_nothing
    assert not datamodule.holds_out_nothing
    assert joined.fingerprint == datamodule.fingerprint
    joined.setup()
    assert joined.unseen["test"].users == 0
    assert joined.notes == []
