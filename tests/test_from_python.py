"""Notebooks: a grid and a comparison as functions that leave no trace in the caller."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import rankdistill
from tests.running import SMALL, SMALL_DISTILLED

STUDENT = [text for text in SMALL if not text.startswith("trainer.progress")] + ["module=student"]


@pytest.mark.slow
def test_a_grid_becomes_a_table_and_failures_are_warned_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = (dict(os.environ), list(sys.argv), list(warnings.filters))
    grid = [*STUDENT, "training.learning_rate=0.01,0.02", "size=d2,d3"]
    with pytest.warns(UserWarning, match="2 of 4 jobs did not end well"):
        table = rankdistill.sweep(grid, folder=tmp_path / "grid", progress=False)
    assert sorted(table["status"]) == ["failed", "failed", "ok", "ok"]
    ended_well = table.filter(table["status"] == "ok")
    assert sorted(ended_well["training.learning_rate"]) == [0.01, 0.02]
    assert all(value >= 0 for value in ended_well["test/map@5"])
    assert all((Path(folder) / "metrics.json").is_file() for folder in ended_well["folder"])
    assert (dict(os.environ), list(sys.argv), list(warnings.filters)) == before


@pytest.mark.slow
def test_a_comparison_becomes_a_table_of_three_models_and_shows_which_is_trained(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    settings = [text for text in SMALL_DISTILLED if not text.startswith("trainer.progress")]
    table = rankdistill.compare([*settings, "seeds=[1,2]"], folder=tmp_path / "it")
    assert table["model"].to_list() == ["teacher", "student", "distilled_student"]
    assert table["embedding_dim"].to_list() == [8, 2, 2]
    assert all(value >= 0 for value in table["test/map@5 std"])
    for folder, of_seeds in zip(table["folder"], table["folders"], strict=True):
        measured = {
            place: json.loads((Path(place) / "metrics.json").read_text())["metrics"]["val/map@5"]
            for place in of_seeds
        }
        assert len(measured) == 2
        assert measured[folder] == max(measured.values())
    shown = capsys.readouterr().err
    assert "1/6" in shown
    assert "student, seed 2" in shown
    assert "6/6" in shown


@pytest.mark.slow
def test_a_mistake_is_an_error_with_the_programs_own_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="There is no setting 'sise'"):
        rankdistill.sweep([*STUDENT, "sise=d2"], progress=False)
    with pytest.raises(ValueError, match="There is no size=d3"):
        rankdistill.compare(["size=d3"], progress=False)


@pytest.mark.slow
def test_the_package_is_imported_without_torch_and_lists_its_functions():
    program = "import rankdistill, sys; print('torch' in sys.modules, *dir(rankdistill))"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    has_torch, *names = ran.stdout.split()
    assert has_torch == "False"
    assert {"compare", "export", "inspect", "recommend", "sweep"} <= set(names)


def test_the_package_has_nothing_else_to_offer():
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        _ = rankdistill.swep
