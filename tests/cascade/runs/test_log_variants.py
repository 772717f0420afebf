from rankdistill.cascade.config import Robustness
from rankdistill.cascade.runs.log_variants import log_variants


def test_smaller_logs_come_first_and_each_variant_changes_one_thing():
    robustness = Robustness(shares=[0.3, 0.01], corrupted=0.1, corruptions=["marked", "stale"])
    variants = log_variants(robustness)
    assert [variant.name for variant in variants] == [
        "share-0.3",
        "share-0.01",
        "marked-0.1",
        "stale-0.1",
    ]
    assert variants[1].changes == {"share": 0.01}
    assert variants[3].changes == {"corrupted": 0.1, "corruption": "stale"}


def test_without_robustness_there_is_the_main_log_alone():
    assert log_variants(Robustness(shares=[], corrupted=0.0, corruptions=[])) == []
