from tests.reporting.made_document import made_document

from rankdistill.reporting.sweep_markdown import markdown_report


def test_markdown_begins_with_counts_and_errors_and_aligns_its_table(tmp_path):
    text = markdown_report(made_document(tmp_path), top=2)
    lines = text.splitlines()
    assert lines[2] == "3 jobs: 2 ok, 1 failed."
    assert text.index("Failed:") < text.index("## What matters") < text.index("## Configurations")
    assert "One thing matters. Another does not." in lines
    table = lines[lines.index("## Configurations") + 2 :][:4]
    assert table == [
        "|   # | name |    size | difference |",
        "| --: | ---- | ------: | ---------: |",
        "|   1 | b    |   900 B |     -.0100 |",
        "|   2 | a    | 1.00 kB |     +.0200 |",
    ]
    assert "2 of 3; all are in report.html." in lines
    assert '![Effects "of" &lt;axes&gt;](figures/effects.png)' in lines


def test_markdown_has_no_tag_and_no_cell_from_a_file(tmp_path):
    text = markdown_report(made_document(tmp_path), top=9)
    assert "<script" not in text
    assert "](https" not in text
    assert r"&lt;a&gt; \|" in text
