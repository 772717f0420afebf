import struct

import pytest
from matplotlib.figure import Figure

from rankdistill.cascade.reporting.bars import draw_corruption
from rankdistill.cascade.reporting.drawing import (
    draw_curves,
    draw_level,
    draw_over_logged_share,
    number_costs,
    points_over_cuts,
)
from rankdistill.cascade.reporting.figures import cascade_figures
from rankdistill.cascade.reporting.request_cost import request_cost
from tests.cascade.reporting.made_cascade import KEPT, LIFT, made_cascade

NAMES = ["quality_by_cost.png", "recall_of_final.png", "logged_share.png", "corruption.png"]


def drawn(result, folder):
    return [figure.path.name for figure in cascade_figures(result, folder)]


def size(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def axes():
    return Figure().subplots()


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_all_figures_are_written_as_wide_as_they_say(tmp_path, num_seeds):
    figures = cascade_figures(made_cascade(num_seeds), tmp_path)
    assert [figure.path.name for figure in figures] == NAMES
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)
    for figure in figures:
        width, height = size(figure.path)
        assert width == pytest.approx(200 * figure.width)
        assert height > 400
        assert figure.path.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        (["cost", "logged_share", "corruption", "monitor"], NAMES[1:2]),
        (["kept", "corruption", "needed_cut", "tests"], NAMES[2:3]),
        (["top_k", "logged_share"], [NAMES[0], NAMES[3]]),
    ],
)
def test_a_figure_without_numbers_is_not_drawn_and_an_old_one_goes(tmp_path, parts, left):
    for name in NAMES:
        (tmp_path / name).write_text("of an earlier result")
    result = made_cascade()
    for part in parts:
        del result[part]
    assert drawn(result, tmp_path) == left
    assert {path.name for path in tmp_path.iterdir()} == set(left)
    assert all(size(tmp_path / name) for name in left)


def test_a_result_of_models_alone_has_no_figure(tmp_path):
    result = made_cascade()
    assert drawn({"seeds": [1], "models": result["models"]}, tmp_path) == []


def test_without_a_final_ranker_the_curves_are_there(tmp_path):
    result = made_cascade()
    del result["models"]["final_ranker"]
    assert drawn(result, tmp_path) == NAMES


def test_a_curve_holds_the_measured_cuts_and_leaves_out_the_others():
    summary = made_cascade()["models"]["shared"]
    summary["mean"]["metrics"]["test/ndcg@10_after_50"] = None
    points = points_over_cuts(summary, "ndcg@10", [*KEPT, 1600], "after")
    assert [point.x for point in points] == [10, 20, 100, 200, 400, 800]
    assert points[2].mean == summary["mean"]["metrics"]["test/ndcg@10_after_100"]
    assert {point.std for point in points} == {0.004}


def test_costs_run_along_the_bottom_and_cuts_along_the_top():
    result, picture = made_cascade(), axes()
    cost = request_cost(result)
    assert cost is not None
    points = points_over_cuts(result["models"]["shared"], "ndcg@10", KEPT, "after")
    points = [point._replace(x=cost.cascade(point.x)) for point in points]
    draw_curves(picture, {"shared": points})
    draw_level(picture, "final_ranker", "ndcg@10", result["models"]["final_ranker"])
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


def test_users_alone_are_a_level_over_the_share_of_the_log():
    result, picture = made_cascade(), axes()
    draw_over_logged_share(
        picture, result["logged_share"], "recall_of_final@20_in_100", result["models"]["none"]
    )
    level, auxiliary, shared = picture.lines
    assert level.get_label() == "none (users alone)"
    assert (auxiliary.get_label(), shared.get_label()) == ("auxiliary", "shared")
    assert list(shared.get_xdata()) == [0.01, 0.1, 1.0]
    assert picture.get_xscale() == "log"


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_bars_are_changes_of_the_same_seed_against_the_clean_log(num_seeds):
    result, picture = made_cascade(num_seeds), axes()
    draw_corruption(picture, result["corruption"], "teacher_ce", result["models"])
    widths = {round(bar.get_width(), 6) for bar in picture.patches}
    assert widths == {0.001, 0.002, 0.004, 0.008, 0.02, 0.06}  # the made losses
    labels = [label.get_text() for label in picture.get_yticklabels()]
    assert labels == [
        "marked invalid, 10%",
        "invalid, not marked, 10%",
        "stale, not marked, 10%",
        "stale, not marked, 50%",
    ]
    # Seeds step by .004 on the clean log and by -.001 on the others: whiskers of .005, if any.
    whiskers = [path.vertices for line in picture.collections for path in line.get_paths()]
    assert len(whiskers) == (8 if num_seeds > 1 else 0)
    for ends in whiskers:
        assert (ends[1][0] - ends[0][0]) / 2 == pytest.approx(0.005)


def test_a_form_whose_clean_log_is_unknown_has_no_bar():
    result, picture = made_cascade(), axes()
    draw_corruption(picture, result["corruption"], "ce", {"shared": result["models"]["shared"]})
    assert len(picture.patches) == 4


def test_forms_differ_in_more_than_colour():
    picture = axes()
    result = made_cascade()
    draw_curves(
        picture,
        {
            model: points_over_cuts(result["models"][model], "ndcg@10", KEPT, "after")
            for model in LIFT
        },
    )
    assert len({line.get_marker() for line in picture.lines}) == 3
    assert len({line.get_linestyle() for line in picture.lines}) == 3
