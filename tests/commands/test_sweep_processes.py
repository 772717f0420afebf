"""A grid whose processes are killed, stopped and several: real ones, on made-up data."""

import csv
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from tests.running import SMALL, SMALL_DISTILLED, run_apart, start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DISTILLED = tuple(text for text in SMALL_DISTILLED if not text.startswith("size="))
TIMES = {"seconds", "fit_seconds"}
PLANTED = ("size=d2,d3,d4", "training.learning_rate=0.01,1e30", "weighting=uniform,hybrid")
"""Twelve jobs: four do not compose, four of the others diverge."""


def table(folder):
    path = folder / "results.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as stream:
        return sorted(csv.DictReader(stream), key=lambda row: row["job"])


def without_times(rows):
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def kill_after(process, folder, num_rows):
    """Kill the whole group at once, with so many jobs ended."""
    until = time.monotonic() + 120
    while len(table(folder)) < num_rows and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(random.Random(num_rows).uniform(0, 0.4))
    process.kill()
    process.communicate()


def test_a_grid_that_is_killed_twice_ends_as_one_that_is_left_alone(tmp_path):
    calm = ["train", "-m", *DISTILLED, *PLANTED, "hydra.sweep.dir=calm"]
    killed = ["train", "-m", *DISTILLED, *PLANTED, "hydra.sweep.dir=killed"]
    assert run_apart(tmp_path, *calm, timeout=300).returncode == 1
    for num_rows in (2, 6):
        with start(tmp_path, *killed) as process:
            kill_after(process, tmp_path / "killed", num_rows)
    assert len(table(tmp_path / "killed")) < 12
    ended = run_apart(tmp_path, *killed, timeout=300)
    assert ended.returncode == 1
    assert "8 of 12 jobs did not end well (8 failed)" in ended.stderr
    expected, found = (without_times(table(tmp_path / name)) for name in ("calm", "killed"))
    assert len(expected) == 12
    assert found == expected


def test_workers_find_what_one_process_finds_and_share_the_cores(tmp_path):
    grid = ("size=d2,d4", "weighting=uniform,hybrid")
    settings = [text for text in DISTILLED if not text.startswith("trainer.threads")]
    here = ["train", "-m", *settings, *grid, "hydra.sweep.dir=here", "trainer.threads=1"]
    workers = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "hydra.sweep.dir=workers"]
    assert run_apart(tmp_path, *here).returncode == 0
    assert run_apart(tmp_path, "train", "-m", *settings, *grid, *workers).returncode == 0
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
        "+backbone.score=0,1,2,3",
    )
    settings = [*SMALL, "module=student", *deadly, "hydra.sweep.dir=grid"]
    workers = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    ended = run_apart(tmp_path, "train", "-m", *settings, *workers, PYTHONPATH=str(ROOT))
    assert ended.returncode == 1
    assert "1 of 4 jobs did not end well (1 failed)" in ended.stderr
    rows = {row["backbone.score"]: row for row in table(tmp_path / "grid")}
    assert {score: row["status"] for score, row in rows.items()} == {
        "0": "failed",
        "1": "ok",
        "2": "ok",
        "3": "ok",
    }
    assert "killed, or out of memory" in rows["0"]["error"]


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_ctrl_c_stops_a_grid_at_once_and_the_same_command_goes_on(launcher, tmp_path):
    grid = [*DISTILLED, "size=d2,d4,d8,d10,d16,d20", "trainer.max_epochs=40"]
    workers = ["hydra.launcher.n_jobs=2"] if launcher == "joblib" else []
    command = ["train", "-m", *grid, f"hydra/launcher={launcher}", *workers]
    command.append("hydra.sweep.dir=grid")
    with start(tmp_path, *command) as process:
        until = time.monotonic() + 120
        while len(table(tmp_path / "grid")) < 1:
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, errors = process.communicate(timeout=60)
        assert time.monotonic() - began < 15
    assert process.returncode == 130, errors
    assert "the same command runs the others" in errors
    assert "Traceback" not in errors
    ended = run_apart(tmp_path, *command)
    assert ended.returncode == 0
    assert "6 jobs, 0 finished before" not in ended.stdout
    assert len(table(tmp_path / "grid")) == 6


def test_jobs_go_through_slurms_launcher_on_this_machine(tmp_path):
    local = ["hydra/launcher=submitit_local", "hydra.launcher.cpus_per_task=1"]
    grid = [*DISTILLED, "size=d2,d3,d4", "hydra.launcher.timeout_min=5", "hydra.sweep.dir=grid"]
    ended = run_apart(tmp_path, "train", "-m", *grid, *local, timeout=300)
    assert ended.returncode == 1, ended.stderr
    assert "1 of 3 jobs did not end well" in ended.stderr
    told = [line for line in ended.stdout.splitlines() if line.startswith("[")]
    assert [line[:5] for line in told] == ["[1/3]", "[2/3]", "[3/3]"]
    assert [row["status"] for row in table(tmp_path / "grid")] == ["ok", "failed", "ok"]


def test_a_hundred_jobs_in_one_process_take_no_more_memory_than_twenty(tmp_path):
    rates = ",".join(f"{0.001 * step:.3f}" for step in range(1, 101))
    settings = [*SMALL, "module=student", "size=d2"]
    grid = [*settings, f"training.learning_rate={rates}", "hydra.sweep.dir=grid"]
    megabytes = {}
    with start(tmp_path, "train", "-m", *grid) as process:
        while process.poll() is None:
            ended = len(table(tmp_path / "grid"))
            status = Path(f"/proc/{process.pid}/status").read_text()
            (size,) = [line.split()[1] for line in status.splitlines() if "VmRSS" in line] or [0]
            megabytes.setdefault(ended, int(size) / 1024)
            time.sleep(0.05)
        process.communicate()
    early = max(size for ended, size in megabytes.items() if 15 <= ended <= 25)
    late = max(size for ended, size in megabytes.items() if 90 <= ended < 100)
    assert len(table(tmp_path / "grid")) == 100
    assert late - early < 20, megabytes
