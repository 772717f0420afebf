import csv
import json
import re
import shlex
import signal

import pytest
from optuna.trial import TrialState
from tests.processes import children_of, has_ended, needs_proc, wait_until
from tests.running import SMALL, SMALL_DISTILLED, run_apart, run_here, start

from rankdistill.tuning.study import opened

STUDY = "outputs/tuning/mine"
SPACES = {
    "few": """\
tuning:
  startup_trials: 2
  space:
    weighting: {choices: [position, uniform]}
    distillation.alpha: {low: 0.1, high: 0.5}
""",
    "endless": """\
trainer: {max_epochs: 1000000, patience: 1000000}
tuning:
  pruning: false
  space:
    training.learning_rate: {low: 0.001, high: 0.002}
""",
    "rates": """\
tuning:
  pruning: false
  space:
    training.learning_rate: {low: 0.001, high: 0.002}
""",
    "diverging": """\
tuning:
  space:
    training.learning_rate: {low: 1.0e21, high: 1.0e22}
""",
}


@pytest.fixture
def folder(tmp_path):
    """A folder whose conf/ holds small spaces."""
    (tmp_path / "conf" / "tuning").mkdir(parents=True)
    for name, text in SPACES.items():
        (tmp_path / "conf" / "tuning" / f"{name}.yaml").write_text(f"# @package _global_\n{text}")
    return tmp_path


def command(space, n_trials, *more, small=SMALL_DISTILLED):
    keys = {text.partition("=")[0] for text in more}
    kept = [text for text in small if text.partition("=")[0] not in keys]
    study = ["study=mine", f"tuning={space}", f"n_trials={n_trials}"]
    return ["tune", *kept, *study, *more, "--config-dir", "conf"]


def rows(folder):
    with (folder / STUDY / "trials.csv").open() as file:
        return list(csv.DictReader(file))


def trials(folder):
    with opened(folder / STUDY, "mine") as study:
        return study.trials


def told(capsys):
    """The one line on stderr that begins with the program's name; nothing may be a traceback."""
    text = capsys.readouterr().err
    assert "Traceback" not in text
    (line,) = (line for line in text.splitlines() if line.startswith("rankdistill: "))
    return line


@pytest.mark.slow
def test_a_study_leaves_a_table_and_an_experiment_that_compare_runs(folder, monkeypatch, capsys):
    assert run_here(monkeypatch, folder, *command("few", 3, "size=d4", "weighting=uniform")) == 0
    printed, noted = capsys.readouterr()
    assert len(printed.splitlines()) == 4, "no library says anything of its own"
    assert noted.splitlines()[0] == "weighting is fixed, and not tuned."
    begin, *ended = noted.splitlines()[1:]
    assert begin.startswith("3 trials; fits of at most ")
    assert all(
        line.startswith(f"[{place}/3] trial {place - 1}: val/map@5 0")
        for place, line in enumerate(ended, start=1)
    )
    assert len(ended) == 3
    table = rows(folder)
    assert [row["number"] for row in table] == ["0", "1", "2"]
    assert {row["state"] for row in table} <= {"complete", "pruned"}
    best = max((row for row in table if row["value"]), key=lambda row: float(row["value"]))
    assert f"val/map@5 {float(best['value']):.4f} in trial {best['number']}" in printed
    (line,) = (line for line in printed.splitlines() if line.startswith("Run it: "))
    program, *arguments = shlex.split(line.removeprefix("Run it: "))
    assert program == "rankdistill"
    assert arguments[:2] == ["compare", "experiment=mine"]
    assert arguments[-2:] == ["--config-dir", STUDY]
    arguments += ["seeds=[1]", "hydra.run.dir=compared"]
    assert run_here(monkeypatch, folder, *arguments) == 0
    metrics = json.loads(
        (folder / "compared" / "distilled_student" / "seed-1" / "metrics.json").read_text()
    )
    assert metrics["embedding_dim"] == 4
    assert "weighting" not in table[0]
    assert metrics["metrics"]["val/map@5"] == float(best["value"])


@pytest.mark.slow
def test_the_same_command_goes_on_and_the_trials_are_those_of_one_start(folder, monkeypatch):
    assert run_here(monkeypatch, folder, *command("few", 2)) == 0
    first = rows(folder)
    assert run_here(monkeypatch, folder, *command("few", 4)) == 0
    both = rows(folder)
    assert len(both) == 4
    assert both[:2] == first
    assert run_here(monkeypatch, folder, *command("few", 4)) == 0
    assert rows(folder) == both, "nothing is left to do"
    (folder / STUDY).rename(folder / "two_starts")
    assert run_here(monkeypatch, folder, *command("few", 4)) == 0
    timeless = [{**row, "fit_seconds": ""} for row in both]
    assert [{**row, "fit_seconds": ""} for row in rows(folder)] == timeless


@pytest.mark.slow
def test_a_study_does_not_go_on_with_other_settings(folder, monkeypatch, capsys):
    assert run_here(monkeypatch, folder, *command("few", 1)) == 0
    capsys.readouterr()
    assert run_here(monkeypatch, folder, *command("few", 2, "size=d4")) == 1
    line = told(capsys)
    assert re.search(r"The study 'mine' in .* was begun otherwise: overrides: .*size=d4", line)
    assert "begin another with study=NAME" in line
    assert len(rows(folder)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["++tuning.space={distillation.alhpa:{low:0,high:1}}"], "mean 'distillation.alpha'"),
        (["++tuning.space={distillation.alpha:{low:0.9,high:0.1}}"], "low must be below high"),
        (
            ["++tuning.space={weighting:{choices:[positon]}}"],
            "weighting=positon.*'weighting=position'",
        ),
        (["tuning.sampler=tep"], "tuning.sampler is 'tep'; did you mean 'tpe'"),
        (["tuning.sampel=tpe"], "did you mean 'tuning.sampler'"),
        (["tuning=fwe"], "There is no tuning=fwe"),
        (["n_trials=0"], "n_trials must be at least 1, got 0"),
        (["workers=0"], "workers must be at least 1, got 0"),
        (["study=a/b"], "study must be of letters, digits, _ and -, got 'a/b'"),
        (["study=softmax_d10"], "There is an experiment softmax_d10 already"),
        (["trainer=ddp"], "use workers=N, not trainer=ddp"),
        (["weighting=uniform", "distillation.alpha=0.2"], "There is nothing to tune"),
        (["distillation=auto"], "tune searches the settings of methods that are named"),
        (["~distillation.exclude_seen"], "exclude_seen|takes .* away"),
    ],
)
def test_a_mistake_ends_in_one_line_before_any_trial(more, message, folder, monkeypatch, capsys):
    arguments = command("few", 2)
    keys = {text.partition("=")[0] for text in more}
    kept = [text for text in arguments if text.partition("=")[0] not in keys]
    assert run_here(monkeypatch, folder, *kept, *more) == 1
    line = told(capsys)
    assert re.search(message, line), line
    assert not list(folder.rglob("study.db"))
    assert not list(folder.rglob("model.ckpt"))


@pytest.mark.slow
def test_tune_is_no_sweep(folder, monkeypatch, capsys):
    assert run_here(monkeypatch, folder, *command("few", 1, "size=d2,d4"), "-m") == 1
    assert "leave out -m" in capsys.readouterr().err


@pytest.mark.slow
def test_a_study_whose_trials_all_fail_ends_with_the_first_reason(folder, monkeypatch, capsys):
    arguments = command("diverging", 3, "module=student", "size=d2", small=SMALL)
    assert run_here(monkeypatch, folder, *arguments) == 1
    assert re.search("No trial ended well. The first: .*lower the learning rate", told(capsys))
    assert [row["state"] for row in rows(folder)] == ["failed"] * 3
    assert all("learning rate" in row["message"] for row in rows(folder))
    assert not (folder / STUDY / "experiment").exists()


@pytest.mark.slow
def test_a_study_whose_teacher_failed_is_begun_again_otherwise(folder, monkeypatch, capsys):
    diverges = "teacher.training.learning_rate=1e21"
    assert run_here(monkeypatch, folder, *command("few", 1, diverges)) == 1
    assert "lower the learning rate" in told(capsys)
    assert run_here(monkeypatch, folder, *command("few", 1, "size=d4")) == 0
    assert [row["state"] for row in rows(folder)] == ["complete"]


@pytest.mark.slow
def test_a_tuned_student_is_trained_alone_and_compared(folder, monkeypatch, capsys):
    assert run_here(monkeypatch, folder, *command("student", 1, "size=d4", small=SMALL)) == 0
    small = ("trainer.threads=1", "trainer.progress=false", "--config-dir", STUDY)
    for name in ("train", "compare"):
        place = f"hydra.run.dir={name}"
        assert run_here(monkeypatch, folder, name, "experiment=mine", place, *small) == 0
    fields = json.loads((folder / "train" / "metrics.json").read_text())
    assert (fields["module"], fields["embedding_dim"]) == ("student", 4)
    alone = "compare/student/seed-1/metrics.json"
    assert json.loads((folder / alone).read_text())["metrics"] == fields["metrics"]


@pytest.mark.slow
def test_a_tuned_teacher_is_not_compared_as_a_student(folder, monkeypatch, capsys):
    assert run_here(monkeypatch, folder, *command("teacher", 1, "size=d8", small=SMALL)) == 0
    capsys.readouterr()
    place = ("--config-dir", STUDY)
    assert run_here(monkeypatch, folder, "compare", "experiment=mine", *place) == 1
    assert "rankdistill train experiment=mine" in told(capsys)


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(folder, monkeypatch, capsys):
    from rankdistill.tuning import trial as trials_

    fit, fitted = trials_.fit, []

    def interrupted(*arguments):
        fitted.append(arguments)
        if len(fitted) == 2:
            raise KeyboardInterrupt
        return fit(*arguments)

    monkeypatch.setattr(trials_, "fit", interrupted)
    assert run_here(monkeypatch, folder, *command("few", 3)) == 130
    assert told(capsys) == (
        f"rankdistill: Interrupted; 1 of 3 trials are kept in {STUDY}. The same command goes on."
    )
    assert [(row["state"], row["message"]) for row in rows(folder)] == [
        ("complete", ""),
        ("repeated", "interrupted"),
    ]
    assert run_here(monkeypatch, folder, *command("few", 3)) == 0
    states = [row["state"] for row in rows(folder)]
    assert states.count("repeated") == 1
    assert len(states) == 4
    assert rows(folder)[1]["distillation.alpha"] == rows(folder)[2]["distillation.alpha"]


@pytest.mark.slow
def test_two_programs_do_not_run_one_study(folder, monkeypatch, capsys):
    from filelock import FileLock

    (folder / STUDY).mkdir(parents=True)
    with FileLock(folder / STUDY / ".study.lock"):
        assert run_here(monkeypatch, folder, *command("few", 1)) == 1
    assert "is being run already; workers=N runs N trials at once" in told(capsys)


ENDLESS = [text for text in SMALL if "max_epochs" not in text]


def training(folder, number=1):
    """Whether so many trials have begun to learn."""
    return len(list((folder / STUDY).glob("trials/*/fit-1/events*"))) >= number


@pytest.mark.slow
def test_a_killed_study_goes_on_with_the_trial_that_it_was_at(folder, monkeypatch):
    arguments = command("endless", 1, "module=student", "size=d2", small=ENDLESS)
    with start(folder, *arguments) as program:
        program.wait_until(lambda: training(folder))
        program.send(signal.SIGKILL)
        program.end()
    (left,) = trials(folder)
    assert left.state == TrialState.RUNNING
    shorter = {"trainer": {"max_epochs": 2}}
    with opened(folder / STUDY, "mine") as study:  # as if the trials had always been short
        known = study.user_attrs["identity"]
        known["settings"]["trainer"].update(shorter["trainer"])
        study.set_user_attr("identity", known)
    path = folder / "conf" / "tuning" / "endless.yaml"
    path.write_text(path.read_text().replace("max_epochs: 1000000", "max_epochs: 2"))
    assert run_here(monkeypatch, folder, *arguments) == 0
    killed, repeated = trials(folder)
    assert (killed.state, repeated.state) == (TrialState.FAIL, TrialState.COMPLETE)
    assert killed.user_attrs["message"] == "the program was killed"
    assert repeated.params == killed.params


@pytest.mark.slow
def test_a_worker_that_is_killed_leaves_the_others_going_and_its_trial_is_tried_again(folder):
    deadly = (
        "module=student",
        "size=d2",
        "workers=2",
        "allow_targets=[tests]",
        "backbone._target_=tests.modules.stand_ins.DeadlyOnce",
        f"+backbone.killed={folder / 'killed'}",
    )
    ended = run_apart(folder, *command("rates", 3, *deadly, small=SMALL))
    assert ended.returncode == 0, ended.stderr
    told = r"worker \d: its worker was killed by SIGKILL; what it tried is tried"
    assert re.search(told, ended.stderr)
    assert "Traceback" not in ended.stderr
    found = trials(folder)
    assert {trial.user_attrs["worker"] for trial in found} == {0, 1}
    (killed,) = (trial for trial in found if trial.state == TrialState.FAIL)
    assert killed.user_attrs["message"] == "its worker was killed by SIGKILL"
    assert [trial.params for trial in found].count(killed.params) == 2
    assert len(found) == len(rows(folder)) == 4


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_the_program_stops_its_workers_at_once(how, folder):
    small = [*ENDLESS, "workers=2"]
    arguments = command("endless", 4, "module=student", "size=d2", small=small)
    with start(folder, *arguments) as program:
        program.wait_until(lambda: training(folder, 2))
        children = children_of(program.pid)
        assert len(children) >= 2
        program.send(how)
        ended = program.end()
    wait_until(lambda: all(map(has_ended, children)))
    if how == signal.SIGINT:
        assert ended.returncode == 130
        last = ended.stderr.splitlines()[-1]
        assert last.startswith(f"rankdistill: Interrupted; 0 of 4 trials are kept in {STUDY}.")
        assert "Traceback" not in ended.stderr
        waiting = [trial for trial in trials(folder) if trial.state == TrialState.WAITING]
        assert len(waiting) == 2
