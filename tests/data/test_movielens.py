"""MovieLens releases are found, verified, parsed in every form, and parsed once."""

import logging
import zipfile

import numpy as np
import pytest
import torch
from tests.data.made_sources import movielens
from tests.data.made_up_releases import (
    GENRES,
    ROWS,
    TITLES,
    USERS,
    expect_archive,
    ratings_text,
    traits_by_user,
    write_archive,
    write_folder,
)

from rankdistill.data.releases import RELEASES


def load(tmp_path, name="ml-100k", **settings):
    return movielens(name, cache=tmp_path / "cache", download=False, **settings).load()


def rows_of(interactions):
    """(user, item, rating, timestamp) in the source's own ids."""
    labels = interactions.labels
    return sorted(
        (int(labels.users[user]), int(labels.items[item]), rating, time)
        for user, item, rating, time in zip(
            interactions.user_ids.tolist(),
            interactions.item_ids.tolist(),
            interactions.ratings.tolist(),
            interactions.timestamps.tolist(),
            strict=True,
        )
    )


@pytest.mark.parametrize("name", RELEASES)
def test_every_release_reads_back_the_rows_that_were_written(tmp_path, name):
    write_folder(tmp_path, name)
    interactions = load(tmp_path, name, path=tmp_path)
    assert rows_of(interactions) == sorted(ROWS)
    assert interactions.ratings.dtype == torch.float32
    assert interactions.timestamps.dtype == torch.int64
    assert list(interactions.labels.titles) == [TITLES[5], TITLES[7], TITLES[30]]
    assert list(interactions.labels.genres) == [GENRES[5], GENRES[7], GENRES[30]]


def test_an_item_that_the_items_file_leaves_out_goes_by_its_id_and_has_no_genre(tmp_path):
    write_folder(tmp_path, "ml-1m", rows=[(1, 77, 5, 10)])
    labels = load(tmp_path, "ml-1m", path=tmp_path).labels
    assert list(labels.titles) == ["77"]
    assert list(labels.genres) == ["(no genres listed)"]


def test_ids_follow_the_numeric_order_of_the_source(tmp_path):
    write_folder(tmp_path, "ml-100k")
    labels = load(tmp_path, path=tmp_path).labels
    assert list(labels.users) == ["1", "3", "10"]
    assert list(labels.items) == ["5", "7", "30"]


def test_half_stars_survive(tmp_path):
    write_folder(tmp_path, "ml-10m", rows=[(1, 1, 0.5, 10), (1, 2, 4.5, 11)])
    assert load(tmp_path, "ml-10m", path=tmp_path).ratings.tolist() == [0.5, 4.5]


def test_a_title_may_hold_the_separator_of_its_file(tmp_path):
    folder = write_folder(tmp_path, "ml-1m", rows=[(1, 1, 5, 10)])
    (folder / "movies.dat").write_bytes("1::Odd :: Cafés (1999)::Drama\r\n".encode("latin-1"))
    assert load(tmp_path, "ml-1m", path=tmp_path).labels.titles[0] == "Odd :: Cafés (1999)"


def test_windows_line_ends_change_nothing(tmp_path):
    folder = write_folder(tmp_path, "ml-latest-small")
    text = ratings_text("ml-latest-small").replace(b"\n", b"\r\n")
    (folder / "ratings.csv").write_bytes(text)
    assert rows_of(load(tmp_path, "ml-latest-small", path=tmp_path)) == sorted(ROWS)


def test_min_rating_leaves_no_phantom_users_or_items(tmp_path):
    write_folder(tmp_path, "ml-100k")
    interactions = load(tmp_path, path=tmp_path, min_rating=3)
    assert rows_of(interactions) == [(1, 5, 5, 900), (3, 30, 4, 1000), (10, 7, 3, 1100)]
    interactions = load(tmp_path, path=tmp_path, min_rating=4)
    assert (interactions.num_users, interactions.num_items) == (2, 2)
    assert list(interactions.labels.items) == ["5", "30"]
    assert list(interactions.labels.titles) == [TITLES[5], TITLES[30]]
    assert list(interactions.labels.genres) == [GENRES[5], GENRES[30]]


def test_a_min_rating_that_leaves_nothing_is_an_error(tmp_path):
    write_folder(tmp_path, "ml-100k")
    with pytest.raises(ValueError, match="leaves nothing of ml-100k: its ratings go from 1 to 5"):
        load(tmp_path, path=tmp_path, min_rating=6)


@pytest.mark.parametrize("place", ["folder that holds it", "own folder", "archive", "its folder"])
def test_path_may_be_any_of_the_four_places(tmp_path, monkeypatch, place):
    if place in ("archive", "its folder"):
        archive = write_archive(tmp_path / "zips", "ml-1m")
        expect_archive(monkeypatch, "ml-1m", archive.read_bytes())
        path = archive if place == "archive" else archive.parent
    else:
        folder = write_folder(tmp_path, "ml-1m")
        path = folder if place == "own folder" else tmp_path
    assert rows_of(load(tmp_path, "ml-1m", path=str(path))) == sorted(ROWS)


@pytest.mark.parametrize("own_folder", [True, False])
def test_the_environment_variable_names_the_folder_or_its_parent(tmp_path, monkeypatch, own_folder):
    folder = write_folder(tmp_path, "ml-10m")
    monkeypatch.setenv("MOVIELENS_DIR", str(folder if own_folder else tmp_path))
    assert load(tmp_path, "ml-10m").num_interactions == len(ROWS)


def test_an_archive_in_the_cache_is_found(tmp_path, monkeypatch):
    archive = write_archive(tmp_path / "cache", "ml-20m")
    expect_archive(monkeypatch, "ml-20m", archive.read_bytes())
    assert load(tmp_path, "ml-20m").num_interactions == len(ROWS)


def test_the_folder_of_one_release_is_not_taken_for_another(tmp_path):
    folder = write_folder(tmp_path, "ml-1m")  # ml-10m has files of the same names
    with pytest.raises(FileNotFoundError, match="holds no MovieLens 10M"):
        load(tmp_path, "ml-10m", path=folder)


def test_a_folder_without_its_ratings_is_an_error(tmp_path):
    write_folder(tmp_path, "ml-100k").joinpath("u.data").unlink()
    with pytest.raises(FileNotFoundError, match=r"ml-100k holds no u\.data"):
        load(tmp_path, path=tmp_path)


def test_a_folder_without_its_items_loads_without_titles(tmp_path, caplog):
    write_folder(tmp_path, "ml-100k").joinpath("u.item").unlink()
    with caplog.at_level(logging.WARNING):
        labels = load(tmp_path, path=tmp_path).labels
    assert labels.titles is None
    assert labels.genres is None
    assert "no titles" in caplog.text


def test_a_release_that_is_nowhere_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("MOVIELENS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"MovieLens 100K is not in {tmp_path / 'nowhere'} and could not be downloaded "
        "(downloading is off). Put ml-100k.zip there, point MOVIELENS_DIR at a folder that holds "
        "it, or run with data=synthetic."
    )


def test_a_path_that_holds_nothing_is_not_silently_replaced(tmp_path, monkeypatch):
    write_folder(tmp_path / "elsewhere", "ml-100k")
    monkeypatch.setenv("MOVIELENS_DIR", str(tmp_path / "elsewhere"))
    with pytest.raises(FileNotFoundError, match="wrong holds no MovieLens 100K"):
        load(tmp_path, path=tmp_path / "wrong")


@pytest.mark.parametrize("damage", ["truncated", "other content", "not a zip"])
def test_a_local_archive_with_other_content_is_refused(tmp_path, monkeypatch, damage):
    archive = write_archive(tmp_path, "ml-1m")
    content = archive.read_bytes()
    expect_archive(monkeypatch, "ml-1m", content)
    if damage == "truncated":
        archive.write_bytes(content[:-20])
    elif damage == "other content":
        archive.write_bytes(content[:40] + b"?" + content[41:])
    else:
        archive.write_bytes(b"<html>")
    with pytest.raises(ValueError, match=r"ml-1m\.zip is not the archive of MovieLens 1M: it has"):
        load(tmp_path, "ml-1m", path=tmp_path)


def test_another_edition_of_latest_small_is_read_with_a_warning(tmp_path, caplog):
    archive = write_archive(tmp_path, "ml-latest-small")
    interactions = load(tmp_path, "ml-latest-small", path=archive)
    assert rows_of(interactions) == sorted(ROWS)
    assert "another edition" in caplog.text


def test_a_truncated_archive_of_latest_small_is_refused(tmp_path):
    archive = write_archive(tmp_path, "ml-latest-small")
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(ValueError, match="is not the archive of MovieLens latest-small"):
        load(tmp_path, "ml-latest-small", path=archive)


def test_an_archive_without_the_ratings_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "ml-1m.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("something/else.txt", "?")
    expect_archive(monkeypatch, "ml-1m", path.read_bytes())
    with pytest.raises(ValueError, match=r"holds no ml-1m/ratings\.dat"):
        load(tmp_path, "ml-1m", path=path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1\t2\tgood\t5", "Line 2 of .* has the rating 'good', which is not a number"),
        ("x\t2\t3\t5", "Line 2 of .* has the user 'x', which is not an integer"),
        ("1\t2\t3", "Line 2 of .* has 3 fields where 4 are expected"),
        ("1\t\t3\t5", "Line 2 of .* has no item: the field is empty"),
        ("1\t2\tnan\t5", "Line 2 of .* has the rating 'nan', which is not a number"),
        ("3\t30\t3\t5", "1 .user, item. pairs occur more than once"),
    ],
)
def test_a_bad_line_of_an_unpacked_release_is_named(tmp_path, line, message):
    folder = write_folder(tmp_path, "ml-100k", rows=[(3, 30, 4, 1000)])
    with (folder / "u.data").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ValueError, match=message):
        load(tmp_path, path=folder)


def test_the_second_load_does_not_read_the_text(tmp_path, monkeypatch):
    write_folder(tmp_path, "ml-100k")
    first = load(tmp_path, path=tmp_path)
    monkeypatch.setattr("rankdistill.data.movielens_files.ReleaseFiles.parse", None)
    second = load(tmp_path, path=tmp_path)
    assert rows_of(second) == rows_of(first)
    assert second.fingerprint == first.fingerprint
    assert list(second.labels.titles) == list(first.labels.titles)
    assert list(second.labels.genres) == list(first.labels.genres)
    assert traits_by_user(second) == traits_by_user(first) == USERS
    assert second.labels.traits.ages.dtype == np.int64


def test_a_copy_that_an_earlier_version_kept_without_genres_is_read_again(tmp_path, monkeypatch):
    write_folder(tmp_path, "ml-100k")
    monkeypatch.setattr("rankdistill.data.parsed_cache._FORMAT", "1")
    load(tmp_path, path=tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr("rankdistill.data.movielens_files.ReleaseFiles.parse", fails)
    with pytest.raises(AssertionError, match="read again"):
        load(tmp_path, path=tmp_path)


def fails(_):
    raise AssertionError("read again")


def test_the_kept_copy_serves_every_min_rating(tmp_path):
    write_folder(tmp_path, "ml-100k")
    assert load(tmp_path, path=tmp_path, min_rating=4).num_interactions == 2
    assert load(tmp_path, path=tmp_path).num_interactions == 5


def test_a_changed_source_is_read_again(tmp_path):
    write_folder(tmp_path, "ml-100k")
    load(tmp_path, path=tmp_path)
    write_folder(tmp_path, "ml-100k", rows=ROWS[:2])
    assert load(tmp_path, path=tmp_path).num_interactions == 2


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_copy_is_rebuilt(tmp_path, damage):
    write_folder(tmp_path, "ml-100k")
    load(tmp_path, path=tmp_path)
    (parsed,) = (tmp_path / "cache" / "parsed").iterdir()
    content = bytearray(parsed.read_bytes())
    if damage is None:  # a flipped bit in the middle, and the size unchanged
        content[len(content) // 2] ^= 0xFF
        damage = bytes(content)
    parsed.write_bytes(damage)
    assert rows_of(load(tmp_path, path=tmp_path)) == sorted(ROWS)


def test_a_cache_that_cannot_be_written_is_only_a_warning(tmp_path, caplog):
    write_folder(tmp_path, "ml-100k")
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert load(tmp_path, path=tmp_path).num_interactions == len(ROWS)
    assert "not kept" in caplog.text


def test_nothing_but_the_copy_is_left_in_the_cache(tmp_path):
    write_folder(tmp_path, "ml-100k")
    load(tmp_path, path=tmp_path)
    assert [path.suffix for path in (tmp_path / "cache" / "parsed").iterdir()] == [".npz"]


def test_an_unknown_release_lists_the_known_ones():
    with pytest.raises(ValueError, match="'ml-2m'; one of ml-100k, ml-1m"):
        movielens("ml-2m")


def test_a_mirror_that_is_no_address_is_refused():
    with pytest.raises(ValueError, match="http or https"):
        movielens("ml-1m", mirror="file:///etc/")


@pytest.mark.real_data
def test_movielens_100k_is_what_it_is_known_to_be(tmp_path, real_directory):
    interactions = load(tmp_path, "ml-100k", path=real_directory)
    assert (interactions.num_users, interactions.num_items) == (943, 1682)
    assert interactions.num_interactions == 100_000
    assert interactions.labels.titles[0] == "Toy Story (1995)"
    assert interactions.labels.genres[0] == "Animation|Children's|Comedy"
    assert interactions.ratings.unique().tolist() == [1, 2, 3, 4, 5]
    assert int(interactions.counts.min()) == 20


@pytest.mark.real_data
def test_movielens_latest_small_is_what_it_is_known_to_be(tmp_path, real_directory, caplog):
    interactions = load(tmp_path, "ml-latest-small", path=real_directory)
    assert (interactions.num_users, interactions.num_items) == (610, 9724)
    assert interactions.num_interactions == 100_836
    assert interactions.labels.titles[0] == "Toy Story (1995)"
    assert interactions.labels.genres[0] == "Adventure|Animation|Children|Comedy|Fantasy"
    assert "another edition" not in caplog.text
