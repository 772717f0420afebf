"""What is typed is checked before anything is imported that takes long."""

import json
import subprocess
import sys

import pytest
from hydra.errors import HydraException
from omegaconf import open_dict

from rankdistill import cli
from rankdistill.config.command_line import CommandLine
from rankdistill.settings import SCHEMAS, read_settings, refuse_idle_grid, schema_of
from tests.running import composed, environment

WRONG = [
    ["train", "training.learning_rate=-1"],
    ["train", "backbone.embedding_dim=0"],
    ["train", "data=synthetic", "data.num_users=none"],
    ["train", "evaluation.metrics=[recal]"],
    ["train", "evaluation.monitor=val/map@6"],
    ["train", "distillation.alpha=2"],
    ["train", "split.validation=2"],
    ["train", "size=3"],
    ["train", "size=d3"],
    ["train", "trainer.max_epoch=3"],
    ["train", "seed=101"],
    ["train", "trainer.precision=banana"],
    ["train", "data=delimited", "data.path=nowhere.csv"],
    ["train", "teacher.checkpoint=nowhere.ckpt"],
    ["train", "-m", "size=d2,d4", "training.batch_size=0"],
    ["train", "-m", "size=d3,d5"],
    ["train", "sweep=size", "trainer.threads=0"],
    ["compare", "seeds=5"],
    ["compare", "data=delimited", "data.path=nowhere.csv"],
    ["compare", "seeds=[a]"],
    ["recommend", "user=1"],
    ["recommend", "checkpoint=nowhere.ckpt", "user=1"],
    ["export", "checkpoint=nowhere.ckpt", "output=w.rank"],
    ["export", "checkpoint=nowhere.ckpt", "output=w.bin"],
    ["score", "model=nowhere.rank", "output=scores"],
    ["score", "model=nowhere.rank", "output=scores", "shard=65/64"],
    ["inspect"],
    ["inspect", "data.path=nowhere.csv"],
    ["tune", "n_trials=0"],
    ["tune", "tuning.sampler=randon"],
    ["tune", "-m", "size=d2,d4"],
    ["cascade", "seeds=5"],
    ["cascade", "evaluation.monitor=val/x"],
    ["cascade", "cascade/students=[]"],
]

TRIED = """
import json, os, sys
from rankdistill import cli
for arguments in json.loads(sys.argv.pop()):
    os.environ["HYDRA_FULL_ERROR"] = "0"
    sys.argv = ["rankdistill", *arguments]
    try:
        cli.main()
        print("it ran:", *arguments)
    except SystemExit as end:
        if end.code != 1 or "torch" in sys.modules:
            print(end.code, *arguments)
            sys.modules.pop("torch", None)
"""


@pytest.mark.slow
def test_a_wrong_value_is_told_before_pytorch_is_imported(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", TRIED, json.dumps(WRONG)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == ""
    lines = ran.stderr.splitlines()
    assert len(lines) == len(WRONG), ran.stderr
    assert all(line.startswith("rankdistill: ") for line in lines)
    assert not [line for line in lines if "HYDRA_FULL_ERROR" in line]
    assert not list(tmp_path.rglob("metrics.json"))


def test_every_command_that_composes_has_a_schema_with_its_places():
    assert set(SCHEMAS) == set(cli.COMMANDS) - cli.PLAIN
    for command in SCHEMAS:
        assert callable(schema_of(command).check_places)


def test_settings_are_read_and_their_files_looked_for(tmp_path):
    checkpoint, output = tmp_path / "model.ckpt", tmp_path / "model.rank"
    typed = (f"checkpoint={checkpoint}", f"output={output}", "storage.bits=8")
    config = CommandLine("export", typed).compose()
    with open_dict(config):
        del config["hydra"]
    with pytest.raises(FileNotFoundError, match=r"with checkpoint=\.\.\."):
        read_settings("export", config)
    checkpoint.touch()
    assert read_settings("export", config) == composed("export", *typed)


def compose_job(overrides):
    return CommandLine("train", ("data=synthetic", *overrides)).compose()


@pytest.mark.slow
def test_a_grid_is_refused_only_where_its_first_and_its_last_job_are_wrong():
    good, bad, worse = ["size=d2"], ["training.batch_size=0"], ["size=d3"]
    refuse_idle_grid("train", [good, bad], compose_job)
    refuse_idle_grid("train", [worse, bad, good], compose_job)
    with pytest.raises(ValueError, match=r"^training\.batch_size must be at least 1"):
        refuse_idle_grid("train", [bad, good, worse], compose_job)
    with pytest.raises(HydraException, match="size/d3"):
        refuse_idle_grid("train", [worse, bad], compose_job)


def test_tune_has_no_grids():
    with pytest.raises(ValueError, match="leave out -m; workers=N"):
        refuse_idle_grid("tune", [[]], compose_job)
