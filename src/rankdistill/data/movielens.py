"""MovieLens: every release, found on disk or downloaded, verified, parsed once and kept."""

from __future__ import annotations

import hashlib
import logging
import math
import os
from pathlib import Path

import platformdirs

from rankdistill.data.download import download
from rankdistill.data.filtering import drop_absent, keep_rated
from rankdistill.data.interactions import Interactions
from rankdistill.data.movielens_files import ReleaseFiles, locate
from rankdistill.data.parsed_cache import load_parsed, save_parsed
from rankdistill.data.releases import find_release

logger = logging.getLogger(__name__)


class MovieLens:
    """A MovieLens release.

    It is looked for in ``path``; without one, in the folder that the environment variable
    MOVIELENS_DIR names, in the cache, and then on the mirror. Users and items are those with a
    rating that is kept, numbered in the order of the source's ids.

    Args:
        release: "ml-100k", "ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m" or "ml-latest-small".
        path: The release's archive, its unpacked folder, or a folder that holds either.
        min_rating: Ratings below are left out; by default every one is kept.
        mirror: Address of the folder to download the archive from.
        cache: Folder for the archive and the parsed interactions; by default the user's.
        download: Whether to download the release if it is nowhere on disk.
    """

    def __init__(
        self,
        release: str,
        path: str | Path | None,
        min_rating: float | None,
        mirror: str,
        cache: str | Path | None,
        download: bool,
    ) -> None:
        self.release = find_release(release)
        if min_rating is not None and math.isnan(min_rating):
            raise ValueError("min_rating must be a number, got nan.")
        if not mirror.startswith(("https://", "http://")):
            raise ValueError(f"mirror must be an http or https address, got {mirror!r}.")
        self.name = release
        self.path = None if path is None else Path(path).expanduser()
        self.min_rating = min_rating
        self.mirror = mirror
        self.cache = (
            platformdirs.user_cache_path("rankdistill")
            if cache is None
            else Path(cache).expanduser()
        )
        self.download = download

    def load(self) -> Interactions:
        """Find, verify and parse the release, or take what an earlier call parsed.

        Returns:
            Interactions with ratings, timestamps and labels; titles where the release has them.

        Raises:
            FileNotFoundError: If the release is nowhere and cannot be downloaded.
            ValueError: If an archive is not the release's, or a file does not read as it should.
        """
        files = self._find()
        place = hashlib.sha256(str(files.path.resolve()).encode()).hexdigest()[:16]
        parsed = self.cache / "parsed" / f"{self.name}-{place}.npz"
        interactions = load_parsed(parsed, files.key)
        if interactions is None:
            key = files.key
            interactions = files.parse()
            save_parsed(parsed, key, interactions)
        kept = keep_rated(interactions, self.min_rating, self.name)
        return interactions if kept is interactions else drop_absent([kept])[0]

    def _find(self) -> ReleaseFiles:
        if self.path is not None:
            if self.path.is_file():
                return ReleaseFiles(self.release, self.path)
            if files := locate(self.release, self.path):
                return files
            raise FileNotFoundError(
                f"{self.path} holds no {self.release.title}: expected {self.release.archive}, the "
                f"folder {self.release.folder} or {self.release.ratings_file} there."
            )
        places = [self.cache]
        if directory := os.environ.get("MOVIELENS_DIR"):
            places.insert(0, Path(directory).expanduser())
        for place in places:
            if files := locate(self.release, place):
                return files
        return ReleaseFiles(self.release, self._fetch(places[0]))

    def _fetch(self, first_place: Path) -> Path:
        reason = "downloading is off"
        if self.download:
            try:
                return download(self.release, self.mirror, self.cache)
            except OSError as error:
                reason = str(error)
        raise FileNotFoundError(
            f"{self.release.title} is not in {first_place} and could not be downloaded ({reason}). "
            f"Put {self.release.archive} there, point MOVIELENS_DIR at a folder that holds it, or "
            "run with data=synthetic."
        )
