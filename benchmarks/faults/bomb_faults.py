"""Files that say little and unpack to much, or claim sizes that no memory holds."""

from __future__ import annotations

import gzip
import io
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from benchmarks.faults.sources import delimited, movielens
from benchmarks.faults.tensor_faults import made_checkpoint
from benchmarks.faults.verdict import Fault, tried

from rankdistill.config.yaml_aliases import refuse_alias_bombs
from rankdistill.rank_files.container import sealed
from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint
from rankdistill.serving.rank_model import load

MIB = 1 << 20
MOST_MEMORY = 400 * MIB
"""What the process may grow by in all, whatever the files say."""


def bombs(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """Bombs of each kind in turn, of random sizes: refused, in little memory."""
    makers = (_zip, _gzip, _header, _members, _claims, _strides, _shapes, _rows, _aliases, _folder)
    before = _peak()
    for turn in range(number):
        maker = makers[turn % len(makers)]
        act = maker(folder, random.randrange(200, 400) * MIB)
        fault = tried(maker.__name__.strip("_"), act)
        grown = _peak() - before
        wrong = f"{grown / MIB:.0f} MiB more memory" if grown > MOST_MEMORY else fault.wrong
        yield Fault(fault.name, wrong)


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _zip(folder: Path, size: int) -> Callable[[], Any]:
    path = folder / "ml-latest-small.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("ml-latest-small/ratings.csv", "w") as member,
    ):
        for _ in range(size // MIB):
            member.write(bytes(MIB))
    source = movielens(path=path, cache=folder / "cache")
    return source.load


def _folder(folder: Path, size: int) -> Callable[[], Any]:
    place = folder / "ml-latest-small"
    place.mkdir(exist_ok=True)
    (place / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,1,1\n")
    with (place / "movies.csv").open("wb") as file:
        file.truncate(size)  # of NULs, and a hole on the disk
    source = movielens(path=place, cache=folder / "cache")
    return source.load


def _gzip(folder: Path, size: int) -> Callable[[], Any]:
    path = folder / "flood.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(size // MIB):
            file.write(b"1,1\n" * (MIB // 4))
    return delimited(path=path, header=False, max_gib=0.1).load


def _header(folder: Path, size: int) -> Callable[[], Any]:
    """A model that says that its header is as long as the file."""
    path = folder / "header.rank"
    with path.open("wb") as file:
        file.write(size.to_bytes(8, "little") + b'{"')
        file.truncate(size + 8)  # of NULs, and a hole on the disk
    return lambda: read_rank_file(path)


def _members(folder: Path, size: int) -> Callable[[], Any]:
    """A checkpoint whose tensors are compressed."""
    buffer, path = io.BytesIO(), folder / "members.ckpt"
    torch.save(made_checkpoint(), buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as archive:
        for name in source.namelist():
            method = zipfile.ZIP_DEFLATED if "/data/" in name else zipfile.ZIP_STORED
            archive.writestr(name, source.read(name), method)
        with archive.open(zipfile.ZipInfo("archive/more"), "w") as member:
            member.write(bytes(MIB))
    return lambda: read_checkpoint(path)


def _loaded(content: dict[str, Any], path: Path) -> Callable[[], Any]:
    torch.save(content, path)
    return lambda: load_backbone(read_checkpoint(path), path)


def _claims(folder: Path, size: int) -> Callable[[], Any]:
    """A checkpoint that says that it has more users than its weights."""
    content = made_checkpoint()
    content["hyper_parameters"]["num_users"] = size
    return _loaded(content, folder / "claims.ckpt")


def _strides(folder: Path, size: int) -> Callable[[], Any]:
    """A checkpoint with a table that repeats one number."""
    content = made_checkpoint()
    content["hyper_parameters"]["num_users"] = size
    content["state_dict"]["backbone.user_bias"] = torch.zeros(()).expand(size)
    return _loaded(content, folder / "strides.ckpt")


def _shapes(folder: Path, size: int) -> Callable[[], Any]:
    """A model with a table whose shape is in no proportion to its codes."""
    path, codes = folder / "shapes.rank", np.zeros(8, np.uint8)
    table = {"shape": [size, size], "bits": 6, "largest_step": 1.0}
    description = {"kind": "item_item", "storage": "int6", "tables": {"item_weights": table}}
    arrays = {f"table.item_weights.{part}": codes for part in ("codes", "exponents")}
    path.write_bytes(sealed(arrays, {**description, "settings": {}, "about": {}}))
    return lambda: load(path)


def _rows(folder: Path, size: int) -> Callable[[], Any]:
    """A model with many wide rows of zeros for the one that its file holds."""
    path, width = folder / "rows.rank", size // MIB * 1024
    marks = np.zeros(width // 8, np.uint8)
    marks[0] = 0b10000000
    table = {"shape": [width, width], "bits": 4, "largest_step": 1.0}
    table |= {"exponent_bits": 4, "exponent_unit": 2}
    parts = {"codes": np.zeros(width // 2, np.uint8), "exponents": marks[:1], "kept_rows": marks}
    arrays = {f"table.item_weights.{part}": array for part, array in parts.items()}
    description = {"kind": "item_item", "storage": "int4", "tables": {"item_weights": table}}
    path.write_bytes(sealed(arrays, {**description, "settings": {}, "about": {}}))
    return lambda: load(path)


def _aliases(folder: Path, size: int) -> Callable[[], Any]:
    place = folder / "conf" / "experiment"
    place.mkdir(parents=True, exist_ok=True)
    lines = ["# @package _global_", "a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]")
    (place / "bomb.yaml").write_text("\n".join(lines))
    return lambda: refuse_alias_bombs(["--config-dir", str(folder / "conf")])
