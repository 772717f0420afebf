"""What one ranker of a cascade leaves in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rankdistill.cascade.runs.bench import Measured
from rankdistill.files import replacing, write_json_atomically
from rankdistill.runs.fit import METRICS, PER_USER


def keep_run(folder: Path, fields: dict[str, Any], measured: Measured, seed: int) -> None:
    """Write per_user.npz, and metrics.json last."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / PER_USER) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **measured.per_user)
    content = {"status": "ok", **fields, "seed": seed, "metrics": measured.metrics}
    write_json_atomically(folder / METRICS, content)
