"""Sources of data with the settings of ``conf/data``, some of them changed."""

from __future__ import annotations

from typing import Any

from omegaconf import OmegaConf

from rankdistill.conf_path import conf_dir
from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.movielens import MovieLens


def delimited(**changed: Any) -> DelimitedFile:
    """Make a delimited file's source."""
    return DelimitedFile(**(_settings("delimited") | {"separator": ","} | changed))


def movielens(**changed: Any) -> MovieLens:
    """Make the source of MovieLens latest-small, whose archive is accepted in any edition."""
    settings = _settings("ml_100k") | {"release": "ml-latest-small", "download": False}
    return MovieLens(**(settings | changed))


def _settings(option: str) -> dict[str, Any]:
    node: Any = OmegaConf.to_container(OmegaConf.load(conf_dir() / "data" / f"{option}.yaml"))
    return {key: value for key, value in node.items() if key not in ("_target_", "defaults")}
