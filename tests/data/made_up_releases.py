"""MovieLens releases with made-up rows, in each of the published forms."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from rankdistill.data.interactions import Interactions
from rankdistill.data.releases import RELEASES

# (user, item, rating, timestamp): items 5 and 30 leave gaps; rows are not sorted.
ROWS = [
    (3, 30, 4, 1000),
    (1, 5, 5, 900),
    (1, 30, 2, 950),
    (10, 7, 3, 1100),
    (3, 5, 1, 1200),
]
TITLES = {5: "Amélie: The Musical (2001)", 7: 'Odd, "Quoted" (1999)', 9: "Unseen (1950)", 30: "Z"}
GENRES = {5: "Drama|War", 7: "Comedy", 9: "Action", 30: "(no genres listed)"}
_FLAGS = {5: (8, 17), 7: (5,), 9: (1,), 30: ()}  # the places of the same in u.genre

USERS = {1: (1, "F", "K-12 student"), 3: (56, "M", "other"), 10: (35, "F", "writer")}
"""(age, gender, occupation) of each user; ages are also bounds of the bands of users.dat."""
_CODES = {"K-12 student": 10, "other": 0, "writer": 20}


def ratings_text(name: str, rows=ROWS) -> bytes:
    release = RELEASES[name]
    header = "userId,movieId,rating,timestamp\n" if release.header else ""
    lines = (release.ratings_separator.join(map(str, row)) + "\n" for row in rows)
    return (header + "".join(lines)).encode()


def items_text(name: str) -> bytes:
    release = RELEASES[name]
    if name == "ml-100k":
        flags = {item: [str(int(n in _FLAGS[item])) for n in range(19)] for item in TITLES}
        lines = [
            "|".join([str(item), title, "01-Jan-1995", "", "http://x", *flags[item]])
            for item, title in TITLES.items()
        ]
    elif release.items_separator == "::":
        lines = [f"{item}::{title}::{GENRES[item]}" for item, title in TITLES.items()]
    else:
        quoted = {item: title.replace('"', '""') for item, title in TITLES.items()}
        lines = ["movieId,title,genres"]
        lines += [f'{item},"{title}",{GENRES[item]}' for item, title in quoted.items()]
    return ("\n".join(lines) + "\n").encode(release.encoding)


def users_text(name: str) -> bytes:
    """Of a release that has a users file."""
    if RELEASES[name].items_separator == "::":
        rows = [
            f"{user}::{gender}::{age}::{_CODES[occupation]}::02139"
            for user, (age, gender, occupation) in USERS.items()
        ]
    else:
        rows = [
            f"{user}|{age}|{gender}|{occupation}|T8H1N"
            for user, (age, gender, occupation) in USERS.items()
        ]
    return ("\n".join(rows) + "\n").encode()


def write_folder(directory: Path, name: str, rows=ROWS) -> Path:
    """Write an unpacked release into a folder that holds releases."""
    release = RELEASES[name]
    folder = directory / release.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / release.ratings_file).write_bytes(ratings_text(name, rows))
    (folder / release.items_file).write_bytes(items_text(name))
    if release.users_file:
        (folder / release.users_file).write_bytes(users_text(name))
    return folder


def write_archive(directory: Path, name: str) -> Path:
    """Write a release's archive into a folder."""
    release = RELEASES[name]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / release.archive
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{release.folder}/{release.ratings_file}", ratings_text(name))
        archive.writestr(f"{release.folder}/{release.items_file}", items_text(name))
        if release.users_file:
            archive.writestr(f"{release.folder}/{release.users_file}", users_text(name))
    return path


def traits_by_user(interactions: Interactions) -> dict[int, tuple[int, str, str]]:
    """What interactions say of their users, in the form of USERS, by the source's own ids."""
    labels = interactions.labels
    assert labels is not None
    assert labels.traits is not None
    ages, genders, occupations = (
        column.tolist()
        for column in (labels.traits.ages, labels.traits.genders, labels.traits.occupations)
    )
    rows = zip(ages, genders, occupations, strict=True)
    return dict(zip(map(int, labels.users), rows, strict=True))


def expect_archive(monkeypatch: pytest.MonkeyPatch, name: str, content: bytes) -> None:
    """Make the table of releases expect this archive."""
    known = replace(
        RELEASES[name],
        num_bytes=len(content),
        md5=hashlib.md5(content).hexdigest(),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    monkeypatch.setitem(RELEASES, name, known)
