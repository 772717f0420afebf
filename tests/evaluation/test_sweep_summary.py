import pytest
from tests.evaluation.made_trials import crossed, made_trial

from rankdistill.evaluation.sweep_summary import build_sweep_summary

AXES = ["size", "weighting"]


def test_means_and_deviations_over_seeds_match_values_worked_by_hand():
    trials = [
        made_trial({"size": "d2"}, value, seed=seed)
        for seed, value in ((1, 0.1), (2, 0.2), (3, 0.6))
    ]
    trials.append(made_trial({"size": "d10"}, 0.5))
    summary = build_sweep_summary(trials, ["size"], "map@5")
    second = summary["configurations"][1]
    assert second["num_seeds"] == 3
    assert second["mean"]["test/map@5"] == pytest.approx(0.3)
    assert second["std"]["test/map@5"] == pytest.approx(0.07**0.5)  # (.04 + .01 + .09) / 2
    assert summary["configurations"][0]["std"]["test/map@5"] is None
    assert summary["num_seeds"] == [1, 3]


def test_the_best_is_chosen_on_validation_and_reported_on_test():
    trials = [
        made_trial({"size": "d2", "weighting": "uniform"}, 0.9, val=0.1),
        made_trial({"size": "d2", "weighting": "hybrid"}, 0.3, val=0.2),
        made_trial({"size": "d10", "weighting": "uniform"}, 0.4, val=0.05),
    ]
    summary = build_sweep_summary(trials, AXES, "map@5")
    ranked = [each["mean"]["test/map@5"] for each in summary["configurations"]]
    assert ranked == [0.3, 0.9, 0.4]
    best = {
        (each["axis"], each["level"]): each["configuration"] for each in summary["best_per_level"]
    }
    assert best == {
        ("size", "d2"): 0,
        ("size", "d10"): 2,
        ("weighting", "hybrid"): 0,
        ("weighting", "uniform"): 1,
    }


def test_the_first_configuration_is_that_of_the_sweeps_order():
    trials = crossed({("d10", "hybrid"): 0.1, ("d2", "hybrid"): 0.2, ("d2", "uniform"): 0.3})
    order = {"weighting": ["uniform", "hybrid"]}
    summary = build_sweep_summary(trials, AXES, "map@5", order=order)
    assert summary["first"] == {"size": "d2", "weighting": "uniform"}
    assert [each["is_baseline"] for each in summary["configurations"]] == [True, False, False]


def test_an_axis_with_one_level_is_told_apart_from_those_that_vary():
    trials = crossed({("d2", "uniform"): 0.1, ("d2", "hybrid"): 0.2})
    summary = build_sweep_summary(trials, AXES, "map@5")
    assert summary["axes"] == ["weighting"]
    assert summary["fixed"] == {"size": "d2"}


def test_runs_without_the_metric_on_both_parts_are_left_out():
    half = made_trial({"size": "d2"}, 0.1)
    object.__setattr__(half, "metrics", {"test/map@5": 0.9})
    summary = build_sweep_summary([half, made_trial({"size": "d10"}, 0.2)], ["size"], "map@5")
    assert [each["levels"]["size"] for each in summary["configurations"]] == ["d10"]


def test_nothing_gives_an_empty_summary():
    summary = build_sweep_summary([], AXES, "map@5")
    assert summary["configurations"] == summary["effects"] == summary["curves"] == []
    assert summary["heat_map"] is summary["sizes"] is None
