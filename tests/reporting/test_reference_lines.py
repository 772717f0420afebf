import pytest
from matplotlib.figure import Figure

from rankdistill.reporting.reference_lines import draw_across, draw_upwards


def summary(*lines):
    return {
        "metric": "map@5",
        "references": [
            {"model": model, "levels": {}, "mean": {"test/map@5": value}} for model, value in lines
        ],
    }


@pytest.mark.parametrize("draw", [draw_across, draw_upwards])
def test_each_model_has_a_line_at_its_value_with_its_name(draw):
    axes = Figure().subplots()
    draw(axes, summary(("teacher", 0.3), ("student", 0.1)))
    side = 1 if draw is draw_across else 0
    assert [line.get_data()[side][0] for line in axes.lines] == [0.3, 0.1]
    assert [text.get_text().strip() for text in axes.texts] == ["teacher", "plain student"]


def test_several_lines_of_a_model_are_drawn_as_their_mean_and_this_is_said():
    axes = Figure().subplots()
    draw_across(axes, summary(("student", 0.1), ("student", 0.2)))
    assert [line.get_ydata()[0] for line in axes.lines] == [pytest.approx(0.15)]
    assert [text.get_text() for text in axes.texts] == ["plain student, mean of 2"]


def test_a_sweep_without_such_models_has_no_lines():
    axes = Figure().subplots()
    draw_upwards(axes, summary())
    assert not axes.lines
