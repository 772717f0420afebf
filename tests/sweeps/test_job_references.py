import json

import pytest
from tests.sweeps.made_sweep import SEED, made_sweep

from rankdistill.sweeps.job_references import references_of
from rankdistill.sweeps.summary import summarise

GRID = {"size": ["d2", "d4"], SEED: [1, 2]}


def referring(folder):
    """A sweep whose jobs name their teacher and their plain student."""
    jobs = made_sweep(folder, GRID, lambda _: 0.2)
    for number, job in enumerate(jobs):
        size, seed = divmod(number, 2)
        metrics = {"val/map@5": 0.4, "test/map@5": 0.3 + seed / 10}
        teacher = {"key": f"t{seed}", "kind": "t", "metrics": metrics, "weights_bytes": 9000}
        metrics = {"val/map@5": 0.1, "test/map@5": 0.1 + size / 10}
        student = {"key": f"{size}{seed}", "kind": str(size), "metrics": metrics}
        content = {"teacher": teacher, "student": student}
        (job / "references.json").write_text(json.dumps(content))
    return jobs


def test_every_job_names_its_teacher_and_its_plain_student(tmp_path):
    referring(tmp_path)
    summary = summarise([tmp_path])
    found = references_of(summary.jobs, ["size"])
    assert [each.model for each in found] == ["teacher", "student"] * 4
    assert [each.levels["size"] for each in found[::2]] == ["d2", "d2", "d4", "d4"]
    teacher, *students = summary.numbers["references"]
    assert teacher["mean"]["test/map@5"] == pytest.approx(0.35)
    assert [each["levels"] for each in students] == [{"size": "d2"}, {"size": "d4"}]
    assert [each["mean"]["test/map@5"] for each in students] == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize("text", ["", "[]", '{"teacher": 3}', '{"teacher": {"metrics": "x"}}'])
def test_a_damaged_file_gives_no_line(text, tmp_path):
    for job in made_sweep(tmp_path, GRID, lambda _: 0.2):
        (job / "references.json").write_text(text)
    assert summarise([tmp_path]).numbers["references"] == []


def test_a_grid_of_comparisons_names_their_teachers_and_students(tmp_path):
    for number, job in enumerate(made_sweep(tmp_path, {"size": ["d2", "d4"]}, lambda _: 0.2)):
        models = {}
        for model, value in (("teacher", 0.3), ("student", 0.1 + number / 10)):
            runs = [
                {
                    "seed": seed,
                    "embedding_dim": 8 if model == "teacher" else 2 + 2 * number,
                    "metrics": {"val/map@5": value, "test/map@5": value + seed / 100},
                }
                for seed in (1, 2)
            ]
            models[model] = {"runs": runs}
        (job / "comparison.json").write_text(json.dumps({"models": models}))
    teacher, *students = summarise([tmp_path]).numbers["references"]
    assert (teacher["levels"], teacher["num_runs"]) == ({}, 2)
    assert teacher["mean"]["test/map@5"] == pytest.approx(0.315)
    assert [each["levels"] for each in students] == [{"size": "d2"}, {"size": "d4"}]
