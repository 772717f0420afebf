"""Models that a benchmark trains by the command line, each in a folder of its own, and once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from hydra import compose, initialize_config_dir

from machine import RESULTS
from rankdistill.backbones.interface import Backbone
from rankdistill.conf_path import conf_dir
from rankdistill.config.reading import read_config
from rankdistill.config.train import TrainConfig
from rankdistill.files import write_json_atomically
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.told_interactions import tell_interactions
from rankdistill.runs.checkpoints import CHECKPOINT, load_backbone, read_checkpoint
from rankdistill.runs.fit import METRICS
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.per_user import PER_USER
from rankdistill.runs.serving_time import seconds_to_rank_all
from rankdistill.runs.timing import median_seconds

SEQUENCES = ("data=delimited", "data.timestamp_column=position")
"""How the file of sequences is read, which has a user, an item and a place on each line."""

KEPT = ("parameters", "weights_bytes", "best_epoch", "epochs", "fit_seconds", "metrics")
"""Fields of metrics.json that a record keeps."""

QUIET = ("trainer.progress=false", "projector=false")
ASKED_USERS, TURNS, LISTED = 200, 3, 10


class Fit(NamedTuple):
    """A model to train, for each of some seeds.

    Attributes:
        folder: Of all seeds.
        settings: What is typed.
        teacher: Whom it learns from.
        members: Whom it learns from together, as the members of an ensemble, by name.
    """

    folder: Path
    settings: tuple[str, ...]
    teacher: Fit | None = None
    members: Mapping[str, Fit] = {}

    def of_seed(self, seed: int) -> Path:
        """The folder of one seed."""
        return self.folder / f"seed-{seed}"

    def result(self, seed: int) -> dict[str, Any]:
        """The content of metrics.json; the model is trained where there is none."""
        path = self.of_seed(seed) / METRICS
        if not path.exists():
            subprocess.run(self._command(seed), check=True)
        return json.loads(path.read_text())

    def of_users(self, metric: str, seeds: Sequence[int]) -> np.ndarray:
        """(num_users,) test values, means over seeds."""
        return values_of_users([self.of_seed(seed) for seed in seeds], metric)

    def _command(self, seed: int) -> tuple[str, ...]:
        teachers = {f"teacher.members.{name}": fit for name, fit in self.members.items()}
        if self.teacher is not None:
            teachers["teacher"] = self.teacher
        taught = ["resume=true"] if not teachers else []
        for place, fit in teachers.items():
            fit.result(seed)
            taught.append(f"{place}.checkpoint={fit.of_seed(seed).resolve() / CHECKPOINT}")
        return (
            *(sys.executable, "-m", "rankdistill", "train", *self.settings, *taught, *QUIET),
            *(f"seed.initialization={seed}", f"hydra.run.dir={self.of_seed(seed)}"),
        )


def values_of_users(folders: Sequence[Path], metric: str) -> np.ndarray:
    """(num_users,) test values of some runs, their means."""
    files = [np.load(folder / PER_USER, allow_pickle=False) for folder in folders]
    return np.mean([file[metric] for file in files], axis=0)


def best_of(fits: Sequence[Fit], seed: int, metric: str) -> Fit:
    """The fit that is best on validation; those without a result are trained."""
    return max(fits, key=lambda fit: fit.result(seed)["metrics"][f"val/{metric}"])


def keep_results(name: str, fits: Mapping[str, Fit], seeds: Sequence[int]) -> None:
    """Keep what is typed for models and what they ended with, in benchmarks/results/.

    Args:
        name: Of the file, without its ending.
        fits: The models, by what the report calls them.
        seeds: Those that they are trained with.
    """
    content = {
        label: {
            "settings": [text for text in fit.settings if not text.startswith("data.path=")],
            **{
                f"seed {seed}": {field: fit.result(seed)[field] for field in KEPT} for seed in seeds
            },
        }
        for label, fit in fits.items()
    }
    write_json_atomically(RESULTS / f"{name}.json", content)


class ServingSeconds(NamedTuple):
    """How long a model takes.

    Attributes:
        everyone: To rank for all users.
        one_user: For a list of one user.
    """

    everyone: float
    one_user: float


def busy() -> str:
    """Tell how busy the machine was, for a page with times."""
    return (
        f"Times are of one process with {torch.get_num_threads()} threads; in the last 15 minutes "
        f"{os.getloadavg()[2]:.1f} processes wanted a core."
    )


def configured(settings: Sequence[str]) -> TrainConfig:
    """The checked configuration of what is typed."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return read_config(compose("train", overrides=list(settings)), TrainConfig)


def serving_seconds(fits: Sequence[Fit], seed: int) -> list[ServingSeconds]:
    """Time models of the same data in turns, in PyTorch, on the threads of this process."""
    cfg = configured(fits[0].settings)
    datamodule, device = make_datamodule(cfg), torch.device("cpu")
    backbones = []
    for fit in fits:
        path = fit.of_seed(seed) / CHECKPOINT
        backbone = load_backbone(read_checkpoint(path), path)
        tell_interactions(backbone, datamodule.split.train, latest=datamodule.seen_at_test(device))
        backbones.append(backbone)
    everyone = seconds_to_rank_all(backbones, datamodule, device)
    users = torch.arange(min(ASKED_USERS, datamodule.split.train.num_users)).split(1)
    asked = [partial(_ask_in_turn, backbone, users) for backbone in backbones]
    one = [seconds / len(users) for seconds in median_seconds(asked, device, TURNS)]
    return list(map(ServingSeconds, everyone, one))


def _ask_in_turn(backbone: Backbone, users: Sequence[torch.Tensor]) -> None:
    for user in users:
        backbone.score_rows(Contexts(user)).topk(LISTED, dim=1)
