"""The MovieLens releases: what each archive is called, holds and weighs, and how its files read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One MovieLens release.

    Attributes:
        name: What users call it, and the stem of its archive: "ml-100k".
        title: What people call it: "MovieLens 100K".
        num_bytes: Size of the archive.
        md5: Of the archive.
        sha256: Of the archive, or None where too few sources agree on it.
        folder: The folder inside the archive.
        ratings_file: Ratings, inside the folder.
        items_file: Items and their titles, inside the folder.
        ratings_separator: Between the fields of the ratings file.
        items_separator: Between the fields of the items file.
        header: Whether both files begin with a line of column names.
        encoding: Of the items file.
        readme: File name of the terms of use, next to the archive.
        users_file: Users and their traits, inside the folder, written with the items file's
            separator and encoding; None where the release says nothing of its users.
        redistributable: Whether the terms let others pass the files on.
        changes_in_place: Whether GroupLens replaces the archive under the same name.
    """

    name: str
    title: str
    num_bytes: int
    md5: str
    sha256: str | None
    folder: str
    ratings_file: str
    items_file: str
    ratings_separator: str
    items_separator: str
    header: bool
    encoding: str
    readme: str
    users_file: str | None = None
    redistributable: bool = False
    changes_in_place: bool = False

    @property
    def archive(self) -> str:
        """File name of the archive."""
        return f"{self.name}.zip"

    @property
    def most_bytes(self) -> int:
        """Bound what a file of the release may unpack to, by the size of its archive.

        Ratings are 2.5 to 4.2 times as large as their archive.
        """
        return 8 * self.num_bytes + (1 << 20)

    @property
    def terms(self) -> str:
        """What a person should know before the first download, in one line."""
        passing_on = "" if self.redistributable else " and may not be redistributed"
        return (
            f"{self.title} (GroupLens, University of Minnesota) is for research, needs permission "
            f"for commercial use{passing_on}; its terms: "
            f"https://files.grouplens.org/datasets/movielens/{self.readme}"
        )


_CSV = {
    "ratings_file": "ratings.csv",
    "items_file": "movies.csv",
    "ratings_separator": ",",
    "items_separator": ",",
    "header": True,
    "encoding": "utf-8",
}
_DAT = {
    "ratings_file": "ratings.dat",
    "items_file": "movies.dat",
    "ratings_separator": "::",
    "items_separator": "::",
    "header": False,
}

RELEASES: dict[str, Release] = {
    release.name: release
    for release in (
        Release(
            name="ml-100k",
            title="MovieLens 100K",
            num_bytes=4_924_029,
            md5="0e33842e24a9c977be4e0107933c0723",
            sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
            folder="ml-100k",
            ratings_file="u.data",
            items_file="u.item",
            ratings_separator="\t",
            items_separator="|",
            header=False,
            encoding="latin-1",
            readme="ml-100k-README.txt",
            users_file="u.user",
        ),
        Release(
            name="ml-1m",
            title="MovieLens 1M",
            num_bytes=5_917_549,
            md5="c4d9eecfca2ab87c1945afe126590906",
            sha256="a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
            folder="ml-1m",
            **_DAT,
            encoding="latin-1",
            readme="ml-1m-README.txt",
            users_file="users.dat",
        ),
        Release(
            name="ml-10m",
            title="MovieLens 10M",
            num_bytes=65_566_137,
            md5="ce571fd55effeba0271552578f2648bd",
            sha256=None,
            folder="ml-10M100K",
            **_DAT,
            encoding="utf-8",
            readme="ml-10m-README.html",
        ),
        Release(
            name="ml-20m",
            title="MovieLens 20M",
            num_bytes=198_702_078,
            md5="cd245b17a1ae2cc31bb14903e1204af3",
            sha256="96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
            folder="ml-20m",
            **_CSV,
            readme="ml-20m-README.html",
        ),
        Release(
            name="ml-25m",
            title="MovieLens 25M",
            num_bytes=261_978_986,
            md5="6b51fb2759a8657d3bfcbfc42b592ada",
            sha256="8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
            folder="ml-25m",
            **_CSV,
            readme="ml-25m-README.html",
        ),
        Release(
            name="ml-32m",
            title="MovieLens 32M",
            num_bytes=238_950_008,
            md5="d472be332d4daa821edc399621853b57",
            sha256=None,
            folder="ml-32m",
            **_CSV,
            readme="ml-32m-README.html",
            redistributable=True,
        ),
        Release(
            name="ml-latest-small",
            title="MovieLens latest-small",
            num_bytes=978_202,
            md5="31a303aabbc519bd33d025e44d6c2570",
            sha256="696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
            folder="ml-latest-small",
            **_CSV,
            readme="ml-latest-small-README.html",
            redistributable=True,
            changes_in_place=True,
        ),
    )
}


def find_release(name: str) -> Release:
    """Look a release up by its name; a ValueError lists the names there are."""
    if name not in RELEASES:
        raise ValueError(f"Unknown MovieLens release {name!r}; one of {', '.join(RELEASES)}.")
    return RELEASES[name]
