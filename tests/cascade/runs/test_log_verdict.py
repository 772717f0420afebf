import pytest
import torch

from rankdistill.cascade.runs.log_verdict import sufficient_cut, verdict_of

KEPT = [5, 10, 20]
FLOPS = {"flops_per_item": 100.0, "flops_per_request": 3000.0}


def models(**curves):
    return {
        name: {
            "mean": {
                "metrics": {
                    f"{part}/recall_in_{kept}": value - (part == "test") * 0.01
                    for part in ("val", "test")
                    for kept, value in zip(KEPT, curve, strict=True)
                }
            }
        }
        for name, curve in curves.items()
    }


def verdict(final_flops=None, share=0.9, **curves):
    sizes = torch.tensor([8, 52])
    return verdict_of(models(**curves), "recall_in", KEPT, share, sizes, FLOPS, final_flops)


def test_the_cut_is_the_smallest_from_which_on_enough_is_kept():
    assert sufficient_cut([0.8, 0.95, 0.97], KEPT, 0.9) == 10
    assert sufficient_cut([0.95, 0.8, 0.97], KEPT, 0.9) == 20, "it fell below again"
    assert sufficient_cut([0.8, 0.85, 0.89], KEPT, 0.9) is None


def test_the_student_with_the_smallest_cut_is_chosen_by_validation_and_judged_by_test():
    found = verdict(none=[0.5, 0.8, 0.96], shared=[0.7, 0.92, 0.94])
    assert (found["student"], found["keep"], found["suffices"]) == ("shared", 10, True)
    assert (found["validation"], found["expected"]) == pytest.approx((0.92, 0.91))


def test_of_students_with_one_cut_the_one_that_keeps_more_is_chosen():
    assert verdict(none=[0.5, 0.91, 0.96], shared=[0.7, 0.92, 0.94])["student"] == "shared"


def test_where_no_cut_is_enough_the_largest_is_told():
    found = verdict(none=[0.5, 0.6, 0.7], shared=[0.5, 0.6, 0.8])
    assert (found["student"], found["keep"], found["suffices"]) == ("shared", 20, False)


def test_the_cost_matches_values_worked_by_hand():
    found = verdict(none=[0.5, 0.91, 0.96])
    assert found["of"] == 30
    assert found["final_scores"] == pytest.approx((8 + 10) / 60)
    assert found["cost"] is None
    known = verdict(final_flops=1000.0, none=[0.5, 0.91, 0.96])
    # Of 60 candidates 18 cost 1000 each, all cost 100, and two requests cost 3000 each.
    assert known["cost"] == pytest.approx((18 * 1000 + 60 * 100 + 2 * 3000) / (60 * 1000))
