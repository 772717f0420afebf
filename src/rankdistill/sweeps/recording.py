"""One job of a sweep: whatever becomes of it is written down, and the others go on."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from rankdistill.config.environment import resolved_settings
from rankdistill.runs.fit import METRICS
from rankdistill.runs.hyperparameters import begin_session, end_session
from rankdistill.sweeps.announcing import progress_line
from rankdistill.sweeps.job_record import OK, TRACEBACK, JobRecord, fail
from rankdistill.sweeps.machine_share import take_share
from rankdistill.sweeps.results_csv import append_row
from rankdistill.sweeps.sweep_job import read_job
from rankdistill.sweeps.sweep_record import RESULTS, SweepRecord, read_sweep, shared_files


def run_recorded(
    run: Callable[[DictConfig], float | None],
    config: DictConfig,
    explain: Callable[[BaseException], str],
) -> float | None:
    """Run a job of a sweep and keep its record, its result's row and its session in TensorBoard.

    Args:
        run: The command.
        config: What Hydra composed for this job.
        explain: From an exception to one line for people.

    Returns:
        What the command returned; None where it failed.
    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    sweep = read_sweep(folder.parent)
    overrides = [str(text) for text in hydra.overrides.task]
    record = JobRecord(folder.name, overrides, axis_values(sweep.axes, overrides), sweep.code)
    for stale in (TRACEBACK, METRICS):  # of an earlier attempt
        (folder / stale).unlink(missing_ok=True)
    record.write(folder)
    begin_session(folder, record.axes, sweep.metrics, sweep.values)
    start = time.perf_counter()
    value = None
    try:
        take_share(config, hydra.launcher, hydra.job.num)
        record.settings = flat(resolved_settings(config))
        record.write(folder)
        value = run(config)
    except Exception as error:
        record.seconds = round(time.perf_counter() - start, 2)
        fail(folder, record, explain(error), traceback.format_exc())
        end_session(folder, {}, succeeded=False)
    else:
        record.seconds, record.status = round(time.perf_counter() - start, 2), OK
        record.write(folder)
        end_session(folder, _reached(folder), succeeded=True)
    publish(folder, sweep, record)
    return value


def axis_values(axes: Sequence[str], overrides: Sequence[str]) -> dict[str, Any]:
    """Typed value of each swept key, without the + of one that was added."""
    typed = {text.partition("=")[0]: text for text in overrides}
    return {key.lstrip("+"): value_of(typed[key]) for key in axes}


def value_of(text: str) -> Any:
    """The typed value of an override; a list or another structure as it was typed."""
    override = OverridesParser.create().parse_override(text)
    value = override.value()
    is_plain = value is None or isinstance(value, str | int | float | bool)
    return value if is_plain else override.get_value_element_as_str()


def flat(node: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted key; lists stay whole."""
    found: dict[str, Any] = {}
    for key, value in node.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = value
    return found


def _reached(folder: Path) -> dict[str, float]:
    return {key: v for key, v in read_job(folder).metrics.items() if key.startswith("test/")}


def publish(folder: Path, sweep: SweepRecord, record: JobRecord) -> None:
    """Add the job's row to the sweep's table, and say what became of it."""
    with shared_files(folder.parent):
        path = folder.parent / RESULTS
        append_row(path, folder)
        with path.open(encoding="utf-8") as stream:
            rows = sum(1 for _ in stream) - 1
        done = sweep.done_before + rows - sweep.rows_before
        print(progress_line(record, sweep, done, time.time()), flush=True)
