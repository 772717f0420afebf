import json

import pytest
import torch
from tests.cascade.made_logs import made_requests
from tests.cascade.test_config import composed_cascade

from rankdistill.cascade.data.made_log import write_made_log
from rankdistill.cascade.networks.cut_aim import CutAim
from rankdistill.cascade.runs import log_cascade
from rankdistill.cascade.runs.log_bench import LogBench
from rankdistill.cascade.runs.log_cascade import (
    aim_of,
    make_log_student,
    monitored,
    run_log_cascade,
)
from rankdistill.runs.quiet import quiet_lightning

SMALL_LOG = (
    "data=request_log",
    "data.rare=2",
    "trainer=smoke",
    "trainer.threads=1",
    "seeds=[3,4]",
    "cascade/students=[none,shared]",
    "cascade/early_ranker/size=e1_d8",
    "evaluation.top_k=[3]",
    "evaluation.kept=[3,5]",
    "evaluation.monitor=val/recall_of_final@3_in_5",
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The result of a small run, and its folder."""
    quiet_lightning()
    folder = tmp_path_factory.mktemp("log")
    write_made_log(folder / "log.parquet", requests=60, candidates=12)
    cfg = composed_cascade(*SMALL_LOG, f"data.path={folder / 'log.parquet'}")
    return run_log_cascade(cfg, folder / "run"), folder / "run"


@pytest.mark.slow
def test_a_result_holds_every_student_and_seed_and_a_verdict(ran):
    result, folder = ran
    assert list(result["models"]) == ["none", "shared"]
    for name, summary in result["models"].items():
        assert [run["seed"] for run in summary["runs"]] == [3, 4]
        written = json.loads((folder / name / "seed-3" / "metrics.json").read_text())
        assert written["metrics"] == summary["runs"][0]["metrics"]
        assert (folder / name / "seed-3" / "model.rank").is_file()
    assert result["verdict"]["student"] in result["models"]
    assert result["verdict"]["keep"] in (3, 5)
    assert {test["metric"] for test in result["tests"]} <= {"recall_of_final@3_in_5", "ce"}
    assert json.loads(json.dumps(result)) == result


@pytest.mark.slow
def test_a_run_that_goes_on_trains_no_student_again(ran, monkeypatch):
    result, folder = ran
    cfg = composed_cascade(*SMALL_LOG, f"data.path={folder.parent / 'log.parquet'}")
    monkeypatch.setattr(log_cascade, "fit_ranker", None)
    again = run_log_cascade(cfg, folder)
    assert {**again, "cost": None, "verdict": None} == {**result, "cost": None, "verdict": None}


def test_the_counts_are_those_of_the_log(ran):
    data = ran[0]["data"]
    assert data["rows"] == 60 * 12
    assert data["scored"] == 60 * 8
    assert data["requests"] == {"train": 48, "validation": 6, "test": 6}
    assert data["candidates_per_request"] == 8


def test_what_items_cost_does_not_count_their_features(ran):
    # One interest of size 8 and two tasks: dot product, and readings of item and dot.
    assert ran[0]["cost"]["early_ranker"]["flops_per_item"] < 2 * 8 * (1 + 2 * 2) + 20


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return made_requests(tmp_path_factory.mktemp("made"))


def test_students_of_all_forms_begin_alike_and_serve_one_network(data):
    cfg = composed_cascade(*SMALL_LOG)
    first, second = (
        make_log_student(cfg, name, data, CutAim([1.0, 1.0], 3, 5)).network
        for name in ("none", "shared")
    )
    for name, weight in first.state_dict().items():
        torch.testing.assert_close(weight, second.state_dict()[name])


@pytest.mark.slow
def test_the_cut_that_is_compared_and_learned_is_the_nearest_below_that_the_log_can_measure(data):
    cfg = composed_cascade(
        *SMALL_LOG[:-2],
        "evaluation.kept=[3,5,100]",
        "evaluation.monitor=val/recall_of_final@3_in_100",
    )
    bench = LogBench(data, cfg.evaluation, None)
    assert monitored(cfg, bench) == "recall_of_final@3_in_5"
    assert aim_of(cfg, bench) == ([1.0, 1.0], 3, 5)
