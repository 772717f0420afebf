import numpy as np
import pytest
from scipy import stats
from tests.evaluation.made_trials import made_trial

from rankdistill.evaluation.sweep_baselines import baselines, user_tests
from rankdistill.evaluation.sweep_trials import make_grid

AXES = ("size", "weighting")
ORDER = {"weighting": ["uniform", "position", "hybrid"]}


def grid_of_noise(missing=()):
    """Two sizes and three weightings with two seeds of forty users."""
    generator = np.random.default_rng(5)
    trials = [
        made_trial(
            {"size": size, "weighting": weighting},
            0.2,
            seed=seed,
            users=dict(enumerate(generator.random(40) + shift)),
        )
        for size in ("d2", "d10")
        for weighting, shift in (("uniform", 0), ("position", 0.1), ("hybrid", 0.3))
        for seed in (1, 2)
        if (size, weighting) not in missing
    ]
    return make_grid(trials, AXES, ORDER)


def levels_of_baselines(grid, chosen):
    numbers = baselines(grid, chosen)
    return {
        each.levels: None if number is None else grid.configurations[number].levels
        for each, number in zip(grid.configurations, numbers, strict=True)
    }


def test_without_a_choice_all_are_compared_with_the_first_of_the_sweep():
    found = levels_of_baselines(grid_of_noise(), None)
    assert set(found.values()) == {("d2", "uniform")}


def test_a_partial_choice_pairs_each_configuration_with_its_own_twin():
    found = levels_of_baselines(grid_of_noise(), {"weighting": "uniform"})
    assert found == {(size, weighting): (size, "uniform") for size, weighting in found}


def test_a_whole_choice_is_one_configuration_for_all():
    found = levels_of_baselines(grid_of_noise(), {"weighting": "position", "size": "d10"})
    assert set(found.values()) == {("d10", "position")}


def test_who_lost_its_twin_has_no_baseline_and_no_test():
    grid = grid_of_noise(missing=[("d10", "uniform")])
    numbers = baselines(grid, {"weighting": "uniform"})
    assert numbers == [0, 0, 0, None, None]
    results = user_tests(grid, numbers, "map@5")
    assert [result is None for result in results] == [True, False, False, True, True]


def test_tests_and_corrections_agree_with_a_slow_oracle():
    grid = grid_of_noise()
    results = user_tests(grid, baselines(grid, {"weighting": "uniform"}), "map@5")
    expected = {}
    for number, each in enumerate(grid.configurations):
        if each.levels[1] != "uniform":
            base = next(c for c in grid.configurations if c.levels == (each.levels[0], "uniform"))
            mine, its = (
                np.mean([trial.per_user("map@5")[1] for trial in side.trials], axis=0)
                for side in (each, base)
            )
            expected[number] = stats.ttest_rel(mine, its).pvalue
    adjusted = {}
    running = 0.0
    for rank, number in enumerate(sorted(expected, key=expected.get)):
        running = max(running, min(1.0, (len(expected) - rank) * expected[number]))
        adjusted[number] = running
    for number, result in enumerate(results):
        if number not in expected:
            assert result is None
        else:
            assert result["p_value"] == pytest.approx(expected[number], rel=1e-6)
            assert result["p_holm"] == pytest.approx(adjusted[number], rel=1e-6)
            assert (result["num_users"], result["num_seeds"]) == (40, 2)


def pair(own, base, own_data="same"):
    """Test of one configuration, runs by seed, against another."""
    trials = [
        made_trial({"weighting": name}, 0.2, seed=seed, users=users, data=data)
        for name, runs, data in (("hybrid", own, own_data), ("uniform", base, "same"))
        for seed, users in runs.items()
    ]
    grid = make_grid(trials, ["weighting"], ORDER)
    return user_tests(grid, baselines(grid, None), "map@5")[1]


def test_only_seeds_that_both_have_count():
    result = pair(
        {1: {7: 9.0, 8: 9.0}, 2: {7: 0.3, 8: 0.5}}, {2: {7: 0.2, 8: 0.1}, 3: {7: 9, 8: 9}}
    )
    assert result["difference"] == pytest.approx((0.1 + 0.4) / 2)
    assert result["num_seeds"] == 1


def test_a_user_who_counts_in_one_seed_alone_is_averaged_over_that_one():
    result = pair(
        {1: {1: 1.0, 2: 3.0}, 2: {2: 5.0, 3: 2.0}},
        {1: {1: 0.0, 2: 0.0}, 2: {2: 0.0, 3: 0.0}},
    )
    assert result["num_users"] == 3
    assert result["difference"] == pytest.approx((1 + 4 + 2) / 3)


def test_runs_on_other_data_and_runs_without_users_are_not_compared():
    users = {1: {1: 0.1, 2: 0.4}}
    assert pair(users, users, own_data="other") is None
    assert pair(users, {1: None}) is None
    assert pair({1: {1: 0.1}}, {1: {1: 0.2}}) is None


def test_a_baseline_is_loaded_once_however_many_are_compared_with_it():
    loads = []

    def counting(trial):
        def load(metric):
            loads.append(trial.axes["weighting"])
            return np.arange(3), np.arange(3.0)

        return load

    trials = [made_trial({"weighting": name}, 0.2) for name in ("uniform", "position", "hybrid")]
    for trial in trials:
        object.__setattr__(trial, "per_user", counting(trial))
    grid = make_grid(trials, ["weighting"], ORDER)
    user_tests(grid, baselines(grid, None), "map@5")
    assert sorted(loads) == ["hybrid", "position", "uniform"]
