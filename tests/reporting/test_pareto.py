import pytest

from rankdistill.reporting.pareto import Point, draw_pareto, pareto_figure, pareto_front
from rankdistill.reporting.style import COLOURS


def point(label: str, num_bytes: float, quality: float) -> Point:
    return Point(label, "student", num_bytes, quality, 0.01)


SMALL, LARGE = point("small", 10, 0.1), point("large", 1000, 0.3)


def test_the_front_holds_who_is_beaten_in_neither_size_nor_quality_smallest_first():
    worse = point("worse", 500, 0.05)
    assert pareto_front([LARGE, worse, SMALL]) == [SMALL, LARGE]


def test_of_equal_sizes_the_better_and_of_equal_quality_the_smaller_is_on_the_front():
    twin = point("twin", 10, 0.2)
    late = point("late", 2000, 0.3)
    assert pareto_front([SMALL, late, twin, LARGE]) == [twin, LARGE]


@pytest.mark.slow
def test_the_figure_is_written_whole_with_a_panel_per_data_set(tmp_path):
    path = tmp_path / "pareto.png"
    pareto_figure([("one", "map@5", [SMALL, LARGE]), ("two", "ndcg@10", [LARGE])], path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["pareto.png"]


def shown_labels(points: list[Point]) -> list:
    (axes,) = draw_pareto([("one", "map@5", points)], 7.5, 5.5).axes
    return [text for text in axes.texts if text.get_visible()]


def test_labels_far_from_each_other_are_all_shown():
    assert {text.get_text() for text in shown_labels([SMALL, LARGE])} == {"small", "large"}


def test_of_labels_in_a_crowd_those_of_the_best_are_shown_and_none_covers_another():
    crowd = [point(f"a long name {rank}", 100 + rank, 0.1 + rank / 1e6) for rank in range(9)]
    shown = shown_labels([point("far", 1, 0.01), *crowd])
    best = [f"a long name {rank}" for rank in (8, 7, 6)]
    assert [text.get_text() for text in shown] == [*best, "far"]
    boxes = [text.get_window_extent() for text in shown]
    assert not any(box.overlaps(other) for box in boxes for other in boxes if box is not other)


def test_more_kinds_than_colours_still_look_different():
    kinds = [
        Point("", f"kind {number}", number + 1, 0.1, 0.0) for number in range(2 * len(COLOURS))
    ]
    (axes,) = draw_pareto([("one", "map@5", kinds)], 7.5, 5.5).axes
    dots = [line for line in axes.lines if line.get_marker() != "None"]
    assert len({(line.get_color(), line.get_marker()) for line in dots}) == len(kinds)
