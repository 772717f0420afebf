import copy
from pathlib import Path

import pytest
from tests.cascade.reporting.made_cascade import made_cascade
from tests.cascade.reporting.markdown_rows import rows_of

from rankdistill.cascade.reporting.markdown import cascade_report, cascade_section
from rankdistill.reporting.sweep_document import ReportFigure


def test_the_log_the_requests_and_the_cost_are_said_aloud():
    text = cascade_section(made_cascade())
    assert (
        "Of 80,000 rows of the training log 74,000 (92.5%) have teacher scores to learn from; left "
        "out are 4,000 without logged scores, 1,500 marked invalid, 300 with scores that are not "
        "finite and 200 with scores outside [0, 1]. What users did counts in all rows."
    ) in text
    assert "3,772 in train, 377 in validation and 377 in test, of 166 test users." in text
    assert "1,526.9 candidates on average" in text
    # 2,000 candidates * 2,000 + 12,000 + 100 * 40,000 = 8,012,000 of 80,000,000
    assert "costs the early ranker 2.00 k FLOPs, 5% of the final ranker's 40.0 k." in text
    assert "keeps 100 of them 8.01 M FLOPs, 10% of the 80.0 M of the final ranker on all." in text


def test_faults_that_the_log_does_not_have_are_not_told():
    result = made_cascade()
    result["log"] |= {"marked_invalid": 0, "not_finite": 0, "out_of_range": 0}
    assert "left out are 4,000 without logged scores. What users" in cascade_section(result)
    result["log"]["not_logged"] = 0
    assert "left out" not in cascade_section(result)


def test_one_seed_shows_no_deviation():
    text = cascade_report(made_cascade(num_seeds=1))
    assert "Test results on ml-100k, 1 seed.\n" in text
    assert "±" not in text
    assert "There is one seed: nothing says how much another would change." in text


@pytest.mark.parametrize("part", ["tests", "log", "logged_share", "corruption"])
def test_a_result_in_which_a_part_is_empty_is_still_written(part):
    result = made_cascade()
    result[part] = type(result[part])()
    rows = rows_of(cascade_report(result), "model")
    assert rows[3]["model"] == "shared"


def test_figures_are_linked_with_their_notes(tmp_path):
    figure = ReportFigure(Path(tmp_path / "figures" / "a b.png"), "A *title*", "How to read.")
    text = cascade_report(made_cascade(), [figure])
    assert "![A \\*title\\*](figures/a%20b.png)\n\nHow to read.\n" in text
    assert text.endswith("Measured on a machine, 2 cores.\n")


def test_names_from_files_stay_text():
    result = made_cascade()
    result["data"]["name"] = "<b>a|b</b>"
    assert "on &lt;b&gt;a\\|b&lt;/b&gt;, 3 seeds" in cascade_report(result)


def test_a_result_is_not_changed_by_being_read():
    result = made_cascade()
    before = copy.deepcopy(result)
    cascade_report(result)
    assert result == before
