"""A grid whose processes are killed, stopped and several: real ones, on made-up data."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest
from tests.processes import children_of, has_ended, needs_proc, wait_until
from tests.running import SMALL, SMALL_DISTILLED, run_apart, run_here, start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DISTILLED = tuple(text for text in SMALL_DISTILLED if not text.startswith("size="))
STUDENT = (*SMALL, "module=student")
TIMES = {"seconds", "fit_seconds"}
PLANTED = ("size=d2,d3,d4", "training.learning_rate=0.01,1e30", "weighting=uniform,hybrid")
"""Twelve jobs: four do not compose, four of the others diverge."""
TWO_WORKERS = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
TWO_WITH_STACKS = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=2")


def table(folder):
    path = folder / "results.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as stream:
        return sorted(csv.DictReader(stream), key=lambda row: row["job"])


def without_times(rows):
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def test_a_grid_that_is_killed_twice_ends_as_one_that_is_left_alone(tmp_path, monkeypatch, capsys):
    calm, killed = (
        ["train", "-m", *DISTILLED, *PLANTED, f"hydra.sweep.dir={name}"]
        for name in ("calm", "killed")
    )
    assert run_here(monkeypatch, tmp_path, *calm) == 1
    for num_rows in (2, 6):
        with start(tmp_path, *killed) as program:
            program.wait_until(lambda: len(table(tmp_path / "killed")) >= num_rows)  # noqa: B023
            program.send(signal.SIGKILL)
            program.end()
    assert len(table(tmp_path / "killed")) < 12
    capsys.readouterr()
    assert run_here(monkeypatch, tmp_path, *killed) == 1
    assert "8 of 12 jobs did not end well (8 failed)" in capsys.readouterr().err
    expected, found = (without_times(table(tmp_path / name)) for name in ("calm", "killed"))
    assert len(expected) == 12
    assert found == expected


def test_workers_find_what_one_process_finds_and_share_the_cores(tmp_path, monkeypatch):
    grid = ("size=d2,d4", "weighting=uniform,hybrid")
    settings = [text for text in DISTILLED if not text.startswith("trainer.threads")]
    here = ["train", "-m", *settings, *grid, "hydra.sweep.dir=here", "trainer.threads=1"]
    workers = ["train", "-m", *settings, *grid, *TWO_WORKERS, "hydra.sweep.dir=workers"]
    assert run_here(monkeypatch, tmp_path, *here) == 0
    ended = run_apart(tmp_path, *workers)
    assert ended.returncode == 0, ended.stderr
    expected, found = (without_times(table(tmp_path / name)) for name in ("here", "workers"))
    assert found == expected
    share = json.loads(next((tmp_path / "workers").glob("*/job.json")).read_text())["settings"]
    assert share["trainer.threads"] == max(1, (os.cpu_count() or 1) // 2)


def test_a_killed_worker_fails_its_job_alone(tmp_path):
    deadly = (
        "allow_targets=[tests]",
        "backbone._target_=tests.modules.stand_ins.DeadlyScores",
        "~backbone.init_std",
        "~backbone.embedding_dim",
        "+backbone.score=0,1",
    )
    grid = ["train", "-m", *STUDENT, *deadly, *TWO_WORKERS, "hydra.sweep.dir=grid"]
    ended = run_apart(tmp_path, *grid, PYTHONPATH=str(ROOT))
    assert ended.returncode == 1
    assert "1 of 2 jobs did not end well (1 failed)" in ended.stderr
    rows = {row["backbone.score"]: row for row in table(tmp_path / "grid")}
    statuses = {score: row["status"] for score, row in rows.items()}
    assert statuses == {"0": "failed", "1": "ok"}
    assert "killed, or out of memory" in rows["0"]["error"]


@needs_proc
@pytest.mark.parametrize(
    "launcher",
    [("hydra/launcher=basic",), TWO_WORKERS, TWO_WITH_STACKS],
    ids=["one", "two", "two with stacks"],
)
def test_ctrl_c_stops_a_grid_at_once_and_the_next_start_goes_on(
    launcher, tmp_path, monkeypatch, capsys
):
    grid = ["train", "-m", *STUDENT, "size=d2", "hydra.sweep.dir=grid"]
    endless = [*grid, "trainer.max_epochs=1,1000000", "trainer.patience=1000000"]
    folder = tmp_path / "grid"

    def one_has_ended_and_one_trains():
        return len(table(folder)) == 1 and len(list(folder.glob("*/model.ckpt"))) == 2

    with start(tmp_path, *endless, *launcher) as program:
        program.wait_until(one_has_ended_and_one_trains)
        children = children_of(program.pid)
        program.send(signal.SIGINT)
        ended = program.end()
    wait_until(lambda: all(map(has_ended, children)))
    assert ended.returncode == 130, ended.stderr
    assert "Stopped with 1 of 2 jobs finished; the same command runs the others" in ended.stderr
    assert "Traceback" not in ended.stderr
    shorter = [*grid, "trainer.max_epochs=1,2", "trainer.patience=1000000"]
    assert run_here(monkeypatch, tmp_path, *shorter) == 0
    assert "2 jobs, 1 finished before, 1 to run" in capsys.readouterr().out


def test_jobs_go_through_slurms_launcher_on_this_machine(tmp_path):
    local = ["hydra/launcher=submitit_local", "hydra.launcher.cpus_per_task=1"]
    grid = ["size=d2,d3", "hydra.launcher.timeout_min=60", "hydra.sweep.dir=grid"]
    ended = run_apart(tmp_path, "train", "-m", *STUDENT, *grid, *local)
    assert ended.returncode == 1, ended.stderr
    assert "1 of 2 jobs did not end well" in ended.stderr
    told = [line[:5] for line in ended.stdout.splitlines() if line.startswith("[")]
    assert told == ["[1/2]", "[2/2]"]
    assert [row["status"] for row in table(tmp_path / "grid")] == ["ok", "failed"]


@needs_proc
def test_the_last_of_many_jobs_in_one_process_takes_no_more_memory_than_the_tenth(tmp_path):
    rates = ",".join(f"{0.001 * step:.3f}" for step in range(1, 46))
    settings = [*STUDENT, "size=d2", "trainer.max_epochs=1"]
    grid = [*settings, f"training.learning_rate={rates}", "hydra.sweep.dir=grid"]
    megabytes: dict[int, float] = {}

    def has_all():
        ended = len(list((tmp_path / "grid").glob("*/metrics.json")))
        if ended == 45:
            return True
        status = Path(f"/proc/{program.pid}/status").read_text()
        (size,) = [line.split()[1] for line in status.splitlines() if "VmRSS" in line] or ["0"]
        megabytes[ended] = max(megabytes.get(ended, 0), int(size) / 1024)
        return False

    with start(tmp_path, "train", "-m", *grid) as program:
        program.wait_until(has_all)
        assert program.end().returncode == 0
    early = max(size for ended, size in megabytes.items() if 8 <= ended <= 12)
    late = max(size for ended, size in megabytes.items() if 40 <= ended < 45)
    assert len(table(tmp_path / "grid")) == 45
    assert late - early < 8, megabytes
