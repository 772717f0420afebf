import pytest

from rankdistill.cascade.reporting.log_report import (
    log_section,
    log_verdict_text,
    students_table,
    write_log_report,
)

MEASURE = "recall_of_final@10_in"
KEPT = [10, 20, 30, 40, 50]


def summary(shift):
    metrics = {f"test/{MEASURE}_{kept}": kept / 60 + shift for kept in KEPT}
    metrics |= {"test/ce": 0.31, "test/teacher_ce": 0.25}
    mean = {"served_parameters": 1234, "metrics": metrics}
    return {"mean": mean, "std": {"metrics": dict.fromkeys(metrics)}}


def result(**verdict):
    return {
        "monitor": f"{MEASURE}_20",
        "seeds": [1],
        "kept": KEPT,
        "data": {
            "name": "log.parquet",
            "rows": 1200,
            "scored": 900,
            "shown": 300,
            "requests": {"train": 80, "validation": 10, "test": 10},
            "candidates_per_request": 60.25,
        },
        "models": {"none": summary(0.0), "shared": summary(0.1)},
        "final_ranker": {"ce": 0.3, "flops_per_item": None},
        "cost": {"early_ranker": {"flops_per_item": 228.0, "flops_per_request": 1e4}},
        "tests": [
            {
                "model": "shared",
                "against": "none",
                "metric": f"{MEASURE}_20",
                "difference": 0.1,
                "p_holm": 0.001,
            }
        ],
        "needed_cut_of_choice": {
            "share": 0.9,
            "models": {"none": {"mean": None}, "shared": {"mean": 41.5}},
        },
        "verdict": {
            "student": "shared",
            "keep": 40,
            "suffices": True,
            "share": 0.9,
            "validation": 0.92,
            "expected": 0.91,
            "of": 60.25,
            "final_scores": 0.66,
            "cost": None,
            **verdict,
        },
    }


def test_the_section_ends_with_the_verdict():
    text = log_section(result())
    assert text.strip().splitlines()[-1] == log_verdict_text(result())
    assert "shared (+.1000, p = .001) is better" in text
    assert "The final ranker's own CE against users is .3000" in text


def test_the_verdict_says_what_to_keep_to_expect_and_to_pay():
    assert log_verdict_text(result()).startswith(
        "**Verdict**: keep 40 of 60.2 candidates a request with the early ranker shared; expect "
        ".9100 of the final ranker's top 10, at 66% of the final ranker's scores and 228 FLOPs"
    )


def test_the_verdict_knows_the_cost_where_the_final_rankers_is_known():
    told = result(cost=0.672)
    told["final_ranker"]["flops_per_item"] = 2e5
    assert "at 67.2% of the cost of the final ranker on all (228 FLOPs an item" in log_verdict_text(
        told
    )


def test_a_verdict_without_a_sufficient_cut_says_so():
    text = log_verdict_text(result(suffices=False, keep=50, expected=0.8))
    assert "no cut that was measured keeps 90% of the final ranker's top 10" in text
    assert "with 50 of 60.2 candidates a request it keeps .8000" in text


@pytest.mark.parametrize(("keep", "shown"), [(10, KEPT[:4]), (30, KEPT[1:]), (50, KEPT[1:])])
def test_the_table_shows_the_cuts_around_the_verdicts(keep, shown):
    columns = students_table(result(keep=keep)).columns
    assert [each for each in columns if "recall" in each] == [
        f"recall of final's top 10 in {kept}" for kept in shown
    ]


def test_a_choice_is_named_where_there_are_no_scores():
    told = result()
    for each in told["models"].values():
        values = each["mean"]["metrics"]
        values |= {f"test/recall_of_choice_in_{kept}": 0.5 for kept in KEPT}
    told["monitor"], told["tests"] = "recall_of_choice_in_20", []
    assert "of the final ranker's choice" in log_verdict_text(told)
    assert "items to keep for 90% of the final ranker's choice" in log_section(told)


def test_the_report_is_written(tmp_path):
    section = write_log_report(result(), tmp_path)
    assert section in (tmp_path / "cascade.md").read_text(encoding="utf-8")
