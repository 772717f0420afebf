"""Measure one recommendation by what other libraries ship a model with.

    python benchmarks/serving_peers.py [rectools=PYTHON] [replay=PYTHON]

Each peer is in an environment of its own; the argument names its interpreter. RecTools ranks with
the factors of a matrix factorisation. RePlay exports sequential networks alone, so that its row is
a SASRec, which computes more than a sum of a history. Adds benchmarks/results/serving_peers.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from machine import keep
from sections import copy_records
from serving import USERS, measured, table

ITEMS, REQUESTS, DIM = 1_682, 2000, 16
EXPORT_OF_REPLAY = f"""
import sys, torch
from replay.data import FeatureHint, FeatureType
from replay.data.nn import TensorFeatureInfo, TensorSchema
from replay.models.nn.sequential.compiled import SasRecCompiled
from replay.models.nn.sequential.sasrec import SasRec
torch.manual_seed(0)
item = TensorFeatureInfo("item", feature_type=FeatureType.CATEGORICAL, is_seq=True,
    cardinality={ITEMS}, feature_hint=FeatureHint.ITEM_ID, embedding_dim={DIM})
model = SasRec(TensorSchema([item]), block_count=1, hidden_size={DIM}, max_seq_len=50).eval()
SasRecCompiled.compile(model, "one_query", num_threads=1, onnx_path=sys.argv[1])
"""


def main() -> None:
    """Measure the peers that are named, and keep the table."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    rows = []
    with tempfile.TemporaryDirectory() as name:
        tasks = []
        if "rectools" in given:
            path = Path(name) / "factors.npz"
            random = np.random.default_rng(0)
            users, items = (random.standard_normal((n, DIM), np.float32) for n in (USERS, ITEMS))
            np.savez(path, users=users, items=items)
            tasks.append(("factors, d=16, fp32", "RecTools", path))
        if "replay" in given:
            path = Path(name) / "sasrec.onnx"
            export = [given["replay"], "-c", EXPORT_OF_REPLAY, str(path)]
            subprocess.run(export, check=True)
            tasks.append(("SASRec of one block, d=16, fp32", "RePlay", path))
        for model, reader, path in tasks:
            found = measured(given[reader.lower()], reader, path, REQUESTS)
            if found is not None:
                size = path.stat().st_size
                rows.append(
                    {"items": ITEMS, "model": model, "reader": reader, "bytes": size, **found}
                )
    keep("serving_peers", table(rows))
    copy_records()


if __name__ == "__main__":
    main()
