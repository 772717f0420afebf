"""The record of the quality grid: what stays, what is replaced, what is searched again."""

import json

import pytest
from benchmarks.quality import recorded
from benchmarks.quality.grid import Cell, Panel
from benchmarks.quality.recorded import joined, recorded_settings, waiting


def panel(name: str, trials: int = 3) -> Panel:
    return Panel(name, ("data=ml_100k",), "map@5", ("size=d2",), (), ("ranking",), trials)


def rows(*names: str, run: int = 1) -> dict:
    return {"rows": {name: {"run": run} for name in names}}


def test_a_recorded_panel_stays_until_all_its_rows_are_there_anew():
    grid = (panel("first"), panel("second"), panel("third"))
    old = {"second": rows("none", "ranking"), "first": rows("none")}
    new = {"first": rows("none", "ranking", run=2), "second": rows("none", run=2)}
    assert joined(grid, old, new) == {"first": new["first"], "second": old["second"]}
    assert list(joined(grid, old, new)) == ["first", "second"]
    assert waiting(old, new) == {"second": ["ranking"]}


def test_a_panel_that_was_never_recorded_comes_in_as_it_is():
    assert joined((panel("first"),), {}, {"first": rows("none")}) == {"first": rows("none")}
    assert waiting({}, {"first": rows("none")}) == {}


ROW = {
    "overrides": ["data=ml_1m", "data.path=pairs.tsv"],
    "drawn": {"training.learning_rate": 0.01},
    "validation": 0.2,
    "tuning_seconds": 30.0,
    "test": 0.1,
}


@pytest.fixture
def record(tmp_path, monkeypatch):
    file = tmp_path / "quality.json"
    file.write_text(json.dumps({"panels": {"first": {"trials": 3, "rows": {"ranking": ROW}}}}))
    monkeypatch.setattr(recorded, "RECORD", file)


@pytest.mark.usefixtures("record")
def test_a_recorded_search_is_taken_over_wherever_its_data_lie():
    found = recorded_settings(
        Cell(panel("first"), "ranking"),
        ["data=ml_1m", "data.path=/somewhere/pairs.tsv"],
        ("training.learning_rate",),
    )
    assert found == {key: ROW[key] for key in ("drawn", "validation", "tuning_seconds")}


@pytest.mark.parametrize(
    ("cell", "overrides", "searched"),
    [
        (Cell(panel("second"), "ranking"), ROW["overrides"], ()),
        (Cell(panel("first"), "soft_targets"), ROW["overrides"], ()),
        (Cell(panel("first", trials=4), "ranking"), ROW["overrides"], ()),
        (Cell(panel("first"), "ranking"), ["data=ml_1m"], ()),
        (Cell(panel("first"), "ranking"), ROW["overrides"], ("training.weight_decay",)),
    ],
    ids=["another panel", "another method", "budget", "overrides", "a smaller space"],
)
@pytest.mark.usefixtures("record")
def test_what_was_searched_otherwise_is_searched_again(cell, overrides, searched):
    assert recorded_settings(cell, overrides, searched) is None


def test_without_a_record_everything_is_searched(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "RECORD", tmp_path / "none.json")
    assert recorded_settings(Cell(panel("first"), "ranking"), []) is None
