"""Whether a model was trained on the data that a command names, before these are touched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rankdistill.data.releases import RELEASES
from rankdistill.runs.checkpoint_content import TrainedOn

PLACES = {"path", "train", "validation", "test", "mirror", "cache", "download", "name", "max_gib"}
"""Settings of data that say where they lie or how they are fetched, not what they are."""

_OPTIONS = {
    "DelimitedDataModule": "data=delimited",
    "RankDistillDataModule": "data=rank_distill_gowalla",
    "SyntheticDataModule": "data=synthetic",
}
"""The option of the group ``data`` for each kind of data that has one alone."""

_PLAIN = re.compile(r"[A-Za-z0-9_.+-]{1,40}")
"""What needs no quotes on a command line, and is no more than a word."""


def without_places(node: Mapping[str, Any]) -> dict[str, Any]:
    """A ``data`` node as a checkpoint may hold it: nothing in it tells of a machine."""
    return {key: value for key, value in node.items() if key not in PLACES}


def refuse_other_data(path: str | Path, trained_on: TrainedOn, given: Mapping[str, Any]) -> None:
    """Compare what a checkpoint says of its data with a ``data`` node of the user's.

    Only settings that both have are compared: versions of this project differ in them.

    Raises:
        ValueError: With what to type, if they are not of the same data.
    """
    said = trained_on["config"]["data"]
    kind = said.get("_target_")
    if kind != given.get("_target_"):
        overrides = [_option(said), *_settings(said, [key for key in said if key != "release"])]
    elif differing := [key for key in said if key in given and said[key] != given[key]]:
        overrides = _settings(said, differing)
    else:
        return
    if overrides:
        raise ValueError(
            f"{path} was trained on other data than this command names; name its data with "
            f"{' '.join(overrides)}, and say where they lie if they lie elsewhere."
        )


def _option(said: Mapping[str, Any]) -> str:
    """The option of the group ``data`` that a checkpoint was trained with, as far as it is ours."""
    kind, release = str(said.get("_target_")).rpartition(".")[2], said.get("release")
    if kind == "MovieLensDataModule" and isinstance(release, str) and release in RELEASES:
        return f"data={release.replace('-', '_')}"
    return _OPTIONS.get(kind, "data=...")


def _settings(said: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """Overrides for settings with a plain value; the others are left to the user."""
    plain = [key for key in keys if key not in {*PLACES, "_target_"}]
    return [f"data.{key}={_typed(said[key])}" for key in plain if _PLAIN.fullmatch(key)]


def _typed(value: object) -> str:
    """A value as it is typed, or dots in its place."""
    text = (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
    is_scalar = value is None or isinstance(value, str | int | float)
    return text if is_scalar and _PLAIN.fullmatch(text) else "..."
