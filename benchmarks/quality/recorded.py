"""What quality.json holds: panels of earlier runs, and the settings that their searches found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS
from benchmarks.quality.grid import Cell, Panel

RECORD = RESULTS / "quality.json"


def recorded_panels() -> dict[str, Any]:
    """The panels of the record by name; none where there is no record yet."""
    return json.loads(RECORD.read_text())["panels"] if RECORD.is_file() else {}


def recorded_settings(
    cell: Cell, overrides: list[str], searched: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    """What the search of a cell found, if the record has such a one.

    Args:
        cell: Whose search.
        overrides: What was fixed in it; the recorded search must have had the same.
        searched: What it must have searched: a recorded search of a smaller space is no equal.
    """
    panel = recorded_panels().get(cell.panel.name)
    if panel is None or panel["trials"] != cell.panel.trials:
        return None
    row = panel["rows"].get(cell.method)
    if row is None or row["overrides"] != [without_folder(override) for override in overrides]:
        return None
    if not set(searched) <= set(row["drawn"]):
        return None
    return {key: row[key] for key in ("drawn", "validation", "tuning_seconds")}


def joined(
    grid: tuple[Panel, ...], recorded: dict[str, Any], measured: dict[str, Any]
) -> dict[str, Any]:
    """Panels in the order of the grid, each as measured now where nothing recorded would go.

    A panel is a table of tests against each other, so it comes from one run as a whole: the
    recorded one stays until all its rows are there anew.
    """
    return {
        panel.name: (measured if _replaces(panel.name, recorded, measured) else recorded)[
            panel.name
        ]
        for panel in grid
        if panel.name in recorded or panel.name in measured
    }


def waiting(recorded: dict[str, Any], measured: dict[str, Any]) -> dict[str, list[str]]:
    """Rows by panel that must be there before what was measured replaces the recorded panel."""
    return {
        name: sorted(set(recorded[name]["rows"]) - set(measured[name]["rows"]))
        for name in measured
        if name in recorded and not _replaces(name, recorded, measured)
    }


def _replaces(name: str, recorded: dict[str, Any], measured: dict[str, Any]) -> bool:
    if name not in measured:
        return False
    return name not in recorded or set(recorded[name]["rows"]) <= set(measured[name]["rows"])


def without_folder(override: str) -> str:
    """A file is named, not where it lies on this machine."""
    key, _, value = override.partition("=")
    return f"{key}={Path(value).name}" if key == "data.path" else override
