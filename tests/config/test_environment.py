import pytest
from omegaconf import OmegaConf

from rankdistill.config.environment import refuse_environment_in_results, resolved_settings


def test_what_the_environment_says_stays_out_of_results(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    config = OmegaConf.create({"data": {"name": "${oc.env:SECRET}"}})
    with pytest.raises(ValueError, match=r"data\.name is \$\{oc\.env:SECRET\}.*type the value"):
        refuse_environment_in_results(config)


def test_a_place_may_come_from_the_environment_and_is_recorded_as_it_was_typed(monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    config = OmegaConf.create(
        {"data": {"path": "${oc.env:SECRET}/x", "rank": 3}, "a": "${data.rank}"}
    )
    refuse_environment_in_results(config)
    assert resolved_settings(config) == {"data": {"path": "${oc.env:SECRET}/x", "rank": 3}, "a": 3}
