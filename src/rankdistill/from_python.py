"""Run sweeps and comparisons from a notebook or a script, each in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rankdistill.config.quoted_text import quoted
from rankdistill.sweeps.announcing import folder_of, progress_of

if TYPE_CHECKING:
    import polars as pl


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
        progress: Whether to show a bar.

    Returns:
        A row per job: swept keys, status, times, sizes, metrics and error.

    Raises:
        ValueError: If nothing could be run, with the reason.
        KeyboardInterrupt: If it was stopped. Jobs that have ended are kept.
    """
    import polars

    places = [] if folder is None else [f"hydra.sweep.dir={quoted(str(folder))}"]
    found: list[Path] = []

    def look(line: str) -> tuple[int, int] | None:
        place = folder_of(line)
        if place is not None:
            found.append(Path(place))
        return progress_of(line)

    status, errors = _run([command, "-m", *overrides, *places], look, progress)
    if not found:
        raise ValueError(errors)
    if status != 0:
        warnings.warn(errors, stacklevel=2)
    return polars.read_csv(found[0] / "results.csv", infer_schema_length=None)


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
        progress: Whether to show a progress bar.

    Returns:
        A row per model: sizes, fit time and the mean of each metric. Columns that end in `` std``
        hold standard deviations over seeds, null for one seed. Tests and the gap closed are in
        comparison.json.

    Raises:
        ValueError: If it could not run, with the reason.
    """
    import polars

    status, errors = _run(
        ["compare", *overrides, f"hydra.run.dir={quoted(str(folder))}"], lambda _: None, progress
    )
    if status != 0:
        raise ValueError(errors)
    comparison = json.loads((Path(folder) / "comparison.json").read_text(encoding="utf-8"))
    return polars.DataFrame(
        [_model_row(name, model) for name, model in comparison["models"].items()],
        infer_schema_length=None,
    )


def _model_row(name: str, model: dict[str, Any]) -> dict[str, Any]:
    mean, std = model["mean"], model["std"]
    sizes = ("embedding_dim", "parameters", "weights_bytes", "fit_seconds")
    row = {"model": name, **{key: mean.get(key) for key in sizes}}
    for key, value in mean["metrics"].items():
        row |= {key: value, f"{key} std": std["metrics"][key]}
    return row


def _run(
    arguments: Sequence[str],
    look: Callable[[str], tuple[int, int] | None],
    progress: bool,
) -> tuple[int, str]:
    """Run the program; return its exit status and the last line of its error stream."""
    from tqdm.auto import tqdm

    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        subprocess.Popen(
            [sys.executable, "-m", "rankdistill", *arguments, "trainer.progress=false"],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,  # Ctrl-C reaches it from this process alone
        ) as process,
        tqdm(desc=f"rankdistill {arguments[0]}", unit="job", disable=not progress) as bar,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if place := look(line.rstrip("\n")):
                    bar.n, bar.total = place
                    bar.refresh()
            process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        said.seek(0)
        errors = said.read()
    lines = [line for line in errors.splitlines() if line.startswith("rankdistill: ")]
    return process.returncode, lines[-1].removeprefix("rankdistill: ") if lines else errors
