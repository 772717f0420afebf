import json
from pathlib import Path

import pytest

from rankdistill.conf_path import conf_dir
from tests.running import SMALL_DATA, composed, run_here

EXPERIMENTS = sorted(path.stem for path in (conf_dir() / "experiment").glob("*.yaml"))
SMOKE = ("trainer=smoke", "trainer.threads=1", "trainer.max_epochs=1")
"""The smoke trainer, also where an experiment chooses its own number of epochs."""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where to run, with real data out of reach: an experiment must take the data it is given."""
    monkeypatch.delenv("MOVIELENS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_runs(experiment, folder, monkeypatch, capsys):
    arguments = [f"experiment={experiment}", *SMALL_DATA, *SMOKE, "hydra.run.dir=run"]
    assert run_here(monkeypatch, folder, "train", *arguments) == 0, capsys.readouterr().err
    fields = json.loads((folder / "run" / "metrics.json").read_text())
    assert fields["status"] == "ok"
    assert fields["epochs"] == 1
    assert fields["data"]["name"] == "synthetic"


@pytest.mark.slow
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_can_be_compared(experiment, folder, monkeypatch, capsys):
    arguments = [f"experiment={experiment}", *SMALL_DATA, *SMOKE, "seeds=[1]", "hydra.run.dir=run"]
    assert run_here(monkeypatch, folder, "compare", *arguments) == 0, capsys.readouterr().err
    comparison = json.loads((folder / "run" / "comparison.json").read_text())
    assert set(comparison["models"]) == {"teacher", "student", "distilled_student"}


@pytest.mark.parametrize(
    ("experiment", "network"),
    [
        ("official_caser", "Caser"),
        ("paper_fossil", "Fossil"),
        ("foursquare", "MatrixFactorization"),
    ],
)
@pytest.mark.parametrize("module", ["teacher", "student"])
def test_a_network_is_trained_alone_as_its_student_is_taught(experiment, network, module):
    alone = composed("train", f"experiment={experiment}_student", f"module={module}")
    taught = composed("train", f"experiment={experiment}")
    assert alone.teacher is None
    assert alone.backbone.name == network
    assert alone.backbone == taught.backbone
    assert (alone.split, alone.ranking_loss) == (taught.split, taught.ranking_loss)
