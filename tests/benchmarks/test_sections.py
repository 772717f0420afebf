"""Generated sections of README.md and docs/."""

import pytest
from benchmarks.sections import ROOT, filled, put, recorded

TEXT = """before
<!-- results:one -->
old
<!-- /results -->
<!-- results:two -->
<!-- /results -->
"""


def test_only_the_named_section_changes():
    changed = filled(ROOT / "README.md", TEXT, {"one": "new \\1"})
    assert changed == TEXT.replace("old\n", "\nnew \\1\n\n")


def test_pictures_are_named_from_the_folder_of_the_document():
    content = {"one": "![a picture](benchmarks/results/quality.png)"}
    assert "](benchmarks/results/" in filled(ROOT / "README.md", TEXT, content)
    assert "](../benchmarks/results/" in filled(ROOT / "docs" / "results.md", TEXT, content)


def test_a_record_that_is_not_there_leaves_its_section_alone():
    assert recorded("<!-- results:no_such_record.md -->\n<!-- /results -->") == {}


def test_a_section_that_no_document_has_is_an_error():
    with pytest.raises(ValueError, match="results:nowhere"):
        put("nowhere", "content")
