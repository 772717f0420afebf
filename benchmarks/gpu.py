"""What a GPU reaches, part by part, beside the aims: one command of six minutes.

    python benchmarks/gpu.py [--parts a,b,c,d,e,f] [--again] [--quick]

(a) the grid in stacks, (b) recorded steps, (c) a study, (d) a comparison over seeds, (e) the shape
of MovieLens 20M, (f) tf32 and bfloat16. Every part is a process with a limit of its own; one that
fails is recorded with its last line, and the others go on. A part that is recorded for this
machine is not run again, unless ``--again`` says so. ``--quick`` runs all of them on a CPU with
made-up data of 80 users, to see that they work, in 110 s of the processor; its figures mean nothing
and go to outputs/gpu-quick.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from gpu_parts import PARTS
from machine import RESULTS, machine
from rankdistill.files import write_json_atomically, write_text_atomically
from sections import copy_records

LIMITS = {"a": 170, "b": 60, "c": 60, "d": 45, "e": 90, "f": 90}
"""Seconds that a part may take."""

TOTAL = 360.0
"""Seconds of all parts together."""

PATIENCE = 10
"""Times as long a part may take where the script is only tried."""


def measured(part: str, limit: float, quick: bool) -> dict[str, Any]:
    """The record of one part: its rows, or why it failed."""
    folder = tempfile.mkdtemp(prefix=f"gpu-{part}-")
    program = [sys.executable, str(Path(__file__).with_name("gpu_parts.py")), part, folder]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*program, *(["--quick"] if quick else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, complained = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with the commands that it has started
        process.communicate()
        found: dict[str, Any] = {"failed": f"it took longer than {limit:.0f} s"}
    else:
        is_done = process.returncode == 0
        found = (
            {"rows": json.loads(said.splitlines()[-1])}
            if is_done
            else {"failed": reason(complained)}
        )
    shutil.rmtree(folder, ignore_errors=True)
    return {**found, "seconds": time.perf_counter() - start}


def reason(said: str) -> str:
    """The program's own last line, before what the process that started it says of that."""
    lines = [line.rstrip() for line in said.splitlines() if line.strip() and line[0] != " "]
    own = [line for line in lines if not line.startswith(("Traceback", "subprocess."))]
    return (own or ["it said nothing"])[-1]


def table(record: dict[str, Any]) -> list[str]:
    """The record as lines of Markdown."""
    lines = [f"Measured on {record['device']}.", ""]
    lines += ["| part | what | reached | aim |", "|---|---|--:|--:|"]
    for part, found in sorted(record["parts"].items()):
        if "failed" in found:
            lines.append(f"| {part} | **failed**: {found['failed'].replace('|', '/')} | - | - |")
        for row in found.get("rows", []):
            reached = f"{row['value']:,.3g} {row['unit']}"
            lines.append(f"| {part} | {row['what']} | {reached} | {_aim(row)} |")
    return [*lines, "", f"{record['machine']}."]


def _aim(row: dict[str, Any]) -> str:
    if row["aim"] is None:
        return "-"
    sign, reached = "≤", row["value"] <= row["aim"]
    if row["is_least"]:
        sign, reached = "≥", row["value"] >= row["aim"]
    return f"{sign} {row['aim']:g} {row['unit']}{'' if reached else ', **missed**'}"


def recorded(path: Path, device: str) -> dict[str, Any]:
    """What was measured on this machine before."""
    empty = {"device": device, "machine": machine(), "parts": {}}
    if not path.exists():
        return empty
    earlier = json.loads(path.read_text())
    same = all(earlier[name] == empty[name] for name in ("device", "machine"))
    return earlier if same else empty


def run(parts: Sequence[str], folder: Path, again: bool, quick: bool) -> None:
    """Measure the parts that are missing, and write gpu.json and gpu.md after each."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "a CPU, no GPU"
    if not quick and not torch.cuda.is_available():
        raise SystemExit("There is no CUDA device here: add --quick to try the script on a CPU.")
    patience = PATIENCE if quick else 1
    path, end = folder / "gpu.json", time.perf_counter() + patience * TOTAL
    folder.mkdir(parents=True, exist_ok=True)
    record = recorded(path, device)
    for part in parts:
        if "rows" in record["parts"].get(part, {}) and not again:
            continue
        limit = min(patience * LIMITS[part], end - time.perf_counter())
        if limit < 1:
            print(f"({part}) no time is left for it: start the command again.")
            continue
        record["parts"][part] = measured(part, limit, quick)
        write_json_atomically(path, record)
        write_text_atomically(folder / "gpu.md", "\n".join([*table(record), ""]))
        print(f"({part}) took {record['parts'][part]['seconds']:.0f} s", flush=True)
    print("\n".join(table(record)))
    if not quick:
        copy_records()
    if any("failed" in record["parts"][part] for part in parts if part in record["parts"]):
        raise SystemExit(1)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--again", action="store_true", help="measure parts that are recorded")
    parser.add_argument("--quick", action="store_true", help="made-up data, on a CPU")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"--parts {','.join(unknown)}: choose among {', '.join(PARTS)}")
    folder = Path("outputs/gpu-quick") if arguments.quick else RESULTS
    run(parts, folder, arguments.again, arguments.quick)


if __name__ == "__main__":
    main()
