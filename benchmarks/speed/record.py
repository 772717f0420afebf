"""The record: one JSON file, into which each measurement's figures go as it ends."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.speed.bench import Bench, Measured

from rankdistill.files import write_json_atomically

NAME = "speed.json"


def read(folder: Path) -> dict[str, Any]:
    """What is recorded; empty where nothing is."""
    path = folder / NAME
    return json.loads(path.read_text()) if path.exists() else {"measurements": {}}


def keep(folder: Path, name: str, measured: Measured, bench: Bench) -> dict[str, Any]:
    """Put one measurement in the place of an earlier one; the whole record."""
    record = read(folder)
    record["measurements"][name] = {
        "machine": machine(),
        "threads": bench.threads,
        "quick": bench.quick,
        "limits": bench.limits.as_record(),
        **asdict(measured),
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_json_atomically(folder / NAME, record)
    return record
