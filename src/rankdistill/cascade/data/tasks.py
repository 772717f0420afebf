"""What a ranker of the cascade predicts of an impression."""

from __future__ import annotations

THRESHOLDS = {"watch": 0.0, "like": 4.0, "share": 5.0}
"""The least rating that counts for each task; every rated item counts as watched."""

TASKS = tuple(THRESHOLDS)
