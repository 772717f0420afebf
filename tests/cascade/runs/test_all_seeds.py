import numpy as np
import pytest
from tests.cascade.runs.small_cascade import small_cascade, small_data

from rankdistill.cascade.runs import all_seeds, train_seeds
from rankdistill.cascade.runs.all_seeds import run_cascade
from rankdistill.cascade.runs.bench import Measured
from rankdistill.cascade.runs.records import RankerRun

METRICS = (
    "ndcg@5",
    *(f"{name}_{cut}" for cut in (5, 10) for name in ("recall_of_final@5_in", "ndcg@5_after")),
)
MODELS = ("final_ranker", "none", "auxiliary", "shared", "cut")


def measured_of(seed):
    users = np.arange(12)
    each = dict.fromkeys(METRICS, seed / 10 + users / 100)
    metrics = {f"test/{name}": float(values.mean()) for name, values in each.items()}
    return Measured(metrics, {"user_ids": users, **each})


@pytest.fixture
def ran(monkeypatch):
    """The seeds that ran, each with made-up measurements in place of training."""
    seeds = []

    class MadeUpSeed:
        def __init__(self, cfg, seed, datamodule, data, bench, folder, models):
            self.seed = seed

        def run(self, runs):
            seeds.append(self.seed)
            for model in MODELS:
                fields = {"fit_seconds": 1.0, "parameters": 7}
                runs.add(model, RankerRun(self.seed, fields, measured_of(self.seed)))

    monkeypatch.setattr(train_seeds, "OneSeed", MadeUpSeed)
    monkeypatch.setattr(all_seeds, "_costs", lambda cfg, ground, folder: {})
    return seeds


@pytest.mark.slow
def test_every_seed_runs_once_in_its_order_and_enters_the_result(tmp_path, ran):
    datamodule, _ = small_data()
    settings = small_cascade(tmp_path, "seeds=[4,3]", "workers=1")
    result = run_cascade(settings, datamodule, tmp_path)
    assert ran == [4, 3]
    for model in MODELS:
        assert [run["seed"] for run in result["models"][model]["runs"]] == [4, 3]


@pytest.mark.slow
def test_the_result_tells_the_sizes_of_what_was_measured(tmp_path, ran):
    datamodule, data = small_data()
    described = run_cascade(small_cascade(tmp_path, "workers=1"), datamodule, tmp_path)["data"]
    assert described["cascade_fingerprint"] == data.fingerprint
    assert described["fingerprint"] == datamodule.fingerprint
    assert described["impressions"] == {name: len(ids) for name, ids in data.shown.items()}
    for name, shown in data.shown.items():
        assert described["requests"][name] == len(set(shown.request_ids.tolist()))
    assert 0 < described["test_users"] <= 80
    assert 0 < described["candidates_per_request"] <= 60


@pytest.mark.slow
def test_what_a_lost_process_leaves_is_trained_here(tmp_path, ran, monkeypatch):
    dealt = []

    def lose(cfg, seeds, folder, processes):
        dealt.append((seeds, processes))

    monkeypatch.setattr(all_seeds, "train_in_processes", lose)
    datamodule, _ = small_data()
    run_cascade(small_cascade(tmp_path, "workers=5"), datamodule, tmp_path)
    assert dealt == [([3, 4], 2)]
    assert ran == [3, 4]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["students.shared.weight=0"], "weight must be positive, got 0"),
        (["log.share=0"], "share must lie in"),
        (["log.corruption=stael"], "did you mean 'stale'"),
    ],
)
def test_wrong_settings_show_before_the_first_seed(overrides, message, tmp_path, ran):
    datamodule, _ = small_data()
    with pytest.raises(ValueError, match=message):
        run_cascade(small_cascade(tmp_path, *overrides), datamodule, tmp_path)
    assert ran == []
