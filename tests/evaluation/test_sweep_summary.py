import pytest
from tests.evaluation.made_trials import crossed, made_trial

from rankdistill.evaluation.sweep_curves import curve, heat_map, sizes
from rankdistill.evaluation.sweep_summary import build_sweep_summary
from rankdistill.evaluation.sweep_trials import make_grid

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


def test_levels_come_as_people_count_unless_the_sweep_says_how():
    names = ["k100", "k5", "k30", None, 10, 2.5]
    grid = make_grid([made_trial({"top_k": name}, 0.1) for name in names], ["top_k"], {})
    assert grid.levels["top_k"] == (None, 2.5, 10, "k5", "k30", "k100")
    told = {"top_k": ["k100", 10]}
    grid = make_grid([made_trial({"top_k": name}, 0.1) for name in names], ["top_k"], told)
    assert grid.levels["top_k"] == ("k100", 10, None, 2.5, "k5", "k30")


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


def sized(seeds=(1, 2)):
    """MAP@5 of two sizes under two weightings; a seed adds .02."""
    values = {("d2", "uniform"): 0.1, ("d2", "hybrid"): 0.2, ("d10", "uniform"): 0.3}
    values[("d10", "hybrid")] = 0.6
    return [
        made_trial(
            {"size": size, "weighting": weighting},
            value + 0.02 * seed,
            seed=seed,
            num_bytes=100 * int(size[1:]),
            backbone__embedding_dim=int(size[1:]),
        )
        for (size, weighting), value in values.items()
        for seed in seeds
    ]


def test_a_curve_has_a_line_per_level_and_the_deviation_over_seeds():
    found = curve(make_grid(sized(), AXES, {}), "backbone.embedding_dim", "map@5", AXES)
    assert found is not None
    assert (found["axis"], found["by"]) == ("size", "weighting")
    hybrid, uniform = found["lines"]
    assert (hybrid["level"], uniform["level"]) == ("hybrid", "uniform")
    assert [point["x"] for point in hybrid["points"]] == [2, 10]
    assert [point["mean"] for point in hybrid["points"]] == pytest.approx([0.23, 0.63])
    assert [point["std"] for point in uniform["points"]] == pytest.approx([0.0002**0.5] * 2)


def test_a_curve_over_what_nobody_swept_is_not_drawn():
    grid = make_grid(sized(), AXES, {})
    assert curve(grid, "distillation.top_k", "map@5", AXES) is None


def test_an_axis_that_gives_single_points_is_not_made_lines_of():
    trials = sized()
    trials = [each for each in trials if each.axes != {"size": "d10", "weighting": "hybrid"}]
    found = curve(make_grid(trials, AXES, {}), "backbone.embedding_dim", "map@5", AXES)
    assert found is not None
    assert found["by"] is None
    assert [point["mean"] for point in found["lines"][0]["points"]] == pytest.approx([0.13, 0.33])


def test_a_heat_map_averages_over_the_other_axes_and_leaves_gaps():
    trials = [
        made_trial(
            {"sharpness.lambda_": x, "sharpness.mu": y, "size": size},
            value + (0.1 if size == "d10" else 0),
            sharpness__lambda_=x,
            sharpness__mu=y,
        )
        for x, y, value in ((1, 0.1, 0.1), (10, 0.1, 0.3), (1, 0.01, 0.2))
        for size in ("d2", "d10")
    ]
    grid = make_grid(trials, ["sharpness.lambda_", "sharpness.mu", "size"], {})
    found = heat_map(grid, "sharpness.lambda_", "sharpness.mu", "map@5")
    assert found is not None
    assert (found["x"], found["y"]) == ([1, 10], [0.01, 0.1])
    assert found["mean"][0] == [pytest.approx(0.25), None]
    assert found["mean"][1] == pytest.approx([0.15, 0.35])


def test_presets_that_set_both_numbers_at_once_are_no_heat_map():
    trials = [
        made_trial({"sharpness": name}, 0.1, sharpness__lambda_=x, sharpness__mu=y)
        for name, x, y in (("paper", 1, 0.1), ("broad", 10, 0.003))
    ]
    grid = make_grid(trials, ["sharpness"], {})
    assert heat_map(grid, "sharpness.lambda_", "sharpness.mu", "map@5") is None


def test_of_each_size_and_kind_the_one_that_validates_best_is_shown():
    trials = sized(seeds=(1,))
    trials += [
        made_trial({**each.axes, "top_k": "k30"}, 0.9, val=0.0, num_bytes=1000)
        for each in trials
        if each.axes["size"] == "d10"
    ]
    trials = [
        each
        if "top_k" in each.axes
        else made_trial(
            {**each.axes, "top_k": "k10"},
            each.metrics["test/map@5"],
            num_bytes=each.measures["weights_bytes"],
        )
        for each in trials
    ]
    found = sizes(make_grid(trials, [*AXES, "top_k"], {}), "map@5", ["size", "weighting", "top_k"])
    assert found is not None
    assert (found["axis"], found["by"]) == ("size", "weighting")
    shown = [(each["level"], each["num_bytes"], round(each["mean"], 4)) for each in found["points"]]
    assert sorted(shown) == [
        ("hybrid", 200, 0.22),
        ("hybrid", 1000, 0.62),
        ("uniform", 200, 0.12),
        ("uniform", 1000, 0.32),
    ]


def test_models_of_one_size_are_not_drawn_against_it():
    trials = [made_trial({"size": s}, 0.1, num_bytes=b) for s, b in (("a", 1000), ("b", 1001))]
    assert sizes(make_grid(trials, ["size"], {}), "map@5", []) is None
