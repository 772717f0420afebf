import itertools
import struct

import pytest
from matplotlib.text import Text
from tests.reporting.made_comparison import made_comparison, made_none

from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER
from rankdistill.reporting.figures import comparison_figure, draw_comparison


@pytest.mark.slow
def test_the_file_is_a_png_of_1200_by_500_pixels_and_nothing_else_is_left(tmp_path):
    comparison_figure(made_comparison(), tmp_path / "comparison.png")
    content = (tmp_path / "comparison.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (1200, 500)
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.png"]


def words(figure):
    return " ".join(text.get_text() for text in figure.findobj(Text))


def test_the_title_names_data_and_seeds_and_the_gap_is_annotated():
    text = words(draw_comparison(made_comparison()))
    assert "ml-100k, 3 seeds" in text
    assert "67% of the gap closed\n[51%, 83%]" in text
    assert "teacher\n2.10 MB" in text


@pytest.mark.parametrize("reason", [MAY_BE_CHANCE, NOT_BETTER])
def test_a_gap_that_may_be_chance_has_no_percentage_but_its_reason(reason):
    comparison = made_comparison()
    comparison["gap_closed"]["map@5"] = made_none(reason, 0.0002, -0.001, 0.0014)
    text = words(draw_comparison(comparison)).replace("\n", " ")
    assert reason in text
    assert "%" not in text
    assert "of the gap closed" not in text


VERDICT = (
    "Ship distilled_student/seed-3/model.rank (the distilled student of seed 3, best on "
    "validation): its weights are 20 times smaller than the teacher's. Against the teacher it "
    "loses MAP@5 (.1900 for .2100), NDCG@10 (.2900 for .3100) and Recall@10 (.0950 for .1050). The "
    "teacher stopped improving after 3 epochs and the teacher's lead over the student may be "
    "chance: first try rankdistill tune tuning=teacher 'data.path=a long path/of a user.csv'."
)


def test_the_verdict_is_written_where_there_is_one():
    with_verdict = {**made_comparison(), "verdict": {"text": VERDICT}}
    assert VERDICT in words(draw_comparison(with_verdict)).replace("\n", " ")
    assert "Ship" not in words(draw_comparison(made_comparison()))


def test_bars_stand_for_means_and_dots_for_seeds():
    bars, plane = draw_comparison(made_comparison()).axes
    heights = [round(bar.get_height(), 6) for bar in bars.patches]
    assert heights == [0.21, 0.31, 0.15, 0.25, 0.19, 0.29]
    dots = [list(line.get_ydata()) for line in bars.lines if len(line.get_ydata()) == 3]
    assert [0.18, 0.19, 0.2] in dots
    assert plane.get_xscale() == "log"
    assert plane.get_xlabel() == "weights"


def test_one_seed_has_neither_whiskers_nor_dots():
    bars, _ = draw_comparison(made_comparison(num_seeds=1)).axes
    assert not bars.lines
    assert not bars.collections


@pytest.mark.slow
@pytest.mark.parametrize(
    ("student", "distilled", "small"),
    [
        (0.15, 0.19, 106_000),  # the usual picture
        (0.15, 0.148, 106_000),  # distillation did harm, a little
        (0.15, 0.15, 106_000),  # or nothing
        (0.15, 0.24, 106_000),  # better than the teacher
        (0.2098, 0.2099, 1_050_000),  # all alike in quality, and nearly in size
        (0.15, 0.2101, 2_101_234),  # all of one size
    ],
)
@pytest.mark.parametrize("gap", [{}, made_none(MAY_BE_CHANCE, 0.0002, -0.001, 0.0014)])
def test_no_label_covers_another_or_leaves_the_picture(student, distilled, small, gap):
    comparison = {**made_comparison(), "verdict": {"text": VERDICT}}
    comparison["gap_closed"]["map@5"] |= gap
    for model, quality in (("student", student), ("distilled_student", distilled)):
        mean = comparison["models"][model]["mean"]
        mean["metrics"]["test/map@5"] = quality
        mean["weights_bytes"] = small
    figure = draw_comparison(comparison)
    figure.canvas.draw()
    plane = figure.axes[1]
    labels = [text for text in plane.texts if text.get_text()]
    assert len(labels) == 3
    panel = plane.get_window_extent()
    extents = [label.get_window_extent() for label in labels]
    for extent in extents:
        assert panel.x0 <= extent.x0
        assert extent.x1 <= panel.x1
        assert panel.y0 <= extent.y0
        assert extent.y1 <= panel.y1
    for one, other in itertools.combinations(extents, 2):
        assert not one.overlaps(other)
