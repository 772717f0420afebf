from tests.cascade.reporting.made_cascade import made_cascade, made_test
from tests.cascade.reporting.markdown_rows import rows_of

from rankdistill.cascade.reporting.markdown import cascade_report, cascade_section
from rankdistill.cascade.reporting.tables import comparisons_table
from rankdistill.reporting.markdown_table import table_lines


def test_every_cell_of_the_headline_reads_as_written_by_hand():
    rows = rows_of(cascade_section(made_cascade()), "model")
    assert list(rows[0].values()) == [
        "final ranker",
        "40,000",
        "2.5",
        "450,000",
        ".3500 ± .0040",
        "-",
        "-",
        "-",
        "-",
        "-",
        ".3000 ± .0040",
        "-",
        "-",
        "-",
    ]
    assert rows[3] == {
        "model": "shared",
        "FLOPs per item": "2,000",
        "µs per item": "0.125",
        "served parameters": "30,000",
        "CE": ".3984 ± .0040",  # .4 - .08 / 50
        "CE against final": ".3700 ± .0040",  # .45 - .08
        "recall of final's top 20 in 50": ".5596 ± .0040",  # 1 - exp(-.82)
        "recall of final's top 20 in 100": ".8060 ± .0040",  # 1 - exp(-1.64)
        "joint Recall@10 after 100": ".2015 ± .0040",  # a quarter of it
        "joint Recall of liked@10 after 100": ".2257 ± .0040",  # .28 of it
        "NDCG@10": ".2600 ± .0040",
        "NDCG@10 after 100": ".2418 ± .0040",  # three tenths of it
        "Kendall tau in 100": ".4800 ± .0040",
        "cut for 99% of final's NDCG@10": "30.5",
    }
    assert [row["model"] for row in rows] == ["final ranker", "none", "auxiliary", "shared"]
    assert [row["cut for 99% of final's NDCG@10"] for row in rows[1:3]] == [
        "41.0",
        "35.2",
    ]


def test_every_cell_of_the_tasks_reads_as_written_by_hand():
    rows = rows_of(cascade_report(made_cascade()), "task")
    assert [row["task"] for row in rows] == ["watch"] * 4 + ["like"] * 4 + ["share"] * 4
    assert rows[4] == {
        "task": "like",
        "model": "final ranker",
        "CE": ".3500 ± .0040",
        "normalised entropy": ".9000 ± .0040",
        "CE against final": "-",
        "alignment ratio": "-",
        "calibration": "1.0500 ± .0040",
        "calibration error": ".0200 ± .0040",
    }
    assert rows[7]["CE against final"] == ".3700 ± .0040"
    assert rows[7]["alignment ratio"] == ".2000 ± .0040"


def test_every_cell_of_a_test_reads_as_written_by_hand():
    result = made_cascade()
    result["tests"] = [
        made_test("shared", "none", "recall_of_final@20_in_100", 0.08, 1e-9, 0.129),
        made_test("auxiliary", "none", "ce_like", -0.0008, 0.41, None),
        made_test("final_ranker", "none", "ce", -0.01, 0.004, -0.05),
    ]
    first, second, third = rows_of("\n".join(table_lines(comparisons_table(result))), "model")
    assert first == {
        "model": "shared",
        "against": "none",
        "metric": "recall of final's top 20 in 100",
        "difference": "+.0800",
        "interval (Holm)": "[+.0700, +.0900]",
        "p (Holm)": "1e-9",
        "relative": "+12.9%",
        "users": "166",
    }
    assert second["metric"] == "CE like (less is better)"
    assert (second["p (Holm)"], second["relative"]) == (".41", "-")
    assert third["model"] == "final ranker"


def test_a_metric_that_has_no_value_and_a_cut_that_was_not_found_are_dashes():
    result = made_cascade()
    result["needed_cut"]["models"]["none"] = {"mean": None, "std": None, "runs": [None]}
    for statistic in ("mean", "std"):
        del result["models"]["none"][statistic]["metrics"]["test/kendall_tau_in_100"]
    rows = rows_of(cascade_section(result), "model")
    assert rows[1]["cut for 99% of final's NDCG@10"] == "-"
    assert rows[1]["Kendall tau in 100"] == "-"
