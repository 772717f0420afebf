import pytest

from rankdistill.metrics.directions import less_is_better, more_is_better


@pytest.mark.parametrize("metric", ["map@5", "ndcg@10_after_100", "mrr@20", "cell_rate"])
def test_qualities_rank_models_most_first(metric):
    assert more_is_better(metric)
    assert not less_is_better(metric)


@pytest.mark.parametrize("metric", ["ce", "ce_like", "teacher_ce", "calibration_error"])
def test_losses_and_errors_rank_models_least_first_whatever_the_task(metric):
    assert less_is_better(metric)
    assert not more_is_better(metric)


@pytest.mark.parametrize("metric", ["calibration", "alignment_ratio"])
def test_ratios_whose_best_value_is_one_rank_nothing(metric):
    assert not less_is_better(metric)
    assert not more_is_better(metric)
