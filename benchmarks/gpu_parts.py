"""The parts of gpu.py: what each runs, and what it is compared with.

    python benchmarks/gpu_parts.py PART FOLDER [--quick]

Prints one line of JSON, a list of rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sections import RESULTS


class Row(NamedTuple):
    """A figure beside its aim.

    Attributes:
        what: Was measured.
        value: The figure.
        unit: Of it.
        aim: At most, or at least, so much; None: it is told and not judged.
        is_least: Whether the figure is to be as large as the aim.
    """

    what: str
    value: float
    unit: str
    aim: float | None = None
    is_least: bool = False


class Size(NamedTuple):
    """How much a part does.

    Attributes:
        place: Settings of the device.
        data: Settings of the data; none: MovieLens 100K.
        grid: Settings of the whole grid.
        tenth: Settings of the jobs that are trained one after the other.
        seconds: They may take.
        seeds: Of comparisons, in brackets.
        trials: Of the study.
        study: Its data.
        epochs: Of a timed fit.
        few_users: Users, items and pairs of its data.
        many_users: The same with many users.
        large: The shape of MovieLens 20M.
    """

    place: tuple[str, ...]
    data: tuple[str, ...]
    grid: tuple[str, ...]
    tenth: tuple[str, ...]
    seconds: float
    seeds: str
    trials: int
    study: tuple[str, ...]
    epochs: int
    few_users: tuple[int, int, int]
    many_users: tuple[int, int, int]
    large: tuple[int, int, int]


def _synthetic(users: int, items: int, interactions: int) -> tuple[str, ...]:
    shape = zip(("users", "items", "interactions"), (users, items, interactions), strict=True)
    return "data=synthetic", *(f"data.num_{name}={size}" for name, size in shape)


_TINY = _synthetic(80, 60, 1600)
_ONE_BY_ONE = "hydra/launcher=basic"
FULL = Size(
    place=("trainer=gpu",),
    data=(),
    grid=("sweep=full_grid",),
    tenth=(
        *("-m", "size=d2,d10,d20", "weighting=uniform,position,discrepancy,hybrid"),
        *("sharpness=medium", "top_k=k10,k100", "seed.initialization=1", _ONE_BY_ONE),
    ),
    seconds=75.0,
    seeds="[1,2,3,4,5]",
    trials=32,
    study=_synthetic(5_219, 25_182, 115_000),
    epochs=12,
    few_users=(943, 1_682, 100_000),
    many_users=(20_000, 1_682, 1_000_000),
    large=(138_493, 26_744, 20_000_263),
)
QUICK = Size(
    place=("trainer.threads=1", "trainer.max_epochs=3"),
    data=_TINY,
    grid=(
        *("-m", "size=d2", "weighting=uniform,position", "seed.initialization=1,2"),
        *("hydra/launcher=stacked", "hydra.launcher.n_jobs=1"),
    ),
    tenth=("-m", "size=d2", "weighting=uniform,position", "seed.initialization=1", _ONE_BY_ONE),
    seconds=60.0,
    seeds="[1,2]",
    trials=2,
    study=_TINY,
    epochs=3,
    few_users=(80, 60, 1600),
    many_users=(120, 60, 1600),
    large=(80, 60, 1600),
)
_FEW_SEEDS = "[1,2]"
_QUIET = ("trainer.progress=false",)


def grid(size: Size, folder: Path) -> list[Row]:
    """(a) The grid in stacks, against some of its jobs one after the other."""
    together, alone = folder / "together", folder / "alone"
    store = f"teacher.store={folder / 'teachers'}"

    def command(settings: Sequence[str], where: Path) -> list[str]:
        return [
            "train",
            *settings,
            *size.place,
            *size.data,
            *_QUIET,
            store,
            f"hydra.sweep.dir={where}",
        ]

    whole = _seconds(command(size.grid, together))
    jobs = _results(together)
    one_by_one = _seconds_or_stopped(command(size.tenth, alone), size.seconds)
    few = _results(alone)
    fitting, fitting_alone = (sum(each["fit_seconds"] for each in found) for found in (jobs, few))
    ratio = (fitting_alone / len(few)) / (fitting / len(jobs))
    commands = (one_by_one / len(few)) / (whole / len(jobs))
    return [
        Row(f"`sweep=full_grid`, {len(jobs)} jobs in stacks, the whole command", whole, "s", 60),
        Row("of which fitting", fitting, "s", 15),
        Row(
            f"fitting of {len(few)} jobs one after the other, a job, over it", ratio, "x", 30, True
        ),
        Row("the same of the whole commands", commands, "x"),
    ]


def graphs(size: Size, folder: Path) -> list[Row]:
    """(b) Fits with recorded steps, against plain steps."""
    rows = []
    for loss, shape in (("bpr", size.few_users), ("softmax", size.many_users)):
        shared = [*size.place, "module=student", f"ranking_loss={loss}", "training.batch_size=256"]
        chosen = [[f"trainer.cuda_graphs={graphs}"] for graphs in ("auto", "false")]
        replayed, plain = (
            found["steps_per_second"] for found in _steps(size.epochs, shape, shared, chosen)
        )
        rows.append(Row(f"{loss}, batches of 256, replayed", replayed, "steps/s"))
        rows.append(Row(f"{loss}, replayed over plain steps", replayed / plain, "x", 5, True))
    return rows


def study(size: Size, folder: Path) -> list[Row]:
    """(c) The trials of a study side by side."""
    settings = ["tune", "tuning=plackett_luce", "ranking_loss=softmax", "size=d20"]
    settings += [f"n_trials={size.trials}", f"trials_at_once={size.trials}", "memory_gib=40"]
    settings += ["training.batch_size=128", *size.place, *size.study, "trainer.progress=false"]
    settings += [f"teacher.store={folder / 'teachers'}", f"hydra.run.dir={folder / 'study'}"]
    return [Row(f"`tune`, {size.trials} list-wise students", _seconds(settings), "s", 30)]


def seeds(size: Size, folder: Path) -> list[Row]:
    """(d) A comparison over seeds."""
    whole = _compared("list_wise_d10", size, folder / "compared")
    return [Row(f"`compare experiment=list_wise_d10 seeds={size.seeds}`", whole, "s", 20)]


def large(size: Size, folder: Path) -> list[Row]:
    """(e) The shape of MovieLens 20M, and how much of the memory's bandwidth is used."""
    rows, losses = [], ("softmax", "bpr")
    shared = [*size.place, "module=student", "size=d100"]
    found = _steps(4, size.large, shared, [[f"ranking_loss={loss}"] for loss in losses])
    for loss, each in zip(losses, found, strict=True):
        share = each["gigabytes_per_second"] / each["device_gigabytes_per_second"]
        rows.append(Row(f"20M shape, {loss}", each["interactions_per_second"], "interactions/s"))
        rows.append(Row(f"20M shape, {loss}, Adam's share of the bandwidth", 100 * share, "%"))
    limit = found[0]["device_gigabytes_per_second"]
    return [*rows, Row("a copy within the device's memory, the limit", limit, "GB/s")]


def precisions(size: Size, folder: Path) -> list[Row]:
    """(f) Less than single precision: in time, and in quality beside that of a CPU."""
    kinds = {
        "32-true": ("trainer.precision=32-true",),
        "tf32": ("trainer.matmul_precision=high",),
        "bf16-mixed": ("trainer.precision=bf16-mixed",),
    }
    shared = [*size.place, "module=student", "ranking_loss=softmax", "size=d200"]
    found = _steps(size.epochs, size.many_users, shared, list(map(list, kinds.values())))
    rates = [each["steps_per_second"] for each in found]
    rows = [
        Row(f"softmax, d = 200, {name} over 32-true", rate / rates[0], "x")
        for name, rate in zip(kinds, rates, strict=True)
    ]
    for name, settings in kinds.items():
        where = folder / name
        _compared("softmax_d10", size._replace(seeds=_FEW_SEEDS), where, settings)
        for model in ("teacher", "student", "distilled_student"):
            away, told = _deviations_from_cpu(where, model), model.replace("_", " ")
            rows.append(Row(f"MAP@5 of the {told}, {name}, from a CPU's", away, "std", 2))
    return rows


PARTS: dict[str, Callable[[Size, Path], list[Row]]] = {
    "a": grid,
    "b": graphs,
    "c": study,
    "d": seeds,
    "e": large,
    "f": precisions,
}


def _compared(experiment: str, size: Size, where: Path, settings: Sequence[str] = ()) -> float:
    command = ["compare", f"experiment={experiment}", *size.place, *size.data, *settings]
    command += [f"seeds={size.seeds}", *_QUIET, f"hydra.run.dir={where}"]
    return _seconds([*command, f"teacher.store={where / 'teachers'}"])


def _deviations_from_cpu(where: Path, model: str) -> float:
    """How far the mean lies from the recorded one, in standard deviations over its seeds."""
    recorded = json.loads((RESULTS / "compare_softmax_d10.json").read_text())["models"][model]
    found = json.loads((where / "comparison.json").read_text())["models"][model]
    mine, mean, deviation = (
        each["metrics"]["test/map@5"] for each in (found["mean"], recorded["mean"], recorded["std"])
    )
    return abs(mine - mean) / deviation


def _steps(
    epochs: int, shape: Sequence[int], shared: Sequence[str], each: Sequence[Sequence[str]]
) -> list[dict[str, float]]:
    """Time the steps of models that share data and some settings; see gpu_steps.py."""
    command = [sys.executable, str(Path(__file__).with_name("gpu_steps.py"))]
    command += [*map(str, (epochs, *shape)), *shared, *_QUIET]
    for own in each:
        command += ["--", *own]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _seconds(arguments: Sequence[str]) -> float:
    """Of a command of the program."""
    start = time.perf_counter()
    _run(arguments)
    return time.perf_counter() - start


def _seconds_or_stopped(arguments: Sequence[str], limit: float) -> float:
    """Of a command that is stopped after a while: what it has finished by then counts."""
    start = time.perf_counter()
    with suppress(subprocess.TimeoutExpired):
        _run(arguments, limit)
    return time.perf_counter() - start


def _run(arguments: Sequence[str], limit: float | None = None) -> None:
    command = [sys.executable, "-m", "rankdistill", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=limit)


def _results(sweep: Path) -> list[dict[str, Any]]:
    """What the jobs of a sweep ended with."""
    return [json.loads(path.read_text()) for path in sorted(sweep.glob("*/metrics.json"))]


if __name__ == "__main__":
    part, place = sys.argv[1:3]
    chosen = QUICK if "--quick" in sys.argv[3:] else FULL
    print(json.dumps([row._asdict() for row in PARTS[part](chosen, Path(place))]))
