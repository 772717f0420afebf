"""Whole commands as a person starts them: `compare` end to end, start-up, memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.turns import summary

EXPERIMENTS = ("list_wise_d10", "softmax_d10", "pointwise_d10")
COMPARISONS = 1
"""Runs of each: they take half a minute, and nearly all of it is fitting."""
PROGRAM = (sys.executable, "-m", "rankdistill")
STARTS: Mapping[str, tuple[str, ...]] = {
    "python alone": (sys.executable, "-c", "pass"),
    "import torch": (sys.executable, "-c", "import torch"),
    "import pytorch_lightning": (sys.executable, "-c", "import pytorch_lightning"),
    "rankdistill --help": (*PROGRAM, "--help"),
    "rankdistill train --cfg job": (*PROGRAM, "train", "--cfg", "job"),
}
TRAININGS = {"train module=student": ("train", "module=student"), "train": ("train",)}
SHORT = ("trainer.max_epochs=2", "trainer.patience=2")
"""What is outside fit and test does not depend on how long they take."""


def compare(bench: Bench) -> Measured:
    """`compare` with one seed and an empty teacher store, fitting and evaluation told apart."""
    measured = Measured({"data": bench.data.name, "seeds": 1, "teacher store": "empty"})
    for experiment in EXPERIMENTS[:1] if bench.quick else EXPERIMENTS:
        arguments = ["compare", f"experiment={experiment}", "seeds=[1]", *bench.overrides]
        arguments += [f"trainer.threads={bench.threads}"]
        arguments += ["trainer.max_epochs=1", "trainer.patience=1"] if bench.quick else []
        for part, seconds in _parts(bench, arguments, COMPARISONS).items():
            unit = "MiB" if part == "peak memory" else "s"
            measured.add(unit, summary(seconds), experiment=experiment, part=part)
            bench.say(f"compare experiment={experiment}: {part} {seconds}")
    return measured


def start_up(bench: Bench) -> Measured:
    """Seconds until help is shown, and what `train` takes outside fit and test."""
    turns = 3
    measured = Measured({"data": bench.data.name, "train": " ".join(SHORT)})
    runs = {name: _silently(command) for name, command in STARTS.items()}
    for name, seconds in bench.in_turns(runs, turns).items():
        measured.add("s", summary(seconds), command=name)
        bench.say(f"{name}: {seconds}")
    for name, arguments in TRAININGS.items():
        with_data = [*arguments, *SHORT, *bench.overrides, f"trainer.threads={bench.threads}"]
        for part, seconds in _parts(bench, with_data, turns).items():
            unit = "MiB" if part == "peak memory" else "s"
            measured.add(unit, summary(seconds), command=f"rankdistill {name}", part=part)
            bench.say(f"rankdistill {name}: {part} {seconds}")
    return measured


def _silently(command: tuple[str, ...]):
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL) and None


def _parts(bench: Bench, arguments: list[str], turns: int) -> dict[str, list[float]]:
    """The whole process, and what of it was fitting, evaluation and neither; peak memory."""
    parts: dict[str, list[float]] = defaultdict(list)
    for _ in range(1 if bench.quick else turns):
        for part, value in timed_command(arguments).items():
            parts[part].append(value)
    return parts


def timed_command(arguments: list[str]) -> dict[str, float]:
    """Run a command in a folder of its own and read its clocks."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "seconds.json"
        command = [sys.executable, "-m", "benchmarks.speed.timed", str(output), *arguments]
        command += ["trainer.progress=false", f"hydra.run.dir={folder}/run"]
        if "module=student" not in arguments and "module=teacher" not in arguments:
            command.append(f"teacher.store={folder}/teachers")
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        whole = time.perf_counter() - start
        clocks = json.loads(output.read_text())
    return {
        "whole process": whole,
        "fitting": clocks["fit"],
        "evaluation": clocks["evaluate"],
        "all else": whole - clocks["fit"] - clocks["evaluate"],
        "peak memory": clocks["peak_mebibytes"],
    }
