from tests.cascade.reporting.made_cascade import made_cascade
from tests.cascade.reporting.markdown_rows import rows_of

from rankdistill.cascade.reporting.markdown import cascade_report


def test_the_shares_of_the_log_stand_below_training_without_it():
    rows = rows_of(cascade_report(made_cascade()), "logged")
    assert [(row["logged"], row["model"]) for row in rows] == [
        ("0%", "none"),
        *((share, model) for share in ("1%", "10%", "100%") for model in ("auxiliary", "shared")),
    ]
    assert rows[0]["usable rows"] == "-"
    assert rows[6] == {
        "logged": "100%",
        "model": "shared",
        "usable rows": "74,000",
        "CE": ".3984 ± .0010",
        "CE against final": ".3700 ± .0010",
        "recall of final's top 20 in 100": ".8060 ± .0010",
    }


def test_a_corruption_stands_with_its_test_against_the_clean_log():
    rows = rows_of(cascade_report(made_cascade()), "rows")
    assert len(rows) == 8
    assert rows[5] == {
        "rows": "stale and not marked",
        "share": "10%",
        "model": "shared",
        "usable rows": "74,000",
        "CE": ".3988 ± .0010",  # .4 - .06 / 50
        "CE against final": ".3900 ± .0010",
        "recall of final's top 20 in 100": ".7724 ± .0010",  # 1 - exp(-1.48)
        "recall of final's top 20 in 100 - clean log": "-.0200",
        "interval (Holm)": "[-.0300, -.0100]",
        "p (Holm)": ".002",
    }
