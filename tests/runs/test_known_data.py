import pytest
from tests.running import SMALL_DATA, composed

from rankdistill.building import Component
from rankdistill.runs.known_data import load_known, make_source


def config(*overrides):
    return composed("recommend", "checkpoint=x", "user=1", *SMALL_DATA, *overrides).data


def checkpoint(data, **changes):
    source = make_source(data, [])
    known = source.load()
    trained_on = {"fingerprint": known.fingerprint, "config": {"data": data.node}}
    hyper = {"data": trained_on, "num_users": known.num_users, "num_items": known.num_items}
    return {"hyper_parameters": {**hyper, **changes}}


def test_the_data_that_a_checkpoint_was_trained_on_are_loaded():
    data = config()
    name, known = load_known("model.ckpt", checkpoint(data), data, [])
    assert name == "synthetic"
    assert (known.num_users, known.num_items) == (80, 60)


def test_data_of_other_settings_are_refused_before_they_are_read(monkeypatch):
    trained = checkpoint(config())
    monkeypatch.setattr("rankdistill.data.synthetic.Synthetic.load", None)
    with pytest.raises(ValueError, match=r"model\.ckpt was trained on .* data\.num_users=80"):
        load_known("model.ckpt", trained, config("data.num_users=70"), [])


@pytest.mark.parametrize("changes", [{"num_users": 81}, {"num_items": 61}])
def test_data_of_another_size_are_refused(changes):
    data = config()
    with pytest.raises(ValueError, match="on other data than synthetic as it is now"):
        load_known("model.ckpt", checkpoint(data, **changes), data, [])


def test_what_is_no_datamodule_is_no_source():
    component = Component("rankdistill.data.splits.RandomSplit", {})
    with pytest.raises(ValueError, match="which is no source of data"):
        make_source(component, [])
