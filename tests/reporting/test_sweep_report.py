import pytest
from tests.sweeps.made_sweep import made_sweep

from rankdistill.reporting.sweep_report import write_report
from rankdistill.sweeps.summary import summarise


@pytest.mark.slow
def test_a_report_goes_where_it_is_asked_to_and_leaves_the_sweep_alone(tmp_path):
    made_sweep(tmp_path / "sweep", {"size": ["d2", "d10"]}, lambda _: 0.1)
    before = sorted((tmp_path / "sweep").iterdir())
    page = write_report(summarise([tmp_path / "sweep"]), tmp_path / "report", 1)
    assert page == tmp_path / "report" / "report.html"
    names = {path.name for path in page.parent.iterdir()}
    assert names == {"report.html", "report.md", "report.tex", "results.csv", "figures"}
    assert "1 of 2; all are in report.html." in (page.parent / "report.md").read_text()
    assert sorted((tmp_path / "sweep").iterdir()) == before
