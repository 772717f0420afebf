import pytest

from rankdistill.cascade.reporting.wording import model_label, operations, share_text
from rankdistill.metrics.directions import less_is_better, more_is_better
from rankdistill.reporting.wording import metric_label


@pytest.mark.parametrize(
    ("metric", "label", "more", "less"),
    [
        ("recall_of_final@20_in_100", "recall of final's top 20 in 100", True, False),
        ("joint_recall@10_after_100", "joint Recall@10 after 100", True, False),
        ("ndcg@10_after_100", "NDCG@10 after 100", True, False),
        ("recall@10", "Recall@10", True, False),
        ("kendall_tau_in_100", "Kendall tau in 100", True, False),
        ("pair_accuracy_in_100", "pair accuracy in 100", True, False),
        ("ce", "CE", False, True),
        ("ce_like", "CE like", False, True),
        ("teacher_ce_watch", "CE against final watch", False, True),
        ("normalised_entropy_share", "normalised entropy share", False, True),
        ("calibration_like", "calibration like", False, False),
        ("calibration_error_like", "calibration error like", False, True),
        ("alignment_ratio_like", "alignment ratio like", False, False),
        ("cell@3", "cell@3", True, False),
    ],
)
def test_metrics_of_a_cascade_are_named_and_have_a_direction(metric, label, more, less):
    assert metric_label(metric) == label
    assert more_is_better(metric) is more
    assert less_is_better(metric) is less


def test_shares_and_operations_are_written_as_people_read_them():
    assert [share_text(s) for s in (0.003, 0.1, 0.995, 1)] == ["0.3%", "10%", "99.5%", "100%"]
    assert [operations(n) for n in (850, 21_240, 1_050_000)] == ["850", "21.2 k", "1.05 M"]


def test_models_are_written_without_underscores():
    assert model_label("final_ranker") == "final ranker"
