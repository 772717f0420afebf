"""Parsed interactions kept on disk, so that the text is read only once."""

from __future__ import annotations

import logging
import os
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.user_traits import UserTraits

logger = logging.getLogger(__name__)

_FORMAT = "4"


def load_parsed(path: Path, key: str) -> Interactions | None:
    """Read what ``save_parsed`` wrote, or None if it is absent, damaged or of another key."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["key"]) != f"{_FORMAT} {key}":
                return None
            interactions = Interactions(
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
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return interactions


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
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        part.replace(path)
    except OSError as error:
        logger.warning("The parsed interactions are not kept in %s: %s.", path.parent, error)
    finally:
        if part.is_file() and os.access(part.parent, os.W_OK):
            part.unlink()


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
