from pathlib import Path

import pytest
from tests.running import SMALL_DATA, composed

from rankdistill.conf_path import conf_dir
from rankdistill.config.groups import options_in
from rankdistill.data.datamodule import SyntheticDataModule
from rankdistill.runs import fallback
from rankdistill.runs.fallback import data_or_fallback, read_option

SIZES = {"num_users": 80, "num_items": 60, "num_interactions": 1600}


@pytest.fixture
def missing(tmp_path, monkeypatch):
    """Overrides under which MovieLens can neither be found nor downloaded."""
    monkeypatch.delenv("MOVIELENS_DIR", raising=False)
    return ["data=ml_100k", f"data.cache={tmp_path / 'cache'}", "data.download=false"]


@pytest.fixture
def small_synthetic(monkeypatch):
    """Make the fallback's data small: its own file decides."""
    load = fallback.OmegaConf.load

    def load_small(path):
        loaded = load(path)
        if isinstance(path, Path) and path.name == "synthetic.yaml":
            loaded.update(SIZES)
        return loaded

    monkeypatch.setattr(fallback.OmegaConf, "load", load_small)


@pytest.mark.slow
def test_data_that_are_there_are_loaded_without_a_word(capsys):
    cfg = composed("compare", *SMALL_DATA, "fallback=synthetic")
    same, datamodule = data_or_fallback(cfg)
    assert same is cfg
    assert datamodule.split.train.num_users == 80
    assert capsys.readouterr() == ("", "")


def test_the_fallback_takes_the_place_of_missing_data_and_of_nothing_else(
    missing, small_synthetic, capsys
):
    cfg = composed("compare", *missing, "fallback=synthetic", "seed.split=3")
    used, datamodule = data_or_fallback(cfg)
    assert isinstance(datamodule, SyntheticDataModule)
    assert datamodule.split.train.num_users == 80
    assert {key: used.data.node[key] for key in SIZES} == SIZES
    assert (used.seed, used.split, used.evaluation) == (cfg.seed, cfg.split, cfg.evaluation)
    said = capsys.readouterr()
    assert said.out == ""
    assert "!! NOT THE REAL DATA. MovieLens 100K is not in" in said.err
    assert "goes on with data=synthetic" in said.err


def test_without_a_fallback_missing_data_are_an_error(missing):
    with pytest.raises(FileNotFoundError, match="MovieLens 100K is not in"):
        data_or_fallback(composed("compare", *missing))


@pytest.mark.slow
@pytest.mark.parametrize("option", options_in(conf_dir() / "data"))
def test_an_option_is_read_as_the_command_line_reads_it(option):
    path = ["data.path=x"] if option == "delimited" else []
    node = composed("compare", f"data={option}", *path).data.node
    assert {**read_option(option), **({"path": "x"} if path else {})} == node


def test_a_fallback_that_is_no_option_of_data_is_told_the_nearest(missing):
    cfg = composed("compare", *missing, "fallback=sinthetic")
    with pytest.raises(ValueError, match="fallback is 'sinthetic'; did you mean 'synthetic'"):
        data_or_fallback(cfg)
