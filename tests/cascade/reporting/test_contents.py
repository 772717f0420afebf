from tests.cascade.reporting.made_cascade import made_cascade
from tests.cascade.reporting.markdown_rows import rows_of

from rankdistill.cascade.reporting.contents import focus, students_of
from rankdistill.cascade.reporting.markdown import cascade_section


def test_the_cut_of_the_report_is_the_one_that_was_monitored():
    result = made_cascade()
    result["monitor"] = "recall_of_final@10_in_200"
    look = focus(result)
    assert look.recall == "recall_of_final@10_in_200"
    assert (look.joint, look.after) == ("joint_recall@10_after_200", "ndcg@10_after_200")
    assert (look.kept, look.tau) == (200, "kendall_tau_in_100")
    rows = rows_of(cascade_section(result), "model")
    assert rows[3]["joint Recall@10 after 200"] == ".2406 ± .0040"  # (1 - exp(-3.28)) / 4


def test_students_are_all_models_but_the_final_ranker_whatever_their_names():
    result = made_cascade()
    result["models"]["own_form"] = result["models"].pop("auxiliary")
    assert list(students_of(result)) == ["none", "shared", "own_form"]
