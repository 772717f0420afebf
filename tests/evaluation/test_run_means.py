import pytest

from rankdistill.evaluation.run_means import means


def run(value, **fields):
    return {"metrics": {"test/map@5": value, "test/ndcg@10": 2 * value}, **fields}


def test_runs_are_averaged_and_spread_as_a_sample_is():
    mean, std = means([run(0.1, fit_seconds=2.0), run(0.3, fit_seconds=4.0)], ["fit_seconds"])
    assert mean["metrics"] == pytest.approx({"test/map@5": 0.2, "test/ndcg@10": 0.4})
    assert std["metrics"]["test/map@5"] == pytest.approx(0.02**0.5)  # sqrt(2 * .1^2 / (2 - 1))
    assert (mean["fit_seconds"], std["fit_seconds"]) == pytest.approx((3, 2**0.5))


def test_a_single_run_has_no_deviation():
    assert means([run(0.1)])[1] == {"metrics": {"test/map@5": None, "test/ndcg@10": None}}


def test_what_one_run_lacks_has_no_mean():
    one, other = run(0.1, fit_seconds=1.0), run(0.3)
    other["metrics"]["test/ndcg@10"] = None
    mean, std = means([one, other], ["fit_seconds"])
    assert mean == {"metrics": {"test/map@5": 0.2}}
    assert list(std["metrics"]) == ["test/map@5"]
