"""Measure what training on a catalogue of a million items takes: memory at its peak, and time.

    python benchmarks/large_catalogue.py

A factorisation of 32 dimensions learns five million made-up interactions of 200,000 users by the
sampled softmax, with one draw of negatives for each batch. The run is `rankdistill train` from the
data to the test, in a process of its own. Few interactions are held out, because ranking a million
items for every user takes longer than learning. The full softmax is tried as well, to show that it
is refused.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import keep

USERS, ITEMS, INTERACTIONS, DIM = 200_000, 1_000_000, 5_000_000, 32
HELD_OUT = 0.001
NEGATIVES, BATCH, EPOCHS = 1024, 16_384, 1
COMMON = (
    *("module=student", "data=synthetic", f"data.num_users={USERS}", f"data.num_items={ITEMS}"),
    *(f"data.num_interactions={INTERACTIONS}", f"backbone.embedding_dim={DIM}"),
    *(f"split.validation={HELD_OUT}", f"split.test={HELD_OUT}", f"trainer.max_epochs={EPOCHS}"),
    *("trainer.progress=false", "projector=false"),
)
SAMPLED = (
    *("ranking_loss=sampled_softmax", "ranking_loss.shared=true"),
    *(f"ranking_loss.num_negatives={NEGATIVES}", f"training.batch_size={BATCH}"),
)


def train(*overrides: str) -> subprocess.CompletedProcess[str]:
    """Run the command; what it says of a mistake is kept."""
    command = [sys.executable, "-m", "rankdistill", "train", *COMMON, *overrides]
    return subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)


def main() -> None:
    """Measure the run, and write its table."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        train(*SAMPLED, f"hydra.run.dir={folder}").check_returncode()
        seconds = time.perf_counter() - started
        fields = json.loads(Path(folder, "metrics.json").read_text(encoding="utf-8"))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    refusal = train("ranking_loss=softmax").stderr.strip().splitlines()[-1]
    epoch = fields["fit_seconds"] / fields["epochs"]
    lines = [
        f"{USERS:,} users, {ITEMS:,} items, {INTERACTIONS:,} interactions, {DIM} dimensions, "
        f"{NEGATIVES:,} negatives shared by each batch of {BATCH:,} pairs.",
        "",
        "| | |",
        "|---|--:|",
        f"| memory at its peak | {peak:.1f} GiB |",
        f"| an epoch, with validation | {epoch:,.0f} s |",
        f"| the whole run of {EPOCHS} epoch, with making and splitting the data and the test "
        f"| {seconds:,.0f} s |",
        f"| weights | {fields['weights_bytes'] / 1e6:,.0f} MB |",
        "",
        f"What `ranking_loss=softmax` says there: {refusal}",
    ]
    keep("large_catalogue", lines)


if __name__ == "__main__":
    main()
