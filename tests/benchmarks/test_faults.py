"""A fast share of the faults that `python -m benchmarks.faults` tries."""

import logging

import pytest
from benchmarks.faults.__main__ import KINDS, main, run_kind

SLOW = {"sweeps killed", "settings that cannot be", "bombs"}
FAST = [name for name in KINDS if name not in SLOW]


@pytest.fixture(autouse=True)
def quiet():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FAST)
def test_faults_end_in_one_line_or_change_nothing(name):
    faults = run_kind(name, share=0.1, seed=1)
    assert faults
    assert [fault for fault in faults if fault.wrong] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["bombs", "settings that cannot be", "sweeps killed"])
def test_bombs_settings_and_kills_are_met_well(name):
    faults = run_kind(name, share=0.25, seed=1)
    assert [fault for fault in faults if fault.wrong] == []


def test_the_whole_run_tries_at_least_1500_faults():
    assert sum(number for _, number in KINDS.values()) >= 1500


def test_a_fault_that_is_not_met_well_is_told_and_fails(monkeypatch, capsys):
    from benchmarks.faults.verdict import Fault

    def kind(random, folder, number):
        yield Fault("a flip", "another result")

    monkeypatch.setitem(KINDS, "bombs", (kind, 1))
    assert main(["--only", "bombs"]) == 1
    assert "bombs: a flip: another result" in capsys.readouterr().out
