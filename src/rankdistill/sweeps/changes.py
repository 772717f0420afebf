"""Finished jobs whose results another start would not repeat: other code, other data."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from rankdistill.sweeps.finished import Finished


def of_other_code(finished: Sequence[Finished], code: str) -> list[Finished]:
    """Those that another version of the program made."""
    return [each for each in finished if each.record.code != code]


def of_other_data(
    finished: Sequence[Finished], fingerprint_now: Callable[[Finished], str | None]
) -> list[Finished]:
    """Those whose data have changed since.

    Args:
        finished: Jobs that ended well.
        fingerprint_now: Of the data that a job's settings name, today; None where they cannot be
            had. Asked once for all jobs with the same data settings.
    """
    by_settings: dict[str, list[Finished]] = {}
    for each in finished:
        by_settings.setdefault(_data_settings(each.record.settings), []).append(each)
    changed = []
    for group in by_settings.values():
        now = fingerprint_now(group[0])
        changed += [
            each for each in group if now is not None and each.data.get("fingerprint", now) != now
        ]
    return changed


def _data_settings(settings: dict[str, Any]) -> str:
    chosen = {key: value for key, value in settings.items() if key.startswith("data.")}
    return json.dumps(chosen, sort_keys=True)
