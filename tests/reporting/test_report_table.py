from rankdistill.reporting.report_table import (
    Cell,
    level_cell,
    make_table,
    metric_cell,
    number_cell,
    tenths,
    thousands,
    whole,
)
from rankdistill.reporting.report_table import tested_cells as cells_of


def test_a_column_is_numeric_where_a_cell_has_a_number():
    rows = [[Cell("a"), Cell("-"), Cell("-")], [Cell("b"), Cell("1", 1), Cell("-")]]
    table = make_table("t", "T", "", ["name", "x"], ["y"], num_naming=1, rows=rows)
    assert table.numeric == (False, True, False)
    assert table.first(1).rows == ((Cell("a"), Cell("-"), Cell("-")),)


def test_levels_sort_as_numbers_only_where_they_are_numbers():
    assert level_cell(0.5) == Cell("0.5", 0.5)
    assert level_cell("d10") == Cell("d10")
    assert level_cell(True) == Cell("true")


def test_a_metric_has_its_deviation_where_there_are_several_seeds():
    summary = {"mean": {"test/map@5": 0.25, "test/mrr@5": 0.5}, "std": {"test/map@5": 0.01}}
    assert metric_cell(summary, "test/map@5") == Cell(".2500 ± .0100", 0.25)
    assert metric_cell(summary, "test/mrr@5") == Cell(".5000", 0.5)
    assert metric_cell(summary, "test/ndcg@5") == Cell("-", None)


def test_a_test_is_told_by_difference_interval_and_adjusted_p():
    test = {"difference": 0.02, "ci_low": 0.01, "ci_high": 0.03, "p_holm": 0.041}
    cells = cells_of(test, "baseline")
    assert [cell.text for cell in cells] == ["+.0200", "[+.0100, +.0300]", ".041"]
    assert [cell.text for cell in cells_of(None, "baseline")] == ["baseline", "-", "-"]


def test_numbers_are_written_in_the_form_asked_for():
    cells = [number_cell(1234.56, form) for form in (tenths, whole, thousands)]
    assert [cell.text for cell in cells] == ["1234.6", "1235", "1,235"]
    assert number_cell(None) == Cell("-")
