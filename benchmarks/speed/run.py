"""From the command line to measurements, one after the other, each kept as it ends."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.machine import RESULTS
from benchmarks.speed import (
    commands,
    epochs,
    evaluation,
    extraction,
    growth,
    memory,
    peer_tuning,
    scale,
    time_to_quality,
    training,
)
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.limits import measure_limits
from benchmarks.speed.project import load_data
from benchmarks.speed.reading import put_into_docs
from benchmarks.speed.record import keep, read
from benchmarks.speed.report import write_report

MEASUREMENTS = {
    "training": training.measure,
    "evaluation": evaluation.measure,
    "extraction": extraction.measure,
    "epochs": epochs.measure,
    "peer_tuning": peer_tuning.measure,
    "compare": commands.compare,
    "start_up": commands.start_up,
    "memory": memory.measure,
    "growth": growth.measure,
    "scale": scale.measure,
}


def run(arguments: argparse.Namespace) -> None:
    """Measure what the arguments name."""
    folder = arguments.results or RESULTS
    bench = Bench(
        data=load_data(arguments.overrides),
        overrides=arguments.overrides,
        ml_1m=_ml_1m(arguments.ml_1m),
        large=arguments.large,
        quick=arguments.quick,
        threads=arguments.threads,
        limits=measure_limits(arguments.quick),
    )
    bench.say(f"{bench.data.name}: {bench.data.shape}; {bench.limits}")
    for name in arguments.only:
        keep(folder, name, _measured(name, bench, folder), bench)


def report_what_is_there(results: Path | None) -> None:
    """The report beside the record; the section of docs/ only for the project's own record."""
    record = read(results or RESULTS)
    write_report(results or RESULTS, record)
    if results is None:
        put_into_docs(record)


def _measured(name: str, bench: Bench, folder: Path) -> Measured:
    if name != "time_to_quality":
        return MEASUREMENTS[name](bench)
    tuning = read(folder)["measurements"].get("peer_tuning", {"settings": {}})
    return time_to_quality.measure(bench, tuning["settings"])


def _ml_1m(given: str | None) -> list[str] | None:
    if given is None:
        return None
    if given == "release":
        return ["data=ml_1m"]
    return ["data=delimited", f"data.path={given}", "data.name=ml-1m"]
