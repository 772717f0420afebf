import struct

import pytest
from tests.reporting.made_summary import summary_of

from rankdistill.evaluation.sweep_summary import build_sweep_summary
from rankdistill.reporting.sweep_figures import sweep_figures


def size_of(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        (
            {"backbone__embedding_dim": [2, 10, 50]},
            {
                "effects.png": (1040, 388),
                "metric_by_size.png": (1040, 740),
                "quality_by_bytes.png": (1040, 920),
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
    vectors = {name.replace(".png", ".svg") for name in expected}
    assert {path.name for path in tmp_path.iterdir()} == {*expected, *vectors}


@pytest.mark.slow
def test_figures_of_an_earlier_report_do_not_stay(tmp_path):
    for name in ("metric_by_alpha.png", "metric_by_alpha.svg", "my_own.png"):
        (tmp_path / name).write_text("old")
    sweep_figures(summary_of(backbone__embedding_dim=[2, 10]), tmp_path)
    assert not list(tmp_path.glob("metric_by_alpha.*"))
    assert (tmp_path / "my_own.png").exists()


def test_nothing_swept_is_no_figure(tmp_path):
    assert sweep_figures(build_sweep_summary([], [], "map@5"), tmp_path) == []
