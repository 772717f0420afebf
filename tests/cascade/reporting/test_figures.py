import struct

import pytest
from tests.cascade.reporting.made_cascade import made_cascade

from rankdistill.cascade.reporting.figures import cascade_figures

NAMES = ["quality_by_cost.png", "recall_of_final.png", "logged_share.png", "corruption.png"]


def drawn(result, folder):
    return [figure.path.name for figure in cascade_figures(result, folder)]


def size(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


@pytest.mark.slow
@pytest.mark.parametrize("num_seeds", [1, 3])
def test_all_figures_are_written_with_two_panels_each(tmp_path, num_seeds):
    figures = cascade_figures(made_cascade(num_seeds), tmp_path)
    assert [figure.path.name for figure in figures] == NAMES
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)
    for figure in figures:
        width, height = size(figure.path)
        assert width == 2080  # two panels of 5.2 inches at 200 dots
        assert height > 400
        assert figure.path.stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("empty", "left"),
    [
        (["logged_share", "corruption"], NAMES[:2]),
        (["logged_share"], [*NAMES[:2], NAMES[3]]),
    ],
)
def test_what_was_not_measured_is_not_drawn_and_an_old_figure_goes(tmp_path, empty, left):
    for name in NAMES:
        (tmp_path / name).write_text("of an earlier result")
    result = made_cascade() | {part: [] for part in empty}
    assert drawn(result, tmp_path) == left
    assert {path.name for path in tmp_path.iterdir()} == set(left)
    assert all(size(tmp_path / name) for name in left)


@pytest.mark.slow
def test_users_alone_are_a_level_only_where_they_were_trained(tmp_path):
    result = made_cascade()
    del result["models"]["none"]
    assert drawn(result, tmp_path) == NAMES
