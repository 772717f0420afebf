"""Trained final rankers on disk: made once, and found again by every run that asks for them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.stretches import HELD_BACK
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.runs.fit import fit_ranker, load_served
from rankdistill.cascade.runs.models import make_final_ranker
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import write_json_atomically
from rankdistill.runs.fit import METRICS
from rankdistill.runs.made_once import made_once
from rankdistill.runs.trainer import shaping_settings

FORMAT = 4


class Past(NamedTuple):
    """What the final ranker of a stretch of time is trained on.

    Attributes:
        stretches: Number of stretches.
        stretch: Number of the one that it logs, from 1.
        train: Examples to learn from.
        validation: Examples that choose the epoch.
    """

    stretches: int
    stretch: int
    train: Examples
    validation: Examples


def obtain_final_ranker(
    cfg: CascadeConfig,
    data: CascadeData,
    datamodule: InteractionsDataModule,
    title: str,
    past: Past | None = None,
) -> tuple[FinalRanker, dict[str, Any]]:
    """Find the final ranker that a configuration asks for in the store, or train it now.

    Args:
        cfg: The configuration.
        data: Requests, features and impressions.
        datamodule: The split ratings.
        title: Name for the progress bar.
        past: What came before a stretch of time; None: all of the training part.

    Returns:
        The ranker in eval mode on the CPU, and its sizes and times from ``fit_ranker``.
    """
    node = cfg.final_ranker
    folder = Path(node.store) / final_ranker_shape(cfg, data, past)

    def make(place: Path) -> None:
        _, fields = fit_ranker(
            make_final_ranker(cfg, data, datamodule),
            data.examples["train"] if past is None else past.train,
            data.examples["validation"] if past is None else past.validation,
            cfg.trainer,
            node.training,
            place,
            title,
            cfg.storage.bits,
        )
        write_json_atomically(place / METRICS, fields)

    made_once(folder, METRICS, make)
    module = make_final_ranker(cfg, data, datamodule)
    load_served(module, folder)
    return module.eval(), json.loads((folder / METRICS).read_text())


def final_ranker_shape(cfg: CascadeConfig, data: CascadeData, past: Past | None = None) -> str:
    """Sixteen hexadecimal digits over everything that shapes a final ranker."""
    node = cfg.final_ranker
    content = {
        "format": FORMAT,
        "final_ranker": {"network": node.network.node, "training": asdict(node.training)},
        "data": data.fingerprint,
        "history": cfg.requests.history,
        "seed": asdict(cfg.seed),
        "storage": asdict(cfg.storage),
        "trainer": shaping_settings(cfg.trainer),
        "past": None if past is None else [past.stretches, past.stretch, HELD_BACK],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
