import math

import pytest
from tests.evaluation.made_trials import crossed, made_trial

from rankdistill.evaluation.multiple_tests import holm
from rankdistill.evaluation.sweep_effects import effects, eta_squared
from rankdistill.evaluation.sweep_trials import make_grid

VALUES = {
    ("d2", "uniform"): 0.1,
    ("d2", "hybrid"): 0.2,
    ("d10", "uniform"): 0.3,
    ("d10", "hybrid"): 0.6,
}


def effects_of(trials, axes=("size", "weighting")):
    return {each["axis"]: each for each in effects(make_grid(trials, axes, {}), "map@5")}


def level(effect, name):
    return next(each for each in effect["levels"] if each["level"] == name)


def test_marginal_means_shares_and_ranges_match_values_worked_by_hand():
    # Grand mean .3; squares .04 + .01 + 0 + .09 = .14. Sizes: means .15 and .45, between them
    # 2 x 2 x .15^2 = .09. Weightings: means .2 and .4, between them 2 x 2 x .1^2 = .04.
    found = effects_of(crossed(VALUES))
    assert list(found) == ["size", "weighting"]
    size, weighting = found["size"], found["weighting"]
    assert [each["test"] for each in size["levels"]] == pytest.approx([0.15, 0.45])
    assert size["eta_squared"] == pytest.approx(0.09 / 0.14)
    assert weighting["eta_squared"] == pytest.approx(0.04 / 0.14)
    assert (size["range"], weighting["range"]) == pytest.approx((0.3, 0.2))
    assert (size["num_combinations"], size["num_complete"]) == (2, 2)


def test_a_missing_combination_takes_its_company_along():
    trials = crossed({key: value for key, value in VALUES.items() if value != 0.6})
    size = effects_of(trials)["size"]
    assert [each["test"] for each in size["levels"]] == pytest.approx([0.1, 0.3])
    assert (size["num_combinations"], size["num_complete"]) == (2, 1)


def test_levels_that_share_no_company_have_means_but_no_share_of_the_variance():
    trials = crossed({key: VALUES[key] for key in (("d2", "uniform"), ("d10", "hybrid"))})
    size = effects_of(trials)["size"]
    assert [each["test"] for each in size["levels"]] == pytest.approx([0.1, 0.6])
    assert size["num_complete"] == 0
    assert size["eta_squared"] is None
    assert level(size, "d2")["versus_best"] is None


def test_the_only_axis_has_no_share_for_it_would_be_all():
    trials = [made_trial({"size": size}, value) for size, value in (("d2", 0.1), ("d10", 0.2))]
    assert effects_of(trials, ("size",))["size"]["eta_squared"] is None


def test_shares_of_equal_values_are_unknown_and_of_equal_groups_zero():
    assert eta_squared([[0.3, 0.3], [0.3]]) is None
    assert eta_squared([[0.1, 0.3], [0.1, 0.3]]) == pytest.approx(0)
    assert eta_squared([[0.1, 0.1], [0.3, 0.3]]) == pytest.approx(1)


def test_the_best_level_is_that_of_validation_even_where_test_says_otherwise():
    trials = [
        made_trial({"size": size, "weighting": weighting}, test, val=val)
        for size, weighting, test, val in (
            ("d2", "uniform", 0.9, 0.1),
            ("d2", "hybrid", 0.8, 0.2),
            ("d10", "uniform", 0.1, 0.3),
            ("d10", "hybrid", 0.2, 0.4),
        )
    ]
    size = effects_of(trials)["size"]
    assert size["best"] == "d10"
    assert level(size, "d10")["versus_best"] is None
    assert level(size, "d2")["versus_best"]["difference"] == pytest.approx(0.7)


def test_levels_are_compared_over_runs_alike_in_all_else_and_in_the_seed():
    # Pairs d2 - d10: -1, -2 and -3, so t = 2 sqrt(3) on 2 degrees of freedom; the run of d10 with
    # seed 3 has no partner.
    rows = [("d2", "u", 1, 1), ("d10", "u", 1, 2), ("d2", "u", 2, 1), ("d10", "u", 2, 3)]
    rows += [("d2", "h", 1, 1), ("d10", "h", 1, 4), ("d10", "h", 3, 99)]
    trials = [
        made_trial({"size": size, "weighting": weighting}, value, seed=seed)
        for size, weighting, seed, value in rows
    ]
    versus = level(effects_of(trials)["size"], "d2")["versus_best"]
    assert versus["num_pairs"] == 3
    assert versus["difference"] == pytest.approx(-2)
    assert versus["p_value"] == pytest.approx(1 - math.sqrt(12 / 14))


def test_p_values_of_all_axes_are_adjusted_together():
    trials = [
        made_trial({"size": size, "weighting": weighting}, value + seed * wobble, seed=seed)
        for (size, weighting), value in VALUES.items()
        for seed, wobble in ((1, 0.0), (2, 0.01 * value), (3, 0.02))
    ]
    tests = [
        each["versus_best"]
        for effect in effects_of(trials).values()
        for each in effect["levels"]
        if each["versus_best"]
    ]
    assert len(tests) == 2
    assert [test["p_holm"] for test in tests] == holm([test["p_value"] for test in tests])
    assert max(test["p_holm"] / test["p_value"] for test in tests) == pytest.approx(2)


def test_a_level_that_is_not_known_is_no_level_of_an_effect():
    trials = crossed({**VALUES, ("-", "uniform"): 9.0, ("-", "hybrid"): 9.0})
    size = effects_of(trials)["size"]
    assert [each["level"] for each in size["levels"]] == ["d2", "d10"]
    assert size["range"] == pytest.approx(0.3)
