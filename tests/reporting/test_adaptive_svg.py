import re
import xml.etree.ElementTree as ET

import pytest

from rankdistill.reporting.adaptive_svg import adaptive_svg, inlined, save_png_and_svg
from rankdistill.reporting.style import INK, new_figure


@pytest.fixture(scope="module")
def figure():
    made = new_figure(3, 2)
    axes = made.subplots()
    axes.text(0.5, 0.5, "black <b>")
    axes.text(0.2, 0.2, "in ink", color=INK)
    axes.text(0.8, 0.8, "in blue", color="#0072b2")
    axes.grid(color="#e5e5e5")
    return made


def fill_of(drawing, words):
    style = re.search(rf'<text style="([^"]*)"[^>]*>{words}</text>', drawing)
    assert style is not None
    fill = re.search(r"fill: ([^;]+)", style.group(1))
    return fill and fill.group(1)


def test_ink_and_faint_lines_follow_the_page_and_other_colours_stay(figure):
    drawing = adaptive_svg(figure, "a")
    assert fill_of(drawing, "in ink") == "var(--ink, #333333)"
    assert fill_of(drawing, "in blue") == "#0072b2"
    assert fill_of(drawing, "black &lt;b&gt;") is None  # it inherits that of the whole drawing
    assert drawing.startswith('<svg fill="var(--ink, #000000)"')
    assert "stroke: var(--line, #e5e5e5)" in drawing
    assert not re.search(": #(?:000000|333333|e5e5e5|ffffff)", drawing)


def test_a_drawing_is_as_wide_as_what_is_around_it(figure):
    root = ET.fromstring(adaptive_svg(figure, "a"))
    assert root.get("viewBox") == "0 0 216 144"
    assert "width" not in root.attrib
    assert "height" not in root.attrib


def test_a_drawing_is_made_again_exactly_and_two_of_a_page_share_no_id(figure):
    one, two = adaptive_svg(figure, "a"), adaptive_svg(figure, "b")
    assert one == adaptive_svg(figure, "a")
    ids = [re.findall(r' id="([^"]*)"', drawing) for drawing in (one, two)]
    assert ids[0]
    assert not set(ids[0]) & set(ids[1])


def test_inside_of_html_no_namespace_is_left(figure):
    assert "http" not in inlined(adaptive_svg(figure, "a"))


def test_both_forms_are_written_beside_each_other(figure, tmp_path):
    save_png_and_svg(figure, tmp_path / "a.png", dots_per_inch=50)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.svg").read_text().startswith("<svg")
