from rankdistill.cascade.config import Robustness
from rankdistill.cascade.data.logging_faults import Logging
from rankdistill.cascade.runs.log_variants import log_variants, shown_alone

ROBUSTNESS = Robustness(
    shares=[0.3, 0.01], stretches=[4], corrupted=0.1, corruptions=["marked", "stale"]
)
OTHERS = ["share-0.3", "share-0.01", "stretches-4", "marked-0.1", "stale-0.1"]


def logging_of(**changed):
    settings = {
        "share": 1.0,
        "corrupted": 0.0,
        "corruption": "marked",
        "rescore": 0,
        "stretches": 1,
    }
    return Logging(**{**settings, **changed})


def test_each_variant_changes_one_thing_of_a_log_of_what_was_shown():
    variants = log_variants(ROBUSTNESS, logging_of())
    assert [variant.name for variant in variants] == OTHERS
    assert variants[1].changes == {"share": 0.01, "rescore": 0}
    assert variants[2].changes == {"stretches": 4, "rescore": 0}
    assert variants[4].changes == {"corrupted": 0.1, "corruption": "stale", "rescore": 0}


def test_what_was_shown_alone_comes_first_where_the_main_log_holds_more():
    logging = logging_of(rescore=50, share=0.5)
    alone, *others = log_variants(ROBUSTNESS, logging)
    others = [each for each in others if not each.further]
    assert alone == shown_alone(logging)
    assert alone.changes == {"share": 0.5, "rescore": 0}
    assert [variant.name for variant in others] == OTHERS


def test_the_smallest_log_and_the_faulty_ones_come_with_the_further_candidates_too():
    variants = log_variants(ROBUSTNESS, logging_of(rescore=50))
    rescored = [each for each in variants if each.further]
    names = ["rescored-share-0.01", "rescored-marked-0.1", "rescored-stale-0.1"]
    assert [each.name for each in rescored] == names
    assert rescored[0].changes == {"share": 0.01}
    assert rescored[1].changes == {"corrupted": 0.1, "corruption": "marked"}


def test_the_main_share_is_not_logged_twice():
    names = [variant.name for variant in log_variants(ROBUSTNESS, logging_of(share=0.3))]
    assert names == OTHERS[1:]


def test_without_robustness_there_is_the_main_log_alone():
    nothing = Robustness(shares=[], stretches=[], corrupted=0.0, corruptions=[])
    for rescore in (0, 50):
        assert log_variants(nothing, logging_of(rescore=rescore)) == []
