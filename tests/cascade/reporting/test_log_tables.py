from tests.cascade.reporting.made_cascade import made_cascade, with_rescoring
from tests.cascade.reporting.markdown_rows import rows_of

from rankdistill.cascade.reporting.markdown import cascade_report


def test_the_shares_of_the_log_stand_below_training_without_it():
    rows = rows_of(cascade_report(made_cascade()), "logged")
    assert {row["further"] for row in rows} == {"0"}
    assert [(row["logged"], row["model"]) for row in rows] == [
        ("0%", "none"),
        *((share, model) for share in ("1%", "10%", "100%") for model in ("auxiliary", "shared")),
    ]
    assert rows[0]["usable rows"] == "-"
    assert rows[6] == {
        "logged": "100%",
        "further": "0",
        "model": "shared",
        "usable rows": "74,000",
        "CE": ".3984 ± .0010",
        "CE against final": ".3700 ± .0010",
        "recall of final's top 20 in 50": ".5596 ± .0010",
        "recall of final's top 20 in 100": ".8060 ± .0010",
    }


def test_smaller_logs_with_further_candidates_stand_below_those_without():
    result = made_cascade()
    result["logged_share"].insert(0, {**result["logged_share"][2], "further": 200})
    rows = rows_of(cascade_report(result), "logged")
    assert [(row["logged"], row["further"]) for row in rows[-2:]] == [("100%", "0"), ("10%", "200")]


def test_a_corruption_stands_with_its_test_against_the_clean_log():
    rows = rows_of(cascade_report(made_cascade()), "rows")
    assert len(rows) == 8
    assert rows[5] == {
        "rows": "stale and not marked",
        "share": "10%",
        "further": "0",
        "model": "shared",
        "usable rows": "74,000",
        "CE": ".3988 ± .0010",  # .4 - .06 / 50
        "CE against final": ".3900 ± .0010",
        "recall of final's top 20 in 50": ".5229 ± .0010",  # 1 - exp(-.74)
        "recall of final's top 20 in 100": ".7724 ± .0010",  # 1 - exp(-1.48)
        "recall of final's top 20 in 100 - clean log": "-.0200",
        "interval (Holm)": "[-.0300, -.0100]",
        "p (Holm)": ".002",
    }


def test_a_log_without_peeking_stands_below_the_one_that_peeked():
    rows = rows_of(cascade_report(made_cascade()), "logged by")
    assert [(row["logged by"], row["model"]) for row in rows] == [
        (logged_by, model)
        for model in ("auxiliary", "shared")
        for logged_by in ("one ranker that saw everything", "rankers of 4 stretches")
    ]
    assert rows[2]["recall of final's top 20 in 100"] == ".8060 ± .0040"
    assert rows[2]["p (Holm)"] == "-"
    assert rows[3]["recall of final's top 20 in 100"] == ".7899 ± .0010"  # 1 - exp(-1.56)
    assert rows[3]["recall of final's top 20 in 100 - the other log"] == "-.0100"


def test_further_candidates_stand_below_the_log_without_them_and_their_cost_is_told():
    report = cascade_report(with_rescoring(made_cascade()))
    of_shared = rows_of(report, "further candidates")[2:]
    assert [row["further candidates"] for row in of_shared] == ["0", "200"]
    assert of_shared[0]["recall of final's top 20 in 100"] == ".7534 ± .0040"  # 1 - exp(-1.4)
    assert of_shared[1]["recall of final's top 20 in 100 - without"] == "+.0300"
    # 24 G of 2,000 * 40,000 operations a request that the final ranker ranks alone.
    assert (
        "scored 600,000 further candidates offline, 200 of each of 3,000 training requests: "
        "24.0 G FLOPs, as many as 300 requests of 2,000 candidates"
    ) in report
