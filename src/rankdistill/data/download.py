"""Fetching an archive: resumed, retried, verified, and once for all processes."""

from __future__ import annotations

import errno
import http.client
import logging
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

from filelock import FileLock
from tqdm import tqdm

from rankdistill.data.archives import archive_fault
from rankdistill.data.releases import Release

logger = logging.getLogger(__name__)

_CHUNK = 1 << 18
_RANGE_REFUSED = 416
_PASSING_STATUSES = (408, _RANGE_REFUSED, 425, 429, 500, 502, 503, 504)


def download(
    release: Release,
    mirror: str,
    folder: Path,
    attempts: int = 4,
    pause: float = 0.5,
    timeout: float = 30.0,
) -> Path:
    """Fetch a release's archive into a folder, unless it is there.

    What has arrived is kept in a ``.part`` file, and the next attempt goes on from there if the
    server allows. The archive gets its name only when size and hashes are right.

    Args:
        release: What to fetch.
        mirror: Address of the folder that holds the archive.
        folder: Where the archive goes; made if it is missing.
        attempts: How often to try.
        pause: Seconds before the second attempt; doubled for each one after.
        timeout: Seconds to wait for the server.

    Returns:
        The archive.

    Raises:
        OSError: If the archive cannot be fetched or written (no network, no such file, no space).
        ValueError: If what came is not the archive.
    """
    target = folder / release.archive
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{release.archive}.lock"):
        if target.exists():
            return target
        part = folder / f"{release.archive}.part"
        url = f"{mirror.rstrip('/')}/{release.archive}"
        logger.warning("Downloading %s to %s. %s", url, target, release.terms)
        _receive_with_retries(url, part, release, attempts, pause, timeout)
        if fault := archive_fault(part, release):
            part.unlink()
            hint = (
                f"{release.title} changes in place; to use the present edition, download it "
                "yourself and point MOVIELENS_DIR at its folder"
                if release.changes_in_place
                else "try again, or set another mirror"
            )
            raise ValueError(f"What came from {url} is not {release.title}: it {fault}; {hint}.")
        part.replace(target)
    return target


def describe(error: Exception) -> str:
    """An error of the network in a few words."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(reason).__name__


def _receive_with_retries(
    url: str, part: Path, release: Release, attempts: int, pause: float, timeout: float
) -> None:
    for attempt in range(attempts):
        try:
            _receive(url, part, release, timeout)
            return
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
                if error.code == _RANGE_REFUSED:
                    part.unlink(missing_ok=True)
            if attempt + 1 == attempts or not _may_pass(error):
                raise OSError(describe(error)) from error
            wait = pause * 2**attempt
            logger.warning("%s; trying again in %g s.", describe(error), wait)
            time.sleep(wait)


def _may_pass(error: Exception) -> bool:
    """Whether an error may go away by itself."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in _PASSING_STATUSES
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError | PermissionError):
        return False
    return getattr(reason, "errno", None) != errno.ENOSPC


def _receive(url: str, part: Path, release: Release, timeout: float) -> None:
    """Receive the rest of a file, or all of it where the server does not resume."""
    size = release.num_bytes
    have = part.stat().st_size if part.exists() else 0
    if have == size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "rankdistill"})
    if 0 < have < size:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=timeout) as response:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            have = 0
        announced = response.headers.get("Content-Length")
        end = None if announced is None else have + int(announced)
        progress = tqdm(
            total=size,
            initial=have,
            desc=release.archive,
            unit="B",
            unit_scale=True,
            disable=None,  # no bar where nobody watches
        )
        with progress, part.open("ab" if have else "wb") as file:
            while have <= size and (chunk := response.read(_CHUNK)):
                file.write(chunk)
                progress.update(len(chunk))
                have += len(chunk)
    if end is not None and have < min(end, size):
        raise ConnectionError(f"the connection closed after {have:,} of {end:,} bytes")
