"""A value is found under the key that it was typed under."""

from rankdistill.config.references import Setting, all_settings, value_at

WRITTEN = {
    "sharpness": {"mu": 0.5},
    "weighting": {"_target_": "rankdistill.x.Hybrid", "mu": "${sharpness.mu}"},
    "method": {"_target_": "rankdistill.x.Ranking", "weighting": "${weighting}", "k": [1, 2]},
}
RESOLVED = {
    "sharpness": {"mu": 0.5},
    "weighting": {"_target_": "rankdistill.x.Hybrid", "mu": 0.5},
    "method": {
        "_target_": "rankdistill.x.Ranking",
        "weighting": {"_target_": "rankdistill.x.Hybrid", "mu": 0.5},
        "k": [1, 2],
    },
}


def test_a_reference_is_followed_through_nodes_to_what_was_typed():
    found = [setting for setting in all_settings(WRITTEN, RESOLVED) if setting.name == "mu"]
    assert {setting.key for setting in found} == {"sharpness.mu"}
    assert [setting.owner for setting in found] == [None, "Hybrid", "Hybrid"]


def test_lists_are_values_and_classes_of_others_own_nothing():
    assert Setting("method.k", "k", "Ranking", [1, 2]) in list(all_settings(WRITTEN, RESOLVED))
    foreign = {"data": {"_target_": "elsewhere.Data", "rank": 3}}
    assert Setting("data.rank", "rank", None, 3) in list(all_settings(foreign, foreign))


def test_a_reference_that_leads_nowhere_keeps_its_own_name_or_that_of_its_end():
    written = {"study": "${hydra:runtime.choices.tuning}", "seed": "${a.b}"}
    resolved = {"study": "ranking", "seed": 3}
    assert [s.key for s in all_settings(written, resolved)] == ["study", "a.b"]


def test_a_key_with_dots_is_looked_up():
    assert value_at(RESOLVED, "method.weighting.mu") == 0.5
    assert value_at(RESOLVED, "method.k.mu") is None
    assert value_at(RESOLVED, "nothing") is None
