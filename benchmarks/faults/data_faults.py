"""Data that lie: malformed rows, damaged archives, a parsed cache that was changed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import torch
from benchmarks.faults.sources import delimited, movielens
from benchmarks.faults.verdict import Fault, flipped, tried

from rankdistill.data.interactions import Interactions
from rankdistill.data.parsed_cache import load_parsed, save_parsed

GARBAGE = (
    b"\0", b"\xff\xfe", b'"', b'"""', b"\n\n", b"\r", b"::", b"1e400", b"-1e400", b"nan", b"inf",
    b"-1", b"9" * 30, b"9" * 5000, b"x" * 200_000, b"\x1b[31m", b",,,,,,", b"'", b"\xe2\x80\xae",
)  # fmt: skip
NUM_ROWS = 300


def _rows(random: Random) -> list[tuple[int, int, int, int]]:
    pairs = sorted(random.sample(range(40 * 30), NUM_ROWS))
    return [(1 + p // 30, 1 + p % 30, 1 + p % 5, 10**9 + p) for p in pairs]


def _csv(random: Random) -> bytes:
    lines = (",".join(map(str, row)) for row in _rows(random))
    return ("userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n").encode()


_MOVIES = "movieId,title,genres\n" + "".join(
    f'{item},"Film {item} (1999)",Drama|War\n' for item in range(1, 31)
)


def _damaged(text: bytes, random: Random) -> tuple[str, bytes]:
    """Text with something put in, or cut out, at a random place."""
    place = random.randrange(len(text))
    if random.random() < 0.25:
        cut = random.randrange(1, 200)
        return f"{cut} bytes cut at {place}", text[:place] + text[place + cut :]
    garbage = random.choice(GARBAGE)
    return f"{garbage[:12]!r} at {place}", text[:place] + garbage + text[place:]


def _is_sound(interactions: Interactions) -> bool:
    ratings = interactions.ratings
    return interactions.num_interactions > 0 and (
        ratings is None or bool(torch.isfinite(ratings).all())
    )


def malformed_tables(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """Something put in or cut out of a table: told with its line, or read as it then stands."""
    path = folder / "table.csv"
    columns: dict[str, Any] = {"rating_column": "rating", "timestamp_column": "timestamp"}
    for _ in range(number):
        name, text = _damaged(_csv(random), random)
        path.write_bytes(text)
        yield tried(name, lambda: delimited(path=path, **columns).load(), _is_sound)


def stray_quotes(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """Two stray quotes far apart, which make one field of the lines between: told, not read."""
    path = folder / "quoted.csv"
    for _ in range(number):
        lines = _csv(random).splitlines()
        first = random.randrange(5, 100)
        last = random.randrange(first + 5, len(lines))
        lines[first] = b'"' + lines[first]
        user, _, rest = lines[last].partition(b",")
        lines[last] = user + b'",' + rest
        path.write_bytes(b"\n".join(lines) + b"\n")
        yield tried(f"lines {first} to {last}", lambda: delimited(path=path).load())


def malformed_releases(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """The files of a release, one of them damaged."""
    place = folder / "ml-latest-small"
    place.mkdir()
    for turn in range(number):
        files = {"ratings.csv": _csv(random), "movies.csv": _MOVIES.encode()}
        damaged = ("ratings.csv", "movies.csv")[turn % 2]
        name, files[damaged] = _damaged(files[damaged], random)
        for file, text in files.items():
            (place / file).write_bytes(text)
        yield tried(f"{damaged}, {name}", lambda: _release(folder, place), _is_sound)


def _release(folder: Path, path: Path) -> Interactions:
    cache = folder / "cache"
    return movielens(path=path, cache=cache).load()


def damaged_archives(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """A bit of an archive in another state, or the archive truncated: never another rating."""
    path = folder / "ml-latest-small.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ml-latest-small/ratings.csv", _csv(random))
        archive.writestr("ml-latest-small/movies.csv", _MOVIES)
    content = path.read_bytes()
    whole = _release(folder, path)
    for turn in range(number):
        if turn % 4 == 3:
            kept = random.randrange(len(content))
            name, changed = f"{kept} bytes", content[:kept]
        else:
            name, changed = flipped(content, random)
        path.write_bytes(changed)
        yield tried(
            name,
            lambda: _release(folder, path),
            lambda found: (
                found.fingerprint == whole.fingerprint and torch.equal(found.ratings, whole.ratings)
            ),
        )


def changed_caches(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """The parsed cache, a bit in another state, cut or with values that cannot be: read anew."""
    place = folder / "ml-latest-small"
    place.mkdir()
    (place / "ratings.csv").write_bytes(_csv(random))
    (place / "movies.csv").write_text(_MOVIES)
    whole = _release(folder, place)
    (cache,) = (folder / "cache" / "parsed").glob("*.npz")
    content = cache.read_bytes()
    key = str(_key_of(cache))

    def same(found: Interactions) -> bool:
        return (
            found.fingerprint == whole.fingerprint
            and torch.equal(_of(found.ratings), _of(whole.ratings))
            and torch.equal(_of(found.timestamps), _of(whole.timestamps))
            and found.labels is not None
            and whole.labels is not None
            and all(
                list(getattr(found.labels, name)) == list(getattr(whole.labels, name))
                for name in ("titles", "genres")
            )
        )

    for turn in range(number):
        name, changed = flipped(content, random)
        if turn % 10 == 8:
            name, changed = "cut", content[: random.randrange(len(content))]
        cache.write_bytes(changed)
        if turn % 10 == 9:
            name = "ids or ratings that cannot be"
            cache.write_bytes(content)
            _falsify(cache, key, random)
        yield tried(name, lambda: _release(folder, place), same)


def _of(values: torch.Tensor | None) -> torch.Tensor:
    assert values is not None
    return values


def _key_of(cache: Path) -> str:
    import numpy as np

    with np.load(cache, allow_pickle=False) as arrays:
        return str(arrays["key"]).partition(" ")[2]


def _falsify(cache: Path, key: str, random: Random) -> None:
    """Write a cache with sound checksums and one value that cannot be."""
    interactions = load_parsed(cache, key)
    assert interactions is not None
    place = random.randrange(interactions.num_interactions)
    if random.random() < 0.5:
        interactions.item_ids[place] = random.choice((-1, 10**6))
    else:
        _of(interactions.ratings)[place] = random.choice((float("nan"), float("inf")))
    save_parsed(cache, key, interactions)
