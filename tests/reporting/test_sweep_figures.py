import itertools
import struct

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tests.evaluation.made_trials import made_trial

from rankdistill.evaluation.sweep_summary import build_sweep_summary
from rankdistill.reporting.sweep_drawing import draw_curve, draw_effects, draw_heat_map, short_label
from rankdistill.reporting.sweep_figures import sweep_figures

SETTINGS = {
    "backbone.embedding_dim": "backbone__embedding_dim",
    "distillation.top_k": "distillation__top_k",
    "distillation.alpha": "distillation__alpha",
    "sharpness.lambda_": "sharpness__lambda_",
    "sharpness.mu": "sharpness__mu",
}


def summary_of(**grid):
    """A summary over settings as axes, names with two underscores for a dot."""
    trials = [
        made_trial(
            {name.replace("__", "."): level for name, level in point.items()},
            0.1 + 0.01 * sum(float(level) for level in point.values()) ** 0.5 + 0.001 * seed,
            seed=seed,
            num_bytes=1000 * point.get("backbone__embedding_dim", 1),
            **point,
        )
        for levels in itertools.product(*grid.values())
        for point in [dict(zip(grid, levels, strict=True))]
        for seed in (1, 2)
    ]
    return build_sweep_summary(trials, [name.replace("__", ".") for name in grid], "map@5")


def size_of(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def axes_with(draw, *arguments):
    figure = Figure(figsize=(5.2, 3.7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    draw(axes, *arguments)
    figure.canvas.draw()
    return axes


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        (
            {"backbone__embedding_dim": [2, 10, 50]},
            {
                "effects.png": (1040, 388),
                "metric_by_size.png": (1040, 740),
                "quality_by_bytes.png": (750, 550),
            },
        ),
        (
            {"sharpness__lambda_": [1, 10], "sharpness__mu": [0.01, 0.1]},
            {"effects.png": (1040, 492), "lambda_by_mu.png": (1040, 560)},
        ),
        (
            {"distillation__top_k": [5, 30], "distillation__alpha": [0.1, 0.5]},
            {
                "effects.png": (1040, 492),
                "metric_by_top_k.png": (1040, 740),
                "metric_by_alpha.png": (1040, 740),
            },
        ),
    ],
)
def test_figures_are_those_whose_axes_were_swept(tmp_path, grid, expected):
    figures = sweep_figures(summary_of(**grid), tmp_path)
    assert {figure.path.name: size_of(figure.path) for figure in figures} == expected
    assert {path.name for path in tmp_path.iterdir()} == set(expected)


def test_figures_of_an_earlier_report_do_not_stay(tmp_path):
    for name in ("metric_by_alpha.png", "my_own.png"):
        (tmp_path / name).write_text("old")
    sweep_figures(summary_of(backbone__embedding_dim=[2, 10]), tmp_path)
    assert not (tmp_path / "metric_by_alpha.png").exists()
    assert (tmp_path / "my_own.png").exists()


def test_nothing_swept_is_no_figure(tmp_path):
    assert sweep_figures(build_sweep_summary([], [], "map@5"), tmp_path) == []


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
    assert [text.get_color() for text in axes.texts] == ["white", "white", "black"]


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
