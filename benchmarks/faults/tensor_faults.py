"""Checkpoints that lie: flips, truncations, wrong contents, code in a pickle."""

from __future__ import annotations

import copy
import gzip
import io
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import torch
from benchmarks.faults.verdict import Fault, flipped, tried

from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint

NUM_USERS, NUM_ITEMS, DIM = 40, 30, 4
TARGET = "rankdistill.backbones.matrix_factorization.MatrixFactorization"
WRONG = (None, True, -1, 0, 1.5, float("nan"), 1 << 40, "", "x" * 4000, [], {}, [[]], {"a": 1})


def made_checkpoint() -> dict[str, Any]:
    """A small checkpoint of random weights, as training writes them."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    weights = {
        "user_bias": random(NUM_USERS),
        "item_bias": random(NUM_ITEMS),
        "user_embedding.weight": random(NUM_USERS, DIM),
        "item_embedding.weight": random(NUM_ITEMS, DIM),
    }
    return {
        "epoch": 1,
        "state_dict": {f"backbone.{name}": weight for name, weight in weights.items()},
        "hyper_parameters": {
            "backbone": {"_target_": TARGET, "embedding_dim": DIM},
            "num_users": NUM_USERS,
            "num_items": NUM_ITEMS,
            "data": {
                "fingerprint": "0" * 16,
                "split_fingerprint": "1" * 16,
                "split_seed": 0,
                "config": {"data": {"_target_": "x", "release": "ml-100k"}, "split": {}},
            },
        },
    }


def equal(one: Any, other: Any) -> bool:
    """Whether two nested values are the same, tensors bit by bit."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    return bool(one == other)


def flips(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """One bit in another state: an error, or no other content."""
    content, path = made_checkpoint(), folder / "flipped.ckpt"
    torch.save(content, path)
    whole = path.read_bytes()
    for _ in range(number):
        name, changed = flipped(whole, random)
        path.write_bytes(changed)
        yield tried(name, lambda: read_checkpoint(path), lambda found: equal(found, content))


def truncations(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """The first bytes of a file alone."""
    path = folder / "truncated.ckpt"
    torch.save(made_checkpoint(), path)
    whole = path.read_bytes()
    for _ in range(number):
        kept = random.randrange(len(whole))
        path.write_bytes(whole[:kept])
        yield tried(f"{kept} bytes", lambda: read_checkpoint(path))


def wrong_contents(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """Sound files of a checkpoint where one value is missing or of another kind."""
    path = folder / "wrong.ckpt"
    for _ in range(number):
        content = copy.deepcopy(made_checkpoint())
        places = list(_places(content))
        node, key = random.choice(places)
        if random.random() < 0.3:
            del node[key]
            name = f"without {key}"
        else:
            node[key] = random.choice(WRONG)
            name = f"{key} is {str(node[key])[:20]!r}"
        torch.save(content, path)
        yield tried(name, lambda: load_backbone(read_checkpoint(path), path), lambda _: True)


def _places(node: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for key, value in node.items():
        yield node, key
        if isinstance(value, dict):
            yield from _places(value)


def flips_with_sound_checksums(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """A bit of the pickle in another state, the file's checksums made anew."""
    buffer = io.BytesIO()
    torch.save(made_checkpoint(), buffer)
    members = _members(buffer.getvalue())
    (pickled,) = (name for name in members if name.endswith("data.pkl"))
    path = folder / "pickle.ckpt"
    for _ in range(number):
        name, content = flipped(members[pickled], random)
        with zipfile.ZipFile(path, "w") as archive:
            for member, kept in members.items():
                archive.writestr(member, content if member == pickled else kept)
        yield tried(name, lambda: load_backbone(read_checkpoint(path), path), lambda _: True)


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class _Hostile:
    """Calls a function where a pickle is loaded without care."""

    def __init__(self, call: Any, *arguments: Any):
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call, self.arguments


def code_in_pickles(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """Pickles that open a file, evaluate, execute or import; the file must not be there after."""
    trace, path = folder / "trace", folder / "hostile.ckpt"
    write = f"open({str(trace)!r}, 'w')"
    hostile = [
        _Hostile(open, str(trace), "w"),
        _Hostile(eval, write),
        _Hostile(exec, write),
        _Hostile(__import__, "antigravity_of_nobody"),
        _Hostile(os.system, f"touch {trace}"),
    ]
    forms: list[Callable[[Any], bytes]] = [
        lambda harm: _saved({**made_checkpoint(), "hyper_parameters": harm}),
        lambda harm: pickle.dumps(harm, protocol=2),
        lambda harm: gzip.compress(_saved({"storage": "int6", "weights": harm})),
        _saved,
    ]
    for place in range(number):
        harm, form = hostile[place % len(hostile)], forms[place // len(hostile) % len(forms)]
        path.write_bytes(form(harm))
        read = random.choice((read_checkpoint, read_rank_file))
        fault = tried(f"{harm.call.__name__}", lambda read=read: read(path))
        yield Fault(fault.name, "it ran" if trace.exists() else fault.wrong)


def _saved(content: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()
