from tests.cascade.reporting.made_cascade import made_cascade, with_rescoring
from tests.cascade.reporting.markdown_rows import rows_of

from rankdistill.cascade.reporting.contents import (
    focus,
    learned_from_what_was_shown,
    students_of,
)
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


def test_the_narrow_cut_is_the_widest_of_at_most_half_as_many_items():
    result = made_cascade()
    assert focus(result).recalls == ["recall_of_final@20_in_50", "recall_of_final@20_in_100"]
    result["monitor"] = "recall_of_final@20_in_10"
    assert focus(result).recalls == ["recall_of_final@20_in_10"]


def test_other_logs_are_compared_with_what_was_shown_alone_where_the_main_log_holds_more():
    result = made_cascade()
    assert learned_from_what_was_shown(result) == students_of(result)
    more = with_rescoring(result)
    compared = learned_from_what_was_shown(more)
    assert compared["shared"] is more["shown_alone"]["shared"]
    assert compared["none"] is more["models"]["none"]
