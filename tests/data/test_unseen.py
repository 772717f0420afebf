"""Held-out users and items that training never saw are counted and named."""

import logging

import pytest
from tests.from_conf import settings_in

from rankdistill.data.batches import WHOLE
from rankdistill.data.datamodule import DelimitedDataModule
from rankdistill.data.evaluation_protocol import EvaluationProtocol
from rankdistill.data.splits import RandomSplit
from rankdistill.data.unseen import spelt_otherwise


def datamodule(tmp_path, train, validation, test, users="known"):
    paths = {}
    for name, pairs in (("train", train), ("validation", validation), ("test", test)):
        path = tmp_path / f"{name}.csv"
        path.write_text("user,item\n" + "".join(f"{user},{item}\n" for user, item in pairs))
        paths[name] = str(path)
    made = DelimitedDataModule(
        splitter=RandomSplit(0.1, 0.1, per_user=False),
        split_seed=0,
        user_block=4,
        protocol=EvaluationProtocol(users=users, masked_at_test="all", sampled_negatives=None),
        **settings_in("data/delimited", name="shop", **paths),
    )
    made.setup()
    return made


TRAIN = [("ann", "pen"), ("ann", "ink"), ("bob", "pen"), ("7", "ink")]
VALIDATION = [("bob", "ink")]


@pytest.mark.parametrize(
    ("test", "unknown_users", "unknown_items"),
    [
        ([("ann", "cup")], 0, 1),
        ([("bob", "cup")], 0, 1),
        ([("7", "pen")], 0, 0),
        ([("7", "pen"), ("eve", "ink")], 1, 0),
        ([("7", "pen"), ("eve", "ink"), ("eve", "pen")], 1, 0),
        ([("7", "pen"), ("eve", "cup")], 1, 1),
        ([("7", "pen"), ("eve", "cup"), ("dan", "cup")], 2, 1),
        ([("7", "pen"), ("eve", "cup"), ("dan", "hat")], 2, 2),
        ([("7", "cup"), ("ann", "hat")], 0, 2),
        ([("ann", "cup"), ("bob", "cup"), ("7", "cup"), ("eve", "cup")], 1, 1),
    ],
)
def test_unknown_test_users_and_items_are_counted(tmp_path, test, unknown_users, unknown_items):
    data = datamodule(tmp_path, TRAIN, VALIDATION, test)
    unseen = data.unseen["test"]
    assert (unseen.unseen_users, unseen.unseen_items) == (unknown_users, unknown_items)
    assert unseen.users == len({user for user, _ in test})
    assert unseen.items == len({item for _, item in test})
    told = " ".join(data.notes)
    assert (f"{unknown_users} of {unseen.users} test users have no" in told) == (unknown_users > 0)
    assert (f"{unknown_items} of {unseen.items} test items have no" in told) == (unknown_items > 0)


def evaluated(data):
    split = data.split
    blocks = data._blocks(split.train, split.test, split)
    return [int(user) for block in blocks for user in block.contexts.user_ids]


def test_users_that_training_does_not_know_are_evaluated_only_where_asked_for(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(DelimitedDataModule, "_shard", lambda self: WHOLE)
    test = [("7", "pen"), ("eve", "ink")]
    every = ["7", "ann", "bob", "eve"]
    for users, expected in (("known", ["7"]), ("all", ["7", "eve"]), ("every", every)):
        data = datamodule(tmp_path, TRAIN, VALIDATION, test, users)
        labels = data.split.test.labels.users
        assert [labels[user] for user in evaluated(data)] == expected


def test_the_line_says_whom_figures_are_over(tmp_path, caplog):
    test = [("7", "pen"), ("eve", "ink"), ("ann", "cup")]
    with caplog.at_level(logging.INFO):
        datamodule(tmp_path, TRAIN, VALIDATION, test)
    assert (
        "shop: 1 of 3 test users have no training item; figures are over the other 2 "
        "(evaluation.users=known). 1 of 3 test items have no training user" in caplog.text
    )


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_part_none_of_whose_users_is_known_is_refused(tmp_path, part):
    parts = {"validation": VALIDATION, "test": [("7", "pen")], part: [("eve", "pen")]}
    with pytest.raises(ValueError, match=f"None of the 1 users of the {part} part of shop has"):
        datamodule(tmp_path, TRAIN, **parts)


def test_another_word_for_the_users_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must be 'known', 'all' or 'every', got 'some'"):
        datamodule(tmp_path, TRAIN, VALIDATION, [("7", "pen")], users="some")


@pytest.mark.parametrize(
    ("unseen", "known"),
    [
        ("7.0", "7"),
        ("7", "7.0"),
        ("7.", "7"),
        ("007", "7"),
        ("+7", "7"),
        ("-7.00", "-7"),
        ("Ann", "ann"),
        ("ANN", "ann"),
        ("'ann'", "ann"),
        ('"ann"', "ann"),
        ("an n", "ann"),
        ("0", "0.0"),
    ],
)
def test_an_unknown_name_that_is_a_known_one_in_another_spelling_is_told(unseen, known):
    told = spelt_otherwise("user", [unseen, "nobody"], ["someone", known])
    assert told is not None
    assert told.startswith("1 user name is known in another spelling: ")
    assert f"{unseen!r} is {known!r} in training" in told


@pytest.mark.parametrize(
    ("unseen", "known"), [("7", "8"), ("7.5", "7"), ("-7", "7"), ("a7", "a07"), ("ann", "anne")]
)
def test_names_that_differ_are_not_told(unseen, known):
    assert spelt_otherwise("user", [unseen], [known]) is None


def test_another_spelling_in_the_test_file_is_a_warning(tmp_path, caplog):
    datamodule(tmp_path, TRAIN, VALIDATION, [("7.0", "pen"), ("ann", "cup")])
    assert "shop, test part: 1 user name is known in another spelling: '7.0' is '7'" in caplog.text
