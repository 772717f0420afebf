"""Run sweeps and comparisons from a notebook or a script, each in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rankdistill.config.quoted_text import quoted
from rankdistill.runs.models_to_train import begun_model
from rankdistill.sweeps.announcing import folder_of, progress_of

if TYPE_CHECKING:
    import polars as pl

_MOST_LINES = 40
"""Of the output that are shown where the program ended without a line for people."""


def sweep(
    overrides: Sequence[str],
    *,
    command: str = "train",
    folder: Path | str | None = None,
    progress: bool = True,
) -> pl.DataFrame:
    """Run a grid as ``rankdistill train -m`` does, and return its table.

    Finished jobs are kept: a second call, or one with a wider grid, runs only what is missing.
    Failed jobs are rows of the table too, and cause a warning.

    Args:
        overrides: As on the command line: ``["sweep=weighting", "size=d2,d10"]``.
        command: What every job runs: train or compare.
        folder: The sweep's folder; None: one in ``outputs/sweeps/``, named by the grid.
        progress: Whether to show a bar: the jobs that have ended, and how the last one did.

    Returns:
        A row per job: swept keys, status, times, sizes, metrics, error, and the job's folder.

    Raises:
        ValueError: If nothing could be run, with the reason.
        KeyboardInterrupt: If it was stopped. Jobs that have ended are kept.
    """
    import polars

    places = [] if folder is None else [f"hydra.sweep.dir={quoted(str(folder))}"]
    found: list[Path] = []

    def look(line: str) -> Stand | None:
        place = folder_of(line)
        if place is not None:
            found.append(Path(place))
        ended = progress_of(line)
        return ended and Stand(*ended, line.partition("] ")[2])

    status, errors = _run([command, "-m", *overrides, *places], look, progress)
    if not found:
        raise ValueError(errors)
    if status != 0:
        warnings.warn(errors, stacklevel=2)
    jobs = polars.read_csv(found[0] / "results.csv", infer_schema_length=None)
    folders = [str(found[0] / job) for job in jobs["job"]]
    return jobs.with_columns(polars.Series("folder", folders, polars.String))


def compare(
    overrides: Sequence[str] = (),
    *,
    folder: Path | str = "outputs/comparison",
    progress: bool = True,
) -> pl.DataFrame:
    """Train teacher, student and distilled student as ``rankdistill compare`` does.

    Args:
        overrides: As on the command line: ``["experiment=list_wise_d10", "seeds=[1,2]"]``.
        folder: Where comparison.md, .png, .json and the runs go; an earlier comparison there is
            replaced.
        progress: Whether to show a bar: the models that have ended, and the one that is trained.

    Returns:
        A row per model: sizes, fit time and the mean of each metric. Columns that end in `` std``
        hold standard deviations over seeds, null for one seed. ``folder`` is that of the run whose
        seed is best on validation; it holds model.ckpt and model.rank. ``folders`` lists those of
        all seeds. The verdict, the tests and the gap closed are in comparison.json.

    Raises:
        ValueError: If it could not run, with the reason.
    """
    import polars

    def look(line: str) -> Stand | None:
        begun = begun_model(line)
        return begun and Stand(begun[0] - 1, begun[1], begun[2])

    place = f"hydra.run.dir={quoted(str(folder))}"
    status, errors = _run(["compare", *overrides, place, "trainer.progress=true"], look, progress)
    if status != 0:
        raise ValueError(errors)
    comparison = json.loads((Path(folder) / "comparison.json").read_text(encoding="utf-8"))
    return polars.DataFrame(
        [
            _model_row(name, model, comparison["monitor"], Path(folder) / name)
            for name, model in comparison["models"].items()
        ],
        infer_schema_length=None,
    )


def _model_row(name: str, model: dict[str, Any], monitor: str, folder: Path) -> dict[str, Any]:
    mean, std, runs = model["mean"], model["std"], model["runs"]
    best = max(runs, key=lambda run: run["metrics"][monitor])
    sizes = ("embedding_dim", "parameters", "weights_bytes", "file_bytes", "fit_seconds")
    row = {"model": name, **{key: mean.get(key) for key in sizes}}
    for key, value in mean["metrics"].items():
        row |= {key: value, f"{key} std": std["metrics"][key]}
    folders = {run["seed"]: str(folder / f"seed-{run['seed']}") for run in runs}
    return {**row, "folder": folders[best["seed"]], "folders": list(folders.values())}


class Stand(NamedTuple):
    """How many jobs or models have ended, of how many, and the rest of the line that said so."""

    ended: int
    of: int
    now: str = ""


def _run(
    arguments: Sequence[str],
    look: Callable[[str], Stand | None],
    progress: bool,
) -> tuple[int, str]:
    """Run the program; return its exit status and the last line that it means for people.

    Args:
        arguments: Of the program.
        look: Reads a line that it prints.
        progress: Whether to show a bar.
    """
    from tqdm.auto import tqdm

    said: list[str] = []
    with (
        subprocess.Popen(
            [sys.executable, "-m", "rankdistill", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches it from this process alone
        ) as process,
        tqdm(
            desc=f"rankdistill {arguments[0]}",
            bar_format="{desc}: {n_fmt}/{total_fmt} {bar} [{elapsed}{postfix}]",
            disable=not progress,
        ) as bar,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                if stand := look(line.rstrip("\n")):
                    bar.n, bar.total = stand.ended, stand.of
                    bar.set_postfix_str(stand.now)
            process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        if process.returncode == 0 and bar.total:
            bar.n = bar.total
            bar.set_postfix_str("")
    lines = [line for line in said if line.startswith("rankdistill: ")]
    if lines:
        return process.returncode, lines[-1].removeprefix("rankdistill: ").rstrip("\n")
    return process.returncode, "".join(said[-_MOST_LINES:])
