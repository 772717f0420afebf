import pytest

from rankdistill.reporting.figure_text import write_below_title
from rankdistill.reporting.style import new_figure


@pytest.mark.parametrize("repeated", [1, 12, 30])
def test_the_text_stands_between_title_and_panels_and_covers_nothing(repeated):
    text = " ".join(["The teacher stopped improving."] * repeated)
    figure = new_figure(12, 5)
    axes = figure.subplots(1, 2)
    title = figure.suptitle("A title", fontsize=14)
    write_below_title(figure, text)
    figure.canvas.draw()
    (written,) = (each for each in figure.texts if each is not title)
    assert written.get_text().replace("\n", " ") == text
    extent, (width, height) = written.get_window_extent(), figure.get_size_inches() * figure.dpi
    assert extent.x0 >= 0
    assert extent.x1 <= width
    assert extent.y1 <= title.get_window_extent().y0
    assert title.get_window_extent().y1 <= height
    assert max(each.get_tightbbox().y1 for each in axes) <= extent.y0


def test_the_panels_keep_their_height():
    figures = [new_figure(12, 5), new_figure(12, 5)]
    heights = []
    for figure in figures:
        axes = figure.subplots()
        figure.suptitle("A title", fontsize=14)
        if figure is figures[1]:
            write_below_title(figure, "A sentence. " * 40)
        figure.canvas.draw()
        heights.append(axes.get_window_extent().height)
    assert heights[1] == pytest.approx(heights[0], abs=5)
