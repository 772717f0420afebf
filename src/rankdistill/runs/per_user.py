"""The file with each test user's metrics."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rankdistill.files import replacing

PER_USER = "per_user.npz"


def write_per_user(folder: Path, values: Mapping[str, np.ndarray]) -> None:
    """Write (num_users,) values by metric, and ``user_ids`` beside them, in one step."""
    with replacing(folder / PER_USER) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **values)
