"""Run the program as a person does, on made-up data that is small enough for a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from rankdistill import cli
from rankdistill.conf_path import conf_dir
from rankdistill.config.compare import CompareConfig
from rankdistill.config.export import ExportConfig
from rankdistill.config.inspect import InspectConfig
from rankdistill.config.reading import read_config
from rankdistill.config.recommend import RecommendConfig
from rankdistill.config.score import ScoreConfig
from rankdistill.config.train import TrainConfig
from rankdistill.config.tune import TuneConfig
from rankdistill.data.datamodule import SyntheticDataModule
from rankdistill.data.splits import RandomSplit
from tests.from_conf import settings_in
from tests.processes import Program

SMALL_DATA = (
    "data=synthetic",
    "data.num_users=80",
    "data.num_items=60",
    "data.num_interactions=1600",
    "data.rank=3",
)
SMALL = (
    *SMALL_DATA,
    "trainer.threads=1",
    "trainer.progress=false",
    "trainer.max_epochs=2",
    "ranking_loss=softmax",
)
"""For a module without a teacher."""
SMALL_DISTILLED = (*SMALL, "size=d2", "size@teacher=d8")


SCHEMAS = {
    "train": TrainConfig,
    "compare": CompareConfig,
    "tune": TuneConfig,
    "export": ExportConfig,
    "inspect": InspectConfig,
    "recommend": RecommendConfig,
    "score": ScoreConfig,
}


def composed(command: str, *overrides: str, conf: Path | None = None) -> Any:
    """The checked configuration of a command, as its ``run`` sees it."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf or conf_dir())):
        return read_config(compose(command, overrides=list(overrides)), SCHEMAS[command])


def small_datamodule(split_seed: int = 0, **settings: int) -> SyntheticDataModule:
    """The data of SMALL_DATA, set up."""
    made: dict[str, int] = {"num_users": 80, "num_items": 60, "num_interactions": 1600, "rank": 3}
    datamodule = SyntheticDataModule(
        splitter=RandomSplit(0.1, 0.1, per_user=False),
        split_seed=split_seed,
        user_block=32,
        **settings_in("data/synthetic", **{**made, **settings}),
    )
    datamodule.setup()
    return datamodule


def run_here(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> int:
    """Run `rankdistill ...` from a folder, in this process; the exit status."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["rankdistill", *arguments])
    for name in ("HYDRA_FULL_ERROR", cli.TRACEBACKS):
        monkeypatch.setenv(name, "0")
    try:
        cli.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def environment(**more: str) -> dict[str, str]:
    """That of this process, without what changes how errors are shown or data is found."""
    unwanted = ("HYDRA_FULL_ERROR", cli.TRACEBACKS, "MOVIELENS_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "OMP_NUM_THREADS": "1", **more}


def program() -> Path:
    """The console script beside this Python."""
    return Path(sys.executable).with_name("rankdistill")


def start(folder: Path, *arguments: str, **more: str) -> Program:
    """Start `rankdistill ...` from a folder, in a process of its own."""
    return Program(arguments, folder, environment(**more))


def run_apart(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `rankdistill ...` from a folder, in a process of its own."""
    with start(folder, *arguments, **more) as program:
        return program.end()
