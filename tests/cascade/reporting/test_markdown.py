import copy
from pathlib import Path

import pytest

from rankdistill.cascade.reporting.markdown import cascade_report, cascade_section
from rankdistill.cascade.reporting.request_cost import request_cost
from rankdistill.cascade.reporting.wording import focus, operations, share_text
from rankdistill.reporting.sweep_document import ReportFigure
from rankdistill.reporting.wording import less_is_better, metric_label, more_is_better
from tests.cascade.reporting.made_cascade import made_cascade, made_test


def rows_of(text, first_title):
    """Cells of the table whose header begins so, by title; one dictionary per row."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_title} "))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    header, _, *rows = table
    return [dict(zip(header, row, strict=True)) for row in rows]


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
        "recall of final's top 20 in 100": ".8060 ± .0040",  # 1 - exp(-1.64)
        "joint Recall@10 after 100": ".2015 ± .0040",  # a quarter of it
        "NDCG@10": ".2600 ± .0040",
        "NDCG@10 after 100": ".2418 ± .0040",  # three tenths of it
        "Kendall tau in 100": ".4800 ± .0040",
        "cut for 99% of final's NDCG@10": "30.5 ± 1.5",
    }
    assert [row["model"] for row in rows] == ["final ranker", "none", "auxiliary", "shared"]
    assert [row["cut for 99% of final's NDCG@10"] for row in rows[1:3]] == [
        "41.0 ± 1.5",
        "35.2 ± 1.5",
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
        "joint Recall@10 after 100": ".2015 ± .0010",
        "NDCG@10 after 100": ".2418 ± .0010",
    }


def test_a_corruption_stands_with_its_test_against_the_clean_log():
    rows = rows_of(cascade_report(made_cascade()), "rows")
    assert len(rows) == 8
    assert rows[5] == {
        "rows": "stale, not marked",
        "share": "10%",
        "model": "shared",
        "usable rows": "74,000",
        "CE": ".3988 ± .0010",  # .4 - .06 / 50
        "CE against final": ".3900 ± .0010",
        "recall of final's top 20 in 100": ".7724 ± .0010",  # 1 - exp(-1.48)
        "joint Recall@10 after 100": ".1931 ± .0010",
        "NDCG@10 after 100": ".2317 ± .0010",
        "recall of final's top 20 in 100 - clean log": "-.0200",
        "95% interval": "[-.0300, -.0100]",
        "p (Holm)": ".002",
    }


def test_the_log_the_requests_and_the_cost_are_said_aloud():
    text = cascade_section(made_cascade())
    assert (
        "Of 80,000 rows of the training log 74,000 (92.5%) have teacher scores to learn from; left "
        "out are 4,000 without logged scores, 1,500 marked invalid, 300 with scores that are not "
        "finite and 200 with scores outside [0, 1]. What users did counts in all rows."
    ) in text
    assert "3,772 in train, 377 in validation, 377 in test, where 166 users count." in text
    assert "1,526.9 candidates on average" in text
    # 2,000 candidates * 2,000 + 12,000 + 100 * 40,000 = 8,012,000 of 80,000,000
    assert "costs the early ranker 2.00 k FLOPs, 5% of the final ranker's 40.0 k." in text
    assert "keeps 100 of them 8.01 M FLOPs, 10% of the 80.0 M of the final ranker on all." in text


def test_tests_are_sentences_that_know_which_way_is_better():
    result = made_cascade()
    result["tests"] = [
        made_test("shared", "none", "recall_of_final@20_in_100", 0.08, 1e-9, 0.129),
        made_test("shared", "none", "ce", 0.0012, 0.004, 0.003),
        made_test("auxiliary", "none", "ce_like", -0.0008, 0.01, None),
        made_test("shared", "final_ranker", "ndcg@10", -0.0004, 0.41, -0.002),
    ]
    sentences = [line for line in cascade_section(result).splitlines() if line.startswith("- ")]
    assert sentences == [
        "- The shared form beats the early ranker without teacher labels on recall of final's top "
        "20 in 100 by +.0800 (+12.9%) [+.0700, +.0900], p = 1e-9, 166 users.",
        "- The shared form falls short of the early ranker without teacher labels on CE (less is "
        "better) by +.0012 (+0.3%) [-.0088, +.0112], p = .004, 166 users.",
        "- The auxiliary form beats the early ranker without teacher labels on CE like (less is "
        "better) by -.0008 [-.0108, +.0092], p = .01, 166 users.",
        "- Between the shared form and the final ranker on NDCG@10 no difference is shown: -.0004 "
        "(-0.2%) [-.0104, +.0096], p = .41, 166 users.",
    ]


def test_one_seed_shows_no_deviation():
    text = cascade_report(made_cascade(num_seeds=1))
    assert "Test results on ml-100k, 1 seed.\n" in text
    assert "±" not in text
    assert "There is one seed: nothing says how much another would change." in text


@pytest.mark.parametrize("part", sorted(made_cascade().keys() - {"models", "seeds"}))
@pytest.mark.parametrize("empty", [True, False])
def test_a_result_that_lacks_a_part_is_still_written(part, empty):
    result = made_cascade()
    if empty:
        result[part] = type(result[part])()
    else:
        del result[part]
    rows = rows_of(cascade_report(result), "model")
    assert rows[3]["model"] == "shared"


def test_the_least_result_is_a_table_of_models():
    result = made_cascade()
    least = {"seeds": result["seeds"], "models": {"shared": result["models"]["shared"]}}
    text = cascade_report(least)
    (row,) = rows_of(text, "model")
    assert row["NDCG@10"] == ".2600 ± .0040"
    assert "##" not in text
    assert "Paired" not in text


def test_values_that_are_null_leave_dashes_and_columns_without_any_are_left_out():
    result = made_cascade()
    result["needed_cut"]["models"]["none"] = {"mean": None, "std": None, "runs": [None]}
    for model in ("none", "auxiliary", "shared"):
        for statistic in ("mean", "std"):
            metrics = result["models"][model][statistic]["metrics"]
            metrics["test/kendall_tau_in_100"] = None
    rows = rows_of(cascade_section(result), "model")
    assert rows[1]["cut for 99% of final's NDCG@10"] == "-"
    assert "Kendall tau in 100" not in rows[1]


def test_the_cut_of_the_report_is_the_one_that_was_monitored():
    result = made_cascade()
    result["monitor"] = "val/recall_of_final@10_in_200"
    look = focus(result)
    assert look.recall == "recall_of_final@10_in_200"
    assert (look.joint, look.after) == ("joint_recall@10_after_200", "ndcg@10_after_200")
    assert look.kept == 200
    rows = rows_of(cascade_section(result), "model")
    assert rows[3]["joint Recall@10 after 200"] == ".2406 ± .0040"  # (1 - exp(-3.28)) / 4
    result["monitor"] = "ndcg@10_after_50"
    assert focus(result).kept == 50
    assert focus({"models": {}}).recall == "recall_of_final@20_in_100"


def test_figures_are_linked_with_their_notes(tmp_path):
    figure = ReportFigure(Path(tmp_path / "figures" / "a b.png"), "A *title*", "How to read.", 5.2)
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


def test_a_request_costs_all_early_scores_and_the_final_scores_of_those_kept():
    cost = request_cost(made_cascade())
    assert cost is not None
    assert cost.cascade(100) == 2_000 * 2_000 + 12_000 + 100 * 40_000
    assert cost.final_alone == 80_000_000
    assert request_cost({"cost": {"candidates": 2_000, "final_ranker": {}}}) is None


@pytest.mark.parametrize(
    ("metric", "label", "more", "less"),
    [
        ("recall_of_final@20_in_100", "recall of final's top 20 in 100", True, False),
        ("joint_recall@10_after_100", "joint Recall@10 after 100", True, False),
        ("ndcg@10_after_100", "NDCG@10 after 100", True, False),
        ("recall@10", "Recall@10", True, False),
        ("kendall_tau_in_100", "Kendall tau in 100", True, False),
        ("pair_accuracy_in_100", "pair accuracy in 100", True, False),
        ("ce", "CE", False, True),
        ("ce_like", "CE like", False, True),
        ("teacher_ce_watch", "CE against final watch", False, True),
        ("normalised_entropy_share", "normalised entropy share", False, True),
        ("calibration_like", "calibration like", False, False),
        ("calibration_error_like", "calibration error like", False, True),
        ("alignment_ratio_like", "alignment ratio like", False, False),
        ("cell@3", "cell@3", True, False),
    ],
)
def test_metrics_of_a_cascade_are_named_and_have_a_direction(metric, label, more, less):
    assert metric_label(metric) == label
    assert more_is_better(metric) is more
    assert less_is_better(metric) is less


def test_shares_and_operations_are_written_as_people_read_them():
    assert [share_text(s) for s in (0.003, 0.1, 0.995, 1)] == ["0.3%", "10%", "99.5%", "100%"]
    assert [operations(n) for n in (850, 21_240, 1_050_000)] == ["850", "21.2 k", "1.05 M"]
