import struct

import pytest

from rankdistill.reporting import style
from rankdistill.reporting.style import COLOURS, new_figure, save_png


def test_colours_differ():
    assert len(set(COLOURS)) == len(COLOURS)


def test_a_figure_is_saved_in_the_size_asked_for_and_nothing_else_is_left(tmp_path):
    save_png(new_figure(3, 2), tmp_path / "a.png", dots_per_inch=50)
    content = (tmp_path / "a.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == (150, 100)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_failure_while_drawing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_text("old")

    def fail(*_, **__):
        raise RuntimeError("no space left")

    monkeypatch.setattr(style.Figure, "savefig", fail)
    with pytest.raises(RuntimeError, match="no space left"):
        save_png(new_figure(3, 2), path, dots_per_inch=50)
    assert path.read_text() == "old"
