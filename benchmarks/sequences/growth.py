"""How fast SASRec learns as histories get longer, and as the catalogue grows.

    python benchmarks/sequences/growth.py

Made-up users with histories of one length learn by the softmax over all items, and by the sampled
softmax with negatives that a batch shares. Each figure is of a process of its own with one thread:
items foretold in a second of processor time, which other jobs on the machine hardly change, in the
best of some epochs after the first, and memory at its peak. Writes
benchmarks/results/sequence_growth.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from clock import Clock
from hydra import compose, initialize_config_dir

from rankdistill.conf_path import conf_dir
from rankdistill.config.reading import read_config
from rankdistill.config.train import TrainConfig
from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import Split
from rankdistill.runs.models import make_datamodule, make_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.trainer import make_blind_trainer

LENGTHS, ITEMS = (25, 50, 100, 200), 10_000
CATALOGUES, LENGTH = (1_000, 10_000, 100_000, 1_000_000), 50
DIM, USERS, BATCH, EPOCHS = 64, 64, 32, 3
LOSSES = {
    "softmax": ("ranking_loss=softmax",),
    "sampled softmax": (
        *("ranking_loss=sampled_softmax", "ranking_loss.shared=true"),
        "ranking_loss.num_negatives=256",
    ),
}
MOST_ROWS_GIB = 1.0
"""What the scores of a batch over all items may take here; of more there is no figure."""


def interactions(length: int, num_items: int) -> Interactions:
    """Made-up histories of ``length`` items, and one more to foretell; no item twice for a user."""
    generator = torch.Generator().manual_seed(0)
    rows = [torch.randperm(num_items, generator=generator)[: length + 1] for _ in range(USERS)]
    users = torch.arange(USERS).repeat_interleave(length + 1)
    order = torch.arange(len(users))
    return Interactions.from_pairs(users, torch.cat(rows), USERS, num_items, timestamps=order)


def measure(loss: str, length: int, num_items: int) -> dict[str, float]:
    """Train some epochs in this process."""
    quiet_lightning()
    torch.set_num_threads(1)
    overrides = [
        *("experiment=sasrec_small", "data=synthetic", "data.num_users=40", "data.num_items=40"),
        *("data.num_interactions=400", "data.rank=2", f"backbone.embedding_dim={DIM}"),
        *(f"backbone.length={length}", f"training.batch_size={BATCH}", *LOSSES[loss]),
        *("trainer.threads=1", "trainer.progress=false"),
    ]
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = read_config(compose("train", overrides=overrides), TrainConfig)
    datamodule = make_datamodule(cfg)
    train = interactions(length, num_items)
    nothing = torch.zeros(0, dtype=torch.int64)
    none = Interactions.from_pairs(nothing, nothing, USERS, num_items)
    datamodule.split = Split(train, none, none)
    with tempfile.TemporaryDirectory() as folder:
        module = make_model(cfg, datamodule, None)
        trainer = make_blind_trainer(cfg.trainer, EPOCHS, Path(folder), loss)
        clock = Clock()
        trainer.callbacks.append(clock)
        trainer.fit(module, datamodule=datamodule)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"rate": USERS * length / min(clock.seconds[1:]), "gib": peak}


def in_own_process(loss: str, length: int, num_items: int) -> str:
    """A figure as the table shows it; none where scores over all items take too much."""
    if loss == "softmax" and 4 * BATCH * length * num_items > MOST_ROWS_GIB * 2**30:
        return "not fitted |"
    command = [sys.executable, __file__, "--one", loss, str(length), str(num_items)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = json.loads(told.splitlines()[-1])
    return f"{found['rate']:,.0f} | {found['gib']:.1f} GiB"


def main() -> None:
    """Measure one cell, or all of them and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=3, metavar=("LOSS", "LENGTH", "ITEMS"))
    told = parser.parse_args().one
    if told is not None:
        print(json.dumps(measure(told[0], int(told[1]), int(told[2]))))
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from machine import keep

    torch.set_num_threads(1)
    lines = [
        f"SASRec of {DIM} dimensions, 2 blocks, {BATCH} sequences in a batch, 256 shared "
        "negatives; items foretold in a second of processor time, on one thread:",
        "",
        "| length | items | softmax | memory | sampled softmax | memory |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    cells = [(length, ITEMS) for length in LENGTHS] + [(LENGTH, items) for items in CATALOGUES]
    for length, items in dict.fromkeys(cells):
        found = " | ".join(in_own_process(loss, length, items) for loss in LOSSES)
        lines.append(f"| {length} | {items:,} | {found} |")
    keep("sequence_growth", lines)


if __name__ == "__main__":
    main()
