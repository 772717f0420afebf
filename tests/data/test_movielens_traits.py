"""What a MovieLens release says of its users stays with them from the file to the split."""

import logging
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.data.made_sources import movielens
from tests.data.made_up_releases import (
    USERS,
    expect_archive,
    traits_by_user,
    write_archive,
    write_folder,
)

from rankdistill.data.movielens_items import years_of
from rankdistill.data.releases import RELEASES
from rankdistill.data.splits import RandomSplit

WITH_USERS = [name for name, release in RELEASES.items() if release.users_file]
WITHOUT_USERS = [name for name in RELEASES if name not in WITH_USERS]


def load(tmp_path, name="ml-100k", **settings):
    return movielens(name, cache=tmp_path / "cache", download=False, **settings).load()


@pytest.mark.parametrize("name", WITH_USERS)
def test_traits_read_back_as_they_were_written(tmp_path, name):
    write_folder(tmp_path, name)
    interactions = load(tmp_path, name, path=tmp_path)
    assert traits_by_user(interactions) == USERS
    assert interactions.labels.traits.ages.dtype == np.int64


@pytest.mark.parametrize("name", WITH_USERS)
def test_traits_are_read_from_an_archive(tmp_path, monkeypatch, name):
    archive = write_archive(tmp_path, name)
    expect_archive(monkeypatch, name, archive.read_bytes())
    assert traits_by_user(load(tmp_path, name, path=archive)) == USERS


@pytest.mark.parametrize("name", WITHOUT_USERS)
def test_other_releases_have_no_traits_and_do_not_complain(tmp_path, caplog, name):
    write_folder(tmp_path, name)
    assert load(tmp_path, name, path=tmp_path).labels.traits is None
    assert "traits" not in caplog.text


def test_a_folder_without_its_users_file_loads_without_traits(tmp_path, caplog):
    folder = write_folder(tmp_path, "ml-1m")
    (folder / "users.dat").unlink()
    with caplog.at_level(logging.WARNING):
        interactions = load(tmp_path, "ml-1m", path=tmp_path)
    assert interactions.labels.traits is None
    assert "holds no users.dat: no user traits" in caplog.text


def test_a_users_file_that_comes_later_is_read(tmp_path):
    folder = write_folder(tmp_path, "ml-100k")
    text = (folder / "u.user").read_bytes()
    (folder / "u.user").unlink()
    assert load(tmp_path, path=tmp_path).labels.traits is None
    (folder / "u.user").write_bytes(text)
    assert traits_by_user(load(tmp_path, path=tmp_path)) == USERS


def test_users_that_are_left_out_take_their_traits_with_them(tmp_path):
    write_folder(tmp_path, "ml-100k")
    interactions = load(tmp_path, path=tmp_path, min_rating=4)
    assert traits_by_user(interactions) == {user: USERS[user] for user in (1, 3)}


def test_every_part_of_a_split_keeps_the_traits(tmp_path):
    write_folder(tmp_path, "ml-100k")
    interactions = load(tmp_path, path=tmp_path)
    split = RandomSplit(0.2, 0.2, per_user=False)(interactions, torch.Generator().manual_seed(0))
    parts = (split.train, split.validation, split.test, split.train.union(split.validation))
    for part in parts:
        assert traits_by_user(part) == USERS


def test_a_user_that_the_users_file_leaves_out_has_age_zero_and_empty_words(tmp_path):
    folder = write_folder(tmp_path, "ml-100k")
    (folder / "u.user").write_text("3|56|M|other|1\r\n\n")
    traits = traits_by_user(load(tmp_path, path=tmp_path))
    assert traits == {1: (0, "", ""), 3: (56, "M", "other"), 10: (0, "", "")}


def test_traits_leave_the_fingerprint_as_it_is(tmp_path):
    write_folder(tmp_path, "ml-100k")
    interactions = load(tmp_path, path=tmp_path)
    bare = replace(interactions, labels=replace(interactions.labels, traits=None))
    assert bare.labels.traits is None
    assert interactions.fingerprint == bare.fingerprint


@pytest.mark.real_data
def test_the_users_of_movielens_100k_are_what_they_are_known_to_be(tmp_path, real_directory):
    labels = load(tmp_path, "ml-100k", path=real_directory).labels
    traits = labels.traits
    assert traits.ages.shape == traits.genders.shape == traits.occupations.shape == (943,)
    assert (traits.ages.min(), traits.ages.max()) == (7, 73)
    assert Counter(traits.genders) == {"M": 670, "F": 273}
    assert len(set(traits.occupations)) == 21
    years = years_of(labels.titles)
    assert years[0] == 1995
    assert (years[years > 0].min(), years.max()) == (1922, 1998)
