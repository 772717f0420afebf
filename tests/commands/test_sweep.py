"""A grid on made-up data: what is kept, what runs again, what the end says."""

import csv
import json

import pytest
from tests.running import SMALL, SMALL_DATA, SMALL_DISTILLED, run_here

from rankdistill.commands import sweep

DISTILLED = tuple(text for text in SMALL_DISTILLED if not text.startswith("size="))
STUDENT = (*SMALL, "module=student")
HERE = "hydra.sweep.dir=grid"


def job(folder, name):
    return json.loads((folder / "grid" / name / "job.json").read_text())


def table(folder):
    with (folder / "grid" / "results.csv").open(newline="") as stream:
        return {row["job"]: row for row in csv.DictReader(stream)}


def written(folder):
    """When each job's result was written."""
    return {
        path.parent.name: path.stat().st_mtime_ns
        for path in (folder / "grid").glob("*/metrics.json")
    }


@pytest.fixture
def swept(monkeypatch, tmp_path, capsys):
    """Run `train -m` in this process; the exit status, what was printed, and the errors."""

    def run(*arguments, to=(HERE,), settings=STUDENT):
        status = run_here(monkeypatch, tmp_path, "train", "-m", *settings, *to, *arguments)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.mark.slow
def test_a_method_that_is_chosen_by_rules_stands_in_a_grid_beside_one_that_is_named(
    swept, tmp_path
):
    status, out, _ = swept("distillation=auto,ranking", settings=SMALL_DISTILLED)
    assert status == 0
    told = {
        name: json.loads((tmp_path / "grid" / f"distillation-{name}" / "metrics.json").read_text())
        for name in ("auto", "ranking")
    }
    chosen = {name: fields["distillation"]["methods"] for name, fields in told.items()}
    assert chosen == {"auto": ["ease_assisted"], "ranking": ["ranking"]}
    assert "distillation=auto chose, by its rule assisted_tiny: distillation=[ease_assisted" in out
    assert sorted(table(tmp_path)) == ["distillation-auto", "distillation-ranking"]


@pytest.mark.slow
def test_a_grid_leaves_a_named_folder_per_job_a_row_each_and_a_report(swept, tmp_path):
    status, out, _ = swept("size=d2,d4", "training.learning_rate=0.01,0.02")
    assert status == 0
    names = [f"size-{d}+training.learning_rate-{r}" for d in ("d2", "d4") for r in (0.01, 0.02)]
    assert sorted(written(tmp_path)) == sorted(names)
    rows = table(tmp_path)
    assert sorted(rows) == sorted(names)
    row = rows["size-d4+training.learning_rate-0.02"]
    assert (row["size"], row["training.learning_rate"], row["status"]) == ("d4", "0.02", "ok")
    assert float(row["test/map@5"]) >= 0
    assert "4 jobs, 0 finished before, 4 to run" in out
    assert "[1/4]" in out
    assert "[4/4]" in out
    assert "4 ok (0 of them skipped: finished before), 0 failed, in " in out
    for name in ("report.md", "report.html", "report.tex", "sweep.json"):
        assert (tmp_path / "grid" / name).is_file()
    record = job(tmp_path, names[3])
    assert record["axes"] == {"size": "d4", "training.learning_rate": 0.02}
    assert record["settings"]["backbone.embedding_dim"] == 4
    assert record["seconds"] > 0


@pytest.mark.slow
def test_an_unnamed_grid_lies_in_a_stable_folder_named_by_what_is_swept(swept, tmp_path):
    for sizes in ("d2", "d2,d4"):
        assert swept(f"size={sizes},d8", to=())[0] == 0
    (folder,) = (tmp_path / "outputs" / "sweeps").iterdir()
    assert folder.name.startswith("size+data-synthetic+")
    assert sorted(path.name for path in folder.glob("size-*")) == ["size-d2", "size-d4", "size-d8"]
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]


@pytest.mark.slow
def test_a_wider_grid_runs_only_what_is_new(swept, tmp_path):
    swept("size=d2,d4")
    before = written(tmp_path)
    status, out, _ = swept("size=d2,d4,d8")
    after = written(tmp_path)
    assert status == 0
    assert "3 jobs, 2 finished before, 1 to run" in out
    assert {name: after[name] for name in before} == before
    assert sorted(table(tmp_path)) == ["size-d2", "size-d4", "size-d8"]


@pytest.mark.slow
def test_one_bad_value_one_that_diverges_and_the_others_go_on(swept, tmp_path):
    status, out, err = swept("size=d2,d3", "training.learning_rate=0.01,1e+30")
    assert status == 1
    rows = table(tmp_path)
    assert {name: row["status"] for name, row in rows.items()} == {
        "size-d2+training.learning_rate-0.01": "ok",
        "size-d2+training.learning_rate-1e+30": "failed",
        "size-d3+training.learning_rate-0.01": "failed",
        "size-d3+training.learning_rate-1e+30": "failed",
    }
    diverged = job(tmp_path, "size-d2+training.learning_rate-1e+30")
    assert "lower the learning rate" in diverged["error"]
    assert "HYDRA_FULL_ERROR" not in diverged["error"]
    folder = tmp_path / "grid" / "size-d2+training.learning_rate-1e+30"
    assert "FloatingPointError" in (folder / "traceback.txt").read_text()
    assert not (folder / "metrics.json").exists()
    assert (
        "There is no size=d3; did you mean" in rows["size-d3+training.learning_rate-0.01"]["error"]
    )
    assert "FAILED: There is no size=d3" in out
    assert "Failed: size-d3+training.learning_rate-0.01: There is no size=d3" in out
    assert "1 ok (0 of them skipped: finished before), 3 failed, in " in out
    assert err.strip().count("\n") == 0
    assert "3 of 4 jobs did not end well" in err
    assert "traceback.txt" in err


@pytest.mark.slow
def test_a_failed_job_is_tried_again_and_its_failure_forgotten(swept, tmp_path, monkeypatch):
    from rankdistill.commands import train

    def failing(config):
        raise RuntimeError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(train, "run", failing)
        assert swept("size=d2,d4")[0] == 1
    assert job(tmp_path, "size-d2")["error"] == "a bug"
    status, out, _ = swept("size=d2,d4")
    assert status == 0
    assert "0 finished before" in out
    assert job(tmp_path, "size-d2")["error"] is None
    assert not (tmp_path / "grid" / "size-d2" / "traceback.txt").exists()


def test_what_is_wrong_with_every_job_is_one_line_before_any_runs(swept, tmp_path):
    status, _, err = swept("size=d2,d4", "training.learning_rat=1")
    assert status == 1
    assert err.count("\n") == 1
    assert "training.learning_rat" in err
    assert not (tmp_path / "grid").exists()


@pytest.mark.slow
def test_another_version_of_the_program_is_told_and_can_run_again(swept, tmp_path, monkeypatch):
    swept("size=d2,d4")
    before = written(tmp_path)
    monkeypatch.setattr(sweep, "code_fingerprint", lambda: "another")
    _, out, _ = swept("size=d2,d4,d8")
    assert "2 finished jobs were made with another version of the program; they stay" in out
    assert written(tmp_path).items() > before.items()
    _, out, _ = swept("size=d2,d4,d8", "hydra.sweeper.rerun=changed")
    assert "3 jobs, 1 finished before, 2 to run" in out
    after = written(tmp_path)
    assert all(after[name] > when for name, when in before.items())


@pytest.mark.slow
def test_other_data_under_the_same_settings_are_told(swept, tmp_path):
    file = tmp_path / "pairs.tsv"
    lines = [f"{user}\t{(user * 7 + step * 3) % 40}" for user in range(60) for step in range(12)]
    file.write_text("\n".join(lines))
    settings = [text for text in STUDENT if text not in SMALL_DATA]
    settings += ["data=delimited", "data.header=false", f"data.path='{file}'"]
    assert swept("size=d2,d4", settings=settings)[0] == 0
    file.write_text("\n".join(lines[:-30]))
    _, out, _ = swept("size=d2,d4", settings=settings)
    assert "2 finished jobs were made with other data; they stay" in out


@pytest.mark.slow
def test_a_person_can_ask_for_all_again_but_not_for_nonsense(swept, tmp_path):
    swept("size=d2,d4")
    _, out, _ = swept("size=d2,d4", "hydra.sweeper.rerun=all")
    assert "2 to run" in out
    assert "[1/2]" in out
    assert "[2/2]" in out
    status, _, err = swept("size=d2,d4", "hydra.sweeper.rerun=some")
    assert status == 1
    assert "rerun must be one of none, changed, all, got some" in err


@pytest.mark.slow
def test_a_grid_of_comparisons_is_gathered_too(monkeypatch, tmp_path, capsys):
    settings = (*DISTILLED, "seeds=[1,2]", "distillation.alpha=0.2,0.5", HERE)
    assert run_here(monkeypatch, tmp_path, "compare", "-m", *settings) == 0
    rows = table(tmp_path)
    assert sorted(rows) == ["distillation.alpha-0.2", "distillation.alpha-0.5"]
    assert all(float(row["test/map@5"]) >= 0 for row in rows.values())


@pytest.mark.slow
def test_two_starts_of_one_sweep_do_not_meet(swept, tmp_path):
    from filelock import FileLock

    (tmp_path / "grid").mkdir()
    with FileLock(tmp_path / "grid" / ".sweep.lock"):
        status, _, err = swept("size=d2,d4")
    assert status == 1
    assert "Another process is running the sweep in grid" in err


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_the_next_start_does(swept, tmp_path, monkeypatch):
    from rankdistill.commands import train

    real, calls = train.run, []

    def interrupted(config):
        calls.append(config)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(config)

    monkeypatch.setattr(train, "run", interrupted)
    status, _, err = swept("size=d2,d4,d8")
    assert status == 130
    assert "Stopped with 1 of 3 jobs finished; the same command runs the others" in err
    status, out, _ = swept("size=d2,d4,d8")
    assert status == 0
    assert "1 finished before, 2 to run" in out


@pytest.mark.slow
def test_the_report_has_a_line_for_the_teacher_and_one_for_each_plain_student(swept, tmp_path):
    grid = ("size=d2,d4", "distillation.alpha=0.2,0.4", "plain_student=true")
    assert swept(*grid, settings=DISTILLED)[0] == 0
    for name in ("report.md", "report.tex", "report.html"):
        text = (tmp_path / "grid" / name).read_text()
        assert "Teacher and plain student" in text
        assert text.count("size=d2") >= 1
    rows = (tmp_path / "grid" / "report.md").read_text().splitlines()
    named = [[cell.strip() for cell in row.split("|")[1:4]] for row in rows]
    assert ["teacher", "-", "1"] in named
    assert ["plain student", "size=d2", "1"] in named
    assert ["plain student", "size=d4", "1"] in named
    kept = [path for path in (tmp_path / "outputs" / "students").iterdir() if path.is_dir()]
    assert len(kept) == 2  # one a size, whatever alpha is


@pytest.mark.slow
def test_without_plain_student_the_report_has_the_teacher_alone(swept, tmp_path):
    assert swept("size=d2,d4", settings=DISTILLED)[0] == 0
    text = (tmp_path / "grid" / "report.md").read_text()
    assert "| teacher " in text
    assert "plain student |" not in text
    assert not (tmp_path / "outputs" / "students").exists()
