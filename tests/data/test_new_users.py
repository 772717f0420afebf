"""Users are held out whole: training sees nothing of them, and part of their items is told."""

import logging

import pytest
import torch
from tests.data.test_splits import made_up, seeded

from rankdistill.data.new_users import NewUsersSplit
from rankdistill.data.unseen import find_unseen


def test_every_pair_lands_in_exactly_one_part():
    interactions = made_up([0, 1, 2, 3, 20, 40, 7, 9, 12, 30])
    split = NewUsersSplit(0.3, 0.3, 0.8)(interactions, seeded())
    assert split.everything.keys.equal(interactions.keys)
    assert split.everything.fingerprint == interactions.fingerprint


def test_training_sees_nothing_of_the_held_out_users():
    split = NewUsersSplit(0.2, 0.3, 0.8)(made_up([20] * 10), seeded())
    new = split.history.counts > 0
    assert int(new.sum()) == 5
    assert split.train.counts[new].sum() == 0
    assert split.history.counts[~new].sum() == 0
    assert (split.validation.counts[new] + split.test.counts[new] == 4).all()
    assert (split.history.counts[new] == 16).all()


def test_the_users_of_validation_and_of_test_are_as_many_as_told_and_never_both():
    split = NewUsersSplit(0.2, 0.3, 0.5)(made_up([10] * 10), seeded())
    of_validation, of_test = split.validation.counts > 0, split.test.counts > 0
    assert (int(of_validation.sum()), int(of_test.sum())) == (2, 3)
    assert not (of_validation & of_test).any()


def test_users_with_too_few_items_to_be_told_and_found_are_trained_on(caplog):
    interactions = made_up([0, 1, 2, 3, 3, 3])
    with caplog.at_level(logging.INFO):
        split = NewUsersSplit(0.3, 0.3, 0.8)(interactions, seeded())
    assert split.train.counts[:3].tolist() == [0, 1, 2]
    assert "2 of 6 users have too few items" in caplog.text


def test_one_seed_gives_one_split_and_another_gives_another():
    interactions, splitter = made_up([15] * 20), NewUsersSplit(0.1, 0.1, 0.8)
    first, again, other = (splitter(interactions, seeded(seed)) for seed in (0, 0, 1))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_what_is_told_of_a_user_changes_the_fingerprint():
    interactions = made_up([15] * 20)
    some, more = (NewUsersSplit(0.1, 0.1, share)(interactions, seeded()) for share in (0.6, 0.8))
    assert some.train.keys.equal(more.train.keys)
    assert some.fingerprint != more.fingerprint


def test_users_with_a_history_are_not_unknown_and_items_that_training_lacks_are():
    interactions = made_up([15] * 6)
    split = NewUsersSplit(0.2, 0.2, 0.5)(interactions, seeded())
    unseen = find_unseen(split, split.test)
    assert (unseen.users, unseen.unseen_users) == (1, 0)
    lacking = set(split.test.item_ids.tolist()) - set(split.train.item_ids.tolist())
    assert unseen.unseen_items == len(lacking)


@pytest.mark.parametrize("history", [0.0, 1.0, float("nan")])
def test_a_history_of_nothing_or_of_all_items_is_refused(history):
    with pytest.raises(ValueError, match=r"history must lie between 0 and 1, got (0|1|nan)"):
        NewUsersSplit(0.1, 0.1, history)


def test_shares_of_users_that_leave_nobody_to_train_on_are_refused():
    with pytest.raises(ValueError, match="less than 1"):
        NewUsersSplit(0.5, 0.5, 0.8)
    with pytest.raises(ValueError, match="leaves the test part"):
        NewUsersSplit(0.4, 0.1, 0.8)(made_up([9, 9, 9]), seeded())


def test_the_parts_move_to_a_device_together():
    split = NewUsersSplit(0.2, 0.2, 0.5)(made_up([10] * 10), seeded()).to(torch.device("cpu"))
    assert split.told.num_interactions == split.train.num_interactions + 20
