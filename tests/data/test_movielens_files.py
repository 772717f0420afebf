"""A release is found where it lies, and its files are read or refused."""

import logging
import os
from dataclasses import replace

import pytest
from tests.data.made_up_releases import (
    GENRES,
    TITLES,
    ratings_text,
    traits_by_user,
    write_archive,
    write_folder,
)

from rankdistill.data.movielens_files import ReleaseFiles, locate, parse_ratings
from rankdistill.data.movielens_items import Item
from rankdistill.data.movielens_users import User
from rankdistill.data.releases import RELEASES

ML_1M = RELEASES["ml-1m"]


def test_a_release_is_found_as_a_folder_before_its_archive(tmp_path):
    assert locate(ML_1M, tmp_path) is None
    archive = write_archive(tmp_path, "ml-1m")
    assert locate(ML_1M, tmp_path) == ReleaseFiles(ML_1M, archive)
    folder = write_folder(tmp_path, "ml-1m")
    assert locate(ML_1M, tmp_path) == locate(ML_1M, folder) == ReleaseFiles(ML_1M, folder)


def test_a_folder_without_its_ratings_gives_way_to_an_archive_beside_it(tmp_path):
    folder = write_folder(tmp_path, "ml-1m")
    (folder / "ratings.dat").unlink()
    for place in (tmp_path, folder):
        with pytest.raises(
            FileNotFoundError, match=r"ml-1m holds no ratings\.dat: unpack ml-1m\.zi"
        ):
            locate(ML_1M, place)
    archive = write_archive(tmp_path, "ml-1m")
    assert locate(ML_1M, tmp_path) == ReleaseFiles(ML_1M, archive)


def test_files_of_one_name_are_not_taken_for_another_release(tmp_path):
    folder = write_folder(tmp_path, "ml-1m")  # ml-10m has files of these names
    assert locate(RELEASES["ml-10m"], folder) is None


def test_the_key_changes_with_the_time_of_any_file_that_is_read(tmp_path):
    folder = write_folder(tmp_path, "ml-1m")
    files = ReleaseFiles(ML_1M, folder)
    keys = {files.key}
    for name in ("ratings.dat", "movies.dat", "users.dat"):
        os.utime(folder / name, ns=(0, len(keys)))
        keys.add(files.key)
    assert len(keys) == 4
    (folder / "README").write_text("of no matter")
    assert files.key in keys


def test_a_file_larger_than_its_release_can_hold_is_refused(tmp_path):
    release = replace(ML_1M, num_bytes=0)
    folder = write_folder(tmp_path, "ml-1m")
    with (folder / "ratings.dat").open("r+b") as file:
        file.truncate(release.most_bytes + 1)
    with pytest.raises(ValueError, match="has 1,048,577 bytes, more than a file of MovieLens 1M"):
        ReleaseFiles(release, folder).parse()


def test_an_archive_of_other_content_is_refused_and_one_that_changes_in_place_is_read(
    tmp_path, caplog
):
    archive = write_archive(tmp_path, "ml-1m")
    with pytest.raises(ValueError, match=r"ml-1m\.zip is not the archive of MovieLens 1M: it has "):
        ReleaseFiles(ML_1M, archive).parse()
    with caplog.at_level(logging.WARNING):
        read = ReleaseFiles(replace(ML_1M, changes_in_place=True), archive).parse()
    assert read.num_interactions == 5
    assert "another edition of MovieLens 1M" in caplog.text


def test_ratings_are_numbered_by_id_and_take_titles_and_traits_from_the_descriptions():
    items = {5: Item(TITLES[5], GENRES[5]), 7: Item(TITLES[7], GENRES[7])}
    users = {3: User(56, "M", "other")}
    read = parse_ratings(ratings_text("ml-1m"), ML_1M, items, users, "the ratings")
    assert read.user_ids.tolist() == [0, 0, 1, 1, 2]
    assert read.item_ids.tolist() == [0, 2, 0, 2, 1]
    assert read.ratings.tolist() == [5, 2, 1, 4, 3]
    assert read.labels.users.tolist() == ["1", "3", "10"]
    assert read.labels.titles.tolist() == [TITLES[5], TITLES[7], "30"]
    assert read.labels.genres.tolist() == [GENRES[5], GENRES[7], "(no genres listed)"]
    assert traits_by_user(read) == {1: (0, "", ""), 3: (56, "M", "other"), 10: (0, "", "")}


def test_ratings_without_descriptions_have_no_titles_and_no_traits():
    labels = parse_ratings(ratings_text("ml-20m"), RELEASES["ml-20m"], None, None, "r").labels
    assert (labels.titles, labels.genres, labels.traits) == (None, None, None)


def test_a_pair_that_is_rated_twice_is_refused_with_the_file():
    twice = ratings_text("ml-1m", rows=[(1, 2, 3, 4), (1, 2, 5, 6)])
    with pytest.raises(ValueError, match=r"^the ratings: 1 \(user, item\) pairs occur more than"):
        parse_ratings(twice, ML_1M, None, None, "the ratings")
