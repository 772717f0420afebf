"""Files that ship and lie: flips, truncations, headers and descriptions with a right checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from benchmarks.faults.verdict import Fault, flipped, tried

from rankdistill import serving
from rankdistill.rank_files.contents import SeenLists
from rankdistill.rank_files.tables import encoded

NUM_USERS, NUM_ITEMS, DIM = 40, 30, 4
WRONG = (None, True, -1, 0, 1.5, 1 << 40, 1 << 70, "", "x" * 4000, [], {}, [[]], [-1, 2], {"a": 1})


def made_file(path: Path, bits: int) -> bytes:
    """Write a small model of random weights, as training writes them, and return its bytes."""
    random = np.random.default_rng(0)
    shapes = {"users": (NUM_USERS, DIM), "items": (NUM_ITEMS, DIM), "item_bias": (NUM_ITEMS,)}
    tables = {
        name: encoded(name, random.standard_normal(shape).astype(np.float32), bits)
        for name, shape in shapes.items()
    }
    model = serving.RankFile(
        kind="factors",
        storage="any",
        tables=tables,
        item_ids=tuple(f"i{item}" for item in range(NUM_ITEMS)),
        item_titles=tuple(f"Film {item}" for item in range(NUM_ITEMS)),
        item_counts=np.arange(NUM_ITEMS),
        user_ids=tuple(f"u{user}" for user in range(NUM_USERS)),
        seen=SeenLists(np.full(NUM_USERS, 2), np.arange(2 * NUM_USERS) % NUM_ITEMS),
        about={"data": {"name": "made up"}},
    )
    serving.write(path, model)
    return path.read_bytes()


def flips(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """One bit in another state: an error."""
    path = folder / "flipped.rank"
    files = [made_file(path, bits) for bits in (32, 6)]
    for place in range(number):
        name, content = flipped(files[place % 2], random)
        path.write_bytes(content)
        yield tried(name, lambda: serving.load(path))


def truncations(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """The first bytes of a file alone, or more bytes than it had."""
    path = folder / "truncated.rank"
    whole = made_file(path, 6)
    for _ in range(number):
        kept = random.randrange(len(whole))
        path.write_bytes(random.choice((whole[:kept], whole + whole[:kept] + b"1")))
        yield tried(f"{kept} bytes", lambda: serving.load(path))


def lies_under_right_checksums(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """A header or a description where one value is missing or another: no lists but sound ones."""
    path = folder / "lies.rank"
    files = [made_file(path, bits) for bits in (32, 6)]
    for place in range(number):
        content = files[place % 2]
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        description = json.loads(header["__metadata__"]["rankdistill"])
        node, key = random.choice([*_places(random.choice((header, description)))])
        if random.random() < 0.3:
            del node[key]
            name = f"without {key}"
        else:
            node[key] = random.choice(WRONG)
            name = f"{key} is {str(node[key])[:20]!r}"
        path.write_bytes(_sealed(header, description, content[8 + size :]))
        yield tried(name, lambda: serving.load(path).recommend(user="u1"), _is_sound)


def _is_sound(found: serving.Recommendations) -> bool:
    return len(found) <= 10 and all(np.isfinite(score) for _, _, score in found)


def _places(node: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for key, value in node.items():
        yield node, key
        if isinstance(value, dict):
            yield from _places(value)


def _sealed(header: dict[str, Any], description: dict[str, Any], data: bytes) -> bytes:
    """A file with this header and the checksum that belongs to it."""
    if "sha256" in description:
        description["sha256"] = "0" * 64
    if isinstance(header.get("__metadata__"), dict) and "rankdistill" in header["__metadata__"]:
        header["__metadata__"]["rankdistill"] = json.dumps(description)
    text = json.dumps(header).encode()
    content = len(text).to_bytes(8, "little") + text + data
    digits = hashlib.sha256(content).hexdigest().encode()
    return content.replace(b"0" * 64, digits, 1)
