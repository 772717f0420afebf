import json

import pytest
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.runs import references
from rankdistill.runs.references import write_references
from rankdistill.runs.teacher_store import obtain_teacher


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def written(folder, datamodule, *overrides, student=True):
    stores = (f"teacher.store={folder / 'teachers'}", f"student.store={folder / 'students'}")
    cfg = composed("train", *SMALL_DISTILLED, *stores, *overrides)
    write_references(folder, cfg, datamodule, student=student)
    return cfg, json.loads((folder / "references.json").read_text())


@pytest.mark.slow
def test_runs_that_differ_in_their_seeds_share_the_kind_and_not_the_key(tmp_path, datamodule):
    (cfg, first), (_, second) = (
        written(tmp_path, datamodule, f"seed.initialization={seed}") for seed in (1, 2)
    )
    for model in ("teacher", "student"):
        assert first[model]["kind"] == second[model]["kind"]
        assert first[model]["key"] != second[model]["key"]
    result = obtain_teacher(cfg, datamodule, "teacher").result
    assert result is not None
    assert first["teacher"]["metrics"] == result.fields["metrics"]


def test_without_being_asked_no_student_is_trained(tmp_path, datamodule):
    _, found = written(tmp_path, datamodule, student=False)
    assert list(found) == ["teacher"]
    assert not (tmp_path / "students").exists()


def test_a_student_that_cannot_be_trained_is_left_out_and_told(
    tmp_path, datamodule, monkeypatch, capsys
):
    def diverges(*_):
        raise FloatingPointError("it has diverged")

    monkeypatch.setattr(references, "obtain_student", diverges)
    _, found = written(tmp_path, datamodule)
    assert list(found) == ["teacher"]
    assert "the plain student is left out: it has diverged" in capsys.readouterr().err


def test_a_given_teacher_was_not_measured_here(tmp_path, datamodule):
    _, found = written(tmp_path, datamodule, "teacher.checkpoint=any.ckpt", student=False)
    assert found == {}
