"""The notebook is run from its first cell to its last, as a person would run it."""

import json
import re

import pytest

from tests.documents import ROOT

NOTEBOOK = ROOT / "docs" / "from_csv_to_shipped_file.ipynb"


@pytest.fixture(scope="module")
def cells():
    return json.loads(NOTEBOOK.read_text("utf-8"))["cells"]


def sources(cells, kind):
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def test_it_holds_no_output_and_names_no_machine(cells):
    assert all(not c["outputs"] and c["execution_count"] is None for c in cells if "outputs" in c)
    assert not re.search(r"/(?:home|work|root|tmp|Users)/", NOTEBOOK.read_text("utf-8"))


@pytest.mark.slow
def test_from_a_csv_it_makes_a_file_to_ship(cells, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    names = {}
    for number, source in enumerate(sources(cells, "code")):
        exec(compile(source, f"cell {number}", "exec"), names)
    assert names["models"]["model"].to_list() == ["teacher", "student", "distilled_student"]
    assert names["orders"].num_users == 300
    assert "Ship" in capsys.readouterr().out
    shipped = names["shipped"]
    assert shipped.is_file()
    small = names["models"].filter(names["models"]["model"] == "distilled_student")
    assert shipped.stat().st_size < small["weights_bytes"].item()
