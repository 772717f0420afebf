from rankdistill.reporting.markdown_table import escaped, table_lines
from rankdistill.reporting.report_table import Cell, make_table


def test_lines_are_of_one_width_with_numbers_to_the_right():
    rows = [[Cell("a|b"), Cell("5", 5)], [Cell("c"), Cell("-")]]
    table = make_table("t", "T", "", ["name", "size"], num_naming=1, rows=rows)
    assert list(table_lines(table)) == [
        "| name | size |",
        "| ---- | ---: |",
        "| a\\|b |    5 |",
        "| c    |    - |",
    ]


def test_text_becomes_no_tag_link_cell_or_emphasis():
    assert escaped("<b> [x](y)\n*c* `d` a|b \\") == (r"&lt;b&gt; [x]\(y) \*c\* \`d\` a\|b \\")
