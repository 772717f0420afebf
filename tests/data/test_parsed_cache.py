import os

import numpy as np
import pytest
import torch
from tests.data.made_sources import movielens
from tests.data.made_up_releases import write_folder

from rankdistill.data.parsed_cache import load_parsed, save_parsed


@pytest.fixture
def cache(tmp_path):
    """A parsed cache, its key and what is in it."""
    write_folder(tmp_path, "ml-100k")
    movielens("ml-100k", path=tmp_path, cache=tmp_path / "cache", download=False).load()
    (path,) = (tmp_path / "cache" / "parsed").glob("*.npz")
    with np.load(path) as arrays:
        key = str(arrays["key"]).partition(" ")[2]
    interactions = load_parsed(path, key)
    assert interactions is not None
    return path, key, interactions


def test_what_was_kept_comes_back_with_genres_and_traits(cache):
    _, _, interactions = cache
    assert interactions.labels.genres is not None
    assert interactions.labels.traits is not None


@pytest.mark.slow
def test_a_flip_anywhere_is_noticed_or_changes_nothing(cache):
    path, key, interactions = cache
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        found = load_parsed(path, key)
        if found is not None:
            assert torch.equal(found.ratings, interactions.ratings)
            assert list(found.labels.genres) == list(interactions.labels.genres)
            assert list(found.labels.traits.genders) == list(interactions.labels.traits.genders)


@pytest.mark.parametrize("item", [-1, 3, 1 << 20])
def test_an_item_that_is_not_in_the_catalogue_is_refused_under_a_sound_checksum(item, cache):
    path, key, interactions = cache
    interactions.item_ids[0] = item
    save_parsed(path, key, interactions)
    assert load_parsed(path, key) is None


@pytest.mark.parametrize("rating", [float("nan"), float("inf")])
def test_a_rating_that_is_no_number_is_refused_under_a_sound_checksum(rating, cache):
    path, key, interactions = cache
    interactions.ratings[0] = rating
    save_parsed(path, key, interactions)
    assert load_parsed(path, key) is None


def test_what_a_killed_process_left_an_hour_ago_is_removed(cache):
    path, key, interactions = cache
    old, new = (path.with_name(f".{path.name}.{name}.part") for name in ("old", "new"))
    for left_over in (old, new):
        left_over.write_bytes(b"half")
    os.utime(old, (0, 0))
    save_parsed(path, key, interactions)
    assert not old.exists()
    assert new.exists()
