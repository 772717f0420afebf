"""A grid whose jobs are trained side by side leaves what the same grid leaves one by one."""

import csv
import json
import os
import signal
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.processes import needs_proc
from tests.running import SMALL, SMALL_DISTILLED, run_apart, run_here, start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DISTILLED = tuple(text for text in SMALL_DISTILLED if not text.startswith("size="))
STUDENT = (*SMALL, "module=student")
STACK = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=1")
DIFFERS = {"seconds", "fit_seconds", "checkpoint_bytes"}
"""Columns that no two runs share, or that Lightning's record of its own loops is part of."""


def table(folder):
    path = folder / "results.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["job"])
    return [{key: value for key, value in row.items() if key not in DIFFERS} for row in rows]


def curves_of(folder):
    """Every curve of a job, over all of its event files."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        name: [(point.step, pytest.approx(point.value, rel=1e-5)) for point in events.Scalars(name)]
        for name in events.Tags()["scalars"]
    }


def files_of(folder):
    """What lies in a job's folder; the clock is in the names of event files."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in names if "tfevents" not in name)


def grid(name, *more, settings=DISTILLED):
    return ["train", "-m", *settings, f"hydra.sweep.dir={name}", *more]


def test_a_stacked_grid_leaves_what_the_basic_one_leaves(tmp_path, monkeypatch, capsys):
    axes = (
        "size=d2,d4",
        "weighting=uniform,hybrid",
        "seed.initialization=1,2",
        "trainer.max_epochs=4",
    )
    assert run_here(monkeypatch, tmp_path, *grid("alone", *axes)) == 0
    capsys.readouterr()
    assert run_here(monkeypatch, tmp_path, *grid("stacked", *axes, *STACK)) == 0
    said = capsys.readouterr().out
    assert "[8/8]" in said
    assert "8 ok" in said
    alone, stacked = tmp_path / "alone", tmp_path / "stacked"
    assert table(stacked) == table(alone)
    assert len(table(alone)) == 8
    assert files_of(stacked) == files_of(alone)
    for path in alone.glob("*/metrics.json"):
        expected = json.loads(path.read_text())
        found = json.loads((stacked / path.parent.name / "metrics.json").read_text())
        for name, value in expected["metrics"].items():
            assert found["metrics"][name] == pytest.approx(value, abs=1e-6), name
        assert found.keys() == expected.keys()
        assert found["best_epoch"] == expected["best_epoch"]
        curves = curves_of(path.parent)
        assert "train/distillation_loss" in curves
        assert curves_of(stacked / path.parent.name).keys() == curves.keys()
        assert curves_of(stacked / path.parent.name) == curves
    for folder in (alone, stacked):
        assert (folder / "report.md").is_file()


def test_in_a_stack_a_bad_value_and_one_that_diverges_fail_alone(tmp_path, monkeypatch, capsys):
    axes = ("size=d2,d3", "training.learning_rate=0.01,0.02,1e+30")
    assert run_here(monkeypatch, tmp_path, *grid("alone", *axes, settings=STUDENT)) == 1
    assert run_here(monkeypatch, tmp_path, *grid("stacked", *axes, *STACK, settings=STUDENT)) == 1
    assert "4 of 6 jobs did not end well (4 failed)" in capsys.readouterr().err
    alone, stacked = table(tmp_path / "alone"), table(tmp_path / "stacked")
    assert stacked == alone
    statuses = {row["job"]: row["status"] for row in stacked}
    assert statuses["size-d2+training.learning_rate-0.02"] == "ok"
    (diverged,) = [row for row in stacked if row["job"].startswith("size-d2") and row["error"]]
    assert "lower the learning rate (now 1e+30)" in diverged["error"]


def test_two_processes_leave_what_one_leaves(tmp_path):
    axes = ("size=d2,d4", "seed.initialization=1,2,3", "hydra/launcher=stacked")
    for name, processes in (("one", 1), ("two", 2)):
        arguments = grid(name, *axes, f"hydra.launcher.n_jobs={processes}")
        ended = run_apart(tmp_path, *arguments)
        assert ended.returncode == 0, ended.stderr
        assert "[6/6]" in ended.stdout
    assert table(tmp_path / "two") == table(tmp_path / "one")


def test_jobs_of_a_process_that_is_killed_run_alone(tmp_path):
    """Two processes have two jobs each; the first job of the first kills whoever runs it."""
    deadly = (
        "allow_targets=[tests]",
        "backbone._target_=tests.modules.stand_ins.DeadlyScores",
        "~backbone.init_std",
        "~backbone.embedding_dim",
        "+backbone.score=0,1,2,3",
    )
    launcher = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=2")
    arguments = grid("grid", *deadly, *launcher, settings=STUDENT)
    ended = run_apart(tmp_path, *arguments, PYTHONPATH=str(ROOT))
    assert ended.returncode == 1
    assert "1 of 4 jobs did not end well (1 failed)" in ended.stderr
    statuses = {row["backbone.score"]: row["status"] for row in table(tmp_path / "grid")}
    assert statuses == {"0": "failed", "1": "ok", "2": "ok", "3": "ok"}


def test_what_is_trained_alone_says_why(tmp_path, monkeypatch, capsys):
    axes = ("backbone=matrix_factorization,lightgcn", "seed.initialization=1,2", "size=d2")
    assert run_here(monkeypatch, tmp_path, *grid("grid", *axes, *STACK, settings=STUDENT)) == 0
    said = capsys.readouterr().out
    assert said.count("is trained alone: LightGCN is no matrix factorization.") == 1
    assert [row["status"] for row in table(tmp_path / "grid")] == ["ok"] * 4


def test_a_stacked_grid_that_is_killed_goes_on_and_ends_as_one_that_is_left_alone(
    tmp_path, monkeypatch, capsys
):
    sizes = ("size=d2,d4", "seed.initialization=1,2,3", *STACK)
    calm, killed = (grid(name, *sizes, settings=STUDENT) for name in ("calm", "killed"))
    assert run_here(monkeypatch, tmp_path, *calm) == 0
    with start(tmp_path, *killed) as program:
        program.wait_until(lambda: len(table(tmp_path / "killed")) >= 2)
        program.send(signal.SIGKILL)
        program.end()
    assert len(table(tmp_path / "killed")) < 6
    capsys.readouterr()
    assert run_here(monkeypatch, tmp_path, *killed) == 0
    assert "0 finished before" not in capsys.readouterr().out
    assert table(tmp_path / "killed") == table(tmp_path / "calm")


def seconds_of_work(pid):
    """Processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@needs_proc
def test_ctrl_c_stops_a_stack_at_once_and_the_next_start_goes_on(tmp_path, monkeypatch, capsys):
    jobs = ("seed.initialization=1,2", "size=d2", "trainer.patience=1000000", *STACK)
    endless = grid("grid", *jobs, "trainer.max_epochs=1,1000000", settings=STUDENT)
    with start(tmp_path, *endless) as program:
        program.wait_until(lambda: len(table(tmp_path / "grid")) == 2)
        worked = seconds_of_work(program.pid)
        program.wait_until(lambda: seconds_of_work(program.pid) > worked + 1)  # the second stack
        program.send(signal.SIGINT)
        ended = program.end()
    assert ended.returncode == 130, ended.stderr
    assert "Stopped with 2 of 4 jobs finished; the same command runs the others" in ended.stderr
    assert "Traceback" not in ended.stderr
    shorter = grid("grid", *jobs, "trainer.max_epochs=1,2", settings=STUDENT)
    assert run_here(monkeypatch, tmp_path, *shorter) == 0
    assert "4 jobs, 2 finished before, 2 to run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("hydra.launcher.memory_gib=0", "hydra.launcher.memory_gib must be positive, got 0."),
        ("hydra.launcher.memory_gib=much", "hydra.launcher.memory_gib must be a number"),
        ("hydra.launcher.n_jobs=0", "hydra.launcher.n_jobs must be at least 1, or null, got 0."),
        ("hydra.launcher.at_once=0", "hydra.launcher.at_once must be at least 1, or null, got 0."),
        ("hydra.launcher.at_once=2.5", "hydra.launcher.at_once must be a whole number"),
    ],
)
def test_a_bound_of_a_stack_that_makes_no_sense_ends_in_one_line(
    override, message, tmp_path, monkeypatch, capsys
):
    wrong = grid("grid", "seed.initialization=1,2", *STACK, override, settings=STUDENT)
    assert run_here(monkeypatch, tmp_path, *wrong) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"rankdistill: {message}"), err
    assert err.count("\n") == 1


def test_a_mistyped_bound_of_a_stack_is_named(tmp_path, monkeypatch, capsys):
    wrong = grid("grid", "seed.initialization=1,2", *STACK, "hydra.launcher.at_onc=2")
    assert run_here(monkeypatch, tmp_path, *wrong) == 1
    assert "There is no setting 'hydra.launcher.at_onc'" in capsys.readouterr().err


def test_a_refit_is_refused_in_a_stacked_grid_as_in_any(tmp_path, monkeypatch, capsys):
    refused = {}
    for launcher in ("basic", "stacked"):
        arguments = grid(
            launcher, "size=d2,d4", f"hydra/launcher={launcher}", "refit=true", settings=STUDENT
        )
        assert run_here(monkeypatch, tmp_path, *arguments) == 1
        refused[launcher] = capsys.readouterr().err
    assert refused["stacked"] == refused["basic"]
    assert "refit" in refused["basic"]


def test_a_comparisons_jobs_run_one_by_one_which_is_told(tmp_path, monkeypatch, capsys):
    arguments = ["compare", "-m", *DISTILLED, "seeds=[1]", "size=d2,d4", *STACK]
    assert run_here(monkeypatch, tmp_path, *arguments, "hydra.sweep.dir=grid") == 0
    said = capsys.readouterr().out
    assert "The jobs run one after the other" in said
    assert [row["status"] for row in table(tmp_path / "grid")] == ["ok", "ok"]
