from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tests.reporting.made_summary import summary_of

from rankdistill.reporting.sweep_drawing import draw_curve, draw_effects, draw_heat_map, short_label


def axes_with(draw, *arguments):
    figure = Figure(figsize=(5.2, 3.7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    draw(axes, *arguments)
    figure.canvas.draw()
    return axes


def test_sizes_stand_on_a_logarithmic_axis_and_are_written_out():
    summary = summary_of(backbone__embedding_dim=[2, 10, 50], sharpness__mu=[0.01, 0.1])
    axes = axes_with(draw_curve, summary["curves"][0], "map@5")
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "10", "50"]
    assert [line.get_label() for line in axes.lines] == ["0.01", "0.1"]
    assert len(axes.collections) == 2  # bands


def test_numbers_that_lie_close_are_not_all_written():
    numbers = [1.0, 1.01, 1.02, 2.0]
    summary = summary_of(distillation__alpha=numbers)
    axes = axes_with(draw_curve, summary["curves"][0], "map@5")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]


def test_cells_show_their_numbers_and_gaps_nothing():
    heat_map = {
        "across": "sharpness.lambda_",
        "down": "sharpness.mu",
        "x": [1, 10],
        "y": [0.01, 0.1],
        "mean": [[0.1234, None], [0.2, 0.3]],
    }
    axes = axes_with(draw_heat_map, heat_map, "map@5")
    assert [text.get_text() for text in axes.texts] == [".1234", ".2000", ".3000"]
    assert [text.get_color() for text in axes.texts] == ["#ffffff", "#ffffff", "#111111"]


def test_effects_have_a_dot_per_level_and_a_stroke_per_configuration():
    summary = summary_of(backbone__embedding_dim=[2, 10], sharpness__mu=[0.01, 0.1, 1.0])
    axes = axes_with(draw_effects, summary)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["", "2", "10", "", "0.01", "0.1", "1"]
    strokes = [len(line.get_xdata()) for line in axes.lines if line.get_marker() == "|"]
    assert strokes == [3, 3, 2, 2, 2]
    panel = axes.get_window_extent()
    assert all(text.get_window_extent().x1 <= panel.x1 for text in axes.texts)


def test_labels_are_cut_and_hold_no_formula():
    assert short_label("$x$") == r"\$x\$"
    assert len(short_label("a" * 99)) == 28
