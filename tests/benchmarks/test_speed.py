"""The benchmarks of speed run on little data, and their record becomes a report."""

import json
import subprocess
import sys

import pytest
from benchmarks.speed.__main__ import NAMES
from benchmarks.speed.bench import Bench, Measured
from benchmarks.speed.candidates import Candidate
from benchmarks.speed.evaluation import made_up
from benchmarks.speed.figures import find, number, spread
from benchmarks.speed.limits import CACHED, Limits
from benchmarks.speed.record import keep, read
from benchmarks.speed.turns import in_turns, ratios, summary
from tests.running import SMALL_DATA, environment

ROOT_DATA = (*SMALL_DATA, "data.num_items=300", "data.num_interactions=4000")


def test_candidates_alternate_and_the_first_turn_does_not_count():
    called = []
    runs = {name: lambda name=name: called.append(name) or len(called) for name in "ab"}
    assert in_turns(runs, turns=2) == {"a": [3, 5], "b": [4, 6]}
    assert called == ["a", "b"] * 3


def test_a_ratio_is_taken_turn_by_turn():
    # A machine that is twice as slow in the second turn: the ratio does not see it.
    assert ratios([3.0, 6.0], [1.0, 2.0]) == summary([3.0, 3.0])


def test_the_limit_of_a_pair_epoch_matches_bytes_counted_by_hand():
    limits = Limits(cached_copy=1e9, memory_copy=1e8, product=1e12)
    # (3 + 4) x (2 + 1) = 21 parameters, 8 x 4 bytes each in 3 steps; 5 pairs of 3 rows of 2, x 3.
    by_hand = (3 * 8 * 4 * 21 + 5 * 3 * 3 * 4 * 2) / 1e9
    assert limits.pair_epoch((3, 4), 5, 2, batch_size=2) == pytest.approx(by_hand)
    assert limits.seconds(0, 1e8, working_set=5 * CACHED) == pytest.approx(1.0)


def test_a_peer_that_is_absent_says_how_to_get_it(monkeypatch):
    absent = Candidate("Nobody", "", lambda task: float, needs=("no_such_package",)).absent()
    assert absent == "not installed: no_such_package (pip install -e '.[peers]')"
    monkeypatch.delenv("SPOTLIGHT_DIR", raising=False)
    checkout = Candidate("Spotlight", "", lambda task: float, folder="SPOTLIGHT_DIR").absent()
    assert checkout == "SPOTLIGHT_DIR names no folder with its checkout"


def test_numbers_have_three_digits_and_their_quartiles():
    assert [number(value) for value in (1234567, 0.01234, 45.6, 812.3)] == [
        "1,230,000",
        "0.0123",
        "45.6",
        "812",
    ]
    assert spread(summary([1.0, 2.0, 3.0]), "x") == "2.00x [1.00, 3.00]"
    assert spread(None) == "-"


def test_a_measurement_alone_leaves_the_others_in_the_record(tmp_path):
    limits = Limits(cached_copy=1.0, memory_copy=1.0, product=1.0)
    bench = Bench(made_up(8, 60), [], None, False, True, 1, limits)
    for name, value in (("training", 1.0), ("memory", 2.0), ("training", 3.0)):
        measured = Measured({})
        measured.add("s", summary([value]), limit=0.5, of_what=name)
        record = keep(tmp_path, name, measured, bench)
    assert find(record, "training", "s", of_what="training")["median"] == 3.0
    assert find(read(tmp_path), "memory", "s", of_what="memory")["median"] == 2.0


@pytest.mark.slow
def test_every_measurement_runs_and_the_report_shows_it(tmp_path):
    command = [sys.executable, "-m", "benchmarks.speed", *ROOT_DATA, "--quick", "--threads", "1"]
    done = subprocess.run(
        [*command, "--results", str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((tmp_path / "speed.json").read_text())["measurements"]
    assert list(record) == list(NAMES)
    report = (tmp_path / "speed.md").read_text()
    for name, measured in record.items():
        assert measured["figures"] or measured["skipped"], name
        for peer, reason in measured["skipped"].items():
            assert f"skipped: {peer}, {reason}" in report
