"""Parsed interactions kept on disk, so that the text is read only once."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.user_traits import UserTraits

logger = logging.getLogger(__name__)

_FORMAT = "5"
_DIGEST = "digest"
_LEFT_OVER_SECONDS = 3600


def load_parsed(path: Path, key: str) -> Interactions | None:
    """Read what ``save_parsed`` wrote; None if it is absent, damaged, unsound or of another key."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored["key"]) != f"{_FORMAT} {key}":
                return None
            arrays = {name: stored[name] for name in stored.files if name != _DIGEST}
            if str(stored[_DIGEST]) != _digest(arrays):
                return None
        interactions = _interactions(arrays)
        return interactions if _is_sound(interactions) else None
    except FileNotFoundError:
        return None
    except Exception as error:  # a damaged file can make numpy and zipfile raise anything
        logger.info("%s is read anew (%s).", path, type(error).__name__)
        return None


def save_parsed(path: Path, key: str, interactions: Interactions) -> None:
    """Write interactions with ratings, timestamps and labels; atomically, or with a warning.

    Args:
        path: Where; folders are made.
        key: What the text was: ``load_parsed`` accepts the file only with the same key.
        interactions: What the text said.
    """
    labels = interactions.labels
    assert labels is not None
    assert interactions.ratings is not None
    assert interactions.timestamps is not None
    arrays = {
        "key": np.array(f"{_FORMAT} {key}"),
        "offsets": interactions.offsets.numpy(),
        "item_ids": interactions.item_ids.int().numpy(),
        "num_items": np.array(interactions.num_items),
        "ratings": interactions.ratings.numpy(),
        "timestamps": _compact(interactions.timestamps.numpy()),
        "users": _pack(labels.users),
        "items": _pack(labels.items),
    }
    if labels.titles is not None:
        arrays["titles"] = _pack(labels.titles)
    if labels.genres is not None:
        arrays["genres"] = _pack(labels.genres)
    if labels.traits is not None:
        arrays["ages"] = labels.traits.ages
        arrays["genders"] = _pack(labels.traits.genders)
        arrays["occupations"] = _pack(labels.traits.occupations)
    arrays[_DIGEST] = np.array(_digest(arrays))
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_overs(path)
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        part.replace(path)
    except OSError as error:
        logger.warning("The parsed interactions are not kept in %s: %s.", path.parent, error)
    finally:
        if part.is_file() and os.access(part.parent, os.W_OK):
            part.unlink()


def _remove_left_overs(path: Path) -> None:
    """Remove what killed processes left; others may be writing this very minute."""
    for left_over in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left_over.stat().st_mtime > _LEFT_OVER_SECONDS:
                left_over.unlink()


def _interactions(arrays: Mapping[str, np.ndarray]) -> Interactions:
    return Interactions(
        offsets=torch.from_numpy(arrays["offsets"]),
        item_ids=torch.from_numpy(arrays["item_ids"]).long(),
        num_items=int(arrays["num_items"]),
        ratings=torch.from_numpy(arrays["ratings"]),
        timestamps=torch.from_numpy(arrays["timestamps"]).long(),
        labels=Labels(
            users=_unpack(arrays["users"]),
            items=_unpack(arrays["items"]),
            titles=_unpack(arrays["titles"]) if "titles" in arrays else None,
            genres=_unpack(arrays["genres"]) if "genres" in arrays else None,
            traits=_unpack_traits(arrays) if "ages" in arrays else None,
        ),
    )


def _is_sound(interactions: Interactions) -> bool:
    """Whether lengths fit, ids lie in the catalogue in ascending order, and ratings are finite."""
    labels, offsets, items = interactions.labels, interactions.offsets, interactions.item_ids
    assert labels is not None
    assert interactions.ratings is not None
    assert interactions.timestamps is not None
    num_users, num_items, num_pairs = len(labels.users), len(labels.items), len(items)
    traits = labels.traits
    per_user = () if traits is None else (traits.ages, traits.genders, traits.occupations)
    per_item = [names for names in (labels.titles, labels.genres) if names is not None]
    return (
        len(interactions.ratings) == len(interactions.timestamps) == num_pairs > 0
        and len(offsets) == num_users + 1
        and num_items == interactions.num_items
        and all(len(values) == num_users for values in per_user)
        and all(len(values) == num_items for values in per_item)
        and int(offsets[0]) == 0
        and int(offsets[-1]) == num_pairs
        and bool((offsets.diff() >= 0).all())
        and int(items.min()) >= 0
        and int(items.max()) < num_items
        and bool((interactions.keys.diff() > 0).all())
        and bool(torch.isfinite(interactions.ratings).all())
    )


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Changes with any array, its name, its type or its shape."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def _compact(values: np.ndarray) -> np.ndarray:
    """Half as many bytes where no value needs more: seconds since 1970 do not before 2038."""
    bounds = np.iinfo(np.int32)
    fits = values.size == 0 or bounds.min <= values.min() <= values.max() <= bounds.max
    return values.astype(np.int32) if fits else values


def _pack(names: np.ndarray) -> np.ndarray:
    return np.frombuffer("\0".join(names).encode(), dtype=np.uint8)


def _unpack(packed: np.ndarray) -> np.ndarray:
    return np.array(packed.tobytes().decode().split("\0"), dtype=object)


def _unpack_traits(arrays: Mapping[str, np.ndarray]) -> UserTraits:
    return UserTraits(arrays["ages"], _unpack(arrays["genders"]), _unpack(arrays["occupations"]))
