"""Run one job of a sweep and write down what became of it, so that the others go on."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from rankdistill.config.environment import resolved_settings
from rankdistill.runs.fit import METRICS
from rankdistill.runs.hyperparameters import begin_session, end_session
from rankdistill.sweeps.announcing import progress_line
from rankdistill.sweeps.garbage import COLLECTOR
from rankdistill.sweeps.job_record import OK, TRACEBACK, JobRecord, fail
from rankdistill.sweeps.job_result import read_result
from rankdistill.sweeps.machine_share import take_share
from rankdistill.sweeps.results_csv import append_row
from rankdistill.sweeps.sweep_record import (
    RESULTS,
    SweepRecord,
    read_sweep_record,
    shared_files,
)
from rankdistill.sweeps.typed_values import axis_values, flat


def run_recorded(
    run: Callable[[DictConfig], float | None],
    config: DictConfig,
    explain: Callable[[BaseException], str],
) -> float | None:
    """Run a job of a sweep; keep its record, its row of results and its TensorBoard session.

    Args:
        run: The command.
        config: What Hydra composed for this job.
        explain: From an exception to one line for people.

    Returns:
        What the command returned; None where it failed.
    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    sweep = read_sweep_record(folder.parent)
    assert sweep.num_jobs, f"{folder.parent} has no record of the sweep."
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
        metrics = read_result(folder).metrics
        tested = {key: v for key, v in metrics.items() if key.startswith("test/")}
        end_session(folder, tested, succeeded=True)
    publish(folder, sweep, record)
    COLLECTOR.after_job()
    return value


def publish(folder: Path, sweep: SweepRecord, record: JobRecord) -> None:
    """Add the job's row to the sweep's table, and print what became of the job."""
    with shared_files(folder.parent):
        path = folder.parent / RESULTS
        append_row(path, folder)
        with path.open(encoding="utf-8") as stream:
            rows = sum(1 for _ in stream) - 1
        done = sweep.done_before + rows - sweep.rows_before
        print(progress_line(record, sweep, done, time.time()), flush=True)
