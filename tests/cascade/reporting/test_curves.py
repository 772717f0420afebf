from matplotlib.figure import Figure
from tests.cascade.reporting.made_cascade import KEPT, made_cascade

from rankdistill.cascade.reporting.curves import (
    draw_curves,
    draw_level,
    number_costs,
    number_shares,
    point_of,
)
from rankdistill.cascade.reporting.looks import looks_of
from rankdistill.cascade.reporting.request_cost import request_cost


def axes():
    return Figure().subplots()


def test_a_point_is_a_mean_and_its_deviation_over_seeds():
    summary = made_cascade()["models"]["shared"]
    point = point_of(summary, "ndcg@10_after_100", 100)
    assert point == (100, summary["mean"]["metrics"]["test/ndcg@10_after_100"], 0.004)
    assert point_of(made_cascade(1)["models"]["shared"], "ndcg@10", 0) == (0, 0.26, 0.0)


def test_costs_run_along_the_bottom_and_cuts_along_the_top():
    result, picture = made_cascade(), axes()
    cost, looks = request_cost(result), looks_of(result)
    shared = result["models"]["shared"]
    points = [point_of(shared, f"ndcg@10_after_{cut}", cost.cascade(cut)) for cut in KEPT]
    draw_curves(picture, {"shared": points}, looks)
    final = point_of(result["models"]["final_ranker"], "ndcg@10", 0)
    draw_level(picture, "final_ranker", final, looks["final_ranker"])
    number_costs(picture, cost, KEPT)
    picture.figure.canvas.draw()
    curve, level = picture.lines
    assert list(curve.get_xdata()) == [4_012_000 + 40_000 * cut for cut in KEPT]
    assert set(level.get_ydata()) == {0.3}
    (top,) = picture.child_axes
    assert [label.get_text() for label in top.get_xticklabels()][-3:] == ["200", "400", "800"]
    low, high = picture.get_xlim()
    shown = [
        label.get_text()
        for tick, label in zip(picture.get_xticks(), picture.get_xticklabels(), strict=True)
        if low <= tick <= high
    ]
    assert shown == ["5 M", "10 M", "20 M"]


def test_shares_of_the_log_are_percentages_on_a_logarithmic_axis():
    picture = axes()
    picture.plot([0.01, 0.1, 1.0], [0.5, 0.6, 0.7])
    number_shares(picture, [0.01, 0.1, 1.0, 0.1])
    picture.figure.canvas.draw()
    assert picture.get_xscale() == "log"
    assert [label.get_text() for label in picture.get_xticklabels()] == ["1%", "10%", "100%"]


def test_forms_differ_in_more_than_colour():
    result, picture = made_cascade(), axes()
    curves = {
        model: [point_of(summary, f"ndcg@10_after_{cut}", cut) for cut in KEPT]
        for model, summary in result["models"].items()
        if model != "final_ranker"
    }
    draw_curves(picture, curves, looks_of(result))
    assert len({line.get_marker() for line in picture.lines}) == 3
    assert len({line.get_linestyle() for line in picture.lines}) == 3
