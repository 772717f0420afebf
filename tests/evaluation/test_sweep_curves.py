import pytest
from tests.evaluation.made_trials import made_trial

from rankdistill.evaluation.sweep_curves import curve, heat_map, sizes
from rankdistill.evaluation.sweep_trials import make_grid

AXES = ["size", "weighting"]


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
