"""The figures of a GPU: how they are recorded, and that the script works where there is none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import gpu

    return gpu


def row(value, aim, is_least=False):
    return {"what": "fitting", "value": value, "unit": "s", "aim": aim, "is_least": is_least}


def test_aims_stand_beside_what_was_reached(gpu):
    rows = [row(14.0, 15), row(16.0, 15), row(31.0, 30, True), row(29.0, 30, True), row(3.0, None)]
    record = {"device": "a card", "machine": "a box", "parts": {"a": {"rows": rows}}}
    cells = [line.split(" | ")[-1] for line in gpu.table(record) if line.startswith("| a |")]
    assert cells == ["≤ 15 s |", "≤ 15 s, **missed** |", "≥ 30 s |", "≥ 30 s, **missed** |", "- |"]


def test_a_part_that_failed_stands_in_the_table_with_its_reason(gpu):
    record = {"device": "a", "machine": "b", "parts": {"c": {"failed": "out of memory"}}}
    assert "| c | **failed**: out of memory | - | - |" in gpu.table(record)


def test_the_reason_is_what_the_program_said_before_the_traceback_around_it(gpu):
    around = "Traceback (most recent call last):\n  File\nsubprocess.CalledProcessError: 1\n"
    assert gpu.reason(f"a bar\nrankdistill: no such data.\n{around}") == (
        "rankdistill: no such data."
    )
    inside = "Traceback (most recent call last):\n  File\nValueError: 1\n\n"
    assert gpu.reason(inside + around) == "ValueError: 1"
    assert gpu.reason("") == "it said nothing"


def test_what_another_machine_reached_is_measured_anew(gpu, tmp_path):
    path = tmp_path / "gpu.json"
    earlier = {"device": "a card", "machine": gpu.machine(), "parts": {"a": {"rows": []}}}
    path.write_text(json.dumps(earlier))
    assert gpu.recorded(path, "a card") == earlier
    assert gpu.recorded(path, "another card")["parts"] == {}


@pytest.mark.slow
def test_a_part_that_takes_too_long_is_recorded_as_failed(gpu):
    found = gpu.measured("b", 0.2, quick=True)
    assert found["failed"] == "it took longer than 0 s"


def command(*arguments, where):
    script = [sys.executable, str(SCRIPTS / "gpu.py"), *arguments]
    return subprocess.run(script, cwd=where, capture_output=True, text=True)


@pytest.mark.slow
def test_the_quick_script_measures_a_part_on_a_cpu_and_writes_json_and_a_table(tmp_path):
    done = command("--quick", "--parts", "b", where=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "outputs" / "gpu-quick"
    rows = json.loads((folder / "gpu.json").read_text())["parts"]["b"]["rows"]
    assert [each["unit"] for each in rows] == ["steps/s", "x", "steps/s", "x"]
    assert "softmax, replayed over plain steps" in (folder / "gpu.md").read_text()


@pytest.mark.slow
def test_an_unknown_part_is_refused_by_name(tmp_path):
    done = command("--parts", "a,z", where=tmp_path)
    assert done.returncode == 2
    assert "--parts z: choose among a, b, c, d, e, f" in done.stderr
