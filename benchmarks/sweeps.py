"""What a job of a sweep costs beside fitting and evaluating, and what workers and stacks gain.

    python benchmarks/sweeps.py [--jobs 24] [--rounds 3]

MovieLens 100K, distilled students of 10 over seeds of sampling; the teacher is made before the
clock starts. The first table is one process, whose calls are timed from outside; the second runs
the same grid with the basic launcher, with two workers of joblib and in stacks of one process and
two, in turn, each as a person would start it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytorch_lightning as pl
from hydra._internal.config_loader_impl import ConfigLoaderImpl

from machine import keep
from rankdistill import cli, settings
from rankdistill.commands import train
from rankdistill.reporting.wording import counted
from rankdistill.runs import fit, preparing
from rankdistill.sweeps import recording
from rankdistill.sweeps.launching import Launching
from sections import copy_records

WORKERS, STACKED = "joblib, two workers of one thread", "stacked, two processes of one thread"
LAUNCHERS = {
    "basic, one thread": ["trainer.threads=1"],
    "basic, as many threads as PyTorch takes": [],
    WORKERS: ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"],
    "stacked, one process": ["hydra/launcher=stacked", "hydra.launcher.n_jobs=1"],
    STACKED: ["hydra/launcher=stacked", "hydra.launcher.n_jobs=2"],
}

PARTS: dict[str, list[tuple[Any, str]]] = {
    "whole job": [(Launching, "_launch")],
    "fit": [(pl.Trainer, "fit")],
    "evaluate": [(pl.Trainer, "validate"), (pl.Trainer, "test")],
    "compose the configuration": [(ConfigLoaderImpl, "load_sweep_config")],
    "load the data": [(train, "make_datamodule")],
    "check the configuration": [(settings, "read_config")],
    "load the teacher": [(preparing, "obtain_teacher")],
    "build the model": [(preparing, "make_model")],
    "build the trainer": [(fit, "make_trainer")],
    "store the weights": [
        (fit, "stored_tables"),
        (fit, "restored_weights"),
        (fit, "ship"),
        (fit, "read_checkpoint"),
    ],
    "write the session for TensorBoard": [
        (recording, "begin_session"),
        (recording, "end_session"),
    ],
    "add the row to results.csv": [(recording, "publish")],
}


@contextmanager
def timed(seconds: dict[str, list[float]]) -> Iterator[None]:
    """Add up what the calls of each part take."""

    def around(part: str, called: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return called(*args, **kwargs)
            finally:
                seconds[part].append(time.perf_counter() - start)

        return call

    with ExitStack() as stack:
        for part, places in PARTS.items():
            for owner, name in places:
                replacement = around(part, getattr(owner, name))
                stack.enter_context(mock.patch.object(owner, name, replacement))
        yield


def overhead(num_jobs: int, store: Path) -> list[str]:
    """Milliseconds per job of every part, in one process."""
    seconds: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, timed(seconds):
        arguments = grid(num_jobs, store, Path(folder), "trainer.threads=2")
        with mock.patch.object(sys, "argv", ["rankdistill", *arguments]):
            cli.main()
    ms = {part: 1000 * sum(values) / num_jobs for part, values in seconds.items()}
    working = ms["fit"] + ms["evaluate"]
    named = sum(ms[part] for part in PARTS) - ms["whole job"] - working
    rows = [
        ("whole job", ms["whole job"]),
        ("fit and validate", ms["fit"]),
        ("evaluate the best epoch", ms["evaluate"]),
        ("**everything else**", ms["whole job"] - working),
        *((f"  {part}", ms[part]) for part in list(PARTS)[3:]),
        ("  what is left", ms["whole job"] - working - named),
    ]
    return ["| part of a job | ms |", "|---|--:|", *(f"| {name} | {v:.0f} |" for name, v in rows)]


def grid(num_jobs: int, store: Path, folder: Path, *more: str) -> list[str]:
    """The arguments of the grid."""
    seeds = ",".join(str(seed) for seed in range(1, num_jobs + 1))
    return [
        "train",
        "-m",
        "size=d10",
        f"seed.sampling={seeds}",
        "teacher.seed.sampling=1",
        f"teacher.store={store}",
        f"hydra.sweep.dir={folder}",
        *more,
    ]


def whole(num_jobs: int, store: Path, *launcher: str) -> float:
    """Seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rankdistill", *grid(num_jobs, store, Path(folder))]
        start = time.perf_counter()
        subprocess.run([*command, *launcher], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def faster(took: dict[str, list[float]], one: str, than: str) -> str:
    """How a launcher compares with another, round by round."""
    ratios = [slow / fast for slow, fast in zip(took[than], took[one], strict=True)]
    return (
        f"{one} against {than}: {statistics.median(ratios):.2f} times as fast "
        f"({min(ratios):.2f} to {max(ratios):.2f})."
    )


def main() -> None:
    """Measure both and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as kept:
        store = Path(kept)
        whole(1, store)
        parts = overhead(arguments.jobs, store)
        took: dict[str, list[float]] = defaultdict(list)
        for _ in range(arguments.rounds):
            for name, launcher in LAUNCHERS.items():
                took[name].append(whole(arguments.jobs, store, *launcher))
    lines = [
        f"A job of a sweep in one process, mean of {arguments.jobs}:",
        "",
        *parts,
        "",
        f"The whole command with {arguments.jobs} jobs, {counted(arguments.rounds, 'round')}:",
        "",
        "| launcher | seconds, median | from | to |",
        "|---|--:|--:|--:|",
        *(
            f"| {name} | {statistics.median(values):.1f} | {min(values):.1f} | {max(values):.1f} |"
            for name, values in took.items()
        ),
        "",
        *(faster(took, WORKERS, than) for than in list(LAUNCHERS)[:2]),
        *(faster(took, STACKED, than) for than in list(LAUNCHERS)[:3]),
    ]
    keep("sweeps", lines)
    copy_records()


if __name__ == "__main__":
    main()
