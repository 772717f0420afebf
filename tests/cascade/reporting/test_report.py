import re

import pytest
from tests.cascade.reporting.made_cascade import made_cascade

from rankdistill.cascade.reporting.report import write_cascade_report


@pytest.mark.slow
def test_the_report_holds_what_is_printed_and_shows_figures_that_are_there(tmp_path):
    printed = write_cascade_report(made_cascade(), tmp_path)
    written = (tmp_path / "cascade.md").read_text(encoding="utf-8")
    assert printed in written
    shown = re.findall(r"!\[.*?\]\((.+?)\)", written)
    assert len(shown) == 4
    assert all((tmp_path / path).is_file() for path in shown)
