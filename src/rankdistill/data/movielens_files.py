"""Where a MovieLens release lies on disk, zipped or unpacked, and what its files say."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch

from rankdistill.data.archives import archive_fault
from rankdistill.data.identifiers import encode_integers
from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.movielens_items import NO_GENRE, Item, parse_items
from rankdistill.data.movielens_users import User, parse_users, traits_of
from rankdistill.data.releases import RELEASES, Release
from rankdistill.data.text_table import parse_table, prepare_table
from rankdistill.data.unpacking import read_member

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReleaseFiles:
    """A release on disk.

    Attributes:
        release: Which one it should be.
        path: Its archive, or the folder with its files.
    """

    release: Release
    path: Path

    @property
    def is_archive(self) -> bool:
        """Whether the files are still zipped."""
        return self.path.is_file()

    @property
    def key(self) -> str:
        """Changes when the files do, by size and time of change."""
        release = self.release
        named = (release.ratings_file, release.items_file, release.users_file)
        names = [""] if self.is_archive else [name for name in named if name is not None]
        states = [(self.path / name).stat() for name in names if (self.path / name).exists()]
        text = " ".join(f"{state.st_size} {state.st_mtime_ns}" for state in states)
        return hashlib.sha256(text.encode()).hexdigest()

    def parse(self) -> Interactions:
        """Verify the archive, and read ratings, titles, genres and user traits.

        Raises:
            ValueError: If the archive is not the release's, or a file does not read as it should.
        """
        release = self.release
        if self.is_archive:
            self._verify()
        ratings = self._read(release.ratings_file)
        if ratings is None:
            raise ValueError(f"{self.path} holds no {release.folder}/{release.ratings_file}.")
        source = f"{release.ratings_file} in {self.path}"
        return parse_ratings(ratings, release, self._items(), self._users(), source)

    def _items(self) -> dict[int, Item] | None:
        name = self.release.items_file
        data = self._read(name)
        if data is None:
            logger.warning("%s holds no %s: no titles.", self.path, name)
            return None
        return parse_items(data, self.release, f"{name} in {self.path}")

    def _users(self) -> dict[int, User] | None:
        name = self.release.users_file
        if name is None:
            return None
        data = self._read(name)
        if data is None:
            logger.warning("%s holds no %s: no user traits.", self.path, name)
            return None
        return parse_users(data, self.release, f"{name} in {self.path}")

    def _verify(self) -> None:
        fault = archive_fault(self.path, self.release)
        if fault is None:
            return
        if self.release.changes_in_place and zipfile.is_zipfile(self.path):
            logger.warning(
                "%s %s: another edition of %s, which changes in place; results may differ.",
                self.path,
                fault,
                self.release.title,
            )
            return
        raise ValueError(
            f"{self.path} is not the archive of {self.release.title}: it {fault}. Delete it, and "
            f"let it be downloaded again or put {self.release.archive} there."
        )

    def _read(self, name: str) -> bytes | None:
        release = self.release
        if self.is_archive:
            return read_member(self.path, f"{release.folder}/{name}", release.most_bytes)
        path = self.path / name
        if not path.is_file():
            return None
        if (size := path.stat().st_size) > release.most_bytes:
            raise ValueError(
                f"{path} has {size:,} bytes, more than a file of {release.title} can have "
                f"({release.most_bytes:,}); unpack {release.archive} again."
            )
        return path.read_bytes()


def locate(release: Release, place: Path) -> ReleaseFiles | None:
    """Find a release in a folder.

    Args:
        release: What to look for.
        place: The release's own folder, or one that holds that folder or the archive.

    Returns:
        The files, or None if they are not there.

    Raises:
        FileNotFoundError: If the release's folder is there without its ratings and without an
            archive beside it.
    """
    own_names = {release.folder, release.name}
    other_names = {n for other in RELEASES.values() for n in (other.folder, other.name)} - own_names
    if (place / release.ratings_file).is_file() and place.resolve().name not in other_names:
        return ReleaseFiles(release, place)
    folders = [place / name for name in sorted(own_names) if (place / name).is_dir()]
    for folder in folders:
        if (folder / release.ratings_file).is_file():
            return ReleaseFiles(release, folder)
    if (place / release.archive).is_file():
        return ReleaseFiles(release, place / release.archive)
    if place.resolve().name in own_names and place.is_dir():
        folders.append(place)
    if folders:
        raise FileNotFoundError(
            f"{folders[0]} holds no {release.ratings_file}: unpack {release.archive} again, or "
            "remove the folder."
        )
    return None


def parse_ratings(
    data: bytes,
    release: Release,
    described_items: dict[int, Item] | None,
    described_users: dict[int, User] | None,
    source: str,
) -> Interactions:
    """Read a ratings file; users and items are numbered in the order of the source's ids.

    Args:
        data: The file.
        release: Says how it is written.
        described_items: From the source's item ids; an item without title goes by its id.
        described_users: From the source's user ids.
        source: What messages call the file.

    Raises:
        ValueError: With the line, if the file is not a ratings file of this release.
    """
    columns: dict[str, str | int] = {"user": 0, "item": 1, "rating": 2, "timestamp": 3}
    table = prepare_table(data, source, release.ratings_separator, release.header, columns)
    frame = parse_table(table, id_type=pl.Int64)
    user_ids, users = encode_integers(frame["user"].to_numpy())
    item_ids, items = encode_integers(frame["item"].to_numpy())
    titles = genres = None
    if described_items is not None:
        known = [described_items.get(item, Item(str(item), NO_GENRE)) for item in items.tolist()]
        titles = np.array([item.title for item in known], dtype=object)
        genres = np.array([item.genres for item in known], dtype=object)
    traits = None if described_users is None else traits_of(users.tolist(), described_users)
    try:
        return Interactions.from_pairs(
            torch.from_numpy(user_ids),
            torch.from_numpy(item_ids),
            num_users=len(users),
            num_items=len(items),
            ratings=torch.tensor(frame["rating"].to_numpy()),
            timestamps=torch.tensor(frame["timestamp"].to_numpy()),
            labels=Labels(
                users.astype(str).astype(object),
                items.astype(str).astype(object),
                titles,
                genres,
                traits,
            ),
        )
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
