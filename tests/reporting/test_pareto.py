import pytest

from rankdistill.reporting.pareto import Point, pareto_figure, pareto_front


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
