from tests.reporting.made_comparison import made_comparison, made_test

from rankdistill.reporting.markdown import comparison_page, comparison_table


def test_the_time_of_one_user_has_a_column_where_it_is_known():
    comparison = made_comparison()
    comparison["models"]["student"]["mean"]["one_user_seconds"] = 0.0000521
    head, _, teacher, student = comparison_table(comparison).splitlines()[2:6]
    assert [row.split("|")[-2].strip() for row in (head, student)] == ["one user (ms)", "0.052"]
    assert teacher.count("|") == head.count("|")


def test_the_whole_table_reads_as_written_by_hand():
    assert comparison_table(made_comparison()) == (
        """\
Test results on ml-100k, 3 seeds, mean ± standard deviation over seeds.

| model             | embedding dim | parameters | weights |         MAP@5 |       NDCG@10 \
|     Recall@10 | fit time (s) | rank all users (ms) |
| ----------------- | ------------: | ---------: | ------: | ------------: | ------------: \
| ------------: | -----------: | ------------------: |
| teacher           |           200 |    525,000 | 2.10 MB | .2100 ± .0100 | .3100 ± .0100 \
| .1050 ± .0100 |         12.3 |                15.9 |
| student           |            10 |     26,250 |  106 kB | .1500 ± .0100 | .2500 ± .0100 \
| .0750 ± .0100 |          3.2 |                 4.1 |
| distilled student |            10 |     26,250 |  106 kB | .1900 ± .0100 | .2900 ± .0100 \
| .0950 ± .0100 |          8.0 |                 4.1 |

Gap closed, the share of the way from student to teacher (with its 95% interval over users):

- MAP@5: 67% [51%, 83%]
- NDCG@10: no percentage, the teacher's lead over the student may be chance (+.0600 [-.0100, \
+.1300]). Distillation has nothing to gain here: the teacher .3100, the student .2500 and the \
distilled student .2900.
- Recall@10: no percentage, the teacher is not better than the student (-.0300 [-.0500, \
-.0100]). Distillation has nothing to gain here: the teacher .1050, the student .0750 and the \
distilled student .0950.

Paired t-tests over users (with the interval of the difference and p by Holm for all of them \
together):

- The distilled student beats the student on MAP@5 by +.0400 [+.0300, +.0500], p = 3e-5, 940 users.
- The distilled student falls short of the teacher on MAP@5 by -.0200 [-.0300, -.0100], \
p = .012, 940 users.
- Between the distilled student and the teacher on NDCG@10 no difference is shown: -.0003 \
[-.0100, +.0094], p = .41, 940 users.
"""
    )


def test_the_size_of_the_whole_file_stands_beside_that_of_the_weights_where_it_is_known():
    comparison = made_comparison()
    comparison["models"]["student"]["mean"]["file_bytes"] = 250_000
    header, _, teacher, student = comparison_table(comparison).splitlines()[2:6]
    cells = [[cell.strip() for cell in line.split("|")] for line in (header, teacher, student)]
    assert [line[4:6] for line in cells] == [
        ["weights", "whole file"],
        ["2.10 MB", "-"],
        ["106 kB", "250 kB"],
    ]


def test_the_method_of_the_distilled_student_is_named_where_its_runs_tell():
    comparison = made_comparison()
    for run in comparison["models"]["distilled_student"]["runs"]:
        run["distillation"] = {"methods": ["a", "b"], "alpha": 0.98, "top_k": 12}
    text = comparison_table(comparison)
    assert "\n\nThe distilled student learned by `a` and `b`, alpha = 0.98 and K = 12.\n\n" in text
    for run in comparison["models"]["distilled_student"]["runs"]:
        run["distillation"] = {"methods": ["a"], "alpha": 1.0, "top_k": None}
    assert "learned by `a`, alpha = 1.\n" in comparison_table(comparison)


def test_one_seed_shows_no_deviation():
    text = comparison_table(made_comparison(num_seeds=1))
    assert text.startswith("Test results on ml-100k, 1 seed.\n")
    assert "±" not in text


def test_a_difference_that_only_one_test_alone_would_show_is_not_claimed():
    comparison = made_comparison()
    comparison["tests"] = [
        made_test("map@5", "distilled_student", "student", 0.01, 0.001, 0.02, 0.03, 0.09)
    ]
    text = comparison_table(comparison)
    assert "no difference is shown" in text
    assert "beats" not in text


def test_other_cut_offs_are_shown_where_the_usual_ones_are_missing():
    comparison = made_comparison()
    for summary in comparison["models"].values():
        for statistic in ("mean", "std"):
            summary[statistic]["metrics"] = {"test/hit_rate@50": 0.5, "val/map@5": 0.1}
    header = comparison_table(comparison).splitlines()[2]
    assert " HitRate@50 |" in header
    assert "MAP@5" not in header


def test_a_measure_that_is_not_known_leaves_a_dash():
    comparison = made_comparison()
    del comparison["models"]["teacher"]["mean"]["rank_all_seconds"]
    rows = comparison_table(comparison).splitlines()[4:6]
    assert [row.split("|")[-2].strip() for row in rows] == ["-", "4.1"]


def test_what_to_know_of_the_data_stands_below_the_table():
    comparison = made_comparison()
    comparison["data"]["notes"] = ["97 of 166 test users have no training item.", "Ties."]
    lines = comparison_table(comparison).splitlines()
    place = lines.index("Note: 97 of 166 test users have no training item.")
    assert lines[place - 2].startswith("| distilled student")
    assert lines[place + 1 : place + 3] == ["Note: Ties.", ""]


def test_the_page_begins_with_the_verdict():
    comparison = made_comparison()
    comparison["verdict"] = {"text": "Ship a|b.pt. Nothing is lost."}
    lines = comparison_page(comparison).splitlines()
    assert lines[:2] == ["**Ship a\\|b.pt. Nothing is lost.**", ""]
    assert "\n".join(lines[2:]) + "\n" == comparison_table(comparison)


def test_a_lead_that_was_never_tested_is_left_out():
    comparison = made_comparison()
    comparison["gap_closed"]["ndcg@10"]["lead"] = None
    text = comparison_page(comparison)
    assert text == comparison_table(comparison)
    assert "- NDCG@10: no percentage, the teacher's lead over the student may be chance." in text


def test_figures_over_all_users_come_with_those_over_the_users_that_training_knows():
    comparison = made_comparison()
    for summary in comparison["models"].values():
        for number, run in enumerate(summary["runs"]):
            known = {name: value - 0.01 * number for name, value in run["metrics"].items()}
            run["metrics_of_known_users"] = known
    lines = comparison_table(comparison).splitlines()
    assert (
        "Note: Over the users that training knows: MAP@5 teacher .2000, student .1400, distilled "
        "student .1800; NDCG@10 teacher .3000, student .2400, distilled student .2800; "
        "Recall@10 teacher .0950, student .0650, distilled student .0850."
    ) in lines
